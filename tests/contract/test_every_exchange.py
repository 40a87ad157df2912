"""The promises, once for each venue in the list. No test knows a venue: each declares what it is."""

import asyncio
import json
import math

import pytest

from bt_api_py import (
    FundingRateData,
    LiquidationData,
    MarkPriceData,
    OpenInterestData,
    OrderBookData,
    StreamEvent,
    TickerData,
    TradeData,
)
from bt_api_py.book.sequence import Unnumbered
from bt_api_py.exceptions import (
    InvalidSymbolError,
    RequestFailedError,
    SubscribeError,
    UnsupportedError,
    WebSocketError,
)
from bt_api_py.exchanges import EXCHANGES
from bt_api_py.exchanges.base import Exchange

from .worlds import (
    PATIENCE,
    BookJudge,
    TradeJudge,
    check_bar,
    cost,
    eventually,
    is_subscribed,
    last_prices,
    moments,
    read,
    read_until,
    same,
)

calm = pytest.mark.parametrize("rate", [1.0], ids=["calm"])


def is_gap(item):
    return isinstance(item, StreamEvent) and item.kind == "gap"


def truth_of(sim, exchange, symbol):
    return sim.truth.trades(exchange, symbol, history=True)


class TestData:
    async def test_a_ticker_carries_the_market_as_it_is(self, api, sim, exchange, symbol, kinds):
        """The last price of a ticker is that of a recent trade or close to it, and its best prices do not cross."""
        kinds("ticker")
        adapter = EXCHANGES[exchange]()
        row = adapter.channel_of(adapter.place("ticker", symbol).name).row
        async with api.stream_ticker(exchange, symbol) as tickers:
            for ticker in await read(tickers, 5):
                assert isinstance(ticker, TickerData)
                assert ticker.get_last_price() in last_prices(sim, exchange, symbol, ticker)
                assert not ticker.get_bid_price() >= ticker.get_ask_price()
                if row.volume is not None:
                    assert ticker.get_volume() > 1000
                if hasattr(row, "open_price") or hasattr(row, "price_change_pct"):
                    assert -50 < ticker.get_price_change() < 50
                assert ticker.get_symbol() == symbol
                assert ticker.get_exchange_name() == exchange

    async def test_trades_come_each_once_and_exact(self, api, sim, clock, exchange, symbol, kinds):
        """Every match since the beginning is delivered once, in order, with its id, price, quantity and side."""
        kinds("trades")
        began = clock.now()
        async with api.stream_trades(exchange, symbol) as trades:
            received = await read(trades, 60)
            assert received[0].get_timestamp() >= began * 1000
            assert TradeJudge.of(sim, exchange, symbol).check(received) == 0
            assert trades.stats.delivered == 60
            assert (trades.stats.missing, trades.stats.duplicates, trades.stats.rejected) == (0, 0, 0)

    @pytest.mark.parametrize("levels", [1, 5, 20, None])
    async def test_books_are_the_truth_at_their_number(self, api, sim, exchange, symbol, kinds, levels):
        """Every book equals the venue's at its sequence number, has the levels asked for, and does not cross."""
        kinds("depth")
        judge = BookJudge(sim, exchange, symbol)
        judge.start()
        async with api.stream_depth(exchange, symbol, levels=levels) as books:
            for book in await read(books, 6):
                assert isinstance(book, OrderBookData)
                judge.check(book, levels)
            assert books.stats.resyncs == 0

    @calm
    async def test_bars_grow_and_close_exact(self, api, sim, exchange, symbol, kinds):
        """A running bar stays inside what it becomes, and a closed one is exact and comes once."""
        kinds("klines")
        async with api.stream_klines(exchange, symbol, "1m") as bars:
            closed = 0
            received = []
            async with asyncio.timeout(PATIENCE):
                async for bar in bars:
                    received.append(bar)
                    closed += bar.get_bar_status()
                    if closed == 2:
                        break
        truth = sim.truth.klines(exchange, symbol, "1m")
        for bar in received:
            check_bar(bar, truth)
            assert bar.get_interval() == "1m"
        opened = [bar.get_timestamp() for bar in received]
        assert opened == sorted(opened)
        ends = [bar.get_timestamp() for bar in received if bar.get_bar_status()]
        assert ends[1] == ends[0] + 60_000

    @calm
    async def test_only_closed_bars_when_asked(self, api, sim, exchange, symbol, kinds):
        """With closed_only every bar is a closed one, and none between two is missing."""
        kinds("klines")
        async with api.stream_klines(exchange, symbol, "1m", closed_only=True) as bars:
            received = await read(bars, 2)
        truth = sim.truth.klines(exchange, symbol, "1m")
        for bar in received:
            assert bar.get_bar_status()
            check_bar(bar, truth)
        assert received[1].get_timestamp() == received[0].get_timestamp() + 60_000

    async def test_every_interval_is_there(self, api, sim, exchange, symbol, kinds):
        """Each interval that the exchange declares delivers a true bar of the one that is running."""
        kinds("klines")
        words = list(EXCHANGES[exchange].intervals)
        streams = [api.stream_klines(exchange, symbol, word) for word in words]
        firsts = await asyncio.gather(*(read(stream, 1) for stream in streams))
        for stream, word, [bar] in zip(streams, words, firsts, strict=True):
            assert bar.get_interval() == word
            check_bar(bar, sim.truth.klines(exchange, symbol, EXCHANGES[exchange].intervals[word]))
            await stream.aclose()

    async def test_the_venues_own_channel_comes_as_it_is(self, api, sim, exchange, symbol):
        """A raw stream yields the venue's frames as plain JSON."""
        adapter = EXCHANGES[exchange]()
        market = await one_market(api, exchange, symbol)
        place = adapter.place(adapter.kinds[0], market.get_venue_symbol())
        channel, _, _ = adapter.split(place.name)
        async with api.stream_raw(exchange, channel, symbol) as frames:
            for frame in await read(frames, 3):
                assert isinstance(frame, dict)
                assert market.get_venue_symbol().lower() in json.dumps(frame).lower()


