"""Kraken's account side: the vectors, events and answers of its documents, one by one."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from itertools import count
from typing import Any

import pytest

from bt_api_py.exceptions import AuthenticationError
from bt_api_py.exchanges.account_base import CHECK_KEY, CHECK_RIGHTS
from bt_api_py.exchanges.base import Ack, Expired, Refusal, Request
from bt_api_py.exchanges.kraken import KrakenAccount, KrakenSpot
from bt_api_py.settings import ExchangeSettings

from .accounts import fields, ids, messages, row_of, rows_of, said, walk

KEY = "docsKey"
SECRET = "ZG9jcy1vbmx5LXNlY3JldC0wMTIzNDU2Nzg5YWJjZGVm"
PUBLISHED = "kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZtuZuj6F1huXg=="
ORDER_ID = "OF6QIS-MYM6V-XTHHZF"


@pytest.fixture
def side() -> KrakenAccount:
    return KrakenAccount(ExchangeSettings(api_key=KEY, secret=SECRET))


def frame(sequence: int | None, *rows: Any, channel: str = "executions", kind: str = "update") -> dict[str, Any]:
    numbered = {} if sequence is None else {"sequence": sequence}
    return {"channel": channel, "type": kind, "data": list(rows), **numbered}


PENDING = {
    "order_id": ORDER_ID, "symbol": "BTC/USD", "order_qty": 0.00009073, "cum_cost": 0.0, "time_in_force": "GTC",
    "exec_type": "pending_new", "side": "buy", "order_type": "limit", "order_userref": 0,
    "limit_price_type": "static", "limit_price": 95771.3, "stop_price": 0.0, "post_only": True,
    "order_status": "pending_new", "fee_usd_equiv": 0.0, "fee_ccy_pref": "fciq",
    "timestamp": "2025-02-10T02:55:15.922831Z",
}  # fmt: skip
NEW = {
    "timestamp": "2025-02-10T02:55:15.922831Z", "order_status": "new", "exec_type": "new", "order_userref": 0,
    "post_only": True, "order_id": ORDER_ID,
}  # fmt: skip
TRADE = {
    "order_id": ORDER_ID, "order_userref": 0, "exec_id": "B1Y0D9-6JIJG-W1IB7L", "exec_type": "trade",
    "trade_id": 37496584, "symbol": "BTC/USD", "side": "buy", "last_qty": 0.00009073, "last_price": 95771.3,
    "liquidity_ind": "m", "cost": 8.68933, "order_status": "partially_filled", "order_type": "limit",
    "timestamp": "2025-02-10T02:56:15.1Z", "fee_usd_equiv": 0.0217, "fees": [{"asset": "USD", "qty": 0.0217}],
}  # fmt: skip
FILLED = {
    "timestamp": "2025-02-10T02:56:15.1Z", "order_status": "filled", "exec_type": "filled", "cum_qty": 0.00009073,
    "cum_cost": 8.68933, "fee_usd_equiv": 0.0217, "avg_price": 95771.3, "order_userref": 0, "order_id": ORDER_ID,
}  # fmt: skip
CANCELED = {
    "timestamp": "2024-05-18T12:58:40.165132Z", "order_status": "canceled", "exec_type": "canceled", "cum_qty": 0.0,
    "cum_cost": 0.0, "fee_usd_equiv": 0.0, "avg_price": 0.0, "order_userref": 0, "cancel_reason": "User requested",
    "reason": "User requested", "order_id": "KIUEL4-G3PWU-HOJTYU",
}  # fmt: skip


# Signatures, tokens, commands


def test_the_signature_of_a_token(side: KrakenAccount) -> None:
    """A signed call is a POST of a form that begins with the nonce, signed by the path and a digest of it."""
    request = side.ticket_request("account")
    call = side.sign(request, 1700000000000)
    assert request.path == "/0/private/GetWebSocketsToken"
    assert (call.query, call.body) == ("", b"nonce=1700000000000")
    assert call.headers == {
        "API-Key": KEY,
        "API-Sign": "l0brBZFciFlZUvXuMzK3lT81j6CmOdaGUKjXzOkQn4Dhaj+/NFuFJ5csyNMQhEfGZIJ6EVv/7AW4RF/ojZINlw==",
        "Content-Type": "application/x-www-form-urlencoded",
    }


def test_the_signature_that_the_venue_publishes() -> None:
    """The venue's own example has the signature that it says."""
    side = KrakenAccount(ExchangeSettings(api_key=KEY, secret=PUBLISHED))
    query = {"ordertype": "limit", "pair": "XBTUSD", "price": "37500", "type": "buy", "volume": "1.25"}
    call = side.sign(Request("/0/private/AddOrder", KrakenSpot.channels["ticker"], query), 1616492376594)
    assert call.body == b"nonce=1616492376594&ordertype=limit&pair=XBTUSD&price=37500&type=buy&volume=1.25"
    assert call.headers["API-Sign"] == (
        "4/dpxb3iT4tp/ZCVEwSnEsLxx0bqyhLpdfOpc6fn7OR8+UClSV5n9E6aSS8MPtnRfp32bAb0nmbRn6H8ndwLUQ=="
    )


