"""Where BULK is reached, and which network a signature is for.

Source: BULK API 1.0.15, chapter "Environments", read 2026-07.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from ...exchanges.bulk.wire import API, NAME, REST, TESTNET_REST, endpoint
from ...settings import ExchangeSettings, WebSocketSettings, checked_url

DEFAULT_WS_URL = "wss://exchange-wss.bulk.trade"
DEFAULT_REST_URL = "https://exchange-api2.bulk.trade/api/v1"

_SOCKET = endpoint()
_NETWORKS = {
    _SOCKET.base: "mainnet",
    REST: "mainnet",
    str(_SOCKET.testnet_base): "testnet",
    TESTNET_REST: "testnet",
    "wss://staging-ws.bulk.trade": "devnet",
    "https://staging-api.bulk.trade": "devnet",
    DEFAULT_WS_URL: "testnet",
    DEFAULT_REST_URL.removesuffix(API): "testnet",
}
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_LARGEST_MESSAGE = 16 * 2**20  # bytes; so much a book or an account may have


def network_of(url: str) -> str | None:
    """Return the network that an address belongs to, ``"testnet"`` for a simulator, ``None`` when unknown."""
    base = url.rstrip("/").removesuffix(API)
    if urlsplit(base).hostname in _LOOPBACK:
        return "testnet"
    return _NETWORKS.get(base)


def socket_settings(url: str) -> ExchangeSettings:
    """Return the settings of a socket at this address; one of the venue's own gives way to a simulator.

    Raises:
        ConfigurationError: it is no ``wss://`` address (``ws://`` to loopback).
    """
    options = WebSocketSettings(max_message_size=_LARGEST_MESSAGE)
    settings = ExchangeSettings(websocket=options)
    simulated = settings.aimed_at_simulator(NAME) if url.rstrip("/") in _NETWORKS else settings
    return simulated if simulated.ws_url else ExchangeSettings(ws_url=url, websocket=options)


def rest_settings(url: str) -> ExchangeSettings:
    """Return the settings of REST calls to this address, with or without its ``/api/v1``.

    Raises:
        ConfigurationError: it is no ``https://`` address (``http://`` to loopback).
    """
    base = checked_url("url", url, ("http", "https")).removesuffix(API)
    simulated = ExchangeSettings().aimed_at_simulator(NAME) if base in _NETWORKS else ExchangeSettings()
    return simulated if simulated.rest_url else ExchangeSettings(rest_url=base)
