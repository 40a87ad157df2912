"""Vega's account: records of REST and of streams say the same, in the units of their market."""

from __future__ import annotations

import json
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from bt_api_py.containers.base import Topic
from bt_api_py.exceptions import AuthenticationError, DataParseError, RequestFailedError
from bt_api_py.exchanges.base import Expired, Ignored, Page, Refusal, Rejected, Scale
from bt_api_py.exchanges.vega import VegaAccount
from bt_api_py.settings import ExchangeSettings

from .material import only
from .test_vega import ASSET, MARKET, USDT, answer

PARTY, OTHER, ORDER = "c" * 64, "e" * 64, "d" * 64
ABOUT = Topic("VEGA___FUTURE", "account")
STREAMED = {
    "id": ORDER, "marketId": MARKET, "partyId": PARTY, "side": 1, "price": "650000", "size": "15000",
    "remaining": "10000", "timeInForce": 1, "type": 1, "createdAt": "1700000000000000000", "status": 1, "version": "1",
    "reference": "my-1",
}  # fmt: skip
LISTED = STREAMED | {
    "side": "SIDE_BUY", "timeInForce": "TIME_IN_FORCE_GTC", "type": "TYPE_LIMIT", "status": "STATUS_ACTIVE",
    "expiresAt": "0", "updatedAt": "0", "batchId": "1", "postOnly": False, "reduceOnly": False,
}  # fmt: skip
TRADE = {
    "id": "1" * 64, "marketId": MARKET, "price": "650005", "size": "1500", "buyer": PARTY, "seller": OTHER,
    "aggressor": 1, "buyOrder": ORDER, "sellOrder": "f" * 64, "timestamp": "1700000000000000000", "type": 1,
    "buyerFee": {"makerFee": "2000", "infrastructureFee": "300", "liquidityFee": "40"},
    "sellerFee": {"makerFee": "0", "infrastructureFee": "0", "liquidityFee": "0"},
}  # fmt: skip


@pytest.fixture
def vega() -> VegaAccount:
    """Return the account of a party, with one market known."""
    account = VegaAccount(ExchangeSettings(api_key=PARTY))
    account.scales[MARKET] = Scale(1, 4, 6, "USDT")
    return account


def told(vega: VegaAccount, field: str, *rows: Any, part: str = "updates") -> list[tuple[str, Any]]:
    """Return what a message of a stream says."""
    result = {field: rows} if field == "trades" else {part: {field: rows}}
    return vega.decode(json.dumps({"result": result}, separators=(",", ":")).encode())


def read(vega: VegaAccount, asking: Any, *bodies: bytes) -> list[Any]:
    """Return what answers to its calls make."""
    request, found = next(asking), []
    for body in bodies:
        rows, refused = vega.read(request, body, ABOUT)
        assert not refused
        found += rows
        try:
            request = asking.send(Page(rows, {}, body))
        except StopIteration as end:
            return found if end.value is None else list(end.value)
    raise AssertionError("it asks for more")


def test_an_order_of_both_forms(vega: VegaAccount) -> None:
    """Numbers for words, and words; defaults left out, and sent: the order is the same."""
    [(name, streamed)] = told(vega, "orders", STREAMED)
    [listed] = read(vega, vega.open_orders(), answer(LISTED, key="orders"))
    assert name == "orders"
    for row in (streamed, listed):
        assert (row.price, row.quantity, row.filled_quantity) == (Decimal("65000.0"), Decimal("1.5"), Decimal("0.5"))
        assert (row.side, row.order_type, row.time_in_force, row.status) == ("buy", "limit", "GTC", "new")
        assert (row.order_id, row.client_order_id, row.timestamp) == (ORDER, "my-1", 1700000000000)


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"status": 2}, "expired"),
        ({"status": 3}, "canceled"),
        ({"status": 4}, "canceled"),
        ({"status": 4, "timeInForce": 3}, "expired"),
        ({"status": 4, "reason": 20}, "rejected"),
        ({"status": 5}, "filled"),
        ({"status": 6, "reason": 14}, "rejected"),
        ({"status": 7, "timeInForce": 3}, "expired"),
        ({"status": 8}, "new"),
        ({"status": 99}, "unknown"),
    ],
)
def test_every_status(vega: VegaAccount, changes: dict[str, int], status: str) -> None:
    """Each of the network's words has its meaning; one that nobody knows is told as such."""
    [(_, row)] = told(vega, "orders", STREAMED | changes)
    assert row.status == status


def test_what_a_stream_begins_with_is_left_to_rest(vega: VegaAccount) -> None:
    """Pages of a snapshot say nothing here, and are no fault."""
    assert told(vega, "orders", STREAMED, part="snapshot") == []


@pytest.mark.parametrize(
    ("changes", "side", "kind", "fee"),
    [
        ({}, "buy", "taker", "0.00234"),
        ({"buyer": OTHER, "seller": PARTY}, "sell", "maker", "-0.002"),
        ({"aggressor": 2, "buyerFee": {}, "sellerFee": {"makerFee": "5"}}, "buy", "maker", "-0.000005"),
    ],
)
def test_own_trades(vega: VegaAccount, changes: dict[str, Any], side: str, kind: str, fee: str) -> None:
    """A trade is seen from the party's side: its order, its fee, and what the taker pays to a maker."""
    [(name, row)] = told(vega, "trades", TRADE | changes)
    assert (name, row.side, row.trade_type, row.fee, row.fee_asset) == ("trades", side, kind, Decimal(fee), "USDT")
    assert row.order_id == (ORDER if side == "buy" else "f" * 64)
    assert (row.price, row.quantity) == (Decimal("65000.5"), Decimal("0.15"))


