"""Where a data node and a wallet service are. None is built in: the network was closed."""

from __future__ import annotations

from ...exchanges.vega.wire import API
from ...settings import ExchangeSettings, checked_url


def rest_settings(url: str, timeout: float = 10.0) -> ExchangeSettings:
    """Return the settings of calls to this address, with or without its ``/api/v2``.

    Raises:
        ConfigurationError: it is no ``https://`` address (``http://`` to loopback).
    """
    base = checked_url("url", url, ("http", "https")).removesuffix(API)
    return ExchangeSettings(rest_url=base, timeout=timeout)


def socket_settings(url: str) -> ExchangeSettings:
    """Return the settings of streams from this address, with or without its ``/api/v2``.

    Raises:
        ConfigurationError: it is no ``wss://`` address (``ws://`` to loopback).
    """
    return ExchangeSettings(ws_url=checked_url("url", url, ("ws", "wss")).removesuffix(API))
