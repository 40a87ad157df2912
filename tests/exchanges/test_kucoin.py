"""KuCoin: every message of its documents becomes what they say."""

from __future__ import annotations

import json
import math
from itertools import count
from typing import Any

import pytest

from bt_api_py.book.sequence import BookKeeper, BookRow
from bt_api_py.containers import BarData, Container, SymbolData, TickerData, Topic, TradeData
from bt_api_py.exceptions import (
    AuthenticationError,
    BookGapError,
    InvalidSymbolError,
    RateLimitError,
    RequestFailedError,
)
from bt_api_py.exchanges.base import Ack, Alive, Expired, Ignored, Refusal, Rejected, Request, Subscription
from bt_api_py.exchanges.kucoin import KucoinSpot
from bt_api_py.settings import ExchangeSettings

from .accounts import messages
from .material import objects, only, recorded, values

NAME = "KUCOIN___SPOT"
RECORDING = "kucoin_20210425"
TICKET = (
    '{"code":"200000","data":{"token":"2neAiuYv==.i0bJ+/","instanceServers":[{"endpoint":'
    '"wss://ws-api-spot.kucoin.com/","encrypt":true,"protocol":"websocket","pingInterval":18000,"pingTimeout":10000}]}}'
)
TICKER = (
    '{"topic":"/market/ticker:BTC-USDT","type":"message","subject":"trade.ticker","data":{"bestAsk":"67218.7",'
    '"bestAskSize":"1.92318539","bestBid":"67218.6","bestBidSize":"0.01045638","price":"67220",'
    '"sequence":"14691455768","size":"0.00004316","time":1729757723612}}'
)
SNAPSHOT = (
    '{"topic":"/market/snapshot:BTC-USDT","type":"message","subject":"trade.snapshot","data":{"sequence":"14691517895",'
    '"data":{"symbol":"BTC-USDT","symbolCode":"BTC-USDT","buy":67158.1,"bidSize":0.81772627,"sell":67158.2,'
    '"askSize":1.15955795,"lastTradedPrice":67158.1,"close":67158.1,"open":66842.9,"high":67611.8,"low":65257.1,'
    '"changePrice":315.2,"changeRate":0.0047,"vol":2227.69895852,"volValue":147972941.07,"averagePrice":66867.89,'
    '"baseCurrency":"BTC","quoteCurrency":"USDT","market":"USDS","trading":true,"datetime":1729758286011,'
    '"marketChange24h":{"changePrice":315.2,"changeRate":0.0047,"high":67611.8,"low":65257.1,"open":66842.9,'
    '"vol":2227.69895852,"volValue":147972941.07}}}}'
)
LEVEL1 = (
    '{"topic":"/spotMarket/level1:BTC-USDT","type":"message","subject":"level1","data":{"asks":["68145.8",'
    '"0.51987471"],"bids":["68145.7","1.29267802"],"timestamp":1729816058766}}'
)
DEPTH5 = (
    '{"topic":"/spotMarket/level2Depth5:BTC-USDT","type":"message","subject":"level2","data":{"asks":[["67996.7",'
    '"1.14213262"]],"bids":[["67996.6","0.37969491"]],"timestamp":1729822226746}}'
)
UPDATE = (
    '{"topic":"/market/level2:BTC-USDT","type":"message","subject":"trade.l2update","data":{"changes":{"asks":'
    '[["67993.3","1.21427407","14701689783"]],"bids":[]},"sequenceEnd":14701689783,"sequenceStart":14701689783,'
    '"symbol":"BTC-USDT","time":1729816425625}}'
)
TRADE = (
    '{"topic":"/market/match:BTC-USDT","type":"message","subject":"trade.l3match","data":{"makerOrderId":'
    '"671b5007389355000701b1d3","price":"67523","sequence":"11067996711960577","side":"buy","size":"0.003",'
    '"symbol":"BTC-USDT","takerOrderId":"671b50161777ff00074c168d","time":"1729843222921000000",'
    '"tradeId":"11067996711960577","type":"match"}}'
)
CANDLE = (
    '{"topic":"/market/candles:BTC-USDT_1hour","type":"message","subject":"trade.candles.update","data":{"symbol":'
    '"BTC-USDT","candles":["1729839600","67644.9","67437.6","67724.8","67243.8","44.88321441","3027558.991928447"],'
    '"time":1729842192785164840}}'
)
BOOK = (
    '{"code":"200000","data":{"sequence":"3262786978","time":1550653727731,"bids":[["6500.12","0.45"],["6500.11","1"]],'
    '"asks":[["6500.16","0.57"],["6500.15","0.57"]]}}'
)


