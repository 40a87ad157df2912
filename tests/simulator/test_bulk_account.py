"""BULK's account stream, signed transactions and account REST, against the venue's documented messages."""

import json
from decimal import Decimal

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bt_api_py.simulator import Simulator
from bt_api_py.simulator.dialects.bulk.base58 import decode, encode
from bt_api_py.simulator.dialects.bulk.codec import action_bytes, message, order_id

from .test_bulk import form

NAME = "BULK___SWAP"
SECRET = "4wBqpZM9xaSheZzJSMawUKKwhdpChKbZ5eu5ky4Vigw"
PUBLIC = "9C6hybhQ6Aycep9jaUnP6uL9ZYvDjUp1aSkFWPUFJtpj"
TOPIC = f"account.{PUBLIC}"
TESTNET = 2
SNAPSHOT = (
    '{"type":"account","topic":"account.<pubkey>","data":{"type":"accountSnapshot","kind":"MasterEOA","parent":null,'
    '"subAccounts":[],"multisigAccounts":[],"authorizedAgentWallets":["…"],'
    '"margin":{"totalBalance":100000.0,"availableBalance":95000.0,"marginUsed":5000.0,"notional":50000.0,'
    '"realizedPnl":1234.5,"unrealizedPnl":567.8,"fees":12.34,"funding":5.67},'
    '"positions":[{"symbol":"BTC-USD","size":0.5,"price":100000.0,"fairPrice":101000.0,"notional":50500.0,'
    '"realizedPnl":500.0,"unrealizedPnl":500.0,"leverage":5.0,"liquidationPrice":95000.0,"fees":10.0,"funding":2.5,'
    '"maintenanceMargin":1000.0,"lambda":0.05,"riskAllocation":5000.0,"iso":false,"protection":null}],'
    '"openOrders":[{"symbol":"BTC-USD","orderId":"…","price":102000.0,"originalSize":0.1,"size":0.1,"filledSize":0.0,'
    '"vwap":0.0,"maker":true,"reduceOnly":false,"orderType":"limit","trigger":null,"tif":"gtc","status":"placed",'
    '"timestamp":1763316177219383423,"iso":false}],'
    '"feeTiers":[{"symbol":"global","rollingVolume":1200000.0,"tierIndex":1,"tierThreshold":1000000.0,"makerBps":1.8,'
    '"takerBps":3.3,"windowDays":14}],'
    '"leverageSettings":[{"symbol":"BTC-USD","leverage":5.0}]}}'
)
DELTAS = {
    row["type"]: row
    for row in map(
        json.loads,
        (
            '{"type":"marginUpdate","totalBalance":100500.0,"availableBalance":95500.0,"marginUsed":5000.0,'
            '"notional":50500.0,"realizedPnl":1234.5,"unrealizedPnl":567.8,"fees":12.34,"funding":5.67}',
            '{"type":"positionUpdate","symbol":"BTC-USD","size":0.5,"price":100000.0,"realizedPnl":500.0,'
            '"unrealizedPnl":500.0,"leverage":5.0,"liquidationPrice":95000.0,"fairPrice":101000.0,"notional":50500.0,'
            '"fees":10.0,"funding":2.5,"maintenanceMargin":1000.0,"lambda":0.05,"riskAllocation":5000.0,'
            '"protection":null}',
            '{"type":"orderUpdate","ot":"limit","status":"resting","sym":"BTC-USD","oid":"…","px":105000.0,'
            '"origSz":-0.25,"sz":-0.25,"fillSz":0.0,"vwap":0.0,"tif":"gtc","r":false,"mk":true,"trigger":null,'
            '"ts":1763316177219383423,"reason":null}',
            '{"type":"fill","symbol":"BTC-USD","orderId":"…","price":102000.0,"size":0.05,"fee":0.35,"isBuy":true,'
            '"reasonCode":0,"counterpartyHint":"5Am6..nVux","timestamp":1763316177219383423,"maker":false}',
            '{"type":"leverageUpdate","leverage":[{"symbol":"BTC-USD","leverage":5.0}]}',
            '{"type":"cancelOneRejected","symbol":"BTC-USD","orderId":"…","reason":"Order not found",'
            '"timestamp":1763316177219383423}',
            '{"type":"cancelAllRejected","symbol":"BTC-USD","reason":"No open orders","timestamp":1763316177219383423}',
            '{"type":"liquidation","symbol":"BTC-USD","price":95000.0,"size":0.5,"isBuy":false,"marginPrior":5000.0,'
            '"marginAfter":0.0,"reason":"margin shortfall","timestamp":1763316177219383423}',
            '{"type":"adl","symbol":"BTC-USD","price":95000.0,"size":0.5,"isBuy":false,"reason":"underfill residual",'
            '"timestamp":1763316177219383423}',
        ),
    )
}


