"""Messages as the venue's guide prints them, and the key of its test vectors."""

PRIVATE = "4wBqpZM9xaSheZzJSMawUKKwhdpChKbZ5eu5ky4Vigw"  # bytes 01 to 20, hexadecimal; the vectors' own
PUBLIC = "9C6hybhQ6Aycep9jaUnP6uL9ZYvDjUp1aSkFWPUFJtpj"
NOW_NS = 1704067200000000000
OID = "Fpa3oVuL3UzjNANAMZZdmrn6D1Zhk83GmBuJpuAWG51F"
TIME_NS = 1763316177219383423

TICKER = {
    "type": "ticker",
    "data": {
        "ticker": {
            "symbol": "BTC-USD", "priceChange": 2777.5, "priceChangePercent": 2.77, "lastPrice": 102777.5,
            "highPrice": 103500.0, "lowPrice": 101000.0, "volume": 1234.56, "quoteVolume": 126543210.0,
            "markPrice": 102780.0, "oraclePrice": 102775.0, "openInterest": 5432.1, "fundingRate": 0.0001,
            "regime": 1, "regimeDt": 93, "regimeVol": 0.35, "regimeMv": 0.02, "fairBookPx": 102779.0, "fairVol": 0.28,
            "fairBias": 0.001, "timestamp": NOW_NS,
        }
    },
    "topic": "ticker.BTC-USD",
}  # fmt: skip
TRADE = {
    "s": "BTC-USD", "px": 102500.0, "sz": 0.15, "time": 1699564800000, "side": True, "maker": "m", "taker": "t",
}  # fmt: skip
TRADES = {"type": "trades", "data": {"trades": [TRADE]}, "topic": "trades.BTC-USD"}
CANDLE = {
    "t": 1699564800000, "T": 1699564860000, "o": 102000.0, "h": 102100.0, "l": 101900.0, "c": 101950.0, "v": 1.6,
    "n": 3,
}  # fmt: skip
CANDLES = {"type": "candle", "data": {"candles": [CANDLE]}, "topic": "candle.BTC-USD.1m"}


def book(bids, asks, *, update="snapshot", kind="l2Delta", time=1699564800000):
    """Return a message of a book; levels are (price, size, number of orders)."""
    levels = [[dict(zip(("px", "sz", "n"), level, strict=True)) for level in side] for side in (bids, asks)]
    inner = {"updateType": update, "symbol": "BTC-USD", "levels": levels, "timestamp": time}
    return {"type": kind, "data": {"book": inner}, "topic": f"{kind.lower()}.BTC-USD"}


L2SNAPSHOT = book([(102777.0, 1.5, 3)], [(102780.0, 2.0, 4)], kind="l2Snapshot")
L2FIRST = book([(102777.0, 1.5, 3)], [(102780.0, 2.0, 4)])
L2DELTA = book([(102777.0, 2.0, 0)], [], update="delta")

MARGIN = {
    "totalBalance": 100000.0, "availableBalance": 95000.0, "marginUsed": 5000.0, "notional": 50000.0,
    "realizedPnl": 1234.5, "unrealizedPnl": 567.8, "fees": 12.34, "funding": 5.67,
}  # fmt: skip
POSITION = {
    "symbol": "BTC-USD", "size": 0.5, "price": 100000.0, "fairPrice": 101000.0, "notional": 50500.0,
    "realizedPnl": 500.0, "unrealizedPnl": 500.0, "leverage": 5.0, "liquidationPrice": 95000.0, "fees": 10.0,
    "funding": 2.5, "maintenanceMargin": 1000.0, "lambda": 0.05, "riskAllocation": 5000.0, "iso": False,
    "protection": None,
}  # fmt: skip
LISTED_ORDER = {
    "symbol": "BTC-USD", "orderId": "a", "price": 102000.0, "originalSize": 0.1, "size": 0.1, "filledSize": 0.0,
    "vwap": 0.0, "maker": True, "reduceOnly": False, "orderType": "limit", "trigger": None, "tif": "gtc",
    "status": "placed", "timestamp": TIME_NS, "iso": False,
}  # fmt: skip
ACCOUNT = {
    "type": "accountSnapshot", "kind": "MasterEOA", "parent": None, "subAccounts": [{"pubkey": "…"}],
    "multisigAccounts": [], "authorizedAgentWallets": ["…"], "margin": MARGIN, "positions": [POSITION],
    "openOrders": [LISTED_ORDER],
    "feeTiers": [{
        "symbol": "global", "rollingVolume": 1200000.0, "tierIndex": 1, "tierThreshold": 1000000.0, "makerBps": 1.8,
        "takerBps": 3.3, "windowDays": 14,
    }],
    "leverageSettings": [{"symbol": "BTC-USD", "leverage": 5.0}],
}  # fmt: skip
ORDER_UPDATE = {
    "type": "orderUpdate", "ot": "limit", "status": "resting", "sym": "BTC-USD", "oid": "b", "px": 105000.0,
    "origSz": -0.25, "sz": -0.25, "fillSz": 0.0, "vwap": 0.0, "tif": "gtc", "r": False, "mk": True, "trigger": None,
    "ts": TIME_NS, "reason": None,
}  # fmt: skip
FILL = {
    "type": "fill", "symbol": "BTC-USD", "orderId": "a", "price": 102000.0, "size": 0.05, "fee": 0.35, "isBuy": True,
    "reasonCode": 0, "counterpartyHint": "5Am6..nVux", "timestamp": TIME_NS, "maker": False,
}  # fmt: skip
MARGIN_UPDATE = {"type": "marginUpdate", **MARGIN, "totalBalance": 100500.0}
POSITION_UPDATE = {"type": "positionUpdate", **POSITION}
LEVERAGE_UPDATE = {"type": "leverageUpdate", "leverage": [{"symbol": "BTC-USD", "leverage": 5.0}]}
CANCEL_REJECTED = {
    "type": "cancelOneRejected", "symbol": "BTC-USD", "orderId": "z", "reason": "Order not found",
    "timestamp": TIME_NS,
}  # fmt: skip


def account(data, key=PUBLIC):
    """Return a message of the account stream."""
    return {"type": "account", "topic": f"account.{key}", "data": data}


def answer(number, *statuses):
    """Return the answer to a transaction that was done."""
    response = {"type": "order", "data": {"statuses": list(statuses)}}
    payload = {"status": "ok", "response": response}
    return {"type": "post", "id": number, "data": {"type": "action", "payload": payload}}
