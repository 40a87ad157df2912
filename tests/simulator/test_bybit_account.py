"""Bybit's private channels and signed REST as the simulator speaks them, against the venue's documented messages."""

import pytest

from bt_api_py.simulator.dialects.bybit.keys import login_text, request_text
from bt_api_py.simulator.signatures import hex_hmac

from .simulated import like

SPOT, SWAP, PATH = "BYBIT___SPOT", "BYBIT___SWAP", "/v5/private"
KEY, SECRET = "docsKey", "docsSecret"
ORDER_PUSH = (
    '{"id":"a","topic":"order.spot","creationTime":1672364262474,"data":[{"category":"spot","symbol":"BTCUSDT",'
    '"orderId":"1523347543495541248","orderLinkId":"my-1","side":"Buy","orderType":"Limit","price":"30000","qty":"0.010",'
    '"orderStatus":"PartiallyFilled","timeInForce":"GTC","avgPrice":"29999.5","leavesQty":"0.006","leavesValue":"180",'
    '"cumExecQty":"0.004","cumExecValue":"119.998","cumExecFee":"0.000004","cumFeeDetail":{"BTC":"0.000004"},'
    '"cancelType":"UNKNOWN","rejectReason":"EC_NoError","createdTime":"1672364262444","updatedTime":"1672364262457",'
    '"isLeverage":"0","stopOrderType":"","triggerPrice":"","reduceOnly":false,"marketUnit":""}]}'
)
WALLET_PUSH = (
    '{"id":"a","topic":"wallet","creationTime":1700034722104,"data":[{"accountType":"UNIFIED","totalEquity":"10262.91",'
    '"totalWalletBalance":"9684.46","totalAvailableBalance":"9556.60","coin":[{"coin":"USDT","equity":"1000.5",'
    '"usdValue":"1000.4","walletBalance":"1000.5","locked":"120","totalOrderIM":"0","totalPositionIM":"0",'
    '"unrealisedPnl":"0","borrowAmount":"0","spotBorrow":"0","availableToWithdraw":""}]}]}'
)


@pytest.fixture
def world(virtual):
    """Both categories, with strict keys."""
    return virtual(exchanges=[SPOT, SWAP], strict_keys=True)


@pytest.fixture
def account(world):
    return world.account(SPOT, KEY, secret=SECRET)


@pytest.fixture
def margin(world):
    return world.account(SWAP, KEY, secret=SECRET)


def login(world, *, key=KEY, secret=SECRET, ahead_ms=10_000):
    expires = int(world.clock.time * 1000) + ahead_ms
    return {"req_id": "1", "op": "auth", "args": [key, expires, hex_hmac(secret, login_text(expires))]}


def subscribe(world, client, *names):
    [answer] = world.send(client, {"req_id": "2", "op": "subscribe", "args": list(names)})
    return answer


def following(world, name, *names):
    """Return a client that has logged in and subscribed."""
    client = world.connect(name, PATH)
    [answer] = world.send(client, login(world))
    assert like(answer, '{"success":true,"ret_msg":"","op":"auth","conn_id":"cejreaspqfh3sjdnldmg-p"}')
    assert subscribe(world, client, *names)["success"]
    return client


def rest(world, name, path, query="", *, key=KEY, secret=SECRET, late_ms=0, window="5000"):
    stamp = str(int(world.clock.time * 1000) - late_ms)
    headers = {
        "X-BAPI-API-KEY": key,
        "X-BAPI-TIMESTAMP": stamp,
        "X-BAPI-RECV-WINDOW": window,
        "X-BAPI-SIGN": hex_hmac(secret, request_text(stamp, key, window, query)),
    }
    status, body = world.request(name, path, query, headers)
    assert status == 200
    return body


