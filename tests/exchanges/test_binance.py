"""Binance: every public message of its documents becomes what they say."""

from __future__ import annotations

import json
import math
from itertools import count
from typing import Any

import pytest

from bt_api_py.book.sequence import BookKeeper
from bt_api_py.containers import Topic
from bt_api_py.exceptions import AuthenticationError, InvalidSymbolError, RequestFailedError
from bt_api_py.exchanges.base import Ack, Farewell, Ignored, Refusal, Rejected, Request, Subscription
from bt_api_py.exchanges.binance import BinanceSpot

from .material import only, values

TICKER = (
    '{"stream":"btcusdt@ticker","data":{"e":"24hrTicker","E":1795219201007,"s":"BTCUSDT","p":"-512.30000000",'
    '"P":"-0.573","w":"89021.11000000","x":"89412.20000000","c":"88899.90000000","Q":"0.00120000",'
    '"b":"88899.90000000","B":"2.10300000","a":"88899.91000000","A":"0.40100000","o":"89412.20000000",'
    '"h":"90100.00000000","l":"88010.00000000","v":"15234.11200000","q":"1356170000.12000000",'
    '"O":1795132801000,"C":1795219201000,"F":5512000100,"L":5514100221,"n":2100122}}'
)
BOOK_TICKER = (
    '{"stream":"btcusdt@bookTicker","data":{"u":71223344556,"s":"BTCUSDT","b":"88899.90000000",'
    '"B":"2.10300000","a":"88899.91000000","A":"0.40100000"}}'
)
TRADE = (
    '{"stream":"btcusdt@trade","data":{"e":"trade","E":1795219201020,"s":"BTCUSDT","t":5514100222,'
    '"p":"88899.91000000","q":"0.00350000","T":1795219201019,"m":false,"M":true}}'
)
AGGREGATE = (
    '{"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","E":1795219201031,"s":"BTCUSDT","a":3321110001,'
    '"p":"88899.91","q":"0.500","nq":"0.480","f":6600100,"l":6600104,"T":1795219200990,"m":true,"st":1}}'
)
KLINE = (
    '{"stream":"btcusdt@kline_1m","data":{"e":"kline","E":1795219202003,"s":"BTCUSDT","k":{"t":1795219200000,'
    '"T":1795219259999,"s":"BTCUSDT","i":"1m","f":5514100101,"L":5514100222,"o":"88890.00","c":"88899.91",'
    '"h":"88901.00","l":"88880.00","v":"12.33100000","n":122,"x":false,"q":"1096100.11000000",'
    '"V":"6.10000000","Q":"542210.10000000","B":"0"}}}'
)
PARTIAL = (
    '{"stream":"btcusdt@depth5@100ms","data":{"lastUpdateId":71223344560,"bids":[["88899.90000000",'
    '"2.10300000"]],"asks":[["88899.91000000","0.40100000"]]}}'
)
DIFFERENCE = (
    '{"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":1795219201112,"s":"BTCUSDT",'
    '"U":71223344557,"u":71223344560,"b":[["88899.90000000","2.10300000"],["88890.00000000","0.00000000"]],'
    '"a":[]}}'
)
BTC = Topic("BINANCE___SPOT", "trades", "BTC-USDT", "BTCUSDT", "1m")


@pytest.fixture
def binance() -> BinanceSpot:
    """Return a fresh adapter."""
    return BinanceSpot()


def test_a_ticker(binance: BinanceSpot) -> None:
    """Every figure of a ticker is found, the change as sent."""
    expected = {
        "venue_symbol": "BTCUSDT",
        "timestamp": 1795219201007,
        "last_price": 88899.9,
        "last_volume": 0.0012,
        "bid_price": 88899.9,
        "bid_volume": 2.103,
        "ask_price": 88899.91,
        "ask_volume": 0.401,
        "open_price": 89412.2,
        "high_price": 90100.0,
        "low_price": 88010.0,
        "prev_close": 89412.2,
        "volume": 15234.112,
        "turnover_24h": 1356170000.12,
        "price_change": -0.573,
        "price_change_abs": -512.3,
    }
    ticker = only(binance, TICKER)
    assert values(ticker, list(expected)) == expected
    assert ticker.get_raw_data() == json.loads(TICKER)["data"]


