"""What a user may set for an exchange: checked once, at the edge, and never changed afterwards."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Self
from urllib.parse import urlsplit

from .exceptions import ConfigurationError, did_you_mean
from .secrets import Secret

SIMULATOR_VARIABLE = "BT_API_SIMULATOR"
CREDENTIALS = ("api_key", "secret", "passphrase")
_FROM_ENVIRONMENT = (*CREDENTIALS, "account_id")

# Names that other libraries of the field use for the same settings.
_ALIASES = {
    "secret_key": "secret",
    "api_secret": "secret",
    "private_key": "secret",
    "public_key": "api_key",
    "proxies": "proxy",
    "simulate": "testnet",
}

_MOMENT = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def _number(name: str, value: Any, least: float, *, above: bool = False) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value or value == float("inf"):
        raise ConfigurationError(f"{name} must be a number of seconds, not {value!r}")
    if value < least or (above and value == least):
        raise ConfigurationError(f"{name} must be {'above' if above else 'at least'} {least:g}, not {value!r}")
    return float(value)


def _whole(name: str, value: Any, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ConfigurationError(f"{name} must be a whole number, at least {least}, not {value!r}")
    return value


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ConfigurationError(f"{name} must be True or False, not {value!r}")
    return value


def _known(where: str, given: Mapping[str, Any], known: set[str]) -> None:
    for name in given:
        if name not in known:
            raise ConfigurationError(f"unknown setting {where}{name!r}{did_you_mean(str(name), known)}")


def checked_url(name: str, url: Any, schemes: tuple[str, str]) -> str:
    """Return `url` without a trailing slash.

    Args:
        schemes: the plain and the encrypted scheme, as ``("ws", "wss")``; plain is allowed to loopback only.

    Raises:
        ConfigurationError: another scheme, no host, user information, a query or a fragment, or plain text to a host
            that is not loopback.
    """
    plain, encrypted = schemes
    if not isinstance(url, str):
        raise ConfigurationError(f"{name} must be a text, not {type(url).__name__}")
    if not url.isprintable() or " " in url:
        raise ConfigurationError(f"{name} is no URL: it holds a blank or a control character")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ConfigurationError(f"{name} is no URL: {error}") from None
    if parts.scheme not in schemes or not host:
        raise ConfigurationError(f"{name} must begin with {encrypted}:// (or {plain}:// for a loopback address)")
    # An empty query or fragment is none to the parser, yet what is appended would land in it.
    if parts.username is not None or parts.password is not None or "?" in url or "#" in url:
        raise ConfigurationError(f"{name} must be scheme, host, port and an optional path; nothing else")
    if parts.scheme == plain and host not in LOOPBACK:
        raise ConfigurationError(f"{name}: {plain}:// is allowed to loopback only; use {encrypted}://")
    return url.rstrip("/")


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSocketSettings:
    """How one exchange's sockets are kept alive. Times in seconds."""

    ping_interval: float = 20  # nothing heard for so long: ask for a sign of life
    ping_timeout: float = 10  # no sign within: the socket counts as dead
    connect_timeout: float = 10  # DNS, TCP, TLS and upgrade together
    max_reconnect: int | None = 5  # failed attempts in a row; None: keep trying
    reconnect_delay: float = 1  # first delay, doubles with full jitter up to the ceiling
    reconnect_max_delay: float = 30
    compression: bool = True  # offer permessage-deflate
    max_message_size: int = 32 * 2**20  # bytes, also after inflating
    stale_after: float = 60  # a topic without data for so long is looked at
    linger: float = 5  # an unused subscription is kept for so long
    redundancy: int = 1  # sockets that bring the same topics; the first arrival counts
    rotate_at: str | None = None  # "HH:MM" UTC: a quiet moment to replace sockets; None: shortly before they must go
    backfill_limit: int = 10_000  # records; a larger hole is declared and not filled
    backfill_age: float = 3600  # seconds; an older hole is declared and not filled

    def __post_init__(self) -> None:
        for name in ("ping_interval", "ping_timeout", "connect_timeout", "stale_after"):
            object.__setattr__(self, name, _number(f"websocket.{name}", getattr(self, name), 0, above=True))
        for name in ("reconnect_delay", "reconnect_max_delay", "linger", "backfill_age"):
            object.__setattr__(self, name, _number(f"websocket.{name}", getattr(self, name), 0))
        if self.max_reconnect is not None:
            _whole("websocket.max_reconnect", self.max_reconnect, 0)
        _whole("websocket.redundancy", self.redundancy, 1)
        if self.rotate_at is not None and not _MOMENT.fullmatch(str(self.rotate_at)):
            raise ConfigurationError(
                f"websocket.rotate_at must be a time of day such as '04:30', not {self.rotate_at!r}"
            )
        _whole("websocket.backfill_limit", self.backfill_limit, 0)
        _whole("websocket.max_message_size", self.max_message_size, 1024)
        _flag("websocket.compression", self.compression)

    @classmethod
    def from_mapping(cls, given: Mapping[str, Any]) -> Self:
        """Return the settings of a plain mapping.

        Raises:
            ConfigurationError: an unknown key (with the nearest known one) or a value out of range.
        """
        if not isinstance(given, Mapping):
            raise ConfigurationError(f"websocket must be a dict of settings, not {type(given).__name__}")
        _known("websocket.", given, {entry.name for entry in fields(cls)})
        return cls(**given)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeSettings:
    """Credentials, endpoints and socket settings of one exchange.

    ``ws_url``, ``private_ws_url`` and ``rest_url`` are bases (scheme, host, port, optional prefix) that replace the
    venue's own; the adapter appends its paths. ``private_ws_url`` follows ``ws_url`` when only that is given.
    """

    api_key: Secret | None = field(default=None, repr=False)
    secret: Secret | None = field(default=None, repr=False)
    passphrase: Secret | None = field(default=None, repr=False)
    account_id: str | None = None
    testnet: bool = False
    timeout: float = 30  # seconds for one REST call
    proxy: Secret | None = field(default=None, repr=False)  # its URL may hold a password
    ws_url: str | None = None
    private_ws_url: str | None = None
    rest_url: str | None = None
    websocket: WebSocketSettings = field(default_factory=WebSocketSettings)

    def __post_init__(self) -> None:
        for name in (*CREDENTIALS, "proxy"):
            value = getattr(self, name)
            if callable(value) or isinstance(value, str):
                object.__setattr__(self, name, Secret(value))
            elif value is not None and not isinstance(value, Secret):
                raise ConfigurationError(f"{name} must be a text or a callable, not {type(value).__name__}")
        if self.account_id is not None and not isinstance(self.account_id, str):
            raise ConfigurationError(f"account_id must be a text, not {type(self.account_id).__name__}")
        _flag("testnet", self.testnet)
        object.__setattr__(self, "timeout", _number("timeout", self.timeout, 0, above=True))
        for name, schemes in (
            ("ws_url", ("ws", "wss")),
            ("private_ws_url", ("ws", "wss")),
            ("rest_url", ("http", "https")),
        ):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, checked_url(name, getattr(self, name), schemes))
        if self.private_ws_url is None:
            object.__setattr__(self, "private_ws_url", self.ws_url)

    def __repr__(self) -> str:
        shown = []
        for entry in fields(self):
            value = getattr(self, entry.name)
            if value != entry.default:
                shown.append(f"{entry.name}={value!r}" if entry.repr else f"{entry.name}='***'")
        return f"ExchangeSettings({', '.join(shown)})"

    @classmethod
    def from_mapping(cls, exchange_name: str, given: Mapping[str, Any]) -> Self:
        """Return the settings of a user's plain mapping, aliases resolved.

        Raises:
            ConfigurationError: an unknown key (with the nearest known one), a key given twice under two names, a
                value out of range or a forbidden URL. The message names the exchange and never shows a value of a
                secret.
        """
        if not isinstance(given, Mapping):
            raise ConfigurationError(
                f"settings must be a dict, not {type(given).__name__}", exchange_name=exchange_name
            )
        try:
            plain: dict[str, Any] = {}
            for name, value in given.items():
                target = _ALIASES.get(name, name)
                if target in plain:
                    raise ConfigurationError(f"{target!r} is given twice, once as {name!r}")
                if name == "proxies":
                    value = _proxy_of(value)
                plain[target] = value
            known = {entry.name for entry in fields(cls)}
            _known("", plain, known)
            if "websocket" in plain and not isinstance(plain["websocket"], WebSocketSettings):
                plain["websocket"] = WebSocketSettings.from_mapping(plain["websocket"])
            return cls(**plain)
        except ConfigurationError as error:
            raise ConfigurationError(error.detail, exchange_name=exchange_name) from None

    @property
    def proxy_url(self) -> str | None:
        """The proxy's address, password and all: for the transport alone."""
        return self.proxy.reveal() if self.proxy else None

    def with_environment(self, exchange_name: str) -> ExchangeSettings:
        """Return settings whose missing credentials come from the environment.

        The variables are ``BT_API_<VENUE>_API_KEY``, ``…_SECRET``, ``…_PASSPHRASE`` and ``…_ACCOUNT_ID``, as
        ``BT_API_OKX_API_KEY``.
        """
        venue = exchange_name.partition("___")[0]
        found: dict[str, Any] = {}
        for name in _FROM_ENVIRONMENT:
            value = os.environ.get(f"BT_API_{venue}_{name.upper()}")
            if value and getattr(self, name) is None:
                found[name] = Secret(value) if name in CREDENTIALS else value
        return replace(self, **found) if found else self

    def aimed_at_simulator(self, exchange_name: str, url: str | None = None) -> ExchangeSettings:
        """Return settings that lead to the simulator of the environment, or `self` when none is named.

        Settings in which the user set an endpoint stay as they are.

        Raises:
            ConfigurationError: the variable holds something other than an http URL of a loopback address.
        """
        base = url if url is not None else os.environ.get(SIMULATOR_VARIABLE, "")
        if not base or self.ws_url or self.private_ws_url or self.rest_url:
            return self
        base = checked_url(SIMULATOR_VARIABLE, base, ("http", "https"))
        parts = urlsplit(base)
        if parts.scheme != "http" or parts.hostname not in LOOPBACK:
            raise ConfigurationError(f"{SIMULATOR_VARIABLE} must be http:// to a loopback address")
        sockets = f"ws://{parts.netloc}{parts.path}/{exchange_name}"
        return replace(self, rest_url=f"{base}/{exchange_name}", ws_url=sockets, private_ws_url=sockets)


def _proxy_of(value: Any) -> Any:
    """Return the one proxy of a requests-style mapping, or the text itself."""
    if isinstance(value, Mapping):
        return value.get("https") or value.get("http")
    return value
