"""The simulated Kraken speaks as the venue's documents say."""

import json

import pytest

from bt_api_py.simulator.dialects.kraken.keys import signature

from .simulated import VirtualWorld, like

KRAKEN = "KRAKEN___SPOT"
TIMES = '"time_in":"2026-01-05T09:04:31.742599Z","time_out":"2026-01-05T09:04:31.742648Z"'
SECRET = "ZG9jcy1vbmx5LXNlY3JldC0wMTIzNDU2Nzg5YWJjZGVm"


@pytest.fixture
def world():
    return VirtualWorld(exchanges=[KRAKEN], rate=10.0)


def subscribed(world, channel, symbols=("BTC/USDT",), **params):
    """Return a client that has subscribed, with what the venue answered."""
    client = world.connect(KRAKEN, "/v2")
    client.take()
    answers = world.send(client, ask(channel, symbols, **params))
    return client, answers


def ask(channel, symbols=("BTC/USDT",), method="subscribe", **params):
    return {"method": method, "params": {"channel": channel, "symbol": list(symbols), **params}, "req_id": 7}


def data(client, channel):
    return [frame for frame in client.take() if frame.get("channel") == channel]


def test_the_greeting_and_the_heartbeat(world):
    """A client is told of the system first; with a subscription something comes every second."""
    client = world.connect(KRAKEN, "/v2")
    [status] = client.take()
    assert like(
        status,
        '{"channel":"status","type":"update","data":[{"version":"2.0.10","system":"online","api_version":"v2",'
        '"connection_id":6447481662169813000}]}',
    )
    assert status["data"][0]["connection_id"] > 2**53
    world.run(5)
    assert client.take() == []
    world.send(client, ask("trade", ["HALT/USDT"]))
    world.run(3.5)
    assert client.take() == [{"channel": "heartbeat"}] * 3
    [pong] = world.send(client, {"method": "ping", "req_id": 42})
    assert like(pong, f'{{"method":"pong",{TIMES},"req_id":42}}')


def test_a_client_without_a_subscription_is_closed(world):
    """After a minute in which nobody said anything the venue closes."""
    client = world.connect(KRAKEN, "/v2")
    world.run(61)
    assert client.ended == (1000, "idle")


def test_one_answer_for_each_market(world):
    """Each market of a command is answered by itself, a wrong one with an error that names it."""
    _, answers = subscribed(world, "book", ("BTC/USDT", "FOO/BAR", "ETH/USDT"), depth=100)
    good = (
        '{"method":"subscribe","result":{"channel":"book","symbol":"BTC/USDT","depth":100,"snapshot":true},'
        f'"success":true,{TIMES},"req_id":7}}'
    )
    assert [like(answer, good) for answer in answers] == [True, False, True]
    assert (answers[1]["success"], answers[1]["error"]) == (False, "Currency pair not supported FOO/BAR")


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (ask("book", depth=7), "Subscription depth not supported"),
        (ask("ohlc", interval=7), "Subscription ohlc interval not supported"),
        (ask("ticker", ["XBT/USDT"]), "Currency pair not supported XBT/USDT"),
        ({"method": "dance", "req_id": 1}, "Event(s) not found"),
        (ask("nothing"), "Malformed request"),
        (ask("ticker", method="unsubscribe"), "Subscription Not Found"),
        (ask("executions", token="wrong"), "ESession:Invalid session"),
    ],
)
def test_refusals(world, request_, error):
    """What cannot be done is refused in the venue's words."""
    client = world.connect(KRAKEN, "/v2")
    client.take()
    [answer] = world.send(client, request_)
    assert (answer["success"], answer["error"]) == (False, error)


def test_a_market_twice(world):
    """A channel carries a market once for each client, whatever the depth."""
    client, _ = subscribed(world, "book", depth=10)
    [answer] = world.send(client, ask("book", depth=25))
    assert answer["error"].startswith("Already subscribed")


