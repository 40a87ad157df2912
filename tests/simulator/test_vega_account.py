"""Vega's parties, their streams and the wallet as the simulator has them, against the documented messages."""

import json
from decimal import Decimal

import pytest

from .test_vega import NAME, NS, ROOT, assert_holds, listed, market, results, stream

TOKEN = "a-long-living-token"
ORDER = json.loads(
    '{"id":"<order>","marketId":"<market>","partyId":"<party>","side":"SIDE_BUY","price":"650000","size":"15000",'
    '"remaining":"10000","timeInForce":"TIME_IN_FORCE_GTC","type":"TYPE_LIMIT","createdAt":"1700000000000000000",'
    '"status":"STATUS_ACTIVE","expiresAt":"0","reference":"my-1","updatedAt":"0","version":"1","batchId":"1",'
    '"postOnly":false,"reduceOnly":false}'
)
POSITION = json.loads(
    '{"marketId":"<market>","partyId":"<party>","openVolume":"-5000","realisedPnl":"-1200000",'
    '"unrealisedPnl":"300000","averageEntryPrice":"651000","updatedAt":"1700000000000000000",'
    '"lossSocialisationAmount":"0","positionStatus":"POSITION_STATUS_UNSPECIFIED"}'
)
ACCOUNT = {
    "owner": "<party>",
    "balance": "1234500000",
    "asset": "<asset>",
    "marketId": "",
    "type": "ACCOUNT_TYPE_GENERAL",
}
STREAMED_ORDER = json.loads(
    '{"result":{"snapshot":{"orders":[{"id":"<order>","marketId":"<market>","partyId":"<party>","side":1,'
    '"price":"650000","size":"15000","remaining":"10000","timeInForce":1,"type":1,"createdAt":"1700000000000000000",'
    '"status":1,"version":"1"}],"lastPage":true}}}'
)
STREAMED_POSITION = json.loads(
    '{"result":{"updates":{"positions":[{"marketId":"<market>","partyId":"<party>","openVolume":"15000",'
    '"realisedPnl":"0","unrealisedPnl":"-4500000","averageEntryPrice":"650000"}]}}}'
)
SENT = json.loads(
    '{"jsonrpc":"2.0","result":{"receivedAt":"2024-05-01T10:00:00.1Z","sentAt":"2024-05-01T10:00:00.3Z",'
    '"transactionHash":"E8C1…","transaction":{}},"id":"request"}'
)


@pytest.fixture
def world(virtual):
    """Vega, whose wallet knows the tokens that it gave."""
    return virtual(exchanges=[NAME], strict_keys=True)


@pytest.fixture
def venue(world):
    return world.world.find(NAME)


@pytest.fixture
def account(world):
    """A party with 100000 USDT that does only what the test, or its wallet, asks of it."""
    return world.account(NAME, secret=TOKEN, balances={"USDT": 100_000})


@pytest.fixture
def btc(world):
    """The id of a market with 1 decimal place for prices and 4 for sizes."""
    return market(world)["id"]


def follow(world, path, account, **parameters):
    """Return a client of a stream of one party."""
    party = "partyIds" if path in ("orders", "trades") else "partyId"
    return stream(world, path, (party, account.api_key), *parameters.items())


def updates(client, field):
    return [row for result in results(client) for row in result["updates"][field]]


def rpc(world, method, params=None, *, token=TOKEN, origin="VegaBot", raw=None, **message):
    """Return (status, answer) of a request to the wallet."""
    headers = {"Origin": origin, "Authorization": f"VWT {token}", "Content-Type": "application/json"}
    body = {"jsonrpc": "2.0", "method": method, "id": "request", "params": params or {}, **message}
    sent = raw if raw is not None else json.dumps({name: value for name, value in body.items() if value is not None})
    kept = {name: value for name, value in headers.items() if value and value != "VWT "}
    answer = world.world.find(NAME).handle_http("POST", f"{ROOT}/requests", {}, kept, sent.encode())
    return answer.status, json.loads(answer.body) if answer.body else None


