"""Binance spot as the simulator speaks it, against the venue's documented messages."""

from decimal import Decimal

import pytest

from .simulated import START, like

NAME = "BINANCE___SPOT"
SAMPLES = {
    "btcusdt@ticker": '{"e":"24hrTicker","E":1,"s":"B","p":"1","P":"1","w":"1","x":"1","c":"1","Q":"1","b":"1",'
    '"B":"1","a":"1","A":"1","o":"1","h":"1","l":"1","v":"1","q":"1","O":1,"C":1,"F":1,"L":1,"n":1}',
    "btcusdt@miniTicker": '{"e":"24hrMiniTicker","E":1,"s":"B","c":"1","o":"1","h":"1","l":"1","v":"1","q":"1"}',
    "btcusdt@bookTicker": '{"u":1,"s":"B","b":"1","B":"1","a":"1","A":"1"}',
    "btcusdt@trade": '{"e":"trade","E":1,"s":"B","t":1,"p":"1","q":"1","T":1,"m":false,"M":true}',
    "btcusdt@aggTrade": '{"e":"aggTrade","E":1,"s":"B","a":1,"p":"1","q":"1","f":1,"l":1,"T":1,"m":true,"M":true}',
    "btcusdt@kline_1m": '{"e":"kline","E":1,"s":"B","k":{"t":1,"T":1,"s":"B","i":"1m","f":1,"L":1,"o":"1","c":"1",'
    '"h":"1","l":"1","v":"1","n":1,"x":false,"q":"1","V":"1","Q":"1","B":"0"}}',
    "btcusdt@depth20@100ms": '{"lastUpdateId":1,"bids":[["1","1"]],"asks":[["1","1"]]}',
    "!miniTicker@arr": '[{"e":"24hrMiniTicker","E":1,"s":"B","c":"1","o":"1","h":"1","l":"1","v":"1","q":"1"}]',
}


@pytest.fixture
def world(virtual):
    """Binance in virtual time."""
    return virtual(exchanges=[NAME], rate=4)


def subscribe(*names, number=1):
    return {"method": "SUBSCRIBE", "params": list(names), "id": number}


def test_messages_have_the_documented_structure(world):
    """Every stream's payload has the documented keys and types, wrapped in its stream's name."""
    client = world.connect(NAME, "/stream", {"streams": "/".join(SAMPLES)})
    world.run(3)
    seen = {}
    for message in client.take():
        assert list(message) == ["stream", "data"]
        seen[message["stream"]] = message["data"]
    assert set(seen) == set(SAMPLES)
    for name, sample in SAMPLES.items():
        assert like(seen[name], sample), name


def test_raw_connections_get_bare_payloads(world):
    """Streams in a /ws path arrive without a wrapper."""
    client = world.connect(NAME, "/ws/btcusdt@trade/ethusdt@trade")
    world.run(3)
    assert {message["s"] for message in client.take()} == {"BTCUSDT", "ETHUSDT"}


def test_requests_are_acknowledged(world):
    """SUBSCRIBE, LIST_SUBSCRIPTIONS and UNSUBSCRIBE answer as documented, unwrapped on a combined connection."""
    client = world.connect(NAME, "/stream")
    assert world.send(client, subscribe("btcusdt@trade", "btcusdt@depth@100ms")) == [{"result": None, "id": 1}]
    listed = world.send(client, {"method": "LIST_SUBSCRIPTIONS", "id": 3})
    assert listed == [{"result": ["btcusdt@trade", "btcusdt@depth@100ms"], "id": 3}]
    gone = {"method": "UNSUBSCRIBE", "params": ["btcusdt@trade", "btcusdt@depth@100ms"], "id": 2}
    assert world.send(client, gone) == [{"result": None, "id": 2}]
    world.run(2)
    assert client.take() == []


def test_an_unknown_stream_is_acknowledged_and_silent(world):
    """A wrong symbol, a wrong channel and an upper-case name are acknowledged and never deliver."""
    client = world.connect(NAME, "/stream")
    names = ("nosuch@trade", "btcusdt@nosuch", "BTCUSDT@trade", "btcusdt@kline_7m", "haltusdt@trade")
    assert world.send(client, subscribe(*names)) == [{"result": None, "id": 1}]
    world.run(3)
    assert client.take() == []


