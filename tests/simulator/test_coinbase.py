"""Coinbase Exchange as the simulator speaks it, against the venue's documented messages."""

import json
from decimal import Decimal

import pytest

from .simulated import START, like

NAME, PATH = "COINBASE___SPOT", "/"
SAMPLES = {
    "ticker": '{"type":"ticker","sequence":1,"product_id":"B","price":"1","open_24h":"1","volume_24h":"1",'
    '"low_24h":"1","high_24h":"1","volume_30d":"1","best_bid":"1","best_bid_size":"1","best_ask":"1","best_ask_size":"1",'
    '"side":"buy","time":"t","trade_id":1,"last_size":"1"}',
    "last_match": '{"type":"last_match","trade_id":1,"maker_order_id":"a","taker_order_id":"b","side":"sell",'
    '"size":"1","price":"1","product_id":"B","sequence":1,"time":"t"}',
    "match": '{"type":"match","trade_id":1,"maker_order_id":"a","taker_order_id":"b","side":"sell","size":"1",'
    '"price":"1","product_id":"B","sequence":1,"time":"t"}',
    "snapshot": '{"type":"snapshot","product_id":"B","bids":[["1","1"]],"asks":[["1","1"]],"time":"t"}',
    "l2update": '{"type":"l2update","product_id":"B","changes":[["buy","1","1"]],"time":"t"}',
    "heartbeat": '{"type":"heartbeat","sequence":90,"last_trade_id":20,"product_id":"B","time":"t"}',
}
PRODUCT = (
    '{"id":"BTC-USD","base_currency":"BTC","quote_currency":"USD","quote_increment":"0.01",'
    '"base_increment":"0.00000001","display_name":"BTC/USD","min_market_funds":"1","margin_enabled":false,'
    '"post_only":false,"limit_only":false,"cancel_only":false,"trading_disabled":false,"auction_mode":false,'
    '"status":"online","status_message":"","fx_stablecoin":false,"max_slippage_percentage":"0.02000000"}'
)
AGENT = {"User-Agent": "a test"}


@pytest.fixture
def world(virtual):
    """Coinbase in virtual time."""
    return virtual(exchanges=[NAME], rate=4)


def ask(channels, products=None, op="subscribe"):
    return {"type": op, "channels": channels} | ({"product_ids": products} if products is not None else {})


def of(channel, *products):
    return {"name": channel, "product_ids": list(products)}


def get(world, path, query=""):
    """Return (status, body) of a request."""
    return world.request(NAME, path, query, AGENT)


def subscribed(world, client, message):
    """Send a message and return what the acknowledgement lists."""
    [answer] = world.send(client, message)
    assert answer["type"] == "subscriptions", answer
    return {entry["name"]: entry["product_ids"] for entry in answer["channels"]}


def listening(world, *channels, product="BTC-USDT"):
    client = world.connect(NAME, PATH)
    subscribed(world, client, ask([of(channel, product) for channel in channels]))
    return client


def test_messages_have_the_documented_structure(world):
    """Every type of message has the documented keys and types."""
    client = listening(world, "ticker", "matches", "level2_batch", "heartbeat")
    world.run(3)
    seen = {}
    for message in client.take():
        seen.setdefault(message["type"], message)
    assert set(seen) == set(SAMPLES)
    for kind, sample in SAMPLES.items():
        assert like(seen[kind], sample), kind


@pytest.mark.parametrize(
    "message",
    [
        ask(["level2_batch", "matches"], ["BTC-USD", "ETH-USD"]),
        ask([of("level2_batch", "BTC-USD", "ETH-USD"), of("matches", "BTC-USD", "ETH-USD")]),
        ask(["matches", of("level2_batch", "BTC-USD", "ETH-USD")], ["BTC-USD", "ETH-USD"]),
    ],
)
def test_both_spellings_ask_for_the_same(world, message):
    """Channels are named in one way or the other, and the book is acknowledged under another name."""
    client = world.connect(NAME, PATH)
    [answer] = world.send(client, message)
    sample = '{"type":"subscriptions","channels":[{"name":"level2_50","product_ids":["B"],"account_ids":null}]}'
    assert like(answer, sample)
    listed = {entry["name"]: entry["product_ids"] for entry in answer["channels"]}
    assert listed == {name: ["BTC-USD", "ETH-USD"] for name in ("level2_50", "matches")}


