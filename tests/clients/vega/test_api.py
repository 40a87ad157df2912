"""A data node by REST: pages, models, refusals."""

from decimal import Decimal

import pytest

from bt_api_py.clients.vega import VegaApiClient
from bt_api_py.exceptions import ConfigurationError, DataParseError, InvalidSymbolError, RequestFailedError

from . import messages as m
from .messages import MARKET, PARTY, page, serve


@pytest.fixture
async def client(transport, clock):
    async with VegaApiClient("https://node.example/api/v2", transport=transport, clock=clock) as made:
        yield made


async def test_every_page_is_asked_for(client, transport):
    """A cursor goes back as a parameter of its own, and the same filter with it."""
    asked = []

    def pages(query):
        asked.append(dict(query))
        if "pagination.after" in query:
            return page("assets", [m.ASSET_NODE | {"id": "f" * 64}])
        return page("assets", [m.ASSET_NODE], "eyJ+/=")

    transport.pages["assets"] = pages
    assert [asset.asset_id for asset in await client.get_assets()] == [m.ASSET, "f" * 64]
    assert asked == [{}, {"pagination.after": "eyJ+/="}]


async def test_a_cursor_that_leads_nowhere(client, transport):
    """A node that answers with the same cursor for ever is not followed for ever."""
    transport.pages["assets"] = page("assets", [m.ASSET_NODE], "same")
    with pytest.raises(DataParseError, match="cursor"):
        await client.get_assets()


async def test_records_of_a_party(client, transport):
    """Accounts, orders and positions are read with the decimals of their asset and market."""
    serve(transport, accounts=[m.ACCOUNT_NODE], orders=[m.ORDER_NODE], positions=[m.POSITION_NODE])
    [account] = await client.get_accounts(PARTY)
    [order] = await client.get_open_orders(PARTY, MARKET)
    [position] = await client.get_positions(PARTY)
    assert account.balance == 100
    assert (order.price, order.size) == (65000, Decimal("1.5"))
    assert position.realised_pnl == -12


async def test_markets(client):
    """Markets come without prices, their data apart, and both together on request."""
    [market] = await client.get_markets()
    assert (market.code, market.mark_price) == ("BTC/USDT", 0)
    assert await client.get_market(MARKET) == market
    assert (await client.get_market_data(MARKET)).open_interest == 3
    assert (await client.get_market_with_data(MARKET)).best_bid_price == 64999


async def test_refusals(client, transport):
    """A market that is not there and a bad request are told apart, with the node's own words."""
    transport.pages["no"] = (404, {}, {"code": 5, "message": "market not found", "details": []})
    with pytest.raises(InvalidSymbolError, match="market not found"):
        await client.get_market("no")
    transport.pages["orders"] = (400, {}, {"code": 3, "message": "invalid party id", "details": []})
    with pytest.raises(RequestFailedError, match="invalid party id"):
        await client.get_open_orders("x")


@pytest.mark.parametrize("body", [b"<html>", {"assets": []}, {"assets": {"edges": [{}]}}, {}])
async def test_answers_of_another_shape(client, transport, body):
    """What is not a list in pages is a DataParseError."""
    transport.pages["assets"] = (200, {}, body)
    with pytest.raises(DataParseError):
        await client.get_assets()


def test_plain_text_goes_to_loopback_only():
    """An unencrypted node elsewhere is refused."""
    with pytest.raises(ConfigurationError, match="loopback"):
        VegaApiClient("http://node.example")


async def test_a_real_node_in_pages(world):
    """Lists of the simulated node are complete, however small its pages."""
    world.dialect.page_size = 2
    async with world.api() as api:
        markets, assets = await api.get_markets(), await api.get_assets()
    assert {market.market_id for market in markets} >= set(world.dialect._markets)
    assert {"future", "perpetual", "spot"} == {market.product for market in markets}
    assert len({asset.asset_id for asset in assets}) == len(assets) > 2