@pytest.fixture
def world(virtual):
    """BULK with real signature checks."""
    return virtual(exchanges=[NAME], strict_keys=True)


@pytest.fixture
def account(world):
    """The account of the known key, with 100000 USDC."""
    account = world.account(NAME, secret=SECRET, balances={"USDC": 100_000})
    assert account.api_key == PUBLIC
    return account


@pytest.fixture
def client(world, account):
    """A client that listens to the account; what it was told first is still to be taken."""
    client = world.connect(NAME, "/")
    request = {"method": "subscribe", "subscription": [{"type": "account", "user": PUBLIC}]}
    client.first = world.send(client, request)
    return client


class Signer:
    """Signs transactions as the documents say, each with a nonce of its own."""

    def __init__(self, secret=SECRET, account=PUBLIC):
        self.key = Ed25519PrivateKey.from_private_bytes(decode(secret, 32))
        self.account = account
        self.nonce = 1704067200000000000

    def payload(self, *actions, domain=TESTNET, nonce=None):
        self.nonce += 1
        nonce = self.nonce if nonce is None else nonce
        data = message([b"".join(action_bytes(action)) for action in actions], nonce, decode(self.account, 32), domain)
        return {
            "actions": list(actions),
            "nonce": str(nonce),
            "account": self.account,
            "signer": encode(self.key.public_key().public_bytes_raw()),
            "signature": encode(self.key.sign(data)),
        }


@pytest.fixture
def signer():
    return Signer()


def post(world, client, payload, number=7):
    """Return the inner payload of the answer, and what the account stream told meanwhile."""
    *told, answer = world.send(
        client, {"method": "post", "request": {"type": "action", "payload": payload}, "id": number}
    )
    assert (answer["type"], answer["id"], answer["data"]["type"]) == ("post", number, "action")
    return answer["data"]["payload"], [row["data"] for row in told]


def statuses(answer):
    assert answer["status"] == "ok"
    assert answer["response"]["type"] == "order"
    return answer["response"]["data"]["statuses"]


def limit(price, size="0.1", *, buy=True, tif="GTC", reduce=False, symbol="BTC-USD"):
    return {"l": {"c": symbol, "b": buy, "px": str(price), "sz": size, "tif": tif, "r": reduce, "i": False}}


def market(size, *, buy=True, reduce=False):
    return {"m": {"c": "BTC-USD", "b": buy, "sz": size, "r": reduce, "i": False}}


def best(world):
    book = world.truth.book(NAME, "BTC-USD")
    return book.bids[0], book.asks[0]


def test_the_snapshot_is_the_documented_one(world, account):
    """An account begins with a snapshot of margin, positions, orders and settings, in the documented form."""
    account.position("BTC-USD", "0.5", 88_000)
    account.place("BTC-USD", "buy", "0.1", 80_000)
    world.world.find(NAME).trader(account).agents[PUBLIC] = None
    client = world.connect(NAME, "/")
    wanted = {"method": "subscribe", "subscription": [{"type": "account", "user": [PUBLIC]}]}
    answer, snapshot = world.send(client, wanted)
    assert answer == {"type": "subscriptionResponse", "topics": [TOPIC]}
    known = json.loads(SNAPSHOT)
    assert form(snapshot) == form(known)
    data = snapshot["data"]
    assert (snapshot["topic"], data["type"], data["kind"]) == (TOPIC, "accountSnapshot", "MasterEOA")
    [order] = data["openOrders"]
    assert (order["originalSize"], order["size"], order["tif"], order["status"]) == (0.1, 0.1, "gtc", "placed")
    assert data["margin"]["totalBalance"] == 100_000.0
    assert data["margin"]["marginUsed"] == (0.5 * 88_000 + 8_000) / 5


