"""BULK: every message of its documents becomes what they say."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from bt_api_py.book.sequence import BookKeeper, Whole
from bt_api_py.containers import BarData, MarkPriceData, SymbolData, TickerData, Topic, TradeData
from bt_api_py.containers.base import row_of
from bt_api_py.exceptions import InvalidSymbolError, RequestFailedError, UnsupportedError
from bt_api_py.exchanges.base import Ack, Ignored, Refusal, Rejected
from bt_api_py.exchanges.bulk import BulkSwap
from bt_api_py.exchanges.bulk.wire import milliseconds, nanoseconds
from bt_api_py.settings import ExchangeSettings

from ..clients.bulk import messages as m
from .material import only, values

BTC = Topic("BULK___SWAP", "trades", "BTCUSDC", "BTC-USD")


@pytest.fixture
def bulk() -> BulkSwap:
    """Return a fresh adapter."""
    return BulkSwap()


def frame(message: Any) -> bytes:
    """Return a message as the venue writes it, without blanks."""
    return json.dumps(message, separators=(",", ":")).encode()


def test_ticker(bulk: BulkSwap) -> None:
    """The ticker tells 24-hour figures, and no best prices."""
    ticker = only(bulk, frame(m.TICKER))
    assert isinstance(ticker, TickerData)
    assert values(ticker, ["last_price", "high_price", "low_price", "volume", "turnover_24h", "price_change"]) == {
        "last_price": 102777.5, "high_price": 103500.0, "low_price": 101000.0, "volume": 1234.56,
        "turnover_24h": 126543210.0, "price_change": 2.77,
    }  # fmt: skip
    assert ticker.get_price_change_abs() == 2777.5
    assert ticker.get_timestamp() == 1704067200000
    assert math.isnan(ticker.get_bid_price())
    assert ticker.get_venue_symbol() == "BTC-USD"


def test_the_ticker_tells_the_contract_s_figures_too(bulk: BulkSwap) -> None:
    """Mark price, index price, funding and open interest lie in the same record."""
    row = row_of(only(bulk, frame(m.TICKER)))
    mark = MarkPriceData(row, BTC)
    assert (mark.get_mark_price(), mark.get_index_price()) == (102780.0, 102775.0)
    assert (row.current_funding_rate, row.open_interest) == (0.0001, 5432.1)
    assert {bulk.place(kind, "BTC-USD").name for kind in ("ticker", "mark_price", "funding_rate")} == {"ticker.BTC-USD"}


def test_a_price_may_be_null(bulk: BulkSwap) -> None:
    """What the venue leaves out is not a number."""
    inner = {**m.TICKER["data"]["ticker"], "lastPrice": None, "priceChangePercent": None}
    ticker = only(bulk, frame({**m.TICKER, "data": {"ticker": inner}}))
    assert math.isnan(ticker.get_last_price())


def test_trades(bulk: BulkSwap) -> None:
    """A trade has the taker's side and no id."""
    trade = only(bulk, frame(m.TRADES))
    assert isinstance(trade, TradeData)
    assert values(trade, ["price", "quantity", "side", "trade_id", "timestamp"]) == {
        "price": 102500.0, "quantity": 0.15, "side": "buy", "trade_id": "", "timestamp": 1699564800000,
    }  # fmt: skip


@pytest.mark.parametrize("data", [[m.TRADE], {"data": [m.TRADE]}])
def test_older_forms_of_trades(bulk: BulkSwap, data: Any) -> None:
    """Trades are found in each place where servers put them."""
    assert only(bulk, frame({**m.TRADES, "data": data})).get_price() == 102500.0


def test_the_older_name_of_a_side(bulk: BulkSwap) -> None:
    """The side may be called `b`; without either there is no trade."""
    row = {key: value for key, value in m.TRADE.items() if key != "side"}
    assert only(bulk, frame({**m.TRADES, "data": {"trades": [{**row, "b": False}]}})).get_side() == "sell"
    assert isinstance(only(bulk, frame({**m.TRADES, "data": {"trades": [row]}})), Rejected)


