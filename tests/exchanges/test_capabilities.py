"""What exchanges offer, as a table: current, and true to the declarations."""

from __future__ import annotations

from pathlib import Path

import pytest

from bt_api_py.exchanges import EXCHANGES
from bt_api_py.exchanges.capabilities import ACCOUNT_KINDS, KINDS, offer, page

PAGES = Path(__file__).resolve().parents[2] / "docs" / "exchanges"


def test_the_page_is_current() -> None:
    """The page of the documentation is what the adapters declare now."""
    assert (PAGES / "index.md").read_text() == page(), "bt-api exchanges --markdown > docs/exchanges/index.md"


@pytest.mark.parametrize("name", sorted(EXCHANGES))
def test_an_offer_is_what_is_declared(name: str) -> None:
    """Every stream of an exchange has a column, a book has a rule, and the exchange a page of its venue."""
    found, cls = offer(name), EXCHANGES[name]
    assert tuple(found.streams) == cls.kinds
    assert set(found.streams) <= set(KINDS)
    assert set(found.account) <= set(ACCOUNT_KINDS)
    assert set(found.polled) <= set(found.streams)
    assert bool(found.book or found.whole_book) == ("depth" in cls.kinds)
    assert bool(found.intervals) == ("klines" in cls.kinds)
    assert {limits.endpoint for limits in found.limits} >= set(cls.endpoints)
    assert f"`{name}`" in (PAGES / f"{name.partition('___')[0].lower()}.md").read_text()


def test_known_offers() -> None:
    """Facts that the venues' documents tell are in the table."""
    spot, swap, okx = (offer(name) for name in ("BINANCE___SPOT", "BINANCE___USDM_SWAP", "OKX___SPOT"))
    assert (spot.whole_book, swap.whole_book, okx.whole_book) == ("spanning", "spanning and linked", "linked")
    assert (spot.checksum, okx.checksum) == (False, True)
    assert swap.polled == ["open_interest"]
    assert "positions" in swap.account
    assert "positions" not in spot.account
    assert swap.limits[0].lifetime == 86_400