def test_too_many_messages(world):
    """The twenty-first message of a second is one too many."""
    client = world.connect(KRAKEN, "/v2")
    client.take()
    answers = [world.send(client, {"method": "ping"}) for _ in range(21)]
    assert answers[-1] == [{"Error": "Exceeded msg rate"}]
    assert world.stats[KRAKEN].breaches["requests"] == 1


def test_data_has_the_form_of_the_documents(world):
    """Tickers, trades, bars and books look as printed."""
    samples = {
        "ticker": '{"channel":"ticker","type":"snapshot","data":[{"symbol":"BTC/USD","bid":108359.8,'
        '"bid_qty":0.01362603,"ask":108359.9,"ask_qty":17.17988863,"last":108359.8,"volume":2158.32346723,"vwap":108894.5,"low":106824.0,'
        '"high":111300.0,"change":-2679.9,"change_pct":-2.41,"timestamp":"2026-07-10T00:00:02.123456Z"}]}',
        "trade": '{"channel":"trade","type":"update","data":[{"symbol":"BTC/USD","side":"buy","price":105944.2,'
        '"qty":0.00027625,"ord_type":"limit","trade_id":10218208,"timestamp":"2026-07-10T00:00:00.123456Z"}]}',
        "ohlc": '{"channel":"ohlc","type":"update","timestamp":"2023-10-04T16:26:30.524394Z",'
        '"data":[{"symbol":"MATIC/USD","open":0.5624,"high":0.5628,"low":0.5622,"close":0.5627,"trades":12,"volume":30927.68066226,"vwap":0.5626,'
        '"interval_begin":"2023-10-04T16:25:00.000000000Z","interval":5,"timestamp":"2023-10-04T16:30:00.000000Z"}]}',
        "book": '{"channel":"book","type":"snapshot","data":[{"symbol":"BTC/USD","bids":[{"price":45283.5,"qty":0.1}],'
        '"asks":[{"price":45285.2,"qty":0.001}],"checksum":3310070434,"timestamp":"2026-07-10T00:00:01.123457Z"}]}',
    }
    for channel, sample in samples.items():
        client, _ = subscribed(world, channel, **({"snapshot": False} if channel in ("trade", "ohlc") else {}))
        world.run(3)
        assert like(data(client, channel)[0], sample), channel


def test_numbers_keep_their_zeros(world):
    """Prices and quantities are printed with all decimals of the market."""
    client, _ = subscribed(world, "book")
    world.run(0.2)
    text = next(frame for frame in client.raw if '"book"' in frame)
    quantities = [part.split("}")[0] for part in text.split('"qty":')[1:]]
    assert all(len(quantity.partition(".")[2]) == 8 for quantity in quantities)


def test_a_book_kept_from_its_updates(world):
    """Snapshot and updates, cut to the depth, give the venue's own best levels, and no level outside is deleted."""
    client, _ = subscribed(world, "book", depth=10)
    world.run(20)
    first, *updates = [frame["data"][0] for frame in data(client, "book")]
    assert (len(first["bids"]), len(first["asks"])) == (10, 10)
    assert len(updates) > 20
    sides = {side: {level["price"]: level["qty"] for level in first[side]} for side in ("bids", "asks")}
    for update in updates:
        for side, held in sides.items():
            for level in update[side]:
                if level["qty"] == 0:
                    del held[level["price"]]
                else:
                    held[level["price"]] = level["qty"]
            for price in sorted(held, reverse=side == "bids")[10:]:
                del held[price]
    truth = world.truth.book(KRAKEN, "BTCUSDT")
    assert sorted(sides["bids"], reverse=True) == [float(price) for price, _ in truth.bids[:10]]
    assert sorted(sides["asks"]) == [float(price) for price, _ in truth.asks[:10]]


