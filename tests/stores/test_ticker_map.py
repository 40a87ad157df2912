"""The promises of a ticker map, held on every exchange against its simulated venue, on virtual time."""

import asyncio
from itertools import pairwise

import pytest

from bt_api_py import (
    BtApi,
    BtApiError,
    ConfigurationError,
    ExchangeNotFoundError,
    InvalidSymbolError,
    UnsupportedError,
    WebSocketError,
)
from bt_api_py.containers.base import row_of
from bt_api_py.exceptions import StreamUsageError
from bt_api_py.exchanges import EXCHANGES
from bt_api_py.exchanges.base import Exchange
from bt_api_py.simulator import run_virtual
from bt_api_py.simulator.instruments import split

from ..contract.worlds import cost
from ..simulation.judge import on

MARKETS = ("SIM001USDT", "SIM002USDT", "SIM003USDT")  # quiet ones cost little; a high rate makes them busy
BUSY = MARKETS[0]
BINANCE = "BINANCE___SPOT"
LIVELY = {"reconnect_delay": 0.5, "reconnect_max_delay": 1, "max_reconnect": None}
AT_ONCE = 3.0  # seconds: a connection, a subscription that keeps the venue's pace, and one call


def offers(strategy):
    """Return the exchanges that have the REST call of a strategy."""
    call = {"full": "tickers_request", "single": "ticker_request"}[strategy]
    return [
        name
        for name, cls in sorted(EXCHANGES.items())
        if "ticker" in cls.kinds and getattr(cls, call) is not getattr(Exchange, call)
    ]


def path_of(exchange, strategy):
    """Return the path of the call of a strategy, for the market that is busy; ``None``: its name is not known here."""
    adapter = EXCHANGES[exchange]()
    if adapter.symbols.is_opaque:
        return None
    market = adapter.symbols.join(*split(BUSY))
    return (adapter.tickers_request() if strategy == "full" else adapter.ticker_request(market)).path


every = pytest.mark.parametrize("exchange", sorted(name for name, cls in EXCHANGES.items() if "ticker" in cls.kinds))
full = pytest.mark.parametrize("exchange", offers("full"))
single = pytest.mark.parametrize("exchange", offers("single"))
both = pytest.mark.parametrize(
    ("exchange", "strategy"), [(name, word) for word in ("full", "single") for name in offers(word)]
)


class SlowRest:
    """A way to the venues whose REST answers take longer; `asked` holds the times of the requests."""

    def __init__(self, sim):
        self._inner = sim.transport
        self._clock = sim.clock
        self.connect = sim.transport.connect
        self.close = sim.transport.close
        self.seconds = 0.0
        self.asked = []

    async def get(self, *arguments, **options):
        return await self._slowly(self._inner.get(*arguments, **options))

    async def post(self, url, body, *arguments, **options):
        answer = self._inner.post(url, body, *arguments, **options)
        return await (self._slowly(answer) if body else answer)  # without a body, a token is asked for and no data

    async def _slowly(self, asking):
        self.asked.append(self._clock.monotonic())
        answer = await asking
        await asyncio.sleep(self.seconds)
        return answer


@pytest.fixture(autouse=True)
def _markets(request, monkeypatch):
    """Let the markets be those of the exchange at hand: some quote all of theirs in one asset."""
    found = getattr(request.node, "callspec", None)
    exchange = found.params.get("exchange") if found is not None else None
    if exchange is not None:
        markets = tuple(on(exchange, market) for market in MARKETS)
        monkeypatch.setitem(globals(), "MARKETS", markets)
        monkeypatch.setitem(globals(), "BUSY", markets[0])


def play(exchange, main, *, markets=None, websocket=None, rate=20.0, **options):
    """Run `main(sim, api, rest)` with one exchange; `rest` may be slowed down."""

    async def run(sim):
        rest = SlowRest(sim)
        settings = sim.exchange_kwargs(websocket=LIVELY | (websocket or {}))
        async with BtApi(settings, clock=sim.clock, transport=rest) as api:
            result = await main(sim, api, rest)
        assert not sim.stats[exchange].breaches
        return result

    return run_virtual(run, exchanges=[exchange], symbols=markets or MARKETS, rate=rate, limit=7200, **options)


def silence(sim, exchange, symbol=None, on=True):
    sim.faults.stall(exchange, "ticker", symbol, on)


