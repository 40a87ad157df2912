"""The life of a socket, on a clock that moves on order: subscribing, answers, losses, waits and giving up."""

import asyncio
import json
from dataclasses import replace
from itertools import pairwise

import pytest

from bt_api_py import StreamEvent, SubscribeError, WebSocketError
from bt_api_py.exchanges import EXCHANGES
from bt_api_py.exchanges.base import PING_FRAME, Heartbeat, Rate
from bt_api_py.net.errors import ConnectionLost

from .fakes import exchange_info, settle, ticker, trade

SPOT = "BINANCE___SPOT"


def reading(stream):
    """Begin to read a stream in a task of its own."""
    return asyncio.ensure_future(anext(stream))


async def live(api, transport, symbol="BTCUSDT", **options):
    """Return a stream of trades that has received one, and its socket."""
    stream = api.stream_trades(SPOT, symbol, **options)
    reader = reading(stream)
    await settle()
    transport.sockets[-1].feed(trade(1, symbol))
    await reader
    return stream, transport.sockets[-1]


@pytest.fixture
def endpoint_with(monkeypatch):
    """Return a function that gives the exchange's endpoint other manners."""

    def change(**manners):
        cls = EXCHANGES[SPOT]
        endpoints = {name: replace(endpoint, **manners) for name, endpoint in cls.endpoints.items()}
        monkeypatch.setattr(cls, "endpoints", endpoints)

    return change


