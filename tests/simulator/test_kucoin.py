"""The simulated KuCoin speaks as the venue's documents say."""

import pytest

from bt_api_py.simulator.dialects.kucoin.keys import request_text
from bt_api_py.simulator.signatures import base64_hmac

from .simulated import START, VirtualWorld, like

KUCOIN = "KUCOIN___SPOT"
TICKET = (
    '{"code":"200000","data":{"token":"2neAiuYv==.i0bJ","instanceServers":[{"endpoint":'
    '"wss://ws-api-spot.kucoin.com/","encrypt":true,"protocol":"websocket","pingInterval":18000,"pingTimeout":10000}]}}'
)


@pytest.fixture
def world():
    return VirtualWorld(exchanges=[KUCOIN], rate=10.0)


def ticket(world):
    """Return the answer to a call for a token."""
    status, body = world.request(KUCOIN, "/api/v1/bullet-public", method="POST")
    assert status == 200
    return body


def connected(world, token=None):
    """Return a client that the venue has welcomed."""
    query = {"token": token or ticket(world)["data"]["token"], "connectId": "mine"}
    client = world.connect(KUCOIN, "/", query)
    world.run(0.1)
    assert client.take() == [{"id": "mine", "type": "welcome"}]
    return client


def ask(topic, kind="subscribe", number="1", **more):
    return {"id": number, "type": kind, "topic": topic, "privateChannel": False, "response": True, **more}


def subscribed(world, topic):
    """Return a client that has subscribed."""
    client = connected(world)
    assert world.send(client, ask(topic)) == [{"id": "1", "type": "ack"}]
    return client


SAMPLES = {
    "/market/ticker:BTC-USDT": '{"topic":"/market/ticker:BTC-USDT","type":"message","subject":"trade.ticker","data":'
    '{"bestAsk":"67218.7","bestAskSize":"1.92318539","bestBid":"67218.6","bestBidSize":"0.01045638","price":"67220",'
    '"sequence":"14691455768","size":"0.00004316","time":1729757723612}}',
    "/market/snapshot:BTC-USDT": '{"topic":"/market/snapshot:BTC-USDT","type":"message","subject":"trade.snapshot",'
    '"data":{"sequence":"14691517895","data":{"symbol":"BTC-USDT","symbolCode":"BTC-USDT","buy":67158.1,'
    '"bidSize":0.81772627,"sell":67158.2,"askSize":1.15955795,"lastTradedPrice":67158.1,"close":67158.1,'
    '"open":66842.9,"high":67611.8,"low":65257.1,"changePrice":315.2,"changeRate":0.0047,"vol":2227.69895852,'
    '"volValue":147972941.07,"averagePrice":66867.89,"baseCurrency":"BTC","quoteCurrency":"USDT","market":"USDS",'
    '"trading":true,"datetime":1729758286011,"marketChange24h":{"changePrice":315.2,"changeRate":0.0047,'
    '"high":67611.8,"low":65257.1,"open":66842.9,"vol":2227.69895852,"volValue":147972941.07}}}}',
    "/spotMarket/level1:BTC-USDT": '{"topic":"/spotMarket/level1:BTC-USDT","type":"message","subject":"level1",'
    '"data":{"asks":["68145.8","0.51987471"],"bids":["68145.7","1.29267802"],"timestamp":1729816058766}}',
    "/spotMarket/level2Depth5:BTC-USDT": '{"topic":"/spotMarket/level2Depth5:BTC-USDT","type":"message",'
    '"subject":"level2","data":{"asks":[["67996.7","1.14213262"]],"bids":[["67996.6","0.37969491"]],'
    '"timestamp":1729822226746}}',
    "/market/match:BTC-USDT": '{"topic":"/market/match:BTC-USDT","type":"message","subject":"trade.l3match","data":'
    '{"makerOrderId":"671b5007389355000701b1d3","price":"67523","sequence":"11067996711960577","side":"buy",'
    '"size":"0.003","symbol":"BTC-USDT","takerOrderId":"671b50161777ff00074c168d","time":"1729843222921000000",'
    '"tradeId":"11067996711960577","type":"match"}}',
    "/market/candles:BTC-USDT_1hour": '{"topic":"/market/candles:BTC-USDT_1hour","type":"message",'
    '"subject":"trade.candles.update","data":{"symbol":"BTC-USDT","candles":["1729839600","67644.9","67437.6",'
    '"67724.8","67243.8","44.88321441","3027558.991928447"],"time":1729842192785164840}}',
}


