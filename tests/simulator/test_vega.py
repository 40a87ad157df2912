"""Vega's data node as the simulator speaks it, against the documented messages."""

import json
from decimal import Decimal
from itertools import pairwise
from urllib.parse import quote

import pytest

from bt_api_py.simulator import Simulator

from .simulated import START

NAME, ROOT = "VEGA___FUTURE", "/api/v2"
NS = 1_000_000_000
MARKET = {
    "id": "<market>",
    "tradableInstrument": {
        "instrument": {
            "id": "",
            "code": "BTC/USDT",
            "name": "Bitcoin / Tether (Perpetual)",
            "perpetual": {"settlementAsset": "<asset>", "quoteName": "USDT"},
        }
    },
    "decimalPlaces": "1",
    "positionDecimalPlaces": "4",
    "tradingMode": "TRADING_MODE_CONTINUOUS",
    "state": "STATE_ACTIVE",
    "tickSize": "1",
}
ASSET = {
    "id": "<asset>",
    "details": {
        "name": "Tether USD",
        "symbol": "USDT",
        "decimals": "6",
        "quantum": "1000000",
        "erc20": {"contractAddress": "0x…"},
    },
    "status": "STATUS_ENABLED",
}
MARKET_DATA = json.loads(
    '{"result":{"marketData":[{"markPrice":"650000","bestBidPrice":"649990","bestBidVolume":"15000",'
    '"bestOfferPrice":"650010","bestOfferVolume":"20000","midPrice":"650000","market":"<market>",'
    '"timestamp":"1700000000000000000","openInterest":"30000","marketTradingMode":1,"marketState":5,'
    '"lastTradedPrice":"650005"}]}}'
)
LEVEL = {"price", "numberOfOrders", "volume"}
TRADE = {
    "id",
    "marketId",
    "price",
    "size",
    "buyer",
    "seller",
    "aggressor",
    "buyOrder",
    "sellOrder",
    "timestamp",
    "type",
}
MARKET_FIELDS = {
    "market", "markPrice", "bestBidPrice", "bestBidVolume", "bestOfferPrice", "bestOfferVolume",
    "bestStaticBidPrice", "bestStaticOfferPrice", "bestStaticBidVolume", "bestStaticOfferVolume", "midPrice",
    "staticMidPrice", "timestamp", "openInterest", "auctionStart", "auctionEnd", "indicativePrice",
    "indicativeVolume", "marketTradingMode", "trigger", "marketState", "targetStake", "suppliedStake",
    "lastTradedPrice",
}  # fmt: skip


@pytest.fixture
def world(virtual):
    """Vega in virtual time."""
    return virtual(exchanges=[NAME], rate=4)


def rest(world, path, **query):
    """Return (status, body) of a GET request; underscores in names stand for dots."""
    given = {name.replace("_", "."): value for name, value in query.items()}
    status, body, _ = world.get(NAME, ROOT + path, **given)
    return status, body


def listed(world, path, key, **query):
    """Return the nodes of all pages of a list, and how many pages there were."""
    nodes, pages, cursor = [], 0, {}
    while True:
        _, body = rest(world, path, **query, **cursor)
        nodes += [edge["node"] for edge in body[key]["edges"]]
        pages += 1
        if not body[key]["pageInfo"]["hasNextPage"]:
            return nodes, pages
        cursor = {"pagination_after": body[key]["pageInfo"]["endCursor"]}


def market(world, code="BTC/USDT"):
    """Return a market by its code."""
    nodes, _ = listed(world, "/markets", "markets")
    return next(node for node in nodes if node["tradableInstrument"]["instrument"]["code"] == code)


def stream(world, path, *pairs):
    """Return a client of a stream; a parameter may repeat."""
    raw_query = "&".join(f"{name}={quote(value, safe='')}" for name, value in pairs)
    return world.connect(NAME, f"{ROOT}/stream/{path}", raw_query=raw_query)


def watch(world, path, *codes):
    """Return a client of a stream of markets."""
    return stream(world, path, *(("marketIds", market(world, code)["id"]) for code in codes or ["BTC/USDT"]))


def results(client):
    return [message["result"] for message in client.take()]


def assert_holds(message, sample):
    """Hold a message to a documented one, which is shortened: each of its keys is there, with a value of its type."""
    assert type(message) is type(sample)
    if isinstance(sample, dict):
        for name, value in sample.items():
            assert name in message, name
            assert_holds(message[name], value)
    elif isinstance(sample, list):
        for row in message:
            assert_holds(row, sample[0])


