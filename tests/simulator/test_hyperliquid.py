"""Hyperliquid as the simulator speaks it, against the venue's documented messages."""

import json
from decimal import Decimal

import pytest

from bt_api_py.simulator.virtual_time import EPOCH_S

from .simulated import shape

NAME = "HYPERLIQUID___SWAP"
GREETING = "Websocket connection established."
SAMPLES = {
    "trades": '[{"coin":"BTC","side":"B","px":"69997.0","sz":"0.38111","time":1730160006192,"hash":"0x40d1",'
    '"tid":1016375172059570,"users":["0xbuyer","0xseller"]}]',
    "bbo": '{"coin":"BTC","time":1750948919838,"bbo":[{"px":"107575.0","sz":"3.87947","n":17},'
    '{"px":"107576.0","sz":"1.2","n":4}]}',
    "l2Book": '{"coin":"BTC","time":1730160007687,"levels":[[{"px":"59.8","sz":"3.4","n":1}],'
    '[{"px":"59.811","sz":"2.9","n":1}]]}',
    "candle": '{"t":1681923600000,"T":1681924499999,"s":"BTC","i":"15m","o":"29295.0","c":"29258.0","h":"29309.0",'
    '"l":"29250.0","v":"0.98639","n":189}',
    "activeAssetCtx": '{"coin":"BTC","ctx":{"funding":"0.0000125","openInterest":"231067.2","prevDayPx":"4.8744",'
    '"dayNtlVlm":"387891.57","dayBaseVlm":"79000.1","premium":"0.0","oraclePx":"4.9185","markPx":"4.919",'
    '"midPx":"4.9183","impactPxs":["4.9176","4.9191"]}}',
    "orderUpdates": '[{"order":{"coin":"BTC","side":"B","limitPx":"30000.0","sz":"0.001","oid":7456484275,'
    '"timestamp":1710163596492,"origSz":"0.001","cloid":"0x1234567890abcdef1234567890abcdef"},"status":"open",'
    '"statusTimestamp":1710163596492}]',
}
FILL = (
    '{"coin":"BTC","px":"95000.0","sz":"0.01","side":"B","time":1736378720623,"startPosition":"0.0","dir":"Open Long",'
    '"closedPnl":"0.0","hash":"0x..","oid":7456484275,"crossed":true,"fee":"0.33","feeToken":"USDC",'
    '"tid":118906512037719,"cloid":null}'
)


@pytest.fixture
def world(virtual):
    """Hyperliquid in virtual time."""
    return virtual(exchanges=[NAME], rate=4)


@pytest.fixture
def client(world):
    connected = world.connect(NAME, "/ws")
    assert connected.take() == [GREETING]
    return connected


@pytest.fixture
def account(world):
    """An account that does only what the test asks of it."""
    return world.account(NAME)


def keys(value):
    """Return the structure of a message without the order of its keys."""
    if isinstance(value, dict):
        return {key: keys(item) for key, item in value.items()}
    return [keys(item) for item in value[:1]] if isinstance(value, list) else shape(value)


def subscribe(world, client, kind, **more):
    return world.send(client, {"method": "subscribe", "subscription": {"type": kind, **more}})


def info(world, kind, **more):
    body = json.dumps({"type": kind, **more}).encode()
    answer = world.world.find(NAME).handle_http("POST", "/info", {}, {}, body)
    return answer.status, json.loads(answer.body) if answer.content_type == "application/json" else answer.body


@pytest.mark.parametrize("kind", ["trades", "bbo", "l2Book", "candle", "activeAssetCtx"])
def test_messages_are_the_documented_ones(world, client, kind):
    """Each stream is confirmed by its subscription, and its messages have the documented keys and types."""
    more = {"coin": "BTC"} | ({"interval": "15m"} if kind == "candle" else {})
    [answer] = subscribe(world, client, kind, **more)
    assert answer["channel"] == "subscriptionResponse"
    assert answer["data"]["subscription"].items() >= {"type": kind, **more}.items()
    world.run(5)
    messages = client.take()
    assert len(messages) > 2
    for message in messages:
        assert message["channel"] == kind
        assert keys(message["data"]) == keys(json.loads(SAMPLES[kind]))


def test_books_are_whole_and_true(world, client):
    """A book has the best twenty levels of each side, as text, the best first."""
    subscribe(world, client, "l2Book", coin="BTC")
    world.run(1)
    told = client.take()[-1]["data"]["levels"]
    truth = world.truth.book(NAME, "BTCUSDC")
    for got, true in zip(told, (truth.bids, truth.asks), strict=True):
        assert [(Decimal(level["px"]), Decimal(level["sz"])) for level in got] == [level[:2] for level in true[:20]]