class TestContracts:
    """Figures of derivatives, and liquidations."""

    async def test_the_mark_price_is_the_venues(self, api, sim, exchange, symbol, kinds):
        """Every mark price, and the index price where it is told, is that of its moment."""
        kinds("mark_price")
        async with api.stream_mark_price(exchange, symbol) as marks:
            for mark in await read(marks, 3):
                assert isinstance(mark, MarkPriceData)
                told = mark.get_mark_price(), mark.get_index_price()
                truth = figures_of(sim, mark)
                assert any(
                    same(told[0], row.mark_price) and (math.isnan(told[1]) or same(told[1], row.index_price))
                    for row in truth
                )
                assert mark.get_symbol() == symbol

    async def test_the_funding_rate_is_the_venues(self, api, sim, exchange, symbol, kinds):
        """The rate is that of the running interval, which ends when the venue says."""
        kinds("funding_rate")
        async with api.stream_funding_rate(exchange, symbol) as rates:
            for rate in await read(rates, 2):
                assert isinstance(rate, FundingRateData)
                truth = figures_of(sim, rate)
                assert any(same(rate.get_current_funding_rate(), row.funding_rate) for row in truth)
                assert rate.get_current_funding_time() in (0, truth[0].funding_ms)

    async def test_the_open_interest_is_in_base_units(self, api, sim, exchange, symbol, kinds):
        """The open interest is that of its moment, whatever the venue counts in, and says where it comes from."""
        kinds("open_interest")
        async with api.stream_open_interest(exchange, symbol) as interests:
            for interest in await read(interests, 1):
                assert isinstance(interest, OpenInterestData)
                assert any(same(interest.get_open_interest(), row.open_interest) for row in figures_of(sim, interest))
                is_polled = "open_interest" in EXCHANGES[exchange].polled
                assert interest.get_origin() == ("snapshot" if is_polled else "live")

    async def test_liquidations_come_each_once(self, api, sim, exchange, symbol, kinds):
        """Every position that is closed by force is told, in order, with side, price and quantity."""
        kinds("liquidations")
        async with api.stream_liquidations(exchange, symbol) as liquidations:
            received = await read(liquidations, 4)
        told = [(item.get_side(), item.get_timestamp()) for item in received]
        truth = sim.truth.liquidations(exchange, symbol)
        start = [(row.side, row.ms) for row in truth].index(told[0])
        rows = truth[start : start + len(told)]
        assert told == [(row.side, row.ms) for row in rows]
        for item, row in zip(received, rows, strict=True):
            assert isinstance(item, LiquidationData)
            assert same(item.get_quantity(), row.quantity)
            assert item.get_price() in (float(row.price), float(row.average_price))
            assert item.get_position_side() == ("long" if row.side == "sell" else "short")

    async def test_figures_survive_a_lost_connection(self, api, sim, exchange, symbol, kinds):
        """After a cut connection the figures go on, and those who wanted to know were told."""
        kinds("mark_price")
        async with api.stream_mark_price(exchange, symbol, events=True) as marks:
            await read_until(marks, lambda item: isinstance(item, MarkPriceData))
            sim.faults.disconnect(exchange)
            items = await read_until(marks, lambda item: marks.stats.reconnects and isinstance(item, MarkPriceData))
            assert "disconnected" in [item.kind for item in items if isinstance(item, StreamEvent)]

    async def test_a_figure_by_rest_is_the_venues(self, api, sim, exchange, symbol, kinds):
        """The figures that the venue tells by REST are those of their moment, marked as snapshots."""
        kinds("mark_price")
        asked = {
            "mark_price": (api.async_get_mark_price, "get_mark_price"),
            "funding_rate": (api.async_get_funding_rate, "get_current_funding_rate"),
            "open_interest": (api.async_get_open_interest, "get_open_interest"),
        }
        for kind, (call, getter) in asked.items():
            if kind not in EXCHANGES[exchange].kinds:
                continue
            try:
                item = await call(exchange, symbol)
            except UnsupportedError:
                assert kind not in EXCHANGES[exchange].polled
                continue
            assert any(same(getattr(item, getter)(), getattr(row, kind)) for row in figures_of(sim, item))
            assert (item.get_symbol(), item.get_origin()) == (symbol, "snapshot")

    async def test_what_is_not_offered_is_refused_at_once(self, api, exchange, symbol):
        """A kind of stream that the exchange does not declare is an error of the call, which names what there is."""
        for kind in ("mark_price", "funding_rate", "open_interest", "liquidations"):
            if kind not in EXCHANGES[exchange].kinds:
                with pytest.raises(UnsupportedError, match="it has: "):
                    getattr(api, f"stream_{kind}")(exchange, symbol)

    async def test_a_contract_says_what_it_is(self, api, exchange, symbol):
        """On an exchange of contracts the pair, with the words for it or without, names the perpetual one."""
        markets = await api.async_get_symbols(exchange)
        market = await one_market(api, exchange, symbol)
        if exchange.endswith("___SPOT"):
            assert {market.get_contract_type() for market in markets} == {None}
            return
        assert market.get_contract_type() == "perpetual"
        assert market.get_settle_asset()
        assert market.get_contract_multiplier() > 0
        kind = EXCHANGES[exchange].kinds[0]
        spelling = f"{market.get_base_asset()}-{market.get_quote_asset()}-SWAP"
        async with getattr(api, f"stream_{kind}")(exchange, spelling) as stream:
            [item] = await read(stream, 1)
            assert item.get_venue_symbol() == market.get_venue_symbol()


