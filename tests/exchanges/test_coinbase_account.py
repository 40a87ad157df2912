"""The private side of Coinbase Exchange: every message of its documents becomes what they say."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from bt_api_py.containers import Topic
from bt_api_py.containers.instrument import SymbolData
from bt_api_py.exceptions import AuthenticationError
from bt_api_py.exchanges.account_base import OrderRow
from bt_api_py.exchanges.base import Ack, Alive, Expired, Ignored, Page, Rejected, Request
from bt_api_py.exchanges.coinbase import CoinbaseAccount, CoinbaseSpot
from bt_api_py.settings import ExchangeSettings

from .accounts import fields, ids, messages, row_of, said, sent

KEY, PHRASE = "key-nobody-may-see", "phrase-nobody-may-see"
SECRET = "ZG9jcy1vbmx5LXNlY3JldC0wMTIzNDU2Nzg5YWJjZGVm"
NOW_MS = 1_700_000_000_999  # whole seconds are signed
LOGIN_SIGN = "39rNNPYPCKRavJW2X/ufQ1qWquzqc3ZsCRGzF3vZpIk="
ORDERS_SIGN = "hX38g7Az/tBHpCn+bt+I77l/0ZK22ryGv0bdN6THNg0="
MINE, OTHER = "11838707-bf9c-4d65-8cec-b57c9a7cab42", "88bf7086-7b15-40ff-8b19-ab4e08516d69"
RECEIVED = json.loads(
    '{"type":"received","time":"2026-01-05T16:42:21.878177Z","product_id":"BTC-USD","sequence":5641953814,'
    '"order_id":"11838707-bf9c-4d65-8cec-b57c9a7cab42","size":"0.0001","price":"50000","side":"sell",'
    '"order_type":"limit","client_oid":"a317abb9-2b30-4370-ebfe-0deecb300180","user_id":"u","profile_id":"p"}'
)
OPEN = json.loads(
    '{"type":"open","time":"2026-01-05T16:42:21.878177Z","product_id":"BTC-USD","sequence":5641953815,'
    '"order_id":"11838707-bf9c-4d65-8cec-b57c9a7cab42","price":"50000","remaining_size":"0.0001","side":"sell",'
    '"user_id":"u","profile_id":"p"}'
)
MATCH = json.loads(
    '{"type":"match","time":"2026-01-05T16:43:13.396107Z","product_id":"BTC-USD","sequence":5641953876,'
    '"trade_id":5455505,"maker_order_id":"11838707-bf9c-4d65-8cec-b57c9a7cab42",'
    '"taker_order_id":"88bf7086-7b15-40ff-8b19-ab4e08516d69","size":"0.00005","price":"50000","side":"sell",'
    '"maker_user_id":"u","maker_profile_id":"p","maker_fee_rate":"0.004","user_id":"u","profile_id":"p"}'
)
DONE = json.loads(
    '{"type":"done","time":"2026-01-05T16:44:13.396107Z","product_id":"BTC-USD","sequence":5641953900,'
    '"order_id":"11838707-bf9c-4d65-8cec-b57c9a7cab42","price":"50000","remaining_size":"0.00005","side":"sell",'
    '"reason":"canceled","user_id":"u","profile_id":"p"}'
)
BALANCE = json.loads(
    '{"type":"balance","account_id":"d50ec984","currency":"USD","holds":"1000.23","available":"102030.99",'
    '"updated":"2026-01-05T16:44:12.000000Z","timestamp":"2026-01-05T16:44:13.396107Z"}'
)


@pytest.fixture
def side() -> CoinbaseAccount:
    """Return a private side with the documented secret."""
    return CoinbaseAccount(ExchangeSettings(api_key=KEY, secret=SECRET, passphrase=PHRASE))


def market(name: str, status: str = "online", **more: Any) -> SymbolData:
    """Return a market of the venue's list."""
    spot = CoinbaseSpot()
    body = json.dumps([{"id": name, "status": status, **more}]).encode()
    [found], _ = spot.read(spot.instruments_request(), body, Topic(spot.name, "symbols"))
    assert isinstance(found, SymbolData)
    return found


