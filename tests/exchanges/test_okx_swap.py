"""OKX swaps: contracts become base asset, and every public message of its documents becomes what they say."""

from __future__ import annotations

import json
import math
from itertools import count
from typing import Any

import pytest

from bt_api_py.book.sequence import BookKeeper
from bt_api_py.containers import (
    FundingRateData,
    LiquidationData,
    MarkPriceData,
    OpenInterestData,
    OrderBookData,
    SymbolData,
    Topic,
)
from bt_api_py.exchanges.base import Ack, Rejected, Subscription
from bt_api_py.exchanges.okx import OkxSwap, OkxSwapAccount
from bt_api_py.symbols import SymbolTable

from .accounts import messages
from .material import objects, only, own_frames, values

MARK, FUNDING, OPEN, FORCED, CANDLE, TRADE, TICKER = (
    '{"arg":{"channel":"mark-price","instId":"BTC-USDT-SWAP"},"data":[{"instType":"SWAP","instId":"BTC-USDT-SWAP",'
    '"markPx":"89205.1","ts":"1795300002000"}]}',
    '{"arg":{"channel":"funding-rate","instId":"BTC-USDT-SWAP"},"data":[{"fundingRate":"0.0001875391284828",'
    '"fundingTime":"1700726400000","instId":"BTC-USDT-SWAP","instType":"SWAP","method":"current_period",'
    '"maxFundingRate":"0.00375","minFundingRate":"-0.00375","nextFundingRate":"","nextFundingTime":"1700755200000",'
    '"premium":"0.0001","prevFundingTime":"1700697600000","settFundingRate":"0.0001699799259033",'
    '"settState":"settled","ts":"1700724675402"}]}',
    '{"arg":{"channel":"open-interest","instId":"BTC-USDT-SWAP"},"data":[{"instType":"SWAP","instId":"BTC-USDT-SWAP",'
    '"oi":"5000","oiCcy":"50","ts":"1743041250440"}]}',
    '{"arg":{"channel":"liquidation-orders","instType":"SWAP"},"data":[{"details":[{"bkLoss":"0","bkPx":"0.0078",'
    '"ccy":"","posSide":"short","side":"buy","sz":"13","ts":"1692266434010"},{"bkPx":"0.0079","posSide":"","side":'
    '"sell","sz":"1","ts":"1692266434011"}],"instFamily":"IOST-USDT","instId":"IOST-USDT-SWAP","instType":"SWAP",'
    '"uly":"IOST-USDT"},{"details":[{"bkPx":"88000","posSide":"long","side":"sell","sz":"5","ts":"1692266434012"}],'
    '"instId":"BTC-USDT-SWAP","instType":"SWAP"}]}',
    '{"arg":{"channel":"candle1m","instId":"BTC-USDT-SWAP"},"data":[["1795219200000","88890","88901","88880",'
    '"88899.9","1233","12.33","1096100.11","1"]]}',
    '{"arg":{"channel":"trades","instId":"BTC-USDT-SWAP"},"data":[{"instId":"BTC-USDT-SWAP","tradeId":"742000123",'
    '"px":"88899.9","sz":"50","side":"buy","ts":"1795219201019","count":"2","source":"0","seqId":363996340}]}',
    '{"arg":{"channel":"tickers","instId":"BTC-USDT-SWAP"},"data":[{"instType":"SWAP","instId":"BTC-USDT-SWAP",'
    '"last":"88899.9","lastSz":"2","askPx":"88900","askSz":"40","bidPx":"88899.9","bidSz":"","open24h":"88000",'
    '"high24h":"90100","low24h":"88010","volCcy24h":"7617","vol24h":"761700","ts":"1795219201007"}]}',
)
BTC = Topic("OKX___SWAP", "trades", "BTC-USDT", "BTC-USDT-SWAP", factor=0.01)
LISTED = {
    "instType": "SWAP",
    "instId": "BTC-USDT-SWAP",
    "instFamily": "BTC-USDT",
    "uly": "BTC-USDT",
    "baseCcy": "",
    "quoteCcy": "",
    "settleCcy": "USDT",
    "ctVal": "0.01",
    "ctMult": "1",
    "ctValCcy": "BTC",
    "ctType": "linear",
    "tickSz": "0.1",
    "lotSz": "0.01",
    "minSz": "0.01",
    "state": "live",
    "listTime": "1611916828000",
    "expTime": "",
    "instIdCode": 10458,
    "ruleType": "normal",
}


@pytest.fixture
def swap() -> OkxSwap:
    """Return an adapter that knows what a contract of bitcoin is worth."""
    adapter = OkxSwap()
    for channel in ("tickers", "trades", "candle1m", "open-interest", "liquidation-orders"):
        adapter.bind(f"{channel}:BTC-USDT-SWAP", BTC)
    return adapter


# Streams


