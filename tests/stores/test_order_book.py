"""The maintained book: true at every read, refused the moment it cannot be trusted, and shared without copies."""

import asyncio
import gc
import math

import pytest

from bt_api_py import BookError, BtApi, ConfigurationError, InvalidSymbolError, UnsupportedError, WebSocketError
from bt_api_py.book.sequence import BookKeeper
from bt_api_py.exceptions import StreamUsageError
from bt_api_py.exchanges import EXCHANGES
from bt_api_py.net.stream import Wish
from bt_api_py.simulator import run_virtual
from bt_api_py.stores.order_book import MaintainedBook

from ..net.fakes import Owner
from ..simulation.gateway import check_nothing_left
from ..simulation.judge import Books, on
from ..simulation.mischief import Mischief

WITH_BOOKS = sorted(name for name, cls in EXCHANGES.items() if "depth" in cls.kinds)
SPOT = "BINANCE___SPOT"
SYMBOL = "SIM001USDT"
WEBSOCKET = {
    "stale_after": 4.0,
    "ping_interval": 4,
    "ping_timeout": 2,
    "connect_timeout": 3,
    "reconnect_delay": 0.2,
    "reconnect_max_delay": 1.5,
    "max_reconnect": None,
    "linger": 1,
}


def play(main, *exchanges, seed=7, **websocket):
    """Run `main(sim, api)` on virtual time; nothing may be left behind."""

    async def run(sim):
        others = asyncio.all_tasks()
        async with sim.api(websocket=WEBSOCKET | websocket, timeout=3.0) as api:
            await main(sim, api)
        await check_nothing_left(sim, others)

    symbols = [on(exchange, SYMBOL) for exchange in exchanges]
    run_virtual(run, seed=seed, exchanges=exchanges, symbols=symbols, rate=10.0, limit=900.0)


class TestTrust:
    @pytest.mark.parametrize("exchange", WITH_BOOKS)
    @pytest.mark.parametrize(("redundancy", "seed"), [(1, 1), (2, 2)])
    def test_every_read_is_the_book_of_the_venue(self, exchange, redundancy, seed):
        """Under random faults, over one socket or two, whatever is read while the book is live is the venue's."""
        symbol = on(exchange, SYMBOL)

        async def main(sim, api):
            record = Books(sim, exchange, "depth", symbol, levels=None)
            lives, reads = [], 0

            async def look(book):
                """Read the book at every change of it, and between changes."""
                nonlocal reads
                while True:
                    lives.append(book.is_live)
                    if book.is_live:
                        record.judge(book.snapshot())
                        reads += 1
                    else:
                        with pytest.raises(BookError):
                            book.best_bid()
                    await asyncio.sleep(0.03)

            async with api.order_book(exchange, symbol) as book:
                looking = asyncio.ensure_future(look(book))
                await book.wait_live(30)
                await Mischief(sim, seed, [symbol]).run(8.0)
                await book.wait_live(120)
                looking.cancel()
                [outcome] = await asyncio.gather(looking, return_exceptions=True)
                if not isinstance(outcome, asyncio.CancelledError):
                    raise outcome
            assert reads > 20
            assert lives.count(False) > 1

        play(main, exchange, seed=seed, redundancy=redundancy)

    @pytest.mark.parametrize("exchange", WITH_BOOKS)
    def test_a_lost_connection_ends_the_trust_before_any_other_frame_comes(self, exchange):
        """With the venue gone for good the book stops being live at once, and is true again when it comes back."""
        symbol = on(exchange, SYMBOL)

        async def main(sim, api):
            async with api.order_book(exchange, symbol) as book:
                await book.wait_live(30)
                sim.faults.refuse(exchange)
                sim.faults.disconnect(exchange)
                await asyncio.sleep(0.1)  # the loss takes as long as any message
                assert not book.is_live
                for read in (
                    book.best_bid,
                    book.best_ask,
                    book.snapshot,
                    lambda: book.levels("bids"),
                    lambda: book.spread,
                ):
                    with pytest.raises(BookError, match=f"{exchange} depth {symbol}: .*not live.*wait_live"):
                        read()
                sim.faults.refuse(exchange, on=False)
                await book.wait_live(60)
                Books(sim, exchange, "depth", symbol, levels=None).judge(book.snapshot())

        play(main, exchange)

    @pytest.mark.parametrize("exchange", WITH_BOOKS)
    def test_a_silent_feed_ends_the_trust(self, exchange):
        """When the venue moves on and its feed says nothing, the book stops being live within 1.5 x stale_after."""
        symbol = on(exchange, SYMBOL)

        async def main(sim, api):
            async with api.order_book(exchange, symbol) as book:
                await book.wait_live(30)
                sim.faults.stall(exchange)
                await asyncio.sleep(1.5 * WEBSOCKET["stale_after"] + 1.5)
                assert not book.is_live
                sim.faults.stall(exchange, on=False)
                await book.wait_live(60)

        play(main, exchange, ping_interval=60)

    def test_a_missing_update_is_told_to_who_iterates(self):
        """The iteration yields the book when a gap ends its trust, and again when it is live."""

        async def main(sim, api):
            lives = []
            async with api.order_book(SPOT, SYMBOL) as book:
                await book.wait_live(30)
                sim.faults.skip(SPOT, topic="depth")
                async with asyncio.timeout(60):
                    async for same in book:
                        assert same is book
                        if not lives or lives[-1] != book.is_live:
                            lives.append(book.is_live)
                        if lives == [True, False, True]:
                            return

        play(main, SPOT)

    def test_the_trust_ends_with_the_book_even_before_its_state_is_told(self):
        """Between the moment at which the keeper drops a book and the next turn of the loop nothing can be read."""

        async def main(sim, api):
            async with api.order_book(SPOT, SYMBOL) as book:
                await book.wait_live(30)
                book._box.source.keeper.reset()
                assert (book.state, book.is_live) == ("live", False)
                with pytest.raises(BookError):
                    book.best_bid()

        play(main, SPOT)

    def test_a_new_reader_of_a_stale_feed_is_not_told_that_it_is_live(self):
        """Who joins while a venue that cannot be asked is silent gets no book before data comes again."""

        async def main(sim, api):
            async with api.order_book(SPOT, SYMBOL) as first:
                await first.wait_live(30)
                sim.faults.stall(SPOT)
                sim.faults.http_status(SPOT, status=500, count=None)
                async for _ in first:
                    if first.state == "stale":
                        break
                async with api.order_book(SPOT, SYMBOL) as second:
                    with pytest.raises(TimeoutError, match=f"{SPOT} depth {SYMBOL}: not live within 0.2 s"):
                        await second.wait_live(0.2)
                    sim.faults.clear(SPOT)
                    sim.faults.stall(SPOT, on=False)
                    await second.wait_live(60)

        play(main, SPOT, ping_interval=60)


