"""Kraken: every message of its documents becomes what they say."""

from __future__ import annotations

import json
import math
from itertools import count
from typing import Any

import pytest

from bt_api_py.book.checksum import DigitsCrc32
from bt_api_py.book.orderbook import OrderBook
from bt_api_py.book.sequence import BookKeeper, BookRow
from bt_api_py.containers import BarData, Container, SymbolData, TickerData, Topic, TradeData
from bt_api_py.exceptions import (
    AuthenticationError,
    BookGapError,
    ChecksumError,
    InvalidSymbolError,
    RateLimitError,
    RequestFailedError,
)
from bt_api_py.exchanges.base import Ack, Alive, Exchange, Ignored, Refusal, Rejected, Request, Subscription
from bt_api_py.exchanges.kraken import KrakenSpot
from bt_api_py.exchanges.kraken.wire import asset_of, market_of, pair_of
from bt_api_py.symbols import SymbolTable

from .accounts import messages
from .material import objects, only, values

NAME = "KRAKEN___SPOT"
TICKER = (
    '{"channel":"ticker","type":"snapshot","data":[{"symbol":"BTC/USD","bid":108359.8,"bid_qty":0.01362603,'
    '"ask":108359.9,"ask_qty":17.17988863,"last":108359.8,"volume":2158.32346723,"vwap":108894.5,"low":106824.0,'
    '"high":111300.0,"change":-2679.9,"change_pct":-2.41,"timestamp":"2026-07-10T00:00:02.123456Z"}]}'
)
TRADE = (
    '{"channel":"trade","type":"update","data":[{"symbol":"BTC/USD","side":"buy","price":105944.2,"qty":0.00027625,'
    '"ord_type":"limit","trade_id":10218208,"timestamp":"2026-07-10T00:00:00.123456Z"}]}'
)
OHLC = (
    '{"channel":"ohlc","type":"update","timestamp":"2023-10-04T16:26:30.524394914Z","data":[{"symbol":"MATIC/USD",'
    '"open":0.5624,"high":0.5628,"low":0.5622,"close":0.5627,"trades":12,"volume":30927.68066226,"vwap":0.5626,'
    '"interval_begin":"2023-10-04T16:25:00.000000000Z","interval":5,"timestamp":"2023-10-04T16:30:00.000000Z"}]}'
)
ASKS = (
    "45285.2 0.00100000 | 45286.4 1.54571953 | 45286.6 1.54571109 | 45289.6 1.54560911 | 45290.2 0.15890660 | "
    "45291.8 1.54553491 | 45294.7 0.04454749 | 45296.1 0.35380000 | 45297.5 0.09945542 | 45299.5 0.18772827"
)
BIDS = (
    "45283.5 0.10000000 | 45283.4 1.54582015 | 45282.1 0.10000000 | 45281.0 0.10000000 | 45280.3 1.54592586 | "
    "45279.0 0.07990000 | 45277.6 0.03310103 | 45277.5 0.30000000 | 45277.3 1.54602737 | 45276.6 0.15445238"
)
CHECKSUM = 3310070434


def pairs(text: str) -> list[list[str]]:
    return [level.split() for level in text.split(" | ")]


def levels(text: str) -> str:
    return ",".join(f'{{"price":{price},"qty":{quantity}}}' for price, quantity in pairs(text))


def book(kind: str, bids: str, asks: str, checksum: int | None, moment: str = "2026-07-10T00:00:01.123457Z") -> str:
    sides = f'"bids":[{bids}],"asks":[{asks}]'
    told = f',"checksum":{checksum}' if checksum is not None else ""
    return f'{{"channel":"book","type":"{kind}","data":[{{"symbol":"BTC/USD",{sides}{told},"timestamp":"{moment}"}}]}}'


@pytest.fixture
def kraken() -> KrakenSpot:
    return KrakenSpot()


# Market data


