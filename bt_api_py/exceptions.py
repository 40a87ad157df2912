"""All errors of the package, in one tree.

::

    BtApiError
    ├── ExchangeNotFoundError      no such exchange; names the nearest
    ├── ConfigurationError         a setting or an argument is wrong
    ├── UnsupportedError           the venue does not have what was asked for
    ├── InvalidSymbolError         no such market; names the nearest
    ├── SubscribeError             the venue refuses this subscription
    ├── AuthenticationError        key, signature, passphrase, address or permission
    ├── StreamOverflowError        the reader is slower than its own "raise" policy allows
    ├── StreamUsageError           a stream read by two tasks, or from another event loop
    ├── DataParseError             a row of the venue could not be understood
    ├── CurrencyNotFoundError
    ├── OrderError
    │   ├── InsufficientBalanceError
    │   ├── InvalidOrderError
    │   └── OrderNotFoundError
    ├── WebSocketError             another try may help: the connection gave up, or went silent
    │   └── BookError              an order book cannot be trusted
    │       ├── BookGapError       an update is missing
    │       ├── BookCrossedError   best bid at or above best ask
    │       └── ChecksumError      the venue's checksum differs
    └── ExchangeConnectionError    REST
        ├── NetworkError           no answer at all
        ├── RequestTimeoutError    no answer in time
        ├── RateLimitError         429 or 418; ``retry_after`` in seconds
        └── RequestError
            └── RequestFailedError the venue answered with an error

``WebSocketError`` and what is below it mean that another try may help; the other branches of a stream mean that it
will not. ``retryable`` says it for every error, REST included.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from typing import Any, ClassVar


def nearest(name: str, known: Iterable[str], count: int = 3) -> list[str]:
    """Return the known names that look most like `name`, best first; empty when none is near."""
    by_fold = {candidate.casefold(): candidate for candidate in known}
    return [by_fold[match] for match in get_close_matches(name.casefold(), list(by_fold), n=count, cutoff=0.6)]


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ``"; did you mean 'x' or 'y'?"``, or an empty text when nothing is near."""
    matches = nearest(name, known)
    return f"; did you mean {' or '.join(repr(match) for match in matches)}?" if matches else ""


def _restore(cls: type[BtApiError], args: tuple[Any, ...], state: dict[str, Any]) -> BtApiError:
    error = cls.__new__(cls)
    error.args = args
    error.__dict__.update(state)
    return error


class BtApiError(Exception):
    """Base of every error that this package raises on purpose.

    Attributes:
        exchange_name: full name such as ``"OKX___SPOT"``, ``None`` when no venue is involved.
        symbol: the symbol as the caller wrote it, ``None`` when unknown.
        retryable: whether the same call may succeed later without any change.
    """

    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, exchange_name: str | None = None, symbol: str | None = None) -> None:
        super().__init__(message)
        self.exchange_name = exchange_name
        self.symbol = symbol

    def __reduce__(self) -> tuple[Callable[..., BtApiError], tuple[Any, ...]]:
        # The default rebuilds an exception from its message alone, which most constructors here do not accept.
        return _restore, (type(self), self.args, self.__dict__.copy())


class _VenueError(BtApiError):
    """An error whose message begins with the exchange, the topic and the symbol it concerns."""

    def __init__(self, exchange_name: str, detail: str = "", *, topic: str = "", symbol: str | None = None) -> None:
        subject = " ".join(part for part in (exchange_name, topic, symbol) if part)
        super().__init__(f"{subject}: {detail}" if detail else subject, exchange_name=exchange_name, symbol=symbol)
        self.detail = detail
        self.topic = topic


class ExchangeNotFoundError(BtApiError):
    """No exchange has this name."""

    def __init__(self, exchange_name: str, available: Sequence[str] = ()) -> None:
        hint = did_you_mean(exchange_name, available) or f"; available: {', '.join(available) or 'none'}"
        super().__init__(f"exchange {exchange_name!r} not found{hint}", exchange_name=exchange_name)
        self.available = list(available)


class ConfigurationError(BtApiError):
    """A setting or an argument is wrong; the message names the rule or the nearest known name."""

    def __init__(self, detail: str, *, exchange_name: str | None = None, symbol: str | None = None) -> None:
        prefix = f"{exchange_name}: " if exchange_name else ""
        super().__init__(prefix + detail, exchange_name=exchange_name, symbol=symbol)
        self.detail = detail


class UnsupportedError(_VenueError):
    """The venue does not have what was asked for; the message names what it has."""


class InvalidSymbolError(BtApiError):
    """The exchange lists no such market."""

    def __init__(self, exchange_name: str, symbol: str, detail: str = "") -> None:
        text = f"{exchange_name}: unknown symbol {symbol!r}"
        super().__init__(
            f"{text}{detail}" if detail.startswith(";") or not detail else f"{text}: {detail}",
            exchange_name=exchange_name,
            symbol=symbol,
        )
        self.detail = detail


