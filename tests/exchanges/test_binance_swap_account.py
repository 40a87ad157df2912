"""The account of Binance USD-M futures: listen keys, events, and the present state by REST."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bt_api_py.containers import BalanceData, OrderData, PositionData, Topic
from bt_api_py.exceptions import RequestFailedError
from bt_api_py.exchanges.base import Expired, Ignored, Rejected
from bt_api_py.exchanges.binance import BinanceSwapAccount
from bt_api_py.settings import ExchangeSettings

from .accounts import fields, ids, messages, row_of, rows_of, said, walk

KEY = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"
SECRET = "2b5eb11e18796d12d88f13dc27dbbd02c2cc51ff7059765ed9821957d82bb4d9"
ACCOUNT = Topic("BINANCE___SWAP", "account", "BTCUSDT", "BTCUSDT")

ORDER = {
    "e": "ORDER_TRADE_UPDATE",
    "E": 1795219300115,
    "T": 1795219300112,
    "o": {
        "s": "BTCUSDT",
        "c": "bt-000018",
        "S": "SELL",
        "o": "LIMIT",
        "f": "GTC",
        "q": "0.010",
        "p": "90000",
        "ap": "0",
        "sp": "0",
        "x": "NEW",
        "X": "NEW",
        "i": 8886774001,
        "l": "0",
        "z": "0",
        "L": "0",
        "N": "USDT",
        "n": "0",
        "T": 1795219300112,
        "t": 0,
        "b": "0",
        "a": "900.0",
        "m": False,
        "R": False,
        "wt": "CONTRACT_PRICE",
        "ot": "LIMIT",
        "ps": "BOTH",
        "cp": False,
        "rp": "0",
        "pP": False,
        "si": 0,
        "ss": 0,
        "V": "EXPIRE_MAKER",
        "pm": "NONE",
        "gtd": 0,
        "er": "0",
    },
}
FILL: dict[str, Any] = {
    **ORDER,
    "o": {
        **ORDER["o"],  # type: ignore[dict-item]
        "x": "TRADE",
        "X": "PARTIALLY_FILLED",
        "l": "0.004",
        "z": "0.006",
        "L": "90010.5",
        "ap": "90005.2",
        "n": "0.1440",
        "t": 714200099,
        "m": True,
    },
}
UPDATE = {
    "e": "ACCOUNT_UPDATE",
    "E": 1795219301000,
    "T": 1795219300998,
    "a": {
        "m": "ORDER",
        "B": [{"a": "USDT", "wb": "10500.12", "cw": "10400.12", "bc": "0"}],
        "P": [
            {
                "s": "BTCUSDT",
                "pa": "-0.010",
                "ep": "90000.0",
                "bep": "89982.0",
                "cr": "12.5",
                "up": "-0.3",
                "mt": "cross",
                "iw": "0",
                "ps": "BOTH",
            }
        ],
    },
}


def account(**settings: Any) -> BinanceSwapAccount:
    return BinanceSwapAccount(ExchangeSettings(api_key=KEY, secret=SECRET, **settings))


# The way in


def test_the_address_holds_a_listen_key() -> None:
    """Before each socket the key is fetched by the API key alone, and renewed the same way."""
    side = account()
    request = side.ticket_request("account")
    assert (request.path, request.method, request.signed) == ("/fapi/v1/listenKey", "POST", False)
    assert side.rest_headers == {"X-MBX-APIKEY": KEY}
    (ticket,), _ = side.read(request, b'{"listenKey":"pqia91ma19a5s61cv6a81va65sd"}', ACCOUNT)
    url = side.endpoints["account"].url(side.settings)
    assert side.admit(url, ticket) == "wss://fstream.binance.com/private/ws/pqia91ma19a5s61cv6a81va65sd"
    assert "pqia" not in repr(ticket)
    renewal = side.renewal_request("account")
    assert (renewal.path, renewal.method) == ("/fapi/v1/listenKey", "PUT")
    assert side.read(renewal, b"{}", ACCOUNT)[1] == []
    assert side.renewal is not None
    assert side.renewal < 3600
    assert side.login(0, ids()) is None
    assert side.subscribe(side.names, ids()) == []


def test_a_key_that_is_not_known_any_more_needs_a_new_one() -> None:
    """The venue's refusal of a renewal is no matter of trying again."""
    error = account().failure("/fapi/v1/listenKey", 400, b'{"code":-1125,"msg":"This listenKey does not exist."}')
    assert type(error) is RequestFailedError
    assert (error.code, error.retryable) == ("-1125", False)