def figures_of(sim, item):
    """Return the true figures of the moments that an object may be of."""
    return [sim.truth.figures(item.get_exchange_name(), item.get_symbol(), ms) for ms in moments(item)]


async def one_market(api, exchange, symbol):
    markets = await api.async_get_symbols(exchange)
    return next(m for m in markets if m.get_base_asset() + m.get_quote_asset() == symbol)


async def spellings(api, exchange, symbol):
    market = await one_market(api, exchange, symbol)
    base, quote = market.get_base_asset(), market.get_quote_asset()
    return [base + quote, f"{base}-{quote}", f"{base}/{quote}", f"{base}_{quote}".lower(), market.get_venue_symbol()]


class TestSymbols:
    async def test_every_spelling_names_the_same_market(self, api, sim, exchange, symbol):
        """All spellings lead to one upstream subscription, and each reader gets its own spelling back."""
        kind = EXCHANGES[exchange].kinds[0]
        written = list(dict.fromkeys(await spellings(api, exchange, symbol)))
        streams = [getattr(api, f"stream_{kind}")(exchange, word) for word in written]
        firsts = await asyncio.gather(*(read(stream, 2) for stream in streams))
        for word, items in zip(written, firsts, strict=True):
            assert {item.get_symbol() for item in items} == {word}
        assert len({item.get_venue_symbol() for items in firsts for item in items}) == 1
        assert sim.stats[exchange].subscribes == cost(exchange)
        for stream in streams:
            await stream.aclose()

    async def test_an_unknown_symbol_ends_only_its_own_stream(self, api, exchange, symbol):
        """A symbol that does not exist raises at the first item and names the nearest one; others go on."""
        kind = EXCHANGES[exchange].kinds[0]
        async with getattr(api, f"stream_{kind}")(exchange, symbol) as good:
            await read(good, 1)
            with pytest.raises(InvalidSymbolError) as caught:
                await read(getattr(api, f"stream_{kind}")(exchange, symbol[:-1] + "X"), 1)
            assert "did you mean" in str(caught.value)
            assert exchange in str(caught.value)
            await read(good, 2)
            assert good.stats.reconnects == 0


