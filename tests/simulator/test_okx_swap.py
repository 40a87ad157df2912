"""OKX swaps as the simulator speaks them: contracts, figures, liquidations, and an account on margin."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from bt_api_py.simulator.dialects.okx.keys import request_text
from bt_api_py.simulator.signatures import base64_hmac

from . import test_okx_account as spot
from .simulated import like

NAME, PUBLIC, PRIVATE = "OKX___SWAP", "/ws/v5/public", "/ws/v5/private"
BTC = "BTC-USDT-SWAP"
SAMPLES = {
    "mark-price": '{"arg":{"channel":"m","instId":"B"},"data":[{"instType":"SWAP","instId":"B","markPx":"1",'
    '"ts":"1"}]}',
    "funding-rate": '{"arg":{"channel":"f","instId":"B"},"data":[{"formulaType":"w","fundingRate":"0",'
    '"fundingTime":"1","impactValue":"1","instId":"B","instType":"SWAP","interestRate":"1","maxFundingRate":"1","method":"c",'
    '"minFundingRate":"1","nextFundingRate":"","nextFundingTime":"1","premium":"1","prevFundingTime":"1",'
    '"settFundingRate":"1","settState":"s","ts":"1"}]}',
    "open-interest": '{"arg":{"channel":"o","instId":"B"},"data":[{"instType":"SWAP","instId":"B","oi":"1","oiCcy":"1",'
    '"oiUsd":"1","ts":"1"}]}',
}
LIQUIDATION = (
    '{"arg":{"channel":"l","instType":"SWAP"},"data":[{"details":[{"bkLoss":"0","bkPx":"1","ccy":"","posSide":"short",'
    '"side":"buy","sz":"1","ts":"1"}],"instFamily":"I","instId":"I","instType":"SWAP","uly":"I"}]}'
)
POSITION = (
    '{"arg":{"channel":"positions","instType":"ANY","extraParams":"e","uid":"7"},"eventType":"event_update","data":['
    '{"instType":"SWAP","instId":"B","posId":"1","posSide":"net","pos":"-3","avgPx":"9","upl":"0","uplRatio":"0",'
    '"lever":"10","liqPx":"","markPx":"9","mgnMode":"cross","margin":"","imr":"2","mmr":"1","notionalUsd":"2",'
    '"ccy":"USDT","realizedPnl":"0","fee":"0","fundingFee":"0","bePx":"8","adl":"1","cTime":"1","uTime":"1",'
    '"pTime":"1"}]}'
)
POSITIONS = {"channel": "positions", "instType": "ANY", "extraParams": '{"updateInterval":"0"}'}


@pytest.fixture
def world(virtual):
    """OKX swaps in virtual time."""
    return virtual(exchanges=[NAME], rate=4)


@pytest.fixture
def strict(virtual):
    """The same with strict keys."""
    return virtual(exchanges=[NAME], strict_keys=True)


@pytest.fixture
def account(strict):
    return strict.account(NAME, spot.KEY, secret=spot.SECRET, passphrase=spot.PHRASE)


def subscribe(world, client, *args):
    return world.send(client, {"op": "subscribe", "args": list(args)})


def logged_in(world, *args):
    client = world.connect(NAME, PRIVATE)
    world.send(client, spot.login(world))
    subscribe(world, client, *args)
    client.take()
    return client


def test_figures_have_the_documented_structure(world):
    """Mark price, funding and open interest are pushed with the documented keys, and told by REST with the same."""
    client = world.connect(NAME, PUBLIC)
    subscribe(world, client, *({"channel": channel, "instId": BTC} for channel in SAMPLES))
    world.run(4)
    seen = {message["arg"]["channel"]: message for message in client.take()}
    assert set(seen) == set(SAMPLES)
    for channel, sample in SAMPLES.items():
        assert like(seen[channel], sample), channel
        _, answer, _ = world.get(NAME, f"/api/v5/public/{channel}", instType="SWAP", instId=BTC)
        assert set(answer["data"][0]) == set(seen[channel]["data"][0])


def test_figures_are_true(world):
    """What is told of a moment is the truth of that moment; open interest is in contracts and in base asset."""
    _, answer, _ = world.get(NAME, "/api/v5/public/open-interest", instType="SWAP", instId=BTC)
    [row] = answer["data"]
    truth = world.truth.figures(NAME, "BTCUSDT", int(row["ts"]))
    assert (Decimal(row["oiCcy"]), Decimal(row["oi"])) == (truth.open_interest, truth.open_interest * 100)
    _, answer, _ = world.get(NAME, "/api/v5/public/mark-price", instId=BTC)
    assert answer["code"] == "51000"


def test_liquidations_are_those_of_all_markets(virtual):
    """One channel tells the liquidations of every market, in contracts, each once."""
    world = virtual(exchanges=[NAME], rate=4, symbols=["BTCUSDT", "ETHUSDT", "SOLUSDT"])
    client = world.connect(NAME, PUBLIC)
    [ack] = subscribe(world, client, {"channel": "liquidation-orders", "instType": "SWAP"})
    assert ack["event"] == "subscribe"
    world.run(20)
    messages = client.take()
    assert all(like(message, LIQUIDATION) for message in messages)
    rows = [row for message in messages for row in message["data"]]
    assert len({row["instId"] for row in rows}) == 3
    told = [detail for row in rows if row["instId"] == BTC for detail in row["details"]]
    truth = world.truth.liquidations(NAME, "BTCUSDT")
    assert [(one["side"], Decimal(one["sz"]) / 100, int(one["ts"])) for one in told] == [
        (one.side, one.quantity, one.ms) for one in truth
    ]


def test_a_spot_name_is_no_contract(world):
    """Neither a pair without its suffix nor another product's list of liquidations exists here."""
    client = world.connect(NAME, PUBLIC)
    wrong = ({"channel": "tickers", "instId": "BTC-USDT"}, {"channel": "liquidation-orders", "instType": "FUTURES"})
    assert [answer["code"] for answer in subscribe(world, client, *wrong)] == ["60018", "60018"]


