"""Use the gateway without asyncio: plain calls, plain loops, and a book that is kept in the background."""

from _common import arguments
from _plain import run

from bt_api_py.sync import BtApi


def main(exchange: str, symbol: str, count: int) -> None:
    with BtApi() as api:
        print(f"{symbol} now: {api.get_tick(exchange, symbol).get_last_price():,.2f}")
        with api.order_book(exchange, symbol) as book:
            book.wait_live(timeout=30)
            print(f"spread {book.spread:.2f}, best bid {book.best_bid()}")
        for shown, trade in enumerate(api.stream_trades(exchange, symbol), start=1):
            print(f"{trade.get_side():<4} {trade.get_quantity():.6f} at {trade.get_price():,.2f}")
            if shown == count:
                break


if __name__ == "__main__":
    args = arguments(__doc__).parse_args()
    run(lambda: main(args.exchange, args.symbol, args.count), args.simulate)
