"""Coinblockpro's dialect: the answers, both spellings of the feed, who gets what, and what can go wrong."""

import asyncio
import json
from ast import literal_eval
from itertools import pairwise

import aiohttp
import pytest

from bt_api_py.simulator import Simulator
from bt_api_py.simulator.coinblockpro import CoinblockproServer, markets

from .simulated import like

NAME = "COINBLOCKPRO___SPOT"
FEED = "/ticker_feed"


@pytest.fixture
def world(virtual):
    """Coinblockpro in virtual time, moved by `push` only."""
    made = virtual(exchanges=[NAME])
    made.world.find(NAME).venue.gap = None
    return made


@pytest.fixture
def venue(world):
    return world.world.find(NAME)


def taken(client):
    """Return the frames since the last call, as they were sent."""
    raw, client.raw = client.raw, []
    return raw


# REST


def test_the_full_ticker(world):
    """`/full_ticker` holds a price above 0 with three decimals for each of the 45 markets, in their order."""
    status, body, _ = world.get(NAME, "/full_ticker")
    assert status == 200
    assert list(body) == ["result"]
    assert tuple(body["result"]) == markets
    assert len(markets) == 45
    assert (markets[0], markets[8], markets[-1]) == ("btc_ltc", "btc_usd", "eur_usd")
    assert all(0 < price <= 10_000 and round(price, 3) == price for price in body["result"].values())


def test_a_single_ticker(world):
    """`/single_ticker` holds one market, with the same price."""
    _, full, _ = world.get(NAME, "/full_ticker")
    status, body, _ = world.get(NAME, "/single_ticker", market="btc_eur")
    assert (status, body) == (200, {"result": {"btc_eur": full["result"]["btc_eur"]}})
    assert like(body, '{"result":{"btc_eur":3135.39}}')


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({}, 'must give "market" parameter!'),
        ({"market": ""}, 'must give "market" parameter!'),
        ({"market": "nope"}, "market code not recognised!"),
        ({"market": "BTC_EUR"}, "market code not recognised!"),
        ({"market": "eur_btc"}, "market code not recognised!"),
    ],
)
def test_a_bad_market_is_refused(world, query, words):
    """A missing or unknown market is answered with 400 and the original's words."""
    status, body, _ = world.get(NAME, "/single_ticker", **query)
    assert (status, body) == (400, {"error": words})


@pytest.mark.parametrize("path", ["/", "/singler_ticker", "/ticker_feed", "/full_ticker/"])
def test_another_path_is_a_page_of_html(world, path):
    """What is not there is answered with 404 and a body that is no JSON."""
    status, body, _ = world.get(NAME, path)
    assert status == 404
    assert body.startswith(b"<!DOCTYPE html>")


def test_calls_can_be_limited_and_fail_at_random(world, venue):
    """`requests_per_second` answers 429, and `failure_rate` 500 to about that share of the calls."""
    venue.requests_per_second = 2
    assert [world.get(NAME, "/full_ticker")[0] for _ in range(3)] == [200, 200, 429]
    venue.requests_per_second = None
    venue.failure_rate = 0.5
    answers = [world.get(NAME, "/full_ticker")[0] for _ in range(200)]
    assert set(answers) == {200, 500}
    assert 60 < answers.count(500) < 140


# The feed


@pytest.mark.parametrize(
    ("mode", "frame"), [("repr", "{'btc_ltc': 2775.344}"), ("json", '{"btc_ltc":2775.344}')], ids=["repr", "json"]
)
def test_a_change_is_told_in_either_spelling(world, venue, mode, frame):
    """A pushed price is a frame at once: the text of a Python dictionary, or JSON."""
    venue.mode = mode
    client = world.connect(NAME, FEED)
    venue.push("btc_ltc", 2775.344)
    assert taken(client) == [frame]