def test_contracts_become_base_asset(swap: OkxSwap) -> None:
    """Quantities of trades, candles, tickers and open interest are contracts times their value; raw data keep them."""
    trade = only(swap, TRADE)
    expected = {
        "quantity": 0.5,
        "price": 88899.9,
        "side": "buy",
        "trade_id": "742000123",
        "first_trade_id": "742000122",
    }
    assert values(trade, list(expected)) == expected
    assert trade.get_raw_data()["sz"] == "50"
    bar = only(swap, CANDLE)
    expected = {"volume": 12.33, "amount": 1096100.11, "close": 88899.9, "bar_status": True}
    assert values(bar, list(expected)) == expected
    ticker = only(swap, TICKER)
    expected = {"volume": 7617.0, "last_volume": 0.02, "ask_volume": 0.4, "bid_price": 88899.9}
    assert values(ticker, list(expected)) == expected
    assert all(map(math.isnan, (ticker.get_bid_volume(), ticker.get_turnover_24h())))
    interest = only(swap, OPEN)
    assert type(interest) is OpenInterestData
    expected = {"open_interest": 50.0, "open_interest_ccy": 50.0, "timestamp": 1743041250440}
    assert values(interest, list(expected)) == expected


def test_books_are_in_base_asset(swap: OkxSwap) -> None:
    """The levels of a book hold contracts on the wire and base asset for users."""
    keeper = BookKeeper(swap.channels["books"].book.rule)  # type: ignore[union-attr]  # a depth channel
    for frame in own_frames("okx_swap"):
        if b'"books"' in frame:
            assert keeper.take(only(swap, frame))
    book = OrderBookData(keeper.state(None), BTC)
    assert [[89210.1, pytest.approx(0.881)], [89210.0, pytest.approx(0.042)]] == book.get_bids()
    assert keeper.sequence == 71000350


def test_a_mark_price(swap: OkxSwap) -> None:
    """The mark price comes alone."""
    mark = only(swap, MARK)
    assert type(mark) is MarkPriceData
    assert (mark.get_mark_price(), mark.get_timestamp()) == (89205.1, 1795300002000)
    assert math.isnan(mark.get_index_price())


def test_a_funding_rate(swap: OkxSwap) -> None:
    """Rates and times of the running, the next and the settled interval; one that is not known yet is no number."""
    rate = only(swap, FUNDING)
    assert type(rate) is FundingRateData
    expected = {
        "current_funding_rate": 0.0001875391284828,
        "current_funding_time": 1700726400000,
        "next_funding_time": 1700755200000,
        "pre_funding_time": 1700697600000,
        "max_funding_rate": 0.00375,
        "min_funding_rate": -0.00375,
        "settlement_funding_rate": 0.0001699799259033,
        "settlement_status": "settled",
        "method": "current_period",
        "timestamp": 1700724675402,
    }
    assert values(rate, list(expected)) == expected
    assert math.isnan(rate.get_next_funding_rate())


def test_liquidations_of_several_markets_in_one_frame(swap: OkxSwap) -> None:
    """Each order goes to the topic of its market, with its own factor and its own raw data."""
    items = swap.decode(FORCED.encode())
    assert [name.partition(":")[2] for name, _ in items] == ["IOST-USDT-SWAP", "IOST-USDT-SWAP", "BTC-USDT-SWAP"]
    found = [item for _, item in items]
    assert {type(item) for item in found} == {LiquidationData}
    told = [(item.get_side(), item.get_position_side(), item.get_price(), item.get_quantity()) for item in found]
    assert told == [("buy", "short", 0.0078, 13.0), ("sell", "long", 0.0079, 1.0), ("sell", "long", 88000.0, 0.05)]
    assert [item.get_timestamp() for item in found] == [1692266434010, 1692266434011, 1692266434012]
    assert [item.get_raw_data()["sz"] for item in found] == ["13", "1", "5"]
    assert found[0].get_bankruptcy_price() == 0.0078


def test_a_damaged_liquidation_costs_only_itself(swap: OkxSwap) -> None:
    """An order without a usable price is refused, and those around it keep their markets."""
    found = swap.decode(FORCED.replace('"0.0079"', '"nan"').encode())
    assert [(name, type(item)) for name, item in found] == [
        ("liquidation-orders:IOST-USDT-SWAP", LiquidationData),
        ("liquidation-orders:BTC-USDT-SWAP", LiquidationData),
        ("liquidation-orders", Rejected),
    ]


# Topics


@pytest.mark.parametrize(
    ("kind", "place"),
    [
        ("ticker", Subscription("public", "tickers:BTC-USDT-SWAP")),
        ("depth", Subscription("books", "books:BTC-USDT-SWAP")),
        ("mark_price", Subscription("public", "mark-price:BTC-USDT-SWAP")),
        ("funding_rate", Subscription("public", "funding-rate:BTC-USDT-SWAP")),
        ("open_interest", Subscription("public", "open-interest:BTC-USDT-SWAP")),
        ("liquidations", Subscription("public", "liquidation-orders:BTC-USDT-SWAP")),
    ],
)
def test_places(swap: OkxSwap, kind: str, place: Subscription) -> None:
    """Each kind has its channel, on the socket that carries it."""
    assert swap.place(kind, "BTC-USDT-SWAP") == place


