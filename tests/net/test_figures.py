"""Figures of contracts, sent or asked for, and liquidations: what readers get, and what they are told."""

import asyncio
from itertools import pairwise

import pytest
from msgspec import field

from bt_api_py import (
    BtApi,
    BtApiError,
    FundingRateData,
    LiquidationData,
    MarkPriceData,
    OpenInterestData,
    StreamEvent,
    SubscribeError,
    UnsupportedError,
    WebSocketError,
)
from bt_api_py.containers import LiquidationRow, Number, Row
from bt_api_py.exchanges import EXCHANGES
from bt_api_py.exchanges.base import Channel, Request, Subscription
from bt_api_py.exchanges.binance import BinanceSpot

from .fakes import FakeTransport, settle

SWAP = "NIMBUS___SWAP"
PERIOD = 10.0


class Mark(Row):
    """A record that tells two figures; of some contracts the second is left empty."""

    timestamp: int = field(name="E")
    mark_price: Number = field(name="p")
    current_funding_rate: Number = field(name="r", default=None)


class Forced(LiquidationRow):
    timestamp: int = field(name="E")
    price: float = field(name="p")
    quantity: float = field(name="q")
    side: str = field(name="S")


class Open(Row):
    timestamp: int = field(name="time")
    open_interest: Number = field(name="openInterest")


class Premium(Row):
    timestamp: int = field(name="time")
    mark_price: Number = field(name="markPrice")


class NimbusSwap(BinanceSpot):
    """A venue with mark price and funding in one channel, open interest by REST only, and liquidations."""

    name = SWAP
    account = None
    kinds = ("ticker", "mark_price", "funding_rate", "open_interest", "liquidations")
    polled = {"open_interest": PERIOD}
    channels = {
        **BinanceSpot.channels,
        "markPrice": Channel(MarkPriceData, Mark, ("data",)),
        "forceOrder": Channel(LiquidationData, Forced, ("data",)),
    }

    def place(self, kind, venue_symbol, *, interval="", levels=None):
        if kind == "ticker":
            return super().place(kind, venue_symbol)
        suffix = "forceOrder" if kind == "liquidations" else "markPrice"
        return Subscription("market", f"{venue_symbol.lower()}@{suffix}")

    def figure_request(self, kind, venue_symbol):
        if kind == "open_interest":
            channel = Channel(OpenInterestData, Open)
            return Request("/fapi/v1/openInterest", channel, {"symbol": venue_symbol})
        if kind == "mark_price":
            return Request("/fapi/v1/premiumIndex", Channel(MarkPriceData, Premium), {"symbol": venue_symbol})
        return super().figure_request(kind, venue_symbol)


def mark(number, price="100", rate="0.0001", symbol="BTCUSDT"):
    row = {"e": "markPriceUpdate", "E": 1_700_000_000_000 + number, "s": symbol, "p": price, "r": rate}
    return {"stream": f"{symbol.lower()}@markPrice", "data": row}


def forced(number, symbol="BTCUSDT"):
    row = {"e": "forceOrder", "E": 1_700_000_000_000 + number, "p": "100", "q": "0.5", "S": "sell"}
    return {"stream": f"{symbol.lower()}@forceOrder", "data": row}


def interest(quantity, time=1):
    return 200, {}, {"openInterest": quantity, "time": time}


@pytest.fixture
async def connect(clock, transport, monkeypatch):
    """Return a maker of BtApi objects on the network in memory; the keywords are its websocket settings."""
    monkeypatch.delenv("BT_API_SIMULATOR", raising=False)
    monkeypatch.setitem(EXCHANGES, SWAP, NimbusSwap)
    made = []

    def make(**websocket):
        api = BtApi({SWAP: {"websocket": websocket}}, clock=clock, transport=transport)
        made.append(api)
        return api

    yield make
    for api in made:
        await api.async_close()
    await settle()


@pytest.fixture
async def begun():
    """Return a function that begins to read a stream; what comes, an error at last, is in the list it returns."""
    tasks = []

    async def read(stream, items):
        try:
            async for item in stream:
                items.append(item)
        except BtApiError as error:
            items.append(error)

    async def begin(stream):
        items = []
        tasks.append(asyncio.ensure_future(read(stream, items)))
        await settle()
        return items

    yield begin
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def data(items):
    return [item for item in items if not isinstance(item, StreamEvent)]


def events(items, kind):
    return [item for item in items if isinstance(item, StreamEvent) and item.kind == kind]