def has_call(exchange, name):
    """Skip a test where the venue has no such REST call."""
    if getattr(EXCHANGES[exchange], name) is getattr(Exchange, name):
        pytest.skip(f"{exchange} has no {name}")


class TestSnapshots:
    async def test_a_ticker_by_rest_is_like_a_streamed_one(self, api, sim, exchange, symbol, kinds):
        """`async_get_tick` returns the container of the stream, marked as a snapshot, in the caller's spelling."""
        kinds("ticker")
        ticker = await api.async_get_tick(exchange, symbol)
        assert isinstance(ticker, TickerData)
        assert (ticker.get_symbol(), ticker.get_origin()) == (symbol, "snapshot")
        assert ticker.get_last_price() in last_prices(sim, exchange, symbol, ticker)

    @pytest.mark.parametrize("levels", [1, 5, 20, None])
    async def test_a_book_by_rest_is_the_truth(self, api, sim, exchange, symbol, kinds, levels):
        """`async_get_depth` returns the venue's book with the levels asked for."""
        kinds("depth")
        judge = BookJudge(sim, exchange, symbol)
        judge.start()
        book = await api.async_get_depth(exchange, symbol, levels=levels)
        judge.check(book, levels, by_number=False)
        assert (book.get_symbol(), book.get_origin()) == (symbol, "snapshot")

    async def test_trades_by_rest_are_the_latest(self, api, sim, exchange, symbol, kinds):
        """`async_get_trades` returns true trades, oldest first, without a hole."""
        kinds("trades")
        has_call(exchange, "trades_request")
        trades = await api.async_get_trades(exchange, symbol, limit=30)
        assert 0 < len(trades) <= 30
        assert {type(trade) for trade in trades} == {TradeData}
        assert TradeJudge.of(sim, exchange, symbol).check(trades) == 0

    async def test_bars_by_rest_are_the_truth(self, api, sim, exchange, symbol, kinds):
        """`async_get_kline` returns true bars, oldest first, of which only the last may still be running."""
        kinds("klines")
        bars = await api.async_get_kline(exchange, symbol, "1m", limit=10)
        truth = sim.truth.klines(exchange, symbol, "1m")
        assert 0 < len(bars) <= 10
        for bar in bars:
            check_bar(bar, truth)
        assert all(bar.get_bar_status() for bar in bars[:-2])
        times = [bar.get_timestamp() for bar in bars]
        assert times == sorted(set(times))

    async def test_the_clock_of_the_venue_can_be_read(self, api, exchange, clock):
        """`async_get_server_time` is the venue's clock in milliseconds."""
        has_call(exchange, "time_request")
        assert abs(await api.async_get_server_time(exchange) - clock.now() * 1000) < 1000


class TestStatus:
    async def test_health_tells_of_every_topic_as_json(self, api, exchange, symbol):
        """`health()` is a plain dict that names the topic that is read and its live connection."""
        kind = EXCHANGES[exchange].kinds[0]
        async with getattr(api, f"stream_{kind}")(exchange, symbol) as stream:
            await read(stream, 1)
            health = json.loads(json.dumps(api.health()))[exchange]
            [topic] = health["topics"]
            assert (topic["topic"], topic["symbol"], topic["state"]) == (kind, symbol, "live")
            assert health["connections"][topic["connection"]]["connected"] is True

    async def test_the_status_tells_of_loss_and_return(self, api, sim, exchange, symbol):
        """A cut connection is seen as `disconnected`, then `connected`, by those who watch the status."""
        kind = EXCHANGES[exchange].kinds[0]
        async with (
            api.stream_status(exchange) as status,
            getattr(api, f"stream_{kind}")(exchange, symbol) as stream,
        ):
            watching = asyncio.ensure_future(
                read_until(status, lambda event: event.kind == "connected" and cut and event.timestamp >= cut[0])
            )
            cut = []
            await read(stream, 2)
            assert sim.faults.disconnect(exchange) == 1
            cut.append(0)
            events = await watching
            told = [event.kind for event in events]
            assert "disconnected" in told
            assert told.index("disconnected") < len(told) - 1 - told[::-1].index("connected")
            assert all(event.exchange == exchange for event in events)
            assert json.dumps([event.as_dict() for event in events])


