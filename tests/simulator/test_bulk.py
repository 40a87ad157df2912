"""BULK as the simulator speaks it, against the venue's documented messages."""

import json
from decimal import Decimal

import pytest

from bt_api_py.simulator.faults import GARBAGE_KINDS

from .simulated import START

NAME, KEY = "BULK___SWAP", "BTCUSDC"
NS = 1_000_000_000
SAMPLES = {
    "ticker": '{"type":"ticker","data":{"ticker":{"symbol":"BTC-USD","priceChange":2777.5,"priceChangePercent":2.77,'
    '"lastPrice":102777.5,"highPrice":103500.0,"lowPrice":101000.0,"volume":1234.56,"quoteVolume":126543210.0,'
    '"markPrice":102780.0,"oraclePrice":102775.0,"openInterest":5432.1,"fundingRate":0.0001,"regime":1,"regimeDt":93,'
    '"regimeVol":0.35,"regimeMv":0.02,"fairBookPx":102779.0,"fairVol":0.28,"fairBias":0.001,'
    '"timestamp":1704067200000000000}},"topic":"ticker.BTC-USD"}',
    "trades": '{"type":"trades","data":{"trades":[{"s":"BTC-USD","px":102500.0,"sz":0.15,"time":1699564800000,'
    '"side":true,"maker":"<pubkey>","taker":"<pubkey>"}]},"topic":"trades.BTC-USD"}',
    "l2Snapshot": '{"type":"l2Snapshot","data":{"book":{"updateType":"snapshot","symbol":"BTC-USD",'
    '"levels":[[{"px":102777.0,"sz":1.5,"n":3}],[{"px":102780.0,"sz":2.0,"n":4}]],"timestamp":1699564800000}},'
    '"topic":"l2snapshot.BTC-USD"}',
    "candle": '{"type":"candle","data":{"candles":[{"t":1699564800000,"T":1699564860000,"o":102000.0,"h":102100.0,'
    '"l":101900.0,"c":101950.0,"v":1.6,"n":3}]},"topic":"candle.BTC-USD.1m"}',
}
DELTA = (
    '{"type":"l2Delta","data":{"book":{"updateType":"delta","symbol":"BTC-USD",'
    '"levels":[[{"px":102777.0,"sz":2.0,"n":0}],[]],"timestamp":1699564800000}},"topic":"l2delta.BTC-USD"}'
)
EVERYTHING = [
    {"type": "ticker", "symbol": "BTC-USD"},
    {"type": "trades", "symbol": "BTC-USD"},
    {"type": "l2Snapshot", "symbol": "BTC-USD", "nlevels": 3},
    {"type": "l2Delta", "symbol": "BTC-USD"},
    {"type": "candle", "symbol": "BTC-USD", "interval": "1m"},
]


@pytest.fixture
def world(virtual):
    """BULK in virtual time."""
    return virtual(exchanges=[NAME], rate=4)


@pytest.fixture
def client(world):
    return world.connect(NAME, "/")


def subscribe(world, client, *wanted):
    return world.send(client, {"method": "subscribe", "subscription": list(wanted)})


def rest(world, path, **query):
    status, body, _ = world.get(NAME, f"/api/v1{path}", **query)
    return status, body


def form(value):
    """Return the structure of a message: keys in order, and each value's JSON type, whole and broken numbers apart."""
    if isinstance(value, dict):
        return [(key, form(item)) for key, item in value.items()]
    if isinstance(value, list):
        return [form(item) for item in value[:1]]
    return type(value).__name__


def assert_like(message, sample):
    """Hold a message to a documented one: keys in order, types, and the envelope's words."""
    known = json.loads(sample)
    assert form(message) == form(known)
    assert (message["type"], message["topic"]) == (known["type"], known["topic"])


def levels(book):
    return [{Decimal(str(level["px"])): Decimal(str(level["sz"])) for level in side} for side in book["levels"]]


def rebuilt(messages):
    """Return [bids, asks] that a snapshot and its deltas lead to."""
    sides = None
    for book in (message["data"]["book"] for message in messages):
        if book["updateType"] == "snapshot":
            sides = levels(book)
            continue
        for side, changed in zip(sides, levels(book), strict=True):
            for price, size in changed.items():
                if size == 0:
                    side.pop(price)
                else:
                    side[price] = size
    return sides


