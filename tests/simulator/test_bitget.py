"""The simulated Bitget speaks as the venue's documents say."""

from itertools import pairwise
from zlib import crc32

import pytest

from bt_api_py.simulator.dialects.bitget.keys import login_text, request_text
from bt_api_py.simulator.signatures import base64_hmac

from .simulated import START, VirtualWorld, like

BITGET = "BITGET___SPOT"
PUBLIC = "/v2/ws/public"


@pytest.fixture
def world():
    return VirtualWorld(exchanges=[BITGET], rate=10.0)


def argument(channel, symbol="BTCUSDT"):
    return {"instType": "SPOT", "channel": channel, "instId": symbol}


def ask(*arguments, op="subscribe"):
    return {"op": op, "args": list(arguments)}


def subscribed(world, channel):
    """Return a client that has subscribed."""
    client = world.connect(BITGET, PUBLIC)
    assert world.send(client, ask(argument(channel))) == [{"event": "subscribe", "arg": argument(channel)}]
    return client


SAMPLES = {
    "ticker": '{"action":"snapshot","arg":{"instType":"SPOT","channel":"ticker","instId":"BTCUSDT"},"data":[{'
    '"instId":"BTCUSDT","lastPr":"43528.19","open24h":"42267.78","high24h":"44490.00","low24h":"41401.53",'
    '"change24h":"0.03879","bidPr":"43528","askPr":"43528.01","bidSz":"0.0334","askSz":"0.1917",'
    '"baseVolume":"15002.4216","quoteVolume":"648006446.7164","openUtc":"44071.18","changeUtc24h":"-0.01232",'
    '"ts":"1701842994338"}],"ts":1701842994341}',
    "trade": '{"action":"update","arg":{"instType":"SPOT","channel":"trade","instId":"BTCUSDT"},"data":[{'
    '"ts":"1701910980366","price":"43854.01","size":"0.0535","side":"buy","tradeId":"1116461060594286593"}],'
    '"ts":1701910980730}',
    "books": '{"action":"snapshot","arg":{"instType":"SPOT","channel":"books","instId":"BTCUSDT"},"data":[{'
    '"asks":[["43528.01","0.1917"]],"bids":[["43527.99","0.5000"]],"checksum":0,"seq":123,"ts":"1730332800391"}],'
    '"ts":1730332800436}',
    "candle1m": '{"action":"snapshot","arg":{"instType":"SPOT","channel":"candle1m","instId":"BTCUSDT"},"data":[['
    '"1701871620000","44080.23","44080.23","44028.5","44028.51","9.9287","437404.105512","437404.105512"]],'
    '"ts":1701901610417}',
}


@pytest.mark.parametrize("channel", SAMPLES)
def test_data_has_the_form_of_the_documents(world, channel):
    """Every channel looks as printed."""
    client = subscribed(world, channel)
    world.run(5)
    assert like(client.take()[0], SAMPLES[channel])


def test_each_argument_is_answered_by_itself(world):
    """One that is wrong errs alone, the others of its command succeed."""
    client = world.connect(BITGET, PUBLIC)
    answers = world.send(client, ask(argument("ticker"), argument("ticker", "FOOUSDT"), argument("nothing")))
    assert answers == [
        {"event": "subscribe", "arg": argument("ticker")},
        {
            "event": "error",
            "code": 30001,
            "msg": "instType:SPOT,channel:ticker,instId:FOOUSDT doesn't exist",
            "arg": argument("ticker", "FOOUSDT"),
            "op": "subscribe",
        },
        {
            "event": "error",
            "code": 30001,
            "msg": "instType:SPOT,channel:nothing,instId:BTCUSDT doesn't exist",
            "arg": argument("nothing"),
            "op": "subscribe",
        },
    ]
    world.send(client, ask(argument("ticker"), op="unsubscribe"))
    world.run(5)
    assert client.take() == []