class SubscribeError(_VenueError):
    """The venue refuses this subscription; asking again unchanged does not help."""


class AuthenticationError(_VenueError):
    """The venue refuses the key, signature, passphrase, address or permission; ``code`` is the venue's own."""

    def __init__(
        self, exchange_name: str, detail: str = "", *, topic: str = "", symbol: str | None = None, code: str = ""
    ) -> None:
        super().__init__(exchange_name, detail, topic=topic, symbol=symbol)
        self.code = code


class StreamOverflowError(_VenueError):
    """The reader fell behind by more than its buffer and had asked not to lose an item."""


class StreamUsageError(BtApiError, RuntimeError):
    """A stream was read in a way it does not allow: two readers at once, or another event loop or thread."""


class DataParseError(BtApiError):
    """A record of the venue could not be understood."""

    def __init__(self, container_class: str, detail: str, *, exchange_name: str | None = None) -> None:
        prefix = f"{exchange_name} " if exchange_name else ""
        super().__init__(f"{prefix}{container_class}: {detail}", exchange_name=exchange_name)
        self.container_class = container_class
        self.detail = detail


class CurrencyNotFoundError(BtApiError):
    """The account or the venue has no such asset."""

    def __init__(self, exchange_name: str, currency: str) -> None:
        super().__init__(f"{exchange_name}: no currency {currency!r}", exchange_name=exchange_name)
        self.currency = currency


class OrderError(BtApiError):
    """An order was refused."""

    def __init__(self, exchange_name: str, symbol: str, detail: str = "") -> None:
        super().__init__(f"{exchange_name} {symbol}: {detail}", exchange_name=exchange_name, symbol=symbol)
        self.detail = detail


class InsufficientBalanceError(OrderError):
    """The account holds less than the order needs."""

    def __init__(self, exchange_name: str, symbol: str, required: float, available: float) -> None:
        super().__init__(exchange_name, symbol, f"{required} required, {available} available")
        self.required = required
        self.available = available


class InvalidOrderError(OrderError):
    """The order breaks a rule of the market."""


class OrderNotFoundError(OrderError):
    """The venue knows no such order."""

    def __init__(self, exchange_name: str, symbol: str, order_id: str) -> None:
        super().__init__(exchange_name, symbol, f"no order {order_id!r}")
        self.order_id = order_id


class WebSocketError(_VenueError):
    """A stream ended although another try may help."""

    retryable = True


class BookError(WebSocketError):
    """An order book cannot be trusted and must be built anew."""


class BookGapError(BookError):
    """An update of the book is missing."""


class BookCrossedError(BookError):
    """The best bid is at or above the best ask."""


class ChecksumError(BookError):
    """The venue's checksum of the book differs from ours."""


class ExchangeConnectionError(_VenueError):
    """A REST call did not succeed."""


class NetworkError(ExchangeConnectionError):
    """The venue could not be reached."""

    retryable = True


class RequestTimeoutError(ExchangeConnectionError):
    """The venue did not answer in time."""

    retryable = True

    def __init__(self, exchange_name: str, url: str, timeout: float) -> None:
        super().__init__(exchange_name, f"no answer from {url} within {timeout:g} s")
        self.url = url
        self.timeout = timeout


class RateLimitError(ExchangeConnectionError):
    """The venue asks to wait; ``retry_after`` is in seconds, ``None`` when it did not say how long."""

    retryable = True

    def __init__(self, exchange_name: str, retry_after: float | None = None, detail: str = "") -> None:
        wait = f"wait {retry_after:g} s" if retry_after is not None else "wait"
        super().__init__(exchange_name, f"rate limit: {wait}{f' ({detail})' if detail else ''}")
        self.retry_after = retry_after


class RequestError(ExchangeConnectionError):
    """A REST call was answered with something other than the data asked for."""

    def __init__(self, exchange_name: str, url: str, detail: str) -> None:
        super().__init__(exchange_name, f"{url}: {detail}")
        self.url = url


class RequestFailedError(RequestError):
    """The venue answered with an error; ``status_code`` is HTTP's, ``code`` the venue's own.

    ``is_temporary``: the venue's own code says that it is busy or broken for now, whatever the status.
    """

    def __init__(
        self,
        exchange_name: str,
        url: str,
        detail: str,
        status_code: int,
        code: str = "",
        *,
        is_temporary: bool = False,
    ) -> None:
        code_text = f", code {code}" if code else ""
        super().__init__(exchange_name, url, f"HTTP {status_code}{code_text}: {detail}")
        self.status_code = status_code
        self.code = code
        self.is_temporary = is_temporary

    @property
    def retryable(self) -> bool:  # type: ignore[override]  # a constant for all others, here it depends on the status
        """Whether the venue's own trouble (5xx, or a code that says so) caused it."""
        return self.is_temporary or self.status_code >= 500