def send(world, account, mode="TYPE_SYNC", **batch):
    """Send a batch of instructions and return (status, answer)."""
    params = {
        "publicKey": account.api_key,
        "sendingMode": mode,
        "transaction": {"batchMarketInstructions": batch},
    }
    return rpc(world, "client.send_transaction", params)


def submission(number, side="SIDE_BUY", price="800000", size="1000", **more):
    """Return an order as the sheet submits it."""
    return {
        "marketId": number,
        "price": price,
        "size": size,
        "side": side,
        "timeInForce": "TIME_IN_FORCE_GTC",
        "type": "TYPE_LIMIT",
        "reference": "mm-1-b",
        **more,
    }


def placed(world, account, **given):
    """Send one submission, let a block pass, and return the order as REST tells it."""
    status, _ = send(world, account, submissions=[submission(**given)])
    assert status == 200
    world.run(0.1)
    return orders(world, account)[0]


def orders(world, account, **query):
    """Return a party's orders as REST tells them, newest first."""
    return listed(world, "/orders", "orders", filter_partyIds=account.api_key, **query)[0]


# -- REST and streams --------------------------------------------------------------------------------------------


def test_rest_tells_a_party_as_documented(world, account, btc):
    """Orders, positions and accounts have the documented fields, words in full and defaults included."""
    order = account.place("BTCUSDT", "buy", "1.5", "65000", client_order_id="my-1")
    account.partial(order, "0.5")
    [row] = orders(world, account)
    assert_holds(row, ORDER)
    told = {name: row[name] for name in ORDER if name not in ("id", "marketId", "partyId", "createdAt")}
    assert told == {name: ORDER[name] for name in told}
    assert (row["id"], row["marketId"], row["partyId"]) == (order.order_id, btc, account.api_key)
    [position], _ = listed(world, "/positions", "positions", filter_partyIds=account.api_key)
    assert_holds(position, POSITION)
    assert (position["openVolume"], position["averageEntryPrice"]) == ("5000", "650000")
    rows, _ = listed(world, "/accounts", "accounts", filter_partyIds=account.api_key)
    general, margin = sorted(rows, key=lambda row: row["type"])
    assert_holds(general, ACCOUNT)
    held = account.balances()["USDT"]
    assert (general["type"], general["marketId"], Decimal(general["balance"])) == (
        "ACCOUNT_TYPE_GENERAL",
        "",
        held.free * 10**6,
    )
    assert (margin["type"], margin["marketId"]) == ("ACCOUNT_TYPE_MARGIN", btc)
    assert Decimal(margin["balance"]) == held.locked * 10**6


def test_rest_filters_what_it_tells(world, account, btc):
    """Live orders only, a status, a reference, a market, a span of time: each names the orders that fit."""
    first = account.place("BTCUSDT", "buy", "0.1", "65000", client_order_id="one")
    account.cancel(first)
    world.run(1)
    second = account.place("ETHUSDT", "sell", "2", "4000", client_order_id="two")
    between = second.created_ms * 1_000_000

    def ids(**query):
        return [row["id"] for row in orders(world, account, **query)]

    assert ids() == [second.order_id, first.order_id]
    assert ids(pagination_newestFirst="false") == [first.order_id, second.order_id]
    assert ids(filter_liveOnly="true") == [second.order_id]
    assert ids(filter_statuses="STATUS_CANCELLED") == [first.order_id]
    assert ids(filter_reference="two") == [second.order_id]
    assert ids(filter_marketIds=btc) == [first.order_id]
    assert ids(filter_dateRange_startTimestamp=between) == [second.order_id]
    assert ids(filter_dateRange_endTimestamp=between) == [first.order_id]
    stranger = world.account(NAME, balances={"USDT": 1})
    assert orders(world, stranger) == []
    raw = f"filter.partyIds={stranger.api_key}&filter.partyIds={account.api_key}"
    assert len(world.request(NAME, f"{ROOT}/orders", raw)[1]["orders"]["edges"]) == 2
    rows, _ = listed(world, "/accounts", "accounts", filter_accountTypes="ACCOUNT_TYPE_GENERAL")
    assert {row["owner"] for row in rows} == {account.api_key, stranger.api_key}
    status, body = world.request(NAME, f"{ROOT}/orders", "filter.partyIds=me")
    assert (status, body["code"]) == (400, 3)