@pytest.mark.parametrize(
    ("request_", "code"),
    [({"op": "subscribe"}, 30002), (ask(argument("ticker"), op="dance"), 30003), (ask("ticker"), 30016)],
)
def test_what_is_no_command(world, request_, code):
    """A request that cannot be understood is an error that names nothing."""
    [answer] = world.send(world.connect(BITGET, PUBLIC), request_)
    assert (answer["event"], answer["code"]) == ("error", code)


def test_pings_keep_a_socket(world):
    """The text `ping` is answered by `pong`; a socket without one for two minutes is closed, whatever it sends."""
    pinging, silent = subscribed(world, "ticker"), subscribed(world, "ticker")
    for _ in range(5):
        world.run(25)
        assert world.send(pinging, "ping")[-1] == "pong"
    assert pinging.ended is None
    assert silent.ended == (1000, "no ping")


def test_haste_ends_a_connection(world):
    """More than ten messages in a second are too many."""
    client = world.connect(BITGET, PUBLIC)
    for _ in range(11):
        world.send(client, "ping")
    assert client.ended == (1008, "too many messages")


def test_a_book_kept_from_its_updates(world):
    """Snapshot and updates give the venue's own book at every number, and the checksum that was sent."""
    client = subscribed(world, "books")
    world.run(10)
    first, *changes = [frame["data"][0] for frame in client.take()]
    assert first["checksum"] == 0
    assert len(changes) > 20
    sides = {"bids": dict(first["bids"]), "asks": dict(first["asks"])}
    number = first["seq"]
    for change in changes:
        assert change["seq"] > number
        number = change["seq"]
        for side, held in sides.items():
            for price, quantity in change[side]:
                held[price] = quantity
                if quantity == "0":
                    del held[price]
        assert change["checksum"] == signed(checked(sides))
    truth = world.truth.book(BITGET, "BTCUSDT", number)
    assert sorted(map(float, sides["bids"]), reverse=True) == [float(price) for price, _ in truth.bids]
    assert sorted(map(float, sides["asks"])) == [float(price) for price, _ in truth.asks]


def checked(sides):
    """Return the text that the checksum is made of."""
    bids = sorted(sides["bids"].items(), key=lambda level: -float(level[0]))[:25]
    asks = sorted(sides["asks"].items(), key=lambda level: float(level[0]))[:25]
    return ":".join(":".join(level) for pair in zip(bids, asks, strict=True) for level in pair)


def signed(text):
    number = crc32(text.encode())
    return number - 2**32 if number >= 2**31 else number


def test_what_a_subscription_begins_with(world):
    """Trades and bars begin with the past, trades newest first and bars oldest first; ids grow and leave gaps."""
    client = subscribed(world, "trade")
    world.run(10)
    past, *news = client.take()
    assert (past["action"], {frame["action"] for frame in news}) == ("snapshot", {"update"})
    numbers = [int(row["tradeId"]) for frame in (past, *news) for row in reversed(frame["data"])]
    assert numbers == sorted(numbers)
    assert min(later - earlier for earlier, later in pairwise(numbers)) > 1
    bars = subscribed(world, "candle1m")
    world.run(1)
    opened = [int(row[0]) for row in bars.take()[0]["data"]]
    assert opened == list(range(opened[0], opened[-1] + 1, 60_000))