class TestLoss:
    @pytest.mark.parametrize("code", [1006, 1000, 1001, 1011])
    async def test_a_lost_connection_costs_no_trade_in_silence(self, api, sim, exchange, symbol, kinds, code):
        """What was traded while the connection was away is delivered or declared, and nothing comes twice."""
        kinds("trades")
        async with api.stream_trades(exchange, symbol, events=True) as trades:
            items = await read(trades, 20)
            sim.faults.disconnect(exchange, code=code)
            items += await read_until(trades, lambda item: trades.stats.reconnects and isinstance(item, TradeData))
            items += await read(trades, 20)
            missing = TradeJudge.of(sim, exchange, symbol).check(items)
            assert any(isinstance(item, StreamEvent) and item.kind == "disconnected" for item in items)
            assert trades.stats.reconnects == 1
            if trades.stats.missing:
                assert trades.stats.missing == missing

    async def test_lost_frames_are_declared_or_fetched(self, api, sim, exchange, symbol, kinds):
        """Trades that the venue never sent on the socket are declared missing, or delivered after all."""
        kinds("trades")
        async with api.stream_trades(exchange, symbol, events=True) as trades:
            items = await read(trades, 5)
            if not EXCHANGES[exchange]().channel_of(name_of(api, exchange)).contiguous:
                pytest.skip(f"the trade ids of {exchange} do not tell what is missing")
            sim.faults.skip(exchange, topic="trades", count=2)
            items += await read_until(trades, is_gap)
            items += await read(trades, 20)
            TradeJudge.of(sim, exchange, symbol).check(items)
            assert trades.stats.gaps == 1
            assert trades.stats.missing + trades.stats.backfilled >= 2

    async def test_what_comes_twice_is_delivered_once(self, api, sim, exchange, symbol, kinds):
        """A trade that the venue repeats is left out and counted."""
        kinds("trades")
        async with api.stream_trades(exchange, symbol) as trades:
            items = await read(trades, 5)
            if not items[0].get_trade_id():
                pytest.skip(f"{exchange} gives trades no ids, so that a repetition looks like another trade")
            sim.faults.duplicate(exchange, topic="trades", count=3)
            async with asyncio.timeout(PATIENCE):
                while trades.stats.duplicates < 3:
                    items += await read(trades, 1)
            assert TradeJudge.of(sim, exchange, symbol).check(items) == 0

    async def test_a_book_that_misses_an_update_is_built_anew(self, api, sim, exchange, symbol, kinds):
        """After a lost update no wrong book is handed out, and true ones come again."""
        kinds("depth")
        judge = BookJudge(sim, exchange, symbol)
        judge.start()
        async with api.stream_depth(exchange, symbol, levels=None) as books:
            for book in await read(books, 2):
                judge.check(book, None)
            book_of = EXCHANGES[exchange]().channel_of(name_of(api, exchange)).book
            if isinstance(book_of.rule, Unnumbered) and book_of.checksum is None:
                pytest.skip(f"nothing in an update of {exchange} tells that one is missing")
            sim.faults.skip(exchange, topic="depth", count=1)
            judge.forgive()
            for book in await read(books, 5):
                judge.check(book, None)

    async def test_books_after_a_reconnect_are_true(self, api, sim, exchange, symbol, kinds):
        """A book begins empty after a reconnect: nothing old is left in it."""
        kinds("depth")
        judge = BookJudge(sim, exchange, symbol)
        judge.start()
        async with api.stream_depth(exchange, symbol, levels=None) as books:
            for book in await read(books, 2):
                judge.check(book, None)
            sim.faults.disconnect(exchange)
            received = await read_until(books, lambda _: books.stats.reconnects)
            for book in received + await read(books, 3):
                judge.check(book, None)
            assert books.stats.state == "live"

    @pytest.mark.parametrize("style", ["json", "text", "types", "nan", "binary"])
    async def test_garbage_costs_only_itself(self, api, sim, exchange, symbol, kinds, style):
        """Unreadable frames are counted and left out; no trade is lost and the connection stays."""
        kinds("trades")
        async with api.stream_trades(exchange, symbol) as trades:
            items = await read(trades, 2)
            sim.faults.garbage(exchange, count=3, kind=style, topic="trades")
            async with asyncio.timeout(PATIENCE):
                while rejected(api, exchange) < 3:
                    items += await read(trades, 1)
            items += await read(trades, 5)
            assert TradeJudge.of(sim, exchange, symbol).check(items) == 0
            assert trades.stats.reconnects == 0

    async def test_frames_cut_in_half_are_declared(self, api, sim, exchange, symbol, kinds):
        """A truncated frame costs its own trades, which are declared or fetched, and nothing else."""
        kinds("trades")
        async with api.stream_trades(exchange, symbol, events=True) as trades:
            items = await read(trades, 2)
            if not EXCHANGES[exchange]().channel_of(name_of(api, exchange)).contiguous:
                pytest.skip(f"the trade ids of {exchange} do not tell what is missing")
            sim.faults.truncate(exchange, topic="trades", count=2)
            items += await read_until(trades, is_gap)
            items += await read(trades, 10)
            TradeJudge.of(sim, exchange, symbol).check(items)
            assert rejected(api, exchange) == 2