def test_changes_are_the_documented_ones(world, account, client):
    """Every message that an account can cause has the documented keys in order, and types."""
    world.world.find(NAME).fills_have_ids = False
    order = account.place("BTC-USD", "sell", "0.25", 105_000)
    account.fill(order)
    account.set_leverage("BTC-USD", 10)
    account.liquidate("BTC-USD", 106_000)
    account.place("ETH-USD", "buy", 1, 2_000)
    account.fill(account.orders(is_open=True)[0])
    account.liquidate("ETH-USD", reason="adl")
    messages = client.take()
    signer = Signer()
    missing = {"cx": {"c": "BTC-USD", "oid": order.order_id}}
    for action in (missing, {"cxa": {"c": ["BTC-USD"]}}):
        messages += world.send(
            client, {"method": "post", "request": {"type": "action", "payload": signer.payload(action)}, "id": 1}
        )
    rows = [row for row in messages if row["type"] == "account"]
    assert {tuple(row) for row in rows} == {("type", "data", "topic")}
    assert {row["topic"] for row in rows} == {TOPIC}
    seen = {}
    for row in rows:
        seen.setdefault(row["data"]["type"], row["data"])
    assert set(seen) == set(DELTAS)
    for kind, known in DELTAS.items():
        told = {name: value for name, value in seen[kind].items() if not (kind == "fill" and name == "reason")}
        assert form(told) == form(known), kind


def test_an_order_is_told_with_its_sign_and_its_fill(world, account, client):
    """Sizes of a sale are negative, what is left is not reduced twice, and the fill has an id where servers send it."""
    order = account.place("BTC-USD", "sell", "0.25", 105_000)
    account.partial(order, "0.1")
    rows = [row["data"] for row in client.take()]
    placed = next(row for row in rows if row["type"] == "orderUpdate")
    assert (placed["status"], placed["origSz"], placed["sz"], placed["oid"]) == (
        "resting", -0.25, -0.25, order.order_id,
    )  # fmt: skip
    working = [row for row in rows if row["type"] == "orderUpdate"][-1]
    assert (working["status"], working["sz"], working["fillSz"], working["vwap"]) == ("working", -0.15, 0.1, 105_000.0)
    [fill] = [row for row in rows if row["type"] == "fill"]
    assert (fill["isBuy"], fill["maker"], fill["size"]) == (False, True, 0.1)
    assert fill["tradeId"] == world.truth.fills(NAME)[0].trade_id
    [position] = [row for row in rows if row["type"] == "positionUpdate"]
    assert (position["size"], position["price"]) == (-0.1, 105_000.0)
    world.world.find(NAME).fills_tell_taker = True
    account.fill(order)
    assert next(row["data"] for row in client.take() if row["data"]["type"] == "fill")["isBuy"] is True


def test_a_signed_order_rests(world, account, client, signer):
    """A signed limit order is answered by its id, computed beforehand, and told on the stream."""
    payload = signer.payload(limit(80_000))
    oid = order_id(0, action_bytes(limit(80_000))[0], signer.nonce, decode(PUBLIC, 32))
    answer, told = post(world, client, payload)
    assert answer == {
        "status": "ok",
        "response": {"type": "order", "data": {"statuses": [{"resting": {"oid": oid}}]}},
    }
    assert [row["type"] for row in told] == ["orderUpdate", "marginUpdate"]
    assert [order.order_id for order in account.orders(is_open=True)] == [oid]


