"""Binance user streams and signed REST as the simulator speaks them, against the venue's documented messages."""

import json
from base64 import b64encode

import pytest

from bt_api_py.simulator.signatures import hex_hmac

from .simulated import START, like

NAME, PATH = "BINANCE___SPOT", "/ws-api/v3"
KEY = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"
SECRET = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"
REPORT = (
    '{"subscriptionId":0,"event":{"e":"executionReport","E":1,"s":"B","c":"b","S":"BUY","o":"LIMIT","f":"GTC",'
    '"q":"1","p":"8","P":"0","F":"0","g":-1,"C":"","x":"TRADE","X":"F","r":"NONE","i":5,"l":"0","z":"0","L":"8",'
    '"n":"0","N":"BTC","T":1,"t":5,"I":1,"w":true,"m":true,"M":true,"O":1,"Z":"3","Y":"3","Q":"0","W":1,'
    '"V":"EXPIRE_MAKER"}}'
)


@pytest.fixture
def world(virtual):
    """Binance with strict keys."""
    return virtual(exchanges=[NAME], strict_keys=True)


@pytest.fixture
def account(world):
    return world.account(NAME, KEY, secret=SECRET)


def signed(params, secret=SECRET):
    text = "&".join(f"{name}={params[name]}" for name in sorted(params))
    return params | {"signature": hex_hmac(secret, text)}


def subscription(world, key=KEY, secret=SECRET, ms=0, **more):
    params = {"apiKey": key, "timestamp": int(world.clock.time * 1000) + ms} | more
    return {"id": "uds-1", "method": "userDataStream.subscribe.signature", "params": signed(params, secret)}


def subscribed(world, **more):
    client = world.connect(NAME, PATH)
    [answer] = world.send(client, subscription(world, **more))
    assert answer["status"] == 200, answer
    return client


def rest(world, path, query="", key=KEY, secret=SECRET, ms=0, window=""):
    text = f"{query}&" * bool(query) + f"{window}timestamp={int(world.clock.time * 1000) + ms}"
    text += f"&signature={hex_hmac(secret, text)}"
    return world.request(NAME, path, text, {"X-MBX-APIKEY": key})


@pytest.mark.parametrize(
    ("secret", "text", "signature"),
    [
        (
            SECRET,
            "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000"
            "&timestamp=1499827319559",
            "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71",
        ),
        (
            SECRET,
            f"apiKey={KEY}&price=52000.00&quantity=0.01000000&recvWindow=100&side=SELL&symbol=BTCUSDT&timeInForce=GTC"
            "&timestamp=1645423376532&type=LIMIT",
            "aa1b5712c094bc4e57c05a1a5c1fd8d88dcd628338ea863fec7b88e59fe2db24",
        ),
        (
            "2b5eb11e18796d12d88f13dc27dbbd02c2cc51ff7059765ed9821957d82bb4d9",
            "symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=9000&timeInForce=GTC&recvWindow=5000"
            "&timestamp=1591702613943",
            "3c661234138461fcc7a7d8746c6558c9842d4e10870d2ecbedf7777cad694af9",
        ),
    ],
)
def test_signatures_are_the_documented_ones(secret, text, signature):
    """The venue's published examples give the published signatures."""
    assert hex_hmac(secret, text) == signature


