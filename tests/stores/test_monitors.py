"""`FullTicker` and `SingleTicker` against their simulated server, on virtual time."""

import asyncio
import math
from itertools import pairwise

import pytest

from bt_api_py.exceptions import ConfigurationError, StreamUsageError, WebSocketError
from bt_api_py.net.transport import Response
from bt_api_py.simulator import run_virtual
from bt_api_py.simulator.coinblockpro import CoinblockproServer, markets
from bt_api_py.stores import FullTicker, SingleTicker

NAME = "COINBLOCKPRO___SPOT"
FEED = "/ticker_feed"
SOON = 1.0  # seconds: a connection and one call
both = pytest.mark.parametrize("kind", [FullTicker, SingleTicker])


class Server:
    """The simulated server, and the classes under test aimed at it; `lines` holds what they report."""

    def __init__(self, sim):
        self.sim = sim
        self.venue = sim.venue(NAME)
        self.faults = sim.faults
        self.lines = []
        self.asked = []  # (second, path) of each call
        self.answer = None  # to every call, in place of the server's own

    def make(self, kind, **given):
        settings = self.sim.exchange_kwargs()[NAME]
        given = {"report": self.lines.append, "clock": self.sim.clock, "transport": self} | given
        return kind(settings["rest_url"], settings["ws_url"] + FEED, **given)

    def now(self):
        return self.sim.clock.monotonic()

    def silence(self):
        self.venue.venue.gap = None

    async def end_quietly(self, seconds):
        """Let prices change for so long, and then no more, so that the end finds none on its way."""
        await asyncio.sleep(seconds)
        self.silence()

    # It is the transport as well.

    async def connect(self, url, **given):
        return await self.sim.transport.connect(url, **given)

    async def get(self, url, query, headers, **given):
        self.asked.append((self.now(), url.rsplit("/", 1)[1]))
        if self.answer is not None:
            return Response(200, {}, self.answer)
        return await self.sim.transport.get(url, query, headers, **given)

    async def close(self):
        await self.sim.transport.close()


def play(main, *, symbols=None):
    """Run `main(server)`; that nothing is left open is part of every test."""

    async def run(sim):
        server = Server(sim)
        others = asyncio.all_tasks()
        result = await main(server)
        await asyncio.sleep(1)
        assert asyncio.all_tasks() == others
        assert sim.stats[NAME].open_sockets == 0
        return result

    return run_virtual(run, exchanges=[NAME], symbols=symbols, limit=3600)


async def watch(server, ticker, period, play=None):
    """Monitor for a period while `play()` goes on; return the seconds that it took."""
    began = server.now()
    watching = asyncio.ensure_future(ticker.monitor_markets(period))
    if play is not None:
        await play()
    await watching
    return server.now() - began


class TestMerge:
    @both
    def test_an_answer_that_is_older_than_the_feed_loses(self, kind):
        """A price that the feed tells while the call is under way stays, also when the answer comes later."""

        async def main(server):
            server.silence()
            server.venue.push("btc_eur", 1)
            server.faults.http_delay(NAME, 2)
            ticker = server.make(kind, markets=["btc_eur"])

            async def change():
                await asyncio.sleep(1)
                server.venue.push("btc_eur", 2)

            await watch(server, ticker, 5, change)
            assert ticker.ticker_data == {"btc_eur": 2}
            assert (ticker.get("btc_eur").source, ticker.counts.late) == ("ws", 1)

        play(main)

    @both
    def test_the_feed_is_open_before_rest_is_asked(self, kind):
        """While the feed is refused nothing is asked for, and nothing is believed complete."""

        async def main(server):
            server.faults.refuse(NAME)
            ticker = server.make(kind, request_interval=0)

            async def look():
                await asyncio.sleep(5)
                assert server.asked == []
                server.faults.refuse(NAME, on=False)
                await asyncio.sleep(10)
                assert ticker.is_complete

            await watch(server, ticker, 20, look)
            assert ticker.ticker_data == server.venue.prices

        play(main)

    @both
    def test_prices_are_updated_in_place(self, kind):
        """The dictionary that a program holds is the one that is kept up to date, in one run after another."""

        async def main(server):
            ticker = server.make(kind, request_interval=0)
            held = ticker.ticker_data
            await ticker.monitor_markets(5)
            first = dict(held)
            await watch(server, ticker, 6, lambda: server.end_quietly(5))
            assert held is ticker.ticker_data
            assert first != held == server.venue.prices

        play(main)

    def test_what_rest_told_in_another_way_is_taken(self):
        """`insert_rest_values` fills what is missing and leaves what the feed has told."""

        async def main(server):
            server.silence()
            ticker = server.make(FullTicker)
            listening = asyncio.ensure_future(ticker.subscribe(3))
            await asyncio.sleep(1)
            server.venue.push("btc_eur", 2)
            await asyncio.sleep(1)
            ticker.insert_rest_values({"btc_eur": 1.0, "btc_usd": 3.0})
            await listening
            assert ticker.ticker_data == {"btc_eur": 2, "btc_usd": 3}

        play(main)


