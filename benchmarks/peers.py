"""Other libraries that offer the same, measured where they are installed: one market each.

They may hand on the newest state alone, so what counts is how far they have read, not how often they called.
"""

from __future__ import annotations

from typing import Any

from .frames import NOW_MS
from .meter import Meter


async def ccxt(kind: str, names: list[str], levels: int, port: int, meter: Meter) -> None:
    """ccxt's websockets: the same fields of its unified structures."""
    from ccxt import pro

    options = {"defaultType": "spot", "fetchMarkets": ["spot"], "watchTickers": {"name": "ticker"}}
    exchange = pro.binance({"options": options, "enableRateLimit": False})
    rest = f"http://127.0.0.1:{port}/api/v3"
    exchange.urls["api"].update(public=rest, v3=rest)
    exchange.urls["api"]["ws"]["spot"] = f"ws://127.0.0.1:{port}/stream"
    reader = meter.reader()
    try:
        markets = await exchange.load_markets()
        [symbol] = [market["symbol"] for market in markets.values() if market["id"] in names]
        watch = {"ticker": exchange.watch_ticker, "trades": exchange.watch_trades, "depth": exchange.watch_order_book}
        while not meter.done.done():
            answer: Any = await watch[kind](symbol)
            if kind == "trades":
                for trade in answer:
                    reader.look(trade["price"], trade["amount"], trade["timestamp"])
                answer = answer[-1]
            elif kind == "ticker":
                reader.look(answer["last"], answer["baseVolume"], answer["percentage"])
            else:
                reader.look(answer["bids"][:levels][0][0], answer["asks"][:levels][0][0], answer["timestamp"])
            reader.reach(answer["timestamp"] - NOW_MS)
    finally:
        await exchange.close()


PEERS = {"ccxt": ccxt}