def unscaled(text, places):
    return Decimal(text).scaleb(-places)


def test_a_market_is_the_documented_one(world):
    """The list of markets tells ids, the product by its kind, decimal places and words in full."""
    row = market(world)
    assert_holds(row, MARKET)
    assert list(row) == list(MARKET)
    texts = ("decimalPlaces", "positionDecimalPlaces", "tradingMode", "state", "tickSize")
    assert {name: row[name] for name in texts} == {name: MARKET[name] for name in texts}
    assert len(row["id"]) == 64
    assert rest(world, f"/market/{row['id']}") == (200, {"market": row})


def test_an_asset_is_the_documented_one(world):
    """The asset that a market settles in is on the list of assets."""
    settled = market(world)["tradableInstrument"]["instrument"]["perpetual"]["settlementAsset"]
    _, body = rest(world, "/assets", assetId=settled)
    [edge] = body["assets"]["edges"]
    assert_holds(edge["node"], ASSET)
    assert {**edge["node"], "id": 0} == {**ASSET, "id": 0, "details": edge["node"]["details"]}
    assert (edge["node"]["details"]["symbol"], edge["node"]["details"]["decimals"]) == ("USDT", "6")
    assert rest(world, "/assets", assetId="0" * 64)[0] == 404


def test_the_list_holds_every_kind_of_market(world):
    """There are futures, perpetuals and a spot market, prices finer than their tick, and sizes counted in tens."""
    nodes, _ = listed(world, "/markets", "markets")
    products = {kind for node in nodes for kind in node["tradableInstrument"]["instrument"] if kind not in MARKET}
    assert {"future", "perpetual", "spot"} <= products
    assert market(world, "SOL/USDT")["tickSize"] == "10"
    assert market(world, "DOGE/USDT")["positionDecimalPlaces"] == "-1"
    assert market(world, "HALT/USDT")["state"] == "STATE_SUSPENDED_VIA_GOVERNANCE"
    kept, _ = listed(world, "/markets", "markets", includeSettled="false")
    assert [node for node in nodes if node not in kept] == [n for n in nodes if n["state"] == "STATE_SETTLED"] != []


def test_lists_come_in_pages(world):
    """The pages of a list, each asked for with the last cursor, hold every row once."""
    nodes, pages = listed(world, "/markets", "markets")
    assert pages > 2
    assert len({node["id"] for node in nodes}) == len(nodes) == len(world.truth.symbols(NAME)) + 2
    whole, one = listed(world, "/markets", "markets", pagination_first=5000)
    assert (whole, one) == (nodes, 1)
    _, body = rest(world, "/markets", pagination_last=2)
    assert [edge["node"] for edge in body["markets"]["edges"]] == nodes[-2:]
    info = body["markets"]["pageInfo"]
    assert list(info) == ["hasNextPage", "hasPreviousPage", "startCursor", "endCursor"]
    assert info["startCursor"].startswith("eyJ")
    _, body = rest(world, "/markets", pagination_last=2, pagination_before=info["startCursor"])
    assert [edge["node"] for edge in body["markets"]["edges"]] == nodes[-4:-2]
    newest, _ = listed(world, "/markets", "markets", pagination_newestFirst="true")
    assert newest == nodes[::-1]


@pytest.mark.parametrize(
    ("path", "query", "status", "code"),
    [
        ("/market/" + "0" * 64, {}, 404, 5),
        ("/market/BTCUSDT", {}, 400, 3),
        ("/market/data/BTCUSDT/latest", {}, 400, 3),
        ("/market/depth/" + "0" * 64 + "/latest", {}, 404, 5),
        ("/candle", {}, 400, 3),
        ("/candle/intervals", {"marketId": "0" * 64}, 404, 5),
        ("/markets", {"pagination_after": "eyJ"}, 400, 3),
        ("/markets", {"pagination_first": 5001}, 400, 3),
        ("/markets", {"pagination_first": 0}, 400, 3),
        ("/no/such/path", {}, 404, 5),
    ],
)
def test_a_bad_request_is_answered_with_a_code(world, path, query, status, code):
    """Errors carry the status and the node's own number, with a message and details."""
    got, body = rest(world, path, **query)
    assert (got, body["code"], body["details"]) == (status, code, [])
    assert body["message"]


