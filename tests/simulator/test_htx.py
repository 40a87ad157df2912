"""HTX as the simulator speaks it, against the venue's documented messages."""

import json
from decimal import Decimal

import pytest

from .simulated import START, like

NAME = "HTX___SPOT"
SAMPLES = {
    "ticker": '{"ch":"c","ts":1,"tick":{"open":1,"high":1,"low":1,"close":1,"amount":1,"vol":1,"count":1,"bid":1,'
    '"bidSize":1,"ask":1,"askSize":1,"lastPrice":1,"lastSize":1}}',
    "detail": '{"ch":"c","ts":1,"tick":{"id":1,"low":1,"high":1,"open":1,"close":1,"vol":1,"amount":1,"version":1,'
    '"count":1}}',
    "bbo": '{"ch":"c","ts":1,"tick":{"seqId":1,"ask":1,"askSize":1,"bid":1,"bidSize":1,"quoteTime":1,"symbol":"b"}}',
    "trade.detail": '{"ch":"c","ts":1,"tick":{"id":1,"ts":1,"data":[{"id":1,"ts":1,"tradeId":1,"amount":1,"price":1,'
    '"direction":"buy"}]}}',
    "kline.1min": '{"ch":"c","ts":1,"tick":{"id":1,"open":1,"close":1,"low":1,"high":1,"amount":1,"vol":1,"count":1}}',
    "depth.step0": '{"ch":"c","ts":1,"tick":{"bids":[[1,1]],"asks":[[1,1]],"version":1,"ts":1}}',
    "depth.step3": '{"ch":"c","ts":1,"tick":{"bids":[[1,1]],"asks":[[1,1]],"version":1,"ts":1}}',
    "mbp.refresh.20": '{"ch":"c","ts":1,"tick":{"seqNum":1,"bids":[[1,1]],"asks":[[1,1]]}}',
}


@pytest.fixture
def world(virtual):
    """HTX in virtual time."""
    return virtual(exchanges=[NAME], rate=4)


def topic(channel, symbol="btcusdt"):
    return f"market.{symbol}.{channel}"


def pushes(client, channel):
    return [m for m in client.take() if m.get("ch", "").endswith(f".{channel}")]


def test_messages_have_the_documented_structure(world):
    """Every topic's push has the documented keys, and JSON numbers for prices and sizes."""
    client = world.connect(NAME, "/ws")
    for channel in SAMPLES:
        world.send(client, {"sub": topic(channel), "id": "1"})
    world.run(3)
    seen = {message["ch"]: message for message in client.take() if "ch" in message}
    assert set(seen) == {topic(channel) for channel in SAMPLES}
    for channel, sample in SAMPLES.items():
        assert like(seen[topic(channel)], sample), channel
    assert len(seen[topic("depth.step0")]["tick"]["bids"]) == 150
    assert len(seen[topic("depth.step3")]["tick"]["bids"]) == 20
    assert len(seen[topic("mbp.refresh.20")]["tick"]["asks"]) == 20


def test_frames_are_gzip_members_and_exact(world):
    """Frames are binary gzip; numbers keep all their digits, the huge trade id too."""
    client = world.connect(NAME, "/ws")
    world.send(client, {"sub": topic("trade.detail"), "id": "1"})
    world.run(3)
    assert all(isinstance(frame, bytes) and frame[:2] == b"\x1f\x8b" for frame in client.raw)
    row = client.take()[-1]["tick"]["data"][0]
    assert len(str(row["id"])) == 27


def test_subscriptions_are_acknowledged(world):
    """`sub` and `unsub` are answered with the id of the request; afterwards the topic is silent."""
    client = world.connect(NAME, "/ws")
    [answer] = world.send(client, {"sub": topic("bbo"), "id": "7"})
    assert like(answer, '{"id":"7","status":"ok","subbed":"t","ts":1}')
    [answer] = world.send(client, {"unsub": topic("bbo"), "id": "8"})
    assert like(answer, '{"id":"8","status":"ok","unsubbed":"t","ts":1}')
    world.run(1)
    assert client.take() == []


@pytest.mark.parametrize(
    ("path", "name", "words"),
    [
        ("/ws", "market.nosuch.ticker", "invalid symbol nosuch"),
        ("/ws", "market.BTCUSDT.ticker", "invalid symbol BTCUSDT"),
        ("/ws", "market.btcusdt.mbp.150", "invalid topic market.btcusdt.mbp.150"),
        ("/feed", "market.btcusdt.ticker", "invalid topic market.btcusdt.ticker"),
        ("/feed", "market.sim001usdt.mbp.5", "invalid topic market.sim001usdt.mbp.5"),
        ("/ws", "nonsense", "invalid topic nonsense"),
    ],
)
def test_wrong_topics_get_an_error(world, path, name, words):
    """A wrong symbol or topic, or the right one on the wrong URL, is answered with status error."""
    [answer] = world.send(world.connect(NAME, path), {"sub": name, "id": "10"})
    assert like(answer, '{"status":"error","ts":1,"id":"10","err-code":"bad-request","err-msg":"m"}')
    assert answer["err-msg"] == words