@pytest.mark.parametrize(
    ("more", "signature"),
    [
        ({}, "681110a6057ad58657af22f5640fab9dd17418834cdfccdc81be8b0f7b2cde3e"),
        ({"recvWindow": 5000}, "49601ffc5b0122c3c7ee3ea85ef7d6cd76256f5191a57c976418faa32e917653"),
    ],
)
def test_a_subscription_with_a_known_signature_is_accepted(world, account, more, signature):
    """The documented signature of a subscription opens the stream at its time; one digit off does not."""
    world.clock.time = 1747385641.636
    params = {"apiKey": KEY, "timestamp": 1747385641636, "signature": signature} | more
    client = world.connect(NAME, PATH)
    request = {"id": "uds-1", "method": "userDataStream.subscribe.signature", "params": params}
    wrong = request | {"params": params | {"signature": signature[:-1] + "0"}}
    assert world.send(client, wrong)[0]["error"]["code"] == -1022
    [answer] = world.send(client, request)
    sample = (
        '{"id":"uds-1","status":200,"result":{"subscriptionId":0},"rateLimits":[{"rateLimitType":"R",'
        '"interval":"M","intervalNum":1,"limit":6000,"count":4}]}'
    )
    assert like(answer, sample)
    assert answer["result"] == {"subscriptionId": 0}


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"secret": "wrong"}, 400, -1022),
        ({"key": "unknown" * 8}, 401, -2015),
        ({"key": ""}, 401, -2014),
        ({"ms": -5_001}, 400, -1021),
        ({"ms": 1_000}, 400, -1021),
        ({"ms": -6_000, "recvWindow": 7_000}, None, None),
        ({"recvWindow": 60_001}, 400, -1131),
        ({"ms": 999}, None, None),
        ({"ms": -5_000}, None, None),
    ],
)
def test_keys_signatures_and_times_are_checked(world, account, change, status, code):
    """A wrong key, signature or time is refused with the venue's code on the socket and by REST; the edges pass."""
    [answer] = world.send(world.connect(NAME, PATH), subscription(world, **change))
    window = f"recvWindow={change.pop('recvWindow')}&" if "recvWindow" in change else ""
    http, body = rest(world, "/api/v3/account", window=window, **change)
    if code is None:
        assert (answer["status"], http) == (200, 200)
    else:
        assert like(answer, '{"id":"u","status":400,"error":{"code":-1,"msg":"T"}}')
        assert (answer["status"], answer["error"]["code"]) == (http, body["code"]) == (status, code)


@pytest.mark.parametrize("options", [{"permissions": ()}, {"permissions": ("trade",)}, {"ip_ok": False}])
def test_a_key_that_may_not_read_is_refused(world, options):
    """A key without the permission to read, or used from a wrong address, gets -2015."""
    world.account(NAME, KEY, secret=SECRET, **options)
    [answer] = world.send(world.connect(NAME, PATH), subscription(world))
    assert (answer["status"], answer["error"]["code"]) == (401, -2015)
    assert rest(world, "/api/v3/account")[1]["code"] == -2015


def test_any_key_is_good_when_keys_are_not_strict(virtual):
    """Without strict keys an unknown key gets an account that trades, but something must stand for a signature."""
    world = virtual(exchanges=[NAME])
    client = world.connect(NAME, PATH)
    request = {"id": 1, "method": "userDataStream.subscribe.signature", "params": {"apiKey": "any", "timestamp": 5}}
    assert world.send(client, request)[0]["error"]["code"] == -1102
    request["params"]["signature"] = "whatever"
    assert world.send(client, request)[0]["status"] == 200
    world.run(30)
    events = [message["event"] for message in client.take()]
    assert {event["e"] for event in events} == {"executionReport", "outboundAccountPosition"}
    assert {"NEW", "TRADE"} <= {event.get("x") for event in events}


def test_orders_are_told_as_documented(world, account):
    """Placing, filling and cancelling send events with the documented keys, types, words and figures."""
    client = subscribed(world)
    order = account.place("BTCUSDT", "buy", "0.01", 88000, client_order_id="bt-000017")
    account.partial(order, "0.004")
    account.cancel(order)
    messages = client.take()
    reports = [m for m in messages if m["event"]["e"] == "executionReport"]
    assert like(reports[1], REPORT)
    assert all([*m["event"]] == [*json.loads(REPORT)["event"]] for m in reports)
    new, fill, cancel = (m["event"] for m in reports)
    assert (new["x"], new["X"], new["t"], new["N"], new["c"]) == ("NEW", "NEW", -1, None, "bt-000017")
    assert {name: fill[name] for name in ("x", "X", "q", "l", "z", "L", "n", "N", "Z", "Y", "m")} == {
        "x": "TRADE", "X": "PARTIALLY_FILLED", "q": "0.01000000", "l": "0.00400000", "z": "0.00400000",
        "L": "88000.00000000", "n": "0.00000400", "N": "BTC", "Z": "352.00000000", "Y": "352.00000000", "m": True,
    }  # fmt: skip
    assert (cancel["x"], cancel["X"], cancel["z"], cancel["C"]) == ("CANCELED", "CANCELED", "0.00400000", "bt-000017")
    assert cancel["c"] not in ("", "bt-000017")
    positions = [m for m in messages if m["event"]["e"] == "outboundAccountPosition"]
    sample = '{"subscriptionId":0,"event":{"e":"o","E":1,"u":1,"B":[{"a":"U","f":"1","l":"3"}]}}'
    assert [like(m, sample) for m in positions] == [True] * 3
    assert [[row["a"] for row in m["event"]["B"]] for m in positions] == [["USDT"], ["USDT", "BTC"], ["USDT"]]
    assert positions[1]["event"]["B"][0]["l"] == "528.00000000"