class TestSubscribing:
    async def test_topics_asked_for_together_share_a_command(self, connect, transport):
        """Streams opened in one turn cost one socket and one subscribe message."""
        api = connect()
        readers = [reading(api.stream_ticker(SPOT, f"{base}USDT")) for base in ("BTC", "ETH", "SOL")]
        await settle()
        [socket] = transport.sockets
        assert [frame["method"] for frame in socket.commands()] == ["SUBSCRIBE"]
        assert sorted(socket.names()) == ["btcusdt@ticker", "ethusdt@ticker", "solusdt@ticker"]
        assert len(transport.requests) == 1  # one list of markets for all
        await api.async_close()
        await asyncio.gather(*readers, return_exceptions=True)

    async def test_messages_keep_the_pace_of_the_long_run_too(self, connect, transport, clock, endpoint_with):
        """Where the venue limits messages over a longer time as well, the next one waits for that."""
        endpoint_with(sustained=Rate(3, 10.0))
        api = connect(linger=0)
        keeping, socket = await live(api, transport)
        streams = [api.stream_ticker(SPOT, f"{base}USDT") for base in ("BTC", "ETH", "SOL")]
        readers = []
        for stream in streams:
            readers.append(reading(stream))
            await settle()
        await clock.run(5)
        assert len(socket.sent) == 3
        await clock.run(10)
        assert len(socket.sent) == 4
        await keeping.aclose()
        for stream in streams:
            await stream.aclose()
        await asyncio.gather(*readers, return_exceptions=True)

    async def test_messages_keep_the_venues_pace(self, connect, transport, clock):
        """More commands than the venue takes in a second are spread over time."""
        api = connect(linger=0)
        keeping, socket = await live(api, transport)
        for _ in range(12):
            reader = reading(api.stream_ticker(SPOT, "ETHUSDT"))
            await settle()
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)
            del reader  # and with it the stream: the topic is given back before it is asked for again
            await settle()
        await clock.run(30)
        times = [at for at, _ in socket.sent]
        assert len(times) >= 4
        for start in times:
            assert sum(start <= at < start + 1.0 for at in times) <= 4
        await keeping.aclose()

    async def test_an_answer_that_does_not_come_ends_the_socket(self, connect, transport, clock):
        """A subscription that is not acknowledged in time brings a new socket, and the topic is asked for there."""
        transport.answers = False
        api = connect(connect_timeout=0.05, ping_interval=3600)
        reader = reading(api.stream_ticker(SPOT, "BTCUSDT"))
        await settle()
        [socket] = transport.sockets
        await clock.run(0.06)
        async with asyncio.timeout(5):
            await socket.closed.wait()
        transport.answers = True
        await clock.run(5)
        assert len(transport.sockets) == 2
        assert transport.sockets[1].names() == ["btcusdt@ticker"]
        transport.sockets[1].feed(ticker(1))
        assert (await reader).get_symbol() == "BTCUSDT"

    async def test_a_refusal_without_a_name_is_found_one_by_one(self, connect, transport, clock):
        """When a command for several topics is refused as a whole, each is asked for alone, and the bad one fails."""
        transport.answers = False
        api = connect()
        good, bad = (reading(api.stream_ticker(SPOT, symbol)) for symbol in ("BTCUSDT", "ETHUSDT"))
        await settle()
        [socket] = transport.sockets
        [command] = socket.commands()
        socket.feed({"code": 2, "msg": "Invalid request", "id": command["id"]})
        await clock.run(5)
        alone = socket.commands()[1:]
        assert sorted(frame["params"] for frame in alone) == [["btcusdt@ticker"], ["ethusdt@ticker"]]
        for frame in alone:
            refused = frame["params"] == ["ethusdt@ticker"]
            socket.feed({"code": 2, "msg": "no", "id": frame["id"]} if refused else {"result": None, "id": frame["id"]})
        await settle()
        with pytest.raises(SubscribeError, match=r"BINANCE___SPOT ticker ETHUSDT: refused by the venue: no \(code 2\)"):
            await bad
        socket.feed(ticker(1))
        assert (await good).get_symbol() == "BTCUSDT"
        assert not socket.is_closed

    async def test_no_more_sockets_than_the_venue_allows(self, connect, transport, monkeypatch):
        """A topic that would need one socket too many is refused at once, and may be asked for when one is free."""
        cls = EXCHANGES[SPOT]
        narrow = replace(cls.endpoints["market"], topics_per_socket=1, most_sockets=1)
        monkeypatch.setattr(cls, "endpoints", {"market": narrow})
        api = connect(linger=0)
        stream, _ = await live(api, transport)
        with pytest.raises(SubscribeError, match="no more than 1 sockets"):
            await reading(api.stream_ticker(SPOT, "ETHUSDT"))
        await stream.aclose()
        reader = reading(api.stream_ticker(SPOT, "ETHUSDT"))
        await settle()
        transport.sockets[-1].feed(ticker(1, "ETHUSDT"))
        assert (await reader).get_symbol() == "ETHUSDT"

    async def test_a_topic_left_in_time_is_given_back(self, connect, transport, clock):
        """After `linger` an unread topic is unsubscribed while its neighbour stays."""
        api = connect(linger=5)
        keeping, socket = await live(api, transport)
        leaving = api.stream_ticker(SPOT, "BTCUSDT")
        reader = reading(leaving)
        await clock.run(1)
        socket.feed(ticker(1))
        await reader
        await leaving.aclose()
        await clock.run(4)
        assert socket.names("UNSUBSCRIBE") == []
        await clock.run(4)
        assert socket.names("UNSUBSCRIBE") == ["btcusdt@ticker"]
        await keeping.aclose()
        await clock.run(20)
        assert socket.is_closed
        assert transport.is_closed