@pytest.mark.parametrize("depth", [5, 20, 150, 400])
def test_increments_lead_to_the_true_book(world, depth):
    """Snapshot by `req` plus increments, chained by prevSeqNum, equal the best N levels of the venue's book."""
    client = world.connect(NAME, "/feed")
    name = topic(f"mbp.{depth}")
    world.send(client, {"sub": name, "id": "1"})
    world.run(1)
    early = pushes(client, f"mbp.{depth}")
    [answer] = world.send(client, {"req": name, "id": "2"})
    assert like(answer, '{"id":"2","rep":"r","status":"ok","ts":1,"data":{"seqNum":1,"bids":[[1,1]],"asks":[[1,1]]}}')
    assert answer["data"]["seqNum"] == early[-1]["tick"]["seqNum"]
    world.run(15)
    book = {side: {exact(p): exact(q) for p, q in answer["data"][side]} for side in ("bids", "asks")}
    last = answer["data"]["seqNum"]
    for message in pushes(client, f"mbp.{depth}"):
        tick = message["tick"]
        assert tick["prevSeqNum"] == last
        for side, levels in book.items():
            for price, size in tick[side]:
                if size == 0:
                    levels.pop(exact(price), None)
                else:
                    levels[exact(price)] = exact(size)
        last = tick["seqNum"]
    assert last > answer["data"]["seqNum"]
    truth = world.truth.book(NAME, "BTCUSDT", last)
    assert book["bids"] == dict(truth.bids[:depth])
    assert book["asks"] == dict(truth.asks[:depth])


def exact(number):
    return Decimal(str(number))


def test_requests_keep_their_distance(world):
    """A second `req` within 100 ms is refused."""
    client = world.connect(NAME, "/feed")
    world.send(client, {"req": topic("mbp.150"), "id": "1"})
    [answer] = world.send(client, {"req": topic("mbp.150"), "id": "2"})
    assert (answer["status"], answer["err-msg"]) == ("error", "429 too many request")
    world.run(0.15)
    assert world.send(client, {"req": topic("mbp.150"), "id": "3"})[0]["status"] == "ok"


def test_trades_are_those_that_happened(world):
    """Pushes hold the matches of one taker order each; tradeId rises by one."""
    client = world.connect(NAME, "/ws")
    world.send(client, {"sub": topic("trade.detail"), "id": "1"})
    world.run(14)
    rows = [row for message in pushes(client, "trade.detail") for row in message["tick"]["data"]]
    sent = [(str(r["tradeId"]), exact(r["price"]), exact(r["amount"]), r["direction"], r["ts"]) for r in rows]
    truth = world.truth.trades(NAME, "btcusdt")
    assert len(sent) > 100
    assert sent == [(t.id, t.price, t.quantity, t.side, t.ms) for t in truth]
    assert [int(t.id) for t in truth] == list(range(int(truth[0].id), int(truth[0].id) + len(truth)))


def test_a_client_that_does_not_pong_is_cut_off(world):
    """A ping comes every 5 s; who leaves two unanswered is closed with 1003, who echoes the number lives."""
    deaf, wrong, well = (world.connect(NAME, "/ws") for _ in range(3))
    for _ in range(20):
        world.run(1)
        for message in well.take():
            world.send(well, {"pong": message["ping"]})
        for message in wrong.take():
            world.send(wrong, {"pong": message["ping"] + 1})
    for client in (deaf, wrong):
        assert client.ended[0] == 1003
        assert client.ended[1].startswith("ping check expired, session: ")
    assert well.ended is None


def test_bars_can_be_requested_by_time(world):
    """A `req` for klines gives the bars of a range, at most 300."""
    client = world.connect(NAME, "/ws")
    now = int(START)
    request = {"req": topic("kline.1min"), "id": "9", "from": now - 300, "to": now - 60}
    [answer] = world.send(client, request)
    assert [bar["id"] for bar in answer["data"]] == [now - 300 + 60 * i for i in range(5)]
    world.run(1)
    [answer] = world.send(client, {"req": topic("kline.1min"), "id": "10", "from": 0, "to": now})
    assert len(answer["data"]) == 300


@pytest.mark.parametrize("channel", ["depth.step0", "trade.detail", "detail"])
def test_other_topics_can_be_requested(world, channel):
    """A `req` gives the present state of a topic under its name."""
    client = world.connect(NAME, "/ws")
    [answer] = world.send(client, {"req": topic(channel), "id": "4"})
    assert (answer["id"], answer["rep"], answer["status"]) == ("4", topic(channel), "ok")
    assert answer["data"]