def test_an_acknowledgement_lists_the_whole_set(world):
    """Each answer names all that is subscribed, also after something was given back, in one way or the other."""
    client = world.connect(NAME, PATH)
    assert subscribed(world, client, ask(["ticker"], ["BTC-USD"])) == {"ticker": ["BTC-USD"]}
    more = subscribed(world, client, ask([of("heartbeat", "ETH-USD"), "status"]))
    assert more == {"ticker": ["BTC-USD"], "status": [], "heartbeat": ["ETH-USD"]}
    left = subscribed(world, client, ask(["ticker"], ["BTC-USD"], op="unsubscribe"))
    assert left == {"status": [], "heartbeat": ["ETH-USD"]}
    assert subscribed(world, client, ask(["heartbeat"], op="unsubscribe")) == {"status": []}
    assert subscribed(world, client, ask(["status"], op="unsubscribe")) == {}
    world.run(7)
    assert client.take() == []


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (ask(["ticker"], ["FOO-USD"]), "FOO-USD is not a valid product"),
        (ask(["ticker"], ["BTCUSD"]), "BTCUSD is not a valid product"),
        (ask(["heartbeat"], ["FOO-USD"]), "FOO-USD is not a valid product"),
        (ask(["candles"], ["BTC-USD"]), "candles is not a valid channel"),
        (ask(["ticker"]), "ticker: no product_ids provided"),
        (ask([]), "no channels provided"),
        ({"type": "subscribe"}, "no channels provided"),
        (ask([7], ["BTC-USD"]), "channels and product_ids must be lists of names"),
        *((ask([channel], ["BTC-USD"]), "level2, level3, and full channels now require authentication. "
           "https://docs.cloud.coinbase.com/exchange/docs/websocket-auth") for channel in ("level2", "level3", "full")),
    ],
)  # fmt: skip
def test_what_cannot_be_subscribed_is_an_error(world, message, reason):
    """A refusal tells its reason and nothing of the command, and nothing of the command is carried out."""
    client = world.connect(NAME, PATH)
    assert world.send(client, message) == [{"type": "error", "message": "Failed to subscribe", "reason": reason}]
    assert subscribed(world, client, ask(["status"])) == {"status": []}


def test_all_or_nothing(world):
    """One unknown market in a command leaves the others unsubscribed too."""
    client = world.connect(NAME, PATH)
    [answer] = world.send(client, ask(["ticker", "matches"], ["BTC-USD", "FOO-USD"]))
    assert answer["type"] == "error"
    world.run(1)
    assert client.take() == []


@pytest.mark.parametrize("text", ["", "{", "[]", '"subscribe"', '{"type":"login"}', "{}"])
def test_what_is_no_command_is_an_error(world, text):
    """Broken JSON and unknown types are answered, and the connection stays."""
    client = world.connect(NAME, PATH)
    [answer] = world.send(client, text)
    assert (answer["type"], answer["message"]) == ("error", "Malformed message")
    assert client.ended is None


def test_matches_begin_with_the_last_one_and_skip_none(world):
    """After the last match of the past every match follows with the next number, telling the maker's side."""
    client = listening(world, "matches")
    world.run(5)
    first, *matches = client.take()
    assert (first["type"], {message["type"] for message in matches}) == ("last_match", {"match"})
    numbers = [message["trade_id"] for message in (first, *matches)]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    truth = {int(row.id): row for row in world.truth.trades(NAME, "BTCUSDT", history=True)}
    for message in matches:
        row = truth[message["trade_id"]]
        assert (Decimal(message["price"]), Decimal(message["size"])) == (row.price, row.quantity)
        assert message["side"] == {"buy": "sell", "sell": "buy"}[row.side]
        assert message["time"].endswith(f".{row.ms % 1000:03d}000Z")
    sequences = [message["sequence"] for message in matches]
    assert sequences == sorted(set(sequences))


