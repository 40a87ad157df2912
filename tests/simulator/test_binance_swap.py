"""Binance USD-M futures as the simulator speaks them, against the venue's documented messages."""

from itertools import pairwise

import pytest

from .simulated import like

NAME = "BINANCE___SWAP"
KEY, SECRET = "k" * 64, "s" * 64
MARKET = {
    "btcusdt@ticker": '{"e":"24hrTicker","E":1,"s":"B","p":"1","P":"1","w":"1","c":"1","Q":"1","o":"1","h":"1","l":"1",'
    '"v":"1","q":"1","O":1,"C":1,"F":1,"L":1,"n":1,"st":1}',
    "btcusdt@aggTrade": '{"e":"aggTrade","E":1,"s":"B","a":1,"p":"1","q":"1","f":1,"l":1,"T":1,"m":true,"nq":"1",'
    '"st":1}',
    "btcusdt@kline_1m": '{"e":"kline","E":1,"s":"B","k":{"t":1,"T":1,"s":"B","i":"1m","f":1,"L":1,"o":"1","c":"1",'
    '"h":"1","l":"1","v":"1","n":1,"x":false,"q":"1","V":"1","Q":"1","B":"0"}}',
    "btcusdt@markPrice@1s": '{"e":"markPriceUpdate","E":1,"s":"B","p":"1","i":"1","P":"1","r":"1","T":1,"st":1}',
    "btcusdt@forceOrder": '{"e":"forceOrder","E":1,"o":{"s":"B","S":"BUY","o":"LIMIT","f":"IOC","q":"1","p":"1",'
    '"ap":"1","X":"FILLED","l":"1","z":"1","T":1},"st":1}',
}
UPDATE = '{"e":"depthUpdate","E":1,"T":1,"s":"B","ps":"B","U":1,"u":1,"pu":1,"b":[["1","1"]],"a":[["1","1"]],"st":1}'
PUBLIC = {
    "btcusdt@bookTicker": '{"e":"bookTicker","E":1,"T":1,"ps":"B","u":1,"s":"B","b":"1","B":"1","a":"1","A":"1",'
    '"st":1}',
    "btcusdt@depth@100ms": UPDATE,
    "btcusdt@depth20@100ms": UPDATE,
}


@pytest.fixture
def world(virtual):
    """Binance futures in virtual time."""
    return virtual(exchanges=[NAME], rate=10)


@pytest.fixture
def strict(virtual):
    """The same with strict keys."""
    return virtual(exchanges=[NAME], strict_keys=True)


@pytest.mark.parametrize(("route", "samples"), [("market", MARKET), ("public", PUBLIC)])
def test_messages_have_the_documented_structure(world, route, samples):
    """Every stream's payload has the documented keys and types on its route."""
    client = world.connect(NAME, f"/{route}/stream", {"streams": "/".join(samples)})
    world.run(20)
    seen = {message["stream"]: message["data"] for message in client.take()}
    assert set(seen) == set(samples)
    for name, sample in samples.items():
        assert like(seen[name], sample), name


@pytest.mark.parametrize("path", ["/public/stream", "/stream", "/private/stream"])
def test_the_wrong_route_is_acknowledged_and_silent(world, path):
    """A market stream on another route than its own is confirmed, and nothing ever comes, whoever listens elsewhere."""
    right = world.connect(NAME, "/market/stream", {"streams": "btcusdt@aggTrade"})
    client = world.connect(NAME, path)
    asked = {"method": "SUBSCRIBE", "params": ["btcusdt@aggTrade"], "id": 1}
    assert world.send(client, asked) == [{"result": None, "id": 1}]
    world.run(5)
    assert right.take()
    assert client.take() == []