class TestKeepingAlive:
    async def test_a_quiet_socket_is_asked_and_a_dead_one_is_replaced(self, connect, transport, clock):
        """After `ping_interval` of silence a ping goes out; without an answer in `ping_timeout` the socket ends."""
        api = connect(ping_interval=20, ping_timeout=10, reconnect_delay=0, stale_after=3600)
        stream, socket = await live(api, transport)
        await clock.run(19)
        assert socket.pings == []
        await clock.run(2)
        assert len(socket.pings) == 1
        await clock.run(8)
        assert not socket.is_closed
        await clock.run(5)
        assert socket.is_closed
        assert len(transport.sockets) == 2
        assert stream.stats.reconnects == 1

    async def test_any_message_is_a_sign_of_life(self, connect, transport, clock):
        """A socket that brings something is neither asked nor replaced."""
        api = connect(ping_interval=20, ping_timeout=10)
        stream, socket = await live(api, transport)
        for number in range(2, 20):
            socket.feed(trade(number))
            await clock.run(15)
        assert socket.pings == []
        assert len(transport.sockets) == 1
        assert stream.stats.queued == 18

    async def test_an_answered_ping_keeps_the_socket(self, connect, transport, clock):
        """The answer to a ping, which carries no data, is enough."""
        api = connect(ping_interval=20, ping_timeout=10, stale_after=3600)
        stream, socket = await live(api, transport)
        for _ in range(5):
            await clock.run(21)
            socket.feed(b"")
            await clock.run(1)
        assert stream.stats.state == "live"
        assert len(socket.pings) >= 4
        assert len(transport.sockets) == 1

    async def test_a_venue_that_counts_our_messages_is_pinged_while_it_sends(
        self, connect, transport, clock, endpoint_with
    ):
        """Where the heartbeat is steady, a ping goes out in every interval, however much comes in."""
        endpoint_with(heartbeat=Heartbeat(send=PING_FRAME, within=10, is_steady=True))
        stream, socket = await live(connect(ping_timeout=5), transport)
        for number in range(2, 62):
            socket.feed(trade(number))
            await clock.run(1)
        gaps = [later - earlier for earlier, later in pairwise(socket.pings)]
        assert len(socket.pings) >= 3
        assert max(gaps) <= 15  # the interval, and the time for the answer
        assert not socket.is_closed
        await stream.aclose()

    async def test_a_steady_rhythm_may_come_with_the_ticket(self, connect, transport, clock, monkeypatch):
        """The adapter says how each socket is kept alive; an answer that is awaited holds no ping up."""
        beat = Heartbeat(send=PING_FRAME, within=18, is_steady=True)
        monkeypatch.setattr(EXCHANGES[SPOT], "heartbeat", lambda self, name: beat)
        stream, socket = await live(connect(ping_interval=20, ping_timeout=30), transport)
        began = clock.monotonic()
        for number in range(2, 22):
            socket.feed(trade(number))
            await clock.run(5)
        assert [round(at - began) for at in socket.pings] == [18, 36, 54, 72, 90]
        await clock.run(30)
        assert socket.is_closed  # and nothing has answered
        assert stream.stats.reconnects == 1

    @pytest.mark.parametrize("word", [b'{"result":null,"id":null}', b'{"stream":"btcusdt@trade","data":7}'])
    async def test_a_venue_that_speaks_first_is_heard_first(self, connect, transport, endpoint_with, word):
        """Nothing is sent before its first message, whatever that is."""
        endpoint_with(greets=True)
        reader = reading(connect().stream_trades(SPOT, "BTCUSDT"))
        await settle()
        [socket] = transport.sockets
        socket.feed(b"")  # a sign of life without content
        await settle()
        assert socket.sent == []
        socket.feed(word)
        await settle()
        assert socket.names() == ["btcusdt@trade"]
        socket.feed(trade(1))
        assert (await reader).get_trade_id() == "1"

    async def test_a_venue_that_does_not_speak_at_all_is_left(self, connect, transport, endpoint_with):
        """Without its first message in time the socket ends, and nothing was sent there."""
        endpoint_with(greets=True)
        reader = reading(connect(connect_timeout=0.05, max_reconnect=1).stream_trades(SPOT, "BTCUSDT"))
        with pytest.raises(WebSocketError, match=r"no word of greeting within 0\.05 s"):
            await asyncio.wait_for(reader, 5)
        [socket] = transport.sockets
        assert (socket.sent, socket.is_closed) == ([], True)