def test_trades_begin_with_the_past(world, client):
    """The first message tells the latest trades, the newest first; what follows is new, under ids without order."""
    subscribe(world, client, "trades", coin="BTC")
    world.run(20)
    first, *rest = [message["data"] for message in client.take()]
    assert [row["time"] for row in first] == sorted((row["time"] for row in first), reverse=True)
    ids = [str(row["tid"]) for row in (*reversed(first), *(row for rows in rest for row in rows))]
    true = [row.id for row in world.truth.trades(NAME, "BTCUSDC", history=True)]
    assert ids == true[-len(ids) :]
    assert ids != sorted(ids, key=int)
    assert all(0 <= int(number) < 2**50 for number in ids)


@pytest.mark.parametrize(
    "wanted",
    [
        {"type": "trades", "coin": "NONE"},
        {"type": "trades", "coin": "btc"},
        {"type": "candle", "coin": "BTC", "interval": "7m"},
        {"type": "gossip", "coin": "BTC"},
        {"type": "userFills", "user": "nobody"},
    ],
)
def test_what_is_not_there_is_an_error_that_quotes_it(world, client, wanted):
    """An error has no id: it quotes the whole command."""
    message = {"method": "subscribe", "subscription": wanted}
    [answer] = world.send(client, message)
    assert answer["channel"] == "error"
    assert json.loads(answer["data"].partition(": ")[2]) == message


def test_pings_repetitions_and_rubbish(world, client):
    """A ping is answered; who subscribes twice is told so; what is no command is quoted."""
    assert world.send(client, {"method": "ping"}) == [{"channel": "pong"}]
    subscribe(world, client, "trades", coin="BTC")
    [again] = subscribe(world, client, "trades", coin="BTC")
    assert again["data"].startswith("Already subscribed: {")
    [answer] = world.send(client, {"method": "unsubscribe", "subscription": {"type": "trades", "coin": "BTC"}})
    assert answer["data"] == {"method": "unsubscribe", "subscription": {"type": "trades", "coin": "BTC"}}
    assert world.send(client, "hello") == [
        {"channel": "error", "data": "Error parsing JSON into valid websocket request: hello"}
    ]


def test_a_silent_socket_is_closed(world, client):
    """After a minute in which nothing was sent to it a socket is closed; a ping keeps it."""
    world.leap(50)
    world.send(client, {"method": "ping"})
    world.leap(50)
    assert client.ended is None
    world.leap(15)
    assert client.ended == (1000, "Inactive")


def test_limits_of_an_address(world):
    """An eleventh socket is refused, and who sends too much is cut off."""
    clients = [world.connect(NAME, "/ws") for _ in range(10)]
    assert world.world.find(NAME).admit("/ws", {}).status == 429
    for _ in range(2001):
        world.send(clients[0], {"method": "ping"})
    assert clients[0].ended[0] == 1008
    assert world.stats[NAME].breaches == {"connects": 1, "messages": 1}


def test_markets(world):
    """Markets are named by their base asset; prices have five digits at most; one is delisted."""
    status, meta = info(world, "meta")
    assert status == 200
    rows = {row["name"]: row for row in meta["universe"]}
    assert rows["BTC"] == {"szDecimals": 5, "name": "BTC", "maxLeverage": 40}
    assert rows["HALT"]["isDelisted"] is True
    _, (again, contexts) = info(world, "metaAndAssetCtxs")
    assert again == meta
    assert len(contexts) == len(rows)
    assert keys(contexts[0]) == keys(json.loads(SAMPLES["activeAssetCtx"])["ctx"])
    for context in contexts:
        assert len(context["markPx"].replace(".", "").strip("0")) <= 5


def test_rest_is_like_the_streams(world):
    """Books, trades and candles by REST have the rows of the streams; an unknown coin is null, a bad body an error."""
    _, book = info(world, "l2Book", coin="BTC", nSigFigs=None, mantissa=None)
    assert keys(book) == keys(json.loads(SAMPLES["l2Book"]))
    _, trades = info(world, "recentTrades", coin="BTC")
    assert keys(trades) == keys(json.loads(SAMPLES["trades"]))
    now = int(EPOCH_S * 1000)
    wanted = {"coin": "BTC", "interval": "15m", "startTime": now - 7_200_000, "endTime": now}
    _, candles = info(world, "candleSnapshot", req=wanted)
    assert keys(candles) == [keys(json.loads(SAMPLES["candle"]))]
    assert [row["t"] for row in candles] == list(range(now - 7_200_000, now + 1, 900_000))
    assert info(world, "l2Book", coin="NONE") == (200, None)
    words = b"Failed to deserialize the JSON body into the target type"
    for kind, more in (("gossip", {}), ("l2Book", {}), ("candleSnapshot", {"req": {"interval": "7m"}})):
        assert info(world, kind, **more) == (422, words)