class TestReading:
    def test_reads_agree_with_each_other(self):
        """Best prices, levels, spread and snapshot are those of one book; each is a copy of its own."""

        async def main(sim, api):
            async with api.order_book(SPOT, SYMBOL) as book:
                await book.wait_live()
                whole = book.snapshot()
                assert book.best_bid() == whole.get_best_bid() == book.levels("bids", 1)[0]
                assert book.best_ask() == whole.get_best_ask() == book.levels("asks", 1)[0]
                assert book.levels("bids") == whole.get_bids()
                assert book.levels("asks", 7) == whole.get_asks()[:7]
                assert book.spread == whole.get_spread() == book.best_ask()[0] - book.best_bid()[0]
                assert (whole.get_symbol(), whole.get_origin()) == (SYMBOL, "live")
                assert abs(sim.clock.now() - whole.get_local_update_time()) < 5
                book.best_bid()[0] = math.inf
                assert book.best_bid() == whole.get_best_bid()
                assert repr(book) == f"<MaintainedBook {SPOT} depth {SYMBOL} live>"

        play(main, SPOT)

    def test_readers_share_one_subscription_and_keep_their_spelling(self):
        """Two books and a stream of one market are one topic at the venue; each book has its caller's symbol."""

        async def main(sim, api):
            other = "SIM001-USDT"
            async with (
                api.order_book(SPOT, SYMBOL) as first,
                api.order_book(SPOT, other) as second,
                api.stream_depth(SPOT, SYMBOL, levels=None) as stream,
            ):
                await first.wait_live()
                await second.wait_live()
                await anext(stream)
                [topic] = api.health()[SPOT]["topics"]
                assert topic["readers"] == 3
                assert second.snapshot(1).get_symbol() == other
                assert first.best_bid() == second.best_bid()

        play(main, SPOT)

    def test_nothing_is_copied_until_something_is_read(self, monkeypatch):
        """Updates of a book that nobody reads copy no level."""

        async def main(sim, api):
            async with api.order_book(SPOT, SYMBOL) as book:
                await book.wait_live()
                copies = []
                state = BookKeeper.state
                monkeypatch.setattr(BookKeeper, "state", lambda *given: copies.append(given) or state(*given))
                before = book.snapshot(1).get_sequence()
                await asyncio.sleep(2)
                assert book.snapshot(1).get_sequence() > before
                assert len(copies) == 2

        play(main, SPOT)

    @pytest.mark.parametrize("n", [0, -1, 1.5, True, "5"])
    def test_a_wrong_number_of_levels_is_refused(self, n):
        """`n` is a whole number of at least 1, or None."""

        async def main(sim, api):
            async with api.order_book(SPOT, SYMBOL) as book:
                await book.wait_live()
                for read in (lambda: book.levels("bids", n), lambda: book.snapshot(n)):
                    with pytest.raises(ConfigurationError, match="at least 1"):
                        read()

        play(main, SPOT)

    def test_a_wrong_side_is_refused(self):
        """A side is "bids" or "asks", and the message says so."""
        with pytest.raises(ConfigurationError, match="'bids' or 'asks', not 'buy'"):
            BtApi().order_book(SPOT, SYMBOL).levels("buy")


