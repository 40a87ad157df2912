"""One tree of errors."""

from __future__ import annotations

import copy
import inspect
import pickle
import re

import pytest

from bt_api_py import exceptions
from bt_api_py.exceptions import (
    AuthenticationError,
    BookCrossedError,
    BookError,
    BookGapError,
    BtApiError,
    ChecksumError,
    ConfigurationError,
    CurrencyNotFoundError,
    DataParseError,
    ExchangeConnectionError,
    ExchangeNotFoundError,
    InsufficientBalanceError,
    InvalidOrderError,
    InvalidSymbolError,
    NetworkError,
    OrderError,
    OrderNotFoundError,
    RateLimitError,
    RequestError,
    RequestFailedError,
    RequestTimeoutError,
    StreamOverflowError,
    StreamUsageError,
    SubscribeError,
    UnsupportedError,
    WebSocketError,
    did_you_mean,
    nearest,
)

OKX = "OKX___SPOT"

# (error, exchange it names, its symbol, whether another try may help, a part of its message)
TABLE: list[tuple[BtApiError, str | None, str | None, bool, str]] = [
    (BtApiError("any"), None, None, False, "any"),
    (ExchangeNotFoundError("OXK___SPOT", [OKX]), "OXK___SPOT", None, False, f"did you mean '{OKX}'?"),
    (ConfigurationError("timeout must be above 0", exchange_name=OKX), OKX, None, False, f"{OKX}: timeout"),
    (UnsupportedError(OKX, "no bars of 7m"), OKX, None, False, f"{OKX}: no bars of 7m"),
    (InvalidSymbolError(OKX, "NOPE", "gone"), OKX, "NOPE", False, f"{OKX}: unknown symbol 'NOPE': gone"),
    (SubscribeError(OKX, "refused", symbol="BTCUSDT"), OKX, "BTCUSDT", False, "refused"),
    (AuthenticationError(OKX, "wrong key"), OKX, None, False, "wrong key"),
    (StreamOverflowError(OKX, "1000 behind"), OKX, None, False, "1000 behind"),
    (StreamUsageError("two readers"), None, None, False, "two readers"),
    (DataParseError("TradeData", "no price", exchange_name=OKX), OKX, None, False, f"{OKX} TradeData: no price"),
    (CurrencyNotFoundError(OKX, "XYZ"), OKX, None, False, "'XYZ'"),
    (OrderError(OKX, "BTCUSDT", "no"), OKX, "BTCUSDT", False, f"{OKX} BTCUSDT: no"),
    (InsufficientBalanceError(OKX, "BTCUSDT", 2.0, 1.0), OKX, "BTCUSDT", False, "2.0 required, 1.0 available"),
    (InvalidOrderError(OKX, "BTCUSDT", "tick size"), OKX, "BTCUSDT", False, "tick size"),
    (OrderNotFoundError(OKX, "BTCUSDT", "42"), OKX, "BTCUSDT", False, "no order '42'"),
    (WebSocketError(OKX, "gave up"), OKX, None, True, f"{OKX}: gave up"),
    (BookError(OKX, "stale"), OKX, None, True, "stale"),
    (BookGapError(OKX, "expected 118", symbol="BTCUSDT"), OKX, "BTCUSDT", True, "expected 118"),
    (BookCrossedError(OKX, "crossed"), OKX, None, True, "crossed"),
    (ChecksumError(OKX, "differs"), OKX, None, True, "differs"),
    (ExchangeConnectionError(OKX, "failed"), OKX, None, False, "failed"),
    (NetworkError(OKX, "no route"), OKX, None, True, "no route"),
    (RequestTimeoutError(OKX, "/api", 2.5), OKX, None, True, "no answer from /api within 2.5 s"),
    (RateLimitError(OKX, 3, "busy"), OKX, None, True, "wait 3 s (busy)"),
    (RateLimitError(OKX), OKX, None, True, "rate limit: wait"),
    (RequestError(OKX, "/api", "odd"), OKX, None, False, "/api: odd"),
    (RequestFailedError(OKX, "/api", "no", 400, "51000"), OKX, None, False, "HTTP 400, code 51000: no"),
    (RequestFailedError(OKX, "/api", "no", 404), OKX, None, False, "HTTP 404: no"),
    (RequestFailedError(OKX, "/api", "no", 500), OKX, None, True, "HTTP 500"),
    (RequestFailedError(OKX, "/api", "busy", 200, "50013", is_temporary=True), OKX, None, True, "50013"),
]


def name(value: object) -> str:
    """Return a short name for a row of the table."""
    return type(value).__name__ if isinstance(value, BtApiError) else ""


@pytest.mark.parametrize(("error", "exchange", "symbol", "retryable", "part"), TABLE, ids=name)
def test_every_error(error: BtApiError, exchange: str | None, symbol: str | None, retryable: bool, part: str) -> None:
    """An error names exchange, symbol and cause, and says whether another try may help."""
    assert (error.exchange_name, error.symbol, error.retryable) == (exchange, symbol, retryable)
    assert part in str(error)


@pytest.mark.parametrize("error", [row[0] for row in TABLE], ids=name)
def test_an_error_survives_a_copy(error: BtApiError) -> None:
    """An error that went through pickle or copy, as between processes, is the same error."""
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(again) is type(error)
        assert (str(again), again.__dict__, again.retryable) == (str(error), error.__dict__, error.retryable)


def test_the_table_has_every_error() -> None:
    """Every public error has a row in the table."""
    public = {
        found
        for label, found in inspect.getmembers(exceptions, inspect.isclass)
        if issubclass(found, BtApiError) and not label.startswith("_")
    }
    assert {type(row[0]) for row in TABLE} == public


def drawn_tree() -> dict[str, str]:
    """Return the tree of the module's docstring: error -> the one above it."""
    parents: dict[str, str] = {}
    path: list[str] = []
    for line in (exceptions.__doc__ or "").splitlines():
        if match := re.match(r"    (?P<lines>[│├└─ ]*)(?P<name>\w+Error)\b", line):
            depth = len(match["lines"]) // 4
            path[depth:] = [match["name"]]
            if depth:
                parents[match["name"]] = path[depth - 1]
    return parents


def test_the_drawn_tree_is_the_real_one() -> None:
    """In the drawing of the docstring every public error stands below the one it derives from."""

    def parent(cls: type[BtApiError]) -> str:
        public = [base for base in cls.__mro__[1:] if not base.__name__.startswith("_")]
        return public[0].__name__

    errors = {type(row[0]) for row in TABLE} - {BtApiError}
    assert drawn_tree() == {cls.__name__: parent(cls) for cls in errors}


def test_nearest() -> None:
    """Near names are found whatever their case, best first, and far ones are not."""
    known = ["BINANCE___SPOT", "OKX___SPOT", "HTX___SPOT"]
    assert nearest("okx___spot", known)[0] == "OKX___SPOT"
    assert nearest("zzz", known) == []
    assert did_you_mean("zzz", known) == ""
    assert did_you_mean("HTX__SPOT", ["HTX___SPOT"]) == "; did you mean 'HTX___SPOT'?"
    assert " or " in did_you_mean("X___SPOT", known)


def test_an_exchange_that_is_like_no_other() -> None:
    """When no name is near, all are listed, or that there is none."""
    assert "available: A, B" in str(ExchangeNotFoundError("zzzzzz", ["A", "B"]))
    assert "available: none" in str(ExchangeNotFoundError("zzzzzz"))