class TestLoss:
    async def test_waits_double_up_to_the_ceiling(self, connect, transport, clock):
        """Attempts wait reconnect_delay, then twice as long each time, up to reconnect_max_delay."""
        api = connect(reconnect_delay=1, reconnect_max_delay=8, max_reconnect=None)
        _, socket = await live(api, transport)
        transport.refuse_all = ConnectionLost("refused")
        lost_at = clock.monotonic()
        socket.lose()
        await clock.run(60)
        times = [at - lost_at for at in transport.attempts[1:]]
        waits = [round(later - earlier, 3) for earlier, later in zip([0, *times], times, strict=False)]
        assert waits[:6] == [1, 1, 2, 4, 8, 8]

    async def test_closing_while_a_socket_is_being_closed_leaves_nothing(self, connect, transport):
        """A stream given back and the whole closed in the same breath end every task and the socket."""
        for turns in range(12):
            api = connect(linger=0)
            stream, socket = await live(api, transport)
            await stream.aclose()
            for _ in range(turns):
                await asyncio.sleep(0)
            await api.async_close()
            assert socket.is_closed, f"after {turns} turns"

    async def test_chance_shortens_the_wait(self, connect, transport, clock):
        """The wait is drawn between nothing and the ceiling (full jitter)."""
        clock.luck = 0.25
        api = connect(reconnect_delay=4, reconnect_max_delay=4, max_reconnect=None)
        _, socket = await live(api, transport)
        lost_at = clock.monotonic()
        socket.lose()
        await clock.run(10)
        assert transport.attempts[1] - lost_at == pytest.approx(1.0, abs=0.01)

    async def test_giving_up_is_told_with_the_cause(self, connect, transport, clock):
        """After max_reconnect failures in a row every stream of the connection gets a WebSocketError with the cause."""
        transport.refuse_all = ConnectionLost("cannot connect to stream.binance.com: no route")
        api = connect(max_reconnect=3)
        readers = [reading(api.stream_ticker(SPOT, symbol)) for symbol in ("BTCUSDT", "ETHUSDT")]
        await clock.run(60)
        for reader, symbol in zip(readers, ("BTCUSDT", "ETHUSDT"), strict=True):
            with pytest.raises(WebSocketError, match="no route") as caught:
                await reader
            assert symbol in str(caught.value)
            assert caught.value.retryable
        assert len(transport.attempts) == 3

    async def test_data_sets_the_count_of_failures_back(self, connect, transport, clock):
        """Failures count in a row only: a connection that brings data begins the count anew."""
        api = connect(max_reconnect=3)
        stream, socket = await live(api, transport)
        for number in range(2, 8):
            transport.refusals.extend([ConnectionLost("refused")] * 2)
            socket.lose()
            await clock.run(8)  # waits of 1, 2 and 4 s
            socket = transport.sockets[-1]
            socket.feed(trade(number))
            assert (await anext(stream)).get_trade_id() == str(number)
        assert stream.stats.reconnects == 6

    async def test_a_venue_that_accepts_and_drops_is_a_failure(self, connect, transport, clock):
        """Sockets that open but never bring data count as failures, so that giving up is possible."""
        api = connect(max_reconnect=3)
        reader = reading(api.stream_ticker(SPOT, "BTCUSDT"))
        for _ in range(3):
            await clock.run(30)
            transport.sockets[-1].lose()
            await settle()
        await clock.run(30)
        with pytest.raises(WebSocketError):
            await reader
        assert len(transport.sockets) == 3

    async def test_no_limit_means_no_end(self, connect, transport, clock):
        """With max_reconnect=None attempts go on for as long as it takes."""
        api = connect(max_reconnect=None, reconnect_max_delay=5)
        transport.refuse_all = ConnectionLost("refused")
        reader = reading(api.stream_ticker(SPOT, "BTCUSDT"))
        await clock.run(600)
        assert len(transport.attempts) > 50
        transport.refuse_all = None
        await clock.run(10)
        transport.sockets[-1].feed(ticker(1))
        assert (await reader).get_last_price() == 100

    async def test_a_wish_to_wait_is_obeyed_by_everybody(self, connect, transport, clock):
        """After 429 with Retry-After neither a socket nor a REST call is tried before its end."""
        transport.refusals.append(ConnectionLost("refused with HTTP 429", status=429, retry_after=90))
        api = connect(max_reconnect=None, reconnect_delay=0)
        reader = reading(api.stream_ticker(SPOT, "BTCUSDT"))
        await settle()
        refused_at = transport.attempts[0]
        await clock.run(89)
        assert len(transport.attempts) == 1
        await clock.run(10)
        assert len(transport.attempts) == 2
        assert transport.attempts[1] >= refused_at + 90
        transport.sockets[-1].feed(ticker(1))
        await reader

    async def test_a_hopeless_refusal_is_told_at_once(self, connect, transport, clock):
        """A refusal that no repetition can mend ends the stream with the first attempt."""
        transport.refuse_all = ConnectionLost("refused with HTTP 451", status=451)
        api = connect(max_reconnect=5)
        reader = reading(api.stream_ticker(SPOT, "BTCUSDT"))
        await clock.run(1)
        with pytest.raises(SubscribeError, match="451"):
            await reader
        assert len(transport.attempts) == 1

    async def test_topics_are_asked_for_again(self, connect, transport, clock):
        """After a loss every topic of the socket is subscribed on the new one, and nothing else."""
        api = connect(linger=0)
        one, socket = await live(api, transport)
        two = api.stream_ticker(SPOT, "ETHUSDT")
        reader = reading(two)
        await clock.run(1)
        socket.lose()
        await clock.run(5)
        fresh = transport.sockets[-1]
        assert sorted(fresh.names()) == ["btcusdt@trade", "ethusdt@ticker"]
        fresh.feed(ticker(1, "ETHUSDT"))
        await reader
        await one.aclose()
        await two.aclose()

    async def test_a_flood_of_rubbish_ends_the_socket(self, connect, transport, clock):
        """Unreadable frames without end are a damaged connection: it is replaced, and nobody waits for ever."""
        api = connect()
        stream, socket = await live(api, transport)
        socket.feed(*[b"\xff\x00rubbish"] * 100)
        await clock.run(5)
        assert socket.is_closed
        assert len(transport.sockets) == 2
        assert stream.stats.reconnects == 1


