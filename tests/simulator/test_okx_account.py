"""OKX private channels and signed REST as the simulator speaks them, against the venue's documented messages."""

import json
from datetime import UTC, datetime

import pytest

from bt_api_py.simulator.dialects.okx.keys import login_text, request_text
from bt_api_py.simulator.signatures import base64_hmac

from .simulated import like

NAME, PATH = "OKX___SPOT", "/ws/v5/private"
KEY, SECRET, PHRASE = "985d5b66-57ce-40fb-b714-afc0b9787083", "22582BD0CFF14C41EDBF1AB98506286D", "123456"
ORDERS = {"channel": "orders", "instType": "ANY"}
ACCOUNT = {"channel": "account", "extraParams": '{"updateInterval":"0"}'}
POSITIONS = {"channel": "positions", "instType": "ANY", "extraParams": '{"updateInterval":"0"}'}
ORDER_PUSH = (
    '{"arg":{"channel":"orders","instType":"ANY","uid":"7"},"data":[{"instType":"SPOT","instId":"B","ordId":"2",'
    '"clOrdId":"b","tag":"","px":"8","sz":"0","notionalUsd":"8","ordType":"limit","side":"buy","posSide":"net",'
    '"tdMode":"cash","tgtCcy":"","accFillSz":"0","avgPx":"8","fillPx":"8","fillSz":"0","tradeId":"7",'
    '"fillTime":"1","fillFee":"-0","fillFeeCcy":"BTC","execType":"M","fee":"-0","feeCcy":"BTC","rebate":"0",'
    '"rebateCcy":"USDT","pnl":"0","state":"p","lever":"0","cancelSource":"","cancelSourceReason":"",'
    '"category":"normal","amendResult":"","amendSource":"","reqId":"","code":"0","msg":"","source":"",'
    '"stpMode":"c","reduceOnly":"false","cTime":"1","uTime":"1"}]}'
)
ACCOUNT_PUSH = (
    '{"arg":{"channel":"account","extraParams":"e","uid":"7"},"eventType":"snapshot","curPage":1,"lastPage":true,'
    '"data":[{"uTime":"1","totalEq":"1","details":[{"ccy":"U","eq":"1","cashBal":"1","availBal":"1","availEq":"1",'
    '"frozenBal":"3","ordFrozen":"3","upl":"0","uTime":"1"}]}]}'
)


@pytest.fixture
def world(virtual):
    """OKX with strict keys."""
    return virtual(exchanges=[NAME], strict_keys=True)


@pytest.fixture
def account(world):
    return world.account(NAME, KEY, secret=SECRET, passphrase=PHRASE)


def login(world, *, key=KEY, secret=SECRET, passphrase=PHRASE, seconds=0, stamp=None):
    stamp = str(int(world.clock.time) + seconds) if stamp is None else stamp
    sign = base64_hmac(secret, login_text(stamp))
    return {"op": "login", "args": [{"apiKey": key, "passphrase": passphrase, "timestamp": stamp, "sign": sign}]}


def logged_in(world, *args, **options):
    client = world.connect(NAME, PATH)
    [answer] = world.send(client, login(world, **options))
    assert like(answer, '{"event":"login","code":"0","msg":"","connId":"a"}')
    if args:
        assert all(answer["event"] != "error" for answer in subscribe(world, client, *args) if "event" in answer)
    return client


def subscribe(world, client, *args):
    return world.send(client, {"op": "subscribe", "args": list(args)})


def rest(world, path, query="", *, key=KEY, secret=SECRET, passphrase=PHRASE, seconds=0, **headers):
    moment = datetime.fromtimestamp(world.clock.time + seconds, UTC)
    stamp = moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
    given = {
        "OK-ACCESS-KEY": key,
        "OK-ACCESS-PASSPHRASE": passphrase,
        "OK-ACCESS-TIMESTAMP": stamp,
        "OK-ACCESS-SIGN": base64_hmac(secret, request_text(stamp, "GET", path, query, "")),
    }
    return world.request(NAME, path, query, given | headers)