def sources(tickers):
    return {symbol: tickers.entry(symbol).source for symbol in tickers}


async def until(condition, limit=60.0):
    """Let virtual time pass until a condition holds."""
    async with asyncio.timeout(limit):
        while not condition():  # noqa: ASYNC110  # virtual time
            await asyncio.sleep(0.01)


def present_price(sim, exchange, symbol, ticker):
    """Return the price that a ticker should show: the last one, or the middle where the venue tells none."""
    if row_of(ticker).last_price is not None:
        return float(sim.truth.prices(exchange, symbol)[-1].price)
    book = sim.truth.book(exchange, symbol)
    return float(book.bids[0][0] + book.asks[0][0]) / 2


@full
def test_a_silent_feed_is_filled_at_once_by_one_call(exchange):
    """One call brings every market as soon as the feed is open, each with the venue's own price."""

    async def main(sim, api, rest):
        silence(sim, exchange)
        async with api.ticker_map(exchange, strategy="full") as tickers:
            await tickers.wait_complete(AT_ONCE)
            assert len(tickers) == len(MARKETS)
            assert set(sources(tickers).values()) == {"rest"}
            for symbol, ticker in tickers.items():
                price = pytest.approx(present_price(sim, exchange, symbol, ticker), rel=1e-3)
                assert (ticker.get_symbol(), ticker.get_last_price()) == (symbol, price)
                assert ticker.get_origin() == "snapshot"
            stats = tickers.stats
            assert (stats.rest_requests, stats.filled_by_rest, stats.frames) == (1, len(MARKETS), 0)

    play(exchange, main)


@single
def test_a_silent_feed_is_filled_market_by_market(exchange):
    """One call for each market, each so long after the other, and nothing is asked twice."""

    async def main(sim, api, rest):
        silence(sim, exchange)
        async with api.ticker_map(exchange, strategy="single", request_interval=2) as tickers:
            before = len(rest.asked)
            began = sim.clock.monotonic()
            await tickers.wait_complete()
            took = sim.clock.monotonic() - began
            assert 2 * (len(MARKETS) - 1) <= took <= 2 * len(MARKETS) + AT_ONCE
            assert tickers.stats.rest_requests == tickers.stats.filled_by_rest == len(MARKETS)
            assert all(later - earlier >= 2 for earlier, later in pairwise(rest.asked[before:]))

    play(exchange, main)


@single
def test_rest_is_asked_only_for_what_the_feed_leaves_out(exchange):
    """Of a busy market REST is asked for the one that the feed does not tell."""

    async def main(sim, api, rest):
        silent, *others = MARKETS[::-1]
        silence(sim, exchange, silent)
        async with api.ticker_map(exchange, [silent, *others], strategy="single", request_interval=10) as tickers:
            await tickers.wait_complete(9)
            assert sources(tickers) == {silent: "rest"} | dict.fromkeys(others, "ws")
            assert (tickers.stats.rest_requests, tickers.stats.filled_by_feed) == (1, len(others))
            await asyncio.sleep(30)
            assert tickers.stats.rest_requests == 1

    play(exchange, main)


@both
def test_an_answer_that_is_older_than_the_feed_loses(exchange, strategy):
    """A slow answer that was made before the feed spoke fills nothing, and no price goes back in time."""

    async def main(sim, api, rest):
        silence(sim, exchange)
        async with api.ticker_map(exchange, [BUSY], strategy=strategy) as tickers:
            before = len(rest.asked)
            rest.seconds = 20
            await until(lambda: len(rest.asked) > before)
            await asyncio.sleep(1)  # the venue has made its answer
            assert not tickers.is_complete
            silence(sim, exchange, on=False)
            await tickers.wait_complete(10)
            newest = []
            async for _, ticker in tickers:
                newest.append(ticker.get_timestamp())
                if tickers.stats.late:
                    break
                assert sim.clock.monotonic() < 120
            assert newest == sorted(newest)
            assert tickers.entry(BUSY).source == "ws"
            assert (tickers.stats.rest_requests, tickers.stats.filled_by_rest) == (1, 0)

    play(exchange, main)