@pytest.mark.parametrize("topic", SAMPLES)
def test_data_has_the_form_of_the_documents(world, topic):
    """Every channel looks as printed."""
    client = subscribed(world, topic)
    world.run(5)
    assert like(client.take()[0], SAMPLES[topic])


def test_tokens(world):
    """A socket wants a token, which says where to go; without a good one it is ended with the reason."""
    body = ticket(world)
    assert like(body, TICKET)
    server = body["data"]["instanceServers"][0]
    assert (server["endpoint"], server["encrypt"]) == ("ws://127.0.0.1:8000/KUCOIN___SPOT/", False)
    client = world.connect(KUCOIN, "/", {"token": "old", "connectId": "mine"})
    assert client.take() == [{"type": "error", "code": 401, "data": "token is expired"}]
    assert client.ended is not None
    token = body["data"]["token"]
    connected(world, token)
    world.clock.time += 24 * 3600
    client = world.connect(KUCOIN, "/", {"token": token})
    assert client.ended is not None


def test_what_is_sent_before_the_welcome_is_lost(world):
    """A subscription that comes too early is answered by nothing, and counts as a breach."""
    client = world.connect(KUCOIN, "/", {"token": ticket(world)["data"]["token"], "connectId": "mine"})
    assert world.send(client, ask("/market/match:BTC-USDT")) == []
    world.run(5)
    assert client.take() == [{"id": "mine", "type": "welcome"}]
    assert world.stats[KUCOIN].breaches == {"before the welcome": 1}


def test_pings(world):
    """A ping is answered; whoever says nothing for interval and patience together is sent away, data or not."""
    client, mute = subscribed(world, "/market/match:BTC-USDT"), subscribed(world, "/market/match:BTC-USDT")
    world.run(20)
    client.take()
    [pong] = world.send(client, {"id": "1545910590801", "type": "ping"})
    assert like(pong, '{"id":"1545910590801","type":"pong","timestamp":1764552000000000}')
    world.run(9)
    assert mute.ended is not None
    assert client.ended is None


def test_answers(world):
    """Several markets share a topic; what is refused takes the rest of its message with it."""
    client = subscribed(world, "/market/match:BTC-USDT,ETH-USDT")
    [error] = world.send(client, ask("/market/match:SOL-USDT,FOO-USDT"))
    assert error == {
        "id": "1", "type": "error", "code": 404, "data": "topic /market/match:SOL-USDT,FOO-USDT is not found"
    }  # fmt: skip
    for topic in ("/market/tickers:BTC-USDT", "/market/candles:BTC-USDT", "/market/candles:BTC-USDT_7min"):
        assert world.send(client, ask(topic))[0]["code"] == 404
    assert world.send(client, ask("/market/match:ETH-USDT", response=False)) == []
    assert world.send(client, {"id": "2", "type": "order"})[0]["code"] == 415
    assert world.send(client, ask("/market/match:BTC-USDT", number=3))[0]["code"] == 400
    assert world.send(client, "no JSON")[0]["data"] == "data format is invalid"
    world.run(5)
    assert {frame["data"]["symbol"] for frame in client.take()} == {"BTC-USDT", "ETH-USDT"}
    assert world.send(client, ask("/market/match:ETH-USDT", "unsubscribe")) == [{"id": "1", "type": "ack"}]
    world.run(5)
    assert {frame["data"]["symbol"] for frame in client.take()} == {"BTC-USDT"}


def test_limits(world):
    """A hundred topics on a socket, and a hundred messages in ten seconds: what is more is left out."""
    client = connected(world)
    markets = [f"SIM{number:03d}-USDT" for number in range(1, 102)]
    [ack] = world.send(client, ask(f"/market/match:{','.join(markets[:100])}"))
    assert ack["type"] == "ack"
    [error] = world.send(client, ask(f"/market/match:{markets[100]}"))
    assert (error["code"], error["data"]) == (509, "exceed max subscription count limitation of 100 per session")
    answers = [world.send(client, {"id": "1", "type": "ping"}) for _ in range(100)]
    assert answers.count([]) == 2
    assert set(world.stats[KUCOIN].breaches) == {"topics", "requests"}