def name_of(api, exchange):
    """Return the venue's name of the only topic that is read."""
    [topic] = api.health()[exchange]["topics"]
    return topic["name"]


def rejected(api, exchange):
    return sum(connection["rejected"] for connection in api.health()[exchange]["connections"].values())


class TestResuming:
    async def test_trades_go_on_where_an_earlier_run_has_stopped(self, connect, sim, exchange, symbol, kinds):
        """What was traded between two runs is fetched when the next trade comes, in order, each once, or declared."""
        kinds("trades")
        async with connect() as api, api.stream_trades(exchange, symbol) as trades:
            first = await read(trades, 5)
        if not first[-1].get_trade_id():
            pytest.skip(f"{exchange} gives trades no ids")
        await asyncio.sleep(3)
        last = first[-1].get_trade_id(), first[-1].get_timestamp()
        async with connect() as api, api.stream_trades(exchange, symbol, after=last, events=True) as trades:
            items = await read(trades, 60)
        TradeJudge.of(sim, exchange, symbol).check([*first, *items])
        assert trades.stats.backfilled > 5

    async def test_a_trade_that_nobody_lists_leaves_a_declared_hole(self, connect, sim, exchange, symbol, kinds):
        """When the venue's list does not hold the trade of the earlier run, what may be missing is declared."""
        kinds("trades")
        adapter = EXCHANGES[exchange]()
        if not adapter.channel_of(adapter.place("trades", "X").name).row.numbered_apart:
            pytest.skip(f"the trade ids of {exchange} are its numbers, or have no order")
        async with connect() as api, api.stream_trades(exchange, symbol) as trades:
            [first] = await read(trades, 1)
        last = "no-such-trade", first.get_timestamp()
        async with connect() as api, api.stream_trades(exchange, symbol, after=last, events=True) as trades:
            items = await read_until(trades, lambda item: isinstance(item, TradeData))
            items += await read(trades, 20)
        TradeJudge.of(sim, exchange, symbol).check([first, *items])
        assert [item.from_ms for item in items if is_gap(item)] == [first.get_timestamp()]