# Signatures


def test_the_subscription_is_the_login(side: CoinbaseAccount) -> None:
    """One signed message asks for the orders of every market and for every balance; the documented signature."""
    side.markets = (market("BTC-USD"), market("ETH-USD", trading_disabled=True), market("OLD-USD", "delisted"))
    ticket = side.ticket_request("account")
    assert (ticket.path, ticket.signed) == ("/accounts", True)
    body = json.dumps([{"id": name, "currency": name.upper(), "balance": "0"} for name in ("usd", "btc")]).encode()
    [names], refused = side.read(ticket, body, Topic(side.name, "ticket"))
    assert refused == []
    assert side.admit("wss://there", names) == "wss://there"
    command = side.login(NOW_MS, ids())
    assert sent(command) == {
        "type": "subscribe",
        "channels": [
            {"name": "user", "product_ids": ["BTC-USD", "ETH-USD"]},
            {"name": "balance", "account_ids": ["usd", "btc"]},
        ],
        "signature": LOGIN_SIGN,
        "key": KEY,
        "passphrase": PHRASE,
        "timestamp": "1700000000",
    }
    for secret in (KEY, PHRASE, SECRET, LOGIN_SIGN):
        assert secret not in repr(command)
    assert side.subscribe(side.names, ids()) == side.unsubscribe(side.names, ids()) == []


def test_a_rest_call_is_signed(side: CoinbaseAccount) -> None:
    """The documented signature of a documented call, with the query as it is sent."""
    request = Request("/orders", side.ticket_request("account").channel, {"status": "open"}, signed=True)
    call = side.sign(request, NOW_MS)
    assert call.query == "status=open"
    assert call.headers == {
        "CB-ACCESS-KEY": KEY,
        "CB-ACCESS-SIGN": ORDERS_SIGN,
        "CB-ACCESS-TIMESTAMP": "1700000000",
        "CB-ACCESS-PASSPHRASE": PHRASE,
    }
    assert ORDERS_SIGN not in repr(call)
    assert side.sign(msgspec.structs.replace(request, query={}), NOW_MS).query == ""


def test_a_secret_that_is_no_base64_is_refused_here() -> None:
    """The error says what to look at, and does not quote the secret."""
    side = CoinbaseAccount(ExchangeSettings(api_key=KEY, secret="nobody-may-see-x", passphrase=PHRASE))
    with pytest.raises(AuthenticationError, match="check the secret") as caught:
        side.login(NOW_MS, ids())
    assert "nobody" not in str(caught.value)


# Orders and fills


def test_an_order_is_received(side: CoinbaseAccount) -> None:
    """The first message of an order says what was ordered."""
    assert fields(
        row_of(side, RECEIVED),
        ("order_id", "client_order_id", "venue_symbol", "side", "order_type", "price", "quantity", "status",
         "timestamp", "create_time", "continues", "fill"),
    ) == {
        "order_id": MINE,
        "client_order_id": "a317abb9-2b30-4370-ebfe-0deecb300180",
        "venue_symbol": "BTC-USD",
        "side": "sell",
        "order_type": "limit",
        "price": "50000",
        "quantity": "0.0001",
        "status": "new",
        "timestamp": 1767631341878,
        "create_time": 1767631341878,
        "continues": False,
        "fill": None,
    }  # fmt: skip


def test_an_order_for_so_much_money_has_no_quantity(side: CoinbaseAccount) -> None:
    """A market order may tell its funds only."""
    frame = {name: value for name, value in RECEIVED.items() if name not in ("size", "price", "client_oid")}
    row = row_of(side, frame | {"order_type": "market", "funds": "100"})
    assert (row.quantity, row.price, row.client_order_id, row.order_type) == (None, None, None, "market")


