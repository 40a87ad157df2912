"""The account of HTX's contracts as the simulator speaks it, against the venue's documented messages."""

import json
from decimal import Decimal
from urllib.parse import quote

import pytest

from bt_api_py.simulator.dialects.htx.keys import signed_text
from bt_api_py.simulator.signatures import base64_hmac

from . import test_htx_account as spot

NAME, PATH = "HTX___USDT_SWAP", "/linear-swap-notification"
ALL = ("orders_cross.*", "positions_cross.*", "accounts_cross.*")


@pytest.fixture
def world(virtual):
    """HTX's contracts with strict keys."""
    return virtual(exchanges=[NAME], strict_keys=True)


@pytest.fixture
def account(world):
    return world.account(NAME, spot.KEY, secret=spot.SECRET)


def identity(world, seconds=0):
    names = {"AccessKeyId": spot.KEY, "SignatureMethod": "HmacSHA256", "SignatureVersion": "2"}
    return names | {"Timestamp": spot.stamp_of(world, seconds)}


def auth(world, *, secret=spot.SECRET, seconds=0):
    values = identity(world, seconds)
    signature = base64_hmac(secret, signed_text("GET", spot.HOST, PATH, values))
    return {"op": "auth", "type": "api", **values, "Signature": signature}


def logged_in(world, *topics):
    client = world.connect(NAME, PATH)
    [answer] = world.send(client, auth(world))
    assert (answer["op"], answer["err-code"], list(answer["data"])) == ("auth", 0, ["user-id"])
    for number, topic in enumerate(topics):
        assert world.send(client, {"op": "sub", "cid": str(number), "topic": topic})[0]["err-code"] == 0
    client.take()
    return client


def post(world, path, *, secret=spot.SECRET, **query):
    """Return the answer to a signed call."""
    values = identity(world)
    values["Signature"] = base64_hmac(secret, signed_text("POST", spot.HOST, path, values))
    raw = "&".join(f"{name}={quote(value, safe='')}" for name, value in values.items())
    body = json.dumps(query).encode()
    answer = world.world.find(NAME).handle_http("POST", path, values, {"Host": spot.HOST}, body, raw)
    assert answer.status == 200
    return json.loads(answer.body)


def test_logins(world, account):
    """A login is signed over host and path; a wrong or late one is refused by number, and ends the connection."""
    logged_in(world)
    for wrong in (auth(world, secret="another"), auth(world, seconds=-900)):
        client = world.connect(NAME, PATH)
        [answer] = world.send(client, wrong)
        assert answer["err-code"] == 2003
        assert client.ended is not None
    client = world.connect(NAME, PATH)
    assert world.send(client, {"op": "sub", "topic": ALL[0]})[0]["err-code"] == 2002


def test_an_order_tells_its_trades(world, account):
    """Everything of an order stands at the top of its push, in contracts, with the trade that changed it."""
    client = logged_in(world, *ALL)
    order = account.partial(account.place("BTCUSDT", "buy", "0.02", 88000), "0.005")
    pushes = client.take()
    placed, filled = (push for push in pushes if push["topic"] == "orders_cross.btc-usdt")
    assert [placed[name] for name in ("status", "volume", "trade_volume", "trade")] == [3, 20, 0, []]
    assert [filled[name] for name in ("status", "volume", "trade_volume", "order_id_str")] == [4, 20, 5, order.order_id]
    [trade] = filled["trade"]
    true = account.fills()[0]
    assert (trade["id"], trade["trade_volume"], trade["role"]) == (true.trade_id, 5, "maker")
    assert Decimal(str(trade["trade_fee"])) == -true.fee
    account.cancel(order)
    [cancelled] = [push for push in client.take() if push["topic"].startswith("orders_cross")]
    assert cancelled["status"] == 5


def test_margin_and_positions_are_told_regularly(world, account):
    """What is held comes at once, with every change, and every five seconds; what was closed is told with nothing."""
    account.fill(account.place("BTCUSDT", "sell", "0.02", 88000))
    client = world.connect(NAME, PATH)
    world.send(client, auth(world))
    for topic in ALL[1:]:
        [_, push] = world.send(client, {"op": "sub", "topic": topic})
        assert (push["topic"], push["event"]) == (topic.partition(".")[0], "init")
    world.run(6)
    pushes = [push for push in client.take() if push["op"] == "notify"]
    [row] = next(push["data"] for push in pushes if push["topic"] == "positions_cross")
    assert [row[name] for name in ("contract_code", "direction", "volume")] == ["BTC-USDT", "sell", 20]
    assert {push["event"] for push in pushes} == {"snapshot"}
    account.fill(account.place("BTCUSDT", "buy", "0.02", 88000))
    rows = [push["data"][0] for push in client.take() if push["topic"] == "positions_cross"]
    assert rows[-1]["volume"] == 0


def test_signed_calls(world, account):
    """Open orders, past ones and fills are listed as they are; a wrong signature or market is refused by number."""
    kept = account.place("BTCUSDT", "buy", "0.02", 80000)
    done = account.fill(account.place("BTCUSDT", "buy", "0.01", 88000))
    listed = post(world, "/linear-swap-api/v1/swap_cross_openorders")["data"]
    assert [row["order_id_str"] for row in listed["orders"]] == [kept.order_id]
    [row] = post(world, "/linear-swap-api/v1/swap_cross_order_info", contract_code="BTC-USDT", order_id=done.order_id)[
        "data"
    ]
    assert (row["status"], row["trade_volume"]) == (6, 10)
    past = {"contract": "BTC-USDT", "trade_type": 0, "direct": "next"}
    [row] = post(world, "/linear-swap-api/v3/swap_cross_hisorders", type=1, status="0", **past)["data"]
    assert row["order_id_str"] == done.order_id
    assert post(world, "/linear-swap-api/v3/swap_cross_hisorders", from_id=row["query_id"], **past)["data"] == []
    [row] = post(world, "/linear-swap-api/v3/swap_cross_matchresults", **past)["data"]
    assert row["id"] == account.fills()[0].trade_id
    assert post(world, "/linear-swap-api/v3/swap_cross_matchresults", contract="NO-USDT")["err_code"] == 1014
    old = {"contract": "BTC-USDT", "start_time": 1}
    assert post(world, "/linear-swap-api/v3/swap_cross_matchresults", **old)["err_code"] == 1067
    assert post(world, "/linear-swap-api/v1/swap_cross_openorders", secret="another")["err_code"] == 403


def test_margin_by_rest(world, account):
    """The margin leaves out what positions would bring now, which stands beside it."""
    account.fill(account.place("BTCUSDT", "buy", "0.02", 88000))
    rows = {row["margin_asset"]: row for row in post(world, "/linear-swap-api/v1/swap_cross_account_info")["data"]}
    row, true = rows["USDT"], account.margin("USDT")
    assert Decimal(str(row["margin_static"])) == true.total
    assert Decimal(str(row["withdraw_available"])) == true.available
    [position] = post(world, "/linear-swap-api/v1/swap_cross_position_info")["data"]
    assert (position["direction"], position["volume"], position["cost_open"]) == ("buy", 20, 88000)
