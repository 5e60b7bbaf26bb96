"""Which version a schema should be at, told without the library that brings it there."""

import subprocess
import sys

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from deploy.local.replicas import MODULES
from shared.postgres.migrate import migrations_of, newest_version


@pytest.mark.parametrize("role", tuple(MODULES))
def test_newest_version_is_the_head_of_the_revisions(role: str) -> None:
    migrations = migrations_of(role)
    config = Config()
    config.set_main_option("script_location", str(migrations))
    config.set_main_option("version_locations", str(migrations))
    config.set_main_option("path_separator", "os")
    assert [newest_version(migrations)] == ScriptDirectory.from_config(config).get_heads()


def test_start_of_a_desk_loads_no_alembic() -> None:
    """A later start only looks at the version; loading the library would be most of its own time."""
    told = subprocess.run(
        [sys.executable, "-c", "import sys, deploy.local.up; print('alembic' in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip() == "False"
