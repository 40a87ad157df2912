"""The promises, once for each venue in the list. No test knows a venue: what they differ in is declared by themselves."""

import asyncio
import json

import pytest

from bt_api_py import OrderBookData, StreamEvent, TickerData, TradeData
from bt_api_py.exceptions import InvalidSymbolError
from bt_api_py.exchanges import EXCHANGES

from .worlds import BookJudge, TradeJudge, check_bar, eventually, read, read_until, same, settings

fast = pytest.mark.parametrize("pace", [20.0], ids=["fast"])
very_fast = pytest.mark.parametrize("pace", [60.0], ids=["very fast"])


def is_gap(item):
    return isinstance(item, StreamEvent) and item.kind == "gap"


def truth_of(sim, exchange, symbol):
    return sim.truth.trades(exchange, symbol, history=True)


class TestData:
    async def test_a_ticker_carries_the_market_as_it_is(self, api, sim, exchange, symbol, kinds):
        """The last price of a ticker is that of a recent trade, its best prices do not cross, its volume is plausible."""
        kinds("ticker")
        async with api.stream_ticker(exchange, symbol) as tickers:
            for ticker in await read(tickers, 5):
                assert isinstance(ticker, TickerData)
                recent = {float(row.price) for row in truth_of(sim, exchange, symbol)[-2000:]}
                assert ticker.get_last_price() in recent
                assert not ticker.get_bid_price() >= ticker.get_ask_price()
                assert ticker.get_volume() > 1000
                assert -50 < ticker.get_price_change() < 50
                assert ticker.get_symbol() == symbol
                assert ticker.get_exchange_name() == exchange

    async def test_trades_come_each_once_and_exact(self, api, sim, exchange, symbol, kinds):
        """Every match of the market is delivered once, in order, with its id, price, quantity and side."""
        kinds("trades")
        async with api.stream_trades(exchange, symbol) as trades:
            received = await read(trades, 60)
            assert TradeJudge(truth_of(sim, exchange, symbol)).check(received) == []
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

    @very_fast
    async def test_bars_grow_and_close_exact(self, api, sim, exchange, symbol, kinds):
        """A running bar stays inside what it becomes, and a closed one is exact and comes once."""
        kinds("klines")
        async with api.stream_klines(exchange, symbol, "1m") as bars:
            closed = 0
            received = []
            async with asyncio.timeout(15):
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

    @very_fast
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
        assert sim.stats[exchange].subscribes == 1
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
