"""Coinbase's user and balance channels and signed REST as the simulator speaks them, against documented messages."""

import json

import pytest

from bt_api_py.simulator.dialects.coinbase.keys import VERIFY, signature

from .simulated import like

NAME, PATH = "COINBASE___SPOT", "/"
KEY, SECRET, PHRASE = "a-key", "ZG9jcy1vbmx5LXNlY3JldC0wMTIzNDU2Nzg5YWJjZGVm", "a phrase"
SAMPLES = {
    "received": '{"type":"received","time":"t","product_id":"B","sequence":5,"order_id":"1","size":"0.1","price":"5",'
    '"side":"sell","order_type":"limit","client_oid":"a","user_id":"u","profile_id":"p"}',
    "open": '{"type":"open","time":"t","product_id":"B","sequence":5,"order_id":"1","price":"5","remaining_size":"1",'
    '"side":"sell","user_id":"u","profile_id":"p"}',
    "match": '{"type":"match","time":"t","product_id":"B","sequence":5,"trade_id":5,"maker_order_id":"1",'
    '"taker_order_id":"8","size":"0.5","price":"5","side":"sell","maker_user_id":"u","maker_profile_id":"p",'
    '"maker_fee_rate":"0.004","user_id":"u","profile_id":"p"}',
    "done": '{"type":"done","time":"t","product_id":"B","sequence":5,"order_id":"1","price":"5","remaining_size":"0",'
    '"side":"sell","reason":"canceled","user_id":"u","profile_id":"p"}',
    "balance": '{"type":"balance","account_id":"..","currency":"USD","holds":"1","available":"1","updated":"..",'
    '"timestamp":".."}',
}


@pytest.fixture
def world(virtual):
    """Coinbase with strict keys."""
    return virtual(exchanges=[NAME], strict_keys=True)


@pytest.fixture
def account(world):
    return world.account(NAME, KEY, secret=SECRET, passphrase=PHRASE)


def signed(world, *, key=KEY, secret=SECRET, passphrase=PHRASE, seconds=0, channels=None):
    stamp = str(int(world.clock.time) + seconds)
    channels = channels or [{"name": "user", "product_ids": ["BTC-USDT", "ETH-USDT"]}]
    keys = {"signature": signature(secret, stamp + VERIFY), "key": key, "passphrase": passphrase, "timestamp": stamp}
    return {"type": "subscribe", "channels": channels} | keys


def listening(world, *assets):
    """Return a client that hears of orders, and of these balances."""
    client = world.connect(NAME, PATH)
    channels = [{"name": "user", "product_ids": ["BTC-USDT", "ETH-USDT"]}]
    if assets:
        parts = {row["currency"]: row["id"] for row in rest(world, "/accounts")[1]}
        channels.append({"name": "balance", "account_ids": [parts[asset] for asset in assets]})
    [answer] = world.send(client, signed(world, channels=channels))
    assert answer["type"] == "subscriptions", answer
    return client


def rest(world, path, query="", *, key=KEY, secret=SECRET, passphrase=PHRASE, seconds=0, drop=""):
    stamp = str(int(world.clock.time) + seconds)
    text = f"{stamp}GET{path}{'?' if query else ''}{query}"
    headers = {
        "User-Agent": "a test",
        "CB-ACCESS-KEY": key,
        "CB-ACCESS-SIGN": signature(secret, text),
        "CB-ACCESS-TIMESTAMP": stamp,
        "CB-ACCESS-PASSPHRASE": passphrase,
    }
    return world.request(NAME, path, query, {name: value for name, value in headers.items() if name != drop})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1700000000" + VERIFY, "39rNNPYPCKRavJW2X/ufQ1qWquzqc3ZsCRGzF3vZpIk="),
        ("1700000000GET/orders?status=open", "hX38g7Az/tBHpCn+bt+I77l/0ZK22ryGv0bdN6THNg0="),
    ],
)
def test_signatures_are_the_known_ones(text, expected):
    """The documented texts give the documented signatures; a secret that is no Base64 gives none."""
    assert signature(SECRET, text) == expected
    assert signature("x", text) == ""


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"key": "nobody"}, "Invalid API Key"),
        ({"secret": "d3Jvbmc="}, "invalid signature"),
        ({"passphrase": "wrong"}, "Invalid Passphrase"),
        ({"seconds": 31}, "request timestamp expired"),
        ({"seconds": -31}, "request timestamp expired"),
    ],
)
def test_a_bad_signature_is_refused_in_the_venue_s_words(world, account, change, words):
    """The feed puts the reason into a JSON text; REST says it as it is."""
    client = world.connect(NAME, PATH)
    [answer] = world.send(client, signed(world, **change))
    assert answer == {"type": "error", "message": "Authentication Failed", "reason": json.dumps({"message": words})}
    status, body = rest(world, "/accounts", **change)
    assert (status in (400, 401), body) == (True, {"message": words})