def test_weight_is_counted(world):
    """Sixty calls of weight 20 use up a minute."""
    assert [info(world, "meta")[0] for _ in range(61)] == [200] * 60 + [429]
    world.leap(60)
    assert info(world, "meta")[0] == 200


def test_an_account_by_its_address(world, client, account):
    """Orders, fills and holdings are told to whoever names the address, in the documented form."""
    user = account.api_key
    for kind in ("orderUpdates", "userFills", "clearinghouseState"):
        subscribe(world, client, kind, user=user)
    client.take()
    order = account.place("BTCUSDC", "buy", "0.01", "80000")
    told = {message["channel"]: message["data"] for message in client.take()}
    assert keys(told["orderUpdates"]) == keys(json.loads(SAMPLES["orderUpdates"]))
    assert (told["orderUpdates"][0]["order"]["sz"], told["orderUpdates"][0]["status"]) == ("0.01", "open")
    account.partial(order, "0.004")
    told = {message["channel"]: message["data"] for message in client.take()}
    assert told["orderUpdates"][0]["order"]["sz"] == "0.006"
    [fill] = told["userFills"]["fills"]
    assert keys(fill).items() >= keys({**json.loads(FILL), "cloid": ""}).items()
    assert (fill["px"], fill["sz"], fill["tid"]) == ("80000.0", "0.004", int(account.fills()[0].trade_id))
    [held] = told["clearinghouseState"]["clearinghouseState"]["assetPositions"]
    assert (held["position"]["coin"], held["position"]["szi"], held["position"]["entryPx"]) == (
        "BTC", "0.004", "80000.0",
    )  # fmt: skip
    account.cancel(order)
    assert client.take()[0]["data"][0]["status"] == "canceled"


def test_fills_begin_with_the_past(world, client, account):
    """A subscription to fills begins with those there were, marked as a snapshot."""
    account.fill(account.place("BTCUSDC", "buy", "0.01", "80000"))
    _, first = subscribe(world, client, "userFills", user=account.api_key)
    assert first["data"]["isSnapshot"] is True
    assert [row["sz"] for row in first["data"]["fills"]] == ["0.01"]


def test_reading_an_account(world, account):
    """Lists of orders and fills need the address alone; worth is what could be taken out and what is used."""
    order = account.place("BTCUSDC", "sell", "0.02", "120000")
    account.fill(account.place("BTCUSDC", "buy", "0.01", "80000"))
    user = account.api_key
    _, [listed] = info(world, "frontendOpenOrders", user=user)
    assert (listed["oid"], listed["orderType"], listed["tif"]) == (int(order.order_id), "Limit", "Gtc")
    _, [bare] = info(world, "openOrders", user=user)
    assert "tif" not in bare
    _, history = info(world, "historicalOrders", user=user)
    assert [row["status"] for row in history] == ["filled", "open"]
    _, one = info(world, "orderStatus", user=user, oid=int(order.order_id))
    assert (one["status"], one["order"]["order"]["oid"]) == ("order", int(order.order_id))
    assert info(world, "orderStatus", user=user, oid=1) == (200, {"status": "unknownOid"})
    for kind, more in (("userFills", {}), ("userFillsByTime", {"startTime": 0})):
        _, [fill] = info(world, kind, user=user, **more)
        assert fill["oid"] == int(history[0]["order"]["oid"])
    assert info(world, "userFillsByTime", user=user, startTime=fill["time"] + 1) == (200, [])
    _, state = info(world, "clearinghouseState", user=user)
    sums = state["marginSummary"]
    assert Decimal(sums["accountValue"]) == Decimal(sums["totalMarginUsed"]) + Decimal(state["withdrawable"])
    assert info(world, "openOrders", user="nobody")[0] == 422


def test_an_address_that_nobody_uses_holds_nothing(virtual):
    """A strange address is no error: it has no orders, no fills and no money."""
    world = virtual(exchanges=[NAME], strict_keys=True)
    user = "0x" + 40 * "a"
    assert info(world, "openOrders", user=user) == (200, [])
    _, state = info(world, "clearinghouseState", user=user)
    assert (state["withdrawable"], state["assetPositions"]) == ("0.0", [])


def test_a_market_that_somebody_wants(virtual):
    """A market asked for in another quote asset is listed in the one that all markets have here."""
    world = virtual(exchanges=[NAME], symbols=["BTCUSDT", "NEWUSDT"])
    assert [row["name"] for row in info(world, "meta")[1]["universe"]] == ["BTC", "NEW"]
    assert world.truth.symbols(NAME) == ["BTCUSDC", "NEWUSDC"]