def test_a_stream_begins_with_what_there_is_and_goes_on_with_changes(world, account):
    """Live orders come as a snapshot in numbers without defaults; a filled order is told without what remains."""
    account.cancel(account.place("BTCUSDT", "buy", "1", "64000"))
    order = account.place("BTCUSDT", "buy", "1.5", "65000")
    account.partial(order, "0.5")
    client = follow(world, "orders", account)
    [message] = client.take()
    assert_holds(message, STREAMED_ORDER)
    [row] = message["result"]["snapshot"]["orders"]
    documented = STREAMED_ORDER["result"]["snapshot"]["orders"][0]
    assert {name: row[name] for name in ("side", "price", "size", "remaining", "timeInForce", "type", "status")} == {
        name: documented[name] for name in ("side", "price", "size", "remaining", "timeInForce", "type", "status")
    }
    assert not {"expiresAt", "updatedAt", "postOnly", "reduceOnly", "reason", "peggedOrder"} & set(row)
    account.fill(order)
    assert client.take() == []
    world.run(0.05)
    [row] = updates(client, "orders")
    assert (row["status"], row["id"]) == (5, order.order_id)
    assert "remaining" not in row


def test_positions_and_accounts_are_told_with_the_fill(world, account, btc):
    """A fill tells the position and both accounts; a general account comes without its empty market."""
    positions, accounts = follow(world, "positions", account), follow(world, "accounts", account)
    assert positions.take() == []
    [first] = results(accounts)
    assert first["snapshot"]["lastPage"] is True
    assert first["snapshot"]["accounts"][0]["type"] == 4
    assert "marketId" not in first["snapshot"]["accounts"][0]
    account.fill(account.place("BTCUSDT", "buy", "1.5", "65000"))
    world.run(0.05)
    [message] = positions.take()
    assert_holds(message, STREAMED_POSITION)
    [row] = message["result"]["updates"]["positions"]
    assert (row["openVolume"], row["averageEntryPrice"], row["realisedPnl"]) == ("15000", "650000", "0")
    mark = world.truth.figures(NAME, "BTCUSDT").mark_price
    assert Decimal(row["unrealisedPnl"]) == Decimal("1.5") * (mark - 65000) * 10**6
    rows = updates(accounts, "accounts")
    assert {row["type"] for row in rows} == {3, 4}
    latest = {row["type"]: row for row in rows}
    held = account.balances()["USDT"]
    assert (Decimal(latest[4]["balance"]), Decimal(latest[3]["balance"])) == (held.free * 10**6, held.locked * 10**6)
    assert latest[3]["marketId"] == btc
    account.fill(account.place("BTCUSDT", "sell", "1.5", "66000"))
    world.run(0.05)
    [row] = updates(positions, "positions")
    assert "openVolume" not in row
    assert row["realisedPnl"] == str(1500 * 10**6)


def test_a_market_filter_takes_the_general_account_away(world, account, btc):
    """With a market, only its margin account is told."""
    client = follow(world, "accounts", account, marketId=btc)
    assert client.take() == []
    account.place("BTCUSDT", "buy", "1.5", "65000")
    account.place("ETHUSDT", "buy", "1", "3000")
    world.run(0.05)
    assert [(row["type"], row["marketId"]) for row in updates(client, "accounts")] == [(3, btc)]


def test_nothing_to_tell_is_no_snapshot(world, account):
    """Where there is no order, no message comes at all, not even an empty one."""
    client = follow(world, "orders", account)
    world.run(1)
    assert client.take() == []
    assert client.ended is None


