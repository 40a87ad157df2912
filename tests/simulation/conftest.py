"""What the runs on virtual time share."""

import logging

import pytest


@pytest.fixture(autouse=True)
def _quiet_log():
    """Keep the package's log out of long runs: days of it would fill the memory, and a seed can be replayed."""
    log = logging.getLogger("bt_api_py")
    before = log.level
    log.setLevel(logging.ERROR)
    yield
    log.setLevel(before)
