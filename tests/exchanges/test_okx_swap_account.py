"""The account of OKX swaps: orders, fills and positions in base asset, and the present state by REST."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bt_api_py.containers import BalanceData, OrderData, PositionData, Topic, TradeData
from bt_api_py.exchanges.okx import OkxSwapAccount
from bt_api_py.settings import ExchangeSettings

from .accounts import fields, ids, row_of, rows_of, sent, walk

BTC = Topic("OKX___SWAP", "account", "BTCUSDT", "BTC-USDT-SWAP", factor=0.01)
ORDER = {
    "instType": "SWAP",
    "instId": "BTC-USDT-SWAP",
    "ordId": "2497956918703120384",
    "clOrdId": "bt000017",
    "px": "88000",
    "sz": "10",
    "ordType": "limit",
    "side": "sell",
    "posSide": "net",
    "tdMode": "cross",
    "tgtCcy": "",
    "accFillSz": "4",
    "avgPx": "88000",
    "fillPx": "88000",
    "fillSz": "4",
    "tradeId": "742000555",
    "fillTime": "1795219300110",
    "fillFee": "-0.704",
    "fillFeeCcy": "USDT",
    "execType": "M",
    "state": "partially_filled",
    "reduceOnly": "true",
    "cTime": "1795219200000",
    "uTime": "1795219300111",
}
POSITION = {
    "instType": "SWAP",
    "instId": "BTC-USDT-SWAP",
    "posId": "1752810569801498626",
    "posSide": "net",
    "pos": "-3",
    "avgPx": "90000",
    "upl": "-0.3",
    "uplRatio": "-0.001",
    "lever": "10",
    "liqPx": "98000.1",
    "markPx": "90010",
    "mgnMode": "cross",
    "margin": "",
    "imr": "270.03",
    "mmr": "10.8",
    "notionalUsd": "2700.3",
    "ccy": "USDT",
    "realizedPnl": "-0.5",
    "fee": "-0.5",
    "fundingFee": "0.02",
    "bePx": "89982",
    "adl": "1",
    "cTime": "1795210000000",
    "uTime": "1795219300300",
    "pTime": "1795219300301",
}


@pytest.fixture
def side() -> OkxSwapAccount:
    """Return an account."""
    return OkxSwapAccount(ExchangeSettings(api_key="key", secret="secret", passphrase="phrase"))


def frame(channel: str, *rows: dict[str, Any]) -> dict[str, Any]:
    """Return a push."""
    return {"arg": {"channel": channel, "instType": "SWAP", "uid": "77"}, "data": list(rows)}


def test_what_is_subscribed(side: OkxSwapAccount) -> None:
    """Orders and positions are those of swaps; balances and positions come on events only."""
    arguments = [sent(command)["args"] for command in side.subscribe(side.names, ids())]
    only_events = {"extraParams": '{"updateInterval":"0"}'}
    assert arguments == [
        [{"channel": "orders", "instType": "SWAP"}],
        [{"channel": "account", **only_events}],
        [{"channel": "positions", "instType": "SWAP", **only_events}],
    ]


def test_orders_and_fills_are_in_base_asset(side: OkxSwapAccount) -> None:
    """Contracts of an order and of its fill become base asset; the fee stays money."""
    row = row_of(side, frame("orders", ORDER))
    order = OrderData(row, BTC)
    assert (order.get_quantity(), order.get_filled_quantity(), order.get_avg_price()) == (0.1, 0.04, 88000.0)
    assert (order.get_status(), order.get_reduce_only()) == ("partial", True)
    fill = TradeData(row.fill, BTC)
    assert (fill.get_quantity(), fill.get_trade_fee(), fill.get_trade_fee_symbol()) == (0.04, 0.704, "USDT")
    assert fill.get_trade_type() == "maker"


def test_a_market_order_that_buys_counts_contracts(side: OkxSwapAccount) -> None:
    """Only on spot is the size of such an order an amount of money."""
    row = row_of(side, frame("orders", ORDER | {"ordType": "market", "side": "buy", "px": "", "state": "live"}))
    assert OrderData(row, BTC).get_quantity() == 0.1


def test_a_position(side: OkxSwapAccount) -> None:
    """A net position has the sign of its direction, in base asset; what was paid in fees is positive."""
    position = PositionData(row_of(side, frame("positions", POSITION)), BTC)
    expected = {
        "quantity": -0.03,
        "side": "short",
        "avg_price": 90000.0,
        "mark_price": 90010.0,
        "liquidation_price": 98000.1,
        "unrealized_pnl": -0.3,
        "realized_pnl": -0.5,
        "position_fee": 0.5,
        "position_funding_value": 0.02,
        "leverage": 10.0,
        "margin_type": "cross",
        "initial_margin": 270.03,
        "maintain_margin": 10.8,
        "position_id": "1752810569801498626",
        "timestamp": 1795219300300,
    }
    assert {name: getattr(position, f"get_{name}")() for name in expected} == expected


def test_both_sides_of_a_market(side: OkxSwapAccount) -> None:
    """Long and short positions that are held apart have keys of their own, and the short one is negative."""
    rows = rows_of(
        side,
        frame("positions", POSITION | {"posSide": "long", "pos": "2"}, POSITION | {"posSide": "short", "pos": "3"}),
    )
    assert [PositionData(row, BTC).get_quantity() for row in rows] == [0.02, -0.03]
    assert len({row.key for row in rows}) == 2


def test_a_closed_position(side: OkxSwapAccount) -> None:
    """Nothing is held any more, at no price."""
    position = PositionData(row_of(side, frame("positions", POSITION | {"pos": "0", "avgPx": "", "liqPx": ""})), BTC)
    assert (position.get_quantity(), position.get_side()) == (0.0, "net")


def test_inverse_contracts_are_left_out(side: OkxSwapAccount) -> None:
    """Orders and positions whose quantities are money are not told."""
    inverse = {"instId": "BTC-USD-SWAP"}
    assert rows_of(side, frame("orders", ORDER | inverse)) == []
    assert len(rows_of(side, frame("positions", POSITION | inverse, POSITION))) == 1


def test_what_is_free_is_what_margin_leaves(side: OkxSwapAccount) -> None:
    """The free part of a balance is `availEq`; where that is empty, `availBal`."""
    detail = {
        "ccy": "USDT",
        "cashBal": "1352.1",
        "availBal": "900",
        "availEq": "1000.1",
        "frozenBal": "352",
        "uTime": "5",
    }
    push = {"arg": {"channel": "account", "uid": "7"}, "data": [{"uTime": "5", "details": [detail]}]}
    held = BalanceData(row_of(side, push), BTC)
    assert (held.get_free_balance(), held.get_locked_balance(), held.get_total_balance()) == (1000.1, 352.0, 1352.1)
    detail["availEq"] = ""
    assert BalanceData(row_of(side, push), BTC).get_free_balance() == 900.0


def test_the_present_state(side: OkxSwapAccount) -> None:
    """Positions are one call; a list of orders ends with an empty page, since pages may be short."""
    [request], rows = walk(side, side.positions(), [{"code": "0", "data": [POSITION]}])
    assert (request.path, request.query, request.signed) == ("/api/v5/account/positions", {"instType": "SWAP"}, True)
    assert fields(rows[0], ["venue_symbol", "quantity"]) == {"venue_symbol": "BTC-USDT-SWAP", "quantity": "-3"}
    answers = [{"code": "0", "data": [ORDER]}, {"code": "0", "data": []}]
    requests, _ = walk(side, side.open_orders(), answers)
    assert [json.loads(json.dumps(request.query)).get("after") for request in requests] == [None, ORDER["ordId"]]
    assert all(request.query["instType"] == "SWAP" for request in requests)