@pytest.mark.parametrize("header", ["KEY", "SIGN", "TIMESTAMP", "PASSPHRASE"])
def test_a_header_that_is_missing_is_named(world, account, header):
    """Every one of the four is needed."""
    answer = rest(world, "/accounts", drop=f"CB-ACCESS-{header}")
    assert answer == (400, {"message": f"CB-ACCESS-{header} header is required"})


@pytest.mark.parametrize(("change", "words"), [({"ip_ok": False}, "IP does not"), ({"permissions": ()}, "Forbidden")])
def test_a_key_may_lack_rights(world, change, words):
    """An address that is not allowed, and a key that may not read, are refused."""
    world.account(NAME, KEY, secret=SECRET, passphrase=PHRASE, **change)
    status, body = rest(world, "/accounts")
    assert (status, body["message"].startswith(words)) == (403, True)


@pytest.mark.parametrize("channel", ["user", "balance", "level2"])
def test_without_a_signature_nothing_private_is_told(world, account, channel):
    """What needs a key is refused without one."""
    client = world.connect(NAME, PATH)
    [answer] = world.send(client, {"type": "subscribe", "product_ids": ["BTC-USD"], "channels": [channel]})
    assert (answer["type"], "require authentication" in answer["reason"]) == ("error", True)


def test_unknown_parts_and_markets_are_refused(world, account):
    """A part of the account that is none, and a market that is none, are named."""
    client = world.connect(NAME, PATH)
    for entry, word in (
        ({"name": "balance", "account_ids": ["nobody"]}, "nobody is not a valid account"),
        ({"name": "user", "product_ids": ["FOO-USD"]}, "FOO-USD is not a valid product"),
    ):
        [answer] = world.send(client, signed(world, channels=[entry]))
        assert answer["reason"] == word


def test_messages_have_the_documented_structure(world, account):
    """An order's life, in the messages of the documents, and the balances that it moves."""
    client = listening(world, "BTC", "USDT")
    order = account.place("BTCUSDT", "sell", "0.2", "90000")
    account.partial(order, "0.05")
    account.cancel(order)
    messages = client.take()
    told = [message for message in messages if message["type"] != "balance"]
    assert [message["type"] for message in told] == ["received", "open", "match", "done"]
    for message in messages:
        assert like(message, SAMPLES[message["type"]]), message["type"]
    moved = [message["currency"] for message in messages if message["type"] == "balance"]
    assert moved == ["BTC", "BTC", "USDT", "BTC"]
    assert {message.get("order_id", order.order_id) for message in told} == {order.order_id}
    assert told[2]["maker_order_id"] == order.order_id
    assert (told[3]["reason"], told[3]["remaining_size"]) == ("canceled", "0.15000000")


def test_a_taker_s_fill_tells_the_maker_s_side(world, account):
    """A market order takes: its match names it as the taker, with the other side and the taker's rate."""
    client = listening(world)
    order = account.place("BTCUSDT", "buy", "0.01", type="market")
    account.fill(order)
    received, match, done = client.take()
    assert (received["order_type"], "price" in received, "funds" in received) == ("market", False, True)
    assert (match["taker_order_id"], match["side"], match["taker_fee_rate"]) == (order.order_id, "sell", "0.006")
    assert "maker_fee_rate" not in match
    assert done["reason"] == "filled"


def test_fees_are_paid_in_the_quote_asset(world, account):
    """A buyer pays them on top, to the last digit, and REST tells the same."""
    before = account.balances()["USDT"].total
    order = account.place("BTCUSDT", "buy", "0.00012345", "88901.23")
    account.fill(order)
    [fill] = account.fills()
    assert (fill.fee_asset, fill.fee) == ("USDT", fill.price * fill.quantity * world.world.find(NAME).house.maker_fee)
    assert account.balances()["USDT"].total == before - fill.price * fill.quantity - fill.fee
    _, [row] = rest(world, "/fills", "product_id=BTC-USDT")
    assert (float(row["fee"]), row["liquidity"], row["side"]) == (float(fill.fee), "M", "buy")