@both
def test_no_old_value_survives_a_reconnect_unmarked(exchange, strategy):
    """After a loss all is stale at once; what is not stale later came in after the feed was open again."""

    async def main(sim, api, rest):
        silence(sim, exchange)
        async with api.ticker_map(exchange, strategy=strategy, request_interval=0.2) as tickers:
            await tickers.wait_complete(10)
            before = {symbol: tickers.entry(symbol) for symbol in tickers}
            sim.faults.refuse(exchange)
            sim.faults.disconnect(exchange)
            await until(lambda: not tickers.is_complete)
            assert all(tickers.entry(symbol).stale for symbol in tickers)
            assert tickers.stats.stale == len(tickers) == len(MARKETS)
            await asyncio.sleep(10)
            assert {symbol: entry.value for symbol, entry in before.items()} == dict(tickers)
            assert sorted(tickers.missing()) == sorted(before)
            opened = sim.clock.monotonic()
            sim.faults.refuse(exchange, False)
            while not tickers.is_complete:
                await asyncio.sleep(0.01)
                for symbol in tickers:
                    entry = tickers.entry(symbol)
                    assert entry.stale or entry.received_at.monotonic > opened
            for symbol, entry in before.items():
                assert tickers.entry(symbol).epoch > entry.epoch
                assert tickers.entry(symbol).received_at.monotonic > opened
            assert tickers.missing() == []
            assert tickers.stats.reconnects == 1

    play(exchange, main)


@both
def test_an_answer_from_before_a_loss_is_not_waited_for(exchange, strategy):
    """A call that was under way when the connection was lost is given up, and is made anew with the next one."""

    async def main(sim, api, rest):
        silence(sim, exchange)
        async with api.ticker_map(exchange, [BUSY], strategy=strategy) as tickers:
            before = len(rest.asked)
            rest.seconds = 20
            await until(lambda: len(rest.asked) > before)
            sim.faults.disconnect(exchange)
            await until(lambda: len(rest.asked) > before + 1)
            first, second = rest.asked[before:]
            assert second - first < 10
            await tickers.wait_complete(30)
            assert tickers.entry(BUSY).received_at.monotonic >= second + 20
            assert (tickers.stats.rest_requests, tickers.stats.filled_by_rest) == (2, 1)

    play(exchange, main)


@pytest.mark.parametrize(
    ("exchange", "strategy", "status"),
    [
        *((name, word, 500) for word in ("full", "single") for name in offers(word)),
        *((BINANCE, word, status) for word in ("full", "single") for status in (400, 404)),
    ],
)
def test_a_call_that_fails_is_made_again(exchange, strategy, status):
    """A bad answer is told in `errors`, and asked for again after a pause that grows."""

    async def main(sim, api, rest):
        silence(sim, exchange)
        async with api.ticker_map(exchange, [BUSY], strategy=strategy) as tickers:
            before = len(rest.asked)
            sim.faults.http_status(exchange, status, count=3, path=path_of(exchange, strategy))
            await until(lambda: BUSY in tickers.errors)
            assert isinstance(tickers.errors[BUSY], BtApiError)
            assert tickers.missing() == [BUSY]
            await tickers.wait_complete(30)
            assert tickers.errors == {}
            pauses = [later - earlier for earlier, later in pairwise(rest.asked[before:])]
            assert len(pauses) == 3
            for pause, ceiling in zip(pauses, (1, 2, 4), strict=True):
                assert ceiling / 2 <= pause <= ceiling + 0.2

    play(exchange, main)


@single
def test_one_market_that_fails_does_not_hold_up_the_others(exchange):
    """While one market waits for another attempt, the others are filled."""

    async def main(sim, api, rest):
        silence(sim, exchange)
        async with api.ticker_map(exchange, MARKETS, strategy="single", request_interval=0.1) as tickers:
            sim.faults.http_status(exchange, 500, count=1, path=path_of(exchange, "single"))
            await until(lambda: len(tickers) == 1)
            assert list(tickers) == [MARKETS[1]]
            assert MARKETS[0] in tickers.errors
            await tickers.wait_complete(10)
            assert tickers.stats.rest_requests == len(MARKETS) + 1

    play(exchange, main)


@every
def test_a_market_that_the_venue_refuses_costs_only_itself(exchange):
    """The others are complete without it, and `errors` says why it is not there."""

    async def main(sim, api, rest):
        sim.faults.reject_subscribe(exchange, MARKETS[1])
        async with api.ticker_map(exchange, [*MARKETS, "NOSUCHUSDT"]) as tickers:
            await tickers.wait_complete(60)
            kept = set(MARKETS) - set(tickers.errors)
            assert set(tickers) == kept
            assert isinstance(tickers.errors["NOSUCHUSDT"], InvalidSymbolError)
            assert set(tickers.errors) <= {MARKETS[1], "NOSUCHUSDT"}
            assert tickers.missing() == []

    play(exchange, main)


