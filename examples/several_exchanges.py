"""Follow one market on several exchanges; an error of one does not disturb the others."""

import asyncio

from _common import arguments, run

from bt_api_py import BtApi, BtApiError


async def follow(api: BtApi, exchange: str, symbol: str, count: int) -> None:
    try:
        async with api.stream_ticker(exchange, symbol) as tickers:
            for _ in range(count):
                ticker = await anext(tickers)
                print(f"{exchange:<16} {symbol}: {ticker.get_last_price():,.2f}")
    except BtApiError as error:
        print(f"{exchange:<16} error: {error}")


async def main(exchanges: list[str], symbol: str, count: int) -> None:
    async with BtApi() as api:
        await asyncio.gather(*(follow(api, exchange, symbol, count) for exchange in exchanges))


if __name__ == "__main__":
    args = arguments(__doc__, several=True, count=3).parse_args()
    run(main(args.exchanges, args.symbol, args.count), args.simulate)
