"""Compare each price with the mean of the last ones, and say when it leaves a band around it."""

from collections import deque
from statistics import fmean

from _common import arguments, run

from bt_api_py import BtApi


async def main(exchange: str, symbol: str, count: int, window: int, band: float) -> None:
    api = BtApi()
    prices: deque[float] = deque(maxlen=window)
    shown = 0
    async for ticker in api.stream_ticker(exchange, symbol):
        price = ticker.get_last_price()
        prices.append(price)
        if len(prices) < window:
            continue
        mean = fmean(prices)
        signal = "above" if price > mean * (1 + band) else "below" if price < mean * (1 - band) else "inside"
        print(f"{symbol}: {price:,.2f}  mean of {window}: {mean:,.2f}  {signal}")
        shown += 1
        if shown == count:
            break


if __name__ == "__main__":
    parser = arguments(__doc__, count=5)
    parser.add_argument("--window", type=int, default=5, help="prices in the mean, default: %(default)s")
    parser.add_argument("--band", type=float, default=0.00002, help="fraction of the mean, default: %(default)s")
    args = parser.parse_args()
    run(main(args.exchange, args.symbol, args.count, args.window, args.band), args.simulate)