def test_a_documented_signature() -> None:
    """The venue's example of futures is signed as it says."""
    text = (
        "symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=9000&timeInForce=GTC&recvWindow=5000"
        "&timestamp=1591702613943"
    )
    assert account().signature(text) == "3c661234138461fcc7a7d8746c6558c9842d4e10870d2ecbedf7777cad694af9"


def test_a_key_that_ran_out() -> None:
    """The event that ends the stream leaves the socket open, so the socket has to go."""
    frame = {"e": "listenKeyExpired", "E": 1795219301000, "listenKey": "pqia91ma19a5s61cv6a81va65sd"}
    assert said(account(), frame) == [Expired("the listen key has run out")]


# Orders and fills


def test_a_new_order() -> None:
    """A new order has everything but a fill; without one there is no mean price."""
    row = row_of(account(), ORDER)
    expected = {
        "venue_symbol": "BTCUSDT",
        "order_id": "8886774001",
        "client_order_id": "bt-000018",
        "side": "sell",
        "order_type": "limit",
        "status": "new",
        "venue_status": "NEW",
        "timestamp": 1795219300112,
        "reduce_only": False,
        "position_side": "net",
        "fill": None,
    }
    assert fields(row, list(expected)) == expected
    order = OrderData(row, ACCOUNT)
    assert (order.get_price(), order.get_quantity(), order.get_filled_quantity()) == (90000.0, 0.01, 0.0)
    assert order.get_avg_price() != order.get_avg_price()


def test_a_fill() -> None:
    """A fill carries its own price, quantity and fee; the order its sums."""
    row = row_of(account(), FILL)
    assert (row.status, float(row.filled_quantity), float(row.average_price)) == ("partial", 0.006, 90005.2)
    expected = {
        "trade_id": 714200099,
        "price": 90010.5,
        "quantity": 0.004,
        "side": "sell",
        "trade_type": "maker",
        "fee": 0.144,
        "fee_asset": "USDT",
        "order_id": "8886774001",
    }
    assert fields(row.fill, list(expected)) == expected


def test_a_fill_without_fee() -> None:
    """Where the venue leaves the fee out, it is unknown."""
    frame = json.loads(json.dumps(FILL))
    for key in ("n", "N"):
        del frame["o"][key]
    fill = row_of(account(), frame).fill
    assert (fill.fee, fill.fee_asset) == (None, None)


@pytest.mark.parametrize(("word", "side"), [("LONG", "long"), ("SHORT", "short"), ("BOTH", "net"), ("", None)])
def test_the_side_of_an_order_s_position(word: str, side: str | None) -> None:
    """An order names the position that it works on, where the account holds both sides of a market."""
    frame = json.loads(json.dumps(ORDER))
    frame["o"]["ps"] = word
    assert row_of(account(), frame).position_side == side


@pytest.mark.parametrize(
    "kind", ["TRADE_LITE", "ALGO_UPDATE", "MARGIN_CALL", "ACCOUNT_CONFIG_UPDATE", "STRATEGY_UPDATE", "GRID_UPDATE"]
)
def test_events_that_need_nothing_done(kind: str) -> None:
    """Doubles of fills, and events about other things, are understood and left alone."""
    assert row_of(account(), {"e": kind, "E": 1, "T": 1}).kind == "note"


def test_an_unknown_event_is_ignored() -> None:
    """An event of a kind to come costs nothing."""
    assert account().decode(b'{"e":"TOMORROW","E":1}') == [("", Ignored("TOMORROW"))]


# Balances and positions


def test_positions_and_a_note_of_balances() -> None:
    """An account event tells the positions it touched; of balances it says only that they changed."""
    note, row = rows_of(account(), UPDATE)
    assert note.kind == "note"
    position = PositionData(row, ACCOUNT)
    assert (position.get_quantity(), position.get_side(), position.get_avg_price()) == (-0.01, "short", 90000.0)
    assert (position.get_unrealized_pnl(), position.get_realized_pnl()) == (-0.3, 12.5)
    assert (position.get_margin_type(), position.get_is_isolated()) == ("cross", False)
    assert position.get_timestamp() == 1795219301000