class TestLife:
    def test_wrong_arguments_are_refused_in_the_call(self, monkeypatch):
        """A stream that the exchange does not have, an empty symbol and a bad number of seconds open nothing."""
        with pytest.raises(ConfigurationError, match="symbol"):
            BtApi().order_book(SPOT, " ")
        with pytest.raises(ConfigurationError, match="stale_after"):
            BtApi().order_book(SPOT, SYMBOL, stale_after=0)
        monkeypatch.setattr(EXCHANGES[SPOT], "kinds", ("ticker",))
        with pytest.raises(UnsupportedError, match="no depth stream; it has: ticker"):
            BtApi().order_book(SPOT, SYMBOL)

    def test_an_unknown_market_is_told_by_every_use(self):
        """Waiting, reading and iterating raise the venue's refusal instead of hanging."""

        async def main(sim, api):
            async with api.order_book(SPOT, "NOSUCHUSDT") as book:
                with pytest.raises(InvalidSymbolError):
                    await book.wait_live()
                with pytest.raises(InvalidSymbolError):
                    book.best_bid()
                with pytest.raises(InvalidSymbolError):
                    await anext(aiter(book))
                assert (book.state, book.is_live) == ("failed", False)

        play(main, SPOT)

    def test_giving_up_reaches_who_waits(self):
        """When reconnecting gives up, a task that waits for the book gets WebSocketError."""

        async def main(sim, api):
            sim.faults.refuse(SPOT)
            with pytest.raises(WebSocketError, match="gave up"):
                await api.order_book(SPOT, SYMBOL).wait_live()

        play(main, SPOT, max_reconnect=2)

    def test_before_the_beginning_and_after_the_end(self):
        """A book that is not open, or is closed, refuses reads and says what to do; closing twice is fine."""

        async def main(sim, api):
            book = api.order_book(SPOT, SYMBOL)
            with pytest.raises(StreamUsageError, match=r"not open yet.*async with"):
                book.best_bid()
            async with book:
                await book.wait_live()
            await book.aclose()
            assert not book.is_live
            for use in (book.wait_live, book.start):
                with pytest.raises(StreamUsageError, match="closed"):
                    await use()
            with pytest.raises(StreamUsageError, match="closed"):
                book.best_bid()
            assert [same async for same in book] == []

        play(main, SPOT)

    def test_closing_ends_an_iteration_and_a_wait(self):
        """A loop over the book ends when another task closes it, and a task that waits for it is told."""

        async def main(sim, api):
            sim.faults.stall(SPOT)
            book = api.order_book(SPOT, SYMBOL)
            await book.start()

            async def loop():
                return [same async for same in book]

            looping, waiting = asyncio.ensure_future(loop()), asyncio.ensure_future(book.wait_live())
            await asyncio.sleep(1)
            await book.aclose()
            assert await looping == []
            with pytest.raises(StreamUsageError, match="closed"):
                await waiting

        play(main, SPOT)

    async def test_another_event_loop_is_refused(self):
        """A book belongs to the loop that opened it."""
        book = MaintainedBook(Wish(exchange=SPOT, kind="depth", symbol=SYMBOL), Owner)
        await book.start()
        for use in (book.start, book.wait_live, book.aclose):
            with pytest.raises(StreamUsageError, match=f"{SPOT} depth {SYMBOL}: it belongs to another event loop"):
                await asyncio.to_thread(asyncio.run, use())
        await book.aclose()

    def test_a_book_that_is_dropped_is_given_back(self):
        """Dropping the last reference, or breaking out of a loop over an anonymous book, ends the subscription."""

        async def main(sim, api):
            book = api.order_book(SPOT, SYMBOL)
            await book.wait_live()
            async for _ in api.order_book(SPOT, SYMBOL):
                assert api.health()[SPOT]["topics"][0]["readers"] == 2
                break
            del _
            gc.collect()
            await asyncio.sleep(0.1)
            assert api.health()[SPOT]["topics"][0]["readers"] == 1
            del book
            gc.collect()
            await asyncio.sleep(0.1)
            assert api.health()[SPOT]["topics"][0]["readers"] == 0

        play(main, SPOT)

    def test_a_slow_reader_gets_the_present_book_once(self):
        """However many changes a slow reader misses, the next item is one, and it is the book as it is."""

        async def main(sim, api):
            async with api.order_book(SPOT, SYMBOL) as book:
                await book.wait_live()
                changes = aiter(book)
                await anext(changes)
                await asyncio.sleep(5)
                before = sim.clock.monotonic()
                await anext(changes)
                assert sim.clock.monotonic() == before
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(anext(changes), 0.0001)
                await anext(changes)  # and a timeout ends nothing

        play(main, SPOT)
