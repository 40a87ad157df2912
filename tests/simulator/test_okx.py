"""OKX as the simulator speaks it, against the venue's documented messages."""

from decimal import Decimal

import pytest

from .simulated import START, like

NAME = "OKX___SPOT"
PUBLIC, BUSINESS = "/ws/v5/public", "/ws/v5/business"
SAMPLES = {
    "tickers": '{"arg":{"channel":"t","instId":"B"},"data":[{"instType":"SPOT","instId":"B","last":"1",'
    '"lastSz":"1","askPx":"1","askSz":"1","bidPx":"1","bidSz":"1","open24h":"1","high24h":"1","low24h":"1",'
    '"volCcy24h":"1","vol24h":"1","sodUtc0":"1","sodUtc8":"1","ts":"1"}]}',
    "trades": '{"arg":{"channel":"t","instId":"B"},"data":[{"instId":"B","tradeId":"1","px":"1","sz":"1",'
    '"side":"buy","ts":"1","count":"2","source":"0","seqId":1}]}',
    "books": '{"arg":{"channel":"b","instId":"B"},"action":"snapshot","data":[{"asks":[["1","1","0","3"]],'
    '"bids":[["1","1","0","5"]],"ts":"1","checksum":0,"prevSeqId":-1,"seqId":1}]}',
    "books5": '{"arg":{"channel":"b","instId":"B"},"data":[{"asks":[["1","1","0","3"]],"bids":[["1","1","0","5"]],'
    '"instId":"B","ts":"1","seqId":1}]}',
    "bbo-tbt": '{"arg":{"channel":"b","instId":"B"},"data":[{"asks":[["1","1","0","3"]],"bids":[["1","1","0","5"]],'
    '"ts":"1","seqId":1}]}',
    "candle1m": '{"arg":{"channel":"c","instId":"B"},"data":[["1","1","1","1","1","1","1","1","0"]]}',
    "trades-all": '{"arg":{"channel":"t","instId":"B"},"data":[{"instId":"B","tradeId":"1","px":"1","sz":"1",'
    '"side":"buy","ts":"1","source":"0"}]}',
}


@pytest.fixture
def world(virtual):
    """OKX in virtual time."""
    return virtual(exchanges=[NAME], rate=4)


def arg(channel, symbol="BTC-USDT"):
    return {"channel": channel, "instId": symbol}


def subscribe(*args, op="subscribe", **more):
    return more | {"op": op, "args": list(args)}


def apply(book, row):
    """Apply one books message to {"bids": {price: size}, "asks": …}."""
    for side, levels in book.items():
        for price, size, _, _ in row[side]:
            if size == "0":
                levels.pop(price, None)
            else:
                levels[price] = size


def rebuilt(messages):
    """Return the book and the last seqId that a chain of books messages leads to."""
    book, last = {"bids": {}, "asks": {}}, None
    for message in messages:
        [row] = message["data"]
        if message["action"] == "snapshot":
            assert row["prevSeqId"] == -1
            book = {"bids": {}, "asks": {}}
        else:
            assert row["prevSeqId"] == last
        apply(book, row)
        last = row["seqId"]
    return book, last


def assert_true(world, book, sequence):
    truth = world.truth.book(NAME, "BTCUSDT", sequence)
    for side, levels in (("bids", truth.bids), ("asks", truth.asks)):
        assert {Decimal(p): Decimal(q) for p, q in book[side].items()} == dict(levels)


def test_messages_have_the_documented_structure(world):
    """Every channel's push has the documented keys and types, on the socket that carries it."""
    business = ("candle1m", "trades-all")
    seen = {}
    for path, channels in ((PUBLIC, [c for c in SAMPLES if c not in business]), (BUSINESS, business)):
        client = world.connect(NAME, path)
        world.send(client, subscribe(*(arg(channel) for channel in channels)))
        world.run(3)
        for message in client.take():
            seen.setdefault(message["arg"]["channel"], message)
    assert set(seen) == set(SAMPLES)
    for channel, sample in SAMPLES.items():
        assert like(seen[channel], sample), channel


def test_each_argument_is_acknowledged(world):
    """One acknowledgement per argument, with the id of the request, for subscribing and for leaving."""
    client = world.connect(NAME, PUBLIC)
    for operation in ("subscribe", "unsubscribe"):
        answers = world.send(client, subscribe(arg("tickers"), arg("books"), op=operation, id="15"))
        assert [answer["arg"]["channel"] for answer in answers] == ["tickers", "books"]
        sample = '{"id":"1","event":"subscribe","arg":{"channel":"t","instId":"B"},"connId":"a"}'
        assert all(like(answer, sample) and answer["event"] == operation for answer in answers)
    world.run(1)
    assert client.take() == []