def test_later_steps(side: CoinbaseAccount) -> None:
    """What is left is told, and nothing of what was ordered."""
    opened, done = row_of(side, OPEN), row_of(side, DONE)
    assert (opened.status, opened.remaining_quantity, opened.continues) == ("new", "0.0001", True)
    assert (done.status, done.remaining_quantity, done.continues) == ("canceled", "0.00005", True)
    short = {name: value for name, value in DONE.items() if name != "remaining_size"}
    filled = row_of(side, short | {"reason": "filled"})
    assert (filled.status, filled.remaining_quantity) == ("filled", 0)
    assert row_of(side, DONE | {"reason": "novelty"}).status == "unknown"


@pytest.mark.parametrize(
    ("more", "price"),
    [({}, "50000"), ({"old_price": "50000", "new_price": "50001"}, "50001"), ({"new_price": ""}, "50000")],
)
def test_a_change(side: CoinbaseAccount, more: dict[str, str], price: str) -> None:
    """What is left was made less, and may have another price."""
    frame = {name: value for name, value in OPEN.items() if name != "remaining_size"}
    row = row_of(side, frame | {"type": "change", "old_size": "0.0001", "new_size": "0.00007"} | more)
    assert (row.amends, row.continues, row.remaining_quantity, row.price) == (True, True, "0.00007", price)


@pytest.mark.parametrize(
    ("changes", "order_id", "side_word", "kind", "fee"),
    [
        ({}, MINE, "sell", "maker", 0.01),
        ({"side": "buy"}, MINE, "buy", "maker", 0.01),
        ({"maker_user_id": None, "maker_fee_rate": None, "taker_fee_rate": "0.005"}, OTHER, "buy", "taker", 0.0125),
        ({"maker_user_id": None, "maker_fee_rate": None}, OTHER, "buy", "taker", None),
        ({"maker_fee_rate": None}, MINE, "sell", "maker", None),
    ],
)
def test_a_fill(
    side: CoinbaseAccount, changes: dict[str, Any], order_id: str, side_word: str, kind: str, fee: float | None
) -> None:
    """Whoever is told a maker's rate is the maker; the fee is that share of the value, in the quote asset."""
    frame = {name: value for name, value in (MATCH | changes).items() if value is not None}
    row = row_of(side, frame)
    assert (row.order_id, row.status, row.adds_up, row.continues) == (order_id, "partial", True, True)
    names = ("order_id", "trade_id", "price", "quantity", "side", "trade_type", "fee", "fee_asset", "timestamp")
    figures = (order_id, 5455505, 50000.0, 0.00005, side_word, kind, fee, "USD", 1767631393396)
    assert fields(row.fill, names) == dict(zip(names, figures, strict=True))


def test_fees_are_exact(side: CoinbaseAccount) -> None:
    """A product of decimal figures has no error of floats."""
    row = row_of(side, MATCH | {"price": "0.1", "size": "3", "maker_fee_rate": "0.1"})
    assert row.fill.fee == 0.03


def test_a_stop_order_that_waits_needs_nothing_done(side: CoinbaseAccount) -> None:
    """It is received like any other when its price is reached."""
    frame = {"type": "activate", "product_id": "BTC-USD", "timestamp": "1483736448.299", "order_id": MINE, "size": "1"}
    assert row_of(side, frame).kind == "note"


@pytest.mark.parametrize("venue", ["coinbase_exchange"])
def test_recorded_messages(side: CoinbaseAccount, venue: str) -> None:
    """Recorded single messages of the channel are orders with an id, a market and a time."""
    rows = [row_of(side, message) for message in messages(venue, "orders")]
    assert len(rows) == 3
    assert all(isinstance(row, OrderRow) and row.order_id and row.timestamp for row in rows)
    match = next(message for message in messages(venue, "trades") if "taker_fee_rate" in message)
    row = row_of(side, match)
    assert (row.order_id, row.fill.trade_type, row.fill.side) == (match["taker_order_id"], "taker", "buy")


# Balances


def test_a_balance(side: CoinbaseAccount) -> None:
    """What is available is free, and what is held is locked."""
    row = row_of(side, BALANCE)
    assert fields(row, ("kind", "asset", "free", "locked", "timestamp", "counts")) == {
        "kind": "balance",
        "asset": "USD",
        "free": "102030.99",
        "locked": "1000.23",
        "timestamp": 1767631453396,
        "counts": True,
    }