def test_a_book_kept_from_its_changes(world):
    """The book by REST and the changes behind its number give the venue's own best levels."""
    client = subscribed(world, "/market/level2:BTC-USDT")
    world.run(1)
    client.take()
    _, body, _ = world.get(KUCOIN, "/api/v1/market/orderbook/level2_100", symbol="BTC-USDT")
    base = body["data"]
    assert (len(base["bids"]), len(base["asks"])) == (100, 100)
    sides = {side: dict(base[side]) for side in ("bids", "asks")}
    number = int(base["sequence"])
    world.run(5)
    frames = client.take()
    assert len(frames) > 20
    for frame in frames:
        data = frame["data"]
        assert data["sequenceStart"] == number + 1
        for side, held in sides.items():
            for price, quantity, own in data["changes"][side]:
                assert number < int(own) <= data["sequenceEnd"]
                held[price] = quantity
                if quantity == "0":
                    del held[price]
        number = data["sequenceEnd"]
    truth = world.truth.book(KUCOIN, "BTCUSDT", number)
    assert sorted(map(float, sides["bids"]), reverse=True)[:20] == [float(price) for price, _ in truth.bids[:20]]
    assert sorted(map(float, sides["asks"]))[:20] == [float(price) for price, _ in truth.asks[:20]]


def test_rest_answers():
    """Lists begin with the newest; what is wrong has its code, mostly under a good status."""
    world = VirtualWorld(exchanges=[KUCOIN])
    world.get(KUCOIN, "/api/v1/market/histories", symbol="BTC-USDT")
    world.leap(70)
    _, body, _ = world.get(KUCOIN, "/api/v1/market/histories", symbol="BTC-USDT")
    numbers = [int(row["sequence"]) for row in body["data"]]
    assert len(numbers) == 100
    assert numbers == sorted(numbers, reverse=True)
    _, body, _ = world.get(KUCOIN, "/api/v1/market/candles", symbol="BTC-USDT", type="1min", startAt=1795219200)
    opened = [int(row[0]) for row in body["data"]]
    assert opened == [1795219260, 1795219200]
    _, body, _ = world.get(KUCOIN, "/api/v1/market/candles", symbol="BTC-USDT", type="1min", startAt=1, endAt=2)
    assert body["data"] == []
    _, body, _ = world.get(KUCOIN, "/api/v1/market/allTickers")
    assert all(float(row["bestBidSize"]) > 0 for row in body["data"]["ticker"])
    assert world.get(KUCOIN, "/api/v1/market/stats", symbol="FOO-USDT")[1]["code"] == "900001"
    assert world.get(KUCOIN, "/api/v1/market/candles", symbol="BTC-USDT", type="7min")[1]["code"] == "400100"
    assert world.get(KUCOIN, "/api/v9/none")[0] == 404


def test_weights(world):
    """Calls weigh; when the budget of half a minute is used up, the answer tells when there is another."""
    answers = [world.get(KUCOIN, "/api/v1/market/stats", symbol="BTC-USDT") for _ in range(134)]
    assert [status for status, _, _ in answers] == [200] * 133 + [429]
    _, body, headers = answers[-1]
    assert body["code"] == "429000"
    assert (headers["gw-ratelimit-remaining"], headers["gw-ratelimit-reset"]) == ("5", "30000")
    world.clock.time += 30
    assert world.get(KUCOIN, "/api/v1/market/stats", symbol="BTC-USDT")[0] == 200


# Accounts


@pytest.fixture
def strict():
    return VirtualWorld(exchanges=[KUCOIN], strict_keys=True)


def signed(world, account, path, raw_query="", method="GET", moment=int(START) * 1000, **changes):
    """Return (status, answer) of a signed call."""
    secret = changes.pop("secret", account.secret)
    headers = {
        "KC-API-KEY": account.api_key,
        "KC-API-SIGN": base64_hmac(secret, request_text(str(moment), method, path, raw_query, "")),
        "KC-API-TIMESTAMP": str(moment),
        "KC-API-PASSPHRASE": base64_hmac(account.secret, account.passphrase),
        "KC-API-KEY-VERSION": "2",
    }
    return world.request(KUCOIN, path, raw_query, headers | changes, method)


def test_the_vectors_of_the_documents():
    """Signatures are what the documents say they are."""
    text = request_text("1700000000000", "POST", "/api/v1/bullet-private", "", "")
    assert text == "1700000000000POST/api/v1/bullet-private"
    assert base64_hmac("docsSecret", text) == "w0ZBD/guydqTgAQFkXYZlRa/0jCvFYEH2dgGSwSEjes="
    assert base64_hmac("docsSecret", "docsPass") == "Iei8Cc6Snxw9m+5pYpBttYlxR7B3/P1fftwippzRO50="


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"KC-API-PASSPHRASE": ""}, "400001"),
        ({"moment": (int(START) - 60) * 1000}, "400002"),
        ({"KC-API-KEY": "nobody"}, "400003"),
        ({"KC-API-PASSPHRASE": "plain"}, "400004"),
        ({"secret": "wrong"}, "400005"),
    ],
)
def test_a_refused_signature(strict, changes, code):
    """Header, time, key, passphrase and signature are looked at."""
    account = strict.account(KUCOIN)
    status, body = signed(strict, account, "/api/v1/bullet-private", method="POST", **changes)
    assert (status, body["code"]) == (401, code)