class TestSilence:
    def test_a_silent_feed_is_filled_by_one_call(self):
        """Without a frame of the feed, all is known as soon as it is open and one call is answered."""

        async def main(server):
            server.silence()
            ticker = server.make(FullTicker)

            async def look():
                await asyncio.sleep(SOON)
                assert ticker.is_complete
                assert [path for _, path in server.asked] == ["full_ticker"]

            await watch(server, ticker, 10, look)
            assert ticker.ticker_data == server.venue.prices
            assert server.lines == ["REST: the prices of all 45 markets are known"]

        play(main)

    @pytest.mark.parametrize("interval", [0.5, 0])
    def test_a_silent_feed_is_filled_market_by_market(self, interval):
        """Each market is asked for once, in the order of the list, so long after the other."""

        async def main(server):
            server.silence()
            ticker = server.make(SingleTicker, request_interval=interval)

            async def look():
                await asyncio.sleep(45 * (interval + 0.1) + SOON)
                assert ticker.is_complete

            await watch(server, ticker, 60, look)
            times = [second for second, _ in server.asked]
            assert len(times) == 45
            assert all(later - earlier >= interval for earlier, later in pairwise(times))
            assert list(ticker.ticker_data) == list(markets)
            assert server.lines[0] == f"REST: market btc_ltc to price {server.venue.prices['btc_ltc']}"
            assert server.lines[-1] == "Downloaded information on 45 / 45 markets through the REST API."

        play(main)

    def test_what_the_feed_tells_is_not_asked_for(self):
        """Of a busy feed REST is asked for the rest only, and both add up to all markets."""

        async def main(server):
            server.venue.venue.gap = 0.1
            ticker = server.make(SingleTicker)
            await ticker.monitor_markets(30)
            assert set(ticker.ticker_data) == set(markets)
            assert 0 < len(server.asked) < 30
            counts = ticker.counts
            assert counts.filled_by_rest == len(server.asked)
            assert counts.filled_by_rest + counts.filled_by_feed == 45

        play(main)

    @both
    @pytest.mark.parametrize("period", [0, 1.5, 6])
    def test_the_period_is_kept(self, kind, period):
        """With a silent feed and a slow REST it ends within a tenth of a second."""

        async def main(server):
            server.silence()
            server.faults.http_delay(NAME, 4)
            ticker = server.make(kind)
            began = server.now()
            try:
                await ticker.monitor_markets(period)
            except WebSocketError:
                assert period == 0
            assert abs(server.now() - began - period) < 0.1

        play(main)

    @both
    def test_the_period_is_kept_by_a_busy_feed(self, kind):
        """Frames that never end do not put the end off."""

        async def main(server):
            server.venue.venue.gap = 0
            assert abs(await watch(server, server.make(kind), 4) - 4) < 0.1

        play(main)


class TestReconnection:
    @both
    def test_a_lost_feed_is_opened_and_filled_again(self, kind):
        """After a loss every price is marked, and current again soon after the feed is back, with what changed."""

        async def main(server):
            server.silence()
            ticker = server.make(kind, request_interval=0)

            async def lose():
                await asyncio.sleep(10)
                assert ticker.is_complete
                server.faults.refuse(NAME)
                server.faults.disconnect(NAME)
                server.venue.push("btc_eur", 7)
                await asyncio.sleep(1)
                assert not ticker.is_complete
                assert all(ticker.get(market).stale for market in markets)
                assert ticker.ticker_data["btc_eur"] != 7
                server.faults.refuse(NAME, on=False)
                await asyncio.sleep(15)
                assert ticker.is_complete
                assert {ticker.get(market).epoch for market in markets} == {2}

            await watch(server, ticker, 40, lose)
            assert ticker.ticker_data == server.venue.prices

        play(main)

    @both
    def test_nothing_passes_for_current_after_the_end(self, kind):
        """When the period is over the prices stay readable, and say that nobody keeps them."""

        async def main(server):
            ticker = server.make(kind, request_interval=0)
            await ticker.monitor_markets(10)
            assert len(ticker.ticker_data) == 45
            assert not ticker.is_complete
            assert all(ticker.get(market).stale for market in markets)

        play(main)

    @both
    def test_a_feed_that_is_never_open_is_an_error(self, kind):
        """Nothing is pretended when the server cannot be reached; the error says so at the end of the period."""

        async def main(server):
            server.faults.refuse(NAME)
            began = server.now()
            with pytest.raises(WebSocketError, match="could not be opened within 3 s"):
                await server.make(kind).monitor_markets(3)
            assert abs(server.now() - began - 3) < 0.1

        play(main)