def test_a_long_snapshot_comes_in_pages(world, account):
    """50 orders make a page, and only the last page says that it is the last; so many changes make two messages."""
    placed_orders = [account.place("BTCUSDT", "buy", "0.0001", 60_000 + number) for number in range(120)]
    client = follow(world, "orders", account)
    pages = [result["snapshot"] for result in results(client)]
    assert [len(page["orders"]) for page in pages] == [50, 50, 20]
    assert [page.get("lastPage") for page in pages] == [None, None, True]
    assert [row["id"] for page in pages for row in page["orders"]] == [order.order_id for order in placed_orders]
    for order in placed_orders[:60]:
        account.cancel(order)
    world.run(0.05)
    assert [len(result["updates"]["orders"]) for result in results(client)] == [50, 10]


def test_a_snapshot_of_too_many_orders_is_refused(world, account):
    """More than 1000 rows end the stream with the documented words."""
    for number in range(1001):
        account.place("BTCUSDT", "buy", "0.0001", 60_000 + number)
    client = follow(world, "orders", account)
    [message] = client.take()
    assert message["error"]["message"] == "initial image spans multiple pages"
    assert client.ended is not None


def test_a_change_in_the_gap_of_a_snapshot_is_told_by_rest_alone(world, venue, account):
    """What happens between the reading of a snapshot and its first update is in neither."""
    venue.snapshot_gap = 0.2
    kept = account.place("BTCUSDT", "buy", "0.1", "65000")
    client = follow(world, "orders", account)
    assert client.take() == []
    account.cancel(kept)
    world.run(0.3)
    [result] = results(client)
    assert [(row["id"], row["status"]) for row in result["snapshot"]["orders"]] == [(kept.order_id, 1)]
    assert orders(world, account, filter_liveOnly="true") == []
    account.place("BTCUSDT", "buy", "0.1", "65000")
    world.run(0.05)
    assert len(updates(client, "orders")) == 1


def test_own_trades_and_single_orders_by_rest(world, account, btc):
    """The list of a party's trades begins with the newest and tells what it paid; an order is found by its id."""
    order = account.place("BTCUSDT", "buy", "0.5", "65000")
    account.partial(order, "0.2", is_maker=False)
    account.fill(order)
    rows, _ = listed(world, "/trades", "trades", partyIds=account.api_key, marketIds=btc)
    fills = account.fills()
    assert [row["id"] for row in rows] == [fill.trade_id for fill in reversed(fills)]
    assert rows[-1]["buyerFee"]["infrastructureFee"] == f"{fills[0].fee * 10**6:.0f}" != "0"
    assert rows[-1]["sellerFee"]["infrastructureFee"] == "0"
    since = {"dateRange_startTimestamp": fills[-1].ms * 1_000_000 + 1}
    assert listed(world, "/trades", "trades", partyIds=account.api_key, **since)[0] == []
    status, body, _ = world.get(NAME, f"{ROOT}/order/{order.order_id}")
    assert (status, body["order"]["status"]) == (200, "STATUS_FILLED")
    assert world.get(NAME, f"{ROOT}/order/{'0' * 64}")[0] == 404


def test_own_trades_and_margin_levels_have_streams(world, account, btc):
    """A stream of trades of a party tells its fills, with the party on its side; margin levels follow."""
    trades, levels = follow(world, "trades", account), follow(world, "margin/levels", account, marketId=btc)
    order = account.place("BTCUSDT", "sell", "0.5", "65000")
    account.partial(order, "0.2", is_maker=False)
    world.run(0.05)
    [result] = results(trades)
    [row] = result["trades"]
    [fill] = account.fills()
    assert (row["id"], row["seller"], row["sellOrder"]) == (fill.trade_id, account.api_key, order.order_id)
    assert (row["price"], row["size"], row["aggressor"]) == ("650000", "2000", 2)
    told = [result["marginLevels"] for result in results(levels)]
    assert told
    assert all((row["partyId"], row["marketId"]) == (account.api_key, btc) for row in told)
    used = account.balances()["USDT"].locked * 10**6
    assert Decimal(told[-1]["maintenanceMargin"]) < used == Decimal(told[-1]["initialMargin"])


def test_any_party_lives_unless_keys_are_strict(virtual):
    """A party that nobody opened has orders and balances which change by themselves."""
    world = virtual(exchanges=[NAME])
    client = stream(world, "orders", ("partyIds", "ab" * 32))
    world.run(30)
    assert {row["partyId"] for row in updates(client, "orders")} == {"ab" * 32}