@every
def test_two_maps_see_the_same_changes(exchange):
    """Two maps, and two readers of one of them, see every change alike; the venue is asked for each topic once."""

    async def main(sim, api, rest):
        async with api.ticker_map(exchange) as one, api.ticker_map(exchange) as other:
            await one.wait_complete(60)
            await other.wait_complete(60)
            seen = [[], [], []]
            fed = one.stats.frames

            async def follow(tickers, changes):
                async for symbol, ticker in tickers:
                    changes.append((symbol, ticker.get_timestamp(), ticker.get_last_price()))

            readers = [asyncio.ensure_future(follow(*pair)) for pair in zip((one, one, other), seen, strict=True)]
            await asyncio.sleep(10)
            assert seen[0] == seen[1] == seen[2]
            assert len(seen[0]) == one.stats.frames - fed > 5
            # A feed of everything counts once.
            assert sim.stats[exchange].subscribes in (1, len(MARKETS) * cost(exchange, "ticker"))
            assert dict(one) == dict(other)
        await asyncio.gather(*readers)  # they end with their map

    play(exchange, main)


@both
def test_a_socket_that_takes_over_disturbs_nothing(exchange, strategy):
    """With two sockets for the same topics, one of which joins later, no market is asked for twice."""

    async def main(sim, api, rest):
        silence(sim, exchange)
        async with api.ticker_map(exchange, strategy=strategy, request_interval=0.1) as tickers:
            await tickers.wait_complete(20)
            asked = tickers.stats.rest_requests
            await until(lambda: sim.stats[exchange].open_sockets >= 2)
            for _ in range(100):
                await asyncio.sleep(0.05)
                assert tickers.is_complete
            assert tickers.stats.rest_requests == asked

    play(exchange, main, websocket={"redundancy": 2})


@both
def test_a_subscription_that_died_is_noticed_and_filled(exchange, strategy):
    """While the feed is dead without a word, REST brings a newer value again and again."""

    async def main(sim, api, rest):
        async with api.ticker_map(exchange, [BUSY], strategy=strategy) as tickers:
            await tickers.wait_complete(20)
            silence(sim, exchange)
            received = []
            async for _, _ in tickers:
                entry = tickers.entry(BUSY)
                if entry.source == "rest":
                    received.append(entry.received_at.monotonic)
                if len(received) == 3:
                    break
            assert all(later - earlier < 30 for earlier, later in pairwise(received))

    play(exchange, main, websocket={"stale_after": 4})


@every
def test_bad_frames_are_counted_and_change_nothing(exchange):
    """Frames that cannot be read show in `stats.rejected`; prices stay true."""

    async def main(sim, api, rest):
        async with api.ticker_map(exchange) as tickers:
            await tickers.wait_complete(60)
            before = tickers.stats.rejected
            for kind in ("json", "text"):
                sim.faults.garbage(exchange, count=2, kind=kind, topic="ticker")
            await until(lambda: tickers.stats.rejected >= before + 3)
            assert tickers.is_complete
            assert all(ticker.get_last_price() > 0 for ticker in tickers.values())

    play(exchange, main)


@every
def test_a_connection_that_gives_up_ends_the_map_and_it_may_begin_again(exchange):
    """Whoever waits or iterates gets `WebSocketError`; what is known stays readable and stale; `start` works again."""

    async def main(sim, api, rest):
        tickers = api.ticker_map(exchange)
        await tickers.start()
        await tickers.wait_complete(60)
        reader = asyncio.ensure_future(anext(aiter(tickers)))
        sim.faults.refuse(exchange)
        sim.faults.disconnect(exchange)
        await until(lambda: not tickers.is_complete)
        waiter = asyncio.ensure_future(tickers.wait_complete())
        for ended in (reader, waiter):
            with pytest.raises(WebSocketError, match="gave up"):
                while True:  # what came before the loss is read first
                    await ended
                    ended = asyncio.ensure_future(anext(aiter(tickers)))
        assert not tickers.is_running
        assert all(tickers.entry(symbol).stale for symbol in tickers)
        assert len(tickers) == len(MARKETS)
        sim.faults.refuse(exchange, False)
        await tickers.start()
        await tickers.wait_complete(60)
        await tickers.aclose()

    play(exchange, main, websocket={"max_reconnect": 2})