class TestRefusals:
    async def test_a_refused_subscription_ends_only_its_stream(self, api, sim, exchange, symbols, subscribing):
        """The venue's refusal of one market is an error of its stream at once; another goes on undisturbed."""
        kind = EXCHANGES[exchange].kinds[0]
        first, second = symbols
        sim.faults.reject_subscribe(exchange, second)
        async with getattr(api, f"stream_{kind}")(exchange, first) as good:
            await read(good, 1)
            with pytest.raises((SubscribeError, InvalidSymbolError)) as caught:
                await read(getattr(api, f"stream_{kind}")(exchange, second), 1)
            assert exchange in str(caught.value)
            assert second in str(caught.value)
            await read(good, 2)
            assert good.stats.reconnects == 0

    async def test_refused_among_many_is_found(self, api, sim, exchange, symbols, subscribing):
        """Of several markets asked for together, only the refused one fails."""
        kind = EXCHANGES[exchange].kinds[0]
        first, second = symbols
        sim.faults.reject_subscribe(exchange, second)
        good, bad = (getattr(api, f"stream_{kind}")(exchange, symbol) for symbol in (first, second))
        items, error = await asyncio.gather(read(good, 2), read(bad, 1), return_exceptions=True)
        assert [item.get_symbol() for item in items] == [first, first]
        assert isinstance(error, SubscribeError | InvalidSymbolError)
        await good.aclose()

    @pytest.mark.parametrize("status", [None, 503, 403])
    async def test_giving_up_is_an_error_and_a_new_stream_begins_anew(self, connect, sim, exchange, symbol, status):
        """After `max_reconnect` refused sockets the stream raises WebSocketError; a new one works when they open."""
        kind = EXCHANGES[exchange].kinds[0]
        async with connect(max_reconnect=2) as api:
            sim.faults.refuse(exchange, status=status)
            with pytest.raises(WebSocketError) as caught:
                await read(getattr(api, f"stream_{kind}")(exchange, symbol), 1)
            assert exchange in str(caught.value)
            assert symbol in str(caught.value)
            assert sim.stats[exchange].refused == 2
            sim.faults.refuse(exchange, on=False)
            async with getattr(api, f"stream_{kind}")(exchange, symbol) as stream:
                await read(stream, 1)

    async def test_a_live_stream_gives_up_too(self, connect, sim, exchange, symbol):
        """A stream that was live raises WebSocketError when its venue stays away, after what it had received."""
        kind = EXCHANGES[exchange].kinds[0]
        async with connect(max_reconnect=2) as api:
            stream = getattr(api, f"stream_{kind}")(exchange, symbol)
            await read(stream, 1)
            sim.faults.refuse(exchange)
            sim.faults.disconnect(exchange)
            with pytest.raises(WebSocketError):
                await read_until(stream, lambda _: False)
            assert stream.stats.state == "failed"

    async def test_a_venue_in_trouble_is_asked_again(self, api, sim, exchange, symbol, kinds):
        """A REST call survives two answers of 503."""
        kinds("ticker")
        await api.async_get_symbols(exchange)
        sim.faults.http_status(exchange, 503, count=2)
        assert (await api.async_get_tick(exchange, symbol)).get_symbol() == symbol
        assert sim.stats[exchange].statuses[503] == 2

    async def test_a_venue_that_stays_in_trouble_is_an_error(self, api, sim, exchange, symbol, kinds):
        """A REST call ends in RequestFailedError with the status when the venue answers nothing but 500."""
        kinds("ticker")
        await api.async_get_symbols(exchange)
        sim.faults.http_status(exchange, 500)
        with pytest.raises(RequestFailedError) as caught:
            await api.async_get_tick(exchange, symbol)
        assert caught.value.status_code == 500
        assert caught.value.retryable

    @calm
    async def test_retry_after_is_obeyed(self, api, sim, exchange, symbol, kinds, clock):
        """After 429 with Retry-After the venue is left alone for so long, and the call succeeds then."""
        kinds("ticker")
        await api.async_get_symbols(exchange)
        sim.faults.http_status(exchange, 429, count=1, retry_after=7)
        began = clock.monotonic()
        await api.async_get_tick(exchange, symbol)
        assert clock.monotonic() - began >= 7

    async def test_streams_work_without_the_list_of_markets(self, connect, sim, exchange, symbol, clock):
        """When the list of markets is out of reach, a well-known spelling is still understood, unless names are ids."""
        kind = "ticker" if "ticker" in EXCHANGES[exchange].kinds else EXCHANGES[exchange].kinds[0]
        sim.faults.http_status(exchange, 503, path=EXCHANGES[exchange]().instruments_request().path)
        async with connect() as api:
            if EXCHANGES[exchange].symbols.is_opaque:
                with pytest.raises(RequestFailedError) as caught:
                    await read(getattr(api, f"stream_{kind}")(exchange, symbol), 1)
                assert caught.value.retryable
                sim.faults.clear(exchange)
                await clock.sleep(1)  # a list that failed is not asked for at once again
            async with getattr(api, f"stream_{kind}")(exchange, symbol) as stream:
                [item] = await read(stream, 1)
                assert item.get_symbol() == symbol


def passed(stream):
    """Return how many items were meant for a reader so far."""
    return stream.stats.delivered + stream.stats.dropped + stream.stats.queued


