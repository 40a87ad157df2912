"""The simulated Gate speaks as the venue's documents say."""

import pytest

from bt_api_py.simulator.dialects.gateio.keys import request_text, signature, socket_text

from .simulated import START, VirtualWorld, like

GATE = "GATEIO___SPOT"
PATH = "/ws/v4/"


@pytest.fixture
def world():
    return VirtualWorld(exchanges=[GATE], rate=10.0)


@pytest.fixture
def strict():
    return VirtualWorld(exchanges=[GATE], strict_keys=True)


def ask(channel, *payload, event="subscribe", **more):
    return {"time": int(START), "id": 1, "channel": channel, "event": event, "payload": list(payload), **more}


def subscribed(world, channel, *payload):
    """Return a client that has subscribed."""
    client = world.connect(GATE, PATH)
    [answer] = world.send(client, ask(channel, *payload))
    assert answer["error"] is None
    return client


SAMPLES = {
    ("spot.tickers", "BTC_USDT"): '{"time":1669107766,"time_ms":1669107766406,"channel":"spot.tickers",'
    '"event":"update","result":{"currency_pair":"BTC_USDT","last":"15743.4","lowest_ask":"15744.4",'
    '"highest_bid":"15743.5","change_percentage":"-1.8254","base_volume":"9110.473081735",'
    '"quote_volume":"145082083.2535","high_24h":"16280.9","low_24h":"15468.5"}}',
    ("spot.book_ticker", "BTC_USDT"): '{"time":1682689046,"time_ms":1682689046142,"channel":"spot.book_ticker",'
    '"event":"update","result":{"t":1682689046131,"u":517377894,"s":"ETC_ETH","b":"0.010326","B":"0.001",'
    '"a":"0.010366","A":"10"}}',
    ("spot.trades", "BTC_USDT"): '{"time":1606292218,"time_ms":1606292218231,"channel":"spot.trades",'
    '"event":"update","result":{"id":309143071,"id_market":2390902,"create_time":1606292218,'
    '"create_time_ms":"1606292218213.4578","side":"sell","currency_pair":"GT_USDT","amount":"16.47","price":"0.4705",'
    '"range":"2390902-2390902"}}',
    ("spot.candlesticks", "1m", "BTC_USDT"): '{"time":1606292600,"time_ms":1606292600376,'
    '"channel":"spot.candlesticks","event":"update","result":{"t":"1606292580","v":"2362.32035","c":"19128.1",'
    '"h":"19128.1","l":"19128.1","o":"19128.1","n":"1m_BTC_USDT","a":"0.1235","w":true}}',
    ("spot.order_book", "BTC_USDT", "5", "100ms"): '{"time":1606295412,"time_ms":1606295412213,'
    '"channel":"spot.order_book","event":"update","result":{"t":1606295412123,"lastUpdateId":48791820,'
    '"s":"BTC_USDT","l":"5","bids":[["19079.55","0.0195"]],"asks":[["19080.24","0.1638"]]}}',
    ("spot.order_book_update", "BTC_USDT", "100ms"): '{"time":1606294781,"time_ms":1606294781236,'
    '"channel":"spot.order_book_update","event":"update","result":{"t":1606294781123,"e":"depthUpdate",'
    '"E":1606294781,"s":"BTC_USDT","U":48776301,"u":48776306,"b":[["19137.74","0.0001"]],"a":[["19137.75","0.6135"]]}}',
    ("spot.obu", "ob.BTC_USDT.50"): '{"channel":"spot.obu","result":{"t":1754006400261,"full":true,'
    '"s":"ob.BTC_USDT.400","u":25847113075,"b":[["115765.1","0.337839"]],"a":[["115765.2","0.631155"]]},'
    '"time_ms":1754006400264,"event":"update"}',
}


@pytest.mark.parametrize("asked", SAMPLES, ids=lambda asked: asked[0])
def test_data_has_the_form_of_the_documents(world, asked):
    """Every channel looks as printed."""
    client = subscribed(world, *asked)
    world.run(5)
    assert like(client.take()[0], SAMPLES[asked])


def test_answers(world):
    """An answer repeats its command; one unknown pair fails the whole of it."""
    client = world.connect(GATE, PATH)
    [answer] = world.send(client, ask("spot.trades", "BTC_USDT", "ETH_USDT"))
    assert (answer["id"], answer["error"], answer["result"]) == (1, None, {"status": "success"})
    [answer] = world.send(client, ask("spot.trades", "FOO_USDT", "SOL_USDT"))
    assert answer["error"] == {"code": 2, "message": "unknown currency pair: FOO_USDT"}
    assert answer["result"] == {"status": "fail"}
    world.run(5)
    assert {frame["result"]["currency_pair"] for frame in client.take()} == {"BTC_USDT", "ETH_USDT"}
    [answer] = world.send(client, ask("spot.trades", "ETH_USDT", event="unsubscribe"))
    assert answer["error"] is None
    world.run(5)
    assert {frame["result"]["currency_pair"] for frame in client.take()} == {"BTC_USDT"}


