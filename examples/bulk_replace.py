"""Replace an order on BULK: the cancellation and the new order are one transaction, so nothing comes between them."""

import argparse
import os

from _common import run

from bt_api_py.clients.bulk import BulkHttpClient, BulkWebSocketClient, CancelOrder, LimitOrder, Side, TransactionSigner


async def main(symbol: str, signer: TransactionSigner) -> None:
    async with BulkHttpClient(signer=signer) as http:
        best = (await http.l2book(symbol, nlevels=1)).bids[0].price
    async with BulkWebSocketClient(symbols=[], signer=signer) as client:
        first = LimitOrder(symbol, Side.BUY, round(best * 0.9, 1), 0.01)
        [placed] = await client.place_orders([first])
        print(f"first: {placed.status.value} {placed.order_id}")
        better = LimitOrder(symbol, Side.BUY, round(best * 0.91, 1), 0.01)
        cancelled, placed = await client.place_orders([CancelOrder(symbol, first.order_id()), better])
        print(f"replaced: {cancelled.status.value}, then {placed.status.value} {placed.order_id}")
        ended = await client.cancel_order(Side.BUY, symbol, better.order_id())
        print(f"end: {ended.status.value}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("symbol", nargs="?", default="BTC-USD")
    parser.add_argument("--simulate", action="store_true", help="use a simulator, no network, and a random key")
    args = parser.parse_args()
    own = TransactionSigner.generate_account() if args.simulate else TransactionSigner(os.environ["BT_API_BULK_SECRET"])
    run(main(args.symbol, own), args.simulate)
