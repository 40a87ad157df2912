"""Hyperliquid: every message of its documents becomes what they say."""

from __future__ import annotations

import json
import math
from typing import Any

import msgspec
import pytest

from bt_api_py.book.sequence import BookKeeper, BookRow
from bt_api_py.containers import (
    BarData,
    FundingRateData,
    MarkPriceData,
    OpenInterestData,
    SymbolData,
    TickerData,
    Topic,
    TradeData,
)
from bt_api_py.exceptions import InvalidSymbolError, RequestFailedError
from bt_api_py.exchanges.base import Ack, Alive, Ignored, Refusal, Rejected, Request
from bt_api_py.exchanges.hyperliquid import HyperliquidSwap
from bt_api_py.settings import ExchangeSettings
from bt_api_py.symbols import SymbolTable

from .accounts import ids, messages, sent
from .material import objects, only, own_frames, values

BTC = Topic("HYPERLIQUID___SWAP", "ticker", "BTC-USDC", "BTC")
TRADES = (
    '{"channel":"trades","data":[{"coin":"BTC","side":"B","px":"69997.0","sz":"0.38111","time":1730160006192,'
    '"hash":"0x40d1","tid":1016375172059570,"users":["0xbuyer","0xseller"]}]}'
)
BEST = (
    '{"channel":"bbo","data":{"coin":"BTC","time":1750948919838,"bbo":[{"px":"107575.0","sz":"3.87947","n":17},'
    '{"px":"107576.0","sz":"1.2","n":4}]}}'
)
BOOK = (
    '{"channel":"l2Book","data":{"coin":"BTC","time":1730160007687,"levels":[[{"px":"59.8","sz":"3.4","n":1}],'
    '[{"px":"59.811","sz":"2.9","n":1}]]}}'
)
CANDLE = (
    '{"channel":"candle","data":{"t":1681923600000,"T":1681924499999,"s":"BTC","i":"15m","o":"29295.0","c":"29258.0",'
    '"h":"29309.0","l":"29250.0","v":"0.98639","n":189}}'
)
CONTEXT = (
    '{"channel":"activeAssetCtx","data":{"coin":"BTC","ctx":{"funding":"0.0000125","openInterest":"231067.2",'
    '"prevDayPx":"4.8744","dayNtlVlm":"387891.57","dayBaseVlm":"79000.1","premium":"0.0","oraclePx":"4.9185",'
    '"markPx":"4.919","midPx":"4.9183","impactPxs":["4.9176","4.9191"]}}}'
)
CONTEXTS = [
    {"universe": [{"name": "ETH", "szDecimals": 4}, {"name": "BTC", "szDecimals": 5, "maxLeverage": 40}]},
    [{"markPx": "3000.0", "midPx": "3001.0"}, json.loads(CONTEXT)["data"]["ctx"]],
]


@pytest.fixture
def swap() -> HyperliquidSwap:
    """Return a fresh adapter."""
    return HyperliquidSwap()


def read(swap: HyperliquidSwap, request: Request, answer: Any) -> list[Any]:
    """Return the objects of a REST answer, none of which was refused."""
    found, refused = swap.read(request, json.dumps(answer).encode(), BTC)
    assert refused == []
    return found


def body(request: Request) -> Any:
    """Return what a call asks for."""
    assert request.path == "/info"
    return json.loads(request.body)


def test_a_trade(swap: HyperliquidSwap) -> None:
    """B is an aggressive buy; the id is kept to the digit, and tells nothing of the order."""
    trade = only(swap, TRADES)
    assert type(trade) is TradeData
    expected = {
        "trade_id": "1016375172059570",
        "price": 69997.0,
        "quantity": 0.38111,
        "side": "buy",
        "timestamp": 1730160006192,
        "venue_symbol": "BTC",
        "first_trade_id": None,
    }
    assert values(trade, list(expected)) == expected
    assert only(swap, TRADES.replace('"B"', '"A"')).get_side() == "sell"
    assert trade.get_raw_data() == json.loads(TRADES)["data"][0]