@pytest.mark.parametrize(
    ("word", "quantity", "side", "key"),
    [
        ("LONG", "20", "long", "BTCUSDT long"),
        ("SHORT", "-10", "short", "BTCUSDT short"),
        ("BOTH", "0", "net", "BTCUSDT "),
    ],
)
def test_both_sides_of_a_market_are_told_apart(word: str, quantity: str, side: str, key: str) -> None:
    """A long and a short position of one market have keys of their own; a closed one has no side."""
    frame = json.loads(json.dumps(UPDATE))
    frame["a"]["P"][0] |= {"ps": word, "pa": quantity}
    row = rows_of(account(), frame)[1]
    assert (PositionData(row, ACCOUNT).get_side(), row.key) == (side, key)


@pytest.mark.parametrize(("word", "margin"), [("CROSSED", "cross"), ("crossed", "cross"), ("isolated", "isolated")])
def test_words_of_margin(word: str, margin: str) -> None:
    """The venue has several words for one kind of margin."""
    frame = json.loads(json.dumps(UPDATE))
    frame["a"]["P"][0]["mt"] = word
    assert rows_of(account(), frame)[1].margin_type == margin


def test_a_funding_fee_touches_no_position() -> None:
    """An event without positions is a note, and nothing is refused."""
    frame = json.loads(json.dumps(UPDATE))
    frame["a"] = {"m": "FUNDING_FEE", "B": frame["a"]["B"]}
    assert [row.kind for row in rows_of(account(), frame)] == ["note"]


def test_a_damaged_position_costs_only_itself() -> None:
    """Another position of the same event is told all the same."""
    frame = json.loads(json.dumps(UPDATE))
    frame["a"]["P"] = [{"s": "BTCUSDT", "pa": "lots"}, frame["a"]["P"][0]]
    items = [item for _, item in account().decode(json.dumps(frame).encode())]
    assert [type(item).__name__ for item in items] == ["Note", "Position", "Rejected"]


# State by REST


def test_balances_by_rest() -> None:
    """The wallet is the total, and what is available is free; more may be free than the wallet holds."""
    row = {"accountAlias": "SgsR", "asset": "USDT", "balance": "122.5", "crossUnPnl": "3.0", "availableBalance": "100"}
    asked, (held, rich) = walk(
        account(), account().balances(), [[row, row | {"asset": "BTC", "availableBalance": "125.5"}]]
    )
    assert [(request.path, request.signed, request.cost) for request in asked] == [("/fapi/v3/balance", True, 5)]
    balance = BalanceData(held, ACCOUNT)
    assert (balance.get_total_balance(), balance.get_free_balance(), balance.get_locked_balance()) == (122.5, 100, 22.5)
    assert balance.get_unrealized_profit() == 3.0
    assert BalanceData(rich, ACCOUNT).get_locked_balance() == 0


def test_positions_by_rest() -> None:
    """The list tells mark price, liquidation price and margins beside what the events tell."""
    answer = {
        "symbol": "BTCUSDT",
        "positionSide": "BOTH",
        "positionAmt": "0.001",
        "entryPrice": "50000.0",
        "breakEvenPrice": "50100.0",
        "markPrice": "51000.0",
        "unRealizedProfit": "1.00000000",
        "liquidationPrice": "45000.0",
        "isolatedMargin": "0",
        "notional": "51.0",
        "marginAsset": "USDT",
        "initialMargin": "5.1",
        "maintMargin": "0.2",
        "updateTime": 1625474304765,
    }
    asked, (row,) = walk(account(), account().positions(), [[answer]])
    assert [request.path for request in asked] == ["/fapi/v3/positionRisk"]
    position = PositionData(row, ACCOUNT)
    assert (position.get_quantity(), position.get_side(), position.get_mark_price()) == (0.001, "long", 51000.0)
    assert (position.get_liquidation_price(), position.get_unrealized_pnl()) == (45000.0, 1.0)
    assert (position.get_initial_margin(), position.get_maintain_margin()) == (5.1, 0.2)
    assert row.key == "BTCUSDT "


