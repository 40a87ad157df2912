"""What a user may set, checked once."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bt_api_py.exceptions import BtApiError, ConfigurationError
from bt_api_py.secrets import Secret
from bt_api_py.settings import SIMULATOR_VARIABLE, ExchangeSettings, WebSocketSettings, checked_url

OKX = "OKX___SPOT"
SIMULATOR = "http://127.0.0.1:8090"


def given_by_user(**given: Any) -> ExchangeSettings:
    """Return the settings of a plain dict, as `BtApi` makes them."""
    return ExchangeSettings.from_mapping(OKX, given)


def test_the_documented_defaults() -> None:
    """Without settings, the defaults are those of the guide."""
    settings = given_by_user()
    assert settings == ExchangeSettings()
    assert (settings.testnet, settings.timeout, settings.ws_url, settings.api_key) == (False, 30, None, None)
    sockets = settings.websocket
    assert (sockets.ping_interval, sockets.ping_timeout, sockets.connect_timeout) == (20, 10, 10)
    assert (sockets.max_reconnect, sockets.reconnect_delay, sockets.reconnect_max_delay) == (5, 1, 30)
    assert (sockets.compression, sockets.stale_after, sockets.linger) == (True, 60, 5)


def test_settings_of_a_user() -> None:
    """A plain dict becomes settings, sockets included."""
    settings = given_by_user(
        api_key="key",
        secret="hush",
        passphrase="word",
        account_id="7",
        testnet=True,
        timeout=5,
        rest_url="https://eea.okx.com/",
        websocket={"ping_interval": 15, "max_reconnect": None, "compression": False},
    )
    assert (settings.api_key, settings.secret, settings.passphrase) == (Secret("key"), Secret("hush"), Secret("word"))
    assert (settings.testnet, settings.timeout, settings.rest_url) == (True, 5.0, "https://eea.okx.com")
    assert settings.websocket == WebSocketSettings(ping_interval=15, max_reconnect=None, compression=False)
    own = WebSocketSettings(linger=0)
    assert given_by_user(websocket=own).websocket is own


@pytest.mark.parametrize(
    ("given", "name", "value"),
    [
        ({"secret_key": "hush"}, "secret", "hush"),
        ({"api_secret": "hush"}, "secret", "hush"),
        ({"private_key": "hush"}, "secret", "hush"),
        ({"public_key": "key"}, "api_key", "key"),
        ({"simulate": True}, "testnet", True),
        ({"proxies": "http://127.0.0.1:1"}, "proxy", "http://127.0.0.1:1"),
        ({"proxies": {"http": "http://a", "https": "http://b"}}, "proxy", "http://b"),
        ({"proxies": {"http": "http://a"}}, "proxy", "http://a"),
    ],
)
def test_names_of_other_libraries(given: dict[str, Any], name: str, value: Any) -> None:
    """Names that users bring from elsewhere mean the same."""
    found = getattr(given_by_user(**given), name)
    assert (found.reveal() if isinstance(found, Secret) else found) == value


def test_two_names_for_one_setting() -> None:
    """A setting that is given under two names is an error, and neither value is shown."""
    with pytest.raises(ConfigurationError, match="'secret' is given twice") as caught:
        given_by_user(secret="hush", secret_key="hush-hush")
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"api_kee": "x"}, "unknown setting 'api_kee'; did you mean 'api_key'"),
        ({"websockets": {}}, "unknown setting 'websockets'; did you mean 'websocket'"),
        ({"websocket": {"ping_intervall": 1}}, "unknown setting websocket.'ping_intervall'; did you mean"),
        ({"zzz": 1}, "unknown setting 'zzz'$"),
        ({3: 1}, "unknown setting 3"),
        ({"websocket": None}, "websocket must be a dict"),
        ({"websocket": 5}, "websocket must be a dict"),
        ({"api_key": b"key"}, "api_key must be a text or a callable, not bytes"),
        ({"secret": 5}, "secret must be a text or a callable, not int"),
        ({"testnet": 1}, "testnet must be True or False"),
        ({"timeout": 0}, "timeout must be above 0"),
        ({"timeout": -1}, "timeout must be above 0, not -1"),
        ({"timeout": "5"}, "timeout must be a number of seconds"),
        ({"timeout": float("nan")}, "timeout must be a number"),
        ({"timeout": float("inf")}, "timeout must be a number"),
        ({"timeout": True}, "timeout must be a number"),
        ({"websocket": {"ping_interval": 0}}, "websocket.ping_interval must be above 0"),
        ({"websocket": {"reconnect_delay": -0.1}}, "websocket.reconnect_delay must be at least 0"),
        ({"websocket": {"max_reconnect": -1}}, "websocket.max_reconnect must be a whole number"),
        ({"websocket": {"max_reconnect": 1.5}}, "websocket.max_reconnect must be a whole number"),
        ({"websocket": {"max_message_size": 10}}, "websocket.max_message_size must be a whole number"),
        ({"websocket": {"compression": "yes"}}, "websocket.compression must be True or False"),
    ],
)
def test_what_is_refused(given: dict[str, Any], message: str) -> None:
    """An unknown name or a wrong value is an error that names the exchange, the setting and the rule."""
    with pytest.raises(ConfigurationError, match=message) as caught:
        ExchangeSettings.from_mapping(OKX, given)
    assert str(caught.value).startswith(f"{OKX}: ")
    assert caught.value.exchange_name == OKX


@pytest.mark.parametrize("given", [None, [], "api_key=5", 7])
def test_settings_are_a_dict(given: Any) -> None:
    """Anything else than a mapping is refused."""
    with pytest.raises(ConfigurationError, match="settings must be a dict"):
        ExchangeSettings.from_mapping(OKX, given)


def test_settings_never_change() -> None:
    """Settings are frozen, and equal ones count as one."""
    settings = given_by_user(secret="hush")
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.secret = "other"  # type: ignore[misc]
    assert hash(settings) == hash(given_by_user(secret="hush"))
    assert pickle.loads(pickle.dumps(given_by_user(timeout=5))) == given_by_user(timeout=5)
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(settings)


def test_a_secret_shows_itself_only_when_asked() -> None:
    """Text, format, repr and copies of a secret hide it; a callable is asked each time."""
    secret = Secret("hush")
    assert f"{secret} {secret!r} {secret:>9}".count("hush") == 0
    assert secret.reveal() == "hush"
    with pytest.raises(TypeError):
        copy.deepcopy(secret)
    answers = iter(["first", "second"])
    vault = Secret(lambda: next(answers))
    assert (vault.reveal(), vault.reveal()) == ("first", "second")
    assert secret == Secret("hush") != Secret("other")
    assert not Secret("")


def test_secrets_are_masked() -> None:
    """Neither key, secret, passphrase nor proxy is shown, and what is not set is left out."""
    settings = given_by_user(
        api_key="k-1", secret="s-2", passphrase="p-3", proxy="http://u-4:w-5@proxy", ws_url="wss://h"
    )
    text = f"{settings!r} {settings}"
    for hidden in ("k-1", "s-2", "p-3", "u-4", "w-5"):
        assert hidden not in text
    assert "secret='***'" in text
    assert "ws_url='wss://h'" in text
    assert "secret" not in repr(given_by_user())


# Addresses


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("wss://ws.okx.com:8443", "wss://ws.okx.com:8443"),
        ("wss://ws.okx.com:8443/", "wss://ws.okx.com:8443"),
        ("wss://host/prefix/", "wss://host/prefix"),
        ("WSS://host", "WSS://host"),
        ("ws://127.0.0.1:9", "ws://127.0.0.1:9"),
        ("ws://localhost:9/OKX___SPOT", "ws://localhost:9/OKX___SPOT"),
        ("ws://[::1]:9", "ws://[::1]:9"),
    ],
)
def test_addresses(url: str, kept: str) -> None:
    """Encrypted addresses go anywhere, plain ones to loopback; a slash at the end is dropped."""
    assert checked_url("ws_url", url, ("ws", "wss")) == kept


@pytest.mark.parametrize(
    "url",
    [
        "",
        "host",
        "https://host",
        "wss://",
        "wss:///path",
        "ws://host",
        "ws://127.0.0.1.evil.example",
        "ws://localhost.evil.example",
        "ws://127.0.0.1@evil.example",
        "wss://user:pass@host",
        "wss://user@host",
        "wss://@host",
        "wss://host?",
        "wss://host/?a=b",
        "wss://host#",
        "wss://host/#part",
        "wss://host:port",
        "wss://host:99999",
        "wss://[::1",
        "wss://ho st",
        "wss://host\n.evil.example",
        "wss://host\tx",
        "file:///etc/passwd",
        None,
        5,
        b"wss://host",
    ],
)
def test_forbidden_addresses(url: Any) -> None:
    """Any other scheme, user information, query, fragment or plain text to a foreign host is refused."""
    with pytest.raises(ConfigurationError, match="ws_url"):
        checked_url("ws_url", url, ("ws", "wss"))


def test_a_refused_address_does_not_show_its_password() -> None:
    """The message on a forbidden address says the rule and not the secret in it."""
    with pytest.raises(ConfigurationError) as caught:
        given_by_user(ws_url="wss://user:hush@host")
    assert "hush" not in str(caught.value)


@given(url=st.text(max_size=40))
def test_any_text_is_an_address_or_refused(url: str) -> None:
    """Whatever the text, it is kept or refused with one kind of error."""
    kept = "https://refused"
    with suppress(ConfigurationError):
        kept = checked_url("rest_url", url, ("http", "https"))
    assert kept.lower().startswith(("http://", "https://"))


def test_the_private_address_follows_the_public_one() -> None:
    """With one address of the user's own, private streams go there too; both may be given."""
    assert given_by_user(ws_url="wss://host").private_ws_url == "wss://host"
    both = given_by_user(ws_url="wss://host", private_ws_url="wss://other")
    assert both.private_ws_url == "wss://other"
    assert given_by_user(private_ws_url="wss://other").ws_url is None


