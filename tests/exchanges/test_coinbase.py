"""Coinbase Exchange: every message of its documents becomes what they say."""

from __future__ import annotations

import json
import math
from itertools import count
from typing import Any

import pytest

from bt_api_py.book.sequence import BookKeeper
from bt_api_py.containers import BarData, SymbolData, TickerData, Topic, TradeData
from bt_api_py.exceptions import (
    AuthenticationError,
    DataParseError,
    InvalidSymbolError,
    RequestFailedError,
)
from bt_api_py.exchanges import exchange_class
from bt_api_py.exchanges.base import (
    Alive,
    Expired,
    Ignored,
    Page,
    Refusal,
    Rejected,
    Request,
    Subscribed,
    Subscription,
    TimeData,
)
from bt_api_py.exchanges.coinbase import CoinbaseSpot
from bt_api_py.settings import ExchangeSettings

from .material import objects, only, values

TICKER = (
    '{"type":"ticker","sequence":37475248783,"product_id":"ETH-USD","price":"1285.22","open_24h":"1310.79",'
    '"volume_24h":"245532.79269678","low_24h":"1280.52","high_24h":"1313.8","volume_30d":"9788783.60117027",'
    '"best_bid":"1285.04","best_bid_size":"0.46688654","best_ask":"1285.27","best_ask_size":"1.56637040",'
    '"side":"buy","time":"2022-10-19T23:28:22.061769Z","trade_id":370843401,"last_size":"11.4396987"}'
)
BEAT = (
    '{"type":"heartbeat","sequence":90,"last_trade_id":20,"product_id":"BTC-USD","time":"2014-11-07T08:19:28.464459Z"}'
)
LAST_MATCH = (
    '{"type":"last_match","trade_id":1081862674,"maker_order_id":"f07e510f-4edf-469d-b844-4f670f1e93f1",'
    '"taker_order_id":"55c8b85c-75ae-4cd5-9775-eba950fc4605","side":"sell","size":"0.00000001","price":"80691.53",'
    '"product_id":"BTC-USD","sequence":134905859981,"time":"2026-08-25T03:35:57.096368Z"}'
)
MATCH = (
    '{"type":"match","trade_id":1081862675,"maker_order_id":"f07e510f-4edf-469d-b844-4f670f1e93f1",'
    '"taker_order_id":"e6f50944-3e2a-439e-ae49-308300ba8296","side":"sell","size":"0.00000001","price":"80691.53",'
    '"product_id":"BTC-USD","sequence":134905860111,"time":"2026-08-25T03:35:57.198335Z"}'
)
SNAPSHOT = (
    '{"type":"snapshot","product_id":"BTC-USD","bids":[["80688.08","0.59153273"]],"asks":[["80691.53","0.20084671"]],'
    '"time":"2026-08-25T03:35:56.900000Z"}'
)
UPDATE = (
    '{"type":"l2update","product_id":"BTC-USD","changes":[["buy","80688.08","0.59153273"],'
    '["sell","80745.16","0.00000000"]],"time":"2026-08-25T03:35:57.300000Z"}'
)
SUBSCRIPTIONS = (
    '{"type":"subscriptions","channels":[{"name":"level2_50","product_ids":["BTC-USD"],"account_ids":null},'
    '{"name":"matches","product_ids":["BTC-USD"],"account_ids":null}]}'
)
NEEDS_KEY = (
    '{"type":"error","message":"Failed to subscribe","reason":"level2, level3, and full channels now require '
    'authentication. https://docs.cloud.coinbase.com/exchange/docs/websocket-auth"}'
)
BTC = Topic("COINBASE___SPOT", "trades", "BTCUSD", "BTC-USD")


@pytest.fixture
def coinbase() -> CoinbaseSpot:
    """Return a fresh adapter."""
    return CoinbaseSpot()


def test_the_exchange_is_found_by_its_name() -> None:
    """The adapter is in the list of venues."""
    assert exchange_class("COINBASE___SPOT") is CoinbaseSpot


# Data