@pytest.fixture
def kucoin() -> KucoinSpot:
    return KucoinSpot()


def changed(frame: str, **data: Any) -> str:
    """Return a frame with other values in its data; ``None`` takes one out."""
    plain = json.loads(frame)
    plain["data"] = {key: value for key, value in {**plain["data"], **data}.items() if value is not None}
    return json.dumps(plain)


# Market data


def test_best_prices_and_the_last_trade(kucoin: KucoinSpot) -> None:
    """The quick channel has no figures of 24 hours; older frames write its time otherwise."""
    [(name, ticker)] = kucoin.decode(TICKER.encode())
    assert name == "ticker:BTC-USDT"
    assert isinstance(ticker, TickerData)
    names = ("last_price", "last_volume", "bid_price", "bid_volume", "ask_price", "ask_volume", "timestamp")
    assert list(values(ticker, names).values()) == [
        67220.0, 0.00004316, 67218.6, 0.01045638, 67218.7, 1.92318539, 1729757723612
    ]  # fmt: skip
    assert all(map(math.isnan, (ticker.get_volume(), ticker.get_open_price(), ticker.get_price_change())))
    assert only(KucoinSpot(), changed(TICKER, time=None, Time=1545896669105)).get_timestamp() == 1545896669105


def test_figures_of_24_hours(kucoin: KucoinSpot) -> None:
    """The slow channel tells a ticker whole; the change is sent as a fraction."""
    [(name, ticker)] = kucoin.decode(SNAPSHOT.encode())
    assert name == "ticker:BTC-USDT"
    assert values(ticker, ("open_price", "high_price", "low_price", "volume", "turnover_24h", "price_change_abs")) == {
        "open_price": 66842.9, "high_price": 67611.8, "low_price": 65257.1, "volume": 2227.69895852,
        "turnover_24h": 147972941.07, "price_change_abs": 315.2,
    }  # fmt: skip
    assert ticker.get_price_change() == pytest.approx(0.47)
    assert (ticker.get_last_price(), ticker.get_bid_price(), ticker.get_ask_volume()) == (67158.1, 67158.1, 1.15955795)
    assert ticker.get_timestamp() == 1729758286011
    assert ticker.get_raw_data()["data"]["trading"] is True


def test_a_ticker_is_made_of_both(kucoin: KucoinSpot) -> None:
    """Each channel adds to what the other told; the quick one counts for the prices of now."""
    kucoin.decode(SNAPSHOT.encode())
    ticker = only(kucoin, TICKER)
    assert (ticker.get_last_price(), ticker.get_bid_price(), ticker.get_volume()) == (67220.0, 67218.6, 2227.69895852)
    later = only(kucoin, SNAPSHOT)
    assert (later.get_last_price(), later.get_volume()) == (67220.0, 2227.69895852)
    assert objects(kucoin, changed(TICKER, sequence="14691455767")) == []  # older, by a second socket
    kucoin.forget("ticker:BTC-USDT")
    assert math.isnan(only(kucoin, TICKER).get_volume())


def test_the_ticker_of_all_markets(kucoin: KucoinSpot) -> None:
    """On the topic of all markets the subject names the market."""
    for symbol in ("ETH-USDT", "BTC-USDT"):
        frame = TICKER.replace("/market/ticker:BTC-USDT", "/market/ticker:all").replace("trade.ticker", symbol)
        [(name, ticker)] = kucoin.decode(frame.encode())
        assert (name, ticker.get_venue_symbol()) == (f"ticker:{symbol}", symbol)