def true_sides(world):
    truth = world.truth.book(NAME, "BTC-USD")
    return [dict(truth.bids), dict(truth.asks)]


def test_messages_are_the_documented_ones(world, client):
    """Every stream's message has the documented envelope, keys in order and JSON types."""
    [answer] = subscribe(world, client, *EVERYTHING)
    topics = ["ticker.BTC-USD", "trades.BTC-USD", "l2snapshot.BTC-USD", "l2delta.BTC-USD", "candle.BTC-USD.1m"]
    assert answer == {"type": "subscriptionResponse", "topics": topics}
    world.run(12)
    messages = client.take()
    assert {message["topic"] for message in messages} == set(topics)
    for kind, sample in SAMPLES.items():
        first = next(m for m in messages if m["type"] == kind and "liq" not in str(m))
        assert_like(first, sample)
    bid = next(m for m in messages if m["type"] == "l2Delta" and m["data"]["book"]["levels"][1] == [])
    assert_like(bid, DELTA)


def test_unsubscribing_is_answered_and_ends_the_stream(world, client):
    """A topic is named in any case; what was not subscribed is an error."""
    subscribe(world, client, *EVERYTHING)
    answer = world.send(client, {"method": "unsubscribe", "topic": "L2Snapshot.btc-usd"})
    assert answer == [{"type": "unsubscribeResponse", "topic": "l2snapshot.BTC-USD"}]
    world.run(1)
    assert not any(message["topic"] == "l2snapshot.BTC-USD" for message in client.take())
    [answer] = world.send(client, {"method": "unsubscribe", "topic": "l2snapshot.BTC-USD"})
    assert answer["type"] == "error"


@pytest.mark.parametrize(
    "bad",
    [
        {"type": "ticker", "symbol": "NO-SUCH"},
        {"type": "ticker", "symbol": "BTCUSD"},
        {"type": "candle", "symbol": "BTC-USD", "interval": "7m"},
        {"type": "l2Snapshot", "symbol": "BTC-USD", "nlevels": "many"},
        {"type": "l2Snapshot", "symbol": "BTC-USD", "aggregation": -1},
        {"type": "dances", "symbol": "BTC-USD"},
        "ticker.BTC-USD",
    ],
)
def test_a_bad_subscription_costs_only_itself(world, client, bad):
    """An error without an id tells of it, and its neighbours are subscribed."""
    error, answer = subscribe(world, client, bad, EVERYTHING[0])
    assert form(error) == [("type", "str"), ("error", [("message", "str")])]
    assert (error["type"], answer["topics"]) == ("error", ["ticker.BTC-USD"])


@pytest.mark.parametrize("text", ["nonsense", "[]", '{"method":"fly"}', '{"method":"subscribe","subscription":[]}'])
def test_what_is_no_request_is_an_error(world, client, text):
    """A message that cannot be understood gets an error, and the connection stays."""
    [answer] = world.send(client, text)
    assert answer["type"] == "error"
    assert client.ended is None


def test_a_rejected_market_is_refused(world, client):
    """The fault refuses subscriptions to one market, in the venue's own spelling or the joined one."""
    for spelling in ("BTC-USD", KEY):
        world.faults.reject_subscribe(NAME, spelling)
        assert [a["type"] for a in subscribe(world, client, EVERYTHING[0])] == ["error"]
        world.faults.reject_subscribe(NAME, spelling, on=False)
    assert subscribe(world, client, EVERYTHING[0])[0]["type"] == "subscriptionResponse"


def test_deltas_lead_to_the_true_book(world, client):
    """The first delta message is the whole book; every change by itself leads to the venue's book."""
    subscribe(world, client, {"type": "l2Delta", "symbol": "BTC-USD"})
    world.run(20)
    first, *deltas = client.take()
    assert first["data"]["book"]["updateType"] == "snapshot"
    assert len(deltas) > 200
    for message in deltas:
        book = message["data"]["book"]
        assert book["updateType"] == "delta"
        assert sum(len(side) for side in book["levels"]) == 1
        assert book["timestamp"] // NS * NS in range(int(START) * NS, int(world.clock.time + 1) * NS)
    assert rebuilt([first, *deltas]) == true_sides(world)