def test_a_book_rebuilt_by_links_is_true(world):
    """Each update names the one before, first numbers have holes, and snapshot and updates give the venue's book."""
    client = world.connect(NAME, "/public/stream", {"streams": "btcusdt@depth@100ms"})
    world.run(1)
    status, snapshot, _ = world.get(NAME, "/fapi/v1/depth", symbol="BTCUSDT", limit=1000)
    assert status == 200
    last = snapshot["lastUpdateId"]
    book = {side: {level[0]: level[1] for level in snapshot[side]} for side in ("bids", "asks")}
    world.run(5)
    updates = [message["data"] for message in client.take()]
    assert any(update["U"] != before["u"] + 1 for before, update in pairwise(updates))
    first = next(place for place, update in enumerate(updates) if update["u"] >= last)
    assert updates[first]["U"] <= last
    previous = updates[first]["pu"]
    for update in updates[first:]:
        assert update["pu"] == previous
        previous = update["u"]
        for side, key in (("bids", "b"), ("asks", "a")):
            for price, quantity in update[key]:
                if float(quantity):
                    book[side][price] = quantity
                else:
                    book[side].pop(price, None)
    truth = world.truth.book(NAME, "BTCUSDT", previous)
    for side in ("bids", "asks"):
        assert {(float(p), float(q)) for p, q in book[side].items()} == {
            (float(p), float(q)) for p, q in getattr(truth, side)
        }


def test_figures_are_the_truth(world):
    """Mark price, funding and open interest are those of their moment, by stream and by REST."""
    client = world.connect(NAME, "/market/stream", {"streams": "btcusdt@markPrice@1s"})
    world.run(3)
    marks = [message["data"] for message in client.take()]
    assert len({mark["E"] for mark in marks}) >= 3
    for mark in marks:
        truth = world.truth.figures(NAME, "BTCUSDT", mark["E"])
        assert (float(mark["p"]), float(mark["r"])) == (float(truth.mark_price), float(truth.funding_rate))
        assert mark["T"] == truth.funding_ms
    _, row, _ = world.get(NAME, "/fapi/v1/premiumIndex", symbol="BTCUSDT")
    assert float(row["markPrice"]) == float(world.truth.figures(NAME, "BTCUSDT", row["time"]).mark_price)
    _, row, _ = world.get(NAME, "/fapi/v1/openInterest", symbol="BTCUSDT")
    assert float(row["openInterest"]) == float(world.truth.figures(NAME, "BTCUSDT", row["time"]).open_interest)


def test_liquidations_are_told_as_they_happen(world):
    """Every liquidation of the market is pushed once, in order."""
    client = world.connect(NAME, "/market/stream", {"streams": "btcusdt@forceOrder"})
    world.run(20)
    told = [(m["data"]["o"]["T"], m["data"]["o"]["S"].lower(), m["data"]["o"]["q"]) for m in client.take()]
    truth = world.truth.liquidations(NAME, "BTCUSDT")
    assert [(ms, side, float(quantity)) for ms, side, quantity in told] == [
        (row.ms, row.side, float(row.quantity)) for row in truth
    ]
    assert len(told) > 3


def test_the_list_of_markets_holds_a_dated_contract(world):
    """Contracts say what they are; of the pair of bitcoin there are two."""
    _, body, _ = world.get(NAME, "/fapi/v1/exchangeInfo")
    kinds = {row["symbol"]: row["contractType"] for row in body["symbols"] if row["pair"] == "BTCUSDT"}
    assert kinds == {"BTCUSDT": "PERPETUAL", "BTCUSDT_270326": "NEXT_QUARTER"}


@pytest.mark.parametrize(
    ("path", "query", "code"),
    [
        ("/fapi/v1/depth", {"symbol": "BTCUSDT", "limit": 7}, -4021),
        ("/fapi/v1/depth", {"symbol": "NOPE"}, -1121),
        ("/fapi/v1/klines", {"symbol": "BTCUSDT", "interval": "1s5"}, -1120),
        ("/fapi/v1/aggTrades", {"symbol": "BTCUSDT", "fromId": 1, "startTime": 1}, -1128),
        ("/fapi/v1/openInterest", {}, -1102),
    ],
)
def test_wrong_requests_get_their_codes(world, path, query, code):
    """Errors have the venue's codes."""
    status, body, _ = world.get(NAME, path, **query)
    assert (status, body["code"]) == (400, code)