def test_a_ticker(kraken: KrakenSpot) -> None:
    """Every field of a ticker has its place; the price of 24 hours ago and the turnover follow from the others."""
    ticker = only(kraken, TICKER)
    assert isinstance(ticker, TickerData)
    names = ("last_price", "bid_price", "bid_volume", "ask_price", "ask_volume", "high_price", "low_price", "volume")
    assert list(values(ticker, names).values()) == [
        108359.8, 108359.8, 0.01362603, 108359.9, 17.17988863, 111300.0, 106824.0, 2158.32346723
    ]  # fmt: skip
    assert ticker.get_price_change_abs() == -2679.9
    assert ticker.get_price_change() == -2.41
    assert ticker.get_open_price() == 111039.7
    assert ticker.get_turnover_24h() == pytest.approx(2158.32346723 * 108894.5)
    assert ticker.get_timestamp() == 1783641602123
    assert ticker.get_venue_symbol() == "BTC/USD"
    assert ticker.get_raw_data() == json.loads(TICKER)["data"][0]


def test_a_market_in_which_nothing_was_traded(kraken: KrakenSpot) -> None:
    """Prices of zero and the year 1970 stand for nothing."""
    row = '{"symbol":"ANETx/USD","bid":0,"bid_qty":0,"ask":0,"ask_qty":0,"timestamp":"1970-01-01T00:00:00.000000Z"}'
    ticker = only(kraken, f'{{"channel":"ticker","type":"update","data":[{row}]}}', 5.0)
    assert math.isnan(ticker.get_bid_price())
    assert math.isnan(ticker.get_ask_volume())
    assert math.isnan(ticker.get_open_price())
    assert ticker.get_timestamp() == 5000  # of receipt


def test_a_ticker_of_older_days_has_no_time(kraken: KrakenSpot) -> None:
    """Without a time the moment of receipt counts."""
    frame = json.loads(TICKER)
    del frame["data"][0]["timestamp"]
    assert only(kraken, json.dumps(frame), 7.0).get_timestamp() == 7000


def test_trades(kraken: KrakenSpot) -> None:
    """A trade has the taker's side, and an id that grows by one; a frame may hold several."""
    trade = only(kraken, TRADE)
    assert isinstance(trade, TradeData)
    assert values(trade, ("trade_id", "price", "quantity", "side", "timestamp")) == {
        "trade_id": "10218208", "price": 105944.2, "quantity": 0.00027625, "side": "buy", "timestamp": 1783641600123
    }  # fmt: skip
    frame = json.loads(TRADE)
    frame["data"].append({**frame["data"][0], "trade_id": 10218209, "side": "sell"})
    del frame["data"][1]["ord_type"]
    assert [item.get_trade_id() for item in objects(kraken, json.dumps(frame))] == ["10218208", "10218209"]
    assert kraken.channel_of("trade:BTC/USD").contiguous


def test_a_bar(kraken: KrakenSpot) -> None:
    """A bar opens at `interval_begin`, nine digits and all, and never says that it is closed."""
    [(name, bar)] = kraken.decode(OHLC.encode())
    assert name == "ohlc-5:MATIC/USD"
    assert isinstance(bar, BarData)
    names = ("timestamp", "open", "high", "low", "close", "volume", "num_trades", "interval", "bar_status")
    assert list(values(bar, names).values()) == [
        1696436700000, 0.5624, 0.5628, 0.5622, 0.5627, 30927.68066226, 12, "5m", False
    ]  # fmt: skip
    assert bar.get_close_time() == 1696436999999
    assert bar.get_amount() == pytest.approx(30927.68066226 * 0.5626)


def test_the_checksum_of_the_guide() -> None:
    """Digits of the ten best asks, then bids, with all decimals: the value of the venue's own guide."""
    made = OrderBook()
    made.load(pairs(BIDS), pairs(ASKS))
    assert DigitsCrc32()(made) == CHECKSUM
    made.bids.apply([["45000.0", "1.00000000"]])
    assert DigitsCrc32()(made) == CHECKSUM  # beyond the tenth


def keeper_of(kraken: KrakenSpot, name: str = "book-10:BTC/USD") -> BookKeeper:
    declared = kraken.channel_of(name).book
    assert declared is not None
    return BookKeeper(declared.rule, depth=declared.depth, checksum=declared.checksum, exchange=NAME)


def row(kraken: KrakenSpot, text: str) -> Any:
    item = only(kraken, text)
    assert isinstance(item, BookRow)
    return item


