"""HTX private channels and signed REST as the simulator speaks them, against the venue's documented messages."""

from datetime import UTC, datetime
from decimal import Decimal
from urllib.parse import quote

import pytest

from bt_api_py.simulator.dialects.htx.keys import signed_text
from bt_api_py.simulator.signatures import base64_hmac

from .simulated import like

NAME, PATH = "HTX___SPOT", "/ws/v2"
KEY, SECRET = "demo-access-key-0001", "demo-secret-key-0001"
HOST, STAMP = "127.0.0.1:8000", "2019-12-05T11:53:03"
CREATION = (
    '{"action":"push","ch":"o","data":{"eventType":"creation","symbol":"b","accountId":9,"orderId":2,'
    '"clientOrderId":"b","orderSource":"s","orderPrice":"8","orderSize":"0","type":"b","orderStatus":"s",'
    '"orderCreateTime":1}}'
)
TRADE = (
    '{"action":"push","ch":"o","data":{"eventType":"trade","symbol":"b","orderId":2,"clientOrderId":"b",'
    '"orderSource":"s","orderPrice":"8","orderSize":"0","type":"b","tradePrice":"8","tradeVolume":"0","tradeId":1,'
    '"tradeTime":1,"aggressor":false,"orderStatus":"p","remainAmt":"0","execAmt":"0"}}'
)
CANCELLATION = (
    '{"action":"push","ch":"o","data":{"eventType":"cancellation","symbol":"b","orderId":2,"clientOrderId":"b",'
    '"orderSource":"s","orderPrice":"8","orderSize":"0","type":"b","orderStatus":"p","remainAmt":"0","execAmt":"0",'
    '"lastActTime":1}}'
)
TRIGGER = (
    '{"action":"push","ch":"o","data":{"eventType":"trigger","symbol":"b","clientOrderId":"b","orderSide":"buy",'
    '"orderStatus":"rejected","errCode":2002,"errMessage":"i","lastActTime":1}}'
)
CLEARING = (
    '{"action":"push","ch":"t","data":{"eventType":"trade","symbol":"b","orderId":2,"orderSide":"buy",'
    '"orderType":"b","accountId":9,"source":"s","orderPrice":"8","orderSize":"0","clientOrderId":"b",'
    '"orderCreateTime":1,"orderStatus":"p","tradePrice":"8","tradeVolume":"0","aggressor":false,"tradeId":1,'
    '"tradeTime":1,"transactFee":"0","feeCurrency":"btc","feeDeduct":"0","feeDeductType":""}}'
)
BALANCE = (
    '{"action":"push","ch":"accounts.update#2","data":{"currency":"u","accountId":9,"balance":"1","available":"1",'
    '"changeType":"o","accountType":"trade","changeTime":1,"seqNum":"8"}}'
)


@pytest.fixture
def world(virtual):
    """HTX with strict keys."""
    return virtual(exchanges=[NAME], strict_keys=True)


@pytest.fixture
def account(world):
    return world.account(NAME, KEY, secret=SECRET)