def test_signatures_are_the_known_ones():
    """The documented texts give the documented signatures."""
    login_signature = "d51817983ecf72a2b0064aef381aabd5243f8f697230847a9a59c760a6436971"
    assert hex_hmac(SECRET, login_text(1700000010000)) == login_signature
    text = request_text("1700000000000", KEY, "5000", "category=spot&symbol=BTCUSDT")
    assert hex_hmac(SECRET, text) == "dfadd7ab56cdaf47dfc1f0ca1383938195e169406d47619e5c18846bbb60ce69"


@pytest.mark.parametrize(
    ("change", "code"),
    [({"key": "nobody"}, 10003), ({"secret": "wrong"}, 10004), ({"ahead_ms": 0}, 10002), ({"ahead_ms": -1}, 10002)],
)
def test_logins_are_checked(world, account, change, code):
    """A wrong key, signature or time is refused with the venue's code."""
    [answer] = world.send(world.connect(SPOT, PATH), login(world, **change))
    assert like(answer, '{"op":"auth","connId":"a","success":false,"retCode":10003,"retMsg":"Invalid apikey"}')
    assert answer["retCode"] == code


@pytest.mark.parametrize("args", [None, [], [KEY, "soon", "x"], [7, 7, "x"]])
def test_a_login_that_makes_no_sense(world, account, args):
    """A login without its three arguments is refused."""
    [answer] = world.send(world.connect(SPOT, PATH), {"op": "auth", "args": args})
    assert answer["retCode"] == 10001


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"key": "nobody"}, 10003),
        ({"secret": "wrong"}, 10004),
        ({"late_ms": 5001}, 10002),
        ({"late_ms": -1000}, 10002),
        ({"late_ms": 5001, "window": "6000"}, 0),
        ({}, 0),
    ],
)
def test_signed_calls_are_checked(world, account, change, code):
    """A call with a wrong key, signature or time is refused with a good status and the venue's code."""
    assert rest(world, SPOT, "/v5/order/realtime", "category=spot", **change)["retCode"] == code


@pytest.mark.parametrize(("options", "code"), [({"permissions": ()}, 10005), ({"ip_ok": False}, 10010)])
def test_a_key_that_may_not_is_refused(world, options, code):
    """A key without permission or from a wrong address is refused on both sides."""
    world.account(SPOT, KEY, secret=SECRET, **options)
    assert rest(world, SPOT, "/v5/order/realtime", "category=spot")["retCode"] == code
    assert world.send(world.connect(SPOT, PATH), login(world))[0]["retCode"] == code


def test_what_is_subscribed_is_checked(world, account):
    """Nothing is served before the login, no unknown topic, and no mixture of both forms of a name."""
    client = world.connect(SPOT, PATH)
    assert not subscribe(world, client, "order.spot")["success"]
    world.send(client, login(world))
    answer = subscribe(world, client, "wallet", "orders")
    assert answer["ret_msg"] == "error:handler not found,topic:orders"
    assert not subscribe(world, client, "order", "execution.spot")["success"]
    assert subscribe(world, client, "order.spot", "wallet")["success"]
    assert subscribe(world, client, "execution")["success"]


def test_a_private_pong_has_a_form_of_its_own(world, account):
    """The answer to a ping names the time."""
    [answer] = world.send(world.connect(SPOT, PATH), {"req_id": "7", "op": "ping"})
    assert like(answer, '{"op":"pong","args":["1675418560633"],"req_id":"7","conn_id":"a"}')


def test_orders_are_told_as_documented(world, account):
    """Placing, filling and cancelling push the documented keys, words and figures; no stream begins with a state."""
    account.place("ETHUSDT", "buy", 1, 3000)
    client = following(world, SPOT, "order.spot")
    order = account.place("BTCUSDT", "buy", "0.01", 80000, client_order_id="my-1")
    account.partial(order, "0.004")
    account.cancel(order)
    pushes = client.take()
    assert like(pushes[1], ORDER_PUSH)
    new, fill, cancel = (push["data"][0] for push in pushes)
    assert (new["orderStatus"], new["avgPrice"], new["cumFeeDetail"], new["cumExecQty"]) == ("New", "", {}, "0")
    names = ("orderLinkId", "side", "price", "qty", "orderStatus", "avgPrice", "leavesQty", "cumExecQty")
    assert [fill[name] for name in names] == [
        "my-1", "Buy", "80000", "0.01", "PartiallyFilled", "80000", "0.006", "0.004",
    ]  # fmt: skip
    assert fill["cumFeeDetail"] == {"BTC": "0.000004"}
    assert (cancel["orderStatus"], cancel["cancelType"]) == ("PartiallyFilledCanceled", "CancelByUser")


