"""Faults on order: what a client sees, and that the truth goes on."""

import asyncio
import json

import aiohttp
import pytest

from bt_api_py.simulator import Simulator
from bt_api_py.simulator.faults import GARBAGE_KINDS

from .simulated import decode

BINANCE, OKX, HTX = "BINANCE___SPOT", "OKX___SPOT", "HTX___SPOT"


@pytest.fixture
def world(virtual):
    """Binance in virtual time, busy."""
    return virtual(exchanges=[BINANCE, OKX, HTX], rate=10)


@pytest.fixture
def trades(world):
    """A client of Binance that listens to trades, and to the book."""
    return world.connect(BINANCE, "/stream", {"streams": "btcusdt@trade/btcusdt@depth@100ms"})


def ids(messages, kind="trade"):
    return [message["data"]["t"] for message in messages if message["data"]["e"] == kind]


def truth_ids(world):
    return [int(trade.id) for trade in world.truth.trades(BINANCE, "BTCUSDT")]


@pytest.mark.parametrize("code", [1006, 1001, 4000])
def test_disconnect_ends_every_socket(world, trades, code):
    """Every socket of the exchange ends with that code, and a new one is welcome."""
    assert world.faults.disconnect(BINANCE, code=code) == 1
    assert trades.ended[0] == code
    assert world.stats[BINANCE].open_sockets == 0
    again = world.connect(BINANCE, "/ws/btcusdt@trade")
    world.run(2)
    assert again.take()


def test_refused_sockets_see_a_status_or_a_reset(world):
    """Upgrades are turned away with the status that was set, or reset, until it is switched off."""
    dialect = world.world.find(BINANCE)
    world.faults.refuse(BINANCE, status=403)
    assert dialect.admit("/ws", {}).status == 403
    world.faults.refuse(BINANCE)
    assert dialect.admit("/ws", {}).status == 0
    world.faults.refuse(BINANCE, on=False)
    assert dialect.admit("/ws", {}) is None
    assert world.stats[BINANCE].refused == 2


def test_a_stalled_topic_is_silent_while_the_truth_goes_on(world, trades):
    """A stall holds back one topic of one symbol only; afterwards data flows, and what was held back is lost."""
    world.run(1)
    trades.take()
    world.faults.stall(BINANCE, topic="trades", symbol="btc/usdt")
    before = len(truth_ids(world))
    world.run(2)
    during = trades.take()
    assert ids(during) == []
    assert any(message["data"]["e"] == "depthUpdate" for message in during)
    assert len(truth_ids(world)) > before
    resumed_after = truth_ids(world)[-1]
    world.faults.stall(BINANCE, on=False)
    world.run(2)
    assert ids(trades.take())[0] == resumed_after + 1


def test_a_stalled_exchange_still_answers_pings(world):
    """A stall without a topic holds back all data, and heartbeats are answered."""
    client = world.connect(OKX, "/ws/v5/public")
    world.send(client, {"op": "subscribe", "args": [{"channel": "books", "instId": "BTC-USDT"}]})
    world.faults.stall(OKX)
    world.run(2)
    assert client.take() == []
    assert world.send(client, "ping") == ["pong"]


def test_skipped_frames_are_missing(world, trades):
    """Exactly the asked number of trades is lost."""
    world.run(1)
    world.faults.skip(BINANCE, topic="trades", count=3)
    world.run(3)
    assert len(truth_ids(world)) - len(ids(trades.take())) == 3


def test_duplicated_frames_come_twice(world, trades):
    """Exactly the asked number of trades comes twice in a row."""
    world.faults.duplicate(BINANCE, topic="trade", count=2)
    world.run(3)
    received = ids(trades.take())
    assert received[0] == received[1]
    assert received[2] == received[3]
    assert received[1:2] + received[3:] == truth_ids(world)


def test_reordered_frames_swap_places(world, trades):
    """A trade comes after its successor; nothing is lost."""
    world.faults.reorder(BINANCE, topic="trades")
    world.run(3)
    received, truth = ids(trades.take()), truth_ids(world)
    assert received[:2] == truth[1::-1]
    assert received[2:] == truth[2:]


def test_a_corrupt_book_differs_from_the_truth(world):
    """A corrupted book message is well-formed and carries one wrong quantity."""
    client = world.connect(OKX, "/ws/v5/public")
    world.faults.corrupt(OKX, topic="depth")
    world.send(client, {"op": "subscribe", "args": [{"channel": "books", "instId": "BTC-USDT"}]})
    world.run(0.15)
    [row] = client.take()[0]["data"]
    truth = world.truth.book(OKX, "BTCUSDT", row["seqId"])
    wrong = [
        (sent, true)
        for side, levels in (("asks", truth.asks), ("bids", truth.bids))
        for sent, true in zip(row[side], levels, strict=True)
        if float(sent[1]) != float(true[1])
    ]
    assert len(wrong) == 1