@pytest.mark.parametrize(
    "payload", [("spot.obu", "ob.BTC_USDT.7"), ("spot.candlesticks", "7m", "BTC_USDT"), ("spot.nothing", "BTC_USDT")]
)
def test_what_is_not_offered(world, payload):
    """A channel, a depth or an interval that does not exist is an error."""
    [answer] = world.send(world.connect(GATE, PATH), ask(*payload))
    assert answer["error"]["code"] == 2


def test_a_book_twice(world):
    """The same book cannot be subscribed twice on one connection."""
    client = subscribed(world, "spot.obu", "ob.BTC_USDT.50")
    [answer] = world.send(client, ask("spot.obu", "ob.BTC_USDT.50"))
    assert answer["error"] == {"code": 2, "message": "Alert sub ob.BTC_USDT.50"}


def test_the_application_ping(world):
    """A ping of the application is answered."""
    [pong] = world.send(world.connect(GATE, PATH), {"time": 1545404022, "channel": "spot.ping"})
    assert like(pong, '{"time":1545404023,"channel":"spot.pong","event":"","error":null,"result":null}')


def test_a_book_kept_from_its_updates(world):
    """A whole book and its changes, chained by their numbers, give the venue's own best levels."""
    client = subscribed(world, "spot.obu", "ob.BTC_USDT.50")
    world.run(10)
    first, *changes = [frame["result"] for frame in client.take()]
    assert first["full"]
    assert len(changes) > 20
    sides = {"b": dict(first["b"]), "a": dict(first["a"])}
    number = first["u"]
    for change in changes:
        assert change["U"] == number + 1
        number = change["u"]
        for side, held in sides.items():
            for price, quantity in change[side]:
                held[price] = quantity
                if quantity == "0":
                    del held[price]
    truth = world.truth.book(GATE, "BTCUSDT", number)
    assert sorted(map(float, sides["b"]), reverse=True) == [float(price) for price, _ in truth.bids[:50]]
    assert sorted(map(float, sides["a"])) == [float(price) for price, _ in truth.asks[:50]]


def test_numbers_of_trades(world):
    """Within a market numbers grow by one; ids count all markets, so they leave gaps."""
    client = subscribed(world, "spot.trades", "BTC_USDT", "ETH_USDT")
    world.run(10)
    rows = [frame["result"] for frame in client.take()]
    for symbol in ("BTC_USDT", "ETH_USDT"):
        numbers = [row["id_market"] for row in rows if row["currency_pair"] == symbol]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    ids = [row["id"] for row in rows]
    assert len(set(ids)) == len(ids)


def test_rest_answers(world):
    """Lists come in the order of the documents: trades newest first, bars oldest first, the number on request."""
    client = subscribed(world, "spot.trades", "BTC_USDT")
    world.run(70)
    client.take()
    _, trades, _ = world.get(GATE, "/api/v4/spot/trades", currency_pair="BTC_USDT", limit=5)
    numbers = [row["sequence_id"] for row in trades]
    assert numbers == sorted(numbers, reverse=True)
    _, second, _ = world.get(GATE, "/api/v4/spot/trades", currency_pair="BTC_USDT", limit=5, page=2)
    assert second[0]["sequence_id"] == numbers[-1] - 1
    _, bars, _ = world.get(GATE, "/api/v4/spot/candlesticks", currency_pair="BTC_USDT", interval="1m", limit=3)
    assert [bar[7] for bar in bars] == ["true", "true", "false"]
    _, book, _ = world.get(GATE, "/api/v4/spot/order_book", currency_pair="BTC_USDT", limit=2)
    assert set(book) == {"current", "update", "asks", "bids"}
    assert "id" in world.get(GATE, "/api/v4/spot/order_book", currency_pair="BTC_USDT", with_id="true")[1]
    status, body, _ = world.get(GATE, "/api/v4/spot/tickers", currency_pair="FOO_USDT")
    assert (status, body["label"]) == (400, "INVALID_CURRENCY_PAIR")
    status, body, _ = world.get(
        GATE, "/api/v4/spot/candlesticks", **{"currency_pair": "BTC_USDT", "limit": 3, "from": 1}
    )
    assert (status, body["label"]) == (400, "INVALID_PARAM_VALUE")


# Accounts


