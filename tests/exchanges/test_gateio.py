"""Gate: every message of its documents becomes what they say."""

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
from bt_api_py.exchanges.base import Ack, Alive, Farewell, Ignored, Refusal, Rejected, Request, Subscription
from bt_api_py.exchanges.gateio import GateioSpot
from bt_api_py.settings import ExchangeSettings

from .accounts import messages
from .material import objects, only, recorded, values

NAME = "GATEIO___SPOT"
RECORDING = "gateio_20210422"
TICKER = (
    '{"time":1669107766,"time_ms":1669107766406,"channel":"spot.tickers","event":"update","result":'
    '{"currency_pair":"BTC_USDT","last":"15743.4","lowest_ask":"15744.4","highest_bid":"15743.5",'
    '"change_percentage":"-1.8254","base_volume":"9110.473081735","quote_volume":"145082083.2535",'
    '"high_24h":"16280.9","low_24h":"15468.5"}}'
)
BOOK_TICKER = (
    '{"time":1682689046,"time_ms":1682689046142,"channel":"spot.book_ticker","event":"update","result":'
    '{"t":1682689046131,"u":517377894,"s":"ETC_ETH","b":"0.010326","B":"0.001","a":"0.010366","A":"10"}}'
)
TRADE = (
    '{"time":1606292218,"time_ms":1606292218231,"channel":"spot.trades","event":"update","result":{"id":309143071,'
    '"id_market":2390902,"create_time":1606292218,"create_time_ms":"1606292218213.4578","side":"sell",'
    '"currency_pair":"GT_USDT","amount":"16.47","price":"0.4705","range":"2390902-2390902"}}'
)
CANDLE = (
    '{"time":1606292600,"time_ms":1606292600376,"channel":"spot.candlesticks","event":"update","result":'
    '{"t":"1606292580","v":"2362.32035","c":"19128.1","h":"19128.1","l":"19128.1","o":"19128.1","n":"1m_BTC_USDT",'
    '"a":"0.1235","w":true}}'
)
FULL = (
    '{"channel":"spot.obu","result":{"t":1754006400261,"full":true,"s":"ob.BTC_USDT.400","u":25847113075,'
    '"b":[["115765.1","0.337839"]],"a":[["115765.2","0.631155"]]},"time_ms":1754006400264,"event":"update"}'
)
DIFFERENCE = (
    '{"channel":"spot.obu","result":{"t":1754006460600,"s":"ob.BTC_USDT.400","U":25847129970,"u":25847129996,'
    '"b":[["115576.7","0.050772"],["115717.7","0"]],"a":[["115742.9","0"]]},"time_ms":1754006460601,"event":"update"}'
)
UPDATE = (
    '{"time":1606294781,"time_ms":1606294781236,"channel":"spot.order_book_update","event":"update","result":'
    '{"t":1606294781123,"e":"depthUpdate","E":1606294781,"s":"BTC_USDT","U":48776301,"u":48776306,'
    '"b":[["19137.74","0.0001"],["19088.37","0"]],"a":[["19137.75","0.6135"]]}}'
)
WHOLE = (
    '{"time":1606295412,"time_ms":1606295412213,"channel":"spot.order_book","event":"update","result":'
    '{"t":1606295412123,"lastUpdateId":48791820,"s":"BTC_USDT","l":"5","bids":[["19079.55","0.0195"]],'
    '"asks":[["19080.24","0.1638"]]}}'
)


@pytest.fixture
def gate() -> GateioSpot:
    return GateioSpot()


def changed(frame: str, **result: Any) -> str:
    """Return a frame with other values in its result; ``None`` takes one out."""
    plain = json.loads(frame)
    plain["result"] = {key: value for key, value in {**plain["result"], **result}.items() if value is not None}
    return json.dumps(plain)


# Market data


