"""One database for a desk: a role and a schema for each service, none with a right on another's.

Safe to run again: what exists is left as it is, passwords and settings are set anew.
"""

from collections.abc import Mapping
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg

from deploy.local.errors import StackError

# A service's role and schema carry this name; the gateway's folder is `portal_gateway`.
SERVICE_ROLES = ("intake", "tickets", "automation", "notifier", "gateway")
DATABASE = "deskstream"
# Where roles and databases are made; every server has it.
MAINTENANCE = "postgres"
EXTENSIONS = ("pg_trgm", "unaccent")
# Beside its own: the gateway builds a new read model there and then moves its tables over.
MORE_SCHEMAS = {"gateway": ("gateway_rebuild",)}
CONNECT_SECONDS = 10.0
PROVISION_LOCK = 7_203_015_442

# A process frozen inside a transaction must not hold its row locks: its successor would wait for it.
ROLE_SETTINGS = {
    "idle_in_transaction_session_timeout": "5s",
    "lock_timeout": "10s",
    "statement_timeout": "60s",
}


async def provision(admin_url: str, database: str, passwords: Mapping[str, str]) -> dict[str, str]:
    """`database` exists with roles, schemas and extensions.

    Args:
        admin_url: Of a role that may create roles and databases; which database it names does not matter.
        database: The desk's own.
        passwords: By role name, of every service.

    Returns:
        Each service's own URL, by role name.

    Raises:
        StackError: The server does not answer, or the administrator may not do this.
    """
    try:
        connection = await connect(with_database(admin_url, MAINTENANCE))
        try:
            # Two provisioners at once would update the same catalogue rows; the session's end releases it.
            await connection.execute("select pg_advisory_lock($1)", PROVISION_LOCK)
            for role, password in passwords.items():
                await make_role(connection, role, password)
            await make_database(connection, database)
        finally:
            await connection.close()
        connection = await connect(with_database(admin_url, database))
        try:
            await make_schemas(connection, database, passwords)
        finally:
            await connection.close()
    except asyncpg.PostgresError as error:
        raise StackError(f"the database cannot be set up: {error}", "give DATABASE_URL an administrator") from error
    return {role: service_url(admin_url, database, role, passwords[role]) for role in passwords}


async def connect(url: str) -> asyncpg.Connection:
    """A connection to the server at `url`.

    Raises:
        StackError: It does not answer or does not let us in.
    """
    try:
        return await asyncpg.connect(url, timeout=CONNECT_SECONDS)
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        where = urlsplit(url)
        raise StackError(
            f"PostgreSQL at {where.hostname}:{where.port or 5432} cannot be used ({error})",
            "start it, or correct DATABASE_URL",
        ) from error


async def make_role(connection: asyncpg.Connection, role: str, password: str) -> None:
    """The role can sign in with `password` and runs under the time limits that keep its neighbours alive."""
    if not await connection.fetchval("select 1 from pg_roles where rolname = $1", role):
        await connection.execute(f"create role {identifier(role)} login noinherit")
    await connection.execute(f"alter role {identifier(role)} password {literal(password)}")
    for setting, value in ROLE_SETTINGS.items():
        await connection.execute(f"alter role {identifier(role)} set {setting} = {literal(value)}")
    await connection.execute(f"alter role {identifier(role)} set search_path = {identifier(role)}, public")


async def make_database(connection: asyncpg.Connection, database: str) -> None:
    """The database exists."""
    if not await connection.fetchval("select 1 from pg_database where datname = $1", database):
        await connection.execute(f"create database {identifier(database)} encoding 'UTF8' template template0")


async def make_schemas(connection: asyncpg.Connection, database: str, roles: Mapping[str, str]) -> None:
    """Each role owns the schema of its name, may use the extensions, and nothing else."""
    for extension in EXTENSIONS:
        await connection.execute(f"create extension if not exists {extension} schema public")
    await connection.execute("revoke create on schema public from public")
    await connection.execute(f"revoke all on database {identifier(database)} from public")
    for role in roles:
        name = identifier(role)
        await connection.execute(f"grant connect, temporary on database {identifier(database)} to {name}")
        # A role that is no superuser may give a schema away only to a role it belongs to.
        await connection.execute(f"grant {name} to current_user")
        for schema in (role, *MORE_SCHEMAS.get(role, ())):
            await connection.execute(f"create schema if not exists {identifier(schema)} authorization {name}")


def service_url(admin_url: str, database: str, role: str, password: str) -> str:
    """`admin_url`'s server, the desk's database, the service's own role."""
    parts = urlsplit(with_database(admin_url, database))
    port = f":{parts.port}" if parts.port else ""
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return urlunsplit(parts._replace(netloc=f"{role}:{quote(password, safe='')}@{host}{port}"))


def with_database(url: str, database: str) -> str:
    """`url` with another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def database_of(url: str) -> str:
    """The desk's database under an administrator's URL: the one it names, unless that is the server's own."""
    named = urlsplit(url).path.strip("/")
    return DATABASE if named in ("", MAINTENANCE) else named


def identifier(name: str) -> str:
    """`name` as SQL writes an identifier; role and database names cannot be parameters."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str) -> str:
    """`value` as SQL writes a string; role settings cannot be parameters."""
    return "'" + value.replace("'", "''") + "'"
