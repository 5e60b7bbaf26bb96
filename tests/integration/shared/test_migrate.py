"""A schema is brought to its newest version, and one that is there is left alone."""

import uuid

import asyncpg

from deploy.local import database
from shared.postgres.migrate import migrate, migrations_of, newest_version, version_of


async def test_schema_of_nobody_yet_is_made_and_an_older_one_brought_on(admin_database_url: str) -> None:
    name = f"test_migrate_{uuid.uuid4().hex[:10]}"
    urls = await database.provision(admin_database_url, name, {each: each for each in database.SERVICE_ROLES})
    newest = newest_version(migrations_of("tickets"))
    assert await version_of(urls["tickets"]) is None
    await migrate("tickets", urls["tickets"])
    assert await version_of(urls["tickets"]) == newest

    connection = await asyncpg.connect(urls["tickets"])
    try:
        await connection.execute("drop table part_change; update alembic_version set version_num = '0002'")
        await migrate("tickets", urls["tickets"])
        assert await connection.fetchval("select to_regclass('part_change')") is not None
    finally:
        await connection.close()
    assert await version_of(urls["tickets"]) == newest
