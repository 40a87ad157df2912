"""A data node by REST: lists to their last page, as models.

Source: Vega v0.79.0, data node API v2, state of 2024-10.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import msgspec

from ...clock import SYSTEM_CLOCK, Clock
from ...exceptions import DataParseError
from ...exchanges.base import UNREADABLE, Channel, Request
from ...exchanges.vega import VegaFuture
from ...exchanges.vega.wire import API, NAME, PACE, listing, next_cursor
from ...net.rest import RestClient
from ...net.transport import DefaultTransport, Transport
from .addresses import rest_settings
from .models import Account, Asset, Market, MarketData, Order, Position, with_data
from .parsers import (
    parse_account,
    parse_asset,
    parse_market,
    parse_market_data,
    parse_order,
    parse_position,
)

_PLAIN = Channel(None, Any)
_MOST_PAGES = 1000  # of one list; a node that goes on and on is not followed for ever


class VegaApiClient:
    """The reads of a data node; no key is needed. Calls are repeated when the node is in trouble.

    What has decimals is read with those of its market and asset, which are asked for once and kept.

    Args:
        rest_url: of the node, with or without ``/api/v2``.
        timeout: seconds for one call.
        clock, transport: time and network, for tests.

    Every method raises:
        InvalidSymbolError: there is no such market.
        ExchangeConnectionError: no answer, or another error of the node.
        DataParseError: the answer is not understood.
    """

    def __init__(
        self,
        rest_url: str,
        *,
        timeout: float = 10.0,
        clock: Clock | None = None,
        transport: Transport | None = None,
    ) -> None:
        self._transport = transport or DefaultTransport()
        self._rest = RestClient(VegaFuture(rest_settings(rest_url, timeout)), self._transport, clock or SYSTEM_CLOCK)
        self._markets: dict[str, Market] = {}
        self._assets: dict[str, Asset] = {}

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    # Markets and assets

    async def get_markets(self) -> list[Market]:
        """Return every market, without prices; settled ones are left out."""
        markets = [parse_market(node) async for node in self._list("/markets", includeSettled="false")]
        self._markets.update({market.market_id: market for market in markets})
        return markets

    async def get_market(self, market_id: str) -> Market:
        """Return one market, without prices."""
        market = parse_market(await self._object(f"/market/{quote(market_id, safe='')}", "market"))
        self._markets[market.market_id] = market
        return market

    async def get_market_data(self, market_id: str) -> MarketData:
        """Return what a market is like now."""
        market = await self.known_market(market_id)
        node = await self._object(f"/market/data/{quote(market_id, safe='')}/latest", "marketData")
        return self._data(node, market)

    async def get_market_with_data(self, market_id: str) -> Market:
        """Return one market, and what it is like now."""
        data = await self.get_market_data(market_id)
        return with_data(await self.known_market(market_id), data)

    async def get_assets(self) -> list[Asset]:
        """Return every asset."""
        assets = [parse_asset(node) async for node in self._list("/assets")]
        self._assets.update({asset.asset_id: asset for asset in assets})
        return assets

    async def known_market(self, market_id: str) -> Market:
        """Return a market, asked for only when it is not known yet; its prices may be of any age."""
        return self._markets.get(market_id) or await self.get_market(market_id)

    async def known_asset(self, asset_id: str) -> Asset:
        """Return an asset, asked for only when it is not known yet."""
        if asset_id not in self._assets:
            for asset in [parse_asset(node) async for node in self._list("/assets", assetId=asset_id)]:
                self._assets[asset.asset_id] = asset
        try:
            return self._assets[asset_id]
        except KeyError:
            raise DataParseError("assets", f"the node does not know {asset_id!r}", exchange_name=NAME) from None

    # Parties

    async def get_accounts(self, party_id: str) -> list[Account]:
        """Return the accounts of a party, general ones as well as those of markets."""
        nodes = [node async for node in self._list("/accounts", **{"filter.partyIds": party_id})]
        return [await self.read_account(node) for node in nodes]

    async def get_open_orders(self, party_id: str, market_id: str | None = None) -> list[Order]:
        """Return the live orders of a party, in one market or in all."""
        query = {"filter.partyIds": party_id, **_of_market(market_id), "filter.liveOnly": "true"}
        nodes = [node async for node in self._list("/orders", **query)]
        return [await self.read_order(node) for node in nodes]

    async def get_positions(self, party_id: str, market_id: str | None = None) -> list[Position]:
        """Return the positions of a party, in one market or in all; those that were closed have a volume of 0."""
        query = {"filter.partyIds": party_id, **_of_market(market_id)}
        nodes = [node async for node in self._list("/positions", **query)]
        return [await self.read_position(node) for node in nodes]

    # Records, of REST and of streams, with the decimals that are theirs

    async def read_market_data(self, node: Mapping[str, Any]) -> MarketData:
        """Return what a record of the node says of a market, which is asked for when it is not known yet."""
        return self._data(node, await self.known_market(_id(node, "market")))

    async def read_account(self, node: Mapping[str, Any]) -> Account:
        """Return the account of a record, whose asset is asked for when it is not known yet."""
        asset = await self.known_asset(_id(node, "asset"))
        return parse_account(node, asset.decimal_places)

    async def read_order(self, node: Mapping[str, Any]) -> Order:
        """Return the order of a record, whose market is asked for when it is not known yet."""
        market = await self.known_market(_id(node, "marketId"))
        return parse_order(
            node,
            position_decimal_places=market.position_decimal_places,
            price_decimal_places=market.decimal_places,
        )

    async def read_position(self, node: Mapping[str, Any]) -> Position:
        """Return the position of a record, whose market and asset are asked for when they are not known yet."""
        market = await self.known_market(_id(node, "marketId"))
        asset = await self.known_asset(market.settlement_asset_id)
        return parse_position(
            node,
            position_decimal_places=market.position_decimal_places,
            price_decimal_places=market.decimal_places,
            asset_decimal_places=asset.decimal_places,
        )

    @staticmethod
    def _data(node: Mapping[str, Any], market: Market) -> MarketData:
        return parse_market_data(
            node,
            price_decimal_places=market.decimal_places,
            position_decimal_places=market.position_decimal_places,
        )

    # Calls

    async def _body(self, path: str, query: Mapping[str, str]) -> bytes:
        return (await self._rest.send(Request(API + path, _PLAIN, dict(query), PACE))).body

    @staticmethod
    def _decoded(path: str, body: bytes | msgspec.Raw) -> dict[str, Any]:
        try:
            found = msgspec.json.decode(body, type=dict[str, Any])
        except UNREADABLE as error:
            raise DataParseError(path, str(error), exchange_name=NAME) from error
        return found

    async def _object(self, path: str, key: str) -> dict[str, Any]:
        found = self._decoded(path, await self._body(path, {})).get(key)
        if not isinstance(found, dict):
            raise DataParseError(path, f"no object {key!r}", exchange_name=NAME)
        return found

    async def _list(self, path: str, **query: str) -> AsyncIterator[dict[str, Any]]:
        """Yield the records of a list, page by page."""
        asked, cursor = dict(query), ""
        for _ in range(_MOST_PAGES):
            page = listing(path, await self._body(path, asked))
            for edge in page.edges:
                yield self._decoded(path, edge.node)
            cursor = next_cursor(path, page, cursor)
            if not cursor:
                return
            asked["pagination.after"] = cursor
        raise DataParseError(path, f"more than {_MOST_PAGES} pages", exchange_name=NAME)


def _of_market(market_id: str | None) -> dict[str, str]:
    return {} if market_id is None else {"filter.marketIds": market_id}


def _id(node: Mapping[str, Any], name: str) -> str:
    found = node.get(name) if isinstance(node, Mapping) else None
    if not isinstance(found, str) or not found:
        raise DataParseError(name, "a record without it", exchange_name=NAME)
    return found