def test_whole_books(bulk: BulkSwap) -> None:
    """A book is whole, exact, and stamped in milliseconds whatever the unit on the wire."""
    row = only(bulk, frame(m.L2SNAPSHOT))
    assert (row.bids, row.asks) == ([(Decimal("102777.0"), Decimal("1.5"), 3)], [(Decimal("102780.0"), Decimal(2), 4)])
    assert (row.timestamp, row.is_snapshot) == (1699564800000, True)
    later = only(bulk, frame(m.book([], [], kind="l2Snapshot", time=1770906894450242133)))
    assert later.timestamp == 1770906894450


def test_an_older_book_is_left_out(bulk: BulkSwap) -> None:
    """Without a number, time tells which of two books is newer."""
    keeper = BookKeeper(Whole())
    rows = [
        only(bulk, frame(m.book([(price, 1.0, 1)], [(200.0, 1.0, 1)], kind="l2Snapshot", time=1699564800000 + time)))
        for price, time in ((100.0, 5), (99.0, 4), (98.0, 5), (97.0, 6))
    ]
    assert [keeper.take(row) for row in rows] == [True, False, True, True]


def test_candles(bulk: BulkSwap) -> None:
    """Market and interval stand in the topic, which tells minutes from months."""
    bar = only(bulk, frame(m.CANDLES))
    assert isinstance(bar, BarData)
    assert values(bar, ["open", "high", "low", "close", "volume", "num_trades", "interval", "timestamp"]) == {
        "open": 102000.0, "high": 102100.0, "low": 101900.0, "close": 101950.0, "volume": 1.6, "num_trades": 3,
        "interval": "1m", "timestamp": 1699564800000,
    }  # fmt: skip
    assert bar.get_bar_status() is False
    assert only(bulk, frame({**m.CANDLES, "topic": "candle.BTC-USD.1M"})).get_interval() == "1M"
    assert only(bulk, frame({**m.CANDLES, "data": {"candle": m.CANDLE}})).get_close() == 101950.0


def test_a_candle_that_is_followed_is_closed(bulk: BulkSwap) -> None:
    """Of two candles the first is final; of the past with which a subscription begins only the last one counts."""
    rows = [{**m.CANDLE, "t": 1699564800000 + 60_000 * place} for place in range(5)]
    two = [item for _, item in bulk.decode(frame({**m.CANDLES, "data": {"candles": rows[:2]}}))]
    assert [bar.get_bar_status() for bar in two] == [True, False]
    assert only(bulk, frame({**m.CANDLES, "data": {"candles": rows}})).get_timestamp() == rows[-1]["t"]


def test_both_spellings_of_intervals(bulk: BulkSwap) -> None:
    """`1min` and `1m` are one interval of the venue."""
    assert [bulk.venue_interval(word) for word in ("1min", "5min", "15min", "1m", "10s")] == [
        "1m", "5m", "15m", "1m", "10s",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "options", "name", "wish"),
    [
        ("ticker", {}, "ticker.BTC-USD", {"type": "ticker", "symbol": "BTC-USD"}),
        ("trades", {}, "trades.BTC-USD", {"type": "trades", "symbol": "BTC-USD"}),
        ("depth", {"levels": None}, "l2snapshot.BTC-USD", {"type": "l2Snapshot", "symbol": "BTC-USD"}),
        ("klines", {"interval": "1m"}, "candle.BTC-USD.1m", {"type": "candle", "symbol": "BTC-USD", "interval": "1m"}),
    ],
)
def test_subscribing(bulk: BulkSwap, kind: str, options: dict[str, Any], name: str, wish: dict[str, str]) -> None:
    """Each topic is asked for in a message of its own, and given back by its name."""
    assert bulk.place(kind, "BTC-USD", **options).name == name
    [command] = bulk.subscribe([name], count(1))
    assert json.loads(command.payload) == {"method": "subscribe", "subscription": [wish]}
    assert command.names == (name,)
    [command] = bulk.unsubscribe([name], count(1))
    assert json.loads(command.payload) == {"method": "unsubscribe", "topic": name}


