"""HTX's contracts as the simulator speaks them, against the venue's documented messages."""

from decimal import Decimal

import pytest

from .simulated import like

NAME = "HTX___USDT_SWAP"
MARKET, INDEX, NOTIFICATION = "/linear-swap-ws", "/ws_index", "/linear-swap-notification"
BTC = "BTC-USDT"
BOOK = "depth.size_150.high_freq"
SAMPLES = {
    "detail": '{"ch":"c","ts":1,"tick":{"id":1,"mrid":1,"open":1,"close":1,"high":1,"low":1,"amount":1,"vol":1,'
    '"trade_turnover":1,"count":1,"bid":[1,1],"ask":[1,1]}}',
    "bbo": '{"ch":"c","ts":1,"tick":{"mrid":1,"id":1,"bid":[1,1],"ask":[1,1],"ts":1,"version":1,"ch":"c"}}',
    "trade.detail": '{"ch":"c","ts":1,"tick":{"id":1,"ts":1,"data":[{"amount":1,"quantity":1,"trade_turnover":1,'
    '"ts":1,"id":1,"price":1,"direction":"buy"}]}}',
    "kline.1min": '{"ch":"c","ts":1,"tick":{"id":1,"mrid":1,"open":1,"close":1,"high":1,"low":1,"amount":1,"vol":1,'
    '"trade_turnover":1,"count":1}}',
    "depth.step0": '{"ch":"c","ts":1,"tick":{"mrid":1,"id":1,"bids":[[1,1]],"asks":[[1,1]],"ts":1,"version":1,'
    '"ch":"c"}}',
    BOOK: '{"ch":"c","tick":{"asks":[[1,1]],"bids":[[1,1]],"ch":"c","event":"snapshot","id":1,"mrid":1,"ts":1,'
    '"version":1},"ts":1}',
}
MARK = (
    '{"ch":"c","ts":1,"tick":{"id":1,"open":"1","close":"1","high":"1","low":"1","amount":"0","vol":"0",'
    '"trade_turnover":"0","count":"0"}}'
)
FUNDING = (
    '{"op":"notify","topic":"t","ts":1,"data":[{"symbol":"B","contract_code":"B","fee_asset":"U","funding_rate":"0",'
    '"estimated_rate":null,"funding_time":"1","settlement_time":"1"}]}'
)
LIQUIDATION = (
    '{"op":"notify","topic":"t","ts":1,"data":[{"symbol":"B","contract_code":"B","direction":"sell","offset":"close",'
    '"volume":1,"price":1,"created_at":1,"amount":1,"trade_turnover":1}]}'
)


@pytest.fixture
def world(virtual):
    """HTX's contracts in virtual time."""
    return virtual(exchanges=[NAME], rate=4)


def topic(channel, symbol=BTC):
    return f"market.{symbol}.{channel}"


def test_messages_have_the_documented_structure(world):
    """Every topic's push has the documented keys; levels are as many as the channel says."""
    client = world.connect(NAME, MARKET)
    for channel in SAMPLES:
        world.send(client, {"sub": topic(channel), "id": "1"})
    world.run(3)
    seen = {message["ch"]: message for message in client.take() if "ch" in message}
    assert set(seen) == {topic(channel) for channel in SAMPLES}
    for channel, sample in SAMPLES.items():
        assert like(seen[topic(channel)], sample), channel
    assert len(seen[topic("depth.step0")]["tick"]["bids"]) == len(seen[topic(BOOK)]["tick"]["asks"]) == 150


def test_quantities_are_told_in_contracts_and_in_base_asset(world):
    """A contract is worth a lot: what is traded is the truth in base asset, and a thousand times that in contracts."""
    client = world.connect(NAME, MARKET)
    world.send(client, {"sub": topic("trade.detail"), "id": "1"})
    world.run(3)
    rows = [row for message in client.take() if "ch" in message for row in message["tick"]["data"]]
    truth = {row.id: row for row in world.truth.trades(NAME, "BTCUSDT")}
    assert len(rows) > 5
    for row in rows:
        true = truth[str(row["id"])]
        assert row["amount"] == int(true.quantity * 1000)
        assert Decimal(str(row["quantity"])) == true.quantity
        assert row["direction"] == true.side


def test_a_book_is_whole_first_and_then_tells_what_changed(world):
    """Only `data_type` makes a subscription one to changes, and only with it such a one is given back."""
    client = world.connect(NAME, MARKET)
    command = {"sub": topic(BOOK), "data_type": "incremental", "id": "1"}
    [ack, *_] = world.send(client, command)
    assert ack["subbed"] == topic(BOOK)
    world.run(2)
    ticks = [message["tick"] for message in client.take() if "tick" in message]
    assert [tick["event"] for tick in ticks] == ["snapshot"] + ["update"] * (len(ticks) - 1)
    numbers = [tick["version"] for tick in ticks]
    assert numbers == list(range(numbers[0], numbers[0] + len(ticks)))
    [refusal, *_] = [m for m in world.send(client, {"unsub": topic(BOOK), "id": "2"}) if m.get("id") == "2"]
    assert refusal["status"] == "error"
    answers = world.send(client, {"unsub": topic(BOOK), "data_type": "incremental", "id": "3"})
    assert [answer["status"] for answer in answers if answer.get("id") == "3"] == ["ok"]
    client.take()
    world.run(1)
    assert client.take() == []


