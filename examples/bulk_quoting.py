"""Quote both sides of a BULK market on every ticker, from a handler that awaits its orders."""

import argparse
import asyncio
import os

from _common import run

from bt_api_py.clients.bulk import (
    BulkWebSocketClient,
    CancelAll,
    Fill,
    LimitOrder,
    Side,
    Ticker,
    TimeInForce,
    Topic,
    TransactionSigner,
)

SPREAD, SIZE = 0.002, 0.01


async def main(symbol: str, count: int, signer: TransactionSigner) -> None:
    enough = asyncio.Event()
    quoted = 0

    async def quote(ticker: Ticker) -> None:
        nonlocal quoted
        if ticker.mark_price is None:
            return
        orders: list[LimitOrder] = []
        for side, sign in ((Side.BUY, -1), (Side.SELL, 1)):
            price = round(ticker.mark_price * (1 + sign * SPREAD), 1)
            orders.append(LimitOrder(symbol, side, price, SIZE, time_in_force=TimeInForce.ALO))
        _, bid, ask = await client.place_orders([CancelAll([symbol]), *orders])
        quotes = f"{orders[0].price} {bid.status.value}, {orders[1].price} {ask.status.value}"
        print(f"quoted {quotes}; profit {client.get_pnl().net:+.2f}")
        quoted += 1
        if quoted >= count:
            enough.set()

    def filled(fill: Fill) -> None:
        print(f"filled {fill.side.name} {fill.size} at {fill.price}")

    async with BulkWebSocketClient(symbols=[symbol], signer=signer, handlers={Topic.FILL: filled}) as client:
        client.on(Topic.TICKER, quote)
        await enough.wait()
        await client.cancel_all([symbol])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("symbol", nargs="?", default="BTC-USD")
    parser.add_argument("--count", type=int, default=10, help="end after so many quotes, default: %(default)s")
    parser.add_argument("--simulate", action="store_true", help="use a simulator, no network, and a random key")
    args = parser.parse_args()
    own = TransactionSigner.generate_account() if args.simulate else TransactionSigner(os.environ["BT_API_BULK_SECRET"])
    run(main(args.symbol, args.count, own), args.simulate)