def test_a_restart_of_the_node_ends_streams_and_its_wallet_finds_no_node(world, account, btc):
    """While sockets are refused, transactions are not sent; the next stream begins with what there is then."""
    client = follow(world, "orders", account)
    world.faults.disconnect(NAME, code=1001)
    assert client.ended == (1001, "")
    world.faults.refuse(NAME, status=503)
    assert world.world.find(NAME).admit(f"{ROOT}/stream/orders", {}).status == 503
    status, answer = send(world, account, submissions=[submission(btc)])
    assert (status, answer["error"]["code"]) == (400, 1000)
    account.place("BTCUSDT", "buy", "0.1", "65000")
    world.faults.refuse(NAME, on=False)
    [result] = results(follow(world, "orders", account))
    assert len(result["snapshot"]["orders"]) == 1


# -- the wallet --------------------------------------------------------------------------------------------------


def test_a_sent_order_rests_and_appears_on_the_stream(world, account, btc):
    """The answer tells that the transaction was taken; the order comes with the next block, by its reference."""
    client = follow(world, "orders", account)
    status, answer = send(world, account, submissions=[submission(btc, price="649990", size="10000")])
    assert status == 200
    assert_holds(answer, SENT)
    assert (answer["jsonrpc"], answer["id"]) == ("2.0", "request")
    assert answer["result"]["receivedAt"].endswith("Z")
    assert account.orders() == []
    world.run(0.05)
    [row] = updates(client, "orders")
    assert (row["reference"], row["price"], row["size"], row["status"]) == ("mm-1-b", "649990", "10000", 1)
    [order] = account.orders(is_open=True)
    assert (order.price, order.quantity, order.client_order_id) == (Decimal("64999.0"), Decimal("1.0"), "mm-1-b")
    [transaction] = world.world.find(NAME).transactions
    assert (transaction.hash, transaction.is_done, transaction.errors) == (
        answer["result"]["transactionHash"],
        True,
        [],
    )


def test_an_order_that_meets_the_market_is_filled(world, account, btc):
    """An order above the best offer trades at once: order, position and both accounts say so."""
    ask, size = world.truth.book(NAME, "BTCUSDT").asks[0]
    quantity = str(min(int(size * 10**4), 10))
    row = placed(world, account, number=btc, price=str(int((ask + 100) * 10)), size=quantity)
    assert (row["status"], row["remaining"]) == ("STATUS_FILLED", "0")
    [position] = account.positions()
    assert position.quantity == Decimal(quantity) / 10**4
    assert sum(fill.fee for fill in account.fills()) > 0


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"timeInForce": "TIME_IN_FORCE_IOC", "price": "1"}, ("STATUS_STOPPED", None)),
        ({"timeInForce": "TIME_IN_FORCE_FOK", "size": "100000000000"}, ("STATUS_REJECTED", "MARGIN_CHECK_FAILED")),
        ({"price": "9000000", "postOnly": True}, ("STATUS_REJECTED", "POST_ONLY_ORDER_WOULD_TRADE")),
        ({"price": "1", "timeInForce": "TIME_IN_FORCE_GFN"}, ("STATUS_ACTIVE", None)),
        ({"timeInForce": "TIME_IN_FORCE_IOC", "reduceOnly": True}, ("STATUS_STOPPED", None)),
        ({"timeInForce": 1, "type": 1, "side": 1}, ("STATUS_ACTIVE", None)),
    ],
)
def test_what_only_the_moment_forbids_is_refused_late(world, account, btc, given, expected):
    """The wallet takes such an order; its status, with a reason, tells what became of it."""
    row = placed(world, account, number=btc, **given)
    status, reason = expected
    assert (row["status"], row.get("reason")) == (status, reason and f"ORDER_ERROR_{reason}")