def stamp_of(world, seconds=0):
    return datetime.fromtimestamp(world.clock.time + seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def auth(world, *, key=KEY, secret=SECRET, host=HOST, seconds=0, **more):
    values = {
        "accessKey": key,
        "signatureMethod": "HmacSHA256",
        "signatureVersion": "2.1",
        "timestamp": stamp_of(world, seconds),
    } | more
    signature = base64_hmac(secret, signed_text("GET", host, PATH, values))
    return {"action": "req", "ch": "auth", "params": {"authType": "api", **values, "signature": signature}}


def logged_in(world, *channels, **options):
    client = world.connect(NAME, PATH)
    assert world.send(client, auth(world, **options)) == [{"action": "req", "code": 200, "ch": "auth", "data": {}}]
    for channel in channels:
        assert subscribe(world, client, channel)[0]["code"] == 200
    return client


def subscribe(world, client, channel, action="sub"):
    return world.send(client, {"action": action, "ch": channel})


def rest(world, path, *, key=KEY, secret=SECRET, host=HOST, seconds=0, **query):
    values = query | {
        "AccessKeyId": key,
        "SignatureMethod": "HmacSHA256",
        "SignatureVersion": "2",
        "Timestamp": stamp_of(world, seconds),
    }
    values["Signature"] = base64_hmac(secret, signed_text("GET", host, path, values))
    text = "&".join(f"{name}={quote(value, safe='')}" for name, value in values.items())
    status, body = world.request(NAME, path, text)
    assert status == 200
    return body


V2 = {"AccessKeyId": KEY, "SignatureMethod": "HmacSHA256", "SignatureVersion": "2", "Timestamp": STAMP}
V21 = {"accessKey": KEY, "signatureMethod": "HmacSHA256", "signatureVersion": "2.1", "timestamp": STAMP}


@pytest.mark.parametrize(
    ("host", "path", "values", "signature"),
    [
        ("api.huobi.pro", PATH, V21, "b/KqbJWEtD2mVvUyloen4OWIcVdVvAE8moLXP9ulsHQ="),
        ("api.huobi.pro", "/v1/account/accounts", V2, "EnAUSoIp6ve3z8yaFBaWoT6foj9Ra4HsXvSxaEgv4FM="),
        ("api.hbdm.com", "/linear-swap-notification", V2, "IveWl+Q3yadiyoU+gthtoKok6vRGwY/FcqtZA225s9c="),
        ("api.hbdm.vn", "/linear-swap-notification", V2, "8GIcNTudwNNmzoncx70SPFKU1Z/FZI1H3JNazDS+irA="),
        ("api.hbdm.com", "/ws/v5/notification", V2, "qHHLQgRfXTK9AdOk6T71TPJ+YpMRgGI6MJqC3yoDlLQ="),
    ],
)
def test_signatures_are_the_known_ones(host, path, values, signature):
    """The known parameters give the known signatures, for spot and for swaps."""
    assert base64_hmac(SECRET, signed_text("GET", host, path, values)) == signature


def test_known_signatures_are_accepted_at_their_time(world, account):
    """The documented login and the documented request are accepted within five minutes of their timestamp."""
    params = {"authType": "api", **V21, "signature": "b/KqbJWEtD2mVvUyloen4OWIcVdVvAE8moLXP9ulsHQ="}
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in V2.items())
    query += "&Signature=EnAUSoIp6ve3z8yaFBaWoT6foj9Ra4HsXvSxaEgv4FM%3D"
    moment = datetime.fromisoformat(STAMP).replace(tzinfo=UTC).timestamp()
    for offset, code, status in ((300, 200, "ok"), (-300, 200, "ok"), (301, 2002, "error")):
        world.clock.time = moment + offset
        client = world.connect(NAME, PATH)
        assert world.send(client, {"action": "req", "ch": "auth", "params": params})[0]["code"] == code
        assert world.request(NAME, "/v1/account/accounts", query)[1]["status"] == status


@pytest.mark.parametrize(
    "change",
    [
        {"secret": "wrong"},
        {"key": "unknown"},
        {"seconds": 301},
        {"seconds": -301},
        {"host": "api.elsewhere.example"},
        {"timestamp": "2026-11-21T00:00:00.000Z"},
        {"signatureVersion": "2"},
    ],
)
def test_logins_are_checked(world, account, change):
    """A wrong key, signature, host, version or time gets 2002 auth.fail."""
    [answer] = world.send(world.connect(NAME, PATH), auth(world, **change))
    assert answer == {"action": "req", "code": 2002, "ch": "auth", "message": "auth.fail"}


@pytest.mark.parametrize("host", [HOST, "127.0.0.1", "api.huobi.pro", "api-aws.huobi.pro"])
def test_the_host_may_be_what_the_client_knows(world, account, host):
    """A client may sign with the address it connects to, with or without the port, or with the venue's own name."""
    logged_in(world, host=host)
    assert rest(world, "/v1/account/accounts", host=host)["status"] == "ok"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"secret": "wrong"}, "Verification failure"),
        ({"key": "unknown"}, "Incorrect Access key"),
        ({"key": ""}, "Missing AccessKeyId"),
        ({"seconds": 301}, "Invalid Timestamp"),
        ({"host": "api.elsewhere.example"}, "Verification failure"),
    ],
)
def test_signed_requests_are_checked(world, account, change, words):
    """A REST request that is signed wrong is refused with words that tell why."""
    body = rest(world, "/v1/account/accounts", **change)
    assert body == {
        "status": "error",
        "err-code": "api-signature-not-valid",
        "err-msg": f"Signature not valid: {words}",
        "data": None,
    }


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [({"permissions": ()}, 2002, "auth.fail"), ({"ip_ok": False}, 2000, "invalid.ip")],
)
def test_a_key_that_may_not_is_refused(world, options, code, words):
    """A key without permission, or from a wrong address, is refused on the socket and by REST."""
    world.account(NAME, KEY, secret=SECRET, **options)
    [answer] = world.send(world.connect(NAME, PATH), auth(world))
    assert (answer["code"], answer["message"]) == (code, words)
    assert rest(world, "/v1/account/accounts")["err-code"] == "api-signature-not-valid"


