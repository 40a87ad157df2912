"""One table decides how a lost connection is tried again."""

from pathlib import Path

import pytest

from bt_api_py.exceptions import (
    AuthenticationError,
    ConfigurationError,
    InvalidSymbolError,
    NetworkError,
    RateLimitError,
    RequestFailedError,
    RequestTimeoutError,
    SubscribeError,
    WebSocketError,
)
from bt_api_py.net.errors import ConnectionLost, Manner, is_retryable, manner_of

V = "OKX___SPOT"

# What was seen: (at once, at least so many seconds, hopeless)
LOSSES = [
    ({"code": 1000}, (True, 0, False)),
    ({"code": 1001}, (True, 0, False)),
    ({"code": 1002}, (False, 0, False)),
    ({"code": 1006}, (False, 0, False)),
    ({"code": 1008}, (False, 5, False)),
    ({"code": 1009}, (False, 1, False)),
    ({"code": 1011}, (False, 1, False)),
    ({"code": 1012}, (False, 1, False)),
    ({"code": 1013}, (False, 5, False)),
    ({"code": 4004}, (False, 0, False)),  # a venue's own, unknown here
    ({}, (False, 0, False)),  # DNS, TLS, a reset, a handshake that hangs, no pong
    ({"status": 400}, (False, 0, True)),
    ({"status": 401}, (False, 0, True)),
    ({"status": 403}, (False, 10, False)),
    ({"status": 404}, (False, 0, True)),
    ({"status": 405}, (False, 0, True)),
    ({"status": 410}, (False, 0, True)),
    ({"status": 418}, (False, 60, False)),
    ({"status": 429}, (False, 5, False)),
    ({"status": 451}, (False, 0, True)),
    ({"status": 500}, (False, 0, False)),
    ({"status": 502}, (False, 0, False)),
    ({"status": 503}, (False, 0, False)),
    ({"status": 504}, (False, 0, False)),
]

RETRYABLE = [
    (ConnectionLost("cut"), True),
    (OSError("no route"), True),
    (TimeoutError(), True),
    (NetworkError(V, "reset"), True),
    (RequestTimeoutError(V, "/time", 3), True),
    (RateLimitError(V, 1.0), True),
    (RequestFailedError(V, "/time", "trouble", 500), True),
    (RequestFailedError(V, "/time", "busy", 200, "50013", is_temporary=True), True),
    (RequestFailedError(V, "/time", "no such path", 404), False),
    (WebSocketError(f"{V} trades", "gone"), True),
    (AuthenticationError(V, "wrong key"), False),
    (InvalidSymbolError(V, "XY"), False),
    (SubscribeError(f"{V} trades", "no"), False),
    (ConfigurationError("no"), False),
    (ValueError("a defect"), False),
]


@pytest.mark.parametrize(("facts", "expected"), LOSSES, ids=str)
def test_each_cause_has_its_manner(facts, expected):
    """A close code or an HTTP status decides whether to try at once, later or never again."""
    manner = manner_of(ConnectionLost("lost", **facts))
    assert (manner.at_once, manner.at_least, manner.hopeless) == expected


@pytest.mark.parametrize("facts", [facts for facts, (_, _, hopeless) in LOSSES if hopeless], ids=str)
def test_what_is_hopeless_says_why(facts):
    """A loss that ends the streams carries a hint for the user."""
    assert manner_of(ConnectionLost("lost", **facts)).hint


def test_a_status_goes_before_a_code():
    """A refused upgrade is judged by its HTTP status, whatever code stands beside it."""
    assert manner_of(ConnectionLost("lost", code=1000, status=404)).hopeless


def test_a_venues_own_codes_go_first():
    """A venue may give a close code a meaning of its own, and only that one."""
    own = {1000: Manner(at_least=3.0), 4004: Manner(hopeless=True)}
    assert manner_of(ConnectionLost("lost", code=1000), own).at_least == 3.0
    assert manner_of(ConnectionLost("lost", code=4004), own).hopeless
    assert manner_of(ConnectionLost("lost", code=1001), own).at_once


@pytest.mark.parametrize(("error", "expected"), RETRYABLE, ids=lambda value: repr(value)[:60])
def test_what_may_succeed_later(error, expected):
    """Trouble on the way and at the venue is worth another try; what is wrong with the call is not."""
    assert is_retryable(error) is expected


def test_the_page_on_reconnection_names_every_cause():
    """Each close code and HTTP status that has a manner of its own stands in the table of the documentation."""
    page = (Path(__file__).parents[2] / "docs" / "guide" / "reconnection.md").read_text()
    table = "\n".join(line for line in page.splitlines() if line.startswith("| "))
    own = [next(iter(facts.values())) for facts, manner in LOSSES if facts and manner != (False, 0, False)]
    assert [number for number in own if str(number) not in table] == []
