"""REST calls: repeated where that helps, inside the budget, and errors that say what happened."""

import asyncio
from unittest.mock import Mock

import msgspec
import pytest
from aiohttp import ClientResponse
from aioresponses import aioresponses

from bt_api_py import BtApi, InvalidSymbolError
from bt_api_py import exceptions as errors
from bt_api_py.exchanges.binance import BinanceSpot
from bt_api_py.net.aiohttp_transport import AiohttpTransport
from bt_api_py.net.errors import ConnectionLost, is_retryable
from bt_api_py.net.rest import RestClient
from bt_api_py.net.transport import retry_after

from .fakes import FakeClock, FakeTransport, exchange_info

SPOT = "BINANCE___SPOT"
NOW = (200, {}, {"serverTime": 1_700_000_000_123})


class Answered(ClientResponse):
    """An answer as the mocking library makes it, which knows nothing of the stream writer."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, stream_writer=Mock(), **kwargs)


@pytest.fixture
def ask(connect, transport):
    """Return a function that asks for the venue's clock, answered with these pages in turn."""

    async def call(*pages):
        answers = iter(pages)
        transport.pages["time"] = lambda query: next(answers)
        return await connect().async_get_server_time(SPOT)

    return call


def asked(transport, path="time"):
    return [at for at, name in transport.requests if name == path]


async def while_time_passes(clock, work, seconds=300):
    """Return the result of work that has to wait."""
    task = asyncio.ensure_future(work)
    for _ in range(seconds):
        await clock.run(1)
        if task.done():
            break
    assert task.done(), f"not done after {seconds} s"
    return await task


class TestRetries:
    @pytest.mark.parametrize("trouble", [(503, {}, b""), (500, {}, b"<html>"), OSError("cut"), TimeoutError()])
    async def test_trouble_that_may_pass_is_tried_again(self, ask, transport, clock, trouble):
        """Two failures that may pass are survived by a third try, after growing waits."""
        assert await while_time_passes(clock, ask(trouble, trouble, NOW)) == 1_700_000_000_123
        first, second, third = asked(transport)
        assert 0.9 < second - first < 1.2
        assert 1.9 < third - second < 2.2

    @pytest.mark.parametrize(
        ("trouble", "expected"),
        [
            ((503, {}, b""), errors.RequestFailedError),
            (OSError("cut"), errors.NetworkError),
            (TimeoutError(), errors.RequestTimeoutError),
        ],
    )
    async def test_trouble_that_stays_is_told(self, ask, transport, clock, trouble, expected):
        """The third failure is the caller's, in the package's own words, with its cause."""
        with pytest.raises(expected, match=SPOT):
            await while_time_passes(clock, ask(trouble, trouble, trouble))
        assert len(asked(transport)) == 3

    @pytest.mark.parametrize(
        ("page", "expected"),
        [
            ((400, {}, {"code": -1121, "msg": "Invalid symbol."}), InvalidSymbolError),
            ((401, {}, {"code": -2014, "msg": "API-key format invalid."}), errors.AuthenticationError),
            ((404, {}, {"code": -1, "msg": "no such page"}), errors.RequestFailedError),
            ((302, {"location": "https://elsewhere"}, b""), errors.RequestFailedError),
            ((200, {}, b"<html>"), errors.DataParseError),
            ((200, {}, b'{"serverTime":null}'), errors.DataParseError),
        ],
    )
    async def test_what_will_not_change_is_asked_once(self, ask, transport, clock, page, expected):
        """The venue's own refusal, or an answer that makes no sense, is raised at once."""
        with pytest.raises(expected):
            await while_time_passes(clock, ask(page, NOW), seconds=5)
        assert len(asked(transport)) == 1


class TestBodies:
    async def test_a_call_with_a_body_is_posted_as_json(self, transport, clock):
        """A request with a body is a POST of JSON, with its query in the address."""
        transport.pages["time?a=b%2Fc"] = NOW
        asking = BinanceSpot().time_request()
        request = msgspec.structs.replace(asking, query={"a": "b/c"}, body=b'{"user":"me"}')
        answer = await RestClient(BinanceSpot(), transport, clock).send(request)
        [(url, body, headers)] = transport.posted
        assert answer.status == 200
        assert (url.rpartition("/")[2], body) == ("time?a=b%2Fc", {"user": "me"})
        assert headers["Content-Type"] == "application/json"