def test_trades_come_oldest_first(swap: HyperliquidSwap) -> None:
    """A list that begins with the newest, as the past does, is turned round; one without trades says nothing."""
    newest_first = next(frame for frame in own_frames("hyperliquid") if b"kPEPE" in frame)
    trades = objects(swap, newest_first)
    assert [trade.get_trade_id() for trade in trades] == ["32", "33"]
    assert trades[0].get_raw_data()["tid"] == 32
    assert objects(swap, '{"channel":"trades","data":[]}') == [Alive()]


def test_one_bad_trade_costs_only_itself(swap: HyperliquidSwap) -> None:
    """A record that cannot be used is refused, and the one beside it is handed out."""
    frame = json.loads(TRADES)
    frame["data"].append({**frame["data"][0], "px": "much", "tid": 5})
    good, refused = objects(swap, json.dumps(frame))
    assert good.get_trade_id() == "1016375172059570"
    assert isinstance(refused, Rejected)
    assert "row 1" in refused.detail


def test_a_ticker_tells_everything_but_the_last_price(swap: HyperliquidSwap) -> None:
    """The middle stands for the last price; volumes are in base and quote asset; mark price and the like lie there."""
    ticker = only(swap, CONTEXT)
    assert type(ticker) is TickerData
    expected = {"last_price": 4.9183, "open_price": 4.8744, "volume": 79000.1, "turnover_24h": 387891.57}
    assert values(ticker, list(expected)) == expected
    assert ticker.get_price_change() == pytest.approx(100 * (4.9183 / 4.8744 - 1))
    assert ticker.get_price_change_abs() == pytest.approx(4.9183 - 4.8744)
    for name in ("bid_price", "ask_price", "high_price", "low_price", "latency_ms"):
        assert math.isnan(getattr(ticker, f"get_{name}")()), name
    mark = ticker.told_as(MarkPriceData, BTC)
    assert (mark.get_mark_price(), mark.get_index_price()) == (4.919, 4.9185)
    funding = ticker.told_as(FundingRateData, BTC)
    assert (funding.get_current_funding_rate(), funding.get_current_funding_time()) == (0.0000125, 0)
    assert ticker.told_as(OpenInterestData, BTC).get_open_interest() == 231067.2


def test_without_a_middle_the_mark_price_stands_in(swap: HyperliquidSwap) -> None:
    """Where one side of the book is empty, there is no middle."""
    ticker = only(swap, next(frame for frame in own_frames("hyperliquid") if b'"midPx":null' in frame))
    assert ticker.get_last_price() == 0.19963


def test_a_spot_market_answers_under_another_name(swap: HyperliquidSwap) -> None:
    """What is asked for as activeAssetCtx comes as activeSpotAssetCtx."""
    [(name, ticker)] = swap.decode(next(frame for frame in own_frames("hyperliquid") if b"Spot" in frame))
    assert name == "activeAssetCtx:@7"
    assert ticker.get_last_price() == 0.00005307


def test_a_book(swap: HyperliquidSwap) -> None:
    """Each frame is the whole book; an older one is left out, and a side may be empty."""
    row = only(swap, BOOK)
    assert isinstance(row, BookRow)
    channel = swap.channel_of("l2Book:BTC")
    assert channel.book is not None
    keeper = BookKeeper(channel.book.rule, depth=channel.book.depth, order_count_at=channel.book.order_count_at)
    assert keeper.take(row)
    assert keeper.state(None).bids[0][:2] == ("59.8", "3.4")
    assert keeper.state(None).asks[0][:2] == ("59.811", "2.9")
    assert not keeper.take(only(swap, BOOK.replace("1730160007687", "1730160007686")))
    empty = only(swap, '{"channel":"l2Book","data":{"coin":"BTC","time":1730160007688,"levels":[[],[]],"fast":true}}')
    assert keeper.take(empty)
    assert keeper.state(None).bids == keeper.state(None).asks == []


@pytest.mark.parametrize(
    ("best", "bids", "asks"),
    [
        (None, [("107575.0", "3.87947", 17)], [("107576.0", "1.2", 4)]),
        ([{"px": "1.0", "sz": "2.0", "n": 3}], [("1.0", "2.0", 3)], []),
        ([None, {"px": "1.0", "sz": "2.0", "n": 3}], [], [("1.0", "2.0", 3)]),
        ([None, None], [], []),
    ],
)
def test_the_best_levels(swap: HyperliquidSwap, best: Any, bids: Any, asks: Any) -> None:
    """A side without orders is null or left out."""
    frame = json.loads(BEST)
    frame["data"]["bbo"] = frame["data"]["bbo"] if best is None else best
    row = only(swap, json.dumps(frame))
    assert (row.bids, row.asks, row.timestamp) == (bids, asks, 1750948919838)