def test_a_closed_market_and_a_price_between_ticks_are_refused_late(world, account):
    """Both are told as rejected orders with their reasons; the price is the one that was sent."""
    halted = placed(world, account, number=market(world, "HALT/USDT")["id"], size="100")
    assert (halted["status"], halted["reason"]) == ("STATUS_REJECTED", "ORDER_ERROR_MARKET_CLOSED")
    sol = market(world, "SOL/USDT")["id"]
    odd = placed(world, account, number=sol, price="120005", size="10")
    assert (odd["status"], odd["reason"]) == ("STATUS_REJECTED", "ORDER_ERROR_PRICE_NOT_IN_TICK_SIZE")
    assert odd["price"] == "120005"
    even = placed(world, account, number=sol, price="120010", size="10")
    assert (even["status"], even["price"]) == ("STATUS_ACTIVE", "120010")


def test_an_order_that_would_meet_its_own_is_stopped(world, account, btc):
    """A sell order at the price of an own buy order is stopped for that reason."""
    placed(world, account, number=btc, price="700000")
    row = placed(world, account, number=btc, side="SIDE_SELL", price="690000")
    assert (row["status"], row["reason"]) == ("STATUS_STOPPED", "ORDER_ERROR_SELF_TRADING")


def test_a_market_order_trades_at_once(world, account, btc):
    """It has no price, and what it cannot get lapses."""
    order = submission(btc, type="TYPE_MARKET", timeInForce="TIME_IN_FORCE_IOC", side="SIDE_SELL", size="10")
    del order["price"]
    assert send(world, account, "TYPE_COMMIT", submissions=[order])[0] == 200
    [row] = orders(world, account)
    assert (row["type"], row["price"], row["status"]) == ("TYPE_MARKET", "0", "STATUS_FILLED")
    assert account.positions()[0].quantity == Decimal("-0.001")


def test_a_batch_cancels_first_and_what_fails_stops_nothing(world, account, btc):
    """Cancellations, amendments and submissions happen in that order, whatever their order in the message."""
    old = placed(world, account, number=btc, price="700000")
    kept = placed(world, account, number=market(world, "ETH/USDT")["id"], price="250000", size="1000")
    client = follow(world, "orders", account)
    client.take()
    status, _ = send(
        world,
        account,
        submissions=[submission(btc, price="710000", reference="new")],
        amendments=[{"orderId": kept["id"], "marketId": kept["marketId"], "sizeDelta": "-400", "price": "240000"}],
        cancellations=[{"marketId": btc, "orderId": "0" * 64}, {"marketId": btc}],
    )
    assert status == 200
    world.run(0.05)
    told = [(row["id"], row["status"], row["version"]) for row in updates(client, "orders")]
    new = orders(world, account)[0]
    assert told == [(old["id"], 3, "1"), (kept["id"], 1, "2"), (new["id"], 1, "1")]
    amended = next(row for row in orders(world, account) if row["id"] == kept["id"])
    assert (amended["size"], amended["price"], amended["version"]) == ("600", "240000", "2")
    assert int(amended["updatedAt"]) > int(amended["createdAt"])
    assert world.world.find(NAME).transactions[-1].errors == ["cancellations.0: order not found"]


def test_an_empty_cancellation_cancels_everything(world, account, btc):
    """Without a market, all orders on all markets end."""
    placed(world, account, number=btc, price="700000")
    placed(world, account, number=market(world, "ETH/USDT")["id"], price="250000")
    send(world, account, cancellations=[{}])
    world.run(0.05)
    assert {row["status"] for row in orders(world, account)} == {"STATUS_CANCELLED"}


def test_an_order_is_good_till_its_time(world, account, btc):
    """A GTT order expires at its time; made GTC by an amendment it does not."""
    expires = str(int((world.clock.now() + 10) * NS))
    for reference in ("ends", "stays"):
        row = placed(
            world,
            account,
            number=btc,
            price="700000",
            timeInForce="TIME_IN_FORCE_GTT",
            expiresAt=expires,
            reference=reference,
        )
        assert (row["timeInForce"], row["expiresAt"]) == ("TIME_IN_FORCE_GTT", expires)
    amendment = {"orderId": row["id"], "marketId": btc, "timeInForce": "TIME_IN_FORCE_GTC"}
    assert send(world, account, amendments=[amendment])[0] == 200
    world.run(11)
    told = {row["reference"]: (row["status"], row["expiresAt"]) for row in orders(world, account)}
    assert told == {"ends": ("STATUS_EXPIRED", expires), "stays": ("STATUS_ACTIVE", "0")}