def test_a_book_is_held_to_its_checksum(kraken: KrakenSpot) -> None:
    """Snapshot and updates are verified; the digits are those that were sent, and one that is lost shows."""
    keeper = keeper_of(kraken)
    assert keeper.take(row(kraken, book("snapshot", levels(BIDS), levels(ASKS), CHECKSUM)))
    state = keeper.state(1)
    assert (state.bids, state.asks) == ([[45283.5, 0.1]], [[45285.2, 0.001]]) or keeper.book.bids.best() == 45283.5
    assert (state.sequence, state.timestamp, state.checksum) == (None, 1783641601123, CHECKSUM)
    gone = book("update", '{"price":45283.5,"qty":0.00000000}', "", 1)
    with pytest.raises(ChecksumError):
        keeper.take(row(kraken, gone))
    assert not keeper.is_live
    keeper.take(row(kraken, book("snapshot", levels(BIDS), levels(ASKS), CHECKSUM)))
    made = OrderBook()
    made.load(pairs(BIDS)[1:], pairs(ASKS))
    right = book("update", '{"price":45283.5,"qty":0.00000000}', "", DigitsCrc32()(made))
    assert keeper.take(row(kraken, right))
    assert keeper.book.bids.best() == 45283.4
    with pytest.raises(BookGapError):
        keeper.take(row(kraken, book("update", "", "", None, "2026-07-10T00:00:00Z")))


def test_levels_that_are_pushed_out_are_dropped(kraken: KrakenSpot) -> None:
    """A side is cut to the depth that was subscribed, since the venue does not delete what falls out of it."""
    keeper = keeper_of(kraken)
    keeper.take(row(kraken, book("snapshot", levels(BIDS), levels(ASKS), CHECKSUM)))
    made = OrderBook(10)
    made.load([*pairs(BIDS), ["45284.0", "1.00000000"]], pairs(ASKS))
    keeper.take(row(kraken, book("update", '{"price":45284.0,"qty":1.00000000}', "", DigitsCrc32()(made))))
    assert len(keeper.book.bids) == 10
    assert [float(level[0]) for level in keeper.book.bids.top(None)][-1] == 45277.3


def test_a_price_that_comes_twice(kraken: KrakenSpot) -> None:
    """Of two levels at one price in a message, the later one counts."""
    keeper = keeper_of(kraken)
    keeper.take(row(kraken, book("snapshot", levels(BIDS), levels(ASKS), CHECKSUM)))
    twice = '{"price":45283.5,"qty":9.00000000},{"price":45283.5,"qty":0.10000000}'
    assert keeper.take(row(kraken, book("update", twice, "", CHECKSUM)))


def test_a_frame_of_a_book_belongs_to_the_depth_that_is_read(kraken: KrakenSpot) -> None:
    """A frame does not tell its depth: it is that of the topic on this socket."""
    payload = book("snapshot", levels(BIDS), levels(ASKS), CHECKSUM).encode()
    assert [name for name, _ in kraken.decode(payload)] == ["book-10:BTC/USD"]
    kraken.bind("book-500:BTC/USD", Topic(NAME, "depth", "BTC-USD", "BTC/USD"))
    assert [name for name, _ in kraken.decode(payload)] == ["book-500:BTC/USD"]
    kraken.unbind("book-500:BTC/USD")
    assert [name for name, _ in kraken.decode(payload)] == ["book-10:BTC/USD"]


@pytest.mark.parametrize(
    ("asked", "depth"), [(1, 10), (10, 10), (11, 25), (20, 25), (100, 100), (101, 500), (501, 1000), (None, 1000)]
)
def test_the_shallowest_depth_that_serves(kraken: KrakenSpot, asked: int | None, depth: int) -> None:
    """Each depth has sockets of its own."""
    found = kraken.place("depth", "BTC/USD", levels=asked)
    assert found == Subscription(f"book-{depth}", f"book-{depth}:BTC/USD")
    declared = kraken.channel_of(found.name).book
    assert declared is not None
    assert (declared.depth, declared.vouched) == (depth, 10)


# Commands and answers