def test_a_wrong_checksum_is_sent_where_there_is_one(world):
    """The checksum field of a book changes, and nothing else."""
    client = world.connect(OKX, "/ws/v5/public")
    world.faults.wrong_checksum(OKX)
    world.send(client, {"op": "subscribe", "args": [{"channel": "books", "instId": "BTC-USDT"}]})
    world.run(0.5)
    sums = [message["data"][0]["checksum"] for message in client.take()]
    assert sums[0] == 1
    assert set(sums[1:]) == {0}


@pytest.mark.parametrize(("exchange", "path"), [(BINANCE, "/ws/btcusdt@trade"), (HTX, "/ws")])
def test_a_truncated_frame_cannot_be_read(world, exchange, path):
    """Half a frame is no message: not JSON, not gzip."""
    client = world.connect(exchange, path)
    world.faults.truncate(exchange)
    if exchange == HTX:
        world.send(client, {"sub": "market.btcusdt.bbo", "id": "1"})
    world.run(2)
    with pytest.raises((ValueError, EOFError)):
        decode(client.raw[0])
    assert decode(client.raw[1])


@pytest.mark.parametrize("kind", GARBAGE_KINDS)
def test_garbage_comes_beside_the_truth(world, kind):
    """Each kind of garbage adds one unusable frame ahead of a true one, and no trade is lost."""
    client = world.connect(BINANCE, "/ws/btcusdt@trade")
    world.faults.garbage(BINANCE, kind=kind)
    world.run(3)
    rubbish, *true = client.raw
    assert [json.loads(text)["t"] for text in true] == truth_ids(world)
    if kind in ("types", "nan"):
        message = json.loads(rubbish)
        assert message["e"] == "trade"
        assert message["p"] == "NaN" if kind == "nan" else isinstance(message["p"], dict)
    else:
        assert isinstance(rubbish, bytes if kind == "binary" else str)
        with pytest.raises(ValueError, match=r"utf-8|Expecting|Unterminated|delimiter"):
            json.loads(rubbish)


def test_an_unknown_kind_of_garbage_is_an_error(world):
    """A misspelt kind is refused with the list of kinds."""
    with pytest.raises(ValueError, match="choose one of json"):
        world.faults.garbage(BINANCE, kind="jsn")


def test_rejected_subscriptions_get_the_venue_s_error(world):
    """Each venue answers in its own words, and other symbols are not touched."""
    for exchange in (BINANCE, OKX, HTX):
        world.faults.reject_subscribe(exchange, "BTC/USDT")
    binance = world.connect(BINANCE, "/ws")
    ask = {"method": "SUBSCRIBE", "params": ["btcusdt@trade"], "id": 1}
    assert world.send(binance, ask)[0]["code"] == 2
    okx = world.connect(OKX, "/ws/v5/public")
    args = [{"channel": "trades", "instId": name} for name in ("BTC-USDT", "ETH-USDT")]
    answers = world.send(okx, {"op": "subscribe", "args": args})
    assert [answer["event"] for answer in answers] == ["error", "subscribe"]
    htx = world.connect(HTX, "/ws")
    assert world.send(htx, {"sub": "market.btcusdt.bbo", "id": "1"})[0]["err-msg"] == "invalid symbol btcusdt"
    assert world.send(htx, {"sub": "market.ethusdt.bbo", "id": "2"})[0]["status"] == "ok"
    world.faults.reject_subscribe(BINANCE, "BTCUSDT", on=False)
    assert world.send(binance, ask) == [{"result": None, "id": 1}]


def test_http_answers_can_be_forced(world):
    """A forced status applies to its path, its number of times, with its Retry-After."""
    world.faults.http_status(BINANCE, 503, count=2, path="/depth", retry_after=7)
    assert world.get(BINANCE, "/api/v3/time")[0] == 200
    for _ in range(2):
        status, _, headers = world.get(BINANCE, "/api/v3/depth", symbol="BTCUSDT")
        assert (status, headers["Retry-After"]) == (503, "7")
    assert world.get(BINANCE, "/api/v3/depth", symbol="BTCUSDT")[0] == 200
    world.faults.http_status(BINANCE, 429)
    assert world.get(BINANCE, "/api/v3/time")[0] == 429
    world.faults.http_status(BINANCE, 200)
    assert world.get(BINANCE, "/api/v3/time")[0] == 200


