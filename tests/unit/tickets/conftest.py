"""A fresh desk for each test."""

import pytest

from tests.unit.tickets.desk import Desk


@pytest.fixture
def desk() -> Desk:
    return Desk()