class TestFrames:
    @pytest.mark.parametrize("mode", ["repr", "json"])
    def test_both_spellings_and_none_are_understood(self, mode):
        """Frames as Python text or JSON are read, `None` is passed over, and rubbish is counted and left out."""

        async def main(server):
            server.venue.mode, server.venue.is_faithful = mode, True
            other = server.venue.on_open(Nobody(), FEED, {})
            ticker = server.make(FullTicker)

            async def spoil():
                await asyncio.sleep(5)
                server.faults.garbage(NAME, count=100)
                await asyncio.sleep(30)

            await watch(server, ticker, 40, spoil)
            server.venue.on_close(other)
            told = [line for line in server.lines if line.startswith("Websocket: market ")]
            assert 5 < len(told) == ticker.counts.fed
            assert ticker.rejected > 5

        play(main)


class Nobody:
    """Another client, which listens to nothing."""

    def send_text(self, text):
        pass


class TestRest:
    @both
    @pytest.mark.parametrize("status", [0, 400, 404, 429, 500])
    def test_a_call_that_fails_is_made_again(self, kind, status):
        """Whatever the server answers at first, all prices are there in the end, and no error is left."""

        async def main(server):
            server.silence()
            server.faults.http_status(NAME, status, count=3, retry_after=0)
            ticker = server.make(kind, request_interval=0)
            await ticker.monitor_markets(30)
            assert ticker.ticker_data == server.venue.prices

        play(main)

    @both
    @pytest.mark.parametrize("status", [404, 500])
    def test_what_fails_until_the_end_is_told_then(self, kind, status):
        """`Request failed!`, when the period is over and not before; the feed went on until then."""

        async def main(server):
            server.faults.http_status(NAME, status)
            ticker = server.make(kind)
            began = server.now()
            with pytest.raises(ValueError, match=r"^Request failed!$") as caught:
                await ticker.monitor_markets(10)
            assert str(status) in str(caught.value.__cause__)
            assert abs(server.now() - began - 10) < 0.1
            assert 3 <= len(server.asked) < 60
            assert ticker.counts.fed > 0

        play(main)

    def test_an_answer_without_a_result_is_told(self):
        """`Request error.`, when the server answers well with something else."""

        async def main(server):
            server.answer = b'{"prices":{}}'
            with pytest.raises(ValueError, match=r"^Request error\.$"):
                await server.make(FullTicker).monitor_markets(3)

        play(main)

    def test_a_market_that_does_not_exist_does_not_hold_up_the_others(self):
        """Markets behind it in the list are filled; the error is told at the end."""

        async def main(server):
            server.silence()
            ticker = server.make(SingleTicker, markets=["nope", "btc_eur", "eur_usd"], request_interval=0.1)
            with pytest.raises(ValueError, match="Request failed!"):
                await ticker.monitor_markets(5)
            assert set(ticker.ticker_data) == {"btc_eur", "eur_usd"}

        play(main)

    @both
    def test_a_slow_answer_is_taken_when_it_comes(self, kind):
        """A slow server makes it late, and nothing else."""

        async def main(server):
            server.silence()
            server.faults.http_delay(NAME, 3)
            ticker = server.make(kind, markets=["btc_eur", "eur_usd"], request_interval=0)
            await ticker.monitor_markets(10)
            assert set(ticker.ticker_data) >= {"btc_eur", "eur_usd"}

        play(main)