class TestManners:
    async def test_many_readers_share_one_subscription(self, api, sim, exchange, symbol):
        """Any number of readers of a topic cost one subscription; each gets everything."""
        kind = EXCHANGES[exchange].kinds[0]
        streams = [getattr(api, f"stream_{kind}")(exchange, symbol) for _ in range(10)]
        received = await asyncio.gather(*(read(stream, 3) for stream in streams))
        assert sim.stats[exchange].subscribes == cost(exchange)
        assert sim.stats[exchange].connects == 1
        shared = {item.get_timestamp() for item in received[0]}
        assert all(shared & {item.get_timestamp() for item in items} for items in received)
        for stream in streams[1:]:
            await stream.aclose()
        await read(streams[0], 2)
        assert sim.stats[exchange].subscribes == cost(exchange)
        await streams[0].aclose()

    async def test_the_last_reader_gives_the_topic_back(self, connect, sim, exchange, symbols):
        """A topic without readers is unsubscribed after `linger`, and its neighbours on the socket go on."""
        kind = EXCHANGES[exchange].kinds[0]
        first, second = symbols
        async with connect(linger=1) as api:
            staying = getattr(api, f"stream_{kind}")(exchange, first)
            leaving = getattr(api, f"stream_{kind}")(exchange, second)
            await asyncio.gather(read(staying, 1), read(leaving, 1))
            await leaving.aclose()
            await eventually(lambda: len(api.health()[exchange]["topics"]) == 1)
            await read(staying, 1)
            sent = sim.truth.sent(exchange, symbol=second)
            await read(staying, 5)
            if is_subscribed(exchange):
                assert sim.truth.sent(exchange, symbol=second) - sent <= 1  # one may have been on its way
            assert staying.stats.reconnects == 0
            await staying.aclose()
            await eventually(lambda: sim.stats[exchange].open_sockets == 0)

    async def test_a_quick_return_costs_nothing(self, api, sim, exchange, symbol):
        """A topic taken up again within `linger` is still subscribed."""
        kind = EXCHANGES[exchange].kinds[0]
        async with getattr(api, f"stream_{kind}")(exchange, symbol) as stream:
            await read(stream, 1)
        async with getattr(api, f"stream_{kind}")(exchange, symbol) as stream:
            await read(stream, 2)
        assert sim.stats[exchange].subscribes == cost(exchange)
        assert sim.stats[exchange].connects == 1

    async def test_a_slow_reader_loses_only_what_it_counts(self, api, sim, exchange, symbol, kinds):
        """Delivered, dropped and queued of a slow reader add up to what a fast reader of the same topic received."""
        kinds("trades")
        fast_one = api.stream_trades(exchange, symbol)
        slow = api.stream_trades(exchange, symbol, overflow="drop_oldest", buffer=5)
        first, _ = await asyncio.gather(read(fast_one, 1), read(slow, 1))
        assert first[0].get_symbol() == symbol
        ahead = passed(fast_one) - passed(slow)
        async with asyncio.timeout(PATIENCE):
            # The first item may have come in a burst that had already overflowed.
            while slow.stats.dropped < 20 or slow.stats.queued < 5:
                await anext(fast_one)
        assert slow.stats.queued == 5
        assert fast_one.stats.dropped == 0
        assert passed(slow) == passed(fast_one) - ahead
        rest = await read(slow, 5)
        assert TradeJudge.of(sim, exchange, symbol).check(rest) == 0
        await slow.aclose()
        await fast_one.aclose()

    async def test_silence_is_noticed(self, connect, sim, clock, exchange, symbol, kinds):
        """A stalled topic brings an event soon after `stale_after`, and trades again when it goes on."""
        kinds("trades")
        options = {"stale_after": 10, "ping_interval": 5, "ping_timeout": 2}
        async with (
            connect(**options) as api,
            api.stream_trades(exchange, symbol, events=True) as trades,
        ):
            items = await read(trades, 5)
            sim.faults.stall(exchange, topic="trades")
            stalled = clock.monotonic()
            items += await read_until(trades, lambda item: isinstance(item, StreamEvent))
            assert items[-1].kind in ("stale", "gap", "disconnected")
            assert clock.monotonic() - stalled < 30
            sim.faults.stall(exchange, topic="trades", on=False)
            count = sum(isinstance(item, TradeData) for item in items)
            items += await read_until(trades, lambda item: trades.stats.delivered >= count + 10)
            TradeJudge.of(sim, exchange, symbol).check(items)
