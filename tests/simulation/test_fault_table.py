"""The page on faults says what happens."""

import pytest

from .fault_table import PAGE, page


@pytest.mark.long
def test_the_page_on_faults_is_what_happens():
    """The table in the documentation equals the one made from running every fault on every exchange."""
    assert PAGE.read_text() == page(), "write it again: python -m tests.simulation.fault_table"