def test_there_is_no_word_for_an_order_that_expired(world, account):
    """What lapses is cancelled, what would take is rejected, and an order to buy at any price offers money."""
    client = following(world, SPOT, "order")
    account.expire(account.place("BTCUSDT", "buy", "0.01", 80000, "ioc"))
    account.reject(account.place("BTCUSDT", "buy", "0.01", 80000, "limit_maker"), "would take")
    bought = account.fill(account.place("BTCUSDT", "buy", "0.01", type="market"))
    rows = [push["data"][0] for push in client.take()]
    names = ("timeInForce", "orderStatus", "rejectReason")
    ends = [tuple(row[name] for name in names) for row in rows if row["orderStatus"] != "New"]
    assert ends == [
        ("IOC", "Cancelled", "EC_NoError"),
        ("PostOnly", "Rejected", "EC_PostOnlyWillTakeLiquidity"),
        ("IOC", "Filled", "EC_NoError"),
    ]
    assert (rows[-1]["orderType"], rows[-1]["price"], rows[-1]["marketUnit"]) == ("Market", "", "")
    assert float(rows[-1]["qty"]) == float(bought.budget)


def test_an_execution_has_its_fee(world, account):
    """What is received pays the fee."""
    client = following(world, SPOT, "execution.spot")
    for side in ("buy", "sell"):
        account.fill(account.place("BTCUSDT", side, "0.01", 80000))
    bought, sold = (push["data"][0] for push in client.take())
    names = ("side", "execPrice", "execQty", "execValue", "execFee", "feeRate", "feeCurrency", "isMaker", "execType")
    assert [bought[name] for name in names] == [
        "Buy", "80000", "0.01", "800", "0.00001", "0.001", "BTC", True, "Trade",
    ]  # fmt: skip
    assert [sold[name] for name in names[4:7]] == ["0.8", "0.001", "USDT"]


def test_the_wallet_is_told_as_documented(world, account):
    """Coins that changed are pushed with what orders hold."""
    client = following(world, SPOT, "wallet")
    account.place("BTCUSDT", "buy", "0.01", 80000)
    [push] = client.take()
    assert like(push, WALLET_PUSH)
    [coin] = push["data"][0]["coin"]
    assert (coin["coin"], coin["walletBalance"], coin["locked"], coin["totalOrderIM"]) == ("USDT", "250000", "800", "0")


def test_a_position_is_told_with_every_order(world, margin):
    """Every order of a contract pushes its position, changed or not; a short one has a side and a positive size."""
    client = following(world, SWAP, "position.linear", "wallet")
    margin.fill(margin.place("BTCUSDT", "sell", "0.01", 80000))
    pushes = client.take()
    flat, held = (push["data"][0] for push in pushes if push["topic"] == "position.linear")
    assert (flat["side"], flat["size"], flat["entryPrice"]) == ("", "0", "0")
    assert (held["side"], held["size"], held["entryPrice"], held["positionIdx"]) == ("Sell", "0.01", "80000", 0)
    coins = [push["data"][0]["coin"][0] for push in pushes if push["topic"] == "wallet"]
    assert [(coin["locked"], coin["totalOrderIM"], coin["totalPositionIM"]) for coin in coins] == [
        ("0", "80", "0"),
        ("0", "0", "80"),
    ]