def test_a_nonce_grows_with_every_call(side: KrakenAccount) -> None:
    """Two calls in one millisecond have two nonces, and a clock that goes back does not take the nonce along."""
    request = side.ticket_request("account")
    bodies = [side.sign(request, now).body for now in (1700000000000, 1700000000000, 1600000000000)]
    assert bodies == [b"nonce=1700000000000", b"nonce=1700000000001", b"nonce=1700000000002"]


def test_a_secret_without_its_padding(side: KrakenAccount) -> None:
    """A secret that was copied without the signs at its end signs the same."""
    request = side.ticket_request("account")
    short = KrakenAccount(ExchangeSettings(api_key=KEY, secret=PUBLISHED.rstrip("=")))
    whole = KrakenAccount(ExchangeSettings(api_key=KEY, secret=PUBLISHED))
    assert short.sign(request, 1700000000000) == whole.sign(request, 1700000000000)


def test_a_secret_that_is_none() -> None:
    """A secret that is no Base64 is refused in words that do not quote it."""
    side = KrakenAccount(ExchangeSettings(api_key=KEY, secret="five5"))
    with pytest.raises(AuthenticationError, match="no Base64") as caught:
        side.sign(side.ticket_request("account"), 1)
    assert "five5" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_subscriptions_carry_the_token(side: KrakenAccount) -> None:
    """The token of the answer is part of every command, which shows itself to nobody."""
    request = side.ticket_request("account")
    [ticket] = walk(side, iter_of(request), [{"error": [], "result": {"token": "TOKEN", "expires": 900}}])[1]
    assert side.admit("wss://ws-auth.kraken.com/v2", ticket) == "wss://ws-auth.kraken.com/v2"
    assert side.login(1, ids()) is None
    orders, balances = side.subscribe(["executions", "balances"], ids())
    assert json.loads(orders.payload) == {
        "method": "subscribe",
        "params": {"channel": "executions", "token": "TOKEN", "snap_orders": True, "snap_trades": False},
        "req_id": 1,
    }
    assert json.loads(balances.payload)["params"] == {"channel": "balances", "token": "TOKEN", "snapshot": False}
    [given_back] = side.unsubscribe(["executions"], ids())
    assert json.loads(given_back.payload)["params"] == {"channel": "executions", "token": "TOKEN"}
    assert "TOKEN" not in repr((orders, balances, given_back))


def iter_of(request: Request) -> Any:
    yield request


# Events


def test_the_life_of_an_order(side: KrakenAccount) -> None:
    """Each event of the documents becomes a record; what it leaves out is left to those who know the order."""
    pending, new, trade, filled = (
        row_of(side, frame(number, row)) for number, row in enumerate((PENDING, NEW, TRADE, FILLED), 2)
    )
    names = ("order_id", "venue_symbol", "side", "order_type", "status", "price", "quantity", "time_in_force")
    assert fields(pending, names) == {
        "order_id": ORDER_ID, "venue_symbol": "BTC/USD", "side": "buy", "order_type": "limit", "status": "new",
        "price": 95771.3, "quantity": 0.00009073, "time_in_force": "GTC",
    }  # fmt: skip
    assert (pending.timestamp, pending.client_order_id, pending.fill) == (1739156115922, None, None)
    assert (new.status, new.venue_symbol, new.side, new.is_sparse) == ("new", "", None, True)
    assert (trade.status, trade.adds_up, trade.filled_quantity) == ("partial", True, None)
    names = ("trade_id", "order_id", "venue_symbol", "price", "quantity", "side", "trade_type", "fee", "fee_asset")
    assert fields(trade.fill, names) == {
        "trade_id": 37496584, "order_id": ORDER_ID, "venue_symbol": "BTC/USD", "price": 95771.3,
        "quantity": 0.00009073, "side": "buy", "trade_type": "maker", "fee": 0.0217, "fee_asset": "USD",
    }  # fmt: skip
    assert (filled.status, filled.filled_quantity, filled.cumulative_quote) == ("filled", 0.00009073, 8.68933)
    assert (filled.average_price, filled.adds_up, filled.fill) == (95771.3, False, None)
    canceled = row_of(side, frame(None, CANCELED))
    assert (canceled.status, canceled.filled_quantity) == ("canceled", 0.0)