@pytest.mark.parametrize("wrap", [lambda data: data, lambda data: [data]], ids=["object", "list"])
def test_a_candle(swap: HyperliquidSwap, wrap: Any) -> None:
    """A candle comes by itself or in a list; nothing tells whether it is closed."""
    frame = json.loads(CANDLE)
    frame["data"] = wrap(frame["data"])
    [(name, bar)] = swap.decode(json.dumps(frame).encode())
    assert name == "candle:BTC:15m"
    assert type(bar) is BarData
    expected = {
        "timestamp": 1681923600000,
        "close_time": 1681924499999,
        "open": 29295.0,
        "high": 29309.0,
        "low": 29250.0,
        "close": 29258.0,
        "volume": 0.98639,
        "num_trades": 189.0,
        "interval": "15m",
    }
    assert values(bar, list(expected)) == expected
    assert math.isnan(bar.get_amount())
    assert bar.get_raw_data() == json.loads(CANDLE)["data"]


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (b"Websocket connection established.", Alive()),
        (b'{"channel":"pong"}', Alive()),
        (
            b'{"channel":"subscriptionResponse","data":{"method":"subscribe",'
            b'"subscription":{"type":"trades","coin":"BTC"}}}',
            Ack(name="trades:BTC"),
        ),
        (
            b'{"channel":"subscriptionResponse","data":{"method":"unsubscribe",'
            b'"subscription":{"type":"l2Book","coin":"BTC","nSigFigs":5,"mantissa":null}}}',
            Ack(name="l2Book:BTC"),
        ),
        (
            b'{"channel":"error","data":"Already subscribed: {\\"type\\":\\"trades\\",\\"coin\\":\\"BTC\\"}"}',
            Ack(name="trades:BTC"),
        ),
        (
            b'{"channel":"error","data":"Error parsing JSON into valid websocket request: '
            b'{ \\"type\\": \\"allMids\\" }"}',
            Refusal('Error parsing JSON into valid websocket request: { "type": "allMids" }', name="allMids"),
        ),
        (b'{"channel":"error","data":"no"}', Refusal("no")),
        (b'{"channel":"error","data":"no {"}', Refusal("no {")),
        (b'{"data":1}', Ignored("frame without channel")),
    ],
)
def test_answers(swap: HyperliquidSwap, frame: bytes, said: Any) -> None:
    """Confirmations name their topic by the subscription; what is subscribed already is; an error quotes its cause."""
    assert swap.decode(frame) == [("", said)]


def test_a_refusal_of_a_command_names_its_topic(swap: HyperliquidSwap) -> None:
    """An error may quote the whole command."""
    [refusal] = [only(swap, frame) for frame in own_frames("hyperliquid") if b"NONE" in frame]
    assert refusal.name == "trades:NONE"


def test_commands(swap: HyperliquidSwap) -> None:
    """Each topic has a command of its own, to be given back in the same words."""
    names = [swap.place("klines", "BTC", interval="1m").name, swap.place("trades", "flx:TSLA").name]
    commands = swap.subscribe(names, ids())
    assert [sent(command) for command in commands] == [
        {"method": "subscribe", "subscription": {"type": "candle", "coin": "BTC", "interval": "1m"}},
        {"method": "subscribe", "subscription": {"type": "trades", "coin": "flx:TSLA"}},
    ]
    assert sent(swap.unsubscribe(names, ids())[0])["method"] == "unsubscribe"
    assert [swap.split(name) for name in (*names, "candle:flx:TSLA:1h")] == [
        ("candle", "BTC", "1m"),
        ("trades", "flx:TSLA", ""),
        ("candle", "flx:TSLA", "1h"),
    ]


