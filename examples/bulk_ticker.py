"""Print tickers of BULK by a handler; no key is needed."""

import argparse
import asyncio

from _common import run

from bt_api_py.clients.bulk import BulkWebSocketClient, Ticker, Topic


async def main(symbols: list[str], count: int) -> None:
    enough = asyncio.Event()
    shown = 0

    def show(ticker: Ticker) -> None:
        nonlocal shown
        shown += 1
        if shown <= count:
            print(f"{ticker.symbol}: last {ticker.last_price:,.2f}  mark {ticker.mark_price:,.2f}")
        if shown == count:
            enough.set()

    client = BulkWebSocketClient(symbols=symbols, handlers={Topic.TICKER: show})
    if not await client.connect():
        raise SystemExit("no connection; the log says why")
    await enough.wait()
    await client.disconnect()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("symbols", nargs="*", default=["BTC-USD", "ETH-USD"])
    parser.add_argument("--count", type=int, default=10, help="end after so many lines, default: %(default)s")
    parser.add_argument("--simulate", action="store_true", help="use a simulator, no network")
    args = parser.parse_args()
    run(main(args.symbols, args.count), args.simulate)