def test_a_trade(kucoin: KucoinSpot) -> None:
    """The time is in nanoseconds; the id may be a word, and the sequence tells the order."""
    [(name, trade)] = kucoin.decode(TRADE.encode())
    assert name == "/market/match:BTC-USDT"
    assert isinstance(trade, TradeData)
    assert values(trade, ("trade_id", "price", "quantity", "side", "timestamp")) == {
        "trade_id": "11067996711960577", "price": 67523.0, "quantity": 0.003, "side": "buy", "timestamp": 1729843222921
    }  # fmt: skip
    assert not kucoin.channel_of(name).contiguous
    older = only(kucoin, changed(TRADE, tradeId="6085c0a069bc50686d66da3c"))
    assert older.get_trade_id() == "6085c0a069bc50686d66da3c"
    assert older._row.span == (11067996711960577, 11067996711960577)


def test_a_bar(kucoin: KucoinSpot) -> None:
    """The order is open, close, high, low; nothing says that a bar is closed."""
    [(name, bar)] = kucoin.decode(CANDLE.encode())
    assert name == "/market/candles:BTC-USDT_1hour"
    assert isinstance(bar, BarData)
    assert (bar.get_open(), bar.get_high(), bar.get_low(), bar.get_close()) == (67644.9, 67724.8, 67243.8, 67437.6)
    assert (bar.get_volume(), bar.get_amount(), bar.get_interval()) == (44.88321441, 3027558.991928447, "1h")
    assert (bar.get_timestamp(), bar.get_close_time()) == (1729839600000, 1729843199999)
    assert not bar.get_bar_status()
    assert bar._row.event_time == 1729842192785


def row(kucoin: KucoinSpot, frame: str) -> Any:
    item = only(kucoin, frame)
    assert isinstance(item, BookRow)
    return item


def keeper_of(kucoin: KucoinSpot, name: str, *, reach: int | None = None) -> BookKeeper:
    declared = kucoin.channel_of(name).book
    assert declared is not None
    return BookKeeper(declared.rule, depth=declared.depth, reach=reach, exchange=NAME)


@pytest.mark.parametrize(
    ("frame", "bid", "ask"),
    [
        (LEVEL1, ("68145.7", "1.29267802"), ("68145.8", "0.51987471")),
        (DEPTH5, ("67996.6", "0.37969491"), ("67996.7", "1.14213262")),
        (DEPTH5.replace("Depth5", "Depth50"), ("67996.6", "0.37969491"), ("67996.7", "1.14213262")),
    ],
)
def test_books_that_are_sent_whole(kucoin: KucoinSpot, frame: str, bid: Any, ask: Any) -> None:
    """Each frame replaces the book; the one of best prices has no lists of levels."""
    [(name, item)] = kucoin.decode(frame.encode())
    keeper = keeper_of(kucoin, name)
    assert keeper.take(item)
    state = keeper.state(None)
    assert [[tuple(level) for level in side] for side in (state.bids, state.asks)] == [[bid], [ask]]
    assert (keeper.sequence, state.timestamp) == (None, json.loads(frame)["data"]["timestamp"])
    assert keeper.take(row(kucoin, changed(frame, asks=[], timestamp=1829822226746)))
    assert keeper.book.asks.best() is None


def update(first: int, last: int, bids: Any = (), asks: Any = ()) -> str:
    return changed(UPDATE, sequenceStart=first, sequenceEnd=last, changes={"bids": bids, "asks": asks})


