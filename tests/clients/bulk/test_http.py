"""REST calls: what is asked, and what the answers become."""

import pytest

from bt_api_py import exceptions as errors
from bt_api_py.clients.bulk import (
    AccountSnapshot,
    BulkHttpClient,
    Candle,
    Fill,
    L2Snapshot,
    LimitOrder,
    OrderState,
    OrderStatus,
    Side,
    Ticker,
)

from . import messages as m
from .messages import PUBLIC

ACCOUNT = {key: value for key, value in m.ACCOUNT.items() if key != "type"}


@pytest.fixture
async def client(transport, clock, signer):
    async with BulkHttpClient(signer=signer, transport=transport, clock=clock) as made:
        yield made


@pytest.fixture
def asked(transport):
    """Return what was asked for: (path, query)."""
    found = []
    get = transport.get

    async def recording(url, query, headers, **options):
        found.append((url.removeprefix("https://exchange-api2.bulk.trade"), dict(query)))
        return await get(url, query, headers, **options)

    transport.get = recording
    return found


def page(transport, name, body, status=200):
    transport.pages[name] = (status, {}, body)


class TestMarkets:
    async def test_markets(self, client, transport, asked):
        """The list of markets comes as it is."""
        page(transport, "exchangeInfo", [{"symbol": "BTC-USD"}])
        assert await client.exchange_info() == [{"symbol": "BTC-USD"}]
        assert asked == [("/api/v1/exchangeInfo", {})]

    async def test_a_list_that_is_none(self, client, transport):
        """Another shape, or no JSON, is a DataParseError that names the call."""
        for body in ({"BTC-USD": {}}, b"<html>"):
            page(transport, "exchangeInfo", body)
            with pytest.raises(errors.DataParseError, match="exchangeInfo"):
                await client.exchange_info()

    async def test_ticker(self, client, transport, asked):
        """The ticker has no wrapper by REST."""
        page(transport, "BTC-USD", m.TICKER["data"]["ticker"])
        ticker = await client.ticker("BTC-USD")
        assert (type(ticker), ticker.mark_price) == (Ticker, 102780.0)
        assert asked == [("/api/v1/ticker/BTC-USD", {})]

    async def test_klines(self, client, transport, asked):
        """Candles carry market and interval, both spellings of intervals are taken, and at most 1000 are asked for."""
        page(transport, "klines", [m.CANDLE])
        [candle] = await client.klines("BTC-USD", "1min", 1, 2, 5000)
        assert (type(candle), candle.symbol, candle.interval, candle.close) == (Candle, "BTC-USD", "1m", 101950.0)
        query = {"symbol": "BTC-USD", "interval": "1m", "startTime": "1", "endTime": "2", "limit": "1000"}
        assert asked == [("/api/v1/klines", query)]
        with pytest.raises(ValueError, match="no interval"):
            await client.klines("BTC-USD", "7m")

    async def test_book(self, client, transport, asked):
        """A book is found with and without a wrapper."""
        inner = m.L2SNAPSHOT["data"]["book"]
        for body in (inner, {"book": inner}):
            page(transport, "l2book", body)
            book = await client.l2book("BTC-USD", 5, 0.5)
            assert (type(book), book.bids[0].price) == (L2Snapshot, 102777.0)
        assert asked[0][1] == {"type": "l2Book", "coin": "BTC-USD", "nlevels": "5", "aggregation": "0.5"}

    async def test_statistics(self, client, transport, asked):
        """Statistics and fees come as they are."""
        page(transport, "stats", {"a": 1})
        page(transport, "feeState", {"b": 2})
        assert (await client.stats("1d", "BTC-USD"), await client.fee_state()) == ({"a": 1}, {"b": 2})
        assert asked[0] == ("/api/v1/stats", {"period": "1d", "symbol": "BTC-USD"})