def test_recent_trades_and_bars_on_request(world):
    """With `snapshot` the latest fifty trades, or the latest bars, come first."""
    for channel, least in (("trade", 50), ("ohlc", 10)):
        client, _ = subscribed(world, channel, snapshot=True)
        world.run(0.2)
        first = data(client, channel)[0]
        assert first["type"] == "snapshot"
        assert len(first["data"]) >= least


def test_the_list_of_instruments(world):
    """The channel of instruments sends one object."""
    client = world.connect(KRAKEN, "/v2")
    world.send(client, {"method": "subscribe", "params": {"channel": "instrument", "snapshot": True}, "req_id": 79})
    world.run(0.2)
    [frame] = data(client, "instrument")
    assert {"symbol", "base", "quote", "status", "price_precision", "qty_precision"} <= set(frame["data"]["pairs"][0])


# REST


def test_rest_answers_have_the_form_of_the_documents(world):
    """Errors stand in a list, and rows under the id of the pair."""
    status, body, _ = world.get(KRAKEN, "/0/public/AssetPairs", pair="ETHXBT")
    assert (status, body["error"], list(body["result"])) == (200, [], ["XETHXXBT"])
    assert body["result"]["XETHXXBT"]["wsname"] == "ETH/XBT"
    world.run(2)
    ticker = world.get(KRAKEN, "/0/public/Ticker", pair="XBTUSDT")[1]["result"]
    assert like(
        ticker,
        '{"XBTUSDT":{"a":["105944.30000","1","1.000"],"b":["105944.20000","1","1.000"],'
        '"c":["105899.40000","0.00009443"],"v":["0.78648221","163.28908096"],"p":["105960.64756","105904.39279"],'
        '"t":[35,3276],"l":["105853.50000","104711.00000"],"h":["106112.00000","106613.10000"],"o":"106021.60000"}}',
    )
    world.run(2)
    time = world.get(KRAKEN, "/0/public/Time")[1]["result"]
    assert like(time, '{"unixtime":1762820224,"rfc1123":"Tue, 11 Nov 25 00:17:04 +0000"}')
    world.run(2)
    assert world.get(KRAKEN, "/0/public/Depth", pair="XBTUSDT", count=3)[1]["result"]["XBTUSDT"].keys() == {
        "asks",
        "bids",
    }


def test_trades_since_a_time(world):
    """A list of trades begins behind the time that is asked for, in nanoseconds or seconds, and ends with a cursor."""
    client, _ = subscribed(world, "trade")
    world.run(10)
    client.take()
    truth = world.truth.trades(KRAKEN, "BTCUSDT", history=True)
    middle = truth[-30]
    after = [row for row in truth if row.ms > middle.ms]
    found = world.get(KRAKEN, "/0/public/Trades", pair="XBTUSDT", since=middle.ms * 10**6)[1]["result"]
    assert [str(row[6]) for row in found["XBTUSDT"]] == [row.id for row in after]
    assert found["last"] == str(after[-1].ms * 10**6)


def test_a_call_too_many(world):
    """A second call within a second is refused under a good status; other pairs have counters of their own."""
    assert world.get(KRAKEN, "/0/public/Trades", pair="XBTUSDT")[1]["error"] == []
    assert world.get(KRAKEN, "/0/public/Trades", pair="ETHUSDT")[1]["error"] == []
    status, body, _ = world.get(KRAKEN, "/0/public/Trades", pair="XBTUSDT")
    assert (status, body["error"]) == (200, ["EGeneral:Too many requests"])
    assert world.get(KRAKEN, "/0/public/Depth", pair="NOPE")[1]["error"] == ["EQuery:Unknown asset pair"]


# Accounts


def call(world, account, name, nonce, *more, secret=SECRET):
    """Return the answer to a signed call."""
    body = "&".join([f"nonce={nonce}", *more])
    path = f"/0/private/{name}"
    headers = {"API-Key": account.api_key, "API-Sign": signature(secret, path, str(nonce), body)}
    dialect = world.world.find(KRAKEN)
    return json.loads(dialect.handle_http("POST", path, {}, headers, body.encode()).body)