def test_malformed_requests_get_their_codes(world):
    """Broken JSON gets code 3, an unknown method code 2, an unknown property code 0, a wrong value code 1."""
    client = world.connect(NAME, "/ws")
    [broken] = world.send(client, "{nonsense")
    assert broken["code"] == 3
    assert "id" not in broken
    assert world.send(client, {"id": 5})[0] | {"msg": ""} == {"code": 2, "msg": "", "id": 5}
    assert world.send(client, {"method": "SET_PROPERTY", "params": ["nosuch", 1], "id": 6})[0]["code"] == 0
    assert world.send(client, {"method": "SET_PROPERTY", "params": ["combined", 1], "id": 7})[0]["code"] == 1


def test_a_book_rebuilt_from_snapshot_and_differences_is_true(world):
    """The documented procedure ends in the book that the venue holds, without a gap on the way."""
    client = world.connect(NAME, "/stream", {"streams": "btcusdt@depth@100ms"})
    world.run(0.5)
    _, snapshot, _ = world.get(NAME, "/api/v3/depth", symbol="BTCUSDT", limit=5000)
    world.run(20)
    book = {side: {price: size for price, size in snapshot[side]} for side in ("bids", "asks")}
    last, applied = snapshot["lastUpdateId"], 0
    for event in (message["data"] for message in client.take()):
        if event["u"] <= last:
            continue
        assert event["U"] <= last + 1
        for side, changes in (("bids", event["b"]), ("asks", event["a"])):
            for price, size in changes:
                if Decimal(size):
                    book[side][price] = size
                else:
                    book[side].pop(price, None)
        last, applied = event["u"], applied + 1
    assert applied > 100
    truth = world.truth.book(NAME, "BTCUSDT", last)
    for side, levels in (("bids", truth.bids), ("asks", truth.asks)):
        assert {Decimal(p): Decimal(q) for p, q in book[side].items()} == dict(levels)


def test_a_slow_difference_spans_the_snapshot(world):
    """With one event a second a snapshot falls inside the numbers of an event."""
    client = world.connect(NAME, "/stream", {"streams": "btcusdt@depth"})
    world.run(1)
    spans = 0
    for _ in range(20):
        client.take()
        world.run(0.1)
        _, snapshot, _ = world.get(NAME, "/api/v3/depth", symbol="BTCUSDT", limit=5)
        world.run(0.25)
        spans += any(m["data"]["U"] < snapshot["lastUpdateId"] < m["data"]["u"] for m in client.take())
    assert spans > 0


def test_trades_on_the_wire_are_the_trades_that_happened(world):
    """The raw stream carries every trade of the truth, in order, and the aggregates cover the same ids."""
    client = world.connect(NAME, "/stream", {"streams": "btcusdt@trade/btcusdt@aggTrade"})
    world.run(20)
    rows = [message["data"] for message in client.take()]
    single = [row for row in rows if row["e"] == "trade"]
    merged = [row for row in rows if row["e"] == "aggTrade"]
    sent = [(str(r["t"]), Decimal(r["p"]), Decimal(r["q"]), "sell" if r["m"] else "buy", r["T"]) for r in single]
    truth = [(t.id, t.price, t.quantity, t.side, t.ms) for t in world.truth.trades(NAME, "BTC-USDT")]
    assert len(sent) > 100
    assert sent == truth
    assert [number for row in merged for number in range(row["f"], row["l"] + 1)] == [r["t"] for r in single]
    assert [str(row["a"]) for row in merged] == [t.id for t in world.truth.trades(NAME, "BTCUSDT", merged=True)]
    assert any(row["f"] < row["l"] for row in merged)


def test_a_bar_ends_with_a_final_frame(world):
    """A bar that traded is sent once with x true, equal to the bar that REST and truth hold."""
    client = world.connect(NAME, "/stream", {"streams": "btcusdt@kline_1m"})
    for _ in range(2):
        world.run(62)
        for payload in client.pings:
            world.pong(client, payload)
        client.pings.clear()
    frames = [message["data"]["k"] for message in client.take()]
    final = [k for k in frames if k["x"]]
    assert [k["t"] for k in final] == [int(START * 1000), int(START * 1000) + 60_000]
    _, rows, _ = world.get(NAME, "/api/v3/klines", symbol="BTCUSDT", interval="1m", limit=3)
    for k, row in zip(final, rows[:2], strict=True):
        assert [k["t"], k["o"], k["h"], k["l"], k["c"], k["v"], k["T"], k["q"], k["n"], k["V"], k["Q"], "0"] == row
    closed = [bar for bar in world.truth.klines(NAME, "BTCUSDT", "1m") if bar.is_closed][-2:]
    assert [(bar.open_ms, bar.volume, bar.trades) for bar in closed] == [
        (k["t"], Decimal(k["v"]), k["n"]) for k in final
    ]