@pytest.mark.parametrize(
    ("text", "signature"),
    [
        (login_text("1704876947"), "5/36BgGV6m/6pmdc20zdqk0mzF5ZalmzzPD2fo3wavU="),
        (login_text("1538054050"), "+LdIr8lkkvhr5hoA3g9TMC0+uQJ849ftAcocA/ouu4M="),
        (
            request_text("2020-12-08T09:08:57.715Z", "GET", "/api/v5/account/balance", "ccy=BTC", ""),
            "HiZhvSfMtWJA3uUIVXV3a/bSXNPCWvYFXoGCVS8V4zY=",
        ),
        (
            request_text(
                "2020-12-08T09:08:57.715Z",
                "POST",
                "/api/v5/account/set-leverage",
                "",
                '{"instId":"BTC-USDT","lever":"5","mgnMode":"isolated"}',
            ),
            "eCnnCgWLjlQ9XnpUkrcny3qNq3WW/81KNrDr/XR6Xv8=",
        ),
    ],
)
def test_signatures_are_the_known_ones(text, signature):
    """The known texts give the known signatures."""
    assert base64_hmac(SECRET, text) == signature


def test_a_known_signature_logs_in_at_its_time(world, account):
    """The documented login is accepted within 30 s of its timestamp."""
    sign = "5/36BgGV6m/6pmdc20zdqk0mzF5ZalmzzPD2fo3wavU="
    arg = {"apiKey": KEY, "passphrase": PHRASE, "timestamp": "1704876947", "sign": sign}
    for offset, event in ((30, "login"), (31, "error")):
        world.clock.time = 1704876947.0 + offset
        client = world.connect(NAME, PATH)
        assert world.send(client, {"op": "login", "args": [arg]})[0]["event"] == event


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"key": ""}, "60001"),
        ({"passphrase": ""}, "60003"),
        ({"stamp": "2026-11-21T00:00:00Z"}, "60004"),
        ({"stamp": ""}, "60004"),
        ({"key": "no key"}, "60005"),
        ({"seconds": -31}, "60006"),
        ({"seconds": 31}, "60006"),
        ({"stamp": "1795219200000"}, "60006"),
        ({"secret": "wrong"}, "60007"),
        ({"passphrase": "wrong"}, "60024"),
        ({"key": "unknown"}, "60032"),
    ],
)
def test_logins_are_checked(world, account, change, code):
    """A wrong key, signature, passphrase or time is refused with the venue's code, and the connection ends."""
    client = world.connect(NAME, PATH)
    [answer] = world.send(client, login(world, **change))
    assert like(answer, '{"event":"error","code":"6","msg":"L","connId":"a"}')
    assert answer["code"] == code
    assert client.ended == (4001, "Login failed")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"key": ""}, "50103"),
        ({"passphrase": ""}, "50104"),
        ({"passphrase": "wrong"}, "50105"),
        ({"OK-ACCESS-SIGN": ""}, "50106"),
        ({"OK-ACCESS-TIMESTAMP": ""}, "50107"),
        ({"OK-ACCESS-TIMESTAMP": "1795219200"}, "50112"),
        ({"seconds": -31}, "50102"),
        ({"key": "unknown"}, "50111"),
        ({"secret": "wrong"}, "50113"),
        ({"x-simulated-trading": "1"}, "50101"),
    ],
)
def test_signed_requests_are_checked(world, account, change, code):
    """A REST request with a wrong header is refused with 401 and the venue's code."""
    assert rest(world, "/api/v5/account/balance", "ccy=BTC")[0] == 200
    status, body = rest(world, "/api/v5/account/balance", "ccy=BTC", **change)
    assert (status, body["code"], body["data"]) == (401, code, [])


@pytest.mark.parametrize(
    ("options", "code"), [({"permissions": ()}, "50120"), ({"ip_ok": False}, "50110"), ({"demo": True}, "50101")]
)
def test_a_key_that_may_not_is_refused(world, options, code):
    """A key without permission, from a wrong address or of the demo environment is refused."""
    world.account(NAME, KEY, secret=SECRET, passphrase=PHRASE, **options)
    assert rest(world, "/api/v5/account/balance")[1]["code"] == code
    if "demo" in options:
        assert rest(world, "/api/v5/account/balance", **{"x-simulated-trading": "1"})[0] == 200
    else:
        client = world.connect(NAME, PATH)
        assert world.send(client, login(world))[0]["code"] == "60009"