def test_market_data_tells_the_truth(world):
    """REST tells every field of a market, defaults included, scaled by the market's places, and so does the list."""
    for code in ("BTC/USDT", "SOL/USDT", "DOGE/USDT"):
        row = market(world, code)
        _, body = rest(world, f"/market/data/{row['id']}/latest")
        data = body["marketData"]
        assert set(data) == MARKET_FIELDS
        price, size = int(row["decimalPlaces"]), int(row["positionDecimalPlaces"])
        book, figures = world.truth.book(NAME, code), world.truth.figures(NAME, code)
        bid = (unscaled(data["bestBidPrice"], price), unscaled(data["bestBidVolume"], size))
        ask = (unscaled(data["bestOfferPrice"], price), unscaled(data["bestOfferVolume"], size))
        assert (bid, ask) == (book.bids[0], book.asks[0])
        assert unscaled(data["markPrice"], price) == figures.mark_price
        assert unscaled(data["openInterest"], size) == figures.open_interest
        assert (data["auctionStart"], data["marketTradingMode"]) == ("0", "TRADING_MODE_CONTINUOUS")
        assert data["trigger"] == "AUCTION_TRIGGER_UNSPECIFIED"
    _, body = rest(world, "/markets/data")
    assert {data["market"] for data in body["marketsData"]} >= {row["id"]}
    assert len(body["marketsData"]) == len(world.truth.symbols(NAME))


def test_streamed_market_data_has_numbers_for_words_and_no_defaults(world):
    """The stream begins without a snapshot, tells of changes only, and leaves out what is 0 or empty."""
    client = watch(world, "markets/data")
    assert client.take() == []
    world.run(2)
    messages = client.take()
    assert len(messages) > 5
    for message in messages:
        assert_holds(message, MARKET_DATA)
        [data] = message["result"]["marketData"]
        assert (data["marketTradingMode"], data["marketState"]) == (1, 5)
        assert not {"auctionStart", "auctionEnd", "indicativeVolume", "trigger"} & set(data)
    changes = [{**message["result"]["marketData"][0], "timestamp": 0} for message in messages]
    assert all(before != after for before, after in pairwise(changes))


def test_a_stream_of_several_markets_tells_of_all_at_once(world):
    """An update holds one element per market that has changed; a market that rests is not among them."""
    client = watch(world, "markets/data", "BTC/USDT", "ETH/USDT", "HALT/USDT")
    world.run(3)
    counts = {len(result["marketData"]) for result in results(client)}
    assert max(counts) == 2
    everything = stream(world, "markets/data")
    world.run(3)
    assert max(len(result["marketData"]) for result in results(everything)) > 3


def test_the_book_and_its_updates_join_without_a_seam(world):
    """Each update names the number before; from a REST book on they lead to the book as it is."""
    row = market(world)
    client = watch(world, "markets/depth/updates")
    world.run(1)
    _, depth = rest(world, f"/market/depth/{row['id']}/latest")
    assert list(depth) == ["marketId", "buy", "sell", "lastTrade", "sequenceNumber"]
    assert set(depth["buy"][0]) == LEVEL
    assert set(depth["lastTrade"]) == TRADE
    world.run(3)
    sides = {side: {level["price"]: level["volume"] for level in depth[side]} for side in ("buy", "sell")}
    last = None
    for result in results(client):
        [update] = result["update"]
        assert update["marketId"] == row["id"]
        assert last is None or update["previousSequenceNumber"] == last
        last = update["sequenceNumber"]
        if int(last) <= int(depth["sequenceNumber"]):
            continue
        for side in ("buy", "sell"):
            for level in update.get(side, []):
                assert set(level) in (LEVEL, {"price"})
                if "volume" in level:
                    sides[side][level["price"]] = level["volume"]
                else:
                    sides[side].pop(level["price"], None)  # it may have come and gone meanwhile
    truth = world.truth.book(NAME, "BTCUSDT", int(last))
    for side, true in (("buy", truth.bids), ("sell", truth.asks)):
        assert {unscaled(p, 1): unscaled(v, 4) for p, v in sides[side].items()} == dict(true)
    _, short = rest(world, f"/market/depth/{row['id']}/latest", maxDepth=3)
    assert (len(short["buy"]), len(short["sell"])) == (3, 3)


def test_the_depth_stream_sends_whole_books(world):
    """Each message of `markets/depth` is the book as it was at its number."""
    client = watch(world, "markets/depth", "SOL/USDT")
    world.run(2)
    messages = results(client)
    assert len(messages) > 2
    for message in messages:
        [book] = message["marketDepth"]
        truth = world.truth.book(NAME, "SOLUSDT", int(book["sequenceNumber"]))
        assert [(unscaled(row["price"], 3), unscaled(row["volume"], 1)) for row in book["buy"]] == truth.bids
        assert [(unscaled(row["price"], 3), unscaled(row["volume"], 1)) for row in book["sell"]] == truth.asks