def test_a_ticker(gate: GateioSpot) -> None:
    """Every figure has its place, the time beside them; the price of 24 hours ago follows from the change."""
    [(name, ticker)] = gate.decode(TICKER.encode())
    assert name == "spot.tickers:BTC_USDT"
    assert isinstance(ticker, TickerData)
    names = ("last_price", "bid_price", "ask_price", "high_price", "low_price", "volume", "turnover_24h")
    assert list(values(ticker, names).values()) == [
        15743.4, 15743.5, 15744.4, 16280.9, 15468.5, 9110.473081735, 145082083.2535
    ]  # fmt: skip
    assert ticker.get_timestamp() == 1669107766406
    assert ticker.get_price_change() == -1.8254
    assert ticker.get_open_price() == pytest.approx(15743.4 / (1 - 0.018254))
    assert ticker.get_price_change_abs() == pytest.approx(15743.4 - ticker.get_open_price())
    assert math.isnan(ticker.get_bid_volume())
    assert ticker.get_venue_symbol() == "BTC_USDT"
    older = json.loads(TICKER)
    del older["time_ms"]
    assert only(gate, json.dumps(older)).get_timestamp() == 1669107766000


def test_best_prices(gate: GateioSpot) -> None:
    """The channel of best prices has quantities; an empty text is an empty side."""
    [(name, ticker)] = gate.decode(BOOK_TICKER.encode())
    assert name == "spot.book_ticker:ETC_ETH"
    assert (ticker.get_bid_price(), ticker.get_bid_volume()) == (0.010326, 0.001)
    assert (ticker.get_ask_price(), ticker.get_ask_volume()) == (0.010366, 10.0)
    assert ticker.get_timestamp() == 1682689046131
    assert math.isnan(only(gate, changed(BOOK_TICKER, a="", A="")).get_ask_price())


def test_a_trade(gate: GateioSpot) -> None:
    """The id counts all markets; the number within the market is what must grow by one."""
    [(name, trade)] = gate.decode(TRADE.encode())
    assert name == "spot.trades:GT_USDT"
    assert isinstance(trade, TradeData)
    assert values(trade, ("trade_id", "price", "quantity", "side", "timestamp")) == {
        "trade_id": "309143071", "price": 0.4705, "quantity": 16.47, "side": "sell", "timestamp": 1606292218213
    }  # fmt: skip
    assert (trade.get_first_trade_id(), trade.get_last_trade_id()) == ("2390902", "2390902")
    assert gate.channel_of(name).contiguous
    several = only(gate, changed(TRADE, range="2390900-2390902"))
    assert (several.get_first_trade_id(), several.get_last_trade_id()) == ("2390900", "2390902")
    assert only(gate, changed(TRADE, range=None)).get_first_trade_id() == "2390902"
    assert only(gate, changed(TRADE, range=None, id_market=None)).get_first_trade_id() is None


@pytest.mark.parametrize(("told", "closed"), [(True, True), (False, False), (None, False)])
def test_a_bar(gate: GateioSpot, told: bool | None, closed: bool) -> None:
    """`v` counts the quote asset and `a` the base asset; without its flag a bar is left to its successor."""
    [(name, bar)] = gate.decode(changed(CANDLE, w=told).encode())
    assert name == "spot.candlesticks.1m:BTC_USDT"
    assert isinstance(bar, BarData)
    assert (bar.get_timestamp(), bar.get_close_time()) == (1606292580000, 1606292639999)
    assert (bar.get_open(), bar.get_high(), bar.get_low(), bar.get_close()) == (19128.1,) * 4
    assert (bar.get_volume(), bar.get_amount(), bar.get_interval()) == (0.1235, 2362.32035, "1m")
    assert bar.get_bar_status() is closed
    assert math.isnan(bar.get_num_trades())
    assert math.isnan(only(gate, changed(CANDLE, a=None)).get_volume())


def keeper_of(gate: GateioSpot, name: str) -> BookKeeper:
    declared = gate.channel_of(name).book
    assert declared is not None
    return BookKeeper(declared.rule, depth=declared.depth, exchange=NAME)


def row(gate: GateioSpot, frame: str) -> Any:
    item = only(gate, frame)
    assert isinstance(item, BookRow)
    return item