def test_rest_answers_have_the_documented_structure(world):
    """Every public REST answer has the documented keys and types."""
    ticker = (
        '{"symbol":"B","priceChange":"1","priceChangePercent":"1","weightedAvgPrice":"1","prevClosePrice":"1",'
        '"lastPrice":"1","lastQty":"1","bidPrice":"1","bidQty":"1","askPrice":"1","askQty":"1","openPrice":"1",'
        '"highPrice":"1","lowPrice":"1","volume":"1","quoteVolume":"1","openTime":1,"closeTime":1,"firstId":1,'
        '"lastId":1,"count":1}'
    )
    trade = '[{"id":1,"price":"1","qty":"1","quoteQty":"1","time":1,"isBuyerMaker":false,"isBestMatch":true}]'
    expected = {
        "/api/v3/time": '{"serverTime":1}',
        "/api/v3/ticker/24hr": ticker,
        "/api/v3/ticker/price": '{"symbol":"B","price":"1"}',
        "/api/v3/ticker/bookTicker": '{"symbol":"B","bidPrice":"1","bidQty":"1","askPrice":"1","askQty":"1"}',
        "/api/v3/depth": '{"lastUpdateId":1,"bids":[["1","1"]],"asks":[["1","1"]]}',
        "/api/v3/trades": trade,
        "/api/v3/historicalTrades": trade,
        "/api/v3/aggTrades": '[{"a":1,"p":"1","q":"1","f":1,"l":1,"T":1,"m":true,"M":true}]',
        "/api/v3/klines": '[[1,"1","1","1","1","1",1,"1",1,"1","1","0"]]',
    }
    for path, sample in expected.items():
        status, body, _ = world.get(NAME, path, symbol="BTCUSDT", interval="1m")
        assert status == 200
        assert like(body, sample), path
    _, body, _ = world.get(NAME, "/api/v3/exchangeInfo")
    states = {row["symbol"]: row["status"] for row in body["symbols"]}
    assert len(states) >= 499
    assert (states["BTCUSDT"], states["HALTUSDT"]) == ("TRADING", "HALT")


def test_the_average_price_lies_inside_the_day(world):
    """avgPrice covers five minutes and lies between the low and the high of the day."""
    _, average, _ = world.get(NAME, "/api/v3/avgPrice", symbol="BTCUSDT")
    _, day, _ = world.get(NAME, "/api/v3/ticker/24hr", symbol="BTCUSDT")
    assert average["mins"] == 5
    assert Decimal(day["lowPrice"]) <= Decimal(average["price"]) <= Decimal(day["highPrice"])


def test_several_symbols_can_be_asked_for(world):
    """`symbols` answers with a list of exactly those; broken JSON in it is an error."""
    _, rows, _ = world.get(NAME, "/api/v3/ticker/24hr", symbols='["ETHBTC","BTCUSDC"]')
    assert [row["symbol"] for row in rows] == ["ETHBTC", "BTCUSDC"]
    assert world.get(NAME, "/api/v3/ticker/24hr", symbols="[ETHBTC")[1]["code"] == -1100


def test_aggregates_are_paged_by_id_and_time(world):
    """aggTrades from an id gives the next ones, and a time range gives those inside it."""
    _, rows, _ = world.get(NAME, "/api/v3/aggTrades", symbol="BTCUSDT", limit=500)
    first = rows[0]["a"]
    _, page, _ = world.get(NAME, "/api/v3/aggTrades", symbol="BTCUSDT", fromId=first, limit=100)
    assert page == rows[:100]
    low, high = rows[50]["T"], rows[150]["T"]
    query = {"symbol": "BTCUSDT", "startTime": low, "endTime": high, "limit": 1000}
    _, page, _ = world.get(NAME, "/api/v3/aggTrades", **query)
    assert page == [row for row in rows if low <= row["T"] <= high]