def test_trades_are_the_matches(world):
    """Every match is told once, with its id, the taker's side and the time in ns."""
    client = watch(world, "trades")
    world.run(20)
    messages = results(client)
    rows = [row for message in messages for row in message["trades"]]
    truth = world.truth.trades(NAME, "BTCUSDT")
    assert len(rows) > 20
    told = [
        (
            row["id"],
            unscaled(row["price"], 1),
            unscaled(row["size"], 4),
            {1: "buy", 2: "sell"}[row["aggressor"]],
            int(row["timestamp"]),
        )
        for row in rows
    ]
    assert told == [(t.id, t.price, t.quantity, t.side, t.ms * 1_000_000) for t in truth]
    assert all(set(row) == TRADE and len(row["id"]) == 64 and row["type"] == 1 for row in rows)
    assert max(len(message["trades"]) for message in messages) > 1


def test_trades_are_listed_too(world):
    """The matches of a market come in pages, oldest or newest first, and from a time on."""
    number = market(world)["id"]
    newest = {"marketIds": number, "pagination_newestFirst": "true", "pagination_first": 5}
    _, body = rest(world, "/trades", **newest)
    rows = [edge["node"] for edge in body["trades"]["edges"]]
    truth = world.truth.trades(NAME, "BTCUSDT", history=True)
    assert [row["id"] for row in rows] == [trade.id for trade in truth[:-6:-1]]
    assert set(rows[0]) == TRADE
    assert rows[0]["aggressor"] in ("SIDE_BUY", "SIDE_SELL")
    _, body = rest(world, "/trades", dateRange_startTimestamp=rows[-1]["timestamp"], **newest)
    assert [edge["node"]["id"] for edge in body["trades"]["edges"]] == [row["id"] for row in rows]
    assert rest(world, "/trades")[0] == 400


def candle_id(world, interval, code="BTC/USDT"):
    _, body = rest(world, "/candle/intervals", marketId=market(world, code)["id"])
    return next(row["candleId"] for row in body["intervalToCandleId"] if row["interval"] == interval)


