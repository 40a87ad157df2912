"""Print last price, volume and change of one market as they arrive."""

from _common import arguments, run

from bt_api_py import BtApi


async def main(exchange: str, symbol: str, count: int) -> None:
    api = BtApi()
    shown = 0
    async for ticker in api.stream_ticker(exchange, symbol):
        price, volume, change = ticker.get_last_price(), ticker.get_volume(), ticker.get_price_change()
        print(f"{ticker.get_symbol()}: {price:,.2f}  volume {volume:,.0f}  ({change:+.2f}%)")
        shown += 1
        if shown == count:
            break


if __name__ == "__main__":
    args = arguments(__doc__).parse_args()
    run(main(args.exchange, args.symbol, args.count), args.simulate)
