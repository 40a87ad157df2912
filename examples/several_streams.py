"""Follow the ticker and the order book of one market at the same time, with one BtApi."""

import asyncio

from _common import arguments, run

from bt_api_py import BtApi


async def prices(api: BtApi, exchange: str, symbol: str, count: int) -> None:
    async with api.stream_ticker(exchange, symbol) as tickers:
        for _ in range(count):
            ticker = await anext(tickers)
            print(f"ticker {symbol}: {ticker.get_last_price():,.2f}")


async def books(api: BtApi, exchange: str, symbol: str, count: int) -> None:
    async with api.stream_depth(exchange, symbol) as depths:
        for _ in range(count):
            depth = await anext(depths)
            bid, ask = depth.get_best_bid(), depth.get_best_ask()
            print(f"depth  {symbol}: bid {bid}  ask {ask}")


async def main(exchange: str, symbol: str, count: int) -> None:
    async with BtApi() as api:
        await asyncio.gather(prices(api, exchange, symbol, count), books(api, exchange, symbol, count))


if __name__ == "__main__":
    args = arguments(__doc__, count=5).parse_args()
    run(main(args.exchange, args.symbol, args.count), args.simulate)
