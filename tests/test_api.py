"""BtApi at its edge: what is checked in the call, what an error says, which settings lead where."""

import asyncio
import inspect
import os

import pytest

from bt_api_py import BtApi, ConfigurationError, ExchangeNotFoundError, Stream, UnsupportedError, sync
from bt_api_py.exchanges import ALIASES, EXCHANGES
from bt_api_py.simulator import Simulator

from .net.fakes import FakeClock, FakeTransport, settle, ticker

SPOT = "BINANCE___SPOT"


@pytest.fixture(autouse=True)
def no_simulator(monkeypatch):
    """No simulator of the surroundings takes part."""
    monkeypatch.delenv("BT_API_SIMULATOR", raising=False)


@pytest.fixture
def offline():
    """Return a BtApi whose network is in memory, and that network."""
    clock = FakeClock()
    transport = FakeTransport(clock)
    return BtApi(clock=clock, transport=transport), transport, clock


class TestCalls:
    """All of these are decided without a network and outside any event loop."""

    def test_making_streams_needs_no_loop(self):
        """BtApi and its streams can be made anywhere; nothing is opened."""
        api = BtApi()
        assert isinstance(api.stream_ticker(SPOT, "BTCUSDT"), Stream)
        assert isinstance(api.stream_status(), Stream)
        assert api.health() == {}

    @pytest.mark.parametrize("name", ["BINANCE___SPOTT", "BINANCE_SPOT", "binance___spot"])
    def test_an_unknown_exchange_names_the_nearest(self, name):
        """A misspelt exchange is an ExchangeNotFoundError that names the right one."""
        with pytest.raises(ExchangeNotFoundError, match="did you mean 'BINANCE___SPOT'"):
            BtApi().stream_ticker(name, "BTCUSDT")

    @pytest.mark.parametrize("name", [None, 7, "", "nothing like it"])
    def test_a_hopeless_exchange_lists_what_there_is(self, name):
        """Where no name is near, the error lists all."""
        with pytest.raises(ExchangeNotFoundError, match=r"available: .*OKX___SPOT"):
            BtApi().stream_depth(name, "BTCUSDT")

    @pytest.mark.parametrize("call", ["stream_ticker", "stream_depth", "stream_trades"])
    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"overflw": "latest"}, "did you mean 'overflow'"),
            ({"overflow": "newest"}, "drop_oldest, latest, raise"),
            ({"buffer": 0}, "buffer must be a whole number of at least 1, not 0"),
            ({"buffer": True}, "buffer"),
            ({"buffer": 1.5}, "buffer"),
            ({"stale_after": 0}, "stale_after must be seconds above 0"),
            ({"stale_after": "60"}, "stale_after"),
            ({"stale_after": float("inf")}, "stale_after"),
            ({"events": 1}, "events must be True or False"),
            ({"backfill": "yes"}, "backfill must be True or False"),
        ],
    )
    def test_a_wrong_option_is_refused_in_the_call(self, call, options, message):
        """Unknown options and bad values are ConfigurationErrors that name the exchange and the rule."""
        with pytest.raises(ConfigurationError, match=message) as caught:
            getattr(BtApi(), call)(SPOT, "BTCUSDT", **options)
        assert str(caught.value).startswith(SPOT)

    @pytest.mark.parametrize("levels", [0, -5, 2.5, "20", True])
    def test_wrong_levels_are_refused_in_the_call(self, levels):
        """Levels are a whole number of at least 1, or None."""
        with pytest.raises(ConfigurationError, match="levels"):
            BtApi().stream_depth(SPOT, "BTCUSDT", levels=levels)

    @pytest.mark.parametrize("symbol", ["", "  ", None, 5, ["BTCUSDT"]])
    def test_a_symbol_must_be_a_text(self, symbol):
        """An empty symbol, or one that is no text, is refused in the call."""
        with pytest.raises(ConfigurationError, match="symbol"):
            BtApi().stream_trades(SPOT, symbol)

    @pytest.mark.parametrize("exchange", sorted(EXCHANGES))
    @pytest.mark.parametrize("interval", ["61m", "", None, 60])
    def test_an_interval_that_the_venue_lacks_is_refused(self, exchange, interval):
        """An unknown interval is a ConfigurationError that lists what is offered."""
        if "klines" not in EXCHANGES[exchange].kinds:
            pytest.skip(f"{exchange} has no bars")
        with pytest.raises(ConfigurationError, match="offered: ") as caught:
            BtApi().stream_klines(exchange, "BTCUSDT", interval)
        assert all(word in str(caught.value) for word in EXCHANGES[exchange].intervals)

    def test_a_stream_that_the_venue_lacks_names_what_it_has(self, monkeypatch):
        """A kind that the exchange does not offer is an UnsupportedError in the call."""
        monkeypatch.setattr(EXCHANGES[SPOT], "kinds", ("ticker", "depth"))
        with pytest.raises(UnsupportedError, match="no trades stream; it has: ticker, depth"):
            BtApi().stream_trades(SPOT, "BTCUSDT")

    def test_a_raw_channel_must_be_named(self):
        """stream_raw without a channel is refused in the call."""
        with pytest.raises(ConfigurationError, match="channel"):
            BtApi().stream_raw(SPOT, "")

    def test_the_other_name_of_levels_is_understood(self):
        """depth_levels says the same as levels, and is checked alike."""
        assert isinstance(BtApi().stream_depth(SPOT, "BTCUSDT", depth_levels=5), Stream)
        with pytest.raises(ConfigurationError, match="levels"):
            BtApi().stream_depth(SPOT, "BTCUSDT", depth_levels=0)

    def test_exchanges_are_listed(self):
        """All exchanges are listed by full name; those with settings in the order given."""
        assert BtApi.list_available_exchanges() == sorted(EXCHANGES)
        assert BtApi({"OKX___SPOT": {}, SPOT: {}}).list_exchanges() == ["OKX___SPOT", SPOT]