@pytest.mark.parametrize(
    ("channel", "symbol", "wish"),
    [
        ("l2Delta", "BTC-USD", {"type": "l2Delta", "symbol": "BTC-USD"}),
        ("risk", "BTC-USD", {"type": "risk", "symbol": "BTC-USD"}),
        ("candle.1h", "BTC-USD", {"type": "candle", "symbol": "BTC-USD", "interval": "1h"}),
        ("frontendContext", "", {"type": "frontendContext"}),
    ],
)
def test_the_venues_own_channels(bulk: BulkSwap, channel: str, symbol: str, wish: dict[str, str]) -> None:
    """Any channel can be had, in the venue's own spelling."""
    [command] = bulk.subscribe([bulk.place_raw(channel, symbol).name], count(1))
    assert json.loads(command.payload)["subscription"] == [wish]


def test_answers(bulk: BulkSwap) -> None:
    """Confirmations name topics, in whatever case; errors name nothing and go by their turn."""
    confirmed = {"type": "subscriptionResponse", "topics": ["ticker.BTC-USD", "l2Snapshot.BTC-USD"]}
    assert [item for _, item in bulk.decode(frame(confirmed))] == [
        Ack(name="ticker.BTC-USD"), Ack(name="l2snapshot.BTC-USD"),
    ]  # fmt: skip
    assert only(bulk, frame({"type": "unsubscribeResponse", "topic": "ticker.BTC-USD"})) == Ack(name="ticker.BTC-USD")
    assert only(bulk, frame({"type": "error", "error": {"message": "no"}})) == Refusal("no")
    assert only(bulk, frame({"type": "news"})) == Ignored("news")
    assert bulk.answers_in_order


@pytest.mark.parametrize("message", [m.TICKER, m.TRADES, m.CANDLES, m.L2SNAPSHOT], ids=lambda message: message["type"])
def test_the_short_way_and_the_long_way_agree(bulk: BulkSwap, message: Any) -> None:
    """A topic is found at the end of a frame without parsing, and in any other place by parsing."""
    payload = frame(message)
    head = bulk.head(payload)
    assert head is not None
    assert json.loads(b"{" + head)["topic"] == message["topic"]
    turned = frame(dict(reversed(message.items())))
    assert bulk.head(turned) is None
    assert bulk.route(turned) == bulk.route(payload)


def test_an_answer_is_not_taken_for_data(bulk: BulkSwap) -> None:
    """The end of a subscription names its topic last, as data does."""
    only(bulk, frame(m.TICKER))
    assert only(bulk, frame({"type": "unsubscribeResponse", "topic": "ticker.BTC-USD"})) == Ack(name="ticker.BTC-USD")


def test_rest_calls(bulk: BulkSwap) -> None:
    """Each call has the documented path and query."""
    assert bulk.ticker_request("BTC-USD").path == "/api/v1/ticker/BTC-USD"
    assert bulk.figure_request("mark_price", "BTC-USD").path == "/api/v1/ticker/BTC-USD"
    assert bulk.book_request("BTC-USD", 5).query == {"type": "l2Book", "coin": "BTC-USD", "nlevels": "5"}
    assert "nlevels" not in bulk.book_request("BTC-USD", None).query
    assert bulk.klines_request("BTC-USD", "1m", 5000).query == {
        "symbol": "BTC-USD", "interval": "1m", "limit": "1000",
    }  # fmt: skip
    assert bulk.instruments_request().path == "/api/v1/exchangeInfo"
    for call in (lambda: bulk.trades_request("BTC-USD", 1), bulk.time_request):
        with pytest.raises(UnsupportedError):
            call()