class TestPace:
    async def test_retry_after_is_obeyed(self, ask, transport, clock):
        """After 429 the next try waits for Retry-After, not less."""
        assert await while_time_passes(clock, ask((429, {"retry-after": "30"}, b""), NOW))
        first, second = asked(transport)
        assert 30 <= second - first < 32

    async def test_without_a_number_the_span_of_the_budget_is_waited(self, ask, transport, clock):
        """A 429 without Retry-After waits for a whole window of the venue's limit."""
        assert await while_time_passes(clock, ask((429, {}, b""), NOW))
        first, second = asked(transport)
        assert second - first >= 60

    async def test_a_long_ban_is_told_and_obeyed(self, ask, transport, clock):
        """A ban longer than a caller should be kept for is an error at once, and nobody asks before its end."""
        with pytest.raises(errors.RateLimitError) as caught:
            await while_time_passes(clock, ask((418, {"retry-after": "600"}, b""), NOW))
        assert caught.value.retry_after > 500
        asked_before = len(transport.requests)
        with pytest.raises(errors.RateLimitError):
            await while_time_passes(clock, ask(NOW))
        assert len(transport.requests) == asked_before
        await clock.run(600)
        assert await while_time_passes(clock, ask(NOW)) == 1_700_000_000_123

    async def test_a_limit_told_in_the_body_is_obeyed_too(self, clock, transport, monkeypatch):
        """A venue that says "too many requests" in its body, not in the status, is left alone for a while."""
        monkeypatch.delenv("BT_API_SIMULATOR", raising=False)
        pages = iter(
            [(200, {}, {"code": "50011", "msg": "Too Many Requests"}), (200, {}, {"code": "0", "data": [{"ts": "5"}]})]
        )
        transport.pages["time"] = lambda query: next(pages)
        async with BtApi(clock=clock, transport=transport) as api:
            assert await while_time_passes(clock, api.async_get_server_time("OKX___SPOT")) == 5
        first, second = asked(transport)
        assert second - first >= 1.0

    async def test_weight_stays_inside_the_budget(self, connect, transport, clock):
        """Dear calls made all at once are spread so that no minute holds more than the venue's weight."""
        book = (200, {}, {"lastUpdateId": 1, "bids": [["1", "1"]], "asks": [["2", "1"]]})
        transport.pages["depth"] = book
        api = connect()
        calls = [asyncio.ensure_future(api.async_get_depth(SPOT, "BTCUSDT", levels=5000)) for _ in range(60)]
        await clock.run(400)
        await asyncio.gather(*calls)
        times = asked(transport, "depth")
        assert max(sum(start <= at < start + 60 for at in times) for start in times) * 250 <= 6000

    async def test_the_venues_own_count_slows_us_down(self, connect, transport, clock):
        """When the venue has counted more than we did, the next call waits."""
        transport.pages["time"] = (200, {"x-mbx-used-weight-1m": "6000"}, {"serverTime": 5})
        api = connect()
        await api.async_get_server_time(SPOT)
        await while_time_passes(clock, api.async_get_server_time(SPOT))
        first, second = asked(transport)
        assert second - first >= 30

    async def test_two_objects_share_the_budget(self, transport, clock, monkeypatch):
        """Two BtApi objects of one process are one customer to the venue: a ban of one is a ban of both."""
        monkeypatch.delenv("BT_API_SIMULATOR", raising=False)
        transport.pages["time"] = (418, {"retry-after": "600"}, b"")
        async with BtApi(clock=clock, transport=transport) as one, BtApi(clock=clock, transport=transport) as two:
            with pytest.raises(errors.RateLimitError):
                await while_time_passes(clock, one.async_get_server_time(SPOT))
            count = len(transport.requests)
            with pytest.raises(errors.RateLimitError):
                await while_time_passes(clock, two.async_get_server_time(SPOT))
            assert len(transport.requests) == count