def test_commands(kraken: KrakenSpot) -> None:
    """Markets of one channel share a command, whose number is an integer; what tells topics apart is repeated."""
    names = ["ticker:BTC/USD", "book-100:BTC/USD", "ticker:ETH/USD", "ohlc-5:BTC/USD"]
    sent = {method: [json.loads(c.payload) for c in getattr(kraken, method)(names, count(7))]
            for method in ("subscribe", "unsubscribe")}  # fmt: skip
    assert sent["subscribe"] == [
        {"method": "subscribe", "params": {"channel": "ticker", "symbol": ["BTC/USD", "ETH/USD"]}, "req_id": 7},
        {"method": "subscribe", "params": {"channel": "book", "symbol": ["BTC/USD"], "depth": 100}, "req_id": 8},
        {
            "method": "subscribe",
            "params": {"channel": "ohlc", "symbol": ["BTC/USD"], "interval": 5, "snapshot": False},
            "req_id": 9,
        },
    ]
    assert sent["unsubscribe"][1:] == [
        {"method": "unsubscribe", "params": {"channel": "book", "symbol": ["BTC/USD"], "depth": 100}, "req_id": 8},
        {"method": "unsubscribe", "params": {"channel": "ohlc", "symbol": ["BTC/USD"], "interval": 5}, "req_id": 9},
    ]
    [own] = kraken.subscribe([kraken.place_raw("instrument", "").name], count(1))
    assert json.loads(own.payload)["params"] == {"channel": "instrument"}


TIMES = '"time_in":"2026-01-05T09:04:31.742599Z","time_out":"2026-01-05T09:04:31.742648Z"'


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (
            '{"method":"subscribe","result":{"channel":"book","symbol":"BTC/USD","depth":100,"snapshot":true},'
            f'"success":true,{TIMES},"req_id":7}}',
            Ack(id="7", name="book-100:BTC/USD"),
        ),
        (
            '{"method":"subscribe","success":false,"error":"Currency pair not supported FOO/BAR",'
            f'{TIMES},"req_id":7}}',
            Refusal("Currency pair not supported FOO/BAR", id="7", symbol="FOO/BAR", is_symbol=True, is_partial=True),
        ),
        (
            '{"method":"subscribe","success":false,"error":"Currency pair not supported FOO/BAR","symbol":"FOO/BAR"}',
            Refusal("Currency pair not supported FOO/BAR", symbol="FOO/BAR", is_symbol=True, is_partial=True),
        ),
        (
            '{"method":"unsubscribe","result":{"channel":"book","symbol":"BTC/USD","depth":100},"success":true,'
            f'{TIMES},"req_id":8}}',
            Ack(id="8", name="book-100:BTC/USD"),
        ),
        ('{"method":"subscribe","success":false,"error":"Already subscribed to x","req_id":4}', Ack(id="4")),
        (
            '{"method":"subscribe","success":false,"error":"Exceeded msg rate","req_id":3}',
            Refusal("Exceeded msg rate", id="3", is_pace=True, is_partial=True),
        ),
        ('{"Error":"Exceeded msg rate"}', Refusal("Exceeded msg rate", is_pace=True)),
        ('{"channel":"heartbeat"}', Alive()),
        ('{"method":"pong","req_id":42,"time_in":"...","time_out":"..."}', Alive()),
        (
            '{"channel":"status","type":"update","data":[{"version":"2.0.10","system":"online","api_version":"v2",'
            '"connection_id":6447481662169813000}]}',
            Alive(),
        ),
        (
            '{"channel":"status","type":"update","data":[{"version":"2.0.10","system":"maintenance"}]}',
            Ignored("status: maintenance"),
        ),
    ],
)
def test_what_a_frame_without_data_says(kraken: KrakenSpot, frame: str, said: Any) -> None:
    """Acknowledgements come for each market, errors name it, and signs of life are no data."""
    assert kraken.decode(frame.encode()) == [("", said)]