# The simulator


def test_the_simulator_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable sends every address of an exchange to the simulator, below the exchange's name."""
    settings = given_by_user(secret="hush")
    monkeypatch.delenv(SIMULATOR_VARIABLE, raising=False)
    assert settings.aimed_at_simulator(OKX) is settings
    monkeypatch.setenv(SIMULATOR_VARIABLE, SIMULATOR)
    aimed = settings.aimed_at_simulator(OKX)
    assert aimed.rest_url == "http://127.0.0.1:8090/OKX___SPOT"
    assert aimed.ws_url == aimed.private_ws_url == "ws://127.0.0.1:8090/OKX___SPOT"
    assert aimed.secret == Secret("hush")


@pytest.mark.parametrize("name", ["ws_url", "private_ws_url", "rest_url"])
def test_an_address_of_the_user_comes_first(name: str) -> None:
    """Settings in which the user named an address do not go to the simulator."""
    scheme = "https" if name == "rest_url" else "wss"
    settings = given_by_user(**{name: f"{scheme}://host"})
    assert settings.aimed_at_simulator(OKX, SIMULATOR) is settings


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1:1", "http://example.com", "127.0.0.1:8090", "ws://127.0.0.1:1", "x"]
)
def test_the_simulator_is_on_this_machine(url: str) -> None:
    """The variable may hold nothing but a plain address of loopback."""
    with pytest.raises(ConfigurationError, match=SIMULATOR_VARIABLE):
        given_by_user().aimed_at_simulator(OKX, url)


def test_errors_are_ours() -> None:
    """A wrong setting is an error of this package."""
    assert issubclass(ConfigurationError, BtApiError)
