"""Enter a ladder of bids on BULK as one transaction, then cancel all; the key comes from BT_API_BULK_SECRET."""

import argparse
import asyncio
import os

from _common import run

from bt_api_py.clients.bulk import BulkWebSocketClient, L2Snapshot, LimitOrder, Side, Topic, TransactionSigner


async def main(symbol: str, steps: int, signer: TransactionSigner) -> None:
    books: asyncio.Queue[L2Snapshot] = asyncio.Queue()
    async with BulkWebSocketClient(symbols=[], signer=signer, handlers={Topic.L2SNAPSHOT: books.put_nowait}) as client:
        await client.subscribe_orderbook_snapshot(symbol, nlevels=1)
        best = (await books.get()).bids[0].price
        prices = [round(best * (1 - step / 1000), 1) for step in range(1, steps + 1)]
        ladder = [LimitOrder(symbol, Side.BUY, price, 0.01) for price in prices]
        for order, response in zip(ladder, await client.place_orders(ladder), strict=True):
            print(f"{response.status.value} {order.size} at {order.price} as {response.order_id}")
        cancelled = await client.cancel_all([symbol])
        print(f"cancel all: {cancelled.status.value}, {len(cancelled.meta)} orders")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("symbol", nargs="?", default="BTC-USD")
    parser.add_argument("--steps", type=int, default=5, help="default: %(default)s")
    parser.add_argument("--simulate", action="store_true", help="use a simulator, no network, and a random key")
    args = parser.parse_args()
    own = TransactionSigner.generate_account() if args.simulate else TransactionSigner(os.environ["BT_API_BULK_SECRET"])
    run(main(args.symbol, args.steps, own), args.simulate)
