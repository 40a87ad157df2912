"""Print only what matters: trades of at least a given value."""

from _common import arguments, run

from bt_api_py import BtApi


async def main(exchange: str, symbol: str, count: int, least: float) -> None:
    api = BtApi()
    seen = shown = 0
    async for trade in api.stream_trades(exchange, symbol):
        seen += 1
        value = trade.get_price() * trade.get_quantity()
        if value < least:
            continue
        print(f"{trade.get_side():>4} {value:,.0f} at {trade.get_price():,.2f}, one of {seen} trades")
        shown += 1
        if shown == count:
            break


if __name__ == "__main__":
    parser = arguments(__doc__, count=3)
    parser.add_argument("--least", type=float, default=1000, help="value in the quote asset, default: %(default)s")
    args = parser.parse_args()
    run(main(args.exchange, args.symbol, args.count, args.least), args.simulate)