def test_positions(vega: VegaAccount) -> None:
    """Volume, mean price and profits have the places of market and asset; nothing held is left out of a stream."""
    row = {
        "marketId": MARKET,
        "partyId": PARTY,
        "openVolume": "-5000",
        "realisedPnl": "-1200000",
        "averageEntryPrice": "651000",
    }
    [(_, short)] = told(vega, "positions", row)
    assert (short.quantity, short.average_price, short.realized_pnl) == (
        Decimal("-0.5"),
        Decimal("65100.0"),
        Decimal("-1.2"),
    )
    [(_, closed)] = told(vega, "positions", {"marketId": MARKET, "partyId": PARTY, "realisedPnl": "0"})
    assert (closed.quantity, closed.average_price) == (0, None)


def test_balances_are_sums_of_accounts(vega: VegaAccount) -> None:
    """General accounts are free, margin and bonds are locked, rewards are neither; each asset in its own decimals."""

    def held(kind: str, balance: str, asset: str = ASSET) -> dict[str, str]:
        return {"owner": PARTY, "balance": balance, "asset": asset, "marketId": "", "type": f"ACCOUNT_TYPE_{kind}"}

    vega_asset = USDT | {"id": "9" * 64, "details": {"symbol": "VEGA", "decimals": "18"}}
    accounts = answer(
        held("GENERAL", "1234500000"), held("MARGIN", "500000"), held("ORDER_MARGIN", "1"), held("BOND", "2"),
        held("VESTED_REWARDS", "7"), held("GENERAL", "1", "9" * 64), key="accounts",
    )  # fmt: skip
    usdt, other = read(vega, vega.balances(), accounts, answer(USDT, vega_asset, key="assets"))
    assert (usdt.asset, usdt.free, usdt.locked) == ("USDT", Decimal("1234.5"), Decimal("0.500003"))
    assert (other.asset, other.free) == ("VEGA", Decimal("1e-18"))
    assert len(read(vega, vega.balances(), accounts)) == 2  # assets are known by now
    with pytest.raises(DataParseError, match="asset"):
        read(vega, vega.balances(), answer(held("GENERAL", "1", "8" * 64), key="accounts"), answer(USDT, key="assets"))


def test_a_change_of_an_account_is_a_hint(vega: VegaAccount) -> None:
    """A record of one account tells that balances have to be read."""
    [(name, row)] = told(vega, "accounts", {"owner": PARTY, "balance": "5", "asset": ASSET, "type": 4})
    assert (name, row.kind) == ("accounts", "hint")


def test_an_unlisted_market_is_noted(vega: VegaAccount) -> None:
    """An order of a market that the list did not have is refused, and the market is remembered."""
    [(_, refused)] = told(vega, "orders", STREAMED | {"marketId": "7" * 64})
    assert isinstance(refused, Rejected)
    assert vega.unlisted == {"7" * 64}


def test_each_stream_is_an_address_with_the_party(vega: VegaAccount) -> None:
    """Four sockets, each with the filter in its address; nothing is sent, and nobody logs in."""
    url = vega.endpoints["account"].url(ExchangeSettings(ws_url="wss://node.example"))
    assert [vega.address(url, [name]).removeprefix(url) for name in vega.names] == [
        f"orders?partyIds={PARTY}",
        f"trades?partyIds={PARTY}",
        f"positions?partyId={PARTY}",
        f"accounts?partyId={PARTY}",
    ]
    assert vega.subscribe(vega.names, count(1)) == []
    assert vega.login(0, count(1)) is None


def test_errors(vega: VegaAccount) -> None:
    """A party that is none ends the account with advice; what may pass ends the socket."""
    refusal = only(vega, b'{"error":{"code":3,"message":"invalid party id","details":[]}}')
    assert isinstance(refusal, Refusal)
    assert refusal.is_login
    assert "check api_key" in refusal.detail
    assert isinstance(only(vega, b'{"error":{"code":8,"message":"client reached max"}}'), Expired)
    too_long = vega.decode(b'{"error":{"code":3,"message":"initial image spans multiple pages"}}')
    assert [(item.name, item.is_login) for _, item in too_long] == [(name, False) for name in vega.names]
    assert only(vega, b'{"result":{"votes":[]}}') == Ignored("votes")
    assert only(vega, b'{"result":{"updates":{"votes":[]}}}') == Ignored("updates")
    bad = vega.failure("/api/v2/orders", 400, b'{"code":3,"message":"invalid party id"}')
    assert isinstance(bad, AuthenticationError)
    assert isinstance(vega.failure("/api/v2/order/x", 404, b'{"code":5,"message":"not found"}'), RequestFailedError)


def test_what_is_asked_for(vega: VegaAccount) -> None:
    """Lists are asked for by party, on long pages, from a time in nanoseconds; one order by its id."""
    asked = {
        request.path: request.query
        for request in (next(vega.orders_since(5, ())), next(vega.fills_since(5, ())), next(vega.positions()))
    }
    page = {"pagination.first": "5000"}
    assert asked == {
        "/api/v2/orders": {"filter.partyIds": PARTY, "filter.dateRange.startTimestamp": "5000000", **page},
        "/api/v2/trades": {"partyIds": PARTY, "dateRange.startTimestamp": "5000000", **page},
        "/api/v2/positions": {"filter.partyIds": PARTY, **page},
    }
    [order] = read(vega, vega.order(MARKET, ORDER), json.dumps({"order": LISTED}).encode())
    assert order.order_id == ORDER