def test_refusals_and_expiries_have_their_words(world, account):
    """A rejected order carries its reason; an expired one is EXPIRED and keeps what was filled."""
    client = subscribed(world)
    account.reject(account.place("BTCUSDT", "buy", "0.01", 88000), "INSUFFICIENT_BALANCES")
    order = account.place("BTCUSDT", "sell", "0.01", 88000, "ioc")
    account.partial(order, "0.002")
    account.expire(order)
    events = [m["event"] for m in client.take() if m["event"]["e"] == "executionReport"]
    assert [(e["x"], e["X"], e["r"]) for e in events] == [
        ("NEW", "NEW", "NONE"),
        ("REJECTED", "REJECTED", "INSUFFICIENT_BALANCES"),
        ("NEW", "NEW", "NONE"),
        ("TRADE", "PARTIALLY_FILLED", "NONE"),
        ("EXPIRED", "EXPIRED", "NONE"),
    ]
    assert (events[-1]["f"], events[-1]["z"]) == ("IOC", "0.00200000")


def test_a_transfer_is_two_events(world, account):
    """A transfer sends its amount, then the balance."""
    client = subscribed(world)
    account.transfer("USDT", "-12.5")
    update, position = (m["event"] for m in client.take())
    assert [*update] == ["e", "E", "a", "d", "T"]
    assert (update["e"], update["a"], update["d"]) == ("balanceUpdate", "USDT", "-12.50000000")
    assert position["B"] == [{"a": "USDT", "f": "249987.50000000", "l": "0.00000000"}]


def test_subscriptions_are_counted_and_ended(world, account):
    """One subscription per account and connection; unsubscribing ends it with an event, and silence follows."""
    client = subscribed(world)
    assert world.send(client, subscription(world))[0]["status"] == 400
    [answer] = world.send(client, {"id": 1, "method": "session.subscriptions"})
    assert answer["result"] == [{"subscriptionId": 0}]
    request = {"id": "uds-3", "method": "userDataStream.unsubscribe", "params": {"subscriptionId": 0}}
    ended, answer = world.send(client, request)
    assert ended == {"subscriptionId": 0, "event": {"e": "eventStreamTerminated", "E": int(START * 1000)}}
    assert (answer["id"], answer["status"], answer["result"]) == ("uds-3", 200, {})
    account.transfer("USDT", 1)
    assert client.take() == []
    assert world.send(client, subscription(world))[0]["result"] == {"subscriptionId": 1}


def test_a_revoked_key_ends_the_stream(world, account):
    """Revocation ends the subscription, is told with status 401 and no id, and the key is worth nothing after."""
    client = subscribed(world)
    account.revoke()
    ended, told = client.take()
    assert (ended["subscriptionId"], ended["event"]["e"]) == (0, "eventStreamTerminated")
    assert (told["id"], told["status"], told["error"]["code"]) == (None, 401, -2015)
    assert client.ended is None
    account.transfer("USDT", 1)
    assert client.take() == []
    assert world.send(client, subscription(world))[0]["error"]["code"] == -2015
    assert rest(world, "/api/v3/account")[0] == 401


def test_an_expired_stream_can_be_opened_again(world, account):
    """expire_token ends the streams; the socket and the key are still good."""
    client = subscribed(world)
    world.faults.expire_token(NAME)
    [ended] = client.take()
    assert ended["event"]["e"] == "eventStreamTerminated"
    assert world.send(client, subscription(world))[0]["status"] == 200
    account.transfer("USDT", 1)
    assert [m["event"]["e"] for m in client.take()] == ["balanceUpdate", "outboundAccountPosition"]


@pytest.mark.parametrize("strict", [True, False])
def test_a_wrong_clock_refuses_local_time(virtual, strict):
    """With the venue's clock off, local time is refused, the venue's own time is told and accepted."""
    world = virtual(exchanges=[NAME], strict_keys=strict)
    world.account(NAME, KEY, secret=SECRET)
    for skew in (7_000, -2_000):
        world.faults.clock_skew(NAME, skew)
        [answer] = world.send(world.connect(NAME, PATH), subscription(world))
        assert answer["error"]["code"] == -1021
        _, body, _ = world.get(NAME, "/api/v3/time")
        assert body["serverTime"] == int(world.clock.time * 1000) + skew
        subscribed(world, ms=skew)
    world.faults.clear(NAME)
    subscribed(world)