def test_where_topics_are_found(swap: HyperliquidSwap) -> None:
    """Figures lie in the ticker; one level is told by a channel of its own."""
    found = {kind: swap.place(kind, "BTC").name for kind in swap.kinds}
    assert found == {
        **dict.fromkeys(("ticker", "mark_price", "funding_rate", "open_interest"), "activeAssetCtx:BTC"),
        "depth": "l2Book:BTC",
        "trades": "trades:BTC",
        "klines": "candle:BTC",
    }
    assert swap.place("depth", "BTC", levels=1).name == "bbo:BTC"
    assert swap.place("depth", "BTC", levels=2).name == "l2Book:BTC"
    assert swap.place_raw("candle:1h", "BTC").name == "candle:BTC:1h"
    assert swap.place_raw("allMids", "").name == "allMids"


@pytest.mark.parametrize("testnet", [False, True])
def test_addresses(testnet: bool) -> None:
    """Both environments have one socket and one path for reading."""
    host = "api.hyperliquid-testnet.xyz" if testnet else "api.hyperliquid.xyz"
    settings = ExchangeSettings(testnet=testnet)
    swap = HyperliquidSwap(settings)
    assert swap.rest_url == f"https://{host}"
    assert swap.endpoints["public"].url(settings) == f"wss://{host}/ws"


def test_instruments(swap: HyperliquidSwap) -> None:
    """Contracts are named by their base asset alone, in its own case, and quoted in USDC; a pair in USDT is none."""
    rows = [
        {"name": "BTC", "szDecimals": 5, "maxLeverage": 40},
        {"name": "kPEPE", "szDecimals": 0},
        {"name": "OLD", "szDecimals": 2, "isDelisted": True},
    ]
    markets = read(swap, swap.instruments_request(), {"universe": rows})
    assert body(swap.instruments_request()) == {"type": "meta"}
    assert all(type(market) is SymbolData for market in markets)
    expected = {
        "base_asset": "BTC",
        "quote_asset": "USDC",
        "settle_asset": "USDC",
        "contract_type": "perpetual",
        "qty_unit": 0.00001,
        "qty_digital": 5,
        "price_digital": None,
        "status": "trading",
    }
    assert values(markets[0], list(expected)) == expected
    assert [(market.get_status(), market.get_qty_unit()) for market in markets[1:]] == [
        ("trading", 1.0), ("delisted", 0.01),
    ]  # fmt: skip
    table = SymbolTable(swap.name, markets)
    for spelling in ("BTC", "BTCUSDC", "btc-usdc", "BTC/USDC", "BTC/USDC:USDC", "BTC-USDC-SWAP", "BTC-PERP"):
        assert table.find(spelling).get_venue_symbol() == "BTC"
    assert table.find("kPEPE-USDC").get_venue_symbol() == "kPEPE"
    for spelling in ("BTCUSDT", "BTC-USDT"):
        with pytest.raises(InvalidSymbolError):
            table.find(spelling)


@pytest.mark.parametrize(
    ("symbol", "expected"),
    [("BTCUSDC", "BTC"), ("btc-usdc", "BTC"), ("BTC-USDC-SWAP", "BTC"), ("kPEPE", "kPEPE"), ("BTCUSDT", None)],
)
def test_spellings_without_a_list(swap: HyperliquidSwap, symbol: str, expected: str | None) -> None:
    """Without the list of markets a pair in USDC is understood, and the venue's own name taken as it is."""
    assert swap.symbols.guess(symbol) == expected


def test_tickers_by_rest(swap: HyperliquidSwap) -> None:
    """Figures and markets belong together by their place; one market is picked out of the list."""
    every = read(swap, swap.tickers_request(), CONTEXTS)
    assert [(item.get_venue_symbol(), item.get_last_price()) for item in every] == [("ETH", 3001.0), ("BTC", 4.9183)]
    assert every[1].get_raw_data() == CONTEXTS[1][1]
    [one] = read(swap, swap.ticker_request("BTC"), CONTEXTS)
    assert (one.get_symbol(), one.get_last_price()) == ("BTC-USDC", 4.9183)
    assert body(swap.ticker_request("BTC")) == {"type": "metaAndAssetCtxs"}
    [mark] = read(swap, swap.figure_request("mark_price", "BTC"), CONTEXTS)
    assert (type(mark), mark.get_mark_price()) == (MarkPriceData, 4.919)
    [interest] = read(swap, swap.figure_request("open_interest", "BTC"), CONTEXTS)
    assert interest.get_open_interest() == 231067.2


