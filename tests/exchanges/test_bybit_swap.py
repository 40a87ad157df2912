"""Bybit's linear contracts: every public message of their documents becomes what they say."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from bt_api_py.containers import FundingRateData, LiquidationData, MarkPriceData, OpenInterestData, TickerData, Topic
from bt_api_py.exchanges.base import Rejected, Subscription
from bt_api_py.exchanges.bybit import BybitSwap

from .material import objects, only, own_frames, values

SNAPSHOT = (
    '{"topic":"tickers.BTCUSDT","type":"snapshot","data":{"symbol":"BTCUSDT","tickDirection":"MinusTick",'
    '"price24hPcnt":"-0.158315","lastPrice":"66666.60","prevPrice24h":"79206.20","highPrice24h":"79266.30",'
    '"lowPrice24h":"65076.90","prevPrice1h":"66666.60","markPrice":"66666.60","indexPrice":"115418.19",'
    '"openInterest":"492373.72","openInterestValue":"32824881841.75","turnover24h":"4936790807.6521",'
    '"volume24h":"73191.3870","fundingIntervalHour":"8","fundingCap":"0.005","nextFundingTime":"1760342400000",'
    '"fundingRate":"-0.005","bid1Price":"66666.60","bid1Size":"23789.165","ask1Price":"66666.70",'
    '"ask1Size":"23775.469"},"cs":9532239429,"ts":1760325052630}'
)
DELTA = (
    '{"topic":"tickers.BTCUSDT","type":"delta","data":{"symbol":"BTCUSDT","bid1Price":"66666.50","bid1Size":"12.1"},'
    '"cs":9532239430,"ts":1760325052730}'
)
INSTRUMENT = (
    '{"symbol":"BTCUSDT","contractType":"LinearPerpetual","status":"Trading","baseCoin":"BTC","quoteCoin":"USDT",'
    '"settleCoin":"USDT","launchTime":"1585526400000","deliveryTime":"0","priceScale":"2","priceFilter":'
    '{"minPrice":"0.10","maxPrice":"1999999.80","tickSize":"0.10"},"lotSizeFilter":{"qtyStep":"0.001",'
    '"minOrderQty":"0.001","maxOrderQty":"1190.000","maxMktOrderQty":"500.000","minNotionalValue":"5"},'
    '"fundingInterval":480}'
)
BTC = Topic("BYBIT___SWAP", "mark_price", "BTC-USDT", "BTCUSDT")


@pytest.fixture
def swap() -> BybitSwap:
    """Return a fresh adapter."""
    return BybitSwap()


def read(swap: BybitSwap, request: Any, rows: list[Any]) -> Any:
    """Return the only object of a REST answer."""
    answer = {"retCode": 0, "retMsg": "OK", "result": {"list": rows}, "retExtInfo": {}, "time": 1760325052999}
    (item,), refused = swap.read(request, json.dumps(answer).encode(), BTC)
    assert refused == []
    return item


def test_a_ticker_tells_everything(swap: BybitSwap) -> None:
    """The first frame tells prices, mark price, funding and open interest in one record."""
    ticker = only(swap, SNAPSHOT)
    assert type(ticker) is TickerData
    expected = {
        "timestamp": 1760325052630,
        "last_price": 66666.6,
        "open_price": 79206.2,
        "bid_price": 66666.6,
        "bid_volume": 23789.165,
        "ask_price": 66666.7,
        "ask_volume": 23775.469,
        "volume": 73191.387,
        "turnover_24h": 4936790807.6521,
    }
    assert values(ticker, list(expected)) == expected
    assert ticker.get_price_change() == pytest.approx(-15.8315)
    mark = ticker.told_as(MarkPriceData, BTC)
    assert (mark.get_mark_price(), mark.get_index_price()) == (66666.6, 115418.19)
    funding = ticker.told_as(FundingRateData, BTC)
    assert (funding.get_current_funding_rate(), funding.get_current_funding_time()) == (-0.005, 1760342400000)
    assert ticker.told_as(OpenInterestData, BTC).get_open_interest() == 492373.72


def test_an_update_changes_what_it_names(swap: BybitSwap) -> None:
    """What an update leaves out stays as it was, and the object handed out before is not touched."""
    first = only(swap, SNAPSHOT)
    second = only(swap, DELTA)
    expected = {"bid_price": 66666.5, "bid_volume": 12.1, "ask_price": 66666.7, "last_price": 66666.6}
    assert values(second, list(expected)) == expected
    assert second.get_timestamp() == 1760325052730
    assert second.told_as(MarkPriceData, BTC).get_mark_price() == 66666.6
    assert first.get_bid_price() == 66666.6
    assert second.get_raw_data() == json.loads(DELTA)


def test_an_update_without_a_beginning_is_refused(swap: BybitSwap) -> None:
    """Before the first whole record, and after a topic was given back, an update is refused; an old one is skipped."""
    [(_, refused)] = swap.decode(DELTA.encode())
    assert refused == Rejected("a change came before the whole record")
    only(swap, SNAPSHOT)
    assert objects(swap, DELTA.replace("9532239430", "9532239428")) == []
    assert len(objects(swap, DELTA)) == 1
    swap.unbind("tickers.BTCUSDT")
    swap.bind("tickers.BTCUSDT", BTC)
    swap.unbind("tickers.BTCUSDT")
    [(_, refused)] = swap.decode(DELTA.encode())
    assert refused == Rejected("a change came before the whole record")


def test_our_own_frames_follow_each_other(swap: BybitSwap) -> None:
    """A new whole record replaces everything that was known."""
    for frame in own_frames("bybit_swap"):
        objects(swap, frame)
    bare = json.loads(SNAPSHOT)
    bare["topic"], bare["data"] = "tickers.ETHUSDT", {"symbol": "ETHUSDT", "lastPrice": "1"}
    ticker = only(swap, json.dumps(bare))
    assert ticker.get_last_price() == 1.0
    assert math.isnan(ticker.get_bid_price())


def test_a_liquidation_has_the_side_of_its_order(swap: BybitSwap) -> None:
    """The venue names the side of the position: a short one is closed by an order to buy."""
    short, long = objects(swap, next(frame for frame in own_frames("bybit_swap") if b"allLiq" in frame))
    assert type(short) is LiquidationData
    expected = {
        "side": "buy",
        "position_side": "short",
        "price": 3129.99,
        "quantity": 20.0,
        "timestamp": 1795300001929,
    }
    assert values(short, list(expected)) == expected
    assert (long.get_side(), long.get_position_side()) == ("sell", "long")


def test_where_topics_are_found(swap: BybitSwap) -> None:
    """One channel tells the ticker and the figures of a contract."""
    for kind in ("ticker", "mark_price", "funding_rate", "open_interest"):
        assert swap.place(kind, "BTCUSDT") == Subscription("public", "tickers.BTCUSDT")
    assert swap.place("liquidations", "BTCUSDT").name == "allLiquidation.BTCUSDT"
    assert swap.endpoints["public"].path == "/v5/public/linear"
    assert swap.trades_request("BTCUSDT", 5000).query == {"category": "linear", "symbol": "BTCUSDT", "limit": "1000"}


@pytest.mark.parametrize(
    ("kind", "getter", "expected"),
    [
        ("mark_price", "get_mark_price", 66666.6),
        ("funding_rate", "get_current_funding_rate", -0.005),
        ("open_interest", "get_open_interest", 492373.72),
    ],
)
def test_a_figure_by_rest(swap: BybitSwap, kind: str, getter: str, expected: float) -> None:
    """Figures are told by the list of tickers too, with the time of the answer."""
    item = read(swap, swap.figure_request(kind, "BTCUSDT"), [json.loads(SNAPSHOT)["data"]])
    assert getattr(item, getter)() == expected
    assert (item.kind, item.get_timestamp()) == (kind, 1760325052999)


def test_an_instrument(swap: BybitSwap) -> None:
    """A contract says what it is and settles in; steps are found where contracts have them."""
    market = read(swap, swap.instruments_request(), [json.loads(INSTRUMENT)])
    expected = {
        "price_unit": 0.1,
        "qty_unit": 0.001,
        "min_qty": 0.001,
        "max_qty": 1190.0,
        "min_notional": 5.0,
        "contract_type": "perpetual",
        "settle_asset": "USDT",
        "delivery_time": 0,
        "contract_multiplier": 1.0,
    }
    assert values(market, list(expected)) == expected
    dated = json.loads(INSTRUMENT) | {"contractType": "LinearFutures", "deliveryTime": "1766649600000"}
    market = read(swap, swap.instruments_request(), [dated])
    assert (market.get_contract_type(), market.get_delivery_time()) == ("future", 1766649600000)
