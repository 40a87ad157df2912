"""Take trades in batches, as a database wants them: so many at once, or what came within a second."""

from _common import arguments, run

from bt_api_py import BtApi
from bt_api_py.operators import batch


async def main(exchange: str, symbol: str, count: int, size: int) -> None:
    api = BtApi()
    shown = 0
    async for trades in batch(api.stream_trades(exchange, symbol), size, timeout=1.0):
        quantity = sum(trade.get_quantity() for trade in trades)
        first, last = trades[0].get_trade_id(), trades[-1].get_trade_id()
        print(f"{len(trades)} trades, {quantity:.6f} in all, ids {first} to {last}")
        shown += 1
        if shown == count:
            break


if __name__ == "__main__":
    parser = arguments(__doc__, count=3)
    parser.add_argument("--size", type=int, default=5, help="trades in a batch at most, default: %(default)s")
    args = parser.parse_args()
    run(main(args.exchange, args.symbol, args.count, args.size), args.simulate)