def test_a_book_that_is_kept(gate: GateioSpot) -> None:
    """A whole book, then changes, each beginning with the number after the last; a whole one may come any time."""
    [(name, first)] = gate.decode(FULL.encode())
    assert name == "spot.obu.400:BTC_USDT"
    keeper = keeper_of(gate, name)
    assert keeper.take(first)
    assert (keeper.sequence, keeper.state(1).timestamp) == (25847113075, 1754006400261)
    after = changed(DIFFERENCE, U=25847113076, u=25847113080)
    assert keeper.take(row(gate, after))
    assert not keeper.take(row(gate, after))  # twice
    assert (keeper.sequence, keeper.book.bids.best()) == (25847113080, 115765.1)
    assert len(keeper.book.bids) == 2
    with pytest.raises(BookGapError, match="expected 25847113080, received 25847129969"):
        keeper.take(row(gate, DIFFERENCE))
    assert keeper.take(row(gate, FULL))
    assert keeper.take(row(gate, changed(FULL, u=25847113099)))
    assert keeper.sequence == 25847113099


def test_a_book_that_is_joined(gate: GateioSpot) -> None:
    """Changes wait for the book by REST, which is asked for with its number; a whole one in between replaces all."""
    keeper = keeper_of(gate, "spot.order_book_update:BTC_USDT")
    [(name, update)] = gate.decode(UPDATE.encode())
    assert (name, update.first, update.last) == ("spot.order_book_update:BTC_USDT", 48776301, 48776306)
    assert not keeper.take(update)
    assert keeper.wants_snapshot
    request = gate.book_request("BTC_USDT", 100)
    assert request.query == {"currency_pair": "BTC_USDT", "limit": "100", "with_id": "true"}
    body = b'{"id":48776303,"current":1,"update":2,"asks":[["19138","1"]],"bids":[["19088.37","5"],["19000","1"]]}'
    (snapshot,), _ = gate.read(request, body, Topic(NAME, "depth"))
    assert keeper.take(snapshot)
    assert [level[0] for level in keeper.book.bids.top(None)] == ["19137.74", "19000"]
    assert keeper.take(row(gate, changed(UPDATE, U=48776307, u=48776308, full=True, b=[["5", "1"]], a=[["6", "1"]])))
    assert (keeper.sequence, len(keeper.book.bids)) == (48776308, 1)


def test_a_book_that_is_sent_whole(gate: GateioSpot) -> None:
    """Each frame replaces the book."""
    [(name, item)] = gate.decode(WHOLE.encode())
    assert (name, item.last, item.bids) == ("spot.order_book.5:BTC_USDT", 48791820, [("19079.55", "0.0195")])
    assert keeper_of(gate, name).take(item)


def test_a_list_in_place_of_a_record(gate: GateioSpot) -> None:
    """Some feeds send lists: each record counts, and a bad one costs itself."""
    plain = json.loads(TRADE)
    plain["result"] = [plain["result"], {**plain["result"], "id": 309143072, "price": "x"}]
    good, bad = objects(gate, json.dumps(plain))
    assert (good.get_trade_id(), type(bad)) == ("309143071", Rejected)
    assert good.get_raw_data()["id"] == 309143071


@pytest.mark.parametrize("channel", ["ticker", "trades", "klines", "depth"])
def test_recorded_messages(gate: GateioSpot, channel: str) -> None:
    """Every recorded single message is understood."""
    for frame in messages("gateio_spot", channel):
        for name, item in gate.decode(json.dumps(frame).encode()):
            assert isinstance(item, Container | BookRow), name


def test_a_recording(gate: GateioSpot) -> None:
    """Of a whole recording no frame is refused, none is of an unknown kind, and figures are those that were sent."""
    seen: dict[str, int] = {}
    for message in recorded(RECORDING):
        if message.kind != "ws":
            continue
        for name, item in gate.decode(message.payload, message.received):
            assert not isinstance(item, Rejected | Ignored)
            result = message.plain.get("result")
            kind = message.plain["channel"] if name else "control"
            seen[kind] = seen.get(kind, 0) + 1
            if isinstance(item, TradeData):
                assert (item.get_price(), item.get_quantity()) == (float(result["price"]), float(result["amount"]))
                assert (item.get_side(), item.get_trade_id()) == (result["side"], str(result["id"]))
            elif isinstance(item, BarData):
                assert (item.get_timestamp(), item.get_amount()) == (int(result["t"]) * 1000, float(result["v"]))
            elif isinstance(item, TickerData):
                assert item.get_last_price() == float(result["last"])
    assert seen == {
        "control": 22, "spot.order_book_update": 109, "spot.candlesticks": 10, "spot.tickers": 13, "spot.trades": 4
    }  # fmt: skip


