"""Messages of a data node as its documents print them, and a node that answers with them."""

import json

MARKET, ASSET, PARTY, ORDER = "a" * 64, "b" * 64, "c" * 64, "d" * 64


def _read(text):
    for name, value in (("market", MARKET), ("asset", ASSET), ("party", PARTY), ("order", ORDER)):
        text = text.replace(f"<{name}>", value)
    return json.loads(text)


MARKET_NODE = _read(
    '{"id":"<market>","tradableInstrument":{"instrument":{"id":"","code":"BTC/USDT",'
    '"name":"Bitcoin / Tether (Perpetual)","perpetual":{"settlementAsset":"<asset>","quoteName":"USDT"}}},'
    '"decimalPlaces":"2","positionDecimalPlaces":"3","tradingMode":"TRADING_MODE_CONTINUOUS","state":"STATE_ACTIVE",'
    '"tickSize":"1"}'
)
ASSET_NODE = _read(
    '{"id":"<asset>","details":{"name":"Tether USD","symbol":"USDT","decimals":"5","quantum":"1000000",'
    '"erc20":{"contractAddress":"0x"}},"status":"STATUS_ENABLED"}'
)
ACCOUNT_NODE = _read(
    '{"owner":"<party>","balance":"10000000","asset":"<asset>","marketId":"","type":"ACCOUNT_TYPE_GENERAL"}'
)
ORDER_NODE = _read(
    '{"id":"<order>","marketId":"<market>","partyId":"<party>","side":"SIDE_BUY","price":"6500000","size":"1500",'
    '"remaining":"1000","timeInForce":"TIME_IN_FORCE_GTC","type":"TYPE_LIMIT","createdAt":"1700000000000000000",'
    '"status":"STATUS_ACTIVE","expiresAt":"0","reference":"my-1","updatedAt":"0","version":"1","batchId":"1",'
    '"postOnly":false,"reduceOnly":false}'
)
POSITION_NODE = _read(
    '{"marketId":"<market>","partyId":"<party>","openVolume":"-5000","realisedPnl":"-1200000","unrealisedPnl":"300000",'
    '"averageEntryPrice":"6510000","updatedAt":"1700000000000000000","lossSocialisationAmount":"0",'
    '"positionStatus":"POSITION_STATUS_UNSPECIFIED"}'
)
DATA_NODE = _read(
    '{"markPrice":"6500000","bestBidPrice":"6499900","bestBidVolume":"1500","bestOfferPrice":"6500100",'
    '"bestOfferVolume":"2000","midPrice":"6500000","market":"<market>","timestamp":"1700000000000000000",'
    '"openInterest":"3000","marketTradingMode":"TRADING_MODE_CONTINUOUS","marketState":"STATE_ACTIVE",'
    '"lastTradedPrice":"6500050"}'
)
# As streams send them: numbers for words, defaults left out.
STREAMED_ORDER = _read(
    '{"id":"<order>","marketId":"<market>","partyId":"<party>","side":1,"price":"6500000","size":"1500",'
    '"remaining":"1000","timeInForce":1,"type":1,"createdAt":"1700000000000000000","status":1,"reference":"my-1",'
    '"version":"1"}'
)
FILLED_ORDER = {key: value for key, value in STREAMED_ORDER.items() if key != "remaining"} | {"status": 5}
STREAMED_ACCOUNT = _read('{"owner":"<party>","balance":"10000000","asset":"<asset>","type":4}')
STREAMED_POSITION = _read(
    '{"marketId":"<market>","partyId":"<party>","openVolume":"1500","realisedPnl":"0","unrealisedPnl":"-4500000",'
    '"averageEntryPrice":"6500000"}'
)
STREAMED_DATA = _read(
    '{"markPrice":"6500000","bestBidPrice":"6499900","bestBidVolume":"1500","bestOfferPrice":"6500100",'
    '"bestOfferVolume":"2000","market":"<market>","timestamp":"1700000000000000001","marketTradingMode":1,'
    '"marketState":5}'
)


def page(key, nodes, cursor=""):
    """Return a page of a list; with a cursor, another one follows."""
    edges = [{"node": node, "cursor": "x"} for node in nodes]
    info = {"hasNextPage": bool(cursor), "hasPreviousPage": False, "startCursor": "", "endCursor": cursor}
    return 200, {}, {key: {"edges": edges, "pageInfo": info}}


def serve(transport, **lists):
    """Let a node answer with these lists; it has one market and one asset anyway."""
    given = {"markets": [MARKET_NODE], "assets": [ASSET_NODE], "accounts": [], "orders": [], "positions": []} | lists
    for key, nodes in given.items():
        transport.pages[key] = page(key, nodes)
    transport.pages["latest"] = (200, {}, {"marketData": DATA_NODE})
    transport.pages[MARKET] = (200, {}, {"market": MARKET_NODE})


def result(**content):
    return {"result": content}


def update(field, *rows):
    return result(updates={field: list(rows)})


def snapshot(field, *rows, last=True):
    return result(snapshot={field: list(rows), **({"lastPage": True} if last else {})})


def socket(transport, path):
    """Return the client's newest socket of a stream."""
    return [each for each in transport.sockets if f"/stream/{path}?" in each.url][-1]