def test_a_lost_delta_cannot_be_seen(world, client):
    """Nothing numbers the deltas: a lost one leaves a book that differs and messages that look the same."""
    subscribe(world, client, {"type": "l2Delta", "symbol": "BTC-USD"})
    world.run(1)
    world.faults.skip(NAME, topic="depth", symbol="BTC-USD")
    world.run(0.5)
    assert rebuilt(client.take()) != true_sides(world)


def test_snapshots_are_cut_and_bundled_as_asked(world, client):
    """`nlevels` cuts the book, `aggregation` bundles prices away from the middle, and each client gets its own."""
    other = world.connect(NAME, "/")
    subscribe(world, client, {"type": "l2Snapshot", "symbol": "BTC-USD"})
    subscribe(world, other, {"type": "l2Snapshot", "symbol": "BTC-USD", "nlevels": 4, "aggregation": 10.0})
    world.run(1)
    assert levels(client.take()[-1]["data"]["book"]) == true_sides(world)
    message = other.take()[-1]
    assert message["topic"] == "l2snapshot.BTC-USD"
    truth, bundled = true_sides(world), levels(message["data"]["book"])
    assert [len(side) for side in bundled] == [4, 4]
    for side, whole in zip(bundled, truth, strict=True):
        assert all(price % 10 == 0 for price in side)
        best = max(side) if side is bundled[0] else min(side)
        inside = [
            q for p, q in whole.items() if (best <= p < best + 10 if side is bundled[0] else best - 10 < p <= best)
        ]
        assert side[best] == sum(inside)
    assert max(bundled[0]) < min(bundled[1])


def test_trades_are_the_matches(world, client):
    """The rows tell every match once and in order, with the taker's side and no id."""
    subscribe(world, client, {"type": "trades", "symbol": "BTC-USD"})
    world.run(20)
    messages = client.take()
    rows = [row for message in messages for row in message["data"]["trades"]]
    assert len(rows) > len(messages) > 20
    told = [(row["time"], Decimal(str(row["px"])), Decimal(str(row["sz"])), row["side"]) for row in rows]
    truth = world.truth.trades(NAME, "BTC-USD")
    assert told == [(row.ms, row.price, row.quantity, row.side == "buy") for row in truth]
    assert {row["s"] for row in rows} == {"BTC-USD"}


def test_liquidations_are_marked(world, client):
    """The matches of a position closed by force say so, and no other does."""
    subscribe(world, client, {"type": "trades", "symbol": "BTC-USD"})
    world.run(25)
    forced = [message["data"]["trades"] for message in client.take() if "liq" in message["data"]["trades"][0]]
    assert all((row["liq"], row["reason"]) == (True, "liquidation") for rows in forced for row in rows)
    told = [(sum(Decimal(str(row["sz"])) for row in rows), rows[0]["side"]) for rows in forced]
    truth = world.truth.liquidations(NAME, "BTC-USD")
    assert truth
    assert told == [(row.quantity, row.side == "buy") for row in truth]