def test_there_is_one_truth(world, venue):
    """REST, the feed and `truth` tell the same price."""
    client = world.connect(NAME, FEED)
    venue.push("BTC-LTC", 1.5)
    assert literal_eval(taken(client)[0]) == {"btc_ltc": 1.5}
    assert world.get(NAME, "/single_ticker", market="btc_ltc")[1] == {"result": {"btc_ltc": 1.5}}
    assert float(world.truth.prices(NAME, "btc_ltc")[-1].price) == venue.prices["btc_ltc"] == 1.5


@pytest.mark.parametrize("price", [0, -1, float("nan"), float("inf"), 0.0001])
def test_what_is_no_price_cannot_be_pushed(venue, price):
    """A price is a number above 0, also when rounded to three decimals."""
    with pytest.raises(ValueError, match="no price"):
        venue.push("btc_ltc", price)
    with pytest.raises(ValueError, match="no market"):
        venue.push("btc_nope", 1)


def test_the_feed_has_one_path_and_reads_nothing(world, venue):
    """Another path is refused with 404; what a client sends is not answered."""
    assert venue.admit("/feed", {}).status == 404
    client = world.connect(NAME, FEED)
    assert world.send(client, {"op": "subscribe"}) == []
    world.run(60)
    assert taken(client) == []


def test_every_client_gets_every_change(world, venue):
    """Any number of clients see all changes, in order."""
    venue.venue.gap = 0.2
    clients = [world.connect(NAME, FEED) for _ in range(3)]
    world.run(10)
    first, second, third = map(taken, clients)
    assert len(first) >= 49
    assert first == second == third
    told = [(market, price) for frame in first for market, price in literal_eval(frame).items()]
    for market in markets:
        true = [float(row.price) for row in world.truth.prices(NAME, market)]
        assert [price for name, price in told if name == market] == true[1:]


def test_the_faithful_feed_gives_a_change_to_one_client(world, venue):
    """Of two clients one gets the price and the other the text None, and a change that is overtaken is lost."""
    venue.is_faithful = True
    clients = [world.connect(NAME, FEED) for _ in range(2)]
    venue.push("btc_ltc", 1)
    venue.push("btc_eth", 2)
    world.run(0.05)
    frames = [taken(client) for client in clients]
    assert sorted(frames) == [["None"], ["{'btc_eth': 2.0}"]]


def test_the_faithful_feed_begins_with_what_nobody_has_read(world, venue):
    """The last change from before a connection is sent to it at once, and only once."""
    venue.is_faithful = True
    venue.push("btc_ltc", 1)
    world.run(1)
    assert taken(world.connect(NAME, FEED)) == ["{'btc_ltc': 1.0}"]
    assert taken(world.connect(NAME, FEED)) == []


# The walk


def test_prices_walk_as_in_the_original(virtual):
    """One market changes at a time, every 0.9 s on average, by 2 % or so, and no price leaves the positive numbers."""
    world = virtual(exchanges=[NAME])
    client = world.connect(NAME, FEED)
    world.run(600)
    frames = taken(client)
    assert 560 < len(frames) < 780
    assert all(len(literal_eval(frame)) == 1 for frame in frames)
    steps = []
    for market in markets:
        rows = world.truth.prices(NAME, market)
        assert all(before.ms <= after.ms for before, after in pairwise(rows))
        steps += [float(after.price / before.price) - 1 for before, after in pairwise(rows)]
    assert 0.015 < (sum(step * step for step in steps) / len(steps)) ** 0.5 < 0.025


@pytest.mark.parametrize(("gap", "least", "most"), [(0, 900, 1000), (0.5, 2, 2), (None, 0, 0)])
def test_the_gap_can_be_chosen(world, venue, gap, least, most):
    """A fixed gap, none at all, or silence."""
    venue.venue.gap = gap
    client = world.connect(NAME, FEED)
    world.run(1)
    assert least <= len(taken(client)) <= most


@pytest.mark.parametrize("gap", [-1, float("inf"), float("nan"), "fast"])
def test_a_bad_gap_is_refused(venue, gap):
    """A gap is seconds, 'mean' or None."""
    with pytest.raises(ValueError, match="gap"):
        venue.venue.gap = gap