def test_the_channel_of_all_markets_is_asked_for_once(swap: OkxSwap) -> None:
    """Liquidations of many markets are one argument of a command of its own, and are left with the socket."""
    names = ["liquidation-orders:BTC-USDT-SWAP", "tickers:BTC-USDT-SWAP", "liquidation-orders:ETH-USDT-SWAP"]
    ticker, wide = swap.subscribe(names, count(1))
    assert json.loads(ticker.payload)["args"] == [{"channel": "tickers", "instId": "BTC-USDT-SWAP"}]
    assert json.loads(wide.payload)["args"] == [{"channel": "liquidation-orders", "instType": "SWAP"}]
    assert wide.names == (names[0], names[2])
    answer = '{"id":"2","event":"subscribe","arg":{"channel":"liquidation-orders","instType":"SWAP"},"connId":"a"}'
    assert objects(swap, answer) == [Ack("2")]
    [left] = swap.unsubscribe(names, count(3))
    assert left.names == (names[1],)


# REST


@pytest.mark.parametrize(
    ("kind", "path", "frame"),
    [
        ("mark_price", "mark-price", MARK),
        ("funding_rate", "funding-rate", FUNDING),
        ("open_interest", "open-interest", OPEN),
    ],
)
def test_figures_by_rest(swap: OkxSwap, kind: str, path: str, frame: str) -> None:
    """A figure by REST is the record of its channel."""
    request = swap.figure_request(kind, "BTC-USDT-SWAP")
    assert (request.path, request.query["instId"]) == (f"/api/v5/public/{path}", "BTC-USDT-SWAP")
    answer = json.dumps({"code": "0", "msg": "", "data": json.loads(frame)["data"]}).encode()
    (item,), refused = swap.read(request, answer, BTC)
    assert refused == []
    assert item.figure() == only(swap, frame).figure()


def listed(swap: OkxSwap, *rows: dict[str, Any]) -> tuple[list[SymbolData], list[str]]:
    """Return the markets of a list."""
    answer = json.dumps({"code": "0", "msg": "", "data": rows}).encode()
    return swap.read(swap.instruments_request(), answer, Topic(swap.name, "instruments"))


def test_a_contract(swap: OkxSwap) -> None:
    """A contract names its assets by its family; steps are told in base asset, and the value of one contract."""
    assert swap.instruments_request().query == {"instType": "SWAP"}
    (btc,), refused = listed(swap, LISTED)
    assert refused == []
    expected = {
        "venue_symbol": "BTC-USDT-SWAP",
        "base_asset": "BTC",
        "quote_asset": "USDT",
        "settle_asset": "USDT",
        "contract_type": "perpetual",
        "contract_multiplier": 0.01,
        "price_unit": 0.1,
        "lot_size": 0.0001,
        "min_qty": 0.0001,
        "status": "trading",
    }
    assert values(btc, list(expected)) == expected
    table = SymbolTable(swap.name, [btc])
    for spelling in ("BTC-USDT", "BTCUSDT", "BTC/USDT:USDT", "BTC-USDT-SWAP", "btc_usdt_perp"):
        assert table.find(spelling) is btc
    assert swap.symbols.guess("BTC-USDT-SWAP") == swap.symbols.guess("BTCUSDT") == "BTC-USDT-SWAP"


def test_a_multiplier_counts(swap: OkxSwap) -> None:
    """What a contract is worth is its value times its multiplier."""
    (item,), _ = listed(swap, LISTED | {"ctVal": "100", "ctMult": "10"})
    assert item.get_contract_multiplier() == 1000


@pytest.mark.parametrize("value", ["", "x", "0", "-1"])
def test_a_contract_without_value_is_refused(swap: OkxSwap, value: str) -> None:
    """Quantities of a contract that is worth nobody knows what could not be told."""
    found, refused = listed(swap, LISTED | {"ctVal": value})
    assert (found, refused) == ([], [f"contract value {value!r} in row 0"])


def test_inverse_contracts_are_left_out(swap: OkxSwap) -> None:
    """A contract that is worth so many dollars is no market of this exchange."""
    inverse = LISTED | {"instId": "BTC-USD-SWAP", "uly": "BTC-USD", "instFamily": "BTC-USD", "ctType": "inverse"}
    found, refused = listed(swap, inverse, LISTED)
    assert [item.get_venue_symbol() for item in found] == ["BTC-USDT-SWAP"]
    assert refused == []
    assert OkxSwap.account is OkxSwapAccount


# Recorded messages


@pytest.mark.parametrize("kind", ["funding", "liquidations", "ticker", "trades", "depth", "klines"])
def test_recorded_messages(swap: OkxSwap, kind: str) -> None:
    """Recorded single messages of the channels that are offered are read whole."""
    seen = 0
    for message in messages("okx", kind):
        channel = message.get("arg", {}).get("channel", "")
        if swap.split(channel)[0] not in swap.channels or not message.get("data"):
            continue  # by REST, or of channels of older days
        found = objects(swap, json.dumps(message))
        assert not [item for item in found if type(item) is Rejected], found
        seen += len(found)
    assert seen