def test_an_order_amended_into_the_market_is_filled(world, account, btc):
    """A new price above the best offer trades at once; a size below what is filled ends the order."""
    row = placed(world, account, number=btc, price="700000", size="10")
    ask = world.truth.book(NAME, "BTCUSDT").asks[0][0]
    send(world, account, amendments=[{"orderId": row["id"], "marketId": btc, "price": str(int(ask * 10) + 500)}])
    world.run(0.05)
    assert orders(world, account)[0]["status"] == "STATUS_FILLED"
    row = placed(world, account, number=btc, price="700000", size="10")
    send(world, account, amendments=[{"orderId": row["id"], "marketId": btc, "sizeDelta": "-10"}])
    world.run(0.05)
    assert orders(world, account)[0]["status"] == "STATUS_CANCELLED"


@pytest.mark.parametrize(
    ("batch", "code"),
    [
        ({}, 1051),
        ({"cancellations": [], "amendments": [], "submissions": []}, 1051),
        ({"cancellations": [{}] * 51}, 1051),
        ({"submissions": [{"marketId": "x"}]}, 1051),
        ({"submissions": [submission("x", size="0")]}, 1051),
        ({"submissions": [submission("x", size="1.5")]}, 1051),
        ({"submissions": [submission("x", price=64999.0)]}, 1051),
        ({"submissions": [submission("x", side="BUY")]}, 1051),
        ({"submissions": [submission("x", timeInForce="TIME_IN_FORCE_GTT")]}, 1051),
        ({"submissions": [submission("x", type="TYPE_MARKET")]}, 1051),
        ({"submissions": [submission("x", postOnly=True, timeInForce="TIME_IN_FORCE_IOC")]}, 1051),
        ({"submissions": [submission("x", peggedOrder={"offset": "1"})]}, 1051),
        ({"amendments": [{"orderId": "x", "sizeDelta": "1"}]}, 1051),
        ({"amendments": [{"orderId": "x", "marketId": "x"}]}, 1051),
        ({"cancellations": [{"orderId": "x"}]}, 1051),
        ({"stopOrdersSubmission": [{"risesAbove": {}}]}, 1080),
    ],
)
def test_a_wrong_batch_is_refused_by_the_network(world, account, batch, code):
    """What can be seen to be wrong is not taken at all, and leaves no transaction."""
    status, answer = send(world, account, **batch)
    assert (status, answer["error"]["code"], answer["id"]) == (400, code, "request")
    assert answer["error"]["message"] == "Network error"
    assert world.world.find(NAME).transactions == []


def test_names_may_be_in_snake_case(world, account, btc):
    """Fields are understood in either case."""
    order = submission(btc, price="700000")
    for name in ("marketId", "timeInForce"):
        order["market_id" if name == "marketId" else "time_in_force"] = order.pop(name)
    params = {
        "publicKey": account.api_key,
        "sendingMode": 2,
        "transaction": {"batch_market_instructions": {"submissions": [order]}},
    }
    assert rpc(world, "client.send_transaction", params)[0] == 200
    world.run(0.05)
    assert len(account.orders(is_open=True)) == 1


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"origin": ""}, 400, -32002),
        ({"token": ""}, 401, -32003),
        ({"token": "another"}, 401, -32003),
        ({"raw": "{"}, 400, -32700),
        ({"raw": "[]"}, 400, -32600),
        ({"jsonrpc": "1.0"}, 400, -32600),
        ({"id": 7}, 400, -32600),
        ({"method": "client.dance"}, 400, -32601),
        ({"params": [1]}, 400, -32602),
        ({"params": {}}, 400, -32602),
        ({"params": {"publicKey": "ab" * 32, "sendingMode": "TYPE_SYNC"}}, 400, -32602),
    ],
)
def test_the_wallet_refuses_what_is_no_request_of_its_user(world, account, changes, status, code):
    """Each mistake has the documented code and status."""
    got, answer = rpc(world, **{"method": "client.send_transaction", **changes})
    assert (got, answer["jsonrpc"], answer["error"]["code"]) == (status, "2.0", code)
    assert TOKEN not in json.dumps(answer)