def test_the_known_transaction_is_accepted(world, account, client):
    """The documented order with its documented signature is carried out under its documented id."""
    payload = {
        "actions": [limit("95000.0", "0.1")],
        "nonce": "1704067200000000000",
        "account": PUBLIC,
        "signer": PUBLIC,
        "signature": "4QCUPhu7AP8FTxbnxut1YmMHJJXXSy3xLnxg2vgqgn6HEXy3sioUrFrwjSLdrhSJsEvyAWvYQ8P8tsjvi4MAjEFg",
    }
    answer, _ = post(world, client, payload)
    [(_, body)] = statuses(answer)[0].items()
    assert body["oid"] == "3sRmu91XBuMUDXf5pXHZpyNw1Mi7Pz2i21jB1cY2WYkY"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"signature": encode(bytes(64))}, "Invalid signature"),
        ({"signature": "x"}, "Invalid signature"),
        ({"nonce": "1"}, "Invalid signature"),
        ({"account": encode(bytes(31) + b"\1")}, "Unknown account"),
        ({"signer": encode(bytes(31) + b"\1")}, "Signer is not authorized for this account"),
        ({"account": "nobody"}, "Invalid transaction"),
        ({"nonce": "-1"}, "Invalid transaction"),
        ({"nonce": None}, "Invalid transaction"),
        ({"signature": None}, "Invalid transaction"),
        ({"actions": []}, "Invalid transaction"),
        ({"actions": [limit(80_000), {"st": {}}]}, "unsupported action: st"),
    ],
)
def test_a_bad_transaction_does_nothing(world, account, client, signer, change, words):
    """A transaction that cannot be read, or is not signed by whom it should be, fails as a whole."""
    answer, told = post(world, client, signer.payload(limit(80_000)) | change)
    assert (answer["status"], words in answer["response"]) == ("error", True)
    assert told == []
    assert account.orders() == []


def test_a_signature_for_another_network_is_refused(world, account, client, signer):
    """What is signed for mainnet is worth nothing here."""
    answer, _ = post(world, client, signer.payload(limit(80_000), domain=1))
    assert answer == {"status": "error", "response": "Invalid signature"}


def test_a_nonce_serves_once(world, account, client, signer):
    """Another transaction with a used nonce fails; the same one again is a duplicate, and does nothing."""
    first = signer.payload(limit(80_000))
    post(world, client, first)
    [order] = account.orders()
    again, told = post(world, client, first)
    assert statuses(again) == [{"rejectedDuplicate": {"oid": order.order_id}}]
    other, _ = post(world, client, signer.payload(limit(81_000), nonce=signer.nonce))
    assert other == {"status": "error", "response": "Duplicate nonce"}
    assert (told, account.orders()) == ([], [order])
    lower, _ = post(world, client, signer.payload(limit(79_000), nonce=5))
    assert lower["status"] == "ok"


def test_a_batch_answers_each_action_in_order(world, account, client, signer):
    """Cancel, limit and market order of one transaction each get a status, in their order."""
    _, (ask, _) = best(world)
    post(world, client, signer.payload(limit(80_000)))
    [resting] = account.orders()
    actions = [{"cx": {"c": "BTC-USD", "oid": resting.order_id}}, limit(81_000), market("0.001")]
    answer, _ = post(world, client, signer.payload(*actions))
    ids = [order_id(place, action_bytes(actions[place])[0], signer.nonce, decode(PUBLIC, 32)) for place in (1, 2)]
    cancelled, placed, filled = statuses(answer)
    assert (cancelled, placed) == ({"cancelled": {"oid": resting.order_id}}, {"resting": {"oid": ids[0]}})
    assert filled == {"filled": {"oid": ids[1], "totalSz": 0.001, "avgPx": float(ask)}}


def test_what_becomes_of_orders(world, account, client, signer):
    """Each outcome has its status and body; sizes are signed."""
    (bid, offered), (ask, _) = best(world)
    outcomes = []
    for action in (
        limit(bid, str(offered + 1), buy=False),
        limit(bid, str(offered + 1), buy=False, tif="IOC"),
        limit(bid, buy=False, tif="ALO"),
        market("0.001", reduce=True),
        limit(ask - 1000, "20"),
        limit(bid, "0.000001"),
        limit(bid, symbol="NO-SUCH"),
        limit(bid, symbol="HALT-USD"),
        limit(1, "0.01"),
        market("0.001", buy=False, reduce=True),
    ):
        outcomes += statuses(post(world, client, signer.payload(action))[0])
    words = [next(iter(status)) for status in outcomes]
    assert words == [
        "working", "cancelledIoc", "rejectedCrossing", "filled", "rejectedRiskLimit", "rejectedInvalid",
        "rejectedInvalid", "rejectedInvalid", "rejectedInvalid", "cancelledReduceOnly",
    ]  # fmt: skip
    bodies = [next(iter(status.values())) for status in outcomes]
    assert [list(body) for body in bodies[:5]] == [
        ["oid", "filledSz", "remainingSz", "vwap"], ["oid", "filledSz"], ["oid"], ["oid", "totalSz", "avgPx"],
        ["oid", "reason"],
    ]  # fmt: skip
    assert (bodies[0]["filledSz"], bodies[0]["remainingSz"]) == (-float(offered), -1.0)
    assert bodies[1]["filledSz"] == -float(offered)
    assert bodies[4]["reason"] == "Insufficient margin"
    assert "notional" in bodies[8]["reason"]