def test_only_ed25519_keys_log_on(world, account):
    """A log-on with an HMAC key gets -4056; without a log-on a plain subscription gets -2015."""
    client = world.connect(NAME, PATH)
    request = subscription(world) | {"method": "session.logon"}
    assert world.send(client, request)[0]["error"]["code"] == -4056
    [answer] = world.send(client, {"id": "uds-2", "method": "userDataStream.subscribe"})
    assert (answer["status"], answer["error"]["code"]) == (401, -2015)


def test_an_ed25519_key_logs_on_and_subscribes(world):
    """A log-on signed with the account's Ed25519 key opens the stream; any other signature does not."""
    pytest.importorskip("cryptography", reason="Ed25519 signatures need the package cryptography")
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    private = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    account = world.account(NAME, "edkey", secret=public)
    params = {"apiKey": "edkey", "timestamp": int(world.clock.time * 1000)}
    text = f"apiKey=edkey&timestamp={params['timestamp']}"
    client = world.connect(NAME, PATH)
    for signature, status in (
        (b64encode(bytes(64)).decode(), 400),
        (b64encode(private.sign(text.encode())).decode(), 200),
    ):
        request = {"id": 1, "method": "session.logon", "params": params | {"signature": signature}}
        assert world.send(client, request)[0]["status"] == status
    assert world.send(client, {"id": 2, "method": "userDataStream.subscribe"})[0]["result"] == {"subscriptionId": 0}
    account.transfer("BTC", 1)
    assert client.take()[0]["event"]["e"] == "balanceUpdate"
    assert world.send(client, {"id": 3, "method": "session.logout"})[-1]["result"]["apiKey"] is None


def test_without_strict_keys_the_form_of_the_signature_decides_about_log_on(virtual):
    """A signature of Ed25519's length logs on, one of HMAC's does not."""
    world = virtual(exchanges=[NAME])
    client = world.connect(NAME, PATH)
    for signature, status in (("0" * 64, 400), (b64encode(bytes(64)).decode(), 200)):
        params = {"apiKey": "any", "timestamp": 1, "signature": signature}
        assert world.send(client, {"id": 1, "method": "session.logon", "params": params})[0]["status"] == status
    assert world.send(client, {"id": 2, "method": "userDataStream.subscribe", "params": {}})[0]["status"] == 200


@pytest.mark.parametrize("method", ["userDataStream.start", "userDataStream.ping", "userDataStream.stop"])
def test_the_listen_key_is_gone(world, method):
    """The old way of user streams answers 410, on the socket and by REST."""
    [answer] = world.send(world.connect(NAME, PATH), {"id": 1, "method": method, "params": {"apiKey": KEY}})
    assert answer["status"] == 410
    for verb in ("POST", "PUT", "DELETE"):
        assert world.request(NAME, "/api/v3/userDataStream", "", {"X-MBX-APIKEY": KEY}, verb)[0] == 410


@pytest.mark.parametrize(
    "text", ["nonsense", "[]", '{"id":1}', '{"id":1,"method":"fly"}', '{"method":"ping","params":[1]}']
)
def test_malformed_requests_are_refused(world, text):
    """What is no request gets status 400, and the connection lives."""
    client = world.connect(NAME, PATH)
    [answer] = world.send(client, text)
    assert answer["status"] == 400
    assert world.send(client, {"id": 1, "method": "ping"})[0]["status"] == 200


def test_requests_are_limited_by_weight(world, account):
    """Requests beyond the weight of the minute get 429 with the time to come back."""
    client = world.connect(NAME, PATH)
    statuses = [world.send(client, {"id": n, "method": "time"})[0] for n in range(3000)]
    assert [answer["status"] for answer in statuses] == [200] * 2999 + [429]
    error = statuses[-1]["error"]
    assert error["code"] == -1003
    assert error["data"]["retryAfter"] > int(world.clock.time * 1000)