@pytest.mark.parametrize(
    "changes",
    [{"currency": ""}, {"holds": None}, {"holds": ""}, {"available": "x"}, {"available": "NaN"}, {"available": None}],
)
def test_a_balance_that_is_not_understood_is_a_hint(side: CoinbaseAccount, changes: dict[str, Any]) -> None:
    """What it changed is read by REST then."""
    frame = {name: value for name, value in (BALANCE | changes).items() if value is not None}
    assert row_of(side, frame).kind == "hint"


# Control


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        ({"type": "subscriptions", "channels": [{"name": "user", "product_ids": ["BTC-USD"]}]}, Ack(name="user")),
        ({"type": "heartbeat", "product_id": "BTC-USD", "sequence": 1, "last_trade_id": 1}, Alive()),
        ({"type": "error", "message": "ErrSlowConsume", "reason": "too slow"}, Expired("ErrSlowConsume: too slow")),
        ({"type": "novelty"}, Ignored("novelty")),
    ],
)
def test_control(side: CoinbaseAccount, frame: dict[str, Any], expected: Any) -> None:
    """Answers and notices become the words of the machinery."""
    assert said(side, frame) == [expected]


@pytest.mark.parametrize(
    ("reason", "hint", "is_login", "is_clock"),
    [
        ("Invalid API Key", "check the key", True, False),
        ("invalid signature", "check the secret", True, False),
        ("Invalid Passphrase", "check the passphrase", True, False),
        ("request timestamp expired", "check the clock", False, True),
        ("Forbidden", "does the key permit reading", True, False),
        ("BTC-OLD is not a valid product", "", False, False),
    ],
)
def test_a_refused_login(side: CoinbaseAccount, reason: str, hint: str, is_login: bool, is_clock: bool) -> None:
    """A refusal says what to look at; one that is not about the keys is none of the login."""
    message = "Failed to subscribe" if not hint else "Authentication Failed"
    text = reason if not hint else json.dumps({"message": reason})
    [refusal] = said(side, {"type": "error", "message": message, "reason": text})
    assert (refusal.is_login, refusal.is_clock, refusal.id, refusal.name) == (is_login, is_clock, None, None)
    assert reason in refusal.detail
    assert hint in refusal.detail
    assert "(code" not in refusal.detail


def test_a_damaged_frame_is_refused(side: CoinbaseAccount) -> None:
    """Half a message, and one whose figures are none, are refused and nothing else."""
    for payload in (json.dumps(MATCH).encode()[:200], json.dumps(MATCH | {"price": "NaN"}).encode()):
        ((_, item),) = side.decode(payload)
        assert isinstance(item, Rejected)


# REST


def read(side: CoinbaseAccount, request: Request, body: Any) -> list[Any]:
    found, refused = side.read(request, json.dumps(body).encode(), Topic(side.name, "account"))
    assert refused == []
    return found


ORDER = {
    "id": MINE, "price": "50000", "size": "0.0002", "product_id": "BTC-USD", "side": "sell", "type": "limit",
    "time_in_force": "GTC", "post_only": False, "created_at": "2026-01-05T16:42:21.878177Z", "fill_fees": "0.01",
    "filled_size": "0.00005", "executed_value": "2.5", "status": "open", "settled": False, "client_oid": "mine",
}  # fmt: skip
ENDED = {"status": "done", "done_at": "2026-01-05T16:44:13.396107Z", "settled": True}


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, "partial"),
        ({"filled_size": "0.00000000"}, "new"),
        ({"filled_size": "0", "status": "pending"}, "new"),
        ({"filled_size": "0", "status": "active"}, "new"),
        ({"status": "rejected", "reject_reason": "post only"}, "rejected"),
        ({**ENDED, "done_reason": "filled"}, "filled"),
        ({**ENDED, "done_reason": "canceled"}, "canceled"),
        ({"status": "novelty"}, "unknown"),
    ],
)
def test_the_status_of_a_listed_order(side: CoinbaseAccount, changes: dict[str, Any], status: str) -> None:
    """The words of the list, with the reason of an end."""
    [row] = read(side, next(side.open_orders()), [ORDER | changes])
    assert row.status == status
    assert row.timestamp == (1767631453396 if "done_at" in changes else 1767631341878)
    assert fields(row, ("order_id", "quantity", "price", "cumulative_quote", "client_order_id")) == {
        "order_id": MINE, "quantity": "0.0002", "price": "50000", "cumulative_quote": "2.5", "client_order_id": "mine",
    }  # fmt: skip