def test_cancelling(world, account, client, signer):
    """One by id, all of some symbols, all; what is not there is refused, in the answer and on the stream."""
    for symbol, price in (("BTC-USD", 80_000), ("BTC-USD", 80_001), ("ETH-USD", 2_000), ("SOL-USD", 100)):
        post(world, client, signer.payload(limit(price, symbol=symbol)))
    btc, _, eth, sol = [order.order_id for order in account.orders()]
    answer, _ = post(world, client, signer.payload({"cx": {"c": "ETH-USD", "oid": btc}}))
    assert statuses(answer) == [{"cancelOneRejected": {"oid": btc, "reason": "Order not found"}}]
    answer, _ = post(world, client, signer.payload({"cxa": {"c": ["BTC-USD", "ETH-USD"]}}))
    assert [next(iter(status)) for status in statuses(answer)] == ["cancelled"] * 3
    answer, _ = post(world, client, signer.payload({"cxa": {"c": []}}))
    assert statuses(answer) == [{"cancelled": {"oid": sol}}]
    answer, told = post(world, client, signer.payload({"cxa": {"c": []}}))
    assert statuses(answer) == [{"cancelAllRejected": {"reason": "No open orders"}}]
    assert [row["type"] for row in told] == ["cancelAllRejected"]
    assert eth not in [order.order_id for order in account.orders(is_open=True)]


def test_an_order_is_modified(world, account, client, signer):
    """`mod` gives an order another size; a size already filled, or another order, is refused."""
    post(world, client, signer.payload(limit(80_000)))
    [order] = account.orders()
    answer, told = post(world, client, signer.payload({"mod": {"oid": order.order_id, "c": "BTC-USD", "sz": 0.3}}))
    assert statuses(answer) == [{"modified": {"oid": order.order_id}}]
    assert told[0]["origSz"] == 0.3
    answer, _ = post(world, client, signer.payload({"mod": {"oid": PUBLIC, "c": "BTC-USD", "sz": 0.3}}))
    assert statuses(answer) == [{"rejectedInvalid": {"oid": PUBLIC, "reason": "Order not found"}}]


def test_a_resting_order_of_a_client_is_filled_by_the_market(world, account, client, signer):
    """When the market comes the order fills as a maker, and order, fill, position and margin are told."""
    (bid, _), _ = best(world)
    post(world, client, signer.payload(limit(bid - 3, "0.0001")))
    for _ in range(6000):
        world.run(0.05)
        world.pong(client, b"")
        if account.fills():
            break
    rows = [row["data"] for row in client.take()]
    assert [row["type"] for row in rows] == ["fill", "orderUpdate", "positionUpdate", "marginUpdate"]
    assert (rows[0]["maker"], rows[0]["price"], rows[1]["status"]) == (True, float(bid - 3), "filled")
    assert rows[2]["size"] == 0.0001


def test_leverage_is_chosen(world, account, client, signer):
    """`updateUserSettings` sets it, as a mapping or as pairs; beyond the maximum it is an error."""
    for given in ({"BTC-USD": 20}, [["ETH-USD", 10.0]]):
        answer, told = post(world, client, signer.payload({"updateUserSettings": {"m": given}}))
        assert statuses(answer) == []
    assert told == [
        {
            "type": "leverageUpdate",
            "leverage": [{"symbol": "BTC-USD", "leverage": 20.0}, {"symbol": "ETH-USD", "leverage": 10.0}],
        }
    ]
    answer, _ = post(world, client, signer.payload({"updateUserSettings": {"m": {"BTC-USD": 51}}}))
    assert list(statuses(answer)[0]) == ["error"]