def test_what_happened_in_an_outage_is_in_rest(world, account):
    """Fills while no client listened are in orders, fills and balances afterwards, with ids as in the events."""
    client = subscribed(world)
    order = account.place("BTCUSDT", "buy", "0.01", 88000)
    resting = account.place("ETHUSDT", "sell", 1, 4000)
    first = client.take()[0]["event"]
    world.faults.disconnect(NAME)
    account.partial(order, "0.004")
    account.fill(order)
    [row] = rest(world, "/api/v3/openOrders")[1]
    assert (row["orderId"], row["status"]) == (int(resting.order_id), "NEW")
    assert rest(world, "/api/v3/openOrders", "symbol=BTCUSDT")[1] == []
    _, row = rest(world, "/api/v3/order", f"symbol=BTCUSDT&orderId={first['i']}")
    assert (row["status"], row["executedQty"], row["cummulativeQuoteQty"]) == ("FILLED", "0.01000000", "880.00000000")
    fills = rest(world, "/api/v3/myTrades", "symbol=BTCUSDT")[1]
    assert [(row["id"], row["qty"], row["commission"]) for row in fills] == [
        (int(fill.trade_id), f"{fill.quantity:.8f}", f"{fill.fee:.8f}") for fill in world.truth.fills(NAME)
    ]
    assert rest(world, "/api/v3/myTrades", f"symbol=BTCUSDT&fromId={fills[1]['id']}")[1] == fills[1:]
    assert [row["status"] for row in rest(world, "/api/v3/allOrders", "symbol=BTCUSDT&limit=5")[1]] == ["FILLED"]
    balances = {row["asset"]: row for row in rest(world, "/api/v3/account")[1]["balances"]}
    assert balances["BTC"] == {"asset": "BTC", "free": "5.00999000", "locked": "0.00000000"}
    assert balances["ETH"] == {"asset": "ETH", "free": "59.00000000", "locked": "1.00000000"}


def test_rest_errors_have_their_codes(world, account):
    """An unknown order, a missing symbol and a request without a signature are refused with the venue's codes."""
    assert rest(world, "/api/v3/order", "symbol=BTCUSDT&orderId=1") == (
        400,
        {"code": -2013, "msg": "Order does not exist."},
    )
    assert rest(world, "/api/v3/order", "symbol=BTCUSDT")[1]["code"] == -1102
    assert rest(world, "/api/v3/myTrades")[1]["code"] == -1102
    assert rest(world, "/api/v3/allOrders", "symbol=NOSUCH")[1]["code"] == -1121
    assert world.request(NAME, "/api/v3/account", "timestamp=5", {"X-MBX-APIKEY": KEY})[1]["code"] == -1102
    assert world.request(NAME, "/api/v3/account", "")[1]["code"] == -2014


def test_a_changed_query_is_not_signed(world, account):
    """The signature covers the query exactly as it was sent, order and encoding included."""
    query = f"symbol=BTCUSDT&timestamp={int(world.clock.time * 1000)}"
    swapped = "&".join(reversed(query.split("&")))
    for text, status in ((query, 200), (swapped, 400)):
        sent = f"{text}&signature={hex_hmac(SECRET, query)}"
        assert world.request(NAME, "/api/v3/openOrders", sent, {"X-MBX-APIKEY": KEY})[0] == status


@pytest.mark.parametrize("topic", ["orders", "executionReport"])
def test_events_can_be_doubled_lost_and_late(world, account, topic):
    """Account events pass the same faults as market data, by topic, event name and symbol."""
    client = subscribed(world)
    world.faults.duplicate(NAME, topic, "BTCUSDT")
    account.place("ETHUSDT", "buy", "0.1", 3000)
    account.place("BTCUSDT", "buy", "0.01", 88000)
    world.faults.skip(NAME, "balances", count=None)
    world.faults.slow(NAME, 1)
    account.place("BTCUSDT", "buy", "0.01", 87000)
    events = [m["event"] for m in client.take()]
    assert [e.get("s", "B") for e in events] == ["ETHUSDT", "B", "BTCUSDT", "BTCUSDT", "B"]
    assert events[2] == events[3]
    world.run(1.1)
    assert [m["event"]["p"] for m in client.take()] == ["87000.00000000"]


def test_market_streams_do_not_mix_with_the_api_socket(world):
    """The API socket takes no market subscription; the shutdown notice comes as an event of its own."""
    client = world.connect(NAME, PATH)
    assert world.send(client, {"id": 1, "method": "SUBSCRIBE", "params": ["btcusdt@trade"]})[0]["status"] == 400
    world.faults.maintenance(NAME, 1)
    assert client.take() == [{"event": {"e": "serverShutdown", "E": int(START * 1000)}}]


def test_an_ed25519_key_that_cannot_be_used_is_noticed_at_once(world):
    """A PEM text that is no key, or that nothing here can read, is refused when the account is made."""
    with pytest.raises((ImportError, ValueError), match=r"cryptography|no Ed25519 key"):
        world.account(NAME, "edkey", secret="-----BEGIN PUBLIC KEY-----\nnonsense\n-----END PUBLIC KEY-----\n")