def test_authentication_errors_are_as_documented(world, account):
    """A wrong token gets the documented envelope."""
    _, answer = rpc(world, "client.list_keys", token="another")
    sample = {"jsonrpc": "2.0", "error": {"code": -32003, "message": "Server error", "data": "…"}, "id": "request"}
    assert_holds(answer, sample)
    assert (answer["error"]["code"], answer["error"]["message"]) == (-32003, "Server error")


def test_the_wallet_lists_its_keys_and_tells_its_health(world, account):
    """A token sees its own keys; health and methods need none; without an id there is no answer."""
    world.account(NAME, secret="another")
    _, answer = rpc(world, "client.list_keys")
    assert [key["publicKey"] for key in answer["result"]["keys"]] == [account.api_key]
    venue = world.world.find(NAME)
    assert venue.handle_http("GET", f"{ROOT}/health", {}, {}, b"").status == 200
    assert "client.send_transaction" in world.get(NAME, f"{ROOT}/methods")[1]["registeredMethods"]
    assert rpc(world, "client.list_keys", id=None) == (204, None)


def test_a_key_of_another_token_is_not_permitted(world, account, btc):
    """A token sends for its own parties only."""
    other = world.account(NAME, secret="another")
    status, answer = send(world, other, submissions=[submission(btc)])
    assert (status, answer["error"]["code"]) == (400, 2000)


def test_too_many_transactions_are_spam(world, account, btc):
    """More than ten a second are refused by the protection from spam; a second later there is room again."""
    codes = [send(world, account, cancellations=[{}])[1].get("error", {}).get("code") for _ in range(11)]
    assert codes == [None] * 10 + [1089]
    world.run(1)
    assert send(world, account, cancellations=[{}])[0] == 200


def test_the_truth_is_what_streams_told(world, account, btc):
    """After a while of trading, what the streams added up to is what the simulator knows, and what REST tells."""
    clients = {name: follow(world, name, account) for name in ("orders", "positions", "accounts")}
    book = world.truth.book(NAME, "BTCUSDT")
    mid = int((book.bids[0][0] + book.asks[0][0]) * 5)
    for number in range(20):
        side, step = ("SIDE_BUY", 30) if number % 2 else ("SIDE_SELL", -30)
        batch = [submission(btc, side=side, price=str(mid + (number % 3 - 1) * step), size=str(5 + number))]
        send(world, account, cancellations=[{"marketId": btc}], submissions=batch)
        world.run(0.5)
    keys = {"orders": ("id",), "positions": ("marketId",), "accounts": ("asset", "marketId", "type")}
    told = {}
    for name, client in clients.items():
        rows = [row for result in results(client) for part in result.values() for row in part[name]]
        told[name] = {tuple(row.get(key) for key in keys[name]): row for row in rows}
    assert len(account.fills()) > 3
    truth = {order.order_id: order for order in world.truth.orders(NAME, account.api_key)}
    assert {number for (number,) in told["orders"]} == set(truth)
    for (number,), row in told["orders"].items():
        assert int(row.get("remaining", "0")) == truth[number].remaining * 10**4
        assert (row["status"] == 1) == truth[number].is_open
    [position] = told["positions"].values()
    assert Decimal(position.get("openVolume", "0")) == account.position_of("BTCUSDT").quantity * 10**4
    [(_, general)] = [(key, row) for key, row in told["accounts"].items() if row["type"] == 4]
    assert Decimal(general["balance"]) == (account.balances()["USDT"].free * 10**6).to_integral_value("ROUND_DOWN")
    rows, _ = listed(world, "/accounts", "accounts", filter_partyIds=account.api_key)
    assert {row["balance"] for row in rows} == {row["balance"] for row in told["accounts"].values()}