def test_open_orders_are_asked_for_by_status(side: CoinbaseAccount) -> None:
    """Three short lists, each page of which leads to the next by its header."""
    pages = side.open_orders()
    request = next(pages)
    assert (request.path, request.query, request.signed) == ("/orders", {"status": "open", "limit": "100"}, True)
    full = read(side, request, [ORDER] * 100)
    request = pages.send(Page(full, {"cb-after": "77"}))
    assert request.query == {"status": "open", "limit": "100", "after": "77"}
    request = pages.send(Page(full, {"cb-after": "77"}))  # it leads nowhere
    assert request.query["status"] == "pending"
    request = pages.send(Page([], {}))
    assert request.query["status"] == "active"
    with pytest.raises(StopIteration):
        pages.send(Page([], {}))


def test_closed_orders_are_listed_back_to_a_time(side: CoinbaseAccount) -> None:
    """The list goes by the time at which orders began, newest first."""
    pages = side.orders_since(1767631341878, ["BTC-USD"])
    request = next(pages)
    assert request.query == {"status": "done", "limit": "100"}
    full = read(side, request, [ORDER | ENDED] * 100)
    request = pages.send(Page(full, {"cb-after": "7"}))
    with pytest.raises(StopIteration):
        older = read(side, request, [ORDER | ENDED | {"created_at": "2026-01-05T16:42:21.877Z"}] * 100)
        pages.send(Page(older, {"cb-after": "6"}))


def test_one_order(side: CoinbaseAccount) -> None:
    """An order is asked for by its name."""
    [request] = list(side.order("BTC-USD", MINE))
    assert request.path == f"/orders/{MINE}"
    [row] = read(side, request, ORDER)
    assert row.order_id == MINE


def test_fills_are_listed_market_by_market(side: CoinbaseAccount) -> None:
    """The list of each market is read; a fill tells its own side, the fee and who waited."""
    pages = side.fills_since(0, ["BTC-USD", "ETH-USD"])
    request = next(pages)
    assert (request.path, request.query) == ("/fills", {"product_id": "BTC-USD", "limit": "100"})
    body = {
        "created_at": "2026-01-05T16:43:13.396107Z", "trade_id": 74, "product_id": "BTC-USD", "order_id": MINE,
        "user_id": "u", "profile_id": "p", "liquidity": "T", "price": "50000", "size": "0.00005",
        "fee": "0.0125000000000000", "side": "sell", "settled": True, "usd_volume": "2.5",
    }  # fmt: skip
    [row] = read(side, request, [body])
    names = ("order_id", "trade_id", "price", "quantity", "side", "trade_type", "fee", "fee_asset", "timestamp")
    figures = (MINE, 74, 50000.0, 0.00005, "sell", "taker", 0.0125, "USD", 1767631393396)
    assert fields(row, names) == dict(zip(names, figures, strict=True))
    assert pages.send(Page([row], {"cb-after": "74"})).query["product_id"] == "ETH-USD"


def test_balances(side: CoinbaseAccount) -> None:
    """Every asset is listed; those of which nothing is held do not count."""
    [request] = list(side.balances())
    body = [
        {"id": "a", "currency": "BTC", "balance": "1.5", "available": "1", "hold": "0.5", "profile_id": "p"},
        {"id": "b", "currency": "XYZ", "balance": "0.0000000000000000", "available": "0", "hold": "0.00"},
    ]
    rows = read(side, request, body)
    assert [(row.asset, row.free, row.locked, row.total, row.counts) for row in rows] == [
        ("BTC", "1", "0.5", "1.5", True),
        ("XYZ", "0", "0.00", "0.0000000000000000", False),
    ]