REST_ORDER = {
    "avgPrice": "90005.2",
    "clientOrderId": "abc",
    "cumQuote": "540.03",
    "executedQty": "0.006",
    "orderId": 1917641,
    "origQty": "0.010",
    "origType": "LIMIT",
    "price": "90000",
    "reduceOnly": True,
    "side": "SELL",
    "positionSide": "SHORT",
    "status": "PARTIALLY_FILLED",
    "closePosition": False,
    "symbol": "BTCUSDT",
    "time": 1579276756075,
    "timeInForce": "GTC",
    "type": "LIMIT",
    "updateTime": 1579276756099,
}
REST_FILL = {
    "symbol": "BTCUSDT",
    "id": 82357626,
    "orderId": 1917641,
    "side": "SELL",
    "price": "90005.2",
    "qty": "0.006",
    "realizedPnl": "0",
    "quoteQty": "540.03",
    "commission": "0.108",
    "commissionAsset": "USDT",
    "time": 1645930322371,
    "positionSide": "SHORT",
    "buyer": False,
    "maker": True,
}


def test_orders_by_rest() -> None:
    """Open orders are listed for all markets at once, closed ones market by market, one by its number."""
    side = account()
    asked, (row,) = walk(side, side.open_orders(), [[REST_ORDER]])
    assert [(request.path, request.cost) for request in asked] == [("/fapi/v1/openOrders", 40)]
    expected = {"order_id": "1917641", "status": "partial", "side": "sell", "position_side": "short"}
    assert fields(row, list(expected)) == expected
    assert (row.reduce_only, row.create_time, row.timestamp) == (True, 1579276756075, 1579276756099)
    order = OrderData(row, ACCOUNT)
    assert (order.get_cum_quote(), order.get_filled_quantity(), order.get_avg_price()) == (540.03, 0.006, 90005.2)
    asked, rows = walk(side, side.orders_since(5, ["BTCUSDT", "ETHUSDT"]), [[REST_ORDER], []])
    assert [(request.path, request.query["symbol"], request.query["startTime"]) for request in asked] == [
        ("/fapi/v1/allOrders", "BTCUSDT", "5"),
        ("/fapi/v1/allOrders", "ETHUSDT", "5"),
    ]
    assert len(rows) == 1
    [request], _ = walk(side, side.order("BTCUSDT", "1917641"), [REST_ORDER])
    assert (request.path, request.query) == ("/fapi/v1/order", {"symbol": "BTCUSDT", "orderId": "1917641"})


def test_fills_by_rest() -> None:
    """A listed fill says the same as the event, also of which side one's own order was."""
    [request], (row,) = walk(account(), account().fills_since(7, ["BTCUSDT"]), [[REST_FILL]])
    assert (request.path, request.query["startTime"]) == ("/fapi/v1/userTrades", "7")
    expected = {
        "trade_id": 82357626,
        "order_id": "1917641",
        "side": "sell",
        "trade_type": "maker",
        "quantity": 0.006,
        "fee": 0.108,
        "fee_asset": "USDT",
        "timestamp": 1645930322371,
    }
    assert fields(row, list(expected)) == expected


# Recorded messages


def test_recorded_events() -> None:
    """No recorded event of a futures account is refused; an order says what was sent, and when it was filled."""
    side = account()
    seen = 0
    for channel in ("orders", "orders.templated", "balances", "balances.templated", "fills"):
        for message in messages("binance_usdm", channel):
            event = message["data"] if "stream" in message else message
            for item in rows_of(side, event):
                assert type(item) is not Rejected
                seen += 1
                if item.kind == "order":
                    sent = event["o"]
                    assert (item.order_id, item.venue_status) == (str(sent["i"]), sent["X"])
                    assert (item.fill is not None) == (sent["t"] > 0 and float(sent["l"]) > 0)
                    assert (item.status == "unknown") == (sent["X"] == "NEW_INSURANCE")
    assert seen > 25


def test_recorded_answers() -> None:
    """Recorded lists of balances, positions, orders and fills are read whole."""
    side = account()
    answers = [answer for answer in messages("binance_usdm", "http") if isinstance(answer, list) and answer]
    for mark, pages in (
        ("availableBalance", side.balances),
        ("positionAmt", side.positions),
        ("origQty", side.open_orders),
    ):
        found = [answer for answer in answers if mark in answer[0]]
        assert found, mark
        for answer in found:
            assert len(walk(side, pages(), [answer])[1]) == len(answer)
    found = [answer for answer in answers if "commissionAsset" in answer[0] and isinstance(answer[0]["orderId"], int)]
    for answer in found:
        assert len(walk(side, side.fills_since(0, ["ETHUSDT"]), [answer])[1]) == len(answer)