@pytest.mark.parametrize(
    ("path", "channel", "symbol"),
    [
        (PUBLIC, "candle1m", "BTC-USDT"),
        (PUBLIC, "trades-all", "BTC-USDT"),
        (BUSINESS, "tickers", "BTC-USDT"),
        (BUSINESS, "candle7m", "BTC-USDT"),
        (PUBLIC, "tickers", "BTCUSDT"),
        (PUBLIC, "tickers", "NO-SUCH"),
    ],
)
def test_what_the_url_does_not_carry_is_an_error(world, path, channel, symbol):
    """A wrong socket, channel or instrument gets 60018, which names it in its text and has no `arg`."""
    client = world.connect(NAME, path)
    [answer] = world.send(client, subscribe(arg(channel, symbol), id="9"))
    assert like(answer, '{"id":"9","event":"error","code":"6","msg":"m","connId":"a"}')
    assert answer["code"] == "60018"
    assert f"channel:{channel},instId:{symbol} doesn't exist" in answer["msg"]


@pytest.mark.parametrize("text", ['{"op": "subscribe", "argss":[]}', "nonsense", '{"op":"fly","args":[{}]}', "[]"])
def test_malformed_requests_get_60012(world, text):
    """A message that is no request gets error 60012."""
    [answer] = world.send(world.connect(NAME, PUBLIC), text)
    assert (answer["event"], answer["code"]) == ("error", "60012")


def test_paid_channels_are_refused(world):
    """The tick-by-tick books need a fee tier that nobody has here."""
    [answer] = world.send(world.connect(NAME, PUBLIC), subscribe(arg("books-l2-tbt")))
    assert answer["code"] == "64003"


def test_more_than_480_requests_an_hour_are_refused(world):
    """The 481st request of an hour gets 60014."""
    client = world.connect(NAME, PUBLIC)
    codes = []
    for _ in range(241):
        for operation in ("subscribe", "unsubscribe"):
            codes += [a.get("code") for a in world.send(client, subscribe(arg("tickers"), op=operation))]
    assert codes == [None] * 480 + ["60014"] * 2


def test_silence_ends_the_connection_and_ping_keeps_it(world):
    """After 30 s without a message the venue closes with 4004; text pings are answered and prevent that."""
    deaf, well = world.connect(NAME, PUBLIC), world.connect(NAME, PUBLIC)
    for _ in range(4):
        world.leap(15)
        if well.ended is None:
            assert world.send(well, "ping") == ["pong"]
    assert deaf.ended == (4004, "No data received in 30s.")
    assert well.ended is None


def test_the_instruments_channel_lists_everything(world):
    """`instruments` sends the whole list on arrival."""
    client = world.connect(NAME, PUBLIC)
    world.send(client, {"op": "subscribe", "args": [{"channel": "instruments", "instType": "SPOT"}]})
    world.run(0.1)
    [message] = client.take()
    assert message["arg"] == {"channel": "instruments", "instType": "SPOT"}
    assert len(message["data"]) == len(world.truth.symbols(NAME))


def test_a_chain_of_updates_leads_to_the_true_book(world):
    """Snapshot plus updates, chained by prevSeqId, equal the venue's book; two clients get the same numbers."""
    first = world.connect(NAME, PUBLIC)
    world.send(first, subscribe(arg("books")))
    world.run(5)
    second = world.connect(NAME, PUBLIC)
    world.send(second, subscribe(arg("books")))
    world.run(15)
    one, two = first.take(), second.take()
    for messages in (one, two):
        assert messages[0]["action"] == "snapshot"
        book, last = rebuilt(messages)
        assert_true(world, book, last)
    assert one[-len(two) + 1 :] == two[1:]


def test_a_sequence_reset_keeps_the_chain(world):
    """After a reset an update carries a smaller seqId than its prevSeqId, and the chain and the book stay true."""
    client = world.connect(NAME, PUBLIC)
    world.send(client, subscribe(arg("books")))
    world.run(3)
    world.faults.sequence_reset(NAME, "BTCUSDT")
    world.run(3)
    messages = client.take()
    resets = [m for m in messages if m["data"][0]["seqId"] < m["data"][0]["prevSeqId"]]
    assert len(resets) == 1
    book, last = rebuilt(messages)
    assert last < messages[0]["data"][0]["seqId"]
    assert_true(world, book, last)


def test_a_quiet_book_sends_a_heartbeat(world):
    """After 60 s without change comes an empty update whose seqId equals its prevSeqId."""
    client = world.connect(NAME, PUBLIC)
    world.send(client, subscribe(arg("books", "HALT-USDT")))
    messages = []
    for _ in range(130):
        world.run(1)
        messages += world.send(client, "ping")
    snapshot, *beats = [message for message in messages if message != "pong"]
    assert snapshot["action"] == "snapshot"
    assert len(beats) == 2
    for beat in beats:
        [row] = beat["data"]
        assert (beat["action"], row["asks"], row["bids"]) == ("update", [], [])
        assert row["seqId"] == row["prevSeqId"] == snapshot["data"][0]["seqId"]