def test_books_follow_from_the_snapshot(world):
    """Updates change the snapshot into the market's own book; sizes have eight decimals, zero takes a level out."""
    client = listening(world, "level2_batch")
    world.run(5)
    book = {"buy": {}, "sell": {}}
    snapshot, *updates = client.take()
    assert snapshot["type"] == "snapshot"
    for side, name in (("buy", "bids"), ("sell", "asks")):
        book[side].update((Decimal(price), Decimal(size)) for price, size in snapshot[name])
    for update in updates:
        for side, price, size in update["changes"]:
            assert len(size.partition(".")[2]) == 8
            if Decimal(size):
                book[side][Decimal(price)] = Decimal(size)
            else:
                book[side].pop(Decimal(price), None)
    truth = world.truth.book(NAME, "BTCUSDT")
    assert (book["buy"], book["sell"]) == (dict(truth.bids), dict(truth.asks))
    times = [message["time"] for message in (snapshot, *updates)]
    assert times == sorted(times)


def test_tickers_come_with_matches(world):
    """The present state first, then one ticker per moment with a match, that tells the taker's side."""
    client = listening(world, "ticker")
    world.run(5)
    numbers = [message["trade_id"] for message in client.take()]
    assert numbers == sorted(set(numbers))
    assert len(numbers) > 5


def test_heartbeats_come_every_second(world):
    """Each market that was asked for beats once a second, with the number of its last trade."""
    client = listening(world, "heartbeat", product="HALT-USDT")
    world.run(5.5)
    beats = client.take()
    assert len(beats) == 5
    assert {beat["last_trade_id"] for beat in beats} == {int(world.truth.trades(NAME, "HALTUSDT", history=True)[-1].id)}


def test_who_asks_for_nothing_is_sent_away(world):
    """A connection without a subscription ends after five seconds; one that gave everything back stays."""
    silent = world.connect(NAME, PATH)
    asked = listening(world, "ticker")
    subscribed(world, asked, ask(["ticker"], op="unsubscribe"))
    world.run(4.9)
    assert silent.ended is None
    world.run(0.2)
    assert silent.ended == (1000, "no subscription")
    assert asked.ended is None
    assert sum(world.stats[NAME].breaches.values()) == 1


def test_new_sockets_are_limited(world):
    """Twenty at once and eight a second after that; others are refused with 429."""
    for _ in range(20):
        world.connect(NAME, PATH)
    dialect = world.world.find(NAME)
    assert dialect.admit(PATH, {}).status == 429
    world.leap(1)
    assert [dialect.admit(PATH, {}) is None for _ in range(9)] == [True] * 8 + [False]
    assert dialect.admit("/elsewhere", {}).status == 404


def test_requests_are_limited(world):
    """Fifteen at once, and ten a second after that."""
    assert [get(world, "/time")[0] for _ in range(16)] == [200] * 15 + [429]
    world.leap(1)
    assert [get(world, "/time")[0] for _ in range(11)] == [200] * 10 + [429]
    assert get(world, "/time")[1] == {"message": "Public rate limit exceeded"}


def test_who_calls_has_to_say_so(world):
    """A request without a user agent is refused."""
    assert world.request(NAME, "/time", "", {}) == (400, {"message": "User-Agent header is required."})


def test_products(world):
    """The list holds every market in the documented form, and each can be asked for alone."""
    status, rows = get(world, "/products")
    assert status == 200
    by_name = {row["id"]: row for row in rows}
    assert by_name["BTC-USD"] == json.loads(PRODUCT)
    assert by_name["HALT-USDT"]["trading_disabled"]
    assert get(world, "/products/BTC-USD") == (200, by_name["BTC-USD"])


def test_time(world):
    """The clock as text and in seconds."""
    assert get(world, "/time") == (200, {"iso": "2026-11-21T00:00:00.000Z", "epoch": START})


@pytest.mark.parametrize(
    ("path", "sample"),
    [
        (
            "ticker",
            '{"trade_id":1,"price":"1","size":"1","time":"t","bid":"1","ask":"1","volume":"1","rfq_volume":"0"}',
        ),
        ("stats", '{"open":"1","high":"1","low":"1","last":"1","volume":"1","volume_30day":"1"}'),
        ("trades", '[{"trade_id":1,"side":"sell","size":"1","price":"1","time":"t"}]'),
        ("candles", "[[1,1,1,1,1,1]]"),
    ],
)
def test_answers_have_the_documented_structure(world, path, sample):
    """Every answer has the documented keys and types."""
    status, body = get(world, f"/products/BTC-USD/{path}")
    assert status == 200
    assert like(body, sample)