class TestRows:
    async def test_a_bad_row_costs_only_itself(self, connect, transport):
        """One unusable trade among good ones is left out and counted."""
        good = {"id": 7, "price": "1.5", "qty": "2", "time": 5, "isBuyerMaker": False}
        transport.pages["trades"] = (200, {}, [good, good | {"price": "NaN"}, good | {"id": 8, "price": "x"}])
        api = connect()
        [trade] = await api.async_get_trades(SPOT, "BTCUSDT")
        assert (trade.get_trade_id(), trade.get_price(), trade.get_side()) == ("7", 1.5, "buy")
        assert api.health()[SPOT]["rest_rejected"] == 2

    @pytest.mark.parametrize("page", ["24hr", "depth"])
    async def test_an_answer_without_a_usable_row_is_told(self, connect, transport, page):
        """A ticker or a book that is not there in an otherwise good answer is a DataParseError."""
        transport.pages[page] = (200, {}, {"symbol": "BTCUSDT", "closeTime": "never", "lastUpdateId": None})
        api = connect()
        call = api.async_get_tick if page == "24hr" else api.async_get_depth
        with pytest.raises(errors.DataParseError, match=SPOT):
            await call(SPOT, "BTCUSDT")

    async def test_real_sessions_answer_alike(self, monkeypatch):
        """Through aiohttp itself: the query that goes out, an error that passes, and the list that comes back."""
        monkeypatch.delenv("BT_API_SIMULATOR", raising=False)
        base = "https://api.binance.com/api/v3"
        trades = [{"id": 7, "price": "1.5", "qty": "2", "time": 5, "isBuyerMaker": True}]
        clock = FakeClock(luck=0.0)
        with aioresponses() as mocked:
            mocked.get(f"{base}/exchangeInfo", payload=exchange_info("BTC")[2], response_class=Answered)
            mocked.get(f"{base}/trades?symbol=BTCUSDT&limit=5", status=502, response_class=Answered)
            mocked.get(f"{base}/trades?symbol=BTCUSDT&limit=5", payload=trades, response_class=Answered)
            async with BtApi(clock=clock, transport=AiohttpTransport()) as api:
                [trade] = await while_time_passes(clock, api.async_get_trades(SPOT, "btc/usdt", limit=5))
        assert (trade.get_side(), trade.get_symbol(), trade.get_origin()) == ("sell", "btc/usdt", "snapshot")


RETRYABLE = [
    (errors.WebSocketError("X", "x"), True),
    (errors.BookGapError("X", "x"), True),
    (errors.ChecksumError("X", "x"), True),
    (errors.NetworkError("X", "x"), True),
    (errors.RequestTimeoutError("X", "/", 5), True),
    (errors.RateLimitError("X", 5), True),
    (errors.RequestFailedError("X", "/", "x", 500), True),
    (errors.RequestFailedError("X", "/", "x", 400), False),
    (errors.RequestFailedError("X", "/", "x", 200, "50013", is_temporary=True), True),
    (errors.AuthenticationError("X", "x"), False),
    (errors.InvalidSymbolError("X", "x"), False),
    (errors.SubscribeError("X", "x"), False),
    (errors.ConfigurationError("x"), False),
    (errors.StreamOverflowError("X", "x"), False),
    (errors.DataParseError("X", "x"), False),
    (ConnectionLost("x"), True),
    (ConnectionResetError(), True),
    (TimeoutError(), True),
    (ValueError(), False),
    (asyncio.CancelledError(), False),
]


@pytest.mark.parametrize(("error", "expected"), RETRYABLE, ids=lambda value: type(value).__name__)
def test_which_errors_are_worth_another_try(error, expected):
    """Exactly what may pass by itself is repeated."""
    assert is_retryable(error) is expected


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"Retry-After": "5"}, 5.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"Retry-After": "-3"}, 0.0),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, None),
        ({"Retry-After": "soon"}, None),
    ],
)
def test_retry_after_is_read_in_seconds(headers, expected):
    """The header counts in seconds whatever its case; a date or nonsense is no number."""
    assert retry_after(headers) == expected


@pytest.mark.parametrize("value", ["inf", "nan", "1e999"])
def test_a_wait_without_end_is_none(value):
    """A Retry-After that is no finite number is none at all."""
    assert retry_after({"Retry-After": value}) is None


def test_a_transport_of_ones_own_needs_no_network():
    """BtApi takes any transport with the same three methods."""
    assert BtApi(transport=FakeTransport(FakeClock())).health() == {}