@every
def test_any_spelling_finds_a_market(exchange):
    """Keys are the caller's own spelling, else BASE-QUOTE; both are found however they are written."""

    async def main(sim, api, rest):
        market = next(m for m in await api.async_get_symbols(exchange) if m.is_trading())
        base, quote = market.get_base_asset(), market.get_quote_asset()
        spellings = [f"{base}{quote}", f"{base}-{quote}", f"{base}/{quote}".lower(), market.get_venue_symbol()]
        async with api.ticker_map(exchange) as whole, api.ticker_map(exchange, [spellings[2], spellings[0]]) as one:
            await whole.wait_complete(60)
            await one.wait_complete(60)
            assert f"{base}-{quote}" in list(whole)
            assert list(one) == [spellings[2]]
            for tickers in (whole, one):
                key = next(key for key in tickers if tickers[key].get_venue_symbol() == market.get_venue_symbol())
                for spelling in spellings:
                    assert spelling in tickers
                    assert tickers[spelling] is tickers.get(spelling) is tickers[key]
                    assert tickers[spelling].get_symbol() == key
            assert "NOSUCHUSDT" not in whole
            with pytest.raises(KeyError):
                whole["NOSUCHUSDT"]

    play(exchange, main)


def test_five_hundred_markets_cost_one_call_and_one_socket():
    """The whole of Binance, silent, is there after one call for all and over one socket, in a handful of messages."""
    markets = [f"SIM{number:03d}USDT" for number in range(1, 501)]

    async def main(sim, api, rest):
        silence(sim, BINANCE)
        async with api.ticker_map(BINANCE) as tickers:
            tasks = len(asyncio.all_tasks())
            await tickers.wait_complete(AT_ONCE)
            assert len(tickers) == 500
            assert len(asyncio.all_tasks()) < tasks + 10
            assert sim.stats[BINANCE].connects == 1
            assert sim.stats[BINANCE].ws_in == 3
            assert sim.stats[BINANCE].http["/api/v3/ticker/24hr"] == 1
            assert tickers.stats.rest_requests == 1

    play(BINANCE, main, markets=markets, tick=0.25, rate=1.0)


def test_without_the_list_of_markets_symbols_are_guessed():
    """REST is out of reach at first: the feed begins with guessed names, and REST fills the rest when it is back."""

    async def main(sim, api, rest):
        silence(sim, BINANCE, MARKETS[1])
        sim.faults.http_status(BINANCE, 503)
        async with api.ticker_map(BINANCE, MARKETS[:2]) as tickers:
            await until(lambda: BUSY in tickers)
            assert tickers.missing() == [MARKETS[1]]
            assert len(rest.asked) < 6  # one list of markets for all of them
            sim.faults.http_status(BINANCE, 200)
            await tickers.wait_complete(30)
            assert sources(tickers) == {MARKETS[0]: "ws", MARKETS[1]: "rest"}

    play(BINANCE, main)


def test_an_exchange_without_a_market_is_told_at_the_start():
    """When nothing is trading, `start` says so, and the map may be started again."""

    async def main(sim, api, rest):
        tickers = api.ticker_map(BINANCE)
        for _ in range(2):
            with pytest.raises(BtApiError, match="no market that is trading"):
                await tickers.start()
        assert not tickers.is_running

    play(BINANCE, main, markets=["HALTUSDT"])


def test_a_list_of_markets_that_fails_is_asked_for_again():
    """A venue that is in trouble for a moment delays the start of a whole market; one that stays in it ends it."""

    async def main(sim, api, rest):
        sim.faults.http_status(BINANCE, 500, count=2)
        async with api.ticker_map(BINANCE) as tickers:
            await tickers.wait_complete(AT_ONCE)
        await asyncio.sleep(4000)  # the list is believed for an hour
        sim.faults.http_status(BINANCE, 500)
        with pytest.raises(BtApiError, match="HTTP 500"):
            await api.ticker_map(BINANCE).start()

    play(BINANCE, main, markets=["SIM001USDT"])