async def test_http_can_be_reset(lively, web):
    """Status 0 stands for a connection that is reset without an answer."""
    lively.faults.http_status(OKX, 0)
    url = lively.exchange_kwargs()[OKX]["rest_url"] + "/api/v5/public/time"
    with pytest.raises(aiohttp.ClientConnectionError):
        await web.get(url)
    lively.faults.http_status(OKX, 200)
    async with web.get(url) as answer:
        assert answer.status == 200


def test_slow_frames_come_late_and_complete(world, trades):
    """With a delay frames come that much later, in order, and none is lost."""
    world.faults.slow(BINANCE, 1.0)
    world.run(0.9)
    assert trades.take() == []
    world.run(2)
    world.faults.slow(BINANCE, 0.0)
    world.run(1.1)
    received = ids(trades.take())
    assert received == truth_ids(world)[: len(received)]
    assert len(received) > 20


def test_an_old_connection_is_ended(world, trades):
    """A connection ends at the age limit; a younger one lives."""
    world.faults.age_limit(BINANCE, 3)
    world.run(2)
    young = world.connect(BINANCE, "/ws")
    world.run(1.5)
    assert trades.ended == (1001, "connection too old")
    assert young.ended is None


def test_maintenance_is_announced_and_spares_newcomers(world):
    """The venue's notice comes first, the end later, and a connection made in between lives."""
    binance = world.connect(BINANCE, "/stream")
    okx = world.connect(OKX, "/ws/v5/public")
    for exchange in (BINANCE, OKX):
        world.faults.maintenance(exchange, seconds=2)
    [notice] = binance.take()
    assert (notice["stream"], notice["data"]["e"]) == ("!serverShutdown", "serverShutdown")
    [notice] = okx.take()
    assert (notice["event"], notice["code"]) == ("notice", "64008")
    replacement = world.connect(BINANCE, "/stream")
    world.run(1.5)
    assert binance.ended is None
    world.run(1)
    assert binance.ended[0] == okx.ended[0] == 1001
    assert replacement.ended is None


def test_clear_ends_every_fault(world, trades):
    """After clear nothing is disturbed any more."""
    world.faults.stall(BINANCE)
    world.faults.refuse(BINANCE)
    world.faults.http_status(BINANCE, 500)
    world.faults.clear(BINANCE)
    world.run(2)
    assert ids(trades.take()) == truth_ids(world)
    assert world.get(BINANCE, "/api/v3/time")[0] == 200
    assert world.world.find(BINANCE).admit("/ws", {}) is None


def test_a_misspelt_exchange_names_the_nearest(world):
    """An unknown exchange is an error that helps."""
    with pytest.raises(ValueError, match="did you mean OKX___SPOT"):
        world.faults.stall("OKX__SPOT")


def test_a_sequence_reset_is_refused_where_it_does_not_happen(world):
    """Binance never resets its numbers, so asking for it is an error."""
    with pytest.raises(ValueError, match="not known to reset"):
        world.faults.sequence_reset(BINANCE, "BTCUSDT")


async def test_a_venue_that_hangs_answers_nothing_on_real_sockets():
    """While an exchange hangs a request gets no answer; when that ends it is cut, and the next one is answered."""
    async with Simulator(exchanges=[OKX]) as sim, aiohttp.ClientSession() as session:
        url = f"{sim.url}/{OKX}/api/v5/public/time"
        sim.faults.hang(OKX)
        waiting = asyncio.ensure_future(session.post(url))  # a GET that is cut is sent again by aiohttp
        done, _ = await asyncio.wait([waiting], timeout=0.2)
        assert not done
        sim.faults.hang(OKX, on=False)
        with pytest.raises(aiohttp.ClientError):
            await waiting
        async with session.get(url) as answer:
            assert answer.status == 200


def test_a_frozen_socket_passes_nothing(world, trades):
    """After a freeze nothing comes from that socket, nothing that is sent counts, and new sockets are untouched."""
    world.run(1)
    assert world.faults.freeze(BINANCE) == 1
    trades.take()
    before = world.stats[BINANCE].ws_in
    assert world.send(trades, {"method": "LIST_SUBSCRIPTIONS", "id": 1}) == []
    world.run(2)
    assert (trades.take(), trades.pings, trades.ended) == ([], [], None)
    assert world.stats[BINANCE].ws_in == before
    again = world.connect(BINANCE, "/ws/btcusdt@trade")
    world.run(2)
    assert again.take()