class TestSharedRecords:
    async def test_a_record_makes_an_object_for_each_who_reads_it(self, connect, transport, begun):
        """Readers of two figures of one channel share a subscription, and each gets its own kind of object."""
        api = connect()
        rates = await begun(api.stream_funding_rate(SWAP, "BTC-USDT"))
        marks = await begun(api.stream_mark_price(SWAP, "BTCUSDT"))
        socket = transport.sockets[-1]
        socket.feed(mark(1), mark(2, "101", "0.0002"))
        await settle()
        assert socket.names() == ["btcusdt@markPrice"]
        assert {type(item) for item in marks} == {MarkPriceData}
        assert {type(item) for item in rates} == {FundingRateData}
        assert [item.get_mark_price() for item in marks] == [100, 101]
        assert [item.get_current_funding_rate() for item in rates] == [0.0001, 0.0002]
        assert {item.get_symbol() for item in rates} == {"BTC-USDT"}
        assert rates[0].get_raw_data()["p"] == "100"

    async def test_a_figure_that_is_not_told_is_no_object(self, connect, transport, begun):
        """A record without a rate is handed to the reader of the mark price only."""
        api = connect()
        rates = await begun(api.stream_funding_rate(SWAP, "BTCUSDT"))
        marks = await begun(api.stream_mark_price(SWAP, "BTCUSDT"))
        transport.sockets[-1].feed(mark(1, rate=""), mark(2))
        await settle()
        assert len(marks) == 2
        assert [item.get_timestamp() for item in rates] == [1_700_000_000_002]

    async def test_a_later_reader_gets_the_present_figure_at_once(self, connect, transport, begun):
        """Who comes later need not wait until the figure is sent again."""
        api = connect()
        await begun(api.stream_mark_price(SWAP, "BTCUSDT"))
        transport.sockets[-1].feed(mark(1))
        await settle()
        late = await begun(api.stream_funding_rate(SWAP, "BTCUSDT"))
        assert [item.get_current_funding_rate() for item in late] == [0.0001]

    async def test_events_name_what_is_read(self, connect, transport, begun):
        """An event names the figure and the spelling of its reader, whoever began the subscription."""
        api = connect()
        await begun(api.stream_mark_price(SWAP, "BTCUSDT"))
        rates = await begun(api.stream_funding_rate(SWAP, "BTC/USDT", events=True))
        transport.sockets[-1].feed(mark(1))
        transport.sockets[-1].lose()
        await settle()
        [event] = events(rates, "disconnected")
        assert (event.topic, event.symbol) == ("funding_rate", "BTC/USDT")

    @pytest.mark.parametrize(("listed", "kind"), [("100", "quiet"), ("105", "stale")])
    async def test_silence_is_judged_by_the_figure_itself(self, connect, transport, clock, begun, listed, kind):
        """A silent figure is dead when the venue's own list has another one, and quiet when it has the same."""
        transport.pages["premiumIndex"] = 200, {}, {"time": 5, "markPrice": listed}
        api = connect(stale_after=5)
        status = await begun(api.stream_status(SWAP))
        await begun(api.stream_mark_price(SWAP, "BTCUSDT"))
        transport.sockets[-1].feed(mark(1))
        await clock.run(9)
        assert [event.kind for event in status if event.kind in ("quiet", "stale")] == [kind]


class TestPolling:
    async def test_a_figure_is_asked_for_in_its_rhythm(self, connect, transport, clock, begun):
        """What REST alone tells comes as a stream of snapshots, each once, over no socket at all."""
        transport.pages["openInterest"] = interest("5")
        items = await begun(connect().stream_open_interest(SWAP, "BTC-USDT"))
        await clock.run(PERIOD + 1)
        transport.pages["openInterest"] = interest("6", time=2)
        await clock.run(2 * PERIOD)
        assert [item.get_open_interest() for item in items] == [5, 6]
        assert {(type(item), item.get_symbol(), item.get_origin()) for item in items} == {
            (OpenInterestData, "BTC-USDT", "snapshot")
        }
        asked = [at for at, path in transport.requests if path == "openInterest"]
        assert [round(after - before) for before, after in pairwise(asked)] == [PERIOD] * 3
        assert transport.sockets == []

    async def test_readers_share_the_calls(self, connect, transport, clock, begun):
        """Two readers of a figure cost one call, and the last one to leave ends them."""
        transport.pages["openInterest"] = interest("5")
        api = connect(linger=0)
        streams = [api.stream_open_interest(SWAP, symbol) for symbol in ("BTCUSDT", "BTC/USDT")]
        assert [len(await begun(stream)) for stream in streams] == [1, 1]
        health = api.health()[SWAP]
        assert [(topic["topic"], topic["readers"], topic["state"]) for topic in health["topics"]] == [
            ("open_interest", 2, "live")
        ]
        assert [connection["connected"] for connection in health["connections"].values()] == [True]
        for stream in streams:
            await stream.aclose()
        calls = len(transport.requests)
        await clock.run(3 * PERIOD)
        assert len(transport.requests) == calls
        assert api.health()[SWAP]["connections"] == {}

    async def test_many_figures_leave_room_in_the_budget(self, connect, transport, clock, begun, monkeypatch):
        """When there are so many that their rhythm would use the budget up, each is asked for less often."""
        transport.pages["openInterest"] = interest("5")
        monkeypatch.setattr(NimbusSwap, "polled", {"open_interest": 0.001})
        api = connect()
        for base in ("BTC", "ETH", "SOL"):
            await begun(api.stream_open_interest(SWAP, f"{base}USDT"))
        await clock.run(60)
        # Ten calls a second are allowed, of which polling takes half.
        assert 250 <= len(transport.requests) <= 310

    async def test_a_venue_that_fails_is_asked_again_and_then_given_up(self, connect, transport, clock, begun):
        """One failure is bridged; after `max_reconnect` in a row the stream says so."""
        transport.pages["openInterest"] = 503, {}, {"code": -1, "msg": "busy"}
        api = connect(max_reconnect=3, stale_after=100)
        items = await begun(api.stream_open_interest(SWAP, "BTCUSDT"))
        await clock.run(PERIOD)
        transport.pages["openInterest"] = interest("5")
        await clock.run(2 * PERIOD)
        assert len(items) == 1
        transport.pages["openInterest"] = 503, {}, {"code": -1, "msg": "busy"}
        await clock.run(6 * PERIOD)
        assert isinstance(items[-1], WebSocketError)
        assert str(items[-1]).startswith("NIMBUS___SWAP open_interest BTCUSDT: gave up after 3 failed calls")

    async def test_a_refusal_ends_the_stream_at_once(self, connect, transport, begun):
        """An answer that another try will not change is an error of the stream."""
        transport.pages["openInterest"] = 400, {}, {"code": -1130, "msg": "not for this contract"}
        [error] = await begun(connect().stream_open_interest(SWAP, "BTCUSDT"))
        assert isinstance(error, SubscribeError)
        assert "not for this contract" in str(error)

    async def test_a_long_silence_is_told(self, connect, transport, clock, begun):
        """While the venue gives no answer, the stream is stale after `stale_after`."""
        transport.pages["openInterest"] = interest("5")
        stream = connect(stale_after=15).stream_open_interest(SWAP, "BTCUSDT", events=True)
        items = await begun(stream)
        transport.pages["openInterest"] = 503, {}, {"code": -1, "msg": "busy"}
        await clock.run(PERIOD + 20)
        assert stream.stats.state == "stale"
        assert events(items, "stale")