def test_candles_are_fetched_page_by_page(bulk: BulkSwap) -> None:
    """A full page is followed by the next one, and a short one is the last."""
    pages = bulk.klines_between("BTC-USD", "1m", 0, 10**9)
    first = next(pages)
    assert (first.query["startTime"], first.query["endTime"]) == ("0", "1000000000")
    rows = [{**m.CANDLE, "t": 60_000 * place} for place in range(1000)]
    bars, refused = bulk.read(first, frame(rows), BTC)
    assert refused == []
    second = pages.send(bars)
    assert second.query["startTime"] == str(60_000 * 999 + 1)
    with pytest.raises(StopIteration):
        pages.send(bars[:3])


def test_a_market(bulk: BulkSwap) -> None:
    """A market is a perpetual contract with its steps, settled in USDC."""
    row = {
        "symbol": "BTC-USD", "baseAsset": "BTC", "quoteAsset": "USDC", "status": "TRADING", "pricePrecision": 1,
        "sizePrecision": 5, "tickSize": 0.1, "lotSize": 1e-05, "minNotional": 1.0, "maxLeverage": 50.0,
        "orderTypes": ["LIMIT"], "timeInForces": ["GTC"],
    }  # fmt: skip
    [market], _ = bulk.read(bulk.instruments_request(), frame([row]), BTC)
    assert isinstance(market, SymbolData)
    assert (market.get_venue_symbol(), market.get_quote_asset(), market.get_status()) == ("BTC-USD", "USDC", "trading")
    assert (market.get_tick_size(), market.get_qty_digital(), market.get_min_notional()) == (0.1, 5, 1.0)
    assert (market.get_contract_type(), market.get_settle_asset()) == ("perpetual", "USDC")


@pytest.mark.parametrize("symbol", ["BTCUSDC", "BTC-USDC", "BTC-USD", "btc/usd", "BTC-USD-PERP"])
def test_symbols_without_a_list(bulk: BulkSwap, symbol: str) -> None:
    """Every spelling leads to the venue's, which calls the dollar coin a dollar."""
    assert bulk.symbols.guess(symbol) == "BTC-USD"


@pytest.mark.parametrize(
    ("settings", "socket", "rest"),
    [
        ({}, "wss://mainnet-ws1.bulk.trade", "https://mainnet-api1.bulk.trade"),
        ({"testnet": True}, "wss://exchange-ws1.bulk.trade", "https://exchange-api.bulk.trade"),
    ],
)
def test_networks(settings: dict[str, Any], socket: str, rest: str) -> None:
    """Both networks have their own hosts."""
    adapter = BulkSwap(ExchangeSettings(**settings))
    assert (adapter.endpoints["public"].url(adapter.settings), adapter.rest_url) == (socket, rest)


@pytest.mark.parametrize(
    ("status", "body", "error", "text"),
    [
        (404, b'{"message":"unknown symbol"}', InvalidSymbolError, "unknown symbol"),
        (400, b'{"error":{"message":"bad"}}', RequestFailedError, "bad"),
        (408, b"{}", RequestFailedError, "no error text"),
        (500, b"<html>", RequestFailedError, "no error text"),
    ],
)
def test_errors(bulk: BulkSwap, status: int, body: bytes, error: type[Exception], text: str) -> None:
    """Each status has its error, and an executor that did not answer is worth another try."""
    found = bulk.failure("/api/v1/ticker/X", status, body)
    assert type(found) is error
    assert text in str(found)
    assert found.retryable is (status in (408, 500))
    assert bulk.failure("/api/v1/ticker/X", 200, b"{}") is None


@pytest.mark.parametrize("time", [1699564800000, 1699564800000000, 1699564800000000000])
def test_units_of_time(time: int) -> None:
    """Milli-, micro- and nanoseconds of one moment are told apart."""
    assert (milliseconds(time), nanoseconds(time)) == (1699564800000, 1699564800000 * 10**6)