def test_order_matters_on_the_socket(world, account):
    """Subscribing before the login gets 60011, a second login 60010, a login on the public socket 60008."""
    client = world.connect(NAME, PATH)
    assert [answer["code"] for answer in subscribe(world, client, ORDERS)] == ["60011"]
    world.send(client, login(world))
    assert world.send(client, login(world))[0]["code"] == "60010"
    assert world.send(world.connect(NAME, "/ws/v5/public"), login(world))[0]["code"] == "60008"


@pytest.mark.parametrize(
    ("arg", "code"),
    [
        ({"channel": "tickers", "instId": "BTC-USDT"}, "60018"),
        ({"channel": "orders", "instType": "ANY", "instId": "NO-SUCH"}, "60018"),
        ({"channel": "orders"}, "60013"),
        ({"channel": "account", "extraParams": "nonsense"}, "60013"),
    ],
)
def test_wrong_arguments_are_refused(world, account, arg, code):
    """What the private socket does not carry, or carries otherwise, is an error."""
    [answer] = subscribe(world, logged_in(world), arg)
    assert (answer["event"], answer["code"]) == ("error", code)


def test_subscriptions_are_acknowledged_and_counted(world, account):
    """The acknowledgement is followed by the count of connections, then by what the channel begins with."""
    client = logged_in(world)
    answers = subscribe(world, client, ORDERS, ACCOUNT)
    assert [answer.get("event") for answer in answers] == [
        "subscribe", "channel-conn-count", "subscribe", "channel-conn-count", None,
    ]  # fmt: skip
    assert answers[0]["arg"] == ORDERS
    assert like(answers[1], '{"event":"channel-conn-count","channel":"orders","connCount":"2","connId":"a"}')
    assert like(answers[4], ACCOUNT_PUSH)


def test_orders_are_told_as_documented(world, account):
    """Placing, filling and cancelling push the documented keys, words and figures; fees are negative when paid."""
    client = logged_in(world, ORDERS)
    order = account.place("BTCUSDT", "buy", "0.01", 88000, client_order_id="bt000017")
    account.partial(order, "0.004")
    account.cancel(order)
    pushes = client.take()
    assert all(like(push, ORDER_PUSH) for push in pushes)
    new, fill, cancel = (push["data"][0] for push in pushes)
    assert (new["state"], new["avgPx"], new["fillSz"], new["tradeId"], new["fee"]) == ("live", "", "0", "", "0")
    names = ("ordId", "clOrdId", "px", "sz", "notionalUsd", "accFillSz", "avgPx", "fillPx", "fillSz", "fillFee", "fee")
    assert [fill[name] for name in names] == [
        order.order_id, "bt000017", "88000", "0.01", "880", "0.004", "88000", "88000", "0.004", "-0.0000032",
        "-0.0000032",
    ]  # fmt: skip
    assert (fill["state"], fill["execType"], fill["fillFeeCcy"]) == ("partially_filled", "M", "BTC")
    assert (cancel["state"], cancel["cancelSource"], cancel["accFillSz"], cancel["fillSz"]) == (
        "canceled", "1", "0.004", "0",
    )  # fmt: skip
    assert len(order.order_id) == 19


def test_other_ends_are_cancellations_with_a_source(world, account):
    """Refused and lapsed orders are canceled, told apart by cancelSource; a market order has no price."""
    client = logged_in(world, ORDERS)
    account.reject(account.place("BTCUSDT", "buy", "0.01", 88000, "limit_maker"), "would take")
    account.expire(account.place("BTCUSDT", "buy", "0.01", 88000, "ioc"))
    account.expire(account.place("BTCUSDT", "buy", "0.01", 88000, "fok"))
    account.fill(account.place("BTCUSDT", "sell", "0.01", type="market"))
    rows = [push["data"][0] for push in client.take()]
    ends = [(row["ordType"], row["state"], row["cancelSource"]) for row in rows if row["state"] != "live"]
    assert ends == [
        ("post_only", "canceled", "31"),
        ("ioc", "canceled", "14"),
        ("fok", "canceled", "13"),
        ("market", "filled", ""),
    ]
    assert (rows[-1]["px"], rows[-1]["tgtCcy"], rows[-1]["execType"], rows[-1]["feeCcy"]) == (
        "", "base_ccy", "T", "USDT",
    )  # fmt: skip