def test_a_seed_repeats_the_prices(virtual):
    """The same seed gives the same frames, another seed others."""

    def frames(seed):
        world = virtual(exchanges=[NAME], seed=seed)
        client = world.connect(NAME, FEED)
        world.run(30)
        return taken(client)

    assert frames(1) == frames(1) != frames(2)


# Faults


@pytest.mark.parametrize("mode", ["repr", "json"])
@pytest.mark.parametrize("kind", ["json", "text", "types", "nan", "binary"])
def test_garbage_is_no_price_in_either_spelling(world, venue, mode, kind):
    """Rubbish comes ahead of the true frame, and can be read neither as JSON nor as a dictionary of numbers."""
    venue.mode = mode
    world.faults.garbage(NAME, kind=kind)
    client = world.connect(NAME, FEED)
    venue.push("btc_ltc", 2775.344)
    rubbish, frame = taken(client)
    assert (literal_eval if mode == "repr" else json.loads)(frame) == {"btc_ltc": 2775.344}
    with pytest.raises((ValueError, SyntaxError, TypeError, AssertionError)):
        [price] = (literal_eval if mode == "repr" else json.loads)(rubbish).values()
        assert isinstance(price, float)
        assert price == price


def test_a_stalled_feed_is_silent_while_prices_move(world, venue):
    """A stall keeps the socket open and sends nothing; REST goes on."""
    client = world.connect(NAME, FEED)
    world.faults.stall(NAME)
    venue.push("btc_ltc", 1)
    assert taken(client) == []
    assert world.get(NAME, "/single_ticker", market="btc_ltc")[1] == {"result": {"btc_ltc": 1.0}}


async def test_an_answer_can_be_overtaken_by_the_feed(web):
    """A delayed REST answer tells the price of when it was asked for, after the feed has told a newer one."""
    async with Simulator(exchanges=[NAME]) as simulator:
        venue = simulator.venue(NAME)
        venue.venue.gap = None
        venue.push("btc_ltc", 1)
        simulator.faults.http_delay(NAME, 0.2)
        settings = simulator.exchange_kwargs()[NAME]
        async with web.ws_connect(settings["ws_url"] + FEED) as socket:
            asking = asyncio.ensure_future(
                web.get(settings["rest_url"] + "/single_ticker", params={"market": "btc_ltc"})
            )
            while not simulator.stats[NAME].http:  # noqa: ASYNC110  # the venue tells nobody
                await asyncio.sleep(0.01)
            venue.push("btc_ltc", 2)
            assert await socket.receive_str() == "{'btc_ltc': 2.0}"
            async with await asking as answer:
                assert await answer.json() == {"result": {"btc_ltc": 1.0}}


# By itself


async def test_two_ports_as_the_original_has_them(web):
    """REST answers on one port only, the feed on the other only, both without a prefix."""
    async with CoinblockproServer(rest_port=0, ws_port=0) as server:
        feed = server.ws_url.replace("ws", "http", 1)
        assert server.ws_url.endswith(FEED)
        for url, status in (
            (f"{server.rest_url}/full_ticker", 200),
            (feed.removesuffix(FEED) + "/full_ticker", 404),
        ):
            async with web.get(url) as answer:
                assert answer.status == status
        with pytest.raises(aiohttp.WSServerHandshakeError, match="404"):
            await web.ws_connect(server.rest_url + FEED)
        async with web.ws_connect(server.ws_url) as socket:
            server.exchange.venue.gap = None
            server.exchange.push("eur_usd", 1.08)
            while literal_eval(await socket.receive_str()) != {"eur_usd": 1.08}:
                pass


async def test_one_port_for_both(web, unused_port):
    """Given the same port twice, REST and feed share it."""
    async with CoinblockproServer(rest_port=unused_port, ws_port=unused_port) as server:
        async with web.get(f"http://127.0.0.1:{unused_port}/full_ticker") as answer:
            assert answer.status == 200
        async with web.ws_connect(f"ws://127.0.0.1:{unused_port}/ticker_feed") as socket:
            assert not socket.closed
        assert server.exchange_kwargs()[NAME]["ws_url"] == f"ws://127.0.0.1:{unused_port}"
