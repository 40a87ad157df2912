"""Hold the tickers of a whole market: complete at once, kept up to date, and honest about what is stale."""

from _common import arguments, run

from bt_api_py import BtApi


async def main(exchange: str, symbol: str, count: int) -> None:
    async with BtApi() as api, api.ticker_map(exchange) as market:
        await market.wait_complete()
        stats = market.stats
        print(f"{len(market)} markets after {stats.rest_requests} REST calls")
        busiest = sorted(market.values(), key=lambda ticker: -ticker.get_volume() * ticker.get_last_price())
        for ticker in busiest[:count]:
            print(f"{ticker.get_symbol():<12} {ticker.get_last_price():>14,.4f} ({ticker.get_price_change():+.2f}%)")
        entry = market.entry(symbol)
        if entry is not None:
            print(f"{symbol}: {entry.value.get_last_price():,.2f} by {entry.source}, stale: {entry.stale}")
        async for name, ticker in market:
            print(f"changed: {name} {ticker.get_last_price()}")
            count -= 1
            if count <= 0:
                break


if __name__ == "__main__":
    args = arguments(__doc__, count=5).parse_args()
    run(main(args.exchange, args.symbol, args.count), args.simulate)