@pytest.mark.parametrize(
    ("event", "word", "filled", "status"),
    [
        ("pending_new", "pending_new", None, "new"), ("new", "new", None, "new"), ("triggered", "new", 0.0, "new"),
        ("status", "new", 0.0, "new"), ("restated", "new", 0.5, "partial"), ("amended", "new", 0.0, "new"),
        ("trade", "partially_filled", None, "partial"), ("filled", "filled", 1.0, "filled"),
        ("canceled", "canceled", 0.5, "canceled"), ("expired", "expired", 0.0, "expired"),
        ("new", "something else", None, "unknown"),
    ],
)  # fmt: skip
def test_the_table_of_statuses(side: KrakenAccount, event: str, word: str, filled: Any, status: str) -> None:
    """Every event and status of the documents has its normalised word."""
    row = {**NEW, "exec_type": event, "order_status": word, "cum_qty": filled}
    assert row_of(side, frame(None, row)).status == status


@pytest.mark.parametrize(
    ("own", "name"), [({"cl_ord_id": "mine", "order_userref": 3}, "mine"), ({"order_userref": 3}, "3"), ({}, None)]
)
def test_one_s_own_name_of_an_order(side: KrakenAccount, own: dict[str, Any], name: str | None) -> None:
    """A text goes before a number, and a number of zero is none."""
    assert row_of(side, frame(None, {**PENDING, "order_userref": 0, **own})).client_order_id == name


def test_fees_in_several_assets_have_no_sum(side: KrakenAccount) -> None:
    """Fees are added up where they are in one asset."""
    twice = {**TRADE, "fees": [{"asset": "USD", "qty": 0.1}, {"asset": "USD", "qty": 0.2}]}
    assert row_of(side, frame(None, twice)).fill.fee == 0.3
    mixed = {**TRADE, "fees": [{"asset": "USD", "qty": 0.1}, {"asset": "KFEE", "qty": 2}]}
    fill = row_of(side, frame(None, mixed)).fill
    assert (fill.fee, fill.fee_asset) == (None, None)


def test_balances_are_only_announced(side: KrakenAccount) -> None:
    """What is booked says that balances changed, and not what is free: they are read by REST."""
    entry = {
        "ledger_id": "DATKX6-PEHL1-HZKND8", "ref_id": "LKAKN2-N0N12-VKQNLN", "timestamp": "2024-05-24T14:01:53.526524Z",
        "type": "trade", "asset": "USD", "asset_class": "currency", "category": "trade", "wallet_type": "spot",
        "wallet_id": "main", "amount": -19.9743, "fee": 0.0499, "balance": 118.0677,
    }  # fmt: skip
    held = {
        "asset": "USD", "asset_class": "currency", "balance": 160.2405,
        "wallets": [{"type": "spot", "id": "main", "balance": 160.2405}],
    }  # fmt: skip
    for row in (entry, held):
        assert row_of(side, frame(None, row, channel="balances")).kind == "hint"
    assert side.balances_every is not None


def test_a_number_that_was_left_out_is_an_outage(side: KrakenAccount) -> None:
    """Each channel counts its frames; one more or one twice is in order, and a hole is the end of the connection."""

    def ends(*frames: dict[str, Any]) -> list[bool]:
        return [any(isinstance(item, Expired) for _, item in side.decode(json.dumps(each).encode())) for each in frames]

    first = frame(1, kind="snapshot")
    assert ends(first, frame(2, PENDING), frame(2, PENDING), frame(3, NEW)) == [False] * 4
    assert ends(frame(1, channel="balances", kind="snapshot"), frame(2, channel="balances")) == [False, False]
    assert ends(frame(5, TRADE)) == [True]
    assert ends(first, frame(2, NEW)) == [False, False]  # on a new connection