def test_a_book_that_is_joined(kucoin: KucoinSpot) -> None:
    """Changes wait for the book by REST, older ones fall away, and a number that is left out is a gap."""
    item = row(kucoin, UPDATE)
    assert (item.first, item.last, item.timestamp) == (14701689783, 14701689783, 1729816425625)
    assert item.asks == [("67993.3", "1.21427407", 14701689783)]
    keeper = keeper_of(kucoin, "/market/level2:BTC-USDT")
    assert not keeper.take(row(kucoin, update(3262786970, 3262786975, bids=[["6500.12", "9", "3262786975"]])))
    assert keeper.wants_snapshot
    straddling = update(
        3262786976,
        3262786980,
        bids=[["6500.11", "0", "3262786979"], ["6500.10", "2", "3262786980"]],
        asks=[["6500.15", "0", "3262786977"]],
    )
    assert not keeper.take(row(kucoin, straddling))
    (snapshot,), _ = kucoin.read(kucoin.book_request("BTC-USDT", None), BOOK.encode(), Topic(NAME, "depth"))
    assert keeper.take(snapshot)
    assert keeper.sequence == 3262786980
    assert [level[:2] for level in keeper.book.bids.top(None)] == [("6500.12", "0.45"), ("6500.10", "2")]
    assert [level[:2] for level in keeper.book.asks.top(None)] == [("6500.16", "0.57")]
    assert not keeper.take(row(kucoin, straddling))
    with pytest.raises(BookGapError, match="expected 3262786981, received 3262786982"):
        keeper.take(row(kucoin, update(3262786982, 3262786982)))


def test_changes_without_a_level_and_out_of_order(kucoin: KucoinSpot) -> None:
    """A price of 0 only takes a number; changes of one level count in the order of their numbers."""
    item = row(kucoin, update(1, 3, asks=[["7", "2", "3"], ["0", "0", "2"], ["7", "1", "1"]]))
    assert item.asks == [("7", "1", 1), ("7", "2", 3)]
    assert row(kucoin, update(4, 4, bids=[["0", "0", "4"]])).bids == []


@pytest.mark.parametrize("channel", ["ticker", "trades", "klines", "depth"])
def test_recorded_messages(kucoin: KucoinSpot, channel: str) -> None:
    """Every recorded single message is understood."""
    for frame in messages("kucoin_spot", channel):
        for name, item in kucoin.decode(json.dumps(frame).encode()):
            assert isinstance(item, Container | BookRow), name


def test_recorded_answers(kucoin: KucoinSpot) -> None:
    """Recorded answers by REST are good, or errors with their text."""
    errors = [kucoin.failure("/x", 200, json.dumps(body).encode()) for body in messages("kucoin_spot", "http")]
    told = [str(error) for error in errors if error is not None]
    assert len(told) == 2
    assert "The quantity is invalid." in told[0]