@pytest.fixture
def strict():
    return VirtualWorld(exchanges=[KRAKEN], strict_keys=True)


def test_the_vectors_of_the_documents():
    """A signature is what the documents say it is."""
    assert signature(SECRET, "/0/private/GetWebSocketsToken", "1700000000000", "nonce=1700000000000") == (
        "l0brBZFciFlZUvXuMzK3lT81j6CmOdaGUKjXzOkQn4Dhaj+/NFuFJ5csyNMQhEfGZIJ6EVv/7AW4RF/ojZINlw=="
    )


def test_signed_calls(strict):
    """Key, signature and nonce are looked at, each with its own refusal; a nonce counts once."""
    account = strict.account(KRAKEN, secret=SECRET)
    assert call(strict, account, "BalanceEx", 5)["error"] == []
    assert call(strict, account, "BalanceEx", 5)["error"] == ["EAPI:Invalid nonce"]
    assert call(strict, account, "BalanceEx", 6, secret=SECRET[4:])["error"] == ["EAPI:Invalid signature"]
    account.permissions = ()
    assert call(strict, account, "BalanceEx", 7)["error"] == ["EGeneral:Permission denied"]
    account.revoke()
    assert call(strict, account, "BalanceEx", 8)["error"] == ["EAPI:Invalid key"]


def test_the_counter_of_a_key(strict):
    """A key may call fifteen times at once, and once more every three seconds."""
    account = strict.account(KRAKEN, secret=SECRET)
    answers = [call(strict, account, "BalanceEx", nonce)["error"] for nonce in range(1, 17)]
    assert answers == [[]] * 15 + [["EAPI:Rate limit exceeded"]]
    strict.leap(6.2)
    assert call(strict, account, "TradesHistory", 20)["error"] == []


def test_a_token_opens_the_private_channels(strict):
    """Executions begin with the open orders and number their frames; a token is good for fifteen minutes."""
    account = strict.account(KRAKEN, secret=SECRET)
    order = account.place("BTCUSDT", "buy", "0.01", "80000")
    token = call(strict, account, "GetWebSocketsToken", 1)["result"]
    assert token["expires"] == 900
    client = strict.connect(KRAKEN, "/v2")
    client.take()
    ack, first = strict.send(client, ask("executions", [], token=token["token"]))
    assert ack["result"]["channel"] == "executions"
    assert (first["type"], first["sequence"], first["data"][0]["order_id"]) == ("snapshot", 1, order.order_id)
    account.fill(order)
    trade, filled = client.take()
    assert (trade["sequence"], trade["data"][0]["exec_type"], trade["data"][0]["order_status"]) == (
        2, "trade", "partially_filled"
    )  # fmt: skip
    assert "cum_qty" not in trade["data"][0]
    assert "symbol" not in filled["data"][0]
    assert (filled["sequence"], filled["data"][0]["order_status"], filled["data"][0]["cum_qty"]) == (3, "filled", 0.01)
    strict.leap(901)
    late = strict.connect(KRAKEN, "/v2")
    late.take()
    [refusal] = strict.send(late, ask("balances", [], token=token["token"]))
    assert refusal["error"] == "ESession:Invalid session"


def test_what_is_booked(strict):
    """A fill books both assets, a fee is paid in the quote asset, and an order that only locks books nothing."""
    account = strict.account(KRAKEN, secret=SECRET)
    token = call(strict, account, "GetWebSocketsToken", 1)["result"]["token"]
    client = strict.connect(KRAKEN, "/v2")
    client.take()
    strict.send(client, ask("balances", [], token=token))
    order = account.place("BTCUSDT", "buy", "0.01", "80000")
    assert client.take() == []
    account.fill(order)
    [frame] = client.take()
    booked = {row["asset"]: row["amount"] for row in frame["data"]}
    assert booked == {"USDT": -802.0, "BTC": 0.01}
    assert account.balances()["USDT"].locked == 0