def test_a_subscription_that_begins_without_a_snapshot_counts_anew(side: KrakenAccount) -> None:
    """The first number after subscribing again is no hole, whatever the last one on the old connection was."""

    def follows(number: int) -> bool:
        items = side.decode(json.dumps(frame(number, channel="balances")).encode())
        return not any(isinstance(item, Expired) for _, item in items)

    for first in (7, 1, 30):
        side.subscribe(["balances"], count(1))
        assert [follows(number) for number in (first, first + 1, first + 2)] == [True] * 3
    assert not follows(40)


def test_two_sockets_count_for_themselves(side: KrakenAccount) -> None:
    """While one socket replaces another, the numbers of both go on."""
    counted = [(40, "update"), (41, "update"), (1, "snapshot"), (42, "update"), (2, "update"), (43, "update"),
               (3, "update")]  # fmt: skip
    for number, kind in counted:
        items = side.decode(json.dumps(frame(number, NEW, kind=kind)).encode())
        assert not any(isinstance(item, Expired) for _, item in items), number


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"result": {"channel": "executions", "maxratecount": 125}, "success": True}, Ack(id="3", name="executions")),
        (
            {"success": False, "error": "ESession:Invalid session"},
            Expired("the token is not good any more: ESession:Invalid session"),
        ),
        ({"success": False, "error": "Already subscribed"}, Ack(id="3")),
    ],
)
def test_answers(side: KrakenAccount, answer: dict[str, Any], expected: Any) -> None:
    """An answer names the channel; a token that is not good any more is fetched anew."""
    assert said(side, {"method": "subscribe", **answer, "req_id": 3}) == [expected]


@pytest.mark.parametrize(
    ("moment", "ms"), [("2026-01-05T09:04:31.742648Z", 1767603871742), ("...", None), ("2026-01-05T09:04:31", None)]
)
def test_an_answer_tells_the_time(side: KrakenAccount, moment: str, ms: int | None) -> None:
    """Answers carry the venue's time to the microsecond, which REST tells in whole seconds only."""
    answer = {"method": "subscribe", "result": {"channel": "balances"}, "success": True, "time_out": moment}
    assert said(side, answer) == [Ack(name="balances", time_ms=ms)]


def test_a_key_without_rights(side: KrakenAccount) -> None:
    """A refusal for the sake of the key says what to look at."""
    [refusal] = said(side, {"method": "subscribe", "success": False, "error": "EGeneral:Permission denied"})
    assert isinstance(refusal, Refusal)
    assert refusal.is_login
    assert CHECK_RIGHTS in refusal.detail
    error = side.failure("/0/private/OpenOrders", 200, b'{"error":["EAPI:Invalid key"]}')
    assert isinstance(error, AuthenticationError)
    assert CHECK_KEY in str(error)


def test_a_nonce_is_a_matter_of_the_clock(side: KrakenAccount) -> None:
    """A refused nonce makes the venue's time be read again."""
    error = side.failure("/0/private/OpenOrders", 200, b'{"error":["EAPI:Invalid nonce"]}')
    assert isinstance(error, AuthenticationError)
    assert side.is_clock_error(error)


# The present state


def test_orders_by_rest(side: KrakenAccount) -> None:
    """The id of an order is the key under which it lies, and its market has its newest name."""
    [answer] = [body for body in messages("kraken_v2", "http") if "closed" in (body.get("result") or {})]
    requests, [first, second] = walk(side, side.orders_since(1688580000000, []), [answer])
    assert [(each.path, each.query, each.cost) for each in requests] == [
        ("/0/private/ClosedOrders", {"start": "1688579999", "closetime": "close", "ofs": "0"}, 2)
    ]
    names = ("order_id", "venue_symbol", "side", "order_type", "status", "price", "quantity", "filled_quantity")
    assert fields(first, names) == {
        "order_id": "O5KZFT-GH3AD-LP6TLU", "venue_symbol": "BTC/USDT", "side": "buy", "order_type": "limit",
        "status": "filled", "price": "29500.0", "quantity": "0.50000000", "filled_quantity": "0.50000000",
    }  # fmt: skip
    assert (first.average_price, first.cumulative_quote) == ("29500.0", "14750.00000")
    assert (first.create_time, first.timestamp) == (1688583840864, 1688590000543)
    assert (second.venue_symbol, second.order_type) == ("ETH/USDT", "market")