def test_contracts_are_listed(world):
    """A contract leaves its assets to its family and tells its value; an inverse one stands beside the others."""
    _, answer, _ = world.get(NAME, "/api/v5/public/instruments", instType="SWAP")
    rows = {row["instId"]: row for row in answer["data"]}
    assert [rows[BTC][name] for name in ("baseCcy", "uly", "settleCcy", "ctVal", "ctType", "lotSz", "tickSz")] == [
        "", "BTC-USDT", "USDT", "0.01", "linear", "0.01", "0.1",
    ]  # fmt: skip
    assert (rows["DOGE-USDT-SWAP"]["ctVal"], rows["DOGE-USDT-SWAP"]["lotSz"]) == ("1000", "0.001")
    assert rows["BTC-USD-SWAP"]["ctType"] == "inverse"


def test_volumes_are_contracts_and_base_asset(world):
    """A ticker counts its day in contracts and in the base asset, a candle in both and in money."""
    _, answer, _ = world.get(NAME, "/api/v5/market/ticker", instId=BTC)
    [row] = answer["data"]
    assert Decimal(row["vol24h"]) == Decimal(row["volCcy24h"]) * 100
    _, answer, _ = world.get(NAME, "/api/v5/market/candles", instId=BTC, limit=1)
    [[_, _, high, low, _, contracts, base, money, _]] = answer["data"]
    assert Decimal(contracts) == Decimal(base) * 100
    assert Decimal(base) * Decimal(low) <= Decimal(money) <= Decimal(base) * Decimal(high)


def test_positions_are_told_as_documented(strict, account):
    """A position is pushed when it changes, with 0 when it is closed; the snapshot holds open ones only."""
    client = logged_in(strict)
    assert subscribe(strict, client, POSITIONS)[-1]["data"] == []
    account.position("BTCUSDT", "-0.03", 90000)
    [push] = client.take()
    assert like(push, POSITION)
    assert [push["data"][0][name] for name in ("instId", "pos", "avgPx")] == [BTC, "-3", "90000"]
    assert rest(strict, "/api/v5/account/positions")[0]["pos"] == "-3"
    account.position("BTCUSDT", 0, 90000)
    [closed] = client.take()
    assert (closed["data"][0]["pos"], closed["data"][0]["posId"]) == ("0", push["data"][0]["posId"])
    assert rest(strict, "/api/v5/account/positions") == []


def rest(world, path, query=""):
    """Return the data of a signed call."""
    moment = datetime.fromtimestamp(world.clock.time, UTC)
    stamp = moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
    sign = base64_hmac(spot.SECRET, request_text(stamp, "GET", path, query, ""))
    given = {"OK-ACCESS-KEY": spot.KEY, "OK-ACCESS-PASSPHRASE": spot.PHRASE, "OK-ACCESS-TIMESTAMP": stamp}
    return world.request(NAME, path, query, given | {"OK-ACCESS-SIGN": sign})[1]["data"]


def test_orders_are_counted_in_contracts(strict, account):
    """An order, its fill and the position that it opens are contracts; margin is set aside in the quote asset."""
    client = logged_in(strict, {"channel": "orders", "instType": "SWAP"}, POSITIONS, spot.ACCOUNT)
    order = account.fill(account.place("BTCUSDT", "buy", "0.02", 88000))
    pushes = client.take()
    placed, filled = (push["data"][0] for push in pushes if push["arg"]["channel"] == "orders")
    assert [placed[name] for name in ("instType", "instId", "sz", "tdMode", "tgtCcy")] == [
        "SWAP",
        BTC,
        "2",
        "cross",
        "",
    ]
    assert (filled["state"], filled["accFillSz"], filled["fillSz"], filled["feeCcy"]) == ("filled", "2", "2", "USDT")
    [position] = (push["data"][0] for push in pushes if push["arg"]["channel"] == "positions")
    assert (position["pos"], position["avgPx"]) == ("2", "88000")
    details = [push["data"][0]["details"][0] for push in pushes if push["arg"]["channel"] == "account"]
    assert (details[0]["ccy"], details[0]["frozenBal"]) == ("USDT", "176")
    [row] = rest(strict, "/api/v5/trade/fills", "instType=SWAP")
    assert (row["tradeId"], row["fillSz"], row["instId"]) == (order.last.trade_id, "2", BTC)
    assert set(rest(strict, "/api/v5/trade/orders-history", "instType=SWAP")[0]) <= set(
        json.loads(spot.ORDER_PUSH)["data"][0]
    )