def test_a_recording(kucoin: KucoinSpot) -> None:
    """Of a whole recording no frame is refused, none is of an unknown kind, and figures are those that were sent."""
    seen: dict[str, int] = {}
    for message in recorded(RECORDING):
        if message.kind != "ws":
            continue
        for name, item in kucoin.decode(message.payload, message.received):
            assert not isinstance(item, Rejected | Ignored)
            data = message.plain.get("data")
            kind = kucoin.split(name)[0] if name else "control"
            seen[kind] = seen.get(kind, 0) + 1
            if isinstance(item, TradeData):
                assert (item.get_price(), item.get_quantity()) == (float(data["price"]), float(data["size"]))
                assert (item.get_side(), item.get_trade_id()) == (data["side"], data["tradeId"])
                assert item.get_timestamp() == int(data["time"]) // 1_000_000
            elif isinstance(item, BarData):
                told = [item.get_timestamp() // 1000, item.get_open(), item.get_close(), item.get_high()]
                told += [item.get_low(), item.get_volume(), item.get_amount()]
                assert told == [float(figure) for figure in data["candles"]]
            elif isinstance(item, TickerData):
                told = [item.get_last_price(), item.get_bid_price(), item.get_ask_price(), item.get_last_volume()]
                assert told == [float(data[key]) for key in ("price", "bestBid", "bestAsk", "size")]
    assert seen == {
        "control": 14, "/market/level2": 3027, "/market/match": 6, "/market/candles": 3, "ticker": 585
    }  # fmt: skip


def test_recorded_books(kucoin: KucoinSpot) -> None:
    """All six recorded books join the whole book by REST, take every later change, and equal a naive one."""
    keepers: dict[str, BookKeeper] = {}
    naive: dict[str, dict[str, dict[float, float]]] = {}
    early: dict[str, list[Any]] = {}
    taken = 0
    for message in recorded(RECORDING):
        if message.kind == "http" and "orderbook/level2" in message.url:
            symbol = message.url.partition("symbol=")[2]
            (found,), _ = kucoin.read(kucoin.book_request(symbol, None), message.payload, Topic(NAME, "depth"))
            assert keepers[symbol].take(found)
            plain = message.plain["data"]
            naive[symbol] = {side: {float(p): float(q) for p, q in plain[side]} for side in ("bids", "asks")}
            for update in early.pop(symbol):
                put(naive[symbol], update, int(plain["sequence"]))
        elif message.kind == "ws" and message.plain.get("subject") == "trade.l2update":
            data = message.plain["data"]
            symbol = data["symbol"]
            keeper = keepers.setdefault(symbol, keeper_of(kucoin, f"/market/level2:{symbol}"))
            is_taken = keeper.take(row(kucoin, message.text))
            taken += is_taken
            if symbol not in naive:
                early.setdefault(symbol, []).append(data)
            elif is_taken:
                put(naive[symbol], data, 0)
                best = max(naive[symbol]["bids"]), min(naive[symbol]["asks"])
                assert (keeper.book.bids.best(), keeper.book.asks.best()) == best
    assert (len(keepers), len(naive), all(keeper.is_live for keeper in keepers.values())) == (6, 6, True)
    assert taken > 2500
    for symbol, keeper in keepers.items():
        for side, kept in (("bids", keeper.book.bids), ("asks", keeper.book.asks)):
            assert {float(level[0]): float(level[1]) for level in kept.top(None)} == naive[symbol][side]


def put(book: dict[str, dict[float, float]], update: Any, after: int) -> None:
    for side, levels in book.items():
        for price, quantity, number in update["changes"][side]:
            if float(price) and int(number) > after:
                levels[float(price)] = float(quantity)
                if not float(quantity):
                    del levels[float(price)]


# Sockets


def ticket_of(kucoin: KucoinSpot, body: str) -> tuple[list[Any], list[str]]:
    request = kucoin.ticket_request("market")
    assert (request.path, request.method, request.body) == ("/api/v1/bullet-public", "POST", b"")
    return kucoin.read(request, body.encode(), Topic(NAME, "ticket"))


def test_the_address_and_the_rhythm_come_with_the_token(kucoin: KucoinSpot) -> None:
    """A socket goes where the answer says, with the token encoded, and pings as often as its server wants."""
    assert kucoin.heartbeat("market").is_steady
    [ticket], _ = ticket_of(kucoin, TICKET.replace("18000", "9000"))
    url = kucoin.admit("wss://elsewhere/", ticket)
    address, _, query = url.partition("?")
    assert address == "wss://ws-api-spot.kucoin.com/"
    token, _, connection = query.partition("&connectId=")
    assert token == "token=2neAiuYv%3D%3D.i0bJ%2B%2F"
    assert connection.isalnum()
    assert kucoin.heartbeat("market").within == 9.0
    assert kucoin.heartbeat("market").send == '{"id":"ping","type":"ping"}'
    [bare], _ = ticket_of(kucoin, TICKET.replace("kucoin.com/", "kucoin.com/endpoint"))
    assert kucoin.admit("", bare).startswith("wss://ws-api-spot.kucoin.com/endpoint?token=")


def test_an_address_of_ones_own_counts() -> None:
    """Who sets `ws_url` is sent there, whatever address comes with the token."""
    kucoin = KucoinSpot(ExchangeSettings(ws_url="ws://127.0.0.1:9"))
    [ticket], _ = ticket_of(kucoin, TICKET)
    url = kucoin.endpoints["market"].url(kucoin.settings)
    assert kucoin.admit(url, ticket).startswith("ws://127.0.0.1:9/?token=2neAiuYv")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("wss://ws-api-spot.kucoin.com/", "ws://ws-api-spot.kucoin.com/"),
        ("wss://ws-api-spot.kucoin.com/", "https://ws-api-spot.kucoin.com/"),
        ("wss://ws-api-spot.kucoin.com/", "wss://user:word@kucoin.com/"),
        ("2neAiuYv==.i0bJ+/", ""),
        ("18000", "0"),
        ('"instanceServers":[', '"instanceServers":[],"others":['),
    ],
)
def test_a_ticket_that_leads_nowhere(kucoin: KucoinSpot, old: str, new: str) -> None:
    """A token without a server, or with an address that is not encrypted, is refused."""
    found, refused = ticket_of(kucoin, TICKET.replace(old, new))
    assert (found, len(refused)) == ([], 1)