def limited(monkeypatch, **limits):
    """Give the venue's endpoint other limits."""
    endpoints = EXCHANGES[SPOT].endpoints
    monkeypatch.setattr(EXCHANGES[SPOT], "endpoints", {"market": replace(endpoints["market"], **limits)})


class TestRotation:
    async def test_an_old_socket_is_replaced_without_a_hole(self, connect, transport, clock, monkeypatch):
        """Near its age limit a socket gets a successor, both run for a while, and no trade is lost or comes twice."""
        limited(monkeypatch, lifetime=100.0)
        api = connect()
        stream, old = await live(api, transport, events=True)
        number = 1
        while clock.monotonic() < 1000 + 115:
            await clock.run(1)
            number += 1
            for socket in transport.sockets:
                if not socket.is_closed and "btcusdt@trade" in socket.names():
                    socket.feed(trade(number))
        await settle()
        assert old.is_closed
        assert len(transport.sockets) == 2
        assert 90 < transport.attempts[1] - transport.attempts[0] < 100
        items = [await anext(stream) for _ in range(stream.stats.queued)]
        trades = [item.get_trade_id() for item in items if not isinstance(item, StreamEvent)]
        assert trades == [str(n) for n in range(1, number + 1)]
        kinds = [item.kind for item in items if isinstance(item, StreamEvent)]
        assert "rotated" in kinds
        assert not {"gap", "disconnected"} & set(kinds)
        assert (stream.stats.reconnects, stream.stats.missing) == (0, 0)

    async def test_an_announced_end_is_met_with_a_new_socket(self, connect, transport, clock):
        """When the venue announces that it will close, another socket is opened before it does."""
        api = connect()
        stream, old = await live(api, transport)
        old.feed({"e": "serverShutdown", "E": 1})
        await clock.run(3)
        assert len(transport.sockets) == 2
        fresh = transport.sockets[1]
        assert fresh.names() == ["btcusdt@trade"]
        fresh.feed(trade(2))
        await clock.run(1)
        old.lose(1001)
        await clock.run(1)
        fresh.feed(trade(3))
        await settle()
        assert [(await anext(stream)).get_trade_id() for _ in range(2)] == ["2", "3"]
        assert stream.stats.missing == 0

    async def test_a_successor_that_fails_leaves_the_old_socket_alone(self, connect, transport, clock, monkeypatch):
        """A new socket that cannot be had costs nothing while the old one lives."""
        limited(monkeypatch, lifetime=100.0)
        api = connect(max_reconnect=2)
        stream, old = await live(api, transport)
        transport.refuse_all = ConnectionLost("refused")
        for number in range(2, 100):
            await clock.run(1)
            old.feed(trade(number))
        await settle()
        assert not old.is_closed
        assert stream.stats.state == "live"
        assert stream.stats.queued == 98