class TestSettings:
    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"api_kye": "x"}, "did you mean 'api_key'"),
            ({"websocket": {"max_reconect": 3}}, "did you mean 'max_reconnect'"),
            ({"websocket": {"ping_interval": 0}}, "websocket.ping_interval must be above 0"),
            ({"websocket": {"max_reconnect": -1}}, "max_reconnect"),
            ({"websocket": 5}, "websocket must be a dict"),
            ({"timeout": -1}, "timeout"),
            ({"testnet": "yes"}, "testnet must be True or False"),
            ({"ws_url": "ws://example.com"}, "loopback"),
            ({"rest_url": "http://example.com"}, "loopback"),
            ({"rest_url": "ftp://example.com"}, "https://"),
            ({"ws_url": "wss://user:pw@example.com"}, "nothing else"),
        ],
    )
    def test_a_wrong_setting_is_refused_at_once(self, settings, message):
        """BtApi(...) itself raises ConfigurationError, naming the exchange and the nearest key or the rule."""
        with pytest.raises(ConfigurationError, match=message) as caught:
            BtApi({SPOT: settings})
        assert SPOT in str(caught.value)
        assert "pw" not in str(caught.value)

    def test_settings_of_an_unknown_exchange_are_refused(self):
        """A misspelt name among the settings is found in BtApi(...)."""
        with pytest.raises(ExchangeNotFoundError, match="did you mean"):
            BtApi({"OKX___SPOOT": {}})

    @pytest.mark.parametrize("given", [[], "x", 3])
    def test_settings_must_be_a_dict(self, given):
        """Anything but a dict is a ConfigurationError."""
        with pytest.raises(ConfigurationError, match="dict"):
            BtApi(given)

    def test_no_secret_is_shown(self):
        """Neither the text of the object nor that of a stream shows a key."""
        api = BtApi({SPOT: {"api_key": "abc123", "secret": "xyz789"}})
        shown = repr(api) + str(api) + repr(api.stream_ticker(SPOT, "BTCUSDT")) + str(vars(api))
        assert "abc123" not in shown
        assert "xyz789" not in shown

    def test_an_alias_is_the_exchange(self, monkeypatch):
        """Settings and streams under another name of an exchange are that exchange's."""
        monkeypatch.setitem(ALIASES, "BINANCE___CASH", SPOT)
        api = BtApi({"BINANCE___CASH": {}})
        assert api.list_exchanges() == [SPOT]
        assert SPOT in repr(api.stream_ticker("BINANCE___CASH", "BTCUSDT"))

    async def test_the_users_address_is_used(self, offline):
        """ws_url and rest_url are bases to which the adapter appends its paths."""
        _, transport, clock = offline
        given = {"ws_url": "wss://proxy.example/x/", "rest_url": "https://proxy.example/y"}
        async with BtApi({SPOT: given}, clock=clock, transport=transport) as api:
            reader = asyncio.ensure_future(anext(api.stream_ticker(SPOT, "BTCUSDT")))
            await settle()
            assert [socket.url for socket in transport.sockets] == ["wss://proxy.example/x/stream"]
            transport.sockets[0].feed(ticker(1))
            assert (await reader).get_last_price() == 100.0

    async def test_the_variable_leads_to_the_simulator(self, offline, monkeypatch):
        """BT_API_SIMULATOR sends every exchange there, except one whose address the user gave."""
        _, transport, clock = offline
        monkeypatch.setitem(os.environ, "BT_API_SIMULATOR", "http://127.0.0.1:5555")
        for given, expected in (
            ({}, f"ws://127.0.0.1:5555/{SPOT}/stream"),
            ({"ws_url": "wss://mine.example"}, "wss://mine.example/stream"),
        ):
            async with BtApi({SPOT: given}, clock=clock, transport=transport) as api:
                reader = asyncio.ensure_future(anext(api.stream_ticker(SPOT, "BTCUSDT"), None))
                await settle()
                assert transport.sockets[-1].url == expected
            assert await reader is None

    async def test_a_simulator_elsewhere_is_refused(self, monkeypatch):
        """The variable may name a loopback address only."""
        monkeypatch.setitem(os.environ, "BT_API_SIMULATOR", "http://example.com:80")
        with pytest.raises(ConfigurationError, match="loopback"):
            async with asyncio.timeout(2), BtApi() as api:
                await anext(api.stream_ticker(SPOT, "BTCUSDT"))