# Commands and answers


def test_where_topics_are(kucoin: KucoinSpot) -> None:
    """The smallest book that has enough levels serves; a ticker has sockets of its own, since it counts twice."""
    books = {1: "level1", 2: "level2Depth5", 5: "level2Depth5", 6: "level2Depth50", 50: "level2Depth50"}
    for levels, name in books.items():
        found = kucoin.place("depth", "BTC-USDT", levels=levels)
        assert found == Subscription("market", f"/spotMarket/{name}:BTC-USDT")
    for levels in (51, None):
        assert kucoin.place("depth", "BTC-USDT", levels=levels).name == "/market/level2:BTC-USDT"
    assert kucoin.place("ticker", "BTC-USDT") == Subscription("ticker", "ticker:BTC-USDT")
    assert kucoin.place("klines", "BTC-USDT", interval="1week").name == "/market/candles:BTC-USDT_1week"
    assert kucoin.split("/market/candles:BTC-USDT_1week") == ("/market/candles", "BTC-USDT", "1week")
    assert kucoin.user_interval("1month") == "1M"
    assert kucoin.place_raw("/market/ticker", "BTC-USDT") == Subscription("market", "/market/ticker:BTC-USDT")
    assert kucoin.place_raw("/market/ticker:all", "").name == "/market/ticker:all"


def test_commands(kucoin: KucoinSpot) -> None:
    """Up to a hundred markets share a command where the venue allows; ids are texts."""
    names = ["ticker:BTC-USDT", "/market/match:BTC-USDT", "ticker:ETH-USDT", "/market/match:ETH-USDT"]
    names += ["/market/candles:BTC-USDT_1min", "/market/candles:ETH-USDT_1min", "/market/ticker:all"]
    commands = kucoin.subscribe(names, count(1))
    assert [json.loads(command.payload) for command in commands] == [
        {"id": str(number), "type": "subscribe", "topic": topic, "privateChannel": False, "response": True}
        for number, topic in enumerate(
            (
                "/market/snapshot:BTC-USDT",
                "/market/snapshot:ETH-USDT",
                "/market/ticker:BTC-USDT,ETH-USDT",
                "/market/match:BTC-USDT,ETH-USDT",
                "/market/candles:BTC-USDT_1min",
                "/market/candles:ETH-USDT_1min",
                "/market/ticker:all",
            ),
            1,
        )
    ]
    assert {name for command in commands for name in command.names} == set(names)
    many = kucoin.unsubscribe([f"/market/match:A{number}-USDT" for number in range(101)], count(1))
    assert [len(command.names) for command in many] == [100, 1]
    assert json.loads(many[1].payload)["type"] == "unsubscribe"