def test_an_object_in_place_of_rows_is_no_accident(kraken: KrakenSpot) -> None:
    """The channel of instruments sends an object; it is known by its name, and read as it stands."""
    frame = (
        '{"channel":"instrument","type":"snapshot","data":{"assets":[{"id":"BTC","status":"enabled","precision":10}],'
        '"pairs":[{"symbol":"BTC/USD","base":"BTC","quote":"USD","status":"online","qty_precision":8}]}}'
    )
    assert kraken.decode(frame.encode()) == [("", Ignored("instrument"))]
    assert kraken.decode_raw(frame.encode()) == [("instrument", json.loads(frame))]


@pytest.mark.parametrize("channel", ["ticker", "trades", "klines", "depth"])
def test_recorded_messages(kraken: KrakenSpot, channel: str) -> None:
    """Every recorded message of version 2 is understood, as far as it belongs to a channel that is offered."""
    for frame in messages("kraken_v2", channel):
        for _, item in kraken.decode(json.dumps(frame).encode()):
            if frame["channel"] == "level3":
                assert item == Ignored(f"level3:{frame['data'][0]['symbol']}")
            else:
                assert isinstance(item, Container | BookRow)


# REST


def read(exchange: Exchange, request: Request, body: str, kind: str = "ticker") -> list[Any]:
    found, refused = exchange.read(request, body.encode(), Topic(NAME, kind, "BTC-USDT", "BTC/USDT"))
    assert refused == []
    return found


REST_TICKER = (
    '{"error":[],"result":{"XBTUSDT":{"a":["105944.30000","1","1.000"],"b":["105944.20000","2","2.500"],'
    '"c":["105899.40000","0.00009443"],"v":["0.78648221","163.28908096"],"p":["105960.64756","105904.39279"],'
    '"t":[35,3276],"l":["105853.50000","104711.00000"],"h":["106112.00000","106613.10000"],"o":"106021.60000"}}}'
)


def test_a_ticker_by_rest(kraken: KrakenSpot) -> None:
    """Of two figures the second is that of 24 hours; the opening of the day is not a price of 24 hours ago."""
    request = kraken.ticker_request("BTC/USDT")
    assert (request.path, request.query) == ("/0/public/Ticker", {"pair": "XBTUSDT"})
    for each in (request, kraken.tickers_request()):
        [ticker] = read(kraken, each, REST_TICKER)
        assert ticker.get_venue_symbol() == "BTC/USDT"
        assert (ticker.get_last_price(), ticker.get_last_volume()) == (105899.4, 0.00009443)
        assert (ticker.get_bid_price(), ticker.get_bid_volume()) == (105944.2, 2.5)
        assert (ticker.get_ask_price(), ticker.get_ask_volume()) == (105944.3, 1.0)
        assert (ticker.get_volume(), ticker.get_high_price(), ticker.get_low_price()) == (
            163.28908096,
            106613.1,
            104711.0,
        )
        assert ticker.get_turnover_24h() == pytest.approx(163.28908096 * 105904.39279)
        assert math.isnan(ticker.get_open_price())
        assert ticker.get_raw_data() == json.loads(REST_TICKER)["result"]["XBTUSDT"]


def test_trades_by_rest(kraken: KrakenSpot) -> None:
    """Rows have side, time in seconds and id; the cursor beside them is no row."""
    body = (
        '{"error":[],"result":{"XXBTZUSD":[["30243.40000","0.34507674",1688669597.8277369,"b","m","",61044952],'
        '["30243.30000","0.00376960",1688669598.2804112,"s","l","",61044953]],"last":"1688671969993150842"}}'
    )
    first, second = read(kraken, kraken.trades_request("BTC/USD", 5), body, "trades")
    assert (first.get_trade_id(), first.get_side(), first.get_timestamp()) == ("61044952", "buy", 1688669597827)
    assert (second.get_price(), second.get_quantity(), second.get_side()) == (30243.3, 0.0037696, "sell")
    assert second.get_raw_data()[6] == 61044953