def test_best_prices(binance: BinanceSpot) -> None:
    """Best prices come without a time, so that of receipt is given and no latency."""
    ticker = only(binance, BOOK_TICKER, 1795219201.25)
    expected = {"bid_price": 88899.9, "ask_volume": 0.401, "timestamp": 1795219201250}
    assert values(ticker, list(expected)) == expected
    assert math.isnan(ticker.get_latency_ms())


def test_a_trade(binance: BinanceSpot) -> None:
    """Without a buyer who was the maker, the taker bought; the time is the matching engine's."""
    expected = {
        "trade_id": "5514100222",
        "price": 88899.91,
        "quantity": 0.0035,
        "side": "buy",
        "timestamp": 1795219201019,
    }
    assert values(only(binance, TRADE), list(expected)) == expected


def test_an_aggregate(binance: BinanceSpot) -> None:
    """When the buyer was the maker, the taker sold; the merged ids are told."""
    expected = {
        "trade_id": "3321110001",
        "price": 88899.91,
        "quantity": 0.5,
        "side": "sell",
        "timestamp": 1795219200990,
        "first_trade_id": "6600100",
        "last_trade_id": "6600104",
    }
    assert values(only(binance, AGGREGATE), list(expected)) == expected


def test_a_candle(binance: BinanceSpot) -> None:
    """A candle holds the taker's part and says whether it is closed."""
    expected = {
        "interval": "1m",
        "timestamp": 1795219200000,
        "close_time": 1795219259999,
        "open": 88890.0,
        "high": 88901.0,
        "low": 88880.0,
        "close": 88899.91,
        "volume": 12.331,
        "amount": 1096100.11,
        "num_trades": 122,
        "taker_buy_base_asset_volume": 6.1,
        "taker_buy_quote_asset_volume": 542210.1,
        "bar_status": False,
    }
    bar = only(binance, KLINE)
    assert values(bar, list(expected)) == expected
    assert bar.get_raw_data() == json.loads(KLINE)["data"]["k"]
    assert only(binance, KLINE.replace('"x":false', '"x":true')).get_bar_status() is True


def test_books(binance: BinanceSpot) -> None:
    """A partial book is whole; a difference has its first and last number."""
    partial, difference = only(binance, PARTIAL), only(binance, DIFFERENCE)
    assert (partial.is_snapshot, partial.last, partial.bids[0]) == (
        True,
        71223344560,
        ("88899.90000000", "2.10300000"),
    )
    assert (difference.is_snapshot, difference.first, difference.last) == (False, 71223344557, 71223344560)
    assert difference.timestamp == 1795219201112


def test_a_book_by_rest_joins_the_differences(binance: BinanceSpot) -> None:
    """The snapshot takes up the difference that begins right behind it."""
    body = b'{"lastUpdateId":71223344556,"bids":[["88890.00000000","2.103"]],"asks":[["88899.91","0.401"]]}'
    (row,), _ = binance.read(binance.book_request("BTCUSDT", None), body, BTC)
    book = binance.channels["depth"].book
    assert book is not None
    keeper = BookKeeper(book.rule)
    assert not keeper.take(only(binance, DIFFERENCE))
    assert keeper.wants_snapshot
    assert keeper.take(row)
    assert keeper.sequence == 71223344560
    assert [level[0] for level in keeper.state(None).bids] == ["88899.90000000"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("p", "NaN"), ("p", ""), ("q", "-1"), ("q", None), ("t", None), ("T", "x"), ("m", "perhaps")],
)
def test_a_bad_trade_is_refused(binance: BinanceSpot, field: str, value: Any) -> None:
    """A trade without a usable price, quantity, id, time or side is refused."""
    frame = json.loads(TRADE)
    frame["data"][field] = value
    assert isinstance(only(binance, json.dumps(frame)), Rejected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"result":null,"id":1}', Ack("1")),
        ('{"result":["btcusdt@depth@100ms"],"id":3}', Ack("3")),
        (
            '{"code":2,"msg":"Invalid request: missing field `method` at line 1 column 40","id":5}',
            Refusal("Invalid request: missing field `method` at line 1 column 40", "5", None, "2"),
        ),
        (
            '{"code":3,"msg":"Invalid JSON: expected value at line 1 column 2"}',
            Refusal("Invalid JSON: expected value at line 1 column 2", None, None, "3"),
        ),
        ('{"error":{"code":2,"msg":"no"},"id":7}', Refusal("no", "7", None, "2")),
        ('{"e":"serverShutdown","E":1795219200456}', Farewell("the venue announced a shutdown")),
        (
            '{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1795219200456}}',
            Farewell("the venue announced a shutdown"),
        ),
        ('{"stream":"btcusdt@avgPrice","data":{}}', Ignored("btcusdt@avgPrice")),
    ],
)
def test_frames_without_data(binance: BinanceSpot, text: str, expected: object) -> None:
    """Answers, errors and the farewell are told apart."""
    assert only(binance, text) == expected