def test_raw_channels(kucoin: KucoinSpot) -> None:
    """The venue's own channels of a ticker come apart when they are asked for by their names."""
    frame = TICKER.encode()
    assert kucoin.decode_raw(frame)[0][0] == "ticker:BTC-USDT"
    kucoin.bind("/market/ticker:BTC-USDT", Topic(NAME, "raw", "BTC-USDT", "BTC-USDT"))
    assert kucoin.decode_raw(frame) == [("/market/ticker:BTC-USDT", json.loads(TICKER))]
    assert kucoin.decode_raw(SNAPSHOT.encode())[0][0] == "ticker:BTC-USDT"


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        ('{"id":"1545910660739","type":"welcome"}', Alive()),
        ('{"id":"1545910590801","type":"pong"}', Alive()),
        ('{"id":"1545910590801","type":"pong","timestamp":1764552000000000}', Alive()),
        ('{"id":"1545910660739","type":"ack"}', Ack(id="1545910660739")),
        ('{"type":"ack","id":1}', Ack(id="1")),
        (
            '{"id":"1545910660741","type":"error","code":404,"data":"topic /market/tickers:BTC-USDT is not found"}',
            Refusal("topic /market/tickers:BTC-USDT is not found", id="1545910660741", code="404"),
        ),
        (
            '{"id":"1","type":"error","code":415,"data":"type is not supported"}',
            Refusal("type is not supported", id="1", code="415"),
        ),
        (
            '{"id":"2","type":"error","code":509,"data":"exceed max subscription count limitation of 100 per session"}',
            Refusal("exceed max subscription count limitation of 100 per session", id="2", code="509"),
        ),
        ('{"id":"3","type":"error","code":401,"data":"token is expired"}', Expired("token is expired")),
        ('{"id":"4","type":"error","code":400}', Refusal("no error text", id="4", code="400")),
        ('{"type":"notice"}', Ignored("notice")),
        ("{}", Ignored("frame without type")),
    ],
)
def test_what_a_frame_without_data_says(kucoin: KucoinSpot, frame: str, said: Any) -> None:
    """An answer carries the id of its command, and a token that has run out asks for another socket."""
    assert kucoin.decode(frame.encode()) == [("", said)]


# REST


def read(kucoin: KucoinSpot, request: Request, data: Any, kind: str = "ticker") -> list[Any]:
    body = json.dumps({"code": "200000", "data": data}).encode()
    found, refused = kucoin.read(request, body, Topic(NAME, kind, "BTC-USDT", "BTC-USDT", interval="1m"))
    assert refused == []
    return found


def test_tickers_by_rest(kucoin: KucoinSpot) -> None:
    """The list of all names its markets and has quantities; the price of 24 hours ago follows from the change."""
    told = {
        "symbol": "ETH-USDT", "buy": "3010", "bestBidSize": "7", "sell": "3010.2", "bestAskSize": "5",
        "changeRate": "0.01", "changePrice": "30", "high": "3020", "low": "2990", "vol": "3", "volValue": "9030",
        "last": "3010", "averagePrice": "3000",
    }  # fmt: skip
    [ticker] = read(kucoin, kucoin.tickers_request(), {"time": 1, "ticker": [told]})
    assert (ticker.get_venue_symbol(), ticker.get_bid_volume(), ticker.get_ask_volume()) == ("ETH-USDT", 7.0, 5.0)
    assert (ticker.get_open_price(), ticker.get_price_change(), ticker.get_turnover_24h()) == (2980.0, 1.0, 9030.0)
    [one] = read(kucoin, kucoin.ticker_request("ETH-USDT"), {**told, "time": 1729757723612})
    assert (one.get_timestamp(), one.get_last_price()) == (1729757723612, 3010.0)
    assert kucoin.ticker_request("ETH-USDT").query == {"symbol": "ETH-USDT"}


def test_books_by_rest(kucoin: KucoinSpot) -> None:
    """Twenty levels, or a hundred: more are not told without a key."""
    asked = {levels: kucoin.book_request("BTC-USDT", levels).path for levels in (1, 20, 21, 5000, None)}
    assert [path.rpartition("_")[2] for path in asked.values()] == ["20", "20", "100", "100", "100"]


def test_trades_by_rest(kucoin: KucoinSpot) -> None:
    """The list comes with the newest first, and is handed on with the oldest first."""
    rows = [
        {"sequence": str(number), "tradeId": str(number), "price": "1", "size": "2", "side": "sell",
         "time": 1729843222921000000 + number}
        for number in (12, 10, 7)
    ]  # fmt: skip
    trades = read(kucoin, kucoin.trades_request("BTC-USDT", 100), rows, "trades")
    assert [trade.get_trade_id() for trade in trades] == ["7", "10", "12"]
    assert trades[0].get_timestamp() == 1729843222921