def test_only_what_was_asked_for_comes(world, account):
    """Topics of another category, or given back, bring nothing."""
    client = following(world, SPOT, "order.linear", "wallet")
    world.send(client, {"req_id": "3", "op": "unsubscribe", "args": ["wallet"]})
    account.place("BTCUSDT", "buy", "0.01", 80000)
    assert client.take() == []


def test_lists_of_orders(world, account):
    """Open and past orders are lists of their own, newest first, by pages; an id finds an order in either state."""
    path = "/v5/order/realtime"
    placed = [account.place("BTCUSDT", "buy", "0.01", 80000 - step) for step in range(3)]
    first = rest(world, SPOT, path, "category=spot&limit=2")["result"]
    assert [row["orderId"] for row in first["list"]] == [placed[2].order_id, placed[1].order_id]
    rest_of = rest(world, SPOT, path, f"category=spot&limit=2&cursor={first['nextPageCursor']}")["result"]
    assert [row["orderId"] for row in rest_of["list"]] == [placed[0].order_id]
    assert rest_of["nextPageCursor"] == ""
    account.cancel(placed[0])
    assert len(rest(world, SPOT, path, "category=spot")["result"]["list"]) == 2
    [row] = rest(world, SPOT, path, f"category=spot&orderId={placed[0].order_id}")["result"]["list"]
    assert row == rest(world, SPOT, "/v5/order/history", "category=spot")["result"]["list"][0]
    assert row["orderStatus"] == "Cancelled"


def test_lists_of_executions_and_coins(world, account):
    """Executions are listed newest first, and coins without what is nothing."""
    account.fill(account.place("BTCUSDT", "buy", "0.01", 80000))
    account.fill(account.place("ETHUSDT", "sell", 1, 3000))
    account.transfer("USDC", "-50000")
    listed = rest(world, SPOT, "/v5/execution/list", "category=spot&limit=1")["result"]
    assert [row["symbol"] for row in listed["list"]] == ["ETHUSDT"]
    [wallet] = rest(world, SPOT, "/v5/account/wallet-balance", "accountType=UNIFIED")["result"]["list"]
    held = {coin["coin"]: coin["walletBalance"] for coin in wallet["coin"]}
    assert (held["BTC"], held["ETH"], "USDC" in held) == ("5.00999", "59", False)
    assert rest(world, SPOT, "/v5/account/wallet-balance")["retCode"] == 10001


def test_lists_of_contracts_name_a_symbol_or_an_asset(world, margin):
    """Without either a list is refused; by asset it has what is held, by symbol also what is not."""
    margin.fill(margin.place("BTCUSDT", "buy", "0.01", 80000))
    path = "/v5/position/list"
    assert rest(world, SWAP, path, "category=linear")["retCode"] == 10001
    assert rest(world, SWAP, "/v5/order/realtime", "category=linear")["retCode"] == 10001
    assert rest(world, SWAP, path, "category=spot&settleCoin=USDT")["retCode"] == 10001
    [row] = rest(world, SWAP, path, "category=linear&settleCoin=USDT")["result"]["list"]
    assert (row["symbol"], row["side"], row["size"], row["avgPrice"]) == ("BTCUSDT", "Buy", "0.01", "80000")
    assert rest(world, SWAP, path, "category=linear&settleCoin=USDC")["result"]["list"] == []
    [row] = rest(world, SWAP, path, "category=linear&symbol=ETHUSDT")["result"]["list"]
    assert (row["side"], row["size"]) == ("", "0")


def test_expiry_and_revocation_end_the_connection(world, account):
    """A session that expires is closed and the key stays good; a key that is taken back is good for nothing."""
    client = following(world, SPOT, "wallet")
    world.faults.expire_token(SPOT)
    assert client.ended is not None
    client = following(world, SPOT, "wallet")
    account.revoke()
    assert client.ended is not None
    assert rest(world, SPOT, "/v5/order/realtime", "category=spot")["retCode"] == 10003