def test_arguments_choose_what_is_pushed(world, account):
    """An instrument, a type or a currency in the argument limits the pushes to it."""
    client = logged_in(
        world,
        {"channel": "orders", "instType": "SPOT", "instId": "ETH-USDT"},
        {"channel": "orders", "instType": "SWAP"},
        {"channel": "account", "ccy": "ETH", "extraParams": '{"updateInterval":"0"}'},
    )
    client.take()
    account.place("BTCUSDT", "buy", "0.01", 88000)
    account.fill(account.place("ETHUSDT", "sell", 1, 3000))
    pushes = client.take()
    assert [push["arg"].get("instId", "account") for push in pushes] == ["ETH-USDT", "account", "ETH-USDT", "account"]
    assert [row["ccy"] for push in pushes[1::2] for row in push["data"][0]["details"]] == ["ETH", "ETH"]


def test_balances_begin_with_everything_and_follow_with_changes(world, account):
    """The account channel sends all currencies first, then those that changed, with the documented keys."""
    client = logged_in(world)
    snapshot = subscribe(world, client, ACCOUNT)[-1]
    assert {row["ccy"] for row in snapshot["data"][0]["details"]} == set(account.balances())
    account.place("BTCUSDT", "buy", "0.004", 88000)
    [push] = client.take()
    assert push["eventType"] == "event_update"
    assert "curPage" not in push
    [row] = push["data"][0]["details"]
    assert [row[name] for name in ("ccy", "eq", "cashBal", "availBal", "frozenBal")] == [
        "USDT", "250000", "250000", "249648", "352",
    ]  # fmt: skip


def test_a_large_snapshot_comes_in_pages(world):
    """More than ten currencies come in pages, the last one marked; what is zero is left out."""
    world.account(NAME, KEY, secret=SECRET, passphrase=PHRASE, balances={f"C{n:02}": n for n in range(13)})
    pages = [push for push in subscribe(world, logged_in(world), ACCOUNT) if "data" in push]
    assert [(page["curPage"], page["lastPage"], len(page["data"][0]["details"])) for page in pages] == [
        (1, False, 10),
        (2, True, 2),
    ]


def test_regular_pushes_come_unless_refused(world, account):
    """Without updateInterval 0 the present state is pushed every five seconds beside the events."""
    client = logged_in(world, {"channel": "account"}, POSITIONS)
    client.take()
    world.run(10.1)
    assert [(push["arg"]["channel"], push["eventType"]) for push in client.take()] == [("account", "snapshot")] * 2


def test_the_light_channel_tells_cash(world, account):
    """balance_and_position begins with a snapshot and tells fills with their trades, but no placing."""
    client = logged_in(world)
    snapshot = subscribe(world, client, {"channel": "balance_and_position"})[-1]
    assert snapshot["data"][0]["eventType"] == "snapshot"
    order = account.place("BTCUSDT", "buy", "0.01", 88000)
    assert client.take() == []
    order = account.fill(order)
    [push] = client.take()
    [row] = push["data"]
    assert (row["eventType"], row["trades"]) == ("filled", [{"instId": "BTC-USDT", "tradeId": order.last.trade_id}])
    assert {one["ccy"]: one["cashBal"] for one in row["balData"]} == {"USDT": "249120", "BTC": "5.009992"}


def test_the_31st_connection_gets_no_data(world, account):
    """The connection beyond thirty is acknowledged, told so, and silent."""
    clients = []
    for _ in range(31):
        world.clock.time += 1
        clients.append(logged_in(world))
    events = [subscribe(world, client, ORDERS)[-1] for client in clients]
    assert [event["event"] for event in events] == ["channel-conn-count"] * 30 + ["channel-conn-count-error"]
    assert [int(event["connCount"]) for event in events] == [*range(1, 31), 30]
    account.place("BTCUSDT", "buy", "0.01", 88000)
    assert [len(client.take()) for client in clients] == [1] * 30 + [0]


def test_revocation_and_expiry_end_the_connection(world, account):
    """expire_token cuts the connection and the key stays good; a revoked key is told 4007 and then unknown."""
    client = logged_in(world)
    world.faults.expire_token(NAME)
    assert client.ended[0] == 1001
    client = logged_in(world)
    account.revoke()
    assert client.ended == (4007, "API key changed")
    assert world.send(world.connect(NAME, PATH), login(world))[0]["code"] == "60032"
    assert rest(world, "/api/v5/account/balance")[1]["code"] == "50111"