def test_candles_are_those_of_the_market(world):
    """REST tells the candles of a span of time, start included and end not, in ns."""
    number = candle_id(world, "1 minute")
    end = int(START) // 60 * 60 * NS
    _, body = rest(world, "/candle", candleId=number, fromTimestamp=end - 300 * NS, toTimestamp=end)
    rows = [edge["node"] for edge in body["candles"]["edges"]]
    assert [int(row["start"]) for row in rows] == [end - back * 60 * NS for back in (5, 4, 3, 2, 1)]
    truth = {bar.open_ms: bar for bar in world.truth.klines(NAME, "BTCUSDT", "1m")}
    for row in rows:
        bar = truth[int(row["start"]) // 1_000_000]
        assert [unscaled(row[name], 1) for name in ("open", "high", "low", "close")] == [
            bar.open,
            bar.high,
            bar.low,
            bar.close,
        ]
        assert (unscaled(row["volume"], 4), unscaled(row["notional"], 5)) == (bar.volume, bar.quote_volume)
    everything, pages = listed(world, "/candle", "candles", candleId=number)
    assert (len(everything), pages) == (len({row["start"] for row in everything}), 2)


def test_a_candle_without_trades_has_no_prices(world):
    """A candle that begins is told without prices; REST tells an empty one with empty texts."""
    client = stream(world, "candle/data", ("candleId", candle_id(world, "1 minute")))
    world.run(125)
    candles = [result["candle"] for result in results(client)]
    begun = [candle for candle in candles if "open" not in candle]
    assert begun
    assert all(set(candle) == {"start", "lastUpdate"} for candle in begun)
    full = [candle for candle in candles if "open" in candle]
    assert {"start", "lastUpdate", "high", "low", "open", "close", "volume", "notional"} == set(full[0])
    starts = [int(candle["start"]) for candle in candles]
    assert starts == sorted(starts)
    quiet = candle_id(world, "1 minute", "SIM001/USDT")
    rows, _ = listed(world, "/candle", "candles", candleId=quiet, pagination_first=5000)
    empty = [row for row in rows if row["volume"] == "0"]
    assert empty
    assert all((row["open"], row["high"], row["low"], row["close"]) == ("", "", "", "") for row in empty)


@pytest.mark.parametrize(
    ("path", "pairs", "code"),
    [
        ("markets/data", [("marketIds", "BTCUSDT")], 3),
        ("markets/depth/updates", [("marketIds", "0" * 64)], 5),
        ("candle/data", [], 3),
        ("candle/data", [("candleId", "trades_candle_7_minutes_" + "0" * 64)], 3),
    ],
)
def test_a_stream_that_cannot_be_ends_with_an_error(world, path, pairs, code):
    """A wrong parameter is answered with the error envelope, after which the socket closes."""
    client = stream(world, path, *pairs)
    [message] = client.take()
    assert (list(message), message["error"]["code"], message["error"]["details"]) == (["error"], code, [])
    assert client.ended is not None
    assert world.stats[NAME].open_sockets == 0


def test_an_unknown_stream_is_refused(world):
    """A path that is no stream is turned away before a socket opens."""
    assert world.world.find(NAME).admit(f"{ROOT}/stream/dances", {}).status == 404


def test_too_many_streams_are_refused_as_documented(world):
    """The 251st stream gets the documented error; when one has ended there is room again."""
    row = market(world)["id"]
    clients = [stream(world, "trades", ("marketIds", row)) for _ in range(250)]
    one_more = stream(world, "trades", ("marketIds", row))
    assert one_more.take() == [
        {"error": {"code": 8, "message": "client reached max subscription allowed", "details": []}}
    ]
    assert one_more.ended is not None
    assert clients[0].ended is None
    world.faults.disconnect(NAME)
    assert stream(world, "trades", ("marketIds", row)).ended is None


def test_requests_in_excess_are_refused_and_then_banned(world):
    """After 100 requests at once there is 429; who goes on is banned for ten minutes."""
    assert [rest(world, "/vega/time")[0] for _ in range(100)] == [200] * 100
    status, body = rest(world, "/vega/time")
    assert (status, body["code"]) == (429, 8)
    world.leap(1)
    assert rest(world, "/vega/time")[0] == 200
    while rest(world, "/vega/time")[0] == 200:
        pass
    for _ in range(150):
        rest(world, "/vega/time")
    world.leap(500)
    assert rest(world, "/vega/time")[0] == 429
    world.leap(101)
    assert rest(world, "/vega/time")[0] == 200


def test_time_and_version_are_told(world):
    """The node's time is in ns, and it says which release it is."""
    assert rest(world, "/vega/time") == (200, {"timestamp": str(int(START) * NS)})
    assert rest(world, "/info")[1]["version"] == "v0.79.0"


def test_faults_reach_the_streams(world):
    """Rubbish comes ahead of a true frame, a rejected market and a forced status are told in the node's form."""
    client = watch(world, "markets/data")
    world.faults.garbage(NAME, kind="text", topic="ticker", symbol="BTCUSDT")
    world.run(1)
    first, *others = client.take()
    assert first.startswith("<html>")
    assert others
    assert all("result" in message for message in others)
    world.faults.reject_subscribe(NAME, "BTC/USDT")
    [message] = watch(world, "trades").take()
    assert message["error"]["code"] == 5
    world.faults.http_status(NAME, 503, path="/markets")
    assert rest(world, "/markets") == (503, {"code": 14, "message": "service unavailable", "details": []})


async def test_the_node_answers_on_the_network(web):
    """Over real sockets a repeated parameter and an encoded cursor arrive as they were sent."""
    async with Simulator(seed=7, exchanges=[NAME], rate=20) as sim:
        base = f"{sim.url}/{NAME}{ROOT}"
        numbers, cursor = [], {}
        while cursor is not None:
            async with web.get(f"{base}/markets", params=cursor) as response:
                page = (await response.json())["markets"]
            numbers += [edge["node"]["id"] for edge in page["edges"]]
            info = page["pageInfo"]
            cursor = {"pagination.after": info["endCursor"]} if info["hasNextPage"] else None
        assert len(set(numbers)) == len(sim.truth.symbols(NAME)) + 2
        async with web.get(f"{base}/markets/data") as response:
            busy = [data["market"] for data in (await response.json())["marketsData"]][:2]
        query = [("marketIds", number) for number in busy]
        async with web.ws_connect(f"{base.replace('http', 'ws', 1)}/stream/markets/data", params=query) as socket:
            seen = set()
            while len(seen) < 2:
                message = json.loads((await socket.receive()).data)
                seen |= {data["market"] for data in message["result"]["marketData"]}
        assert seen == set(busy)