def test_trades_are_paged_by_id(world):
    """historicalTrades from an id gives the following trades without a hole."""
    _, newest, _ = world.get(NAME, "/api/v3/trades", symbol="BTCUSDT", limit=1)
    wanted, seen = newest[-1]["id"] - 2_500, []
    while len(seen) < 2_500:
        _, page, _ = world.get(NAME, "/api/v3/historicalTrades", symbol="BTCUSDT", fromId=wanted, limit=1000)
        seen += [row["id"] for row in page]
        wanted = seen[-1] + 1
    assert seen == list(range(seen[0], seen[0] + len(seen)))
    assert seen[-1] == newest[-1]["id"]


def test_klines_follow_start_end_and_limit(world):
    """Klines come oldest first inside the asked range, at most `limit` of them."""
    start = int(START * 1000) - 3_600_000
    _, rows, _ = world.get(NAME, "/api/v3/klines", symbol="BTCUSDT", interval="5m", startTime=start, limit=4)
    assert [row[0] for row in rows] == [start + i * 300_000 for i in range(4)]
    _, rows, _ = world.get(
        NAME, "/api/v3/klines", symbol="BTCUSDT", interval="1m", startTime=start, endTime=start + 120_000
    )
    assert [row[0] for row in rows] == [start, start + 60_000, start + 120_000]


@pytest.mark.parametrize(
    ("path", "query", "code"),
    [
        ("/api/v3/depth", {}, -1102),
        ("/api/v3/depth", {"symbol": "NOSUCH"}, -1121),
        ("/api/v3/depth", {"symbol": "btc usdt"}, -1100),
        ("/api/v3/klines", {"symbol": "BTCUSDT", "interval": "7m"}, -1120),
        ("/api/v3/trades", {"symbol": "BTCUSDT", "limit": "many"}, -1130),
    ],
)
def test_wrong_requests_get_their_codes(world, path, query, code):
    """A wrong parameter is answered with status 400 and the documented code."""
    status, body, _ = world.get(NAME, path, **query)
    assert (status, body["code"]) == (400, code)


def test_weight_is_counted_and_enforced(world):
    """Used weight is in the headers; over the limit comes 429 with Retry-After, and 418 for those who go on."""
    _, _, headers = world.get(NAME, "/api/v3/depth", symbol="BTCUSDT", limit=5000)
    assert headers["X-MBX-USED-WEIGHT-1M"] == "250"
    statuses = []
    for _ in range(40):
        status, _, headers = world.get(NAME, "/api/v3/depth", symbol="BTCUSDT", limit=5000)
        statuses.append(status)
    assert statuses[:23] == [200] * 23
    assert statuses[23] == 429
    assert statuses[-1] == 418
    assert int(headers["Retry-After"]) > 60
    assert world.stats[NAME].breaches["weight"] > 0
    world.leap(121)
    assert world.get(NAME, "/api/v3/time")[0] == 200


def test_more_than_five_messages_a_second_end_the_connection(world):
    """The sixth message inside a second closes with 1008; five a second do not."""
    client = world.connect(NAME, "/ws")
    for number in range(20):
        world.send(client, {"method": "LIST_SUBSCRIPTIONS", "id": number})
        world.run(0.25)
    assert client.ended is None
    for number in range(6):
        world.send(client, {"method": "LIST_SUBSCRIPTIONS", "id": number})
    assert client.ended[0] == 1008


def test_a_client_that_does_not_pong_is_cut_off(world):
    """A ping comes every 20 s; without its echo the connection ends a minute later, with it it lives."""
    deaf, well = world.connect(NAME, "/ws"), world.connect(NAME, "/ws")
    for _ in range(100):
        world.run(1)
        while well.pings:
            world.pong(well, well.pings.pop(0))
    assert len(deaf.pings) >= 3
    assert deaf.ended == (1008, "Pong timeout")
    assert well.ended is None


def test_more_than_1024_streams_are_refused(world):
    """A connection takes 1024 streams and answers the next with an error."""
    client = world.connect(NAME, "/ws")
    names = [f"sim{number:03d}usdt@{kind}" for number in range(1, 490) for kind in ("trade", "ticker", "depth")]
    assert "code" in world.send(client, subscribe(*names))[0]
    assert world.send(client, subscribe(*names[:1024])) == [{"result": None, "id": 1}]
    assert world.stats[NAME].breaches["streams"] == 1


def test_too_many_connects_are_refused(world):
    """The 301st connection in five minutes is turned away with 429."""
    dialect = world.world.find(NAME)
    answers = [dialect.admit("/ws", {}) for _ in range(301)]
    assert answers[:300] == [None] * 300
    assert answers[300].status == 429
