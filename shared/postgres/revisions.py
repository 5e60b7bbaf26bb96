"""What a schema's revisions are run by: alembic keeps the order, the statements are plain SQL files."""

import re
from importlib.resources import files
from pathlib import Path

from alembic import command, op
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

_LOCK = 7_203_015_443
_END_OF_STATEMENT = re.compile(r";[ \t]*\n")


async def upgrade(url: str, migrations: Path) -> None:
    """The schema behind `url` is at the newest revision of a folder; in one transaction, and two runs at once are one.

    Args:
        url: the database under the schema's own role, ``postgresql://…``.
        migrations: the folder of its revisions.
    """
    engine = create_async_engine(re.sub(r"^postgres(ql)?://", "postgresql+asyncpg://", url), poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.execute(text("set local lock_timeout = '30s'"))
            await connection.execute(text(f"select pg_advisory_xact_lock({_LOCK})"))
            await connection.execute(text("set local idle_in_transaction_session_timeout = '60s'"))
            await connection.run_sync(_upgrade, migrations)
    finally:
        await engine.dispose()


def _upgrade(connection: Connection, migrations: Path) -> None:
    config = Config()
    config.set_main_option("script_location", str(files("shared.postgres") / "environment"))
    config.set_main_option("version_locations", str(migrations))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def execute_beside(revision_file: str) -> None:
    """Run the SQL file that stands beside a revision's Python file under the same name."""
    execute_file(Path(revision_file).with_suffix(".sql"))


def execute_shared_tables() -> None:
    """Make the inbox, outbox, lease, attempt and reference tables; every service's first revision calls it."""
    execute_file(Path(str(files("shared.postgres") / "schema.sql")))


def execute_file(path: Path) -> None:
    """Run every statement of one of our SQL files; a statement ends with a semicolon at a line's end."""
    connection = op.get_bind()
    for statement in _END_OF_STATEMENT.split(path.read_text() + "\n"):
        if re.sub(r"--[^\n]*", "", statement).strip():
            connection.exec_driver_sql(statement)