def test_nothing_is_left_when_a_map_is_closed():
    """Its readers end, its topics are given back, its values stay and are stale; closing the gateway does the same."""

    async def main(sim, api, rest):
        maps = [api.ticker_map(BINANCE), api.ticker_map(BINANCE)]
        readers = []
        for tickers in maps:
            await tickers.start()
            await tickers.start()  # once is enough
            await tickers.wait_complete(60)
            readers.append(asyncio.ensure_future(_count(tickers)))
        await asyncio.sleep(2)
        await maps[0].aclose()
        await maps[0].aclose()
        assert await readers[0] > 0
        assert maps[1].is_complete
        sim.faults.disconnect(BINANCE)
        await until(lambda: not maps[1].is_complete)
        waiter = asyncio.ensure_future(maps[1].wait_complete())
        await asyncio.sleep(0)
        await api.async_close()
        assert await readers[1] > 0
        with pytest.raises(StreamUsageError, match="closed"):
            await waiter
        for tickers in maps:
            assert not tickers.is_running
            assert len(tickers) == tickers.stats.stale == len(MARKETS)
            with pytest.raises(StreamUsageError, match="closed"):
                await tickers.wait_complete()
        await asyncio.sleep(1)
        assert sim.stats[BINANCE].open_sockets == 0

    play(BINANCE, main)


async def _count(tickers):
    count = 0
    async for _ in tickers:
        count += 1
    return count


def test_a_map_is_used_as_it_should_be():
    """What cannot be is an error that says so: before the start, in another loop, without a value."""

    async def main(sim, api, rest):
        tickers = api.ticker_map(BINANCE, [BUSY])
        assert (len(tickers), list(tickers), tickers.missing(), tickers.is_complete) == (0, [], [], False)
        assert tickers.entry(BUSY) is None
        assert BUSY not in tickers
        with pytest.raises(StreamUsageError, match="not started"):
            await tickers.wait_complete()
        with pytest.raises(StreamUsageError, match="not started"):
            aiter(tickers)
        async with tickers:
            with pytest.raises(TimeoutError, match=r"within 0\.001 s, 0 of 1 markets"):
                await tickers.wait_complete(0.001)
            await tickers.wait_complete(10)
            with pytest.raises(TypeError):
                tickers[BUSY] = None
            assert repr(tickers) == f"<TickerMap {BINANCE}: 1 of 1 markets current>"
            assert tickers.stats.as_dict()["current"] == 1
        return tickers

    tickers = play(BINANCE, main)
    with pytest.raises(StreamUsageError, match="another event loop"):
        asyncio.run(tickers.wait_complete())


@pytest.mark.parametrize(
    ("arguments", "options", "error", "words"),
    [
        (["BINANCE__SPOT"], {}, ExchangeNotFoundError, "BINANCE___SPOT"),
        ([BINANCE, "BTCUSDT"], {}, ConfigurationError, "list"),
        ([BINANCE, []], {}, ConfigurationError, "empty"),
        ([BINANCE, ["BTCUSDT", ""]], {}, ConfigurationError, "''"),
        ([BINANCE], {"request_interval": -1}, ConfigurationError, "request_interval"),
        ([BINANCE], {"request_interval": True}, ConfigurationError, "request_interval"),
        ([BINANCE], {"strategy": "ful"}, ConfigurationError, "'full'"),
    ],
)
def test_arguments_are_checked_in_the_call(arguments, options, error, words):
    """A wrong argument is told at once, without a loop, and the message names it."""
    with pytest.raises(error, match=words):
        BtApi().ticker_map(*arguments, **options)


def test_a_call_that_the_exchange_does_not_have_is_told_at_once(monkeypatch):
    """A strategy without its REST call is `UnsupportedError`; `auto` takes the other."""
    monkeypatch.setattr(EXCHANGES[BINANCE], "tickers_request", Exchange.tickers_request)
    with pytest.raises(UnsupportedError, match="no call for all tickers"):
        BtApi().ticker_map(BINANCE, strategy="full")
    BtApi().ticker_map(BINANCE)
    monkeypatch.setattr(EXCHANGES[BINANCE], "ticker_request", Exchange.ticker_request)
    with pytest.raises(UnsupportedError, match="no call for one ticker"):
        BtApi().ticker_map(BINANCE, strategy="single")
    with pytest.raises(UnsupportedError, match="no tickers by REST"):
        BtApi().ticker_map(BINANCE)