def private_client(world, account, *topics):
    """Return a client that listens to private topics."""
    _, body = signed(world, account, "/api/v1/bullet-private", method="POST")
    client = connected(world, body["data"]["token"])
    for topic in topics:
        assert world.send(client, ask(topic, privateChannel=True)) == [{"id": "1", "type": "ack"}]
    return client


ORDERS, BALANCES = "/spotMarket/tradeOrdersV2", "/account/balance"
PLACED = (
    '{"topic":"/spotMarket/tradeOrdersV2","type":"message","subject":"orderChange","userId":"633559791e1cbc0001f319bc",'
    '"channelType":"private","data":{"canceledSize":"0","clientOid":"5c52e11203aa677f33e493fb","filledSize":"0",'
    '"orderId":"6720ecd9ec71f4000747731a","orderTime":1730211033305,"orderType":"limit","originSize":"0.00001",'
    '"price":"50000","remainSize":"0.00001","side":"buy","size":"0.00001","status":"open","symbol":"BTC-USDT",'
    '"ts":1730211033335000000,"type":"open"}}'
)
HELD = (
    '{"topic":"/account/balance","type":"message","subject":"account.balance","userId":"u","channelType":"private",'
    '"data":{"accountId":"548674591753","currency":"USDT","total":"21.13","available":"20.13","hold":"1.001",'
    '"availableChange":"-0.5005","holdChange":"0.5005","relationContext":{"orderId":"6721d063"},'
    '"relationEvent":"trade.hold","relationEventId":"354689988084000","time":"1730269283892"}}'
)


def test_private_topics_need_a_private_token(world):
    """A token for everybody shows no account, and a private topic has to be asked for as one."""
    [error] = world.send(connected(world), ask(ORDERS, privateChannel=True))
    assert (error["type"], error["code"]) == ("error", 406)
    client = private_client(world, world.account(KUCOIN))
    assert world.send(client, ask(ORDERS))[0]["code"] == 406


def test_events_of_an_account(strict):
    """Every step of an order is told without fees, then what it moved; REST has the fill with its fee."""
    account = strict.account(KUCOIN)
    client = private_client(strict, account, ORDERS, BALANCES)
    order = account.place("BTCUSDT", "buy", "0.01", "80000")
    received, placed, held = client.take()
    assert received["data"]["type"] == "received"
    assert like(placed, PLACED)
    assert like(held, HELD)
    account.fill(order)
    match, filled, *_ = client.take()
    assert (match["data"]["type"], match["data"]["remainSize"], filled["data"]["status"]) == ("match", "0", "done")
    assert "fee" not in match["data"]
    _, body = signed(strict, account, "/api/v1/hf/fills", f"symbol=BTC-USDT&orderId={order.order_id}")
    [fill] = body["data"]["items"]
    assert str(fill["tradeId"]) == match["data"]["tradeId"]
    assert (fill["fee"], fill["feeCurrency"]) == ("0.8", "USDT")


def test_the_lists_of_an_account(strict):
    """Orders are listed by market and go on behind a place; the balances are those of the account that trades."""
    account = strict.account(KUCOIN)
    orders = [account.place("BTCUSDT", "buy", "0.001", "80000") for _ in range(3)]
    for order in orders[:2]:
        account.cancel(order)
    assert signed(strict, account, "/api/v1/hf/orders/active/symbols")[1]["data"] == {"symbols": ["BTC-USDT"]}
    _, body = signed(strict, account, "/api/v1/hf/orders/active", "symbol=BTC-USDT")
    assert [row["id"] for row in body["data"]] == [orders[2].order_id]
    _, page = signed(strict, account, "/api/v1/hf/orders/done", "symbol=BTC-USDT&limit=1")
    place = page["data"]["lastId"]
    _, rest = signed(strict, account, "/api/v1/hf/orders/done", f"symbol=BTC-USDT&limit=1&lastId={place}")
    assert [page["data"]["items"][0]["id"], rest["data"]["items"][0]["id"]] == [orders[1].order_id, orders[0].order_id]
    assert rest["data"]["items"][0]["cancelExist"] is True
    assert signed(strict, account, "/api/v1/hf/orders/1", "symbol=BTC-USDT")[1]["code"] == "400100"
    _, body = signed(strict, account, "/api/v1/accounts", "type=trade")
    assert {row["currency"] for row in body["data"]} == set(account.balances())
    assert signed(strict, account, "/api/v1/accounts", "type=main")[1]["data"] == []
