"""Brings a service's schema to its newest version, under the service's own role, in its own schema."""

from importlib.resources import files
from pathlib import Path

import asyncpg

#: Folder of a role's service where the two differ.
FOLDERS = {"gateway": "portal_gateway"}


async def migrate(role: str, url: str) -> None:
    """The schema of `role` is at its newest version.

    Args:
        role: ``intake``, ``tickets``, ``automation``, ``notifier`` or ``gateway``.
        url: the database under that role, ``postgresql://…``.
    """
    migrations = migrations_of(role)
    if await version_of(url) == newest_version(migrations):
        return
    # Imported here: alembic takes longer to load than a schema that is up to date takes to be seen so.
    from shared.postgres.revisions import upgrade  # noqa: PLC0415

    await upgrade(url, migrations)


def migrations_of(role: str) -> Path:
    """The folder of a role's revisions."""
    return Path(str(files(f"services.{FOLDERS.get(role, role)}") / "migrations"))


def newest_version(migrations: Path) -> str:
    """The number that the last of a folder's revisions begins with: `0003_parts.py` is revision ``0003``."""
    return max(path.name.partition("_")[0] for path in migrations.glob("[0-9]*_*.py"))


async def version_of(url: str) -> str | None:
    """The revision that a schema is at; ``None`` where it was never migrated."""
    connection = await asyncpg.connect(url)
    try:
        if await connection.fetchval("select to_regclass('alembic_version')") is None:
            return None
        found: str | None = await connection.fetchval("select version_num from alembic_version")
        return found
    finally:
        await connection.close()