def test_merged_trades_cover_every_match(world):
    """A `trades` row stands for the ids id - count + 1 … id; together the rows cover every match once."""
    client = world.connect(NAME, PUBLIC)
    world.send(client, subscribe(arg("trades")))
    world.run(20)
    rows = [message["data"][0] for message in client.take()]
    covered = [
        number for row in rows for number in range(int(row["tradeId"]) - int(row["count"]) + 1, int(row["tradeId"]) + 1)
    ]
    truth = world.truth.trades(NAME, "BTC-USDT")
    assert [str(number) for number in covered] == [trade.id for trade in truth]
    assert sum(Decimal(row["sz"]) for row in rows) == sum(trade.quantity for trade in truth)
    assert any(row["count"] != "1" for row in rows)


def test_a_candle_ends_with_confirm(world):
    """A closed candle is sent once with confirm 1, and REST holds the same row."""
    client = world.connect(NAME, BUSINESS)
    world.send(client, subscribe(arg("candle1m")))
    world.run(65)
    rows = [message["data"][0] for message in client.take()]
    closed = [row for row in rows if row[8] == "1"]
    assert [row[0] for row in closed] == [str(int(START * 1000))]
    _, body, _ = world.get(NAME, "/api/v5/market/candles", instId="BTC-USDT", bar="1m", limit=2)
    assert body["data"][1] == closed[0]
    assert body["data"][0][8] == "0"


def test_rest_answers_have_the_documented_structure(world):
    """Every public REST answer has the documented envelope, keys and types."""
    trade = '[{"instId":"B","side":"buy","sz":"1","px":"1","source":"0","tradeId":"1","ts":"1"}]'
    candle = '[["1","1","1","1","1","1","1","1","0"]]'
    book = '[{"asks":[["1","1","0","3"]],"bids":[["1","1","0","5"]],"ts":"1"}]'
    ticker = SAMPLES["tickers"].split('"data":')[1][:-1]
    expected = {
        "/api/v5/public/time": '[{"ts":"1"}]',
        "/api/v5/market/ticker": ticker,
        "/api/v5/market/tickers": ticker,
        "/api/v5/market/books": book,
        "/api/v5/market/books-full": book,
        "/api/v5/market/trades": trade,
        "/api/v5/market/history-trades": trade,
        "/api/v5/market/candles": candle,
        "/api/v5/market/history-candles": candle,
    }
    for path, sample in expected.items():
        status, body, _ = world.get(NAME, path, instId="BTC-USDT", instType="SPOT")
        assert (status, body["code"], body["msg"]) == (200, "0", ""), path
        assert like(body["data"], sample), path
    _, body, _ = world.get(NAME, "/api/v5/public/instruments", instType="SPOT")
    rows = {row["instId"]: row for row in body["data"]}
    assert (rows["BTC-USDT"]["tickSz"], rows["BTC-USDT"]["state"], rows["HALT-USDT"]["state"]) == (
        "0.1",
        "live",
        "suspend",
    )


def test_old_trades_are_paged_backwards(world):
    """history-trades after an id gives the next older trades, newest first."""
    _, body, _ = world.get(NAME, "/api/v5/market/trades", instId="BTC-USDT", limit=1)
    ids = [int(body["data"][0]["tradeId"])]
    for _ in range(5):
        _, body, _ = world.get(NAME, "/api/v5/market/history-trades", instId="BTC-USDT", after=ids[-1])
        ids += [int(row["tradeId"]) for row in body["data"]]
    assert ids == list(range(ids[0], ids[0] - 501, -1))


def test_candles_before_and_after_are_exclusive(world):
    """`after` gives older rows, `before` newer ones, both without the bound itself."""
    now = int(START * 1000)
    query = {"instId": "BTC-USDT", "bar": "1m", "after": now - 60_000, "before": now - 240_000}
    _, body, _ = world.get(NAME, "/api/v5/market/candles", **query)
    assert [row[0] for row in body["data"]] == [str(now - 120_000), str(now - 180_000)]


def test_wrong_requests_get_their_codes(world):
    """A wrong instrument gets 51001, a missing one 50014, a wrong bar 51000, an unknown path 404."""
    assert world.get(NAME, "/api/v5/market/ticker", instId="NO-SUCH")[1]["code"] == "51001"
    assert world.get(NAME, "/api/v5/market/ticker")[1]["code"] == "50014"
    assert world.get(NAME, "/api/v5/market/candles", instId="BTC-USDT", bar="1d")[1]["code"] == "51000"
    assert world.get(NAME, "/api/v5/market/nosuch")[0] == 404


def test_rest_limits_are_enforced(world):
    """The 21st ticker request within 2 s gets 429 with code 50011; two seconds later all is well."""
    answers = [world.get(NAME, "/api/v5/market/ticker", instId="BTC-USDT") for _ in range(21)]
    assert [status for status, _, _ in answers] == [200] * 20 + [429]
    assert answers[-1][1]["code"] == "50011"
    world.run(2.1)
    assert world.get(NAME, "/api/v5/market/ticker", instId="BTC-USDT")[0] == 200