@pytest.mark.parametrize(
    ("kind", "options", "name"),
    [
        ("ticker", {}, "btcusdt@ticker"),
        ("trades", {}, "btcusdt@trade"),
        ("klines", {"interval": "1M"}, "btcusdt@kline_1M"),
        ("depth", {"levels": 20}, "btcusdt@depth20@100ms"),
        ("depth", {"levels": 21}, "btcusdt@depth@100ms"),
        ("depth", {"levels": None}, "btcusdt@depth@100ms"),
    ],
)
def test_where_a_topic_is(binance: BinanceSpot, kind: str, options: dict[str, Any], name: str) -> None:
    """Books of more than twenty levels are kept from differences."""
    assert binance.place(kind, "BTCUSDT", **options) == Subscription("market", name)
    assert binance.split(name)[1] == "BTCUSDT"


def test_commands(binance: BinanceSpot) -> None:
    """Commands hold at most 200 topics and the id that the answer repeats."""
    names = [f"a{number}usdt@trade" for number in range(250)]
    first, second = binance.subscribe(names, count(1))
    assert json.loads(first.payload) == {"method": "SUBSCRIBE", "params": names[:200], "id": 1}
    assert (second.names, second.id) == (tuple(names[200:]), "2")
    (command,) = binance.unsubscribe(names[:1], count(2))
    assert json.loads(command.payload) == {"method": "UNSUBSCRIBE", "params": names[:1], "id": 2}


@pytest.mark.parametrize(
    ("request_", "path", "cost", "limit"),
    [
        (BinanceSpot().ticker_request("A"), "ticker/24hr", 2, None),
        (BinanceSpot().tickers_request(), "ticker/24hr", 80, None),
        (BinanceSpot().book_request("A", 100), "depth", 5, "100"),
        (BinanceSpot().book_request("A", 101), "depth", 25, "500"),
        (BinanceSpot().book_request("A", 1000), "depth", 50, "1000"),
        (BinanceSpot().book_request("A", None), "depth", 250, "5000"),
        (BinanceSpot().trades_request("A", 5000), "trades", 25, "1000"),
        (BinanceSpot().klines_request("A", "1m", 5000), "klines", 2, "1000"),
        (BinanceSpot().instruments_request(), "exchangeInfo", 20, None),
        (BinanceSpot().time_request(), "time", 1, None),
    ],
)
def test_requests(request_: Request, path: str, cost: int, limit: str | None) -> None:
    """Requests have the documented weight, and all share one budget."""
    assert (request_.path, request_.cost, request_.query.get("limit")) == (f"/api/v3/{path}", cost, limit)
    assert (request_.budget, request_.rate.count, request_.rate.per_s) == ("weight", 6000, 60)