def test_the_ticker_tells_the_contract(world, client):
    """Mark price, oracle price, funding rate and open interest are those of the contract."""
    subscribe(world, client, EVERYTHING[0])
    world.run(1)
    row = client.take()[-1]["data"]["ticker"]
    truth = world.truth.figures(NAME, "BTC-USD", row["timestamp"] // 1_000_000)
    told = [Decimal(str(row[name])) for name in ("markPrice", "oraclePrice", "fundingRate", "openInterest")]
    assert told == [truth.mark_price, truth.index_price, truth.funding_rate, truth.open_interest]


def test_candles_begin_with_the_past_and_end_with_the_running_one(world, client):
    """The first message holds the past; later ones what changed, closed bars before the one that runs."""
    subscribe(world, client, {"type": "candle", "symbol": "BTC-USD", "interval": "1m"})
    world.run(0.1)
    [first] = client.take()
    assert len(first["data"]["candles"]) > 1000
    for _ in range(5):
        world.run(30)
        world.pong(client, b"")
    pushed = [message["data"]["candles"] for message in client.take()]
    merged = {row["t"]: row for rows in [first["data"]["candles"], *pushed] for row in rows}
    bars = {bar.open_ms: bar for bar in world.truth.klines(NAME, "BTC-USD", "1m")}
    closed = [t for t in merged if bars[t].is_closed]
    assert len(closed) > len(first["data"]["candles"])
    for t in closed:
        bar, row = bars[t], merged[t]
        assert [Decimal(str(row[name])) for name in "ohlcv"] == [bar.open, bar.high, bar.low, bar.close, bar.volume]
        assert (row["T"], row["n"]) == (bar.close_ms + 1, bar.trades)
    assert all(rows == sorted(rows, key=lambda row: row["t"]) for rows in pushed)


def test_other_streams_come_at_their_pace(virtual):
    """A ticker comes five times a second, the context of all symbols every two seconds, risk at once."""
    world = virtual(exchanges=[NAME])
    client = world.connect(NAME, "/")
    subscribe(world, client, EVERYTHING[0], {"type": "frontendContext"}, {"type": "risk", "symbol": "ETH-USD"})
    world.run(9.9)
    kinds = [message["type"] for message in client.take()]
    assert (kinds.count("ticker"), kinds.count("frontendContext"), kinds.count("risk")) == (50, 5, 1)


def test_the_venue_pings_and_wants_an_answer(world):
    """A ping frame comes every 30 s; without a pong within 10 s the connection is closed."""
    deaf, well = world.connect(NAME, "/"), world.connect(NAME, "/")
    world.leap(30)
    assert len(deaf.pings) == len(well.pings) == 1
    world.pong(well, well.pings[0])
    world.leap(9)
    assert deaf.ended is None
    world.leap(1)
    assert deaf.ended[0] == 1008
    world.leap(20)
    assert (well.ended, len(well.pings)) == (None, 2)


def test_limits_end_the_connection(world):
    """The 101st subscription and the 1001st message of a second close with 1008."""
    client = world.connect(NAME, "/")
    words = [
        {"type": "candle", "symbol": symbol, "interval": interval}
        for interval in ("1m", "3m", "5m", "15m", "1h")
        for symbol in rest_symbols(world)[:21]
    ]
    subscribe(world, client, *words[:100])
    assert client.ended is None
    subscribe(world, client, words[100])
    assert client.ended == (1008, "too many subscriptions")
    client = world.connect(NAME, "/")
    for _ in range(1001):
        world.send(client, {"method": "unsubscribe", "topic": "x"})
    assert client.ended == (1008, "too many messages")


def rest_symbols(world):
    return [row["symbol"] for row in rest(world, "/exchangeInfo")[1]]


def test_the_exchange_info_lists_every_market(world):
    """A row per market, with its steps; the halted one is suspended, and all are settled in USDC."""
    status, rows = rest(world, "/exchangeInfo")
    assert status == 200
    assert [row["symbol"] for row in rows[:3]] == ["BTC-USD", "ETH-USD", "SOL-USD"]
    names = "symbol baseAsset quoteAsset status pricePrecision sizePrecision tickSize lotSize minNotional maxLeverage"
    assert list(rows[0]) == [*names.split(), "orderTypes", "timeInForces"]
    assert [row["baseAsset"] + row["quoteAsset"] for row in rows] == world.truth.symbols(NAME)
    assert (rows[0]["tickSize"], rows[0]["lotSize"]) == (0.01, 0.00001)
    assert [row["symbol"] for row in rows if row["status"] != "TRADING"] == ["HALT-USD"]


def test_rest_tells_what_the_streams_tell(world, client):
    """Ticker and book are those of the streams, without the envelope."""
    subscribe(world, client, EVERYTHING[0], {"type": "l2Snapshot", "symbol": "BTC-USD"})
    world.run(1)
    last = {message["type"]: message["data"] for message in client.take()}
    assert rest(world, "/ticker/BTC-USD") == (200, last["ticker"]["ticker"])
    for word in ("l2Book", "l2book"):
        assert rest(world, "/l2book", type=word, coin="BTC-USD") == (200, last["l2Snapshot"]["book"])
    _, cut = rest(world, "/l2book", type="l2Book", coin="BTC-USD", nlevels=2)
    assert [len(side) for side in cut["levels"]] == [2, 2]


def test_klines_are_chosen_by_time(world):
    """The newest 500 by default; from `startTime` on, inclusive, at most `limit`."""
    _, rows = rest(world, "/klines", symbol="BTC-USD", interval="1m")
    assert len(rows) == 500
    assert rows[-1]["T"] > int(world.clock.time * 1000) >= rows[-1]["t"]
    assert form(rows[0]) == form(json.loads(SAMPLES["candle"])["data"]["candles"][0])
    _, some = rest(world, "/klines", symbol="BTC-USD", interval="1m", startTime=rows[10]["t"], endTime=rows[19]["t"])
    assert some == rows[10:20]
    _, few = rest(world, "/klines", symbol="BTC-USD", interval="1m", startTime=rows[10]["t"], limit=3)
    assert few == rows[10:13]


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("/ticker/NO-SUCH", {}, 404),
        ("/nothing", {}, 404),
        ("/klines", {"interval": "1m"}, 400),
        ("/klines", {"symbol": "BTC-USD", "interval": "7m"}, 400),
        ("/klines", {"symbol": "BTC-USD", "interval": "1m", "limit": "x"}, 400),
        ("/l2book", {"coin": "BTC-USD"}, 400),
        ("/l2book", {"type": "l2Book", "coin": "BTC-USD", "aggregation": "x"}, 400),
    ],
)
def test_bad_requests_have_their_status(world, path, query, status):
    """400 for a bad parameter, 404 for what does not exist."""
    assert rest(world, path, **query)[0] == status