def test_missed_trades_are_listed_by_time(kraken: KrakenSpot) -> None:
    """The list begins behind a time in nanoseconds, goes on from its own last trade, and ends with the hole."""

    def page(first: int, size: int) -> list[TradeData]:
        rows = ",".join(f'["1.0","1.0",{1700000000 + number / 10:.4f},"b","m","",{number}]' for number in
                        range(first, first + size))  # fmt: skip
        return read(kraken, kraken.trades_request("BTC/USD", 1), f'{{"error":[],"result":{{"K":[{rows}]}}}}', "trades")

    pages = kraken.trades_between("BTC/USD", 1, 1500, 1700000000000)
    request = next(pages)
    assert request.query == {"pair": "XBTUSD", "count": "1000", "since": "1699999999999999999"}
    request = pages.send(page(1, 1000))  # type: ignore[arg-type]
    assert request.query["since"] == "1700000099999999999"
    with pytest.raises(StopIteration):
        pages.send(page(1000, 600))  # type: ignore[arg-type]
    assert request.budget == "Trades XBTUSD"


def test_bars_by_rest(kraken: KrakenSpot) -> None:
    """Rows have the mean price before the volume; one without a trade is a row too, and nothing says what is closed."""
    body = (
        '{"error":[],"result":{"XXBTZUSD":[[1688671200,"30306.1","30306.2","30305.7","30305.7","30306.1","3.39243896",23],'
        '[1688671260,"30305.7","30305.7","30305.7","30305.7","0.0","0.00000000",0]],"last":1688671200}}'
    )
    first, second = read(kraken, kraken.klines_request("BTC/USD", "1", 10), body, "klines")
    assert (first.get_timestamp(), first.get_volume(), first.get_num_trades()) == (1688671200000, 3.39243896, 23)
    assert first.get_amount() == pytest.approx(3.39243896 * 30306.1)
    assert (second.get_volume(), second.get_amount(), second.get_bar_status()) == (0, 0, False)
    [request] = kraken.klines_between("BTC/USD", "5", 1688671200000, 1688671500000)
    assert request.query == {"pair": "XBTUSD", "interval": "5", "since": "1688671199"}


def test_a_book_by_rest(kraken: KrakenSpot) -> None:
    """The book has up to 500 levels a side and no number."""
    body = (
        '{"error":[],"result":{"XBTUSDT":{"asks":[["105944.30000","0.136",1762820248]],'
        '"bids":[["105944.20000","0.002",1762820233]]}}}'
    )
    [found] = read(kraken, kraken.book_request("BTC/USDT", None), body, "depth")
    assert (found.bids, found.asks, found.last) == (
        [("105944.20000", "0.002", 1762820233)], [("105944.30000", "0.136", 1762820248)], None
    )  # fmt: skip
    assert kraken.book_request("BTC/USDT", None).query["count"] == "500"
    assert kraken.book_request("BTC/USDT", 20).query["count"] == "20"


PAIR = (
    '{"error":[],"result":{"XXBTZUSD":{"altname":"XBTUSD","wsname":"XBT/USD","aclass_base":"currency","base":"XXBT",'
    '"aclass_quote":"currency","quote":"ZUSD","lot":"unit","cost_decimals":5,"pair_decimals":1,"lot_decimals":8,'
    '"ordermin":"0.00005","costmin":"0.5","tick_size":"0.1","status":"online"}}}'
)


def test_a_market(kraken: KrakenSpot) -> None:
    """A market has the name of version 2, steps and least amounts, and is found by its older names as well."""
    [market] = read(kraken, kraken.instruments_request(), PAIR, "symbols")
    assert isinstance(market, SymbolData)
    assert (market.get_venue_symbol(), market.get_base_asset(), market.get_quote_asset()) == ("BTC/USD", "BTC", "USD")
    assert (market.get_price_unit(), market.get_qty_unit(), market.get_min_qty()) == (0.1, 1e-8, 0.00005)
    assert (market.get_min_notional(), market.get_status()) == (0.5, "trading")
    table = SymbolTable(NAME, [market])
    for spelling in ("BTCUSD", "btc-usd", "BTC/USD", "XBTUSD", "XBT/USD", "xbt_usd", "XXBTZUSD"):
        assert table.find(spelling) is market
    assert kraken.symbols.guess("XBTUSD") == kraken.symbols.guess("btc-usd") == "BTC/USD"
    assert kraken.symbols.guess("XDGUSDT") == "DOGE/USDT"