def test_a_ticker(coinbase: CoinbaseSpot) -> None:
    """Every figure of a ticker is found; the change is computed, and a turnover is not made up."""
    ticker = only(coinbase, TICKER)
    assert type(ticker) is TickerData
    expected = {
        "venue_symbol": "ETH-USD",
        "timestamp": 1666222102061,
        "last_price": 1285.22,
        "last_volume": 11.4396987,
        "bid_price": 1285.04,
        "bid_volume": 0.46688654,
        "ask_price": 1285.27,
        "ask_volume": 1.5663704,
        "open_price": 1310.79,
        "high_price": 1313.8,
        "low_price": 1280.52,
        "volume": 245532.79269678,
    }
    assert values(ticker, list(expected)) == expected
    assert ticker.get_price_change_abs() == pytest.approx(-25.57)
    assert ticker.get_price_change() == pytest.approx(-1.9507, abs=0.0001)
    assert math.isnan(ticker.get_turnover_24h())
    assert ticker.get_raw_data() == json.loads(TICKER)


def test_the_first_ticker_may_lack_nearly_everything(coinbase: CoinbaseSpot) -> None:
    """What is not sent is missing, and the time is that of receipt."""
    ticker = only(coinbase, '{"type":"ticker","sequence":1,"product_id":"NEW-USD","price":"2.5"}', 1666222102.0)
    assert (ticker.get_last_price(), ticker.get_timestamp()) == (2.5, 1666222102000)
    assert math.isnan(ticker.get_bid_price())
    assert math.isnan(ticker.get_price_change())


@pytest.mark.parametrize(("text", "number"), [(LAST_MATCH, "1081862674"), (MATCH, "1081862675")])
def test_a_trade_has_the_taker_s_side(coinbase: CoinbaseSpot, text: str, number: str) -> None:
    """The venue tells the maker's side: where a resting offer was hit, somebody bought."""
    trade = only(coinbase, text)
    assert type(trade) is TradeData
    assert (trade.get_trade_id(), trade.get_side()) == (number, "buy")
    assert (trade.get_price(), trade.get_quantity()) == (80691.53, 0.00000001)
    assert only(coinbase, text.replace('"sell"', '"buy"')).get_side() == "sell"
    assert trade.get_raw_data() == json.loads(text)


def test_the_time_of_a_trade_is_exact_to_the_millisecond(coinbase: CoinbaseSpot) -> None:
    """Microseconds are cut off, not rounded."""
    assert only(coinbase, MATCH).get_timestamp() == 1787628957198
    late = MATCH.replace("57.198335", "57.999999")
    assert only(coinbase, late).get_timestamp() == 1787628957999


def test_a_book(coinbase: CoinbaseSpot) -> None:
    """A snapshot and what follows make a book: sizes are absolute, and any spelling of nothing removes a level."""
    book = coinbase.channel_of("level2_batch:BTC-USD").book
    assert book is not None
    keeper = BookKeeper(book.rule)
    changes = [["buy", "80688.00", "1"], ["buy", "80688.0", "2"], ["sell", "80691.53", "0.00"], ["sell", "80700", "3"]]
    more = json.dumps({"type": "l2update", "product_id": "BTC-USD", "changes": changes, "time": "0001-01-01T00:00:00Z"})
    for text in (SNAPSHOT, UPDATE, more):
        assert keeper.take(only(coinbase, text))
    state = keeper.state(None)
    assert [(float(price), float(size)) for price, size in state.bids] == [(80688.08, 0.59153273), (80688.0, 2.0)]
    assert [(float(price), float(size)) for price, size in state.asks] == [(80700.0, 3.0)]
    assert (state.sequence, state.timestamp) == (None, 1787628957300)  # the last time that was one


def test_a_book_with_a_broken_level_is_none(coinbase: CoinbaseSpot) -> None:
    """A level whose quantity is no number is an error, and there is no book."""
    book = coinbase.channel_of("level2_batch:YFI-USD").book
    assert book is not None
    keeper = BookKeeper(book.rule)
    text = (
        '{"type":"snapshot","product_id":"YFI-USD","asks":[["40584.89","0.039985"]],'
        '"bids":[["40533.24","0.020416"],["40531.19","0.-10000"]]}'
    )
    with pytest.raises(DataParseError):
        keeper.take(only(coinbase, text))
    assert not keeper.is_live


