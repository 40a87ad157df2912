"""What both sides of Kraken share on the wire: sockets, envelopes, names and errors.

Source: Kraken documentation (spot web socket v2: overview, ping, status, heartbeat; spot REST: rate limits, errors),
state of 2026-07.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec
from msgspec import field

from ...exceptions import BtApiError, InvalidSymbolError, RateLimitError, RequestFailedError
from ...symbols import QUOTE_ASSETS
from ..account_base import CHECK_CLOCK, CHECK_KEY, CHECK_RIGHTS, CHECK_SECRET, login_error
from ..base import UNREADABLE, Alive, Control, Endpoint, Heartbeat, Ignored, Rate, Refusal

REST = "https://api.kraken.com"
PUBLIC_PACE = Rate(1, 1.0, "public")  # per address
PRIVATE_PACE = Rate(15, 45.0, "private")  # the venue's counter holds 15 and falls by one in three seconds
NO_MARKET = "Currency pair not supported"
TOO_OFTEN = ("EGeneral:Too many requests", "EAPI:Rate limit exceeded")
TOO_MANY_MESSAGES = ("Exceeded msg rate", "EAuth:Rate limit exceeded")
BUSY = ("EService:Unavailable", "EService:Busy", "EService:Market in cancel_only mode", "EGeneral:Internal error")

ADVICE = {
    "EAPI:Invalid key": CHECK_KEY,
    "EAPI:Invalid signature": CHECK_SECRET,
    "EAPI:Invalid nonce": CHECK_CLOCK,  # it grows with the time, over all programs that use the key
    "EGeneral:Permission denied": CHECK_RIGHTS,
}

Moment = Annotated[datetime, msgspec.Meta(tz=True)]  # RFC 3339, up to nine digits behind the second

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_PAUSE_S = 5.0  # after too many calls: the venue speaks of "a few seconds"


def milliseconds(moment: datetime) -> int:
    """Return a moment in milliseconds since 1970 UTC, cut off."""
    return (moment - _EPOCH) // _MS


# Names. Version 2 of the sockets says BTC and DOGE, all else says XBT and XDG, and REST has names older still.

RENAMED = (("XBT", "BTC"), ("XDG", "DOGE"))
_NEW = dict(RENAMED)
_OLD = {new: old for old, new in RENAMED}
_QUOTES = sorted((*QUOTE_ASSETS, "XBT", "CAD", "CHF", "PYUSD"), key=len, reverse=True)
# The assets of the first years carry a letter for their class: X of a coin, Z of a currency.
_COINS = {"XETC", "XETH", "XICN", "XLTC", "XMLN", "XREP", "XXBT", "XXDG", "XXLM", "XXMR", "XXRP", "XZEC"}
_CLASSED = _COINS | {"ZAUD", "ZCAD", "ZEUR", "ZGBP", "ZJPY", "ZKRW", "ZUSD"}


def asset_of(name: str) -> str:
    """Return an asset as version 2 names it: ``XXBT`` is BTC, ``ZUSD`` is USD; a suffix such as ``.S`` stays."""
    stem, dot, suffix = name.partition(".")
    stem = stem[1:] if stem in _CLASSED else stem
    return _NEW.get(stem, stem) + dot + suffix


def market_of(pair: str) -> str:
    """Return a market as version 2 names it: ``XXBTZUSD``, ``XBTUSD`` and ``XBT/USD`` are BTC/USD.

    A joined name is split before a known quote asset; one without any is returned as it is.
    """
    base, slash, quote = pair.partition("/")
    if not slash:
        if pair[:4] in _CLASSED and pair[4:] in _CLASSED:
            base, quote = pair[:4], pair[4:]
        else:
            quote = next((quote for quote in _QUOTES if pair.endswith(quote) and pair != quote), "")
            base = pair.removesuffix(quote)
    return f"{asset_of(base)}/{asset_of(quote)}" if quote else pair


def pair_of(venue_symbol: str) -> str:
    """Return a market as REST calls name it: BTC/USD is ``XBTUSD``."""
    return "".join(_OLD.get(asset, asset) for asset in venue_symbol.split("/"))


# Sockets


def endpoint(base: str, topics: int, connects: int, *, private: bool = False) -> Endpoint:
    """Return a socket that holds so many topics; so many may be opened in ten minutes."""
    return Endpoint(
        base,
        "/v2",
        # With a subscription the venue sends something every second, so ten of silence are worth a question.
        Heartbeat(send='{"method":"ping"}', within=10),
        topics_per_socket=topics,
        sends=Rate(20, 1.0),
        connects=Rate(connects, 600.0),
        private=private,
    )


class Result(msgspec.Struct):
    """What was subscribed."""

    channel: str = ""
    symbol: str = ""
    depth: int = 0
    interval: int = 0


class Envelope(msgspec.Struct):
    """What a frame may hold at its top, whichever kind it is."""

    channel: str = ""
    kind: str = field(name="type", default="")
    method: str = ""
    data: msgspec.Raw = field(default_factory=msgspec.Raw)
    result: Result | None = None
    success: bool = True
    error: str = ""
    bare_error: str = field(name="Error", default="")
    symbol: str = ""
    req_id: int | None = None
    sequence: int | None = None
    time_out: str = ""

    @property
    def time_ms(self) -> int | None:
        """When the venue answered."""
        try:
            return milliseconds(datetime.fromisoformat(self.time_out))
        except (TypeError, ValueError):  # TypeError: without a zone
            return None

    @property
    def id(self) -> str | None:
        """The number of the command that this answers."""
        return None if self.req_id is None else str(self.req_id)


class System(msgspec.Struct):
    system: str = ""


class Outcome(msgspec.Struct):
    error: list[str] = []


envelope = msgspec.json.Decoder(Envelope).decode
_outcome = msgspec.json.Decoder(Outcome).decode
_status = msgspec.json.Decoder(list[System]).decode


def is_pace(text: str) -> bool:
    """Whether a text says that too many messages were sent."""
    return any(words in text for words in TOO_MANY_MESSAGES)


def notice(frame: Envelope) -> Control:
    """Return what a frame says that is neither data nor the answer to a subscription."""
    if frame.channel == "heartbeat" or frame.method == "pong":
        return Alive()
    if frame.channel == "status":
        words = {entry.system for entry in _status(frame.data)} - {"online"}
        return Ignored(f"status: {', '.join(sorted(words))}") if words else Alive()
    if frame.bare_error:
        return Refusal(frame.bare_error, is_pace=is_pace(frame.bare_error))
    return Ignored(frame.method or frame.channel or "frame without channel or method")


def failure(exchange_name: str, path: str, status: int, body: bytes) -> BtApiError | None:
    """Return the error that a REST answer means, ``None`` when it is none; most come with a good status."""
    try:
        errors = _outcome(body).error
    except UNREADABLE:
        return RequestFailedError(exchange_name, path, "no error text", status) if status >= 400 else None
    if not errors and status < 400:
        return None
    text = errors[0] if errors else "no error text"
    if text in TOO_OFTEN:
        return RateLimitError(exchange_name, _PAUSE_S, text)
    if text == "EQuery:Unknown asset pair":
        return InvalidSymbolError(exchange_name, "", text)
    if text in ADVICE:
        return login_error(exchange_name, text.partition(":")[2], text, ADVICE[text])
    return RequestFailedError(exchange_name, path, text, status, text, is_temporary=text in BUSY)