@pytest.mark.parametrize(
    ("name", "market", "pair"),
    [
        ("XXBTZUSD", "BTC/USD", "XBTUSD"),
        ("XBTUSDT", "BTC/USDT", "XBTUSDT"),
        ("XETHZEUR", "ETH/EUR", "ETHEUR"),
        ("XETHXXBT", "ETH/BTC", "ETHXBT"),
        ("XDGUSD", "DOGE/USD", "XDGUSD"),
        ("XTZUSD", "XTZ/USD", "XTZUSD"),
        ("ZETAUSD", "ZETA/USD", "ZETAUSD"),
        ("AAPLx/USD", "AAPLx/USD", "AAPLxUSD"),
        ("XBTPYUSD", "BTC/PYUSD", "XBTPYUSD"),
        ("STRANGE", "STRANGE", "STRANGE"),
    ],
)
def test_names_of_markets(name: str, market: str, pair: str) -> None:
    """Every form in which REST names a market leads to that of version 2, and from there to what REST takes."""
    assert (market_of(name), pair_of(market)) == (market, pair)


def test_names_of_assets() -> None:
    """Letters for the class of an asset go, suffixes for its wallet stay."""
    assert [asset_of(name) for name in ("XXBT", "ZUSD", "XBT.F", "USDT", "XTZ", "XXDG", "ZETA")] == [
        "BTC", "USD", "BTC.F", "USDT", "XTZ", "DOGE", "ZETA"
    ]  # fmt: skip


def test_the_clock(kraken: KrakenSpot) -> None:
    """The venue tells whole seconds; the middle of the second is taken."""
    body = '{"error":[],"result":{"unixtime":1762820224,"rfc1123":"Tue, 11 Nov 25 00:17:04 +0000"}}'
    [time] = read(kraken, kraken.time_request(), body, "time")
    assert time.get_timestamp() == 1762820224500


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, '{"error":["EQuery:Unknown asset pair"]}', InvalidSymbolError),
        (200, '{"error":["EGeneral:Too many requests"]}', RateLimitError),
        (200, '{"error":["EAPI:Rate limit exceeded"]}', RateLimitError),
        (200, '{"error":["EAPI:Invalid key"]}', AuthenticationError),
        (200, '{"error":["EAPI:Invalid signature"]}', AuthenticationError),
        (200, '{"error":["EAPI:Invalid nonce"]}', AuthenticationError),
        (200, '{"error":["EGeneral:Invalid arguments"]}', RequestFailedError),
        (502, "<html>", RequestFailedError),
        (503, '{"error":[]}', RequestFailedError),
    ],
)
def test_errors_of_rest(kraken: KrakenSpot, status: int, body: str, kind: type[Exception]) -> None:
    """Errors come with a good status, too; each has its kind."""
    assert isinstance(kraken.failure("/0/public/Depth", status, body.encode()), kind)


def test_a_busy_venue_is_asked_again(kraken: KrakenSpot) -> None:
    """`EService` errors are temporary, and a good answer is none."""
    error = kraken.failure("/0/public/Depth", 200, b'{"error":["EService:Unavailable"]}')
    assert isinstance(error, RequestFailedError)
    assert error.retryable
    assert kraken.failure("/0/public/Depth", 200, b'{"error":[],"result":{}}') is None


@pytest.mark.parametrize("damage", ['"price":"x"', '"price":NaN', '"timestamp":"2026-07-10T00:00:00"', '"side":"up"'])
def test_a_damaged_trade_costs_itself(kraken: KrakenSpot, damage: str) -> None:
    """A record that cannot be used is refused by name, and its neighbour is not."""
    good = json.loads(TRADE)["data"][0]
    key = damage.partition(":")[0].strip('"')
    bad = json.dumps({name: value for name, value in good.items() if name != key})[:-1] + f",{damage}}}"
    frame = f'{{"channel":"trade","type":"update","data":[{bad},{json.dumps(good)}]}}'
    items = objects(kraken, frame)
    if "NaN" in damage:  # no JSON
        assert [type(item) for item in items] == [Rejected]
    else:
        assert [type(item) for item in items] == [TradeData, Rejected]