def test_a_book_of_megabytes(coinbase: CoinbaseSpot) -> None:
    """A snapshot of ninety thousand levels is one message inside the default limit, and becomes a book."""
    bids, asks = ([[f"{price + side * number * 0.5:.2f}", "1.00000001"] for number in range(45_000)]
                  for price, side in ((88_000, -1), (88_001, 1)))  # fmt: skip
    payload = json.dumps({"type": "snapshot", "product_id": "BTC-USD", "bids": bids, "asks": asks}).encode()
    assert 2**21 < len(payload) < coinbase.settings.websocket.max_message_size
    book = coinbase.channel_of("level2_batch:BTC-USD").book
    assert book is not None
    keeper = BookKeeper(book.rule)
    assert keeper.take(only(coinbase, payload))
    assert keeper.take(only(coinbase, UPDATE.replace("80688.08", "88000.00")))
    state = keeper.state(1)
    best = [list(level) for level in (*state.bids, *state.asks)]
    assert best == [["88000.00", "0.59153273"], ["88001.00", "1.00000001"]]


def test_a_book_without_levels_is_refused(coinbase: CoinbaseSpot) -> None:
    """A snapshot that holds nothing is no book."""
    assert isinstance(only(coinbase, '{"type":"snapshot","product_id":"BTC-USD","bids":[],"asks":[]}'), Rejected)


# Control


def test_a_heartbeat_is_a_sign_of_life(coinbase: CoinbaseSpot) -> None:
    """It says nothing else, unless somebody asked for the channel itself."""
    assert objects(coinbase, BEAT) == [Alive()]
    coinbase.bind("heartbeat:BTC-USD", BTC)
    assert coinbase.decode_raw(BEAT.encode()) == [("heartbeat:BTC-USD", json.loads(BEAT))]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (SUBSCRIPTIONS, {"level2_batch:BTC-USD", "matches:BTC-USD"}),
        ('{"type":"subscriptions","channels":[{"name":"level2","product_ids":["ETH-BTC"]}]}', {"level2:ETH-BTC"}),
        ('{"type":"subscriptions","channels":[{"name":"status","product_ids":null},"x"]}', {"status", "x"}),
        ('{"type":"subscriptions","channels":[]}', set()),
    ],
)
def test_an_acknowledgement_lists_everything(coinbase: CoinbaseSpot, text: str, names: set[str]) -> None:
    """It names all topics of the socket, the book by another name."""
    assert objects(coinbase, text) == [Subscribed(frozenset(names))]


@pytest.mark.parametrize(
    ("text", "is_symbol"),
    [
        (NEEDS_KEY, False),
        ('{"type":"error","message":"Failed to subscribe","reason":"FOO-USD is not a valid product"}', True),
    ],
)
def test_a_refusal_names_nothing(coinbase: CoinbaseSpot, text: str, is_symbol: bool) -> None:
    """It belongs to the oldest command, since answers come in order."""
    frame = json.loads(text)
    assert objects(coinbase, text) == [Refusal(f"{frame['message']}: {frame['reason']}", is_symbol=is_symbol)]
    assert coinbase.answers_in_order


@pytest.mark.parametrize("words", ["ErrSlowConsume", "ErrSlowRead", "Message too big"])
def test_last_words_end_the_socket(coinbase: CoinbaseSpot, words: str) -> None:
    """What the venue says before it closes a socket is the cause of the loss."""
    assert objects(coinbase, json.dumps({"type": "error", "message": words})) == [Expired(words)]


def test_what_is_new_is_left_out(coinbase: CoinbaseSpot) -> None:
    """Types that the venue may add are ignored, by name."""
    assert objects(coinbase, '{"type":"novelty","product_id":"BTC-USD"}') == [Ignored("novelty")]
    assert objects(coinbase, "{}") == [Ignored("frame without a type")]


# Commands


def sent(commands: list[Any]) -> list[Any]:
    return [json.loads(command.payload) for command in commands]


def test_heartbeats_come_along(coinbase: CoinbaseSpot) -> None:
    """Topics of one command are grouped by channel, and the heartbeat of each market is asked for with them."""
    names = ["matches:BTC-USD", "ticker:BTC-USD", "matches:ETH-USD"]
    [command] = coinbase.subscribe(names, count(1))
    assert (command.names, command.id) == (tuple(names), "1")
    assert sent([command]) == [
        {
            "type": "subscribe",
            "channels": [
                {"name": "matches", "product_ids": ["BTC-USD", "ETH-USD"]},
                {"name": "ticker", "product_ids": ["BTC-USD"]},
                {"name": "heartbeat", "product_ids": ["BTC-USD", "ETH-USD"]},
            ],
        }
    ]