def test_bars_by_rest(kucoin: KucoinSpot) -> None:
    """Rows come newest first, with the close before the high; ranges are cut to 1500 bars."""
    rows = [["1729839660", "2", "3", "4", "1", "5", "12"], ["1729839600", "1", "2", "2.5", "0.5", "5", "8"]]
    first, second = read(kucoin, kucoin.klines_request("BTC-USDT", "1min", 10), rows, "klines")
    assert [first.get_timestamp(), second.get_timestamp()] == [1729839600000, 1729839660000]
    assert (second.get_open(), second.get_high(), second.get_low(), second.get_close()) == (2, 4, 1, 3)
    assert (second.get_volume(), second.get_amount()) == (5, 12)
    asked = [request.query for request in kucoin.klines_between("BTC-USDT", "1min", 0, 1500 * 60_000)]
    assert [(query["startAt"], query["endAt"]) for query in asked] == [("0", "89941"), ("89940", "90001")]
    assert {query["type"] for query in asked} == {"1min"}


def test_a_market(kucoin: KucoinSpot) -> None:
    """Steps are told as they are; `symbol` is the name on the wire, whatever its assets are called today."""
    told = {
        "symbol": "BTC-USDT", "name": "BTC-USDT", "baseCurrency": "BTC", "quoteCurrency": "USDT", "feeCurrency": "USDT",
        "market": "USDS", "baseMinSize": "0.00001", "quoteMinSize": "0.1", "baseMaxSize": "10000000000",
        "quoteMaxSize": "99999999", "baseIncrement": "0.00000001", "quoteIncrement": "0.000001",
        "priceIncrement": "0.1", "priceLimitRate": "0.1", "minFunds": "0.1", "isMarginEnabled": True,
        "enableTrading": True, "st": False, "callauctionIsEnabled": False,
    }  # fmt: skip
    renamed = {**told, "symbol": "BCHSV-USDT", "name": "BSV-USDT", "baseCurrency": "BSV", "enableTrading": False}
    market, other = read(kucoin, kucoin.instruments_request(), [told, renamed], "symbols")
    assert isinstance(market, SymbolData)
    assert (market.get_price_unit(), market.get_qty_unit(), market.get_min_qty()) == (0.1, 1e-8, 1e-5)
    assert (market.get_max_qty(), market.get_min_notional(), market.get_status()) == (1e10, 0.1, "trading")
    assert (other.get_venue_symbol(), other.get_base_asset(), other.get_status()) == ("BCHSV-USDT", "BSV", "halted")


def test_a_recorded_list_of_markets(kucoin: KucoinSpot) -> None:
    """A recorded list is read whole, with assets, steps and a market for each row."""
    [message] = [message for message in recorded(RECORDING) if message.url.endswith("/symbols")]
    markets, refused = kucoin.read(kucoin.instruments_request(), message.payload, Topic(NAME, "symbols"))
    assert (len(markets), refused) == (634, [])
    assert len({market.get_venue_symbol() for market in markets}) == 634
    assert all(market.get_tick_size() > 0 and market.get_lot_size() > 0 for market in markets)


def test_the_clock(kucoin: KucoinSpot) -> None:
    """The answer is the time in milliseconds and nothing else."""
    [time] = read(kucoin, kucoin.time_request(), 1640001112223)
    assert time.get_timestamp() == 1640001112223


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, '{"code":"900001","msg":".."}', InvalidSymbolError),
        (200, '{"code":"429000","msg":".."}', RateLimitError),
        (401, '{"code":"400003","msg":".."}', AuthenticationError),
        (401, '{"code":"400005","msg":".."}', AuthenticationError),
        (200, '{"code":"400002","msg":".."}', AuthenticationError),
        (400, '{"code":"400100","msg":".."}', RequestFailedError),
        (502, "<html>", RequestFailedError),
    ],
)
def test_errors_of_rest(kucoin: KucoinSpot, status: int, body: str, kind: type[Exception]) -> None:
    """Each code has its kind of error, also under a good status, and a good answer is none."""
    assert isinstance(kucoin.failure("/api/v1/market/stats", status, body.encode()), kind)
    assert kucoin.failure("/api/v1/market/stats", 200, b'{"code":"200000","data":[]}') is None