def test_rest_answers(world):
    """Lists come in the order of the documents, page back by id, and end before the time that is given."""
    world.run(70)
    _, body, _ = world.get(BITGET, "/api/v2/spot/market/fills", symbol="BTCUSDT", limit=5)
    assert (body["code"], body["msg"]) == ("00000", "success")
    numbers = [int(row["tradeId"]) for row in body["data"]]
    assert numbers == sorted(numbers, reverse=True)
    _, older, _ = world.get(
        BITGET, "/api/v2/spot/market/fills-history", symbol="BTCUSDT", limit=5, idLessThan=numbers[-1]
    )
    assert int(older["data"][0]["tradeId"]) < numbers[-1]
    assert {row["side"] for row in older["data"]} <= {"Buy", "Sell"}
    _, bars, _ = world.get(BITGET, "/api/v2/spot/market/candles", symbol="BTCUSDT", granularity="1min", limit=3)
    opened = [int(row[0]) for row in bars["data"]]
    assert opened == [opened[0], opened[0] + 60_000, opened[0] + 120_000]
    _, before, _ = world.get(
        BITGET, "/api/v2/spot/market/candles", symbol="BTCUSDT", granularity="1min", limit=1, endTime=opened[-1]
    )
    assert int(before["data"][0][0]) == opened[1]
    status, body, _ = world.get(BITGET, "/api/v2/spot/market/tickers", symbol="FOOUSDT")
    assert (status, body["code"]) == (400, "40034")
    status, body, _ = world.get(BITGET, "/api/v2/spot/market/candles", symbol="BTCUSDT", granularity="7m")
    assert (status, body["code"]) == (400, "40017")


# Accounts


@pytest.fixture
def strict():
    return VirtualWorld(exchanges=[BITGET], strict_keys=True)


def test_the_vectors_of_the_documents():
    """Signatures are what the documents say they are."""
    assert base64_hmac("docsSecret", login_text("1700000000")) == "sEMkcbvEouLHY0ycH8KC+ehgPuMAz2ph35SPpL2Tf7M="
    text = request_text("1700000000000", "GET", "/api/v2/spot/account/assets", "coin=USDT", "")
    assert text == "1700000000000GET/api/v2/spot/account/assets?coin=USDT"
    assert base64_hmac("docsSecret", text) == "tM0C8orDNa5oWkHj849FEYbzwbGKtvPDlHWcEVzAEAA="


def login(account, moment=int(START), **changes):
    sign = base64_hmac(changes.pop("secret", account.secret), login_text(str(moment)))
    argument = {"apiKey": account.api_key, "passphrase": account.passphrase, "timestamp": str(moment), "sign": sign}
    return {"op": "login", "args": [argument | changes]}


PRIVATE = "/v2/ws/private"
ALL_ORDERS = {"instType": "SPOT", "channel": "orders", "instId": "default"}
ALL_BALANCES = {"instType": "SPOT", "channel": "account", "coin": "default"}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"apiKey": "nobody"}, 30011),
        ({"passphrase": "wrong"}, 30012),
        ({"timestamp": "soon"}, 30013),
        ({"moment": int(START) - 60}, 30014),
        ({"secret": "wrong"}, 30015),
    ],
)
def test_a_refused_login(strict, changes, code):
    """Key, passphrase, time and signature are looked at, and a login that fails ends the connection."""
    client = strict.connect(BITGET, PRIVATE)
    [answer] = strict.send(client, login(strict.account(BITGET), **changes))
    assert (answer["event"], answer["code"]) == ("error", code)
    assert client.ended == (1000, "login failed")


def logged_in(world, account, *arguments):
    client = world.connect(BITGET, PRIVATE)
    assert world.send(client, login(account)) == [{"event": "login", "code": 0, "msg": ""}]
    world.send(client, ask(*arguments))
    return client


def test_a_subscription_needs_a_login(strict):
    """Without one the venue asks for it; what is no channel of an account does not exist there."""
    [answer] = strict.send(strict.connect(BITGET, PRIVATE), ask(ALL_ORDERS))
    assert answer["code"] == 30004
    client = logged_in(strict, strict.account(BITGET), ALL_ORDERS)
    [answer] = strict.send(client, ask(argument("ticker")))
    assert answer["code"] == 30001