def test_recorded_books(gate: GateioSpot) -> None:
    """All seven recorded books join the book by REST, take every later update, and equal a naive one."""
    keepers: dict[str, BookKeeper] = {}
    naive: dict[str, dict[str, dict[float, float]]] = {}
    early: dict[str, list[Any]] = {}
    for message in recorded(RECORDING):
        if message.kind == "http" and "/order_book?" in message.url:
            symbol = message.url.partition("currency_pair=")[2].partition("&")[0]
            (found,), _ = gate.read(gate.book_request(symbol, 100), message.payload, Topic(NAME, "depth"))
            if keepers[symbol].take(found):
                plain = message.plain
                naive[symbol] = {"b": {}, "a": {}}
                put(naive[symbol], {"b": plain["bids"], "a": plain["asks"]})
                for update in early.pop(symbol, []):
                    if update["u"] > plain["id"]:
                        put(naive[symbol], update)
        elif message.kind == "ws" and message.plain["channel"] == "spot.order_book_update":
            for name, item in gate.decode(message.payload):
                if not name:
                    continue
                symbol, result = gate.split(name)[1], message.plain["result"]
                keeper = keepers.setdefault(symbol, keeper_of(gate, name))
                if not keeper.is_live:
                    keeper.take(item)
                    early.setdefault(symbol, []).append(result)
                elif keeper.take(item):
                    put(naive[symbol], result)
                    book = naive[symbol]
                    assert (keeper.book.bids.best(), keeper.book.asks.best()) == (max(book["b"]), min(book["a"]))
    assert len(keepers) == len(naive) == 7
    assert all(keeper.is_live for keeper in keepers.values())
    for symbol, keeper in keepers.items():
        for side, levels in (("b", keeper.book.bids), ("a", keeper.book.asks)):
            assert {float(level[0]): float(level[1]) for level in levels.top(None)} == naive[symbol][side]


def put(book: dict[str, dict[float, float]], changes: Any) -> None:
    for side, levels in book.items():
        for price, quantity in changes[side]:
            levels[float(price)] = float(quantity)
            if not float(quantity):
                del levels[float(price)]


# Commands and answers


def test_where_topics_are(gate: GateioSpot) -> None:
    """Up to 50 levels the quick book serves, beyond that the deep one."""
    for asked, depth in ((1, 50), (50, 50), (51, 400), (None, 400)):
        assert gate.place("depth", "BTC_USDT", levels=asked) == Subscription("market", f"spot.obu.{depth}:BTC_USDT")
    assert gate.place("klines", "BTC_USDT", interval="7d").name == "spot.candlesticks.7d:BTC_USDT"
    assert gate.split("spot.candlesticks.7d:BTC_USDT") == ("spot.candlesticks", "BTC_USDT", "7d")
    assert gate.user_interval("7d") == "1w"