def test_all_tickers_come_in_one_push(world):
    """`market.tickers` lists every symbol that trades, once a second."""
    client = world.connect(NAME, "/ws")
    world.send(client, {"sub": "market.tickers", "id": "1"})
    world.run(1)
    message = client.take()[0]
    sample = (
        '{"ch":"c","status":"ok","ts":1,"data":[{"symbol":"b","open":1,"high":1,"low":1,"close":1,"amount":1,'
        '"vol":1,"count":1}]}'
    )
    assert like(message, sample)
    listed = set(world.truth.symbols(NAME)) - {"HALTUSDT"}
    assert {row["symbol"].upper() for row in message["data"]} == listed


@pytest.mark.parametrize("text", ["nonsense", '{"sub": 5}', "[]"])
def test_malformed_requests_get_an_error(world, text):
    """A message that is no request is answered with bad-request."""
    [answer] = world.send(world.connect(NAME, "/ws"), text)
    assert (answer["status"], answer["err-code"]) == ("error", "bad-request")


def test_the_newer_symbol_lists_agree(world):
    """All three lists of symbols name the same markets with the same precision."""
    _, old, _ = world.get(NAME, "/v1/common/symbols")
    _, new, _ = world.get(NAME, "/v2/settings/common/symbols")
    _, flat, _ = world.get(NAME, "/v1/settings/common/market-symbols")
    rows = [(row["symbol"], row["price-precision"], row["amount-precision"]) for row in old["data"]]
    assert rows == [(row["sc"], row["tpp"], row["tap"]) for row in new["data"]]
    assert rows == [(row["symbol"], row["pp"], row["ap"]) for row in flat["data"]]


def test_rest_answers_have_the_documented_structure(world):
    """Every public REST answer has the documented keys and types."""
    row = '{"id":1,"ts":1,"data":[{"id":1,"ts":1,"trade-id":1,"amount":1,"price":1,"direction":"buy"}]}'
    expected = {
        "/v1/common/timestamp": '{"status":"ok","data":1}',
        "/market/tickers": '{"status":"ok","ts":1,"data":[{"symbol":"b","open":1,"high":1,"low":1,"close":1,'
        '"amount":1,"vol":1,"count":1,"bid":1,"bidSize":1,"ask":1,"askSize":1}]}',
        "/market/detail/merged": '{"ch":"c","status":"ok","ts":1,"tick":{"id":1,"version":1,"open":1,"close":1,'
        '"low":1,"high":1,"amount":1,"vol":1,"count":1,"bid":[1,1],"ask":[1,1]}}',
        "/market/depth": '{"ch":"c","status":"ok","ts":1,"tick":{"ts":1,"version":1,"bids":[[1,1]],"asks":[[1,1]]}}',
        "/market/trade": '{"ch":"c","status":"ok","ts":1,"tick":' + row + "}",
        "/market/history/trade": '{"ch":"c","status":"ok","ts":1,"data":[' + row + "]}",
        "/market/history/kline": '{"ch":"c","status":"ok","ts":1,"data":[{"id":1,"open":1,"close":1,"low":1,'
        '"high":1,"amount":1,"vol":1,"count":1}]}',
        "/v1/common/symbols": '{"status":"ok","data":[{"base-currency":"b","quote-currency":"u","price-precision":2,'
        '"amount-precision":6,"symbol-partition":"main","symbol":"b","state":"online","value-precision":8,'
        '"limit-order-min-order-amt":1,"limit-order-max-order-amt":1,"sell-market-min-order-amt":1,'
        '"sell-market-max-order-amt":1,"buy-market-max-order-value":1,"min-order-value":10,"api-trading":"e"}]}',
    }
    for path, sample in expected.items():
        status, body, _ = world.get(NAME, path, symbol="btcusdt", type="step0", period="1min", size=200)
        assert status == 200
        assert like(body, sample), path


def test_recent_trades_reach_back_2000(world):
    """history/trade gives up to 2000 matches, newest group first, and refuses to give more."""
    _, body, _ = world.get(NAME, "/market/history/trade", symbol="btcusdt", size=2000)
    ids = [row["trade-id"] for group in reversed(body["data"]) for row in group["data"]]
    assert ids == list(range(ids[0], ids[0] + 2000))
    _, body, _ = world.get(NAME, "/market/history/trade", symbol="btcusdt", size=2001)
    assert body["err-code"] == "invalid-parameter"


def test_errors_come_with_status_200(world):
    """A wrong symbol is answered with HTTP 200 and status error."""
    status, body, _ = world.get(NAME, "/market/detail", symbol="nosuch")
    assert status == 200
    assert like(body, json.dumps({"status": "error", "err-code": "c", "err-msg": "m", "ts": 1}))


def test_rest_limits_are_per_endpoint(world):
    """The 11th request to an endpoint within a second gets 429; another endpoint still answers."""
    statuses = [world.get(NAME, "/market/trade", symbol="btcusdt")[0] for _ in range(11)]
    assert statuses == [200] * 10 + [429]
    assert world.get(NAME, "/market/detail", symbol="btcusdt")[0] == 200