def test_events_of_an_account(strict):
    """Balances are told at once, then every step of an order with its fill, and what moved."""
    account = strict.account(BITGET)
    client = strict.connect(BITGET, PRIVATE)
    strict.send(client, login(account))
    *_, held = strict.send(client, ask(ALL_ORDERS, ALL_BALANCES))
    assert {row["coin"] for row in held["data"]} == set(account.balances())
    order = account.place("BTCUSDT", "buy", "0.01", "80000")
    placed, frozen = client.take()
    assert (placed["data"][0]["status"], placed["data"][0]["newSize"]) == ("live", "0.01")
    assert like(
        frozen,
        '{"action":"snapshot","arg":{"instType":"SPOT","channel":"account","coin":"default"},"data":[{"coin":"USDT",'
        '"available":"19.14","frozen":"7","locked":"0","limitAvailable":"0","uTime":"1701931970487"}],'
        '"ts":1701931970487}',
    )
    account.partial(order, "0.004")
    filled, _ = client.take()
    assert like(
        filled,
        '{"action":"snapshot","arg":{"instType":"SPOT","channel":"orders","instId":"BTCUSDT"},"data":[{'
        '"instId":"BTCUSDT","orderId":"1171779081105780739","clientOid":"a2330139","price":"35100","newSize":"0.5000",'
        '"size":"17550.0","notional":"17550.0","orderType":"limit","force":"gtc","side":"buy","fillPrice":"35100",'
        '"tradeId":"1171775539946528779","baseVolume":"0.1","fillTime":"1715098979937","fillFee":"-0.0001",'
        '"fillFeeCoin":"BTC","tradeScope":"T","accBaseVolume":"0.1","priceAvg":"35100","status":"partially_filled",'
        '"cTime":"1715099824215","uTime":"1715099824300","feeDetail":[{"feeCoin":"BTC","fee":"-0.0001"}],'
        '"enterPointSource":"API"}],"ts":1715099824310}',
    )
    account.cancel(order)
    assert client.take()[0]["data"][0]["status"] == "cancelled"
    bought = account.place("BTCUSDT", "buy", "0.01", type="market")
    [row] = [frame["data"][0] for frame in client.take() if frame["arg"]["channel"] == "orders"]
    assert (row["newSize"], "price" in row) == (f"{bought.budget.normalize():f}", False)


def test_a_signed_call(strict):
    """Balances, orders and fills by REST need a signature over the query as it is sent."""
    account = strict.account(BITGET)
    order = account.place("BTCUSDT", "buy", "0.01", "80000")

    def get(name, query="", **changes):
        path, moment = f"/api/v2/spot/{name}", str(int(START * 1000))
        sign = base64_hmac(account.secret, request_text(moment, "GET", path, query, ""))
        headers = {"ACCESS-KEY": account.api_key, "ACCESS-SIGN": sign, "ACCESS-TIMESTAMP": moment}
        _, body = strict.request(BITGET, path, query, headers | {"ACCESS-PASSPHRASE": account.passphrase} | changes)
        return body["data"] if body["code"] == "00000" else body["code"]

    [held] = get("account/assets", "coin=USDT")
    assert (held["available"], held["frozen"]) == ("249200", "800")
    [waiting] = get("trade/unfilled-orders")
    assert (waiting["orderId"], waiting["priceAvg"], waiting["basePrice"]) == (order.order_id, "80000", "0")
    account.fill(order)
    [done] = get("trade/history-orders", "symbol=BTCUSDT")
    assert (done["status"], done["price"], done["priceAvg"]) == ("filled", "80000", "80000")
    assert get("trade/orderInfo", f"orderId={order.order_id}") == [done]
    assert get("trade/orderInfo", "orderId=1") == []
    [fill] = get("trade/fills", "startTime=0")
    assert (fill["orderId"], fill["tradeScope"]) == (order.order_id, "maker")
    assert get("trade/fills", f"idLessThan={fill['tradeId']}") == []
    assert get("account/assets", **{"ACCESS-SIGN": "wrong"}) == "40009"
    assert get("account/assets", **{"ACCESS-KEY": "nobody"}) == "40006"
    assert get("account/assets", **{"ACCESS-TIMESTAMP": str(int(START * 1000) - 60_000)}) == "40008"
    assert get("account/assets", **{"ACCESS-PASSPHRASE": "wrong"}) == "40012"
    assert get("account/assets", PAPTRADING="1") == "40099"