def test_an_agent_trades_when_it_is_registered(world, account, client, signer):
    """Another key signs for the account from its registration to its deletion."""
    key = encode(bytes(range(32)))
    agent = Signer(key, PUBLIC)
    public = agent.payload(limit(80_000))["signer"]
    for delete, allowed in ((False, True), (True, False)):
        answer, _ = post(world, client, signer.payload({"agentWalletCreation": {"a": public, "d": delete}}))
        assert statuses(answer) == [{"agentWallet": {"agentWallet": public}}]
        agent.nonce = signer.nonce = signer.nonce + 1
        answer, _ = post(world, client, agent.payload(limit(80_000)))
        signer.nonce = agent.nonce
        assert (answer["status"] == "ok") is allowed
    answer, _ = post(world, client, signer.payload({"agentWalletCreation": {"a": public, "d": True}}))
    assert list(statuses(answer)[0]) == ["agentWalletFailed"]


def test_the_faucet_gives_once_a_day(world, account, client, signer):
    """Test funds come once in 24 hours."""
    faucet = {"faucet": {"u": PUBLIC, "amount": 500.0}}
    assert statuses(post(world, client, signer.payload(faucet))[0]) == [{"deposit": {"amount": 500.0}}]
    assert account.margin("USDC").total == 100_500
    assert list(statuses(post(world, client, signer.payload(faucet))[0])[0]) == ["depositFailed"]
    world.clock.time += 24 * 3600
    assert list(statuses(post(world, client, signer.payload({"faucet": {"u": PUBLIC}}))[0])[0]) == ["deposit"]


def test_oracle_prices_are_acknowledged(world, account, client, signer):
    """They need an oracle's account; then the ticker tells the price. Pyth prices are taken the same way."""
    price = {"px": {"t": 1, "c": "BTC-USD", "px": 102_500.0}}
    pyth = {"o": {"oracles": [{"t": 1, "fi": 2, "px": 3, "e": -8}]}}

    def acknowledged(action):
        request = {"type": "action", "payload": signer.payload(action)}
        [answer] = world.send(client, {"method": "post", "request": request, "id": 1})
        assert (list(answer["data"]), answer["data"]["type"]) == (["type", "ok", "message"], "ack")
        return answer["data"]["ok"]

    assert not acknowledged(price)
    account.permissions = ("read", "oracle")
    assert acknowledged(price)
    assert acknowledged(pyth)
    assert world.get(NAME, "/api/v1/ticker/BTC-USD")[1]["oraclePrice"] == 102_500.0


@pytest.mark.parametrize("change", [{"id": None}, {"request": None}, {"request": {"type": "info", "payload": {}}}])
def test_a_request_that_is_none_is_an_error_without_an_id(world, account, client, change):
    """What is no post request is answered by an error that names none."""
    request = {"method": "post", "request": {"type": "action", "payload": {}}, "id": 7} | change
    assert [row["type"] for row in world.send(client, request)] == ["error"]


def ask(world, kind, user=PUBLIC):
    body = json.dumps({"type": kind, "user": user}).encode()
    answer = world.world.find(NAME).handle_http("POST", "/api/v1/account", {}, {}, body)
    return answer.status, json.loads(answer.body)


def test_rest_tells_the_account(world, account, client):
    """Reads need no signature, and tell what the stream's snapshot tells, and what is over."""
    order = account.place("BTC-USD", "buy", "0.1", 80_000)
    account.fill(account.place("BTC-USD", "sell", "0.2", 90_000))
    account.fill(account.place("BTC-USD", "buy", "0.2", 89_000))
    snapshot = world.send(
        world.connect(NAME, "/"), {"method": "subscribe", "subscription": [{"type": "account", "user": PUBLIC}]}
    )[1]["data"]
    assert ask(world, "fullAccount") == (200, [{"fullAccount": {k: v for k, v in snapshot.items() if k != "type"}}])
    assert ask(world, "openOrders") == (200, [{"openOrder": snapshot["openOrders"][0]}])
    assert snapshot["openOrders"][0]["orderId"] == order.order_id
    told = [row["fills"] for row in ask(world, "fills")[1]]
    assert [(Decimal(str(row["size"])), row["tradeId"]) for row in told] == [
        (fill.quantity, fill.trade_id) for fill in reversed(account.fills())
    ]
    assert [row["orderHistory"]["status"] for row in ask(world, "orderHistory")[1]] == ["filled", "filled"]
    [closed] = ask(world, "positions")[1]
    assert (closed["positions"]["size"], closed["positions"]["realizedPnl"]) == (0.0, 200.0)
    assert ask(world, "feeTier")[1][0]["feeTier"]["takerBps"] == 3.3
    assert [ask(world, kind) for kind in ("fundingHistory", "riskHistory")] == [(200, [])] * 2