def test_weights(world):
    """Requests count by their size, and over 2400 a minute the answer is 429."""
    for query, weight in (({"limit": 20}, 2), ({"limit": 1000}, 20)):
        before = world.stats[NAME].weight_used
        world.get(NAME, "/fapi/v1/depth", symbol="BTCUSDT", **query)
        assert world.stats[NAME].weight_used - before == weight
    statuses = [world.get(NAME, "/fapi/v1/ticker/24hr")[0] for _ in range(60)]
    assert statuses[0] == 200
    assert statuses[-1] == 429


# Listen keys and user streams


def listen(world, method="POST", key=KEY):
    return world.request(NAME, "/fapi/v1/listenKey", headers={"X-MBX-APIKEY": key}, method=method)


def test_a_listen_key_is_one_per_account(strict):
    """POST gives the same key as long as it lives, PUT needs one that lives, DELETE ends it."""
    strict.account(NAME, KEY, secret=SECRET)
    assert listen(strict, "PUT")[1]["code"] == -1125
    status, body = listen(strict)
    assert (status, len(body["listenKey"])) == (200, 64)
    assert listen(strict)[1] == body
    assert listen(strict, "PUT")[0] == 200
    assert listen(strict, "DELETE") == (200, {})
    assert listen(strict)[1] != body
    assert listen(strict, key="nobody")[1]["code"] == -2015


def test_a_fill_is_told_with_its_position(strict):
    """Orders come as they change; a fill brings wallet and position, an order that only rests does not."""
    account = strict.account(NAME, KEY, secret=SECRET)
    client = strict.connect(NAME, f"/private/ws/{listen(strict)[1]['listenKey']}")
    order = account.place("BTCUSDT", "sell", "0.02", "90000")
    [placed] = client.take()
    assert (placed["e"], placed["o"]["X"], placed["o"]["i"]) == ("ORDER_TRADE_UPDATE", "NEW", int(order.order_id))
    assert "n" not in placed["o"]
    account.partial(order, "0.005")
    filled, changed = client.take()
    assert (filled["o"]["X"], filled["o"]["x"], filled["o"]["N"]) == ("PARTIALLY_FILLED", "TRADE", "USDT")
    assert changed["e"] == "ACCOUNT_UPDATE"
    [position] = changed["a"]["P"]
    assert (position["s"], float(position["pa"]), position["ep"]) == ("BTCUSDT", -0.005, "90000")
    [wallet] = changed["a"]["B"]
    assert float(wallet["wb"]) == float(account.balances()["USDT"].total)
    account.transfer("USDT", 100)
    [moved] = client.take()
    assert (moved["a"]["m"], "P" in moved["a"], float(moved["a"]["B"][0]["bc"])) == ("DEPOSIT", False, 100)


def test_a_key_runs_out_after_an_hour_unless_it_is_renewed(strict):
    """The end is told, then the socket stays open and silent; a renewal puts it off by an hour."""
    account = strict.account(NAME, KEY, secret=SECRET)
    key = listen(strict)[1]["listenKey"]
    client = strict.connect(NAME, f"/private/ws/{key}")
    strict.clock.time += 3000
    assert listen(strict, "PUT")[0] == 200
    strict.clock.time += 3000
    strict.run(1)
    assert client.take() == []
    strict.pong(client, client.pings[-1])
    strict.clock.time += 700
    strict.run(1)
    assert [message["e"] for message in client.take()] == ["listenKeyExpired"]
    account.place("BTCUSDT", "sell", "0.02", "90000")
    strict.run(1)
    assert client.take() == []
    assert client.ended is None


def test_a_bogus_key_completes_the_handshake(strict):
    """Whoever comes with a key that is nobody's is let in, and hears nothing."""
    account = strict.account(NAME, KEY, secret=SECRET)
    client = strict.connect(NAME, "/private/ws/nobodys")
    account.place("BTCUSDT", "sell", "0.02", "90000")
    assert client.take() == []
    assert client.ended is None