@pytest.mark.parametrize(
    ("message", "code", "words"),
    [
        ("nonsense", 2001, "invalid.json"),
        ({"action": "fly", "ch": "orders#*"}, 2001, "invalid.action"),
        ({"action": "sub", "ch": "orders#nosuch"}, 2001, "invalid.symbol"),
        ({"action": "sub", "ch": "orders#BTCUSDT"}, 2001, "invalid.symbol"),
        ({"action": "sub", "ch": "accounts.update#3"}, 2001, "invalid.ch"),
        ({"action": "sub", "ch": "tickers"}, 2001, "invalid.ch"),
        ({"action": "unsub", "ch": "orders#*"}, 2001, "invalid.ch"),
        ({"action": "req", "ch": "auth", "params": {"authType": "api"}}, 2002, "invalid.auth.state"),
    ],
)
def test_wrong_requests_get_their_codes(world, account, message, code, words):
    """A request that cannot be carried out is answered with code and words, and the connection lives."""
    client = logged_in(world)
    [answer] = world.send(client, message)
    assert (answer["code"], answer["message"]) == (code, words)
    assert client.ended is None


def test_order_matters_on_the_socket(world, account):
    """Subscribing before the login gets invalid.auth.state; a login that lacks parameters missing.param.auth."""
    client = world.connect(NAME, PATH)
    [answer] = subscribe(world, client, "orders#btcusdt")
    assert answer == {"action": "sub", "code": 2002, "ch": "orders#btcusdt", "message": "invalid.auth.state"}
    [answer] = world.send(client, {"action": "req", "ch": "auth", "params": {"authType": "api"}})
    assert (answer["code"], answer["message"]) == (2001, "missing.param.auth")


def test_frames_are_text_and_pings_come_every_20_s(world, account):
    """Frames are plain text; a ping comes every 20 s, who leaves two unanswered is closed, who echoes it lives."""
    deaf, well = logged_in(world), logged_in(world)
    pings = []
    for _ in range(62):
        world.run(1)
        for frame in well.raw:
            assert isinstance(frame, str)
        for message in well.take():
            pings.append(message)
            world.send(well, {"action": "pong", "data": message["data"]})
    assert len(pings) == 3
    assert like(pings[0], '{"action":"ping","data":{"ts":1575537778295}}')
    assert deaf.ended == (1003, "time out close")
    assert well.ended is None


def test_orders_are_told_as_documented(world, account):
    """Placing, filling and cancelling push the documented keys, words and figures of each kind of event."""
    client = logged_in(world, "orders#btcusdt")
    order = account.place("BTCUSDT", "buy", "0.01", 88000, client_order_id="bt000017")
    account.partial(order, "0.004")
    account.cancel(order)
    account.reject(account.place("BTCUSDT", "sell", "0.01", 88000), "order-value-min-error")
    account.place("ETHUSDT", "sell", 1, 3000)
    creation, trade, cancellation, _, trigger = client.take()
    for push, sample in ((creation, CREATION), (trade, TRADE), (cancellation, CANCELLATION), (trigger, TRIGGER)):
        assert like(push, sample), push
        assert push["ch"] == "orders#btcusdt"
    row = trade["data"]
    names = (
        "orderId",
        "type",
        "orderPrice",
        "orderSize",
        "tradePrice",
        "tradeVolume",
        "orderStatus",
        "remainAmt",
        "execAmt",
    )
    assert [row[name] for name in names] == [
        int(order.order_id), "buy-limit", "88000", "0.01", "88000", "0.004", "partial-filled", "0.006", "0.004",
    ]  # fmt: skip
    assert creation["data"]["orderStatus"] == "submitted"
    assert cancellation["data"]["orderStatus"] == "partial-canceled"
    assert (trigger["data"]["orderSide"], trigger["data"]["errMessage"]) == ("sell", "order-value-min-error")