def test_bad_reads_have_their_status(world, account):
    """400 for what cannot be understood, 404 for an account that does not exist."""
    assert ask(world, "dances")[0] == 400
    assert ask(world, "fills", "nobody")[0] == 400
    assert ask(world, "fills", encode(bytes(31) + b"\1"))[0] == 404
    answer = world.world.find(NAME).handle_http("POST", "/api/v1/account", {}, {}, b"nonsense")
    assert answer.status == 400


def test_rest_takes_transactions(world, account, signer):
    """`POST /order` takes the payload of the socket and answers with the inner payload."""
    body = json.dumps(signer.payload(limit(80_000))).encode()
    answer = world.world.find(NAME).handle_http("POST", "/api/v1/order", {}, {}, body)
    assert answer.status == 200
    assert list(statuses(json.loads(answer.body))[0]) == ["resting"]


def test_an_unknown_account_cannot_be_followed(world, account):
    """With strict keys only accounts that were opened exist."""
    client = world.connect(NAME, "/")
    for user in (encode(bytes(31) + b"\1"), "nobody", None, 7):
        wanted = {"method": "subscribe", "subscription": [{"type": "account", "user": user}]}
        assert [row["type"] for row in world.send(client, wanted)] == ["error"]


def test_unsubscribing_an_account_ends_its_messages(world, account, client):
    """After the answer nothing of the account comes any more."""
    [answer] = world.send(client, {"method": "unsubscribe", "topic": TOPIC})
    assert answer == {"type": "unsubscribeResponse", "topic": TOPIC}
    account.place("BTC-USD", "buy", "0.1", 80_000)
    assert client.take() == []
    assert account.listeners == {}


def test_faults_concern_accounts(world, account, client):
    """Messages about orders are doubled and lost as those of markets are; expiry and revocation end the connection."""
    world.faults.duplicate(NAME, "orders")
    world.faults.skip(NAME, "balances")
    account.place("BTC-USD", "buy", "0.1", 80_000)
    assert [row["data"]["type"] for row in client.take()] == ["orderUpdate", "orderUpdate"]
    other = world.connect(NAME, "/")
    world.faults.expire_token(NAME)
    assert (client.ended[0], other.ended) == (1001, None)
    wanted = {"method": "subscribe", "subscription": [{"type": "account", "user": PUBLIC}]}
    world.send(other, wanted)
    account.revoke()
    assert other.ended[0] == 1008
    assert ask(world, "fills")[0] == 404


async def test_a_signed_order_over_the_network(web, signer):
    """Over loopback a client follows its account and trades on one socket, without any login."""
    async with Simulator(exchanges=[NAME], strict_keys=True) as sim:
        account = sim.account(NAME, secret=SECRET)
        async with web.ws_connect(f"{sim.url}/{NAME}") as socket:
            await socket.send_json({"method": "subscribe", "subscription": [{"type": "account", "user": PUBLIC}]})
            request = {"type": "action", "payload": signer.payload(limit(80_000))}
            await socket.send_json({"method": "post", "request": request, "id": 7})
            rows = [await socket.receive_json(timeout=10) for _ in range(5)]
        assert [row["type"] for row in rows] == ["subscriptionResponse", "account", "account", "account", "post"]
        [order] = account.orders()
        assert statuses(rows[-1]["data"]["payload"]) == [{"resting": {"oid": order.order_id}}]


def test_any_key_is_good_when_keys_are_not_strict(virtual, signer):
    """Without strict keys any public key has an account that lives, and any signature will do."""
    world = virtual(exchanges=[NAME], rate=10)
    client = world.connect(NAME, "/")
    world.send(client, {"method": "subscribe", "subscription": [{"type": "account", "user": PUBLIC}]})
    answer, _ = post(world, client, signer.payload(limit(80_000)) | {"signature": "any"})
    assert list(statuses(answer)[0]) == ["resting"]
    world.run(20)
    assert {"orderUpdate", "fill", "positionUpdate"} <= {row["data"]["type"] for row in client.take()}