def test_rest_rows(binance: BinanceSpot) -> None:
    """Ticker, trade and candle by REST hold what those of the stream hold."""
    ticker_text = (
        b'{"symbol":"BTCUSDT","priceChange":"-512.30","priceChangePercent":"-0.573","weightedAvgPrice":'
        b'"89021.11","prevClosePrice":"89412.20","lastPrice":"88899.90","lastQty":"0.0012","bidPrice":"88899.90",'
        b'"bidQty":"2.103","askPrice":"88899.91","askQty":"0.401","openPrice":"89412.20","highPrice":"90100.00",'
        b'"lowPrice":"88010.00","volume":"15234.112","quoteVolume":"1356170000.12","openTime":1795132801000,'
        b'"closeTime":1795219201000,"firstId":5512000100,"lastId":5514100221,"count":2100122}'
    )
    (ticker,), _ = binance.read(binance.ticker_request("BTCUSDT"), ticker_text, BTC)
    expected = {"symbol": "BTC-USDT", "last_price": 88899.9, "volume": 15234.112, "timestamp": 1795219201000}
    assert values(ticker, list(expected)) == expected
    trade_text = (
        b'[{"id":5514100222,"price":"88899.91","qty":"0.0035","quoteQty":"311.14","time":1795219201019,'
        b'"isBuyerMaker":false,"isBestMatch":true}]'
    )
    (trade,), _ = binance.read(binance.trades_request("BTCUSDT", 1), trade_text, BTC)
    expected = {"trade_id": "5514100222", "price": 88899.91, "side": "buy", "timestamp": 1795219201019}
    assert values(trade, list(expected)) == expected
    bar_text = (
        b'[[1795219200000,"88890.00","88901.00","88880.00","88899.91","12.331",1795219259999,"1096100.11",122,'
        b'"6.1","542210.1","0"]]'
    )
    (bar,), _ = binance.read(binance.klines_request("BTCUSDT", "1m", 1), bar_text, BTC)
    expected = {
        "interval": "1m",
        "close": 88899.91,
        "high": 88901.0,
        "num_trades": 122,
        "close_time": 1795219259999,
        "taker_buy_base_asset_volume": 6.1,
    }
    assert values(bar, list(expected)) == expected


def test_instruments(binance: BinanceSpot) -> None:
    """Steps come from the filters, with decimals counted without trailing zeros."""
    body = json.dumps(
        {
            "symbols": [
                {
                    "symbol": "BTCUSDT",
                    "status": "TRADING",
                    "baseAsset": "BTC",
                    "quoteAsset": "USDT",
                    "filters": [
                        {
                            "filterType": "PRICE_FILTER",
                            "minPrice": "0.01000000",
                            "maxPrice": "1000000.00000000",
                            "tickSize": "0.01000000",
                        },
                        {
                            "filterType": "LOT_SIZE",
                            "minQty": "0.00001000",
                            "maxQty": "9000.00000000",
                            "stepSize": "0.00001000",
                        },
                        {"filterType": "NOTIONAL", "minNotional": "5.00000000"},
                    ],
                }
            ]
        }
    ).encode()
    (btc,), _ = binance.read(binance.instruments_request(), body, Topic("BINANCE___SPOT", "instruments"))
    expected = {
        "base_asset": "BTC",
        "quote_asset": "USDT",
        "tick_size": 0.01,
        "price_digital": 2,
        "lot_size": 1e-5,
        "qty_digital": 5,
        "min_qty": 1e-5,
        "max_qty": 9000.0,
        "min_notional": 5.0,
        "status": "trading",
    }
    assert values(btc, list(expected)) == expected


def test_failures(binance: BinanceSpot) -> None:
    """The code tells a wrong market and a wrong key from other errors, and 5xx may be tried again."""
    wrong = binance.failure("/p", 400, b'{"code":-1121,"msg":"Invalid symbol."}')
    assert isinstance(wrong, InvalidSymbolError)
    assert isinstance(binance.failure("/p", 401, b'{"code":-2015,"msg":"key"}'), AuthenticationError)
    other = binance.failure("/p", 400, b'{"code":-1120,"msg":"Invalid interval."}')
    assert isinstance(other, RequestFailedError)
    assert (other.code, other.retryable) == ("-1120", False)
    broken = binance.failure("/p", 503, b"<html>")
    assert broken is not None
    assert broken.retryable
    assert binance.failure("/p", 200, b"{}") is None