def test_a_heartbeat_stays_while_something_of_its_market_does(coinbase: CoinbaseSpot) -> None:
    """The heartbeat is given back with the last topic of a market."""
    coinbase.bind("ticker:BTC-USD", BTC)
    [frame] = sent(coinbase.unsubscribe(["matches:BTC-USD", "matches:ETH-USD"], count(1)))
    assert frame["type"] == "unsubscribe"
    assert frame["channels"][1:] == [{"name": "heartbeat", "product_ids": ["ETH-USD"]}]
    coinbase.unbind("ticker:BTC-USD")
    [frame] = sent(coinbase.unsubscribe(["ticker:BTC-USD"], count(1)))
    assert frame["channels"][1:] == [{"name": "heartbeat", "product_ids": ["BTC-USD"]}]


def test_many_topics_need_several_commands(coinbase: CoinbaseSpot) -> None:
    """No command grows without end, and each topic is in one of them."""
    names = [f"matches:SIM{number}-USD" for number in range(120)]
    commands = coinbase.subscribe(names, count(1))
    assert [name for command in commands for name in command.names] == names
    assert max(len(command.names) for command in commands) <= 50
    gone = sent(coinbase.unsubscribe(names, count(1)))
    beats = [entry for frame in gone for entry in frame["channels"] if entry["name"] == "heartbeat"]
    assert [len(entry["product_ids"]) for entry in beats] == [120]


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (("ticker", {}), Subscription("feed", "ticker:BTC-USD")),
        (("trades", {}), Subscription("feed", "matches:BTC-USD")),
        (("depth", {"levels": 5}), Subscription("books", "level2_batch:BTC-USD")),
        (("depth", {"levels": None}), Subscription("books", "level2_batch:BTC-USD")),
    ],
)
def test_where_topics_are(coinbase: CoinbaseSpot, place: Any, expected: Subscription) -> None:
    """Books have sockets of their own, since they begin with megabytes."""
    kind, options = place
    assert coinbase.place(kind, "BTC-USD", **options) == expected


def test_channels_that_look_alike_are_kept_apart(coinbase: CoinbaseSpot) -> None:
    """Frames of ``ticker_batch`` say that they are tickers: they have a socket of their own."""
    place = coinbase.place_raw("ticker_batch", "ETH-USD")
    assert place.endpoint != coinbase.place("ticker", "ETH-USD").endpoint
    coinbase.bind(place.name, BTC)
    assert coinbase.decode_raw(TICKER.encode()) == [("ticker_batch:ETH-USD", json.loads(TICKER))]


def test_a_channel_without_a_market(coinbase: CoinbaseSpot) -> None:
    """The list of everything has no market in its name or in the command."""
    place = coinbase.place_raw("status", "")
    assert place == Subscription("feed", "status")
    assert sent(coinbase.subscribe([place.name], count(1))) == [{"type": "subscribe", "channels": [{"name": "status"}]}]
    assert coinbase.decode_raw(b'{"type":"status","products":[]}') == [("status", {"type": "status", "products": []})]


# REST


def read(coinbase: CoinbaseSpot, request: Request, body: Any) -> list[Any]:
    found, refused = coinbase.read(request, json.dumps(body).encode(), BTC)
    assert refused == []
    return found


def test_rest_ticker(coinbase: CoinbaseSpot) -> None:
    """The call names the market in its path, and the answer has no figures of the day but the volume."""
    request = coinbase.ticker_request("BTC-USD")
    assert request.path == "/products/BTC-USD/ticker"
    body = {
        "trade_id": 86326522, "price": "6268.48", "size": "0.00698254", "time": "2020-03-20T00:22:57.833897Z",
        "bid": "6265.15", "ask": "6267.71", "volume": "53602.03940154",
    }  # fmt: skip
    [ticker] = read(coinbase, request, body)
    names = ("symbol", "last_price", "last_volume", "bid_price", "ask_price", "volume", "timestamp")
    figures = ("BTCUSD", 6268.48, 0.00698254, 6265.15, 6267.71, 53602.03940154, 1584663777833)
    assert values(ticker, names) == dict(zip(names, figures, strict=True))
    assert math.isnan(ticker.get_price_change())