def test_only_what_was_asked_for_is_told(world, account):
    """Orders of other markets and balances of other assets stay untold, and so does what was given back."""
    client = listening(world, "ETH")
    account.place("SOLUSDT", "sell", "1", "150")
    account.transfer("BTC", "1")
    assert client.take() == []
    account.transfer("ETH", "1")
    assert [message["currency"] for message in client.take()] == ["ETH"]
    world.send(client, {"type": "unsubscribe", "channels": ["user", "balance"]})
    account.place("ETHUSDT", "sell", "1", "4000")
    assert client.take() == []


def test_a_key_that_is_taken_back_ends_its_sockets(world, account):
    """A revoked key is known no more, and who listens with it is cut off; the public feed goes on."""
    client, other = listening(world), world.connect(NAME, PATH)
    account.revoke()
    assert client.ended == (1008, "key revoked")
    assert other.ended is None
    assert rest(world, "/accounts")[0] == 401


def test_accounts(world, account):
    """Every asset of the venue has a part, held or not, under a name of its own."""
    _, rows = rest(world, "/accounts")
    sample = (
        '{"id":"a","currency":"BTC","balance":"1","hold":"0","available":"1","profile_id":"p","trading_enabled":true}'
    )
    assert all(like(row, sample) for row in rows)
    by_asset = {row["currency"]: row for row in rows}
    assert len({row["id"] for row in rows}) == len(rows) > 100
    assert float(by_asset["BTC"]["available"]) == float(account.balances()["BTC"].free)
    assert float(by_asset["SIM001"]["balance"]) == 0


def test_orders_and_their_pages(world, account):
    """Open and closed orders are listed apart, newest first, and the header leads on."""
    placed = [account.place("BTCUSDT", "sell", "0.01", str(90000 + number)) for number in range(5)]
    account.fill(placed[0])
    account.cancel(placed[1])
    names = [order.order_id for order in placed]
    assert [row["id"] for row in rest(world, "/orders", "status=open")[1]] == names[:1:-1]
    assert [row["id"] for row in rest(world, "/orders", "status=done")[1]] == [names[1], names[0]]
    assert [row["id"] for row in rest(world, "/orders", "status=all")[1]] == names[::-1]
    assert rest(world, "/orders", "status=pending")[1] == []
    dialect = world.world.find(NAME)
    query, stamp = "status=open&limit=2", str(int(world.clock.time))
    headers = {
        "User-Agent": "a test", "CB-ACCESS-KEY": KEY, "CB-ACCESS-PASSPHRASE": PHRASE, "CB-ACCESS-TIMESTAMP": stamp,
        "CB-ACCESS-SIGN": signature(SECRET, f"{stamp}GET/orders?{query}"),
    }  # fmt: skip
    answer = dialect.handle_http("GET", "/orders", {"status": "open", "limit": "2"}, headers, b"", query)
    cursor = answer.headers["CB-AFTER"]
    assert [row["id"] for row in json.loads(answer.body)] == names[:2:-1]
    assert [row["id"] for row in rest(world, "/orders", f"status=open&limit=2&after={cursor}")[1]] == [names[2]]


def test_one_order(world, account):
    """An order is found by its name; one that ended without a fill is forgotten."""
    filled, gone = (account.place("BTCUSDT", "sell", "0.01", "90000") for _ in range(2))
    account.fill(filled)
    account.cancel(gone)
    status, row = rest(world, f"/orders/{filled.order_id}")
    assert (status, row["status"], row["done_reason"], row["filled_size"]) == (200, "done", "filled", "0.01000000")
    assert rest(world, f"/orders/{gone.order_id}") == (404, {"message": "NotFound"})


def test_fills_want_a_market_or_an_order(world, account):
    """Fills are listed for one of the two."""
    order = account.place("BTCUSDT", "sell", "0.01", "90000")
    account.fill(order)
    assert rest(world, "/fills")[0] == 400
    assert rest(world, "/fills", "product_id=FOO-USD")[0] == 404
    assert [row["order_id"] for row in rest(world, "/fills", f"order_id={order.order_id}")[1]] == [order.order_id]
    assert rest(world, "/fills", "product_id=ETH-USDT") == (200, [])


def test_private_requests_are_limited(world, account):
    """Thirty at once and fifteen a second after that; of fills twenty, and ten."""
    assert [rest(world, "/accounts")[0] for _ in range(31)] == [200] * 30 + [429]
    assert [rest(world, "/fills", "product_id=BTC-USDT")[0] for _ in range(21)] == [200] * 20 + [429]
    world.leap(1)
    assert [rest(world, "/accounts")[0] for _ in range(16)] == [200] * 15 + [429]