def test_one_bad_context_costs_only_itself(swap: HyperliquidSwap) -> None:
    """A market whose figures cannot be read is refused, and the others are told."""
    answer = [CONTEXTS[0], [{"markPx": []}, CONTEXTS[1][1]]]
    found, refused = swap.read(swap.tickers_request(), json.dumps(answer).encode(), BTC)
    assert [item.get_venue_symbol() for item in found] == ["BTC"]
    assert len(refused) == 1


def test_books_and_trades_by_rest(swap: HyperliquidSwap) -> None:
    """Both are asked for by coin, and look like those of the stream."""
    request = swap.book_request("BTC", None)
    assert (body(request), request.cost) == ({"type": "l2Book", "coin": "BTC"}, 2)
    [row] = read(swap, request, json.loads(BOOK)["data"])
    assert row.bids == [("59.8", "3.4", 1)]
    request = swap.trades_request("BTC", 10)
    assert (body(request), request.cost) == ({"type": "recentTrades", "coin": "BTC"}, 25)
    older, newer = json.loads(TRADES)["data"][0], json.loads(TRADES)["data"][0] | {"time": 1730160006193, "tid": 7}
    trades = read(swap, request, [newer, older])
    assert [trade.get_trade_id() for trade in trades] == ["1016375172059570", "7"]


def test_candles_by_rest(swap: HyperliquidSwap) -> None:
    """The latest are asked for by the time that was told; more than a list holds are asked for backwards."""
    swap.now_ms = 1681924000000
    wanted = body(swap.klines_request("BTC", "15m", 10))["req"]
    assert wanted == {
        "coin": "BTC", "interval": "15m", "startTime": 1681924000000 - 9_000_000, "endTime": 1681924000000 + 86_400_000,
    }  # fmt: skip
    row = json.loads(CANDLE)["data"]
    [bar] = read(swap, swap.klines_request("BTC", "15m", 10), [row])
    assert bar.get_close() == 29258.0
    pages = swap.klines_between("BTC", "1m", 0, 6000 * 60_000)
    first = next(pages)
    assert (first.cost, body(first)["req"]["endTime"]) == (20 + 5000 // 60 + 1, 6000 * 60_000)
    opened = range(1001 * 60_000, 6001 * 60_000, 60_000)
    bars = read(swap, first, [{**row, "t": time, "T": time + 59_999} for time in opened])
    second = pages.send(msgspec.convert(bars, list[Any]))  # type: ignore[arg-type]  # a page is a list
    assert body(second)["req"] == {"coin": "BTC", "interval": "1m", "startTime": 0, "endTime": 1001 * 60_000 - 1}
    with pytest.raises(StopIteration):
        pages.send([])  # type: ignore[arg-type]


def test_failures(swap: HyperliquidSwap) -> None:
    """Null is the answer for an unknown coin; a body that is not understood is told in plain text."""
    assert swap.failure("/info", 200, b'{"universe":[]}') is None
    assert isinstance(swap.failure("/info", 200, b"null"), InvalidSymbolError)
    words = b"Failed to deserialize the JSON body into the target type"
    error = swap.failure("/info", 422, words)
    assert isinstance(error, RequestFailedError)
    assert (error.status_code, words.decode() in str(error), error.retryable) == (422, True, False)
    busy = swap.failure("/info", 502, b"")
    assert isinstance(busy, RequestFailedError)
    assert busy.retryable


@pytest.mark.parametrize("channel", ["trades", "depth", "klines", "ticker", "other"])
def test_recorded_messages(swap: HyperliquidSwap, channel: str) -> None:
    """Every recorded message of a channel that is read decodes completely, each record in its place."""
    for message in messages("hyperliquid", channel):
        if message.get("channel") not in {*swap.channels, "activeSpotAssetCtx"}:
            continue
        data = message["data"]
        items = swap.decode(json.dumps(message).encode())
        assert len(items) == (len(data) if isinstance(data, list) else 1)
        for name, item in items:
            assert not isinstance(item, (Rejected, Ignored)), item
            row = data[0] if isinstance(data, list) else data
            assert swap.split(name)[1] == row.get("coin", row.get("s"))