def test_commands(gate: GateioSpot) -> None:
    """Many markets share a command where the channel allows; commands carry the time in seconds."""
    gate.now_ms = 1700000000123
    names = [
        "spot.trades:BTC_USDT", "spot.candlesticks.1m:BTC_USDT", "spot.trades:ETH_USDT", "spot.obu.50:BTC_USDT",
        "spot.order_book.5:BTC_USDT", "spot.order_book_update:BTC_USDT",
    ]  # fmt: skip
    commands = gate.subscribe(names, count(1))
    assert [json.loads(command.payload) for command in commands] == [
        {"time": 1700000000, "id": number, "channel": channel, "event": "subscribe", "payload": payload}
        for number, (channel, payload) in enumerate(
            (
                ("spot.trades", ["BTC_USDT", "ETH_USDT"]),
                ("spot.candlesticks", ["1m", "BTC_USDT"]),
                ("spot.obu", ["ob.BTC_USDT.50"]),
                ("spot.order_book", ["BTC_USDT", "5", "100ms"]),
                ("spot.order_book_update", ["BTC_USDT", "100ms"]),
            ),
            1,
        )
    ]
    assert sorted(name for command in commands for name in command.names) == sorted(names)
    [back] = gate.unsubscribe(["spot.trades:BTC_USDT"], count(2))
    assert json.loads(back.payload) == {
        "time": 1700000000, "id": 2, "channel": "spot.trades", "event": "unsubscribe", "payload": ["BTC_USDT"]
    }  # fmt: skip


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (
            '{"time":1700000000,"time_ms":1700000000138,"id":1,"conn_id":"06a3248d8f02479a","trace_id":"1dc9..",'
            '"channel":"spot.trades","event":"subscribe","payload":["BTC_USDT","ETH_USDT"],"error":null,'
            '"result":{"status":"success"},"requestId":"1dc9.."}',
            Ack(id="1"),
        ),
        (
            '{"time":1739853211,"time_ms":1739853211201,"id":1,"conn_id":"62f2","trace_id":"cdb0",'
            '"channel":"spot.trades","event":"subscribe","payload":["FOO_USDT","ETH_USDT"],"error":{"code":2,'
            '"message":"unknown currency pair: FOO_USDT"},"result":{"status":"fail"},"requestId":"cdb0"}',
            Refusal("unknown currency pair: FOO_USDT", id="1", symbol="FOO_USDT", code="2", is_symbol=True),
        ),
        (
            '{"id":4,"channel":"spot.obu","event":"subscribe","error":{"code":2,"message":"Alert sub ob.BTC_USDT.50"}}',
            Ack(id="4"),
        ),
        (
            '{"id":4,"channel":"spot.obu","event":"subscribe","error":{"code":1,"message":"invalid request body"}}',
            Refusal("invalid request body", id="4", code="1"),
        ),
        (
            '{"time":1545404023,"channel":"spot.pong","event":"","error":null,"result":null}',
            Alive(),
        ),
        (
            '{"time":1545404023,"channel":"spot.trades","event":"upgrade"}',
            Farewell("the venue moves its service"),
        ),
    ],
)
def test_what_a_frame_without_data_says(gate: GateioSpot, frame: str, said: Any) -> None:
    """An answer carries the id of its command, an error may name the market, and an upgrade means to move on."""
    assert gate.decode(frame.encode()) == [("", said)]


# REST


def read(gate: GateioSpot, request: Request, body: str, kind: str = "ticker") -> list[Any]:
    found, refused = gate.read(request, body.encode(), Topic(NAME, kind, "BTC-USDT", "BTC_USDT", interval="1m"))
    assert refused == []
    return found


def test_a_ticker_by_rest(gate: GateioSpot) -> None:
    """By REST the best prices have quantities; the list of all names its markets."""
    body = (
        '[{"currency_pair":"ETH_USDT","last":"3010","lowest_ask":"3010.2","lowest_size":"5","highest_bid":"3010",'
        '"highest_size":"7","change_percentage":"1","base_volume":"3","quote_volume":"9030","high_24h":"3020",'
        '"low_24h":"2990"}]'
    )
    [ticker] = read(gate, gate.tickers_request(), body)
    assert (ticker.get_venue_symbol(), ticker.get_bid_volume(), ticker.get_ask_volume()) == ("ETH_USDT", 7.0, 5.0)
    assert gate.ticker_request("BTC_USDT").query == {"currency_pair": "BTC_USDT"}