def test_statistics_are_answered(world):
    """`stats` sums up the day of one market or of all, `feeState` tells the fees."""
    _, one = rest(world, "/stats", period="1d", symbol="BTC-USD")
    assert [row["symbol"] for row in one["markets"]] == ["BTC-USD"]
    assert len(rest(world, "/stats")[1]["markets"]) == len(world.truth.symbols(NAME))
    assert rest(world, "/feeState")[1]["takerBps"] == 3.3


def test_a_corrupt_book_has_one_wrong_size(world, client):
    """The fault changes a quantity of a book and no price, so that nothing tells of it."""
    subscribe(world, client, {"type": "l2Snapshot", "symbol": "BTC-USD"})
    world.faults.corrupt(NAME, topic="depth")
    world.run(0.05)
    [message] = client.take()
    told, truth = levels(message["data"]["book"]), true_sides(world)
    assert [list(side) for side in told] == [list(side) for side in truth]
    assert sum(told[i][p] != truth[i][p] for i in (0, 1) for p in truth[i]) == 1


@pytest.mark.parametrize("kind", GARBAGE_KINDS)
def test_garbage_goes_ahead_of_a_true_message(world, client, kind):
    """Rubbish of every kind comes once, and the message that it went ahead of is unharmed."""
    subscribe(world, client, {"type": "l2Snapshot", "symbol": "BTC-USD"})
    world.faults.garbage(NAME, kind=kind)
    world.run(0.05)
    rubbish, true = client.raw
    assert rubbish != true
    assert levels(json.loads(true)["data"]["book"]) == true_sides(world)


def test_messages_are_swapped_cut_and_doubled(world, client):
    """Deltas change places, break off or come twice, as the faults have it."""
    subscribe(world, client, {"type": "l2Delta", "symbol": "BTC-USD"})
    world.run(1)
    client.take()
    world.faults.reorder(NAME, topic="depth")
    world.faults.duplicate(NAME, topic="l2Delta")
    world.run(1)
    times = [message["data"]["book"]["timestamp"] for message in client.take()]
    assert times != sorted(times)
    world.faults.truncate(NAME, topic="depth")
    world.run(1)
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        json.loads(client.raw[0])


def test_only_the_root_takes_sockets(world):
    """Another path is not found."""
    assert world.world.find(NAME).admit("/ws", {}).status == 404


def test_a_recording_is_played_under_its_topics(tmp_path, virtual):
    """Recorded frames of the venue's hosts come back on the topic that they name."""
    lines = [
        {"t": 1.0, "dir": "in", "kind": "ws", "url": "wss://mainnet-ws1.bulk.trade", "data": SAMPLES["trades"]},
        {"t": 2.0, "dir": "in", "kind": "ws", "url": "wss://mainnet-ws1.bulk.trade", "data": DELTA},
    ]
    path = tmp_path / "bulk.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in lines))
    world = virtual(capture=path)
    client = world.connect(NAME, "/")
    subscribe(world, client, *EVERYTHING[1:4:2])
    world.run(2)
    assert client.take() == [json.loads(SAMPLES["trades"]), json.loads(DELTA)]