def test_market_buys_are_measured_in_quote(world, account):
    """A market buy has a value and no size or price; what it executed is in quote, of a market sell in base."""
    client = logged_in(world, "orders#*")
    bought = account.fill(account.place("BTCUSDT", "buy", "0.01", type="market"))
    sold = account.fill(account.place("BTCUSDT", "sell", "0.01", type="market"))
    _, buy, _, sell = (push["data"] for push in client.take())
    assert {"orderPrice", "orderSize"}.isdisjoint(buy)
    assert (Decimal(buy["orderValue"]), Decimal(buy["execAmt"]), buy["remainAmt"]) == (bought.budget, bought.value, "0")
    assert (sell["type"], sell["orderSize"], sell["execAmt"], sell["aggressor"]) == (
        "sell-market",
        "0.01",
        "0.01",
        True,
    )
    assert "orderPrice" not in sell
    assert Decimal(sell["tradePrice"]) == sold.avg_price


@pytest.mark.parametrize("mode", ["0", "1"])
def test_fills_come_with_fees(world, account, mode):
    """trade.clearing tells each fill with its fee; mode 1 tells cancellations too; a wildcard names the symbol."""
    client = logged_in(world, f"trade.clearing#*#{mode}")
    order = account.place("BTCUSDT", "buy", "0.01", 88000)
    order = account.partial(order, "0.004")
    account.expire(order)
    pushes = client.take()
    assert [push["data"]["eventType"] for push in pushes] == ["trade", "cancellation"][: 1 + int(mode)]
    assert like(pushes[0], CLEARING)
    assert pushes[0]["ch"] == f"trade.clearing#btcusdt#{mode}"
    row = pushes[0]["data"]
    assert (row["transactFee"], row["feeCurrency"], row["tradeId"]) == ("0.000008", "btc", int(order.last.trade_id))


def test_balances_begin_with_everything_and_follow_with_changes(world, account):
    """Mode 2 sends every balance first, then those that changed, both figures together."""
    client = logged_in(world)
    _, *first = subscribe(world, client, "accounts.update#2")
    assert {push["data"]["currency"].upper() for push in first} == set(account.balances())
    assert all((push["data"]["changeType"], push["data"]["changeTime"]) == (None, None) for push in first)
    order = account.place("BTCUSDT", "buy", "0.004", 88000)
    [push] = client.take()
    assert like(push, BALANCE)
    assert [push["data"][name] for name in ("currency", "balance", "available", "changeType")] == [
        "usdt", "250000", "249648", "order-place",
    ]  # fmt: skip
    account.fill(order)
    assert [(p["data"]["currency"], p["data"]["changeType"]) for p in client.take()] == [
        ("usdt", "order-match"),
        ("btc", "order-match"),
    ]


def test_the_other_modes_split_the_figures(world, account):
    """Mode 0 tells totals that changed, mode 1 one figure per message."""
    clients = [logged_in(world, f"accounts.update#{mode}") for mode in "01"]
    for client in clients:
        client.take()
    order = account.place("BTCUSDT", "buy", "0.004", 88000)
    account.fill(order)
    told = [
        [(p["data"]["currency"], p["data"].get("balance"), p["data"].get("available")) for p in c.take()]
        for c in clients
    ]
    assert told[0] == [("usdt", "249648", None), ("btc", "5.003992", None)]
    assert told[1] == [
        ("usdt", None, "249648"),
        ("usdt", "249648", None),
        ("btc", "5.003992", None),
        ("btc", None, "5.003992"),
    ]


def test_limits_of_the_private_socket(world, account):
    """The 11th connection of a key and the 51st request of a second get 4000."""
    clients = [logged_in(world) for _ in range(10)]
    [answer] = world.send(world.connect(NAME, PATH), auth(world))
    assert (answer["code"], answer["message"]) == (4000, "too.many.connection")
    codes = [
        subscribe(world, clients[0], "orders#*", action)[0]["code"] for _ in range(25) for action in ("sub", "unsub")
    ]
    assert codes == [200] * 49 + [4000]