class TestAlone:
    """The methods by themselves, and beside one another as programs call them."""

    def test_the_feed_alone_asks_for_nothing(self):
        """`subscribe` knows what the feed has told."""

        async def main(server):
            ticker = server.make(FullTicker)
            await ticker.subscribe(20)
            assert 5 < len(ticker.ticker_data) < 45
            assert server.asked == []

        play(main)

    @pytest.mark.parametrize("feed_first", [True, False])
    def test_both_sides_started_by_hand(self, feed_first):
        """`subscribe` and the call beside it, in either order, give what `monitor_markets` gives."""

        async def main(server):
            ticker = server.make(FullTicker)
            works = [ticker.subscribe(5), ticker.get_full_ticker()]
            await asyncio.gather(*(works if feed_first else works[::-1]), server.end_quietly(4))
            assert ticker.ticker_data == server.venue.prices
            assert len(server.asked) == 1
            assert server.lines[0].startswith("REST")

        play(main)

    def test_missing_markets_beside_the_feed(self):
        """`get_missing_markets` ends when nothing is missing, before the feed does."""

        async def main(server):
            ticker = server.make(SingleTicker, request_interval=0.1)
            listening = asyncio.ensure_future(ticker.subscribe(30))
            await ticker.get_missing_markets()
            assert not listening.done()
            assert ticker.is_complete
            await listening

        play(main)

    def test_a_call_ends_with_the_period_beside_it(self):
        """REST that fails does not outlive the feed that was to be filled."""

        async def main(server):
            server.faults.http_status(NAME, 500)
            ticker = server.make(SingleTicker)
            began = server.now()
            listening = asyncio.ensure_future(ticker.subscribe(5))
            with pytest.raises(ValueError, match="Request failed!"):
                await ticker.get_single_ticker("btc_eur")
            await listening
            assert abs(server.now() - began - 5) < 0.1

        play(main)

    def test_rest_alone_marks_what_nobody_keeps(self):
        """Without a feed the prices are there, stale from the beginning; a call that fails is made three times."""

        async def main(server):
            full, single = server.make(FullTicker), server.make(SingleTicker, request_interval=0)
            await full.get_full_ticker()
            await single.get_missing_markets()
            await single.get_single_ticker("btc_eur")
            for ticker in (full, single):
                assert set(ticker.ticker_data) == set(markets)
                assert ticker.get("btc_eur").stale
                assert not ticker.is_complete
            server.faults.http_status(NAME, 500)
            server.asked.clear()
            with pytest.raises(ValueError, match="Request failed!"):
                await full.get_full_ticker()
            assert len(server.asked) == 3

        play(main)

    def test_one_period_at_a_time(self):
        """A second period beside a running one is refused."""

        async def main(server):
            ticker = server.make(FullTicker)
            first = asyncio.ensure_future(ticker.subscribe(3))
            await asyncio.sleep(1)
            with pytest.raises(StreamUsageError, match="running already"):
                await ticker.monitor_markets(3)
            await first

        play(main)

    @both
    def test_cancelled_it_leaves_nothing_behind(self, kind):
        """A cancelled monitor closes its socket and ends its tasks."""

        async def main(server):
            watching = asyncio.ensure_future(server.make(kind).monitor_markets(60))
            await asyncio.sleep(5)
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
            assert watching.cancelled()

        play(main)


@both
def test_two_clients_see_all_changes(kind):
    """Two of them beside one another end with the same prices, the server's."""

    async def main(server):
        one, other = (server.make(kind, request_interval=0) for _ in range(2))
        await asyncio.gather(one.monitor_markets(30), other.monitor_markets(30), server.end_quietly(29))
        assert one.ticker_data == other.ticker_data == server.venue.prices
        assert one.counts.fed == other.counts.fed > 10

    play(main)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"markets": []}, "markets"),
        ({"markets": "btc_eur"}, "markets"),
        ({"request_interval": -1}, "request_interval"),
        ({"request_interval": math.nan}, "request_interval"),
        ({"rest_url": "http://example.com"}, "loopback"),
        ({"ws_url": "http://127.0.0.1:8001"}, "ws_url"),
        ({"ws_url": 8001}, "ws_url"),
    ],
)
@both
def test_bad_arguments_are_refused_at_once(kind, given, words):
    """A mistake is an error of the constructor that names the argument."""
    places = {"rest_url": "http://127.0.0.1:8000", "ws_url": "ws://127.0.0.1:8001/ticker_feed"}
    with pytest.raises(ConfigurationError, match=words):
        kind(**(places | given))


@pytest.mark.parametrize("period", [-1, math.inf, math.nan, "10", None, True])
async def test_a_bad_period_is_refused(period):
    """A period is a number of seconds."""
    with pytest.raises(ConfigurationError, match="period"):
        await FullTicker("http://127.0.0.1:1", "ws://127.0.0.1:1").subscribe(period)


@both
async def test_over_real_sockets(kind, capsys):
    """Both speak to a server on two ports of this machine, and print what they learn."""
    async with CoinblockproServer(rest_port=0, ws_port=0, rate=100) as server:
        ticker = kind(server.rest_url, server.ws_url, request_interval=0)
        watching = asyncio.ensure_future(ticker.monitor_markets(10))
        async with asyncio.timeout(10):
            while not ticker.is_complete:  # noqa: ASYNC110  # it tells nobody
                await asyncio.sleep(0.01)
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        assert set(ticker.ticker_data) == set(markets)
    assert "REST: " in capsys.readouterr().out