@pytest.mark.parametrize(("levels", "level"), [(1, "1"), (2, "2"), (20, "2"), (None, "2")])
def test_rest_book(coinbase: CoinbaseSpot, levels: int | None, level: str) -> None:
    """The whole book is asked for unless one level is enough; its number is no book number of the feed."""
    request = coinbase.book_request("BTC-USD", levels)
    assert (request.path, request.query) == ("/products/BTC-USD/book", {"level": level})
    body = {"sequence": 9, "bids": [["10", "1", 2]], "asks": [["11", "2", 1]], "time": "2020-03-20T00:22:57.833897Z"}
    [row] = read(coinbase, request, body)
    assert (row.last, row.is_snapshot, row.timestamp) == (None, True, 1584663777833)
    assert [list(level[:2]) for level in (*row.bids, *row.asks)] == [["10", "1"], ["11", "2"]]


def row(number: int) -> dict[str, Any]:
    """Return a trade as REST lists it."""
    second = f"{number % 60:02d}"
    return {"trade_id": number, "side": "sell", "size": "1", "price": "2", "time": f"2026-08-25T03:35:{second}.000001Z"}


def test_missed_trades_are_fetched_by_the_cursor_of_the_header(coinbase: CoinbaseSpot) -> None:
    """A hole is walked from its newer end, page by page, as the venue's header says."""
    pages = coinbase.trades_between("BTC-USD", 10, 2000, 0)
    first = next(pages)
    assert (first.path, first.query) == ("/products/BTC-USD/trades", {"limit": "1000", "after": "2000"})
    newest = Page(read(coinbase, first, [row(number) for number in range(1999, 999, -1)]), {"cb-after": "1000"})
    assert [trade.get_trade_id() for trade in newest[:2]] == ["1000", "1001"]  # oldest first
    second = pages.send(newest)
    assert second.query == {"limit": "1000", "after": "1000"}
    with pytest.raises(StopIteration):
        pages.send(Page(read(coinbase, second, [row(number) for number in range(999, 10, -1)]), {"cb-after": "11"}))


@pytest.mark.parametrize("headers", [{}, {"cb-after": "2000"}, {"cb-after": "NaN"}, {"cb-after": "3000"}])
def test_a_cursor_that_leads_nowhere_ends_the_walk(coinbase: CoinbaseSpot, headers: dict[str, str]) -> None:
    """Without a cursor towards older trades nothing more is asked."""
    pages = coinbase.trades_between("BTC-USD", 10, 2000, 0)
    request = next(pages)
    with pytest.raises(StopIteration):
        pages.send(Page(read(coinbase, request, [row(1999)]), headers))


def test_candles(coinbase: CoinbaseSpot) -> None:
    """The order of a candle's figures is time, low, high, open, close, volume, newest first, in seconds."""
    request = coinbase.klines_request("BTC-USD", "60", 10)
    assert request.query == {"granularity": "60"}
    topic = Topic("COINBASE___SPOT", "klines", "BTCUSD", "BTC-USD", "1m")
    body = json.dumps([[1415398828, 0.33, 4.2, 0.35, 4.1, 12.3], [1415398768, 0.32, 4.2, 0.35, 4.2, 12.3]]).encode()
    bars, refused = coinbase.read(request, body, topic)
    assert refused == []
    assert [type(bar) for bar in bars] == [BarData, BarData]
    bar = bars[-1]
    assert (bar.get_timestamp(), bar.get_low(), bar.get_high()) == (1415398828000, 0.33, 4.2)
    assert (bar.get_open(), bar.get_close(), bar.get_volume()) == (0.35, 4.1, 12.3)
    assert math.isnan(bar.get_amount())


def test_candles_between_times(coinbase: CoinbaseSpot) -> None:
    """A long time is asked for in parts of fewer than 300 candles."""
    start, minutes = 1795219200000, 700
    asked = list(coinbase.klines_between("BTC-USD", "60", start, start + minutes * 60_000 - 1))
    assert [request.query["start"] for request in asked] == [
        "2026-11-21T00:00:00Z",
        "2026-11-21T04:59:00Z",
        "2026-11-21T09:58:00Z",
    ]
    assert [request.query["end"] for request in asked] == [
        "2026-11-21T04:58:59Z",
        "2026-11-21T09:57:59Z",
        "2026-11-21T11:39:59Z",
    ]