class TestLiquidations:
    async def test_an_outage_is_declared(self, connect, transport, clock, begun):
        """What happened while the connection was away is a gap with its times: no venue lists liquidations later."""
        stream = connect(reconnect_delay=3).stream_liquidations(SWAP, "BTCUSDT", events=True)
        items = await begun(stream)
        transport.sockets[-1].feed(forced(1))
        await clock.run(1)
        transport.sockets[-1].lose()
        await clock.run(5)
        transport.sockets[-1].feed(forced(2))
        await settle()
        assert [type(item) for item in data(items)] == [LiquidationData] * 2
        [gap] = events(items, "gap")
        assert gap.to_ms - gap.from_ms >= 3000
        assert (gap.filled, gap.count, stream.stats.gaps, stream.stats.state) == (False, None, 1, "live")

    async def test_what_comes_twice_is_told_once(self, connect, transport, begun):
        """The same figures at the same millisecond are left out and counted."""
        stream = connect().stream_liquidations(SWAP, "BTCUSDT")
        items = await begun(stream)
        transport.sockets[-1].feed(forced(1), forced(1), forced(2))
        await settle()
        assert [item.get_timestamp() for item in items] == [1_700_000_000_001, 1_700_000_000_002]
        assert stream.stats.duplicates == 1

    async def test_a_calm_market_is_live_and_left_alone(self, connect, transport, clock, begun):
        """Hours without a liquidation are no outage: the stream is live, and nothing is subscribed anew."""
        stream = connect(stale_after=5).stream_liquidations(SWAP, "BTCUSDT", events=True)
        items = await begun(stream)
        await clock.run(18)
        assert stream.stats.state == "live"
        assert transport.sockets[-1].names() == ["btcusdt@forceOrder"]
        assert {item.kind for item in items} == {"connected"}


class TestCalls:
    async def test_a_figure_can_be_fetched(self, connect, transport):
        """The REST calls return the objects of the streams, as a snapshot in the caller's spelling."""
        transport.pages["openInterest"] = interest("5")
        item = await connect().async_get_open_interest(SWAP, "BTC/USDT")
        assert (item.get_open_interest(), item.get_symbol(), item.get_origin()) == (5, "BTC/USDT", "snapshot")

    async def test_what_comes_by_stream_only_is_named(self, connect):
        """A figure that the venue does not tell by REST is an UnsupportedError."""
        with pytest.raises(UnsupportedError, match="no funding_rate by REST"):
            await connect().async_get_funding_rate(SWAP, "BTCUSDT")

    @pytest.mark.parametrize("kind", ["mark_price", "funding_rate", "open_interest", "liquidations"])
    def test_spot_has_no_contracts(self, clock, kind):
        """On a spot exchange the call itself says what there is instead."""
        api = BtApi(clock=clock, transport=FakeTransport(clock))
        with pytest.raises(UnsupportedError, match=f"no {kind} stream; it has: ticker"):
            getattr(api, f"stream_{kind}")("BINANCE___SPOT", "BTCUSDT")