def test_revocation_and_expiry_end_the_connection(world, account):
    """expire_token cuts the connection and the key stays good; a revoked key is unknown afterwards."""
    client = logged_in(world)
    world.faults.expire_token(NAME)
    assert client.ended[0] == 1001
    client = logged_in(world)
    account.revoke()
    assert client.ended == (1000, "auth.fail")
    assert world.send(world.connect(NAME, PATH), auth(world))[0]["message"] == "auth.fail"


def test_a_wrong_clock_refuses_local_time(world, account):
    """With the venue's clock off by more than five minutes local time is refused; the venue tells its own."""
    world.faults.clock_skew(NAME, 400_000)
    assert world.send(world.connect(NAME, PATH), auth(world))[0]["message"] == "auth.fail"
    _, body, _ = world.get(NAME, "/v1/common/timestamp")
    assert body["data"] == int(world.clock.time * 1000) + 400_000
    logged_in(world, seconds=400)
    assert rest(world, "/v1/account/accounts", seconds=400)["status"] == "ok"


def test_any_key_is_good_when_keys_are_not_strict(virtual):
    """Without strict keys any login that is complete gets a lively account."""
    world = virtual(exchanges=[NAME])
    client = logged_in(world, "orders#*", "trade.clearing#*#0", key="any", secret="x", seconds=-9999)
    kinds = set()
    for _ in range(12):
        world.run(5)
        for push in client.take():
            if push["action"] == "ping":
                world.send(client, {"action": "pong", "data": push["data"]})
            else:
                kinds.add((push["ch"].split("#")[0], push["data"]["eventType"]))
    assert {("orders", "creation"), ("orders", "trade"), ("trade.clearing", "trade")} <= kinds


def test_what_happened_in_an_outage_is_in_rest(world, account):
    """Fills while nobody listened are in orders, fills and balances afterwards."""
    order = account.place("BTCUSDT", "buy", "0.01", 88000)
    resting = account.place("ETHUSDT", "sell", 1, 4000)
    client = logged_in(world, "orders#*")
    world.faults.disconnect(NAME)
    assert client.ended
    account.partial(order, "0.004")
    account.fill(order)
    [one] = rest(world, "/v1/account/accounts")["data"]
    assert [*one] == ["id", "type", "subtype", "state"]
    [row] = rest(world, "/v1/order/openOrders", **{"account-id": str(one["id"]), "symbol": "ethusdt"})["data"]
    assert (row["id"], row["state"], row["filled-amount"]) == (int(resting.order_id), "submitted", "0")
    row = rest(world, f"/v1/order/orders/{order.order_id}")["data"]
    assert (row["state"], row["field-amount"], row["field-cash-amount"], row["field-fees"]) == (
        "filled", "0.01", "880", "0.00002",
    )  # fmt: skip
    fills = rest(world, "/v1/order/matchresults", symbol="btcusdt")["data"]
    assert [str(fill["trade-id"]) for fill in reversed(fills)] == [fill.trade_id for fill in world.truth.fills(NAME)]
    assert rest(world, "/v1/order/matchresults", **{"from": str(fills[1]["id"])})["data"] == fills[1:]
    listed = rest(world, f"/v1/account/accounts/{one['id']}/balance")["data"]["list"]
    assert [row for row in listed if row["currency"] == "eth"] == [
        {"currency": "eth", "type": "trade", "balance": "59"},
        {"currency": "eth", "type": "frozen", "balance": "1"},
    ]


def test_rest_errors_have_their_codes(world, account):
    """An unknown order, account, symbol or number is refused with status 200 and a code."""
    assert rest(world, "/v1/order/orders/1")["err-code"] == "base-record-invalid"
    assert rest(world, "/v1/account/accounts/1/balance")["err-code"] == "account-get-balance-account-inexistent-error"
    assert rest(world, "/v1/order/openOrders", symbol="nosuch")["err-msg"] == "invalid symbol"
    assert rest(world, "/v1/order/matchresults", size="x")["err-msg"] == "invalid size"


def test_pushes_can_be_late_and_out_of_order(world, account):
    """A fill with its fee can be held back until after the cancellation, as the venue warns."""
    client = logged_in(world, "trade.clearing#btcusdt#1")
    world.faults.reorder(NAME, "fills")
    order = account.place("BTCUSDT", "buy", "0.01", 88000)
    account.cancel(account.partial(order, "0.004"))
    assert [push["data"]["eventType"] for push in client.take()] == ["cancellation", "trade"]
