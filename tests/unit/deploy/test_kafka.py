"""The broker's own files."""

from pathlib import Path

import pytest

from deploy.local.kafka import new_cluster_id, replace_file


def test_no_cluster_id_begins_with_a_dash() -> None:
    """Kafka's own tool would read such a one as an option, and one first start in 64 would fail."""
    assert not [made for made in (new_cluster_id() for _ in range(2000)) if made.startswith("-")]


def test_file_that_cannot_be_replaced_stays_as_it_was(tmp_path: Path) -> None:
    """A full disk must not empty the settings of the broker that is to be started on it."""
    path = tmp_path / "server.properties"
    replace_file(path, "old")
    (tmp_path / "server.properties.new").mkdir()  # where the new text would be written there is no room for it
    with pytest.raises(OSError, match=r"server\.properties\.new"):
        replace_file(path, "new")
    assert path.read_text() == "old"
    replace_file(path, "old")
    (tmp_path / "server.properties.new").rmdir()
    replace_file(path, "new")
    assert path.read_text() == "new"