@pytest.mark.parametrize(("level", "third"), [("1", int), ("2", int), ("3", str)])
def test_book(world, level, third):
    """Level 1 is the best prices, level 2 all of them with a number of orders, level 3 with an order's name."""
    _, body = get(world, "/products/BTC-USD/book", f"level={level}")
    truth = world.truth.book(NAME, "BTCUSD")
    count = 1 if level == "1" else len(truth.bids)
    assert [Decimal(row[0]) for row in body["bids"]] == [price for price, _ in truth.bids[:count]]
    assert type(body["asks"][0][2]) is third
    assert set(body) == {"sequence", "bids", "asks", "time"}


def test_trades_page_by_their_numbers(world):
    """Newest first; `after` means older than, `before` newer than; the cursors are in the headers."""
    dialect = world.world.find(NAME)
    ids = [int(row.id) for row in world.truth.trades(NAME, "BTCUSD", history=True)]

    def page(**query):
        answer = dialect.handle_http("GET", "/products/BTC-USD/trades", query, AGENT, b"")
        return [row["trade_id"] for row in json.loads(answer.body)], answer.headers

    newest, headers = page(limit="3")
    assert newest == ids[:-4:-1]
    assert headers == {"CB-BEFORE": str(ids[-1]), "CB-AFTER": str(ids[-3])}
    assert page(limit="2", after=headers["CB-AFTER"])[0] == [ids[-4], ids[-5]]
    assert page(limit="2", before=str(ids[-5]))[0] == [ids[-1], ids[-2]]  # the newest page above it
    assert page(before=str(ids[-1])) == ([], {})
    assert len(page()[0]) == 1000


def test_candles(world):
    """Newest first, low before high before open before close, in numbers; what nobody traded in is missing."""
    truth = {bar.open_ms: bar for bar in world.truth.klines(NAME, "BTCUSD", "60")}
    _, rows = get(world, "/products/BTC-USD/candles", "granularity=60")
    assert 295 < len(rows) <= 300
    assert [row[0] for row in rows] == sorted((row[0] for row in rows), reverse=True)
    for seconds, low, high, first, last, volume in rows[1:]:
        bar = truth[seconds * 1000]
        figures = tuple(map(float, (bar.low, bar.high, bar.open, bar.close, bar.volume)))
        assert (low, high, first, last, volume) == figures
    assert get(
        world, "/products/HALT-USDT/candles", "granularity=60&start=2026-11-20T00:00:00Z&end=2026-11-20T00:01:00Z"
    ) == (200, [])


@pytest.mark.parametrize(
    ("path", "query", "answer"),
    [
        ("/products/FOO-USD/ticker", "", (404, "NotFound")),
        ("/products/BTC-USD/nothing", "", (404, "NotFound")),
        ("/nothing", "", (404, "NotFound")),
        ("/products/BTC-USD/candles", "granularity=61", (400, "Unsupported granularity")),
        ("/products/BTC-USD/candles", "granularity=60&start=x&end=y", (400, "Invalid start or end")),
        ("/products/BTC-USD/trades", "after=x", (400, "Invalid after")),
        ("/products/BTC-USD/book", "level=4", (400, "Invalid level")),
    ],
)
def test_bad_requests(world, path, query, answer):
    """What is unknown or malformed is an error with a text."""
    status, body = get(world, path, query)
    assert (status, body) == (answer[0], {"message": answer[1]})


def test_a_candle_request_for_too_long_is_refused(world):
    """More than 300 candles are not to be had at once."""
    query = "granularity=60&start=2026-11-20T00:00:00Z&end=2026-11-20T05:00:00Z"
    status, body = get(world, "/products/BTC-USD/candles", query)
    assert (status, body["message"].endswith("exceeds 300")) == (400, True)
    assert get(world, "/products/BTC-USD/candles", query.replace("T05:00", "T04:59"))[0] == 200