def test_missed_trades(gate: GateioSpot) -> None:
    """The list is asked for by time, page by page, until it reaches behind the hole."""

    def page(first: int, size: int) -> list[Any]:
        rows = [
            {"id": str(10 * number), "create_time_ms": f"17000000{number:05d}.1", "side": "buy", "amount": "1",
             "currency_pair": "BTC_USDT", "price": "1", "sequence_id": str(number)}
            for number in range(first + size - 1, first - 1, -1)
        ]  # fmt: skip
        return read(gate, gate.trades_request("BTC_USDT", 1), json.dumps(rows), "trades")

    assert [trade.get_trade_id() for trade in page(5, 2)] == ["50", "60"]
    pages = gate.trades_between("BTC_USDT", 100, 3000, 1700000000999)
    request = next(pages)
    assert request.query == {"currency_pair": "BTC_USDT", "limit": "1000", "from": "1700000000", "page": "1"}
    request = pages.send(page(2000, 1000))  # type: ignore[arg-type]
    assert request.query["page"] == "2"
    with pytest.raises(StopIteration):
        pages.send(page(90, 1000))  # type: ignore[arg-type]


def test_bars_by_rest(gate: GateioSpot) -> None:
    """Rows come in an order of their own, the quote asset's volume first; ranges are cut to a thousand bars."""
    body = (
        '[["1606292580","2362.32","19128.1","19130","19120","19125","0.1235","true"],'
        '["1606292640","0","1","1","1","1"]]'
    )
    first, second = read(gate, gate.klines_request("BTC_USDT", "1m", 10), body, "klines")
    assert (first.get_open(), first.get_high(), first.get_low(), first.get_close()) == (19125, 19130, 19120, 19128.1)
    assert (first.get_volume(), first.get_amount(), first.get_bar_status()) == (0.1235, 2362.32, True)
    assert not second.get_bar_status()
    asked = [request.query for request in gate.klines_between("BTC_USDT", "1m", 0, 1500 * 60_000)]
    assert [(query["from"], query["to"]) for query in asked] == [("0", "59940"), ("59940", "90000")]
    assert all("limit" not in query for query in asked)


def test_a_market(gate: GateioSpot) -> None:
    """Steps are told in digits; a least amount may be missing."""
    body = (
        '[{"id":"BTC_USDT","base":"BTC","quote":"USDT","fee":"0.2","min_base_amount":"0.00001","min_quote_amount":"3",'
        '"amount_precision":5,"precision":1,"trade_status":"tradable","sell_start":0,"buy_start":0,"delisting_time":0,'
        '"type":"normal","st_tag":false},{"id":"A_B","base":"A","quote":"B","min_base_amount":null,'
        '"amount_precision":0,"precision":6,"trade_status":"untradable"}]'
    )
    market, other = read(gate, gate.instruments_request(), body, "symbols")
    assert isinstance(market, SymbolData)
    assert (market.get_price_unit(), market.get_qty_unit(), market.get_min_qty()) == (0.1, 1e-5, 1e-5)
    assert (market.get_min_notional(), market.get_status(), other.get_status()) == (3.0, "trading", "untradable")
    assert math.isnan(other.get_min_qty())


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, '{"label":"INVALID_CURRENCY_PAIR","message":".."}', InvalidSymbolError),
        (429, '{"label":"TOO_MANY_REQUESTS","message":".."}', RateLimitError),
        (401, '{"label":"INVALID_KEY","message":".."}', AuthenticationError),
        (401, '{"label":"INVALID_SIGNATURE","message":".."}', AuthenticationError),
        (403, '{"label":"REQUEST_EXPIRED","message":".."}', AuthenticationError),
        (400, '{"label":"INVALID_PARAM_VALUE","message":".."}', RequestFailedError),
        (502, "<html>", RequestFailedError),
    ],
)
def test_errors_of_rest(gate: GateioSpot, status: int, body: str, kind: type[Exception]) -> None:
    """Each label has its kind of error, and a good answer is none."""
    assert isinstance(gate.failure("/api/v4/spot/trades", status, body.encode()), kind)
    assert gate.failure("/api/v4/spot/trades", 200, b"[]") is None


def test_the_test_environment() -> None:
    """The venue's test environment has another host and another path."""
    settings = ExchangeSettings(testnet=True)
    assert GateioSpot.endpoints["market"].url(settings) == "wss://ws-testnet.gate.com/v4/ws/spot"
    assert GateioSpot(settings).rest_url == "https://api-testnet.gateapi.io"
    assert GateioSpot.endpoints["market"].url(ExchangeSettings()) == "wss://api.gateio.ws/ws/v4/"