def test_the_vectors_of_the_documents():
    """Signatures are what the documents say they are."""
    assert signature("docsSecret", socket_text("spot.orders", "subscribe", 1700000000)).startswith("16cc382258bc2200")
    text = request_text("GET", "/api/v4/spot/accounts", "currency=USDT", b"", "1700000000")
    assert signature("docsSecret", text).startswith("c5b0bd7c5537eb56")


def signed(account, channel, *payload, moment=int(START), secret=None):
    sign = signature(secret or account.secret, socket_text(channel, "subscribe", moment))
    auth = {"method": "api_key", "KEY": account.api_key, "SIGN": sign}
    return ask(channel, *payload, auth=auth) | {"time": moment}


def test_signed_subscriptions(strict):
    """Key, signature and time are looked at; the text of the error is JSON."""
    account = strict.account(GATE)
    client = strict.connect(GATE, PATH)
    [answer] = strict.send(client, signed(account, "spot.orders", "!all"))
    assert answer["error"] is None
    for request, label in (
        (signed(account, "spot.orders", "!all", secret="wrong"), "INVALID_SIGNATURE"),
        (signed(account, "spot.orders", "!all", moment=int(START) - 100), "REQUEST_EXPIRED"),
        (ask("spot.orders", "!all"), "INVALID_KEY"),
    ):
        [answer] = strict.send(client, request)
        assert answer["error"]["code"] == 4
        assert label in answer["error"]["message"]


def test_events_of_an_account(strict):
    """An order, its fill and both balances come by three channels."""
    account = strict.account(GATE)
    client = strict.connect(GATE, PATH)
    strict.send(client, signed(account, "spot.orders", "!all"))
    strict.send(client, signed(account, "spot.usertrades", "BTC_USDT"))
    strict.send(client, signed(account, "spot.balances"))
    order = account.place("BTCUSDT", "buy", "0.01", "80000")
    put, frozen = client.take()
    assert like(
        put,
        '{"time":1694655225,"time_ms":1694655225315,"channel":"spot.orders","event":"update","result":[{'
        '"id":"399123456","text":"t-my1","create_time":"1694655225","update_time":"1694655225",'
        '"currency_pair":"BTC_USDT","type":"limit","account":"spot","side":"sell","amount":"0.0001",'
        '"price":"26253.3","time_in_force":"gtc","left":"0.0001","filled_amount":"0","filled_total":"0",'
        '"avg_deal_price":"0","fee":"0","fee_currency":"USDT","point_fee":"0","gt_fee":"0","rebated_fee":"0",'
        '"rebated_fee_currency":"USDT","create_time_ms":"1694655225315","update_time_ms":"1694655225315","stp_id":0,'
        '"stp_act":"-","finish_as":"open","amend_text":"-","user":3497082,"event":"put","biz_info":"-"}]}',
    )
    assert put["result"][0]["text"].startswith("t-")
    assert (frozen["result"][0]["freeze"], frozen["result"][0]["freeze_change"]) == ("800", "800")
    account.fill(order)
    channels = [frame["channel"] for frame in client.take()]
    assert channels == ["spot.usertrades", "spot.orders", "spot.balances"]
    account.cancel(account.place("ETHUSDT", "sell", "0.5", "9000"))
    ended = [frame["result"][0] for frame in client.take() if frame["channel"] == "spot.orders"][-1]
    assert (ended["event"], ended["finish_as"]) == ("finish", "cancelled")


def test_a_signed_call(strict):
    """Balances, orders and fills by REST need a signature over the query as it is sent."""
    account = strict.account(GATE)
    order = account.place("BTCUSDT", "buy", "0.01", "80000")

    def get(name, query="", secret=account.secret):
        path, moment = f"/api/v4/spot/{name}", str(int(START))
        sign = signature(secret, request_text("GET", path, query, b"", moment))
        headers = {"KEY": account.api_key, "SIGN": sign, "Timestamp": moment}
        return strict.request(GATE, path, query, headers)

    assert get("accounts", "currency=USDT") == (
        200, [{"currency": "USDT", "available": "249200", "locked": "800", "update_id": int(START * 1000)}]
    )  # fmt: skip
    _, [group] = get("open_orders")
    assert (group["currency_pair"], group["orders"][0]["id"]) == ("BTC_USDT", order.order_id)
    account.fill(order)
    _, [done] = get("orders", "status=finished")
    assert (done["status"], done["finish_as"]) == ("closed", "filled")
    assert get(f"orders/{order.order_id}", "currency_pair=BTC_USDT")[1] == done
    assert get("orders/1", "currency_pair=BTC_USDT")[0] == 404
    _, [fill] = get("my_trades", "from=0")
    assert (fill["order_id"], fill["role"]) == (order.order_id, "maker")
    assert get("accounts", secret="wrong")[1]["label"] == "INVALID_SIGNATURE"