def test_figures_are_true(world):
    """Mark price, funding and open interest are those of their moment, pushed and by REST."""
    index, notes = world.connect(NAME, INDEX), world.connect(NAME, NOTIFICATION)
    world.send(index, {"sub": topic("mark_price.1min"), "id": "1"})
    world.send(notes, {"op": "sub", "cid": "2", "topic": f"public.{BTC}.funding_rate"})
    world.run(2)
    mark = [message for message in index.take() if "tick" in message][-1]
    [funding] = [message for message in notes.take() if message["op"] == "notify"]
    assert like(mark, MARK)
    assert like(funding, FUNDING)
    assert Decimal(mark["tick"]["close"]) == world.truth.figures(NAME, "BTCUSDT", mark["ts"]).mark_price
    true, [row] = world.truth.figures(NAME, "BTCUSDT", funding["ts"]), funding["data"]
    assert (Decimal(row["funding_rate"]), int(row["settlement_time"])) == (true.funding_rate, true.funding_ms)
    _, answer, _ = world.get(NAME, "/linear-swap-api/v1/swap_funding_rate", contract_code=BTC)
    true = world.truth.figures(NAME, "BTCUSDT", answer["ts"])
    assert (Decimal(answer["data"]["funding_rate"]), int(answer["data"]["funding_time"])) == (
        true.funding_rate,
        true.funding_ms,
    )
    _, answer, _ = world.get(NAME, "/linear-swap-api/v1/swap_open_interest", contract_code=BTC)
    [row] = answer["data"]
    assert Decimal(str(row["amount"])) == Decimal(row["volume"]) / 1000 == true.open_interest


def test_liquidations_are_those_of_the_market(world):
    """Every liquidation is told once, in contracts."""
    client = world.connect(NAME, NOTIFICATION)
    world.send(client, {"op": "sub", "cid": "1", "topic": f"public.{BTC}.liquidation_orders"})
    world.run(20)
    messages = [message for message in client.take() if message["op"] == "notify"]
    assert all(like(message, LIQUIDATION) for message in messages)
    told = [(row["direction"], Decimal(row["volume"]) / 1000, row["created_at"]) for m in messages for row in m["data"]]
    truth = world.truth.liquidations(NAME, "BTCUSDT")
    assert told == [(one.side, one.quantity, one.ms) for one in truth]


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"op": "sub", "cid": "9", "topic": "public.NOSUCH-USDT.funding_rate"}, 2011),
        ({"op": "sub", "cid": "9", "topic": f"public.{BTC}.nosuch"}, 2010),
        ({"op": "unsub", "cid": "9", "topic": f"public.{BTC}.funding_rate"}, 2012),
    ],
)
def test_notifications_that_are_refused(world, message, code):
    """What is wrong is refused by number, under the id of the command."""
    client = world.connect(NAME, NOTIFICATION)
    [answer] = world.send(client, message)
    assert (answer["op"], answer["cid"], answer["err-code"]) == (message["op"], "9", code)
    world.send(client, good := {"op": "sub", "topic": f"public.{BTC}.liquidation_orders"})
    assert [answer["err-code"] for answer in world.send(client, good)] == [2014]
    assert [answer["op"] for answer in world.send(client, {"op": "jump"})] == ["error"]


@pytest.mark.parametrize(
    ("path", "ping", "pong"),
    [
        (MARKET, '{"ping":1}', lambda message: {"pong": message["ping"]}),
        (NOTIFICATION, '{"op":"ping","ts":"1"}', lambda message: {"op": "pong", "ts": message["ts"]}),
    ],
)
def test_pings_must_be_answered(world, path, ping, pong):
    """A client that answers in the socket's own words stays; one that leaves five pings unanswered is cut."""
    good, bad = world.connect(NAME, path), world.connect(NAME, path)
    for _ in range(10):
        world.run(4)
        for message in good.take():
            assert like(message, ping)
            world.send(good, pong(message))
    assert good.ended is None
    assert bad.ended[0] == 1003
    assert world.stats[NAME].breaches["pong"] == 1


def test_too_many_subscriptions_in_a_second_are_refused(world):
    """Forty a second are carried out, on either kind of socket."""
    for path, command, key in (
        (MARKET, {"sub": topic("bbo"), "id": "1"}, "err-code"),
        (NOTIFICATION, {"op": "sub", "topic": f"public.{BTC}.funding_rate"}, "err-code"),
    ):
        client = world.connect(NAME, path)
        answers = [world.send(client, command)[0] for _ in range(41)]
        assert str(answers[-1][key]) in ("bad-request", "2004")
    assert world.stats[NAME].breaches["subscriptions per second"] == 2


def test_lists_by_rest(world):
    """Bars of a time, a ticker of every open market and the contracts are listed; an unknown one is an error."""
    _, answer, _ = world.get(NAME, "/linear-swap-api/v1/swap_contract_info", business_type="all")
    listed = {row["contract_code"]: row for row in answer["data"]}
    assert (listed[BTC]["contract_size"], listed[BTC]["contract_status"]) == (0.001, 1)
    assert listed["HALT-USDT"]["contract_status"] == 3
    _, answer, _ = world.get(NAME, "/v2/linear-swap-ex/market/detail/batch_merged")
    assert {row["contract_code"] for row in answer["ticks"]} == set(listed) - {"HALT-USDT"}
    path, query = "/linear-swap-ex/market/history/kline", {"contract_code": BTC, "period": "1min"}
    _, answer, _ = world.get(NAME, path, **query, **{"from": "1795218600", "to": "1795219199"})
    assert [row["id"] for row in answer["data"]] == list(range(1795218600, 1795219200, 60))
    _, answer, _ = world.get(NAME, path, **query, **{"from": "1", "to": "1795219199"})
    assert answer["err_code"] == 1067
    _, answer, _ = world.get(NAME, "/linear-swap-ex/market/detail/merged", contract_code="btc-usdt")
    assert (answer["status"], answer["err_code"]) == ("error", 1014)