class TestAccounts:
    async def test_the_whole_account(self, client, transport):
        """The account of the signer is asked for, and unwrapped."""
        page(transport, "account", [{"fullAccount": ACCOUNT}])
        account = await client.full_account()
        assert (type(account), account.margin.total_balance) == (AccountSnapshot, 100000.0)
        assert [body for _, body, _ in transport.posted] == [{"type": "fullAccount", "user": PUBLIC}]

    async def test_orders_and_fills(self, client, transport):
        """Each record is found with and without the object around it."""
        for wrap in (lambda kind, row: {kind: row}, lambda kind, row: row):
            page(transport, "account", [wrap("openOrder", m.LISTED_ORDER)])
            [order] = await client.open_orders("other")
            page(transport, "account", [wrap("fill", m.FILL)])
            [fill] = await client.fills(limit=5)
            assert (type(order), order.order_id, type(fill), fill.price) == (OrderState, "a", Fill, 102000.0)
        bodies = [body for _, body, _ in transport.posted]
        assert bodies[:2] == [{"type": "openOrders", "user": "other"}, {"type": "fills", "user": PUBLIC, "limit": 5}]

    @pytest.mark.parametrize(
        ("method", "kind"),
        [
            ("order_history", "orderHistory"),
            ("closed_positions", "positions"),
            ("funding_history", "fundingHistory"),
            ("risk_history", "riskHistory"),
            ("fee_tier", "feeTier"),
        ],
    )
    async def test_histories_come_as_they_are(self, client, transport, method, kind):
        """Records whose shape is not documented are handed on."""
        page(transport, "account", [{"x": 1, "y": 2}])
        assert await getattr(client, method)() == [{"x": 1, "y": 2}]
        assert transport.posted[0][1]["type"] == kind

    async def test_without_any_key(self, transport, clock):
        """Somebody's account has to be named."""
        with pytest.raises(ValueError, match="public key"):
            await BulkHttpClient(transport=transport, clock=clock).open_orders()


class TestTrading:
    async def test_a_transaction(self, client, transport, signer):
        """What is posted is the signed transaction, and each action gets its response."""
        page(transport, "order", m.answer(1, {"resting": {"oid": "x"}})["data"]["payload"])
        [response] = await client.place_orders([LimitOrder("BTC-USD", Side.BUY, 95000.0, 0.1)])
        assert response.status is OrderStatus.RESTING
        [(url, body, headers)] = transport.posted
        assert url == "https://exchange-api2.bulk.trade/api/v1/order"
        assert signer.verify(body, "testnet")
        assert headers["Content-Type"] == "application/json"

    async def test_a_refusal(self, client, transport):
        """The venue's refusal of the whole is a RuntimeError with its text."""
        page(transport, "order", {"status": "error", "response": "Duplicate nonce"})
        with pytest.raises(RuntimeError, match="Duplicate nonce"):
            await client.place_orders([LimitOrder("BTC-USD", Side.BUY, 1, 1)])

    async def test_it_is_sent_once(self, client, transport):
        """A venue in trouble is not sent the same transaction twice."""
        page(transport, "order", {"message": "executor timeout"}, 408)
        with pytest.raises(errors.RequestFailedError, match="executor timeout") as caught:
            await client.place_orders([LimitOrder("BTC-USD", Side.BUY, 1, 1)])
        assert caught.value.retryable
        assert len(transport.posted) == 1

    async def test_without_a_signer(self, transport, clock):
        """Trading without a signer is a RuntimeError."""
        with pytest.raises(RuntimeError, match="Signer not configured"):
            await BulkHttpClient(transport=transport, clock=clock).place_orders([LimitOrder("X", Side.BUY, 1, 1)])


class TestErrors:
    @pytest.mark.parametrize(("status", "error"), [(400, errors.RequestFailedError), (404, errors.InvalidSymbolError)])
    async def test_the_venues_own_words(self, client, transport, status, error):
        """An unknown market and a bad parameter are told apart, in the venue's words."""
        page(transport, "BTC-USD", {"message": "what is that"}, status)
        with pytest.raises(error, match="what is that"):
            await client.ticker("BTC-USD")

    def test_the_network_has_to_be_known(self, signer, transport):
        """An unknown address needs an explicit domain for its signatures."""
        with pytest.raises(ValueError, match="explicit SignatureDomain"):
            BulkHttpClient("https://proxy.example/api/v1", signer, transport=transport)