def test_a_wrong_clock_refuses_local_time(world, account):
    """With the venue's clock off by more than 30 s local time is refused; the venue tells its own."""
    world.faults.clock_skew(NAME, -40_000)
    assert world.send(world.connect(NAME, PATH), login(world))[0]["code"] == "60006"
    assert rest(world, "/api/v5/account/balance")[1]["code"] == "50102"
    _, body, _ = world.get(NAME, "/api/v5/public/time")
    assert body["data"] == [{"ts": str(int(world.clock.time * 1000) - 40_000)}]
    logged_in(world, seconds=-40)
    assert rest(world, "/api/v5/account/balance", seconds=-40)[0] == 200


def test_any_key_is_good_when_keys_are_not_strict(virtual):
    """Without strict keys any login that is complete gets a lively account."""
    world = virtual(exchanges=[NAME])
    client = logged_in(world, ORDERS, key="any", secret="x", passphrase="y", stamp="5")
    for _ in range(6):
        world.run(5)
        world.send(client, "ping")
    world.send(client, "ping")
    world.run(20)
    states = {push["data"][0]["state"] for push in client.take() if "arg" in push}
    assert {"live", "filled"} <= states


def test_what_happened_in_an_outage_is_in_rest(world, account):
    """Fills while nobody listened are in orders, fills and balances afterwards."""
    order = account.place("BTCUSDT", "buy", "0.01", 88000)
    resting = account.place("ETHUSDT", "sell", 1, 4000)
    client = logged_in(world, ORDERS)
    world.faults.disconnect(NAME)
    assert client.ended
    account.partial(order, "0.004")
    account.fill(order)
    [row] = rest(world, "/api/v5/trade/orders-pending")[1]["data"]
    assert (row["ordId"], row["state"]) == (resting.order_id, "live")
    assert set(row) <= set(json.loads(ORDER_PUSH)["data"][0])
    [row] = rest(world, "/api/v5/trade/order", f"instId=BTC-USDT&ordId={order.order_id}")[1]["data"]
    assert (row["state"], row["accFillSz"], row["avgPx"], row["fee"]) == ("filled", "0.01", "88000", "-0.000008")
    assert rest(world, "/api/v5/trade/orders-history", "instType=SPOT")[1]["data"] == [row]
    fills = rest(world, "/api/v5/trade/fills", "instType=SPOT")[1]["data"]
    assert [fill["tradeId"] for fill in reversed(fills)] == [fill.trade_id for fill in world.truth.fills(NAME)]
    older = rest(world, "/api/v5/trade/fills", f"after={fills[0]['billId']}")[1]["data"]
    newer = rest(world, "/api/v5/trade/fills", f"before={fills[1]['billId']}")[1]["data"]
    assert (older, newer) == (fills[1:], fills[:1])
    [row] = rest(world, "/api/v5/account/balance", "ccy=ETH")[1]["data"][0]["details"]
    assert (row["ccy"], row["availBal"], row["frozenBal"]) == ("ETH", "59", "1")


def test_rest_errors_have_their_codes(world, account):
    """An unknown order and missing parameters are refused with the venue's codes."""
    assert rest(world, "/api/v5/trade/order", "instId=BTC-USDT&ordId=1")[1]["code"] == "51603"
    assert rest(world, "/api/v5/trade/order", "instId=BTC-USDT")[1]["code"] == "50015"
    assert rest(world, "/api/v5/trade/orders-history")[1]["code"] == "50014"
    assert rest(world, "/api/v5/trade/fills", "after=x")[1]["code"] == "51000"
    statuses = [rest(world, "/api/v5/account/positions")[0] for _ in range(11)]
    assert statuses == [200] * 10 + [429]


def test_pushes_can_be_doubled_and_lost(world, account):
    """Account pushes pass the same faults as market data."""
    client = logged_in(world, ORDERS, ACCOUNT)
    client.take()
    world.faults.duplicate(NAME, "orders")
    world.faults.skip(NAME, "balances")
    account.place("BTCUSDT", "buy", "0.01", 88000)
    assert [push["arg"]["channel"] for push in client.take()] == ["orders", "orders"]