MARKET = {
    "id": "BTC-USD", "base_currency": "BTC", "quote_currency": "USD", "quote_increment": "0.01",
    "base_increment": "0.00000001", "display_name": "BTC/USD", "min_market_funds": "1", "margin_enabled": False,
    "post_only": False, "limit_only": False, "cancel_only": False, "trading_disabled": False, "auction_mode": False,
    "status": "online", "status_message": "", "fx_stablecoin": False, "max_slippage_percentage": "0.02000000",
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "assets", "is_trading"),
    [
        ({}, ("BTC", "USD"), True),
        ({"id": "BTCAUCTION-USD"}, ("BTCAUCTION", "USD"), True),
        ({"id": "CGLD-USD", "base_currency": "CGLD"}, ("CGLD", "USD"), True),
        ({"trading_disabled": True}, ("BTC", "USD"), False),
        ({"cancel_only": True}, ("BTC", "USD"), False),
        ({"status": "delisted"}, ("BTC", "USD"), False),
    ],
)
def test_markets(coinbase: CoinbaseSpot, changes: dict[str, Any], assets: tuple[str, str], is_trading: bool) -> None:
    """Assets are those of the id, and a market trades when it is online and nothing is switched off."""
    [market] = read(coinbase, coinbase.instruments_request(), [MARKET | changes])
    assert type(market) is SymbolData
    assert (market.get_base_asset(), market.get_quote_asset()) == assets
    assert (market.get_tick_size(), market.get_lot_size(), market.get_min_notional()) == (0.01, 1e-8, 1.0)
    assert market.is_trading() is is_trading


def test_the_clock(coinbase: CoinbaseSpot) -> None:
    """The venue's time is in seconds with a fraction."""
    [stamp] = read(coinbase, coinbase.time_request(), {"iso": "2020-05-12T05:07:51.504Z", "epoch": 1589270451.504})
    assert type(stamp) is TimeData
    assert stamp.get_timestamp() == 1589270451504


@pytest.mark.parametrize(
    ("path", "status", "text", "kind"),
    [
        ("/products/FOO-USD/ticker", 404, "NotFound", InvalidSymbolError),
        ("/products/FOO-USD/book", 404, "Product not found", InvalidSymbolError),
        ("/orders", 404, "NotFound", RequestFailedError),
        ("/orders", 401, "Invalid API Key", AuthenticationError),
        ("/orders", 401, "invalid signature", AuthenticationError),
        ("/orders", 400, "Invalid Passphrase", AuthenticationError),
        ("/orders", 400, "Insufficient funds", RequestFailedError),
        ("/products", 500, "Internal server error", RequestFailedError),
    ],
)
def test_errors(coinbase: CoinbaseSpot, path: str, status: int, text: str, kind: type[Exception]) -> None:
    """The message of an error says what it is."""
    error = coinbase.failure(path, status, json.dumps({"message": text}).encode())
    assert type(error) is kind
    assert text in str(error)


def test_an_answer_that_is_no_error(coinbase: CoinbaseSpot) -> None:
    """A good status is good whatever the body; a page of HTML with a bad one has no text to show."""
    assert coinbase.failure("/products", 200, b"[]") is None
    assert "no error text" in str(coinbase.failure("/products", 502, b"<html>"))


def test_addresses() -> None:
    """The feed has one address, and the sandbox another; REST says who calls."""
    real, sandbox = CoinbaseSpot(), CoinbaseSpot(ExchangeSettings(testnet=True))
    endpoint = real.endpoints["feed"]
    assert endpoint.url(real.settings) == "wss://ws-feed.exchange.coinbase.com"
    assert endpoint.url(sandbox.settings) == "wss://ws-feed-public.sandbox.exchange.coinbase.com"
    assert (real.rest_url, sandbox.rest_url) == (
        "https://api.exchange.coinbase.com",
        "https://api-public.sandbox.exchange.coinbase.com",
    )
    assert real.rest_headers["User-Agent"]