class TestSpread:
    async def test_another_socket_is_opened_when_one_is_full(self, connect, transport, clock, monkeypatch):
        """Topics beyond what one socket may carry go to a further one."""
        limited(monkeypatch, topics_per_socket=2)
        api = connect()
        bases = ["BTC", "ETH", "SOL", "XRP", "ADA"]
        transport.pages["exchangeInfo"] = exchange_info(*bases)
        readers = [reading(api.stream_ticker(SPOT, f"{base}USDT")) for base in bases]
        await clock.run(5)
        assert [len(socket.names()) for socket in transport.sockets] == [2, 2, 1]
        for socket in transport.sockets:
            for name in socket.names():
                socket.feed(ticker(1, name.partition("@")[0].upper()))
        assert {(await reader).get_symbol() for reader in readers} == {f"{base}USDT" for base in bases}

    async def test_health_names_every_connection(self, connect, transport):
        """health() counts topics, frames and rejected frames for each connection."""
        api = connect()
        _, socket = await live(api, transport)
        socket.feed(b"no json")
        await settle()
        [connection] = json.loads(json.dumps(api.health()))[SPOT]["connections"].values()
        assert connection["connected"] is True
        assert (connection["topics"], connection["rejected"]) == (1, 1)


class TestHub:
    async def test_an_unused_network_is_let_go_and_taken_up_again(self, connect, transport, clock):
        """Some seconds after the last use everything is closed; the next stream opens it again."""
        api = connect(linger=1)
        for number in (1, 2):
            stream, socket = await live(api, transport)
            await stream.aclose()
            await clock.run(30)
            assert socket.is_closed
            assert transport.is_closed
            assert len(transport.sockets) == number
            transport.is_closed = False

    async def test_an_unused_call_is_let_go(self, connect, transport, clock):
        """A REST call alone keeps nothing open for long."""
        api = connect()
        await api.async_get_symbols(SPOT)
        assert not transport.is_closed
        await clock.run(30)
        assert transport.is_closed

    async def test_the_list_of_markets_is_kept_for_an_hour(self, connect, transport, clock):
        """Markets are asked for once in an hour, however many streams and calls need them."""
        api = connect()
        stream, socket = await live(api, transport)
        await api.async_get_symbols(SPOT)
        assert len(transport.requests) == 1
        for number in range(2, 300):
            socket.feed(trade(number))
            await clock.run(15)
        await api.async_get_symbols(SPOT)
        assert [path for _, path in transport.requests].count("exchangeInfo") == 2
        await stream.aclose()