class TestLife:
    async def test_closing_ends_every_stream(self, offline):
        """async_close ends streams normally, gives everything back, and the object can be used again."""
        api, transport, _ = offline
        for _ in range(2):
            first = asyncio.ensure_future(anext(api.stream_ticker(SPOT, "BTCUSDT"), "ended"))
            second = asyncio.ensure_future(anext(api.stream_status(), "ended"))
            await settle()
            socket = transport.sockets[-1]
            assert not socket.is_closed
            second.cancel()
            await asyncio.gather(second, return_exceptions=True)
            await api.async_close()
            assert await first == "ended"
            assert socket.is_closed
            assert transport.is_closed
        await api.async_close()
        assert api.health() == {}

    async def test_a_call_after_closing_works(self, offline):
        """REST calls work before and after a close."""
        api, _, _ = offline
        assert len(await api.async_get_symbols(SPOT)) == 3
        await api.async_close()
        assert len(await api.async_get_symbols(SPOT)) == 3
        await api.async_close()

    def test_close_outside_a_loop_is_harmless(self):
        """close() needs no loop and may be called twice."""
        api = BtApi()
        api.close()
        api.close()

    def test_loops_one_after_another(self):
        """One object serves asyncio.run after asyncio.run, with streams left open and nothing closed."""

        async def whole():
            async with Simulator(exchanges=[SPOT], rate=20) as sim:
                api.add_exchange(SPOT, sim.exchange_kwargs()[SPOT])
                stream = api.stream_ticker(SPOT, "BTCUSDT")
                streams.append(stream)
                return (await anext(stream)).get_symbol()

        api, streams = BtApi(), []
        assert [asyncio.run(whole()) for _ in range(3)] == ["BTCUSDT"] * 3

    @pytest.mark.parametrize("limit", [0, -1, 1.5, True])
    async def test_a_wrong_limit_of_a_snapshot_is_refused(self, offline, limit):
        """`limit` is a whole number of at least 1; nothing is asked otherwise."""
        api, transport, _ = offline
        with pytest.raises(ConfigurationError, match="limit"):
            await api.async_get_trades(SPOT, "BTCUSDT", limit=limit)
        assert transport.requests == []
        await api.async_close()


class TestWithoutAsyncio:
    """What `BtApi` can do, `sync.BtApi` can do."""

    @staticmethod
    def public(cls):
        return {name: member for name, member in inspect.getmembers(cls) if not name.startswith("_")}

    def test_every_method_has_its_counterpart(self):
        """Each public method is there with the same arguments; ``async_get_…`` is called ``get_…``."""
        theirs, ours = self.public(BtApi), self.public(sync.BtApi)
        assert set(ours) == {name.removeprefix("async_") for name in theirs}
        for name, method in theirs.items():
            given = inspect.signature(ours[name.removeprefix("async_")])
            assert given.parameters == inspect.signature(method).parameters, name
        assert inspect.signature(sync.BtApi).parameters == inspect.signature(BtApi).parameters