def test_open_orders(side: KrakenAccount) -> None:
    """An open order with a fill is a partial one, and one in money has no quantity."""
    order = {
        "userref": 7, "status": "open", "opentm": 1688666559.8974, "vol": "1.25", "vol_exec": "0.5", "cost": "18750.0",
        "fee": "30", "price": "37500", "oflags": "fciq",
        "descr": {"pair": "XBTUSD", "type": "buy", "ordertype": "limit", "price": "37500.0"},
    }  # fmt: skip
    answer = {"error": [], "result": {"open": {"A": order, "B": {**order, "vol_exec": "0", "oflags": "viqc"}}}}
    [request], [first, second] = walk(side, side.open_orders(), [answer])
    assert request.signed
    assert (first.status, first.client_order_id, first.timestamp) == ("partial", "7", 1688666559897)
    assert (second.status, second.quantity) == ("new", None)
    [request], [known] = walk(side, side.order("BTC/USD", "A"), [{"error": [], "result": {"A": order}}])
    assert (request.query, known.order_id) == ({"txid": "A"}, "A")


def test_fills_by_rest(side: KrakenAccount) -> None:
    """A fill has the id that the stream tells; its fee is in the quote asset."""
    [answer] = [body for body in messages("kraken_v2", "http") if "trades" in (body.get("result") or {})]
    _, [first, second] = walk(side, side.fills_since(1688580000000, []), [answer])
    names = ("trade_id", "order_id", "venue_symbol", "price", "quantity", "side", "trade_type", "fee", "fee_asset")
    assert fields(first, names) == {
        "trade_id": 1001, "order_id": "O26VBY-ISGAE-JP5TLU", "venue_symbol": "BTC/USDT", "price": 29500.5,
        "quantity": 0.5, "side": "buy", "trade_type": "maker", "fee": 23.6, "fee_asset": "USDT",
    }  # fmt: skip
    assert (first.timestamp, second.trade_type) == (1688585840892, "taker")


def test_lists_are_read_to_their_end(side: KrakenAccount) -> None:
    """A full page asks for the next one, by position."""
    row = {"ordertxid": "O", "pair": "XBTUSD", "time": 1.5, "type": "buy", "price": "1", "vol": "1", "trade_id": 1}
    pages = [{"error": [], "result": {"trades": {f"T{n}": row for n in range(size)}}} for size in (50, 50, 3)]
    requests, rows = walk(side, side.fills_since(0, []), pages)
    assert [request.query["ofs"] for request in requests] == ["0", "50", "100"]
    assert len(rows) == 103


def test_balances_by_rest(side: KrakenAccount) -> None:
    """What orders hold is locked; assets have their newest names, and those of other wallets do not count."""
    answer = {
        "error": [],
        "result": {
            "ZUSD": {"balance": "25435.21", "hold_trade": "8249.76"},
            "XXBT": {"balance": "1.2", "hold_trade": "0"},
            "XBT.F": {"balance": "3", "hold_trade": "0"},
        },
    }
    [request], rows = walk(side, side.balances(), [answer])
    assert request.path == "/0/private/BalanceEx"
    assert [(row.asset, row.total, row.locked, row.counts) for row in rows] == [
        ("USD", 25435.21, 8249.76, True), ("BTC", 1.2, 0.0, True), ("BTC.F", 3.0, 0.0, False)
    ]  # fmt: skip


def test_recorded_events(side: KrakenAccount) -> None:
    """Every recorded event of an account is understood."""
    for kind in ("fills", "balances"):
        for message in messages("kraken_v2", kind):
            assert rows_of(KrakenAccount(side.settings), message)


def test_the_vectors_are_what_they_say() -> None:
    """The signature of the documents follows from the standard library alone."""
    digest = hashlib.sha256(b"1700000000000nonce=1700000000000").digest()
    mac = hmac.new(base64.b64decode(SECRET), b"/0/private/GetWebSocketsToken" + digest, hashlib.sha512).digest()
    assert base64.b64encode(mac).decode().startswith("l0brBZFciFlZ")
