"""What is given by URL is looked at before anything starts."""

from pathlib import Path

import pytest

from deploy.local.desk import External
from deploy.local.errors import StackError


def given(blobs: str) -> External:
    return External(kafka=None, database=None, blobs=blobs, smtp=None)


def test_a_folder_for_blobs_is_taken(tmp_path: Path) -> None:
    """It is made where it is not there yet; nothing is left in it."""
    given((tmp_path / "blobs").as_uri()).check()
    assert list((tmp_path / "blobs").iterdir()) == []


@pytest.mark.parametrize("url", ["s4://nowhere", "nonsense", "file:///proc/none/blobs"])
def test_a_blob_url_that_names_no_store_is_one_line(url: str) -> None:
    """With the variable to correct; a start would end with services that come and go for minutes."""
    with pytest.raises(StackError, match="BLOB_URL names no store that can be used") as refused:
        given(url).check()
    assert "\n" not in str(refused.value)
