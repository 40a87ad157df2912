"""Keep an order book and read it when it suits you; nothing is copied for changes that nobody looks at."""

from _common import arguments, run

from bt_api_py import BtApi


async def main(exchange: str, symbol: str, count: int) -> None:
    async with BtApi() as api, api.order_book(exchange, symbol) as book:
        await book.wait_live(timeout=30)
        shown = 0
        async for _ in book:  # after every change; a slow reader gets the present book
            if not book.is_live:
                print(f"{symbol}: not to be trusted now ({book.state})")
                continue
            bid, ask = book.best_bid(), book.best_ask()
            if bid is None or ask is None:
                continue
            nearby = sum(quantity for _, quantity in book.levels("bids", 5))
            print(f"{symbol}: {bid[0]:,.2f} / {ask[0]:,.2f}  spread {book.spread:.2f}  best five bids {nearby:.4f}")
            shown += 1
            if shown == count:
                break


if __name__ == "__main__":
    args = arguments(__doc__).parse_args()
    run(main(args.exchange, args.symbol, args.count), args.simulate)
