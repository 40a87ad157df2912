"""Print the best prices, the spread and how much lies within a tenth of a percent of the middle."""

from _common import arguments, run

from bt_api_py import BtApi

NEAR = 0.001  # as a fraction of the middle price


async def main(exchange: str, symbol: str, count: int) -> None:
    api = BtApi()
    shown = 0
    async for depth in api.stream_depth(exchange, symbol, levels=None):  # None: the whole book
        middle = depth.get_mid_price()
        near_bids = sum(quantity for price, quantity in depth.get_bids() if price > middle * (1 - NEAR))
        near_asks = sum(quantity for price, quantity in depth.get_asks() if price < middle * (1 + NEAR))
        print(
            f"{symbol}: {depth.get_bids()[0][0]:,.2f} / {depth.get_asks()[0][0]:,.2f}  "
            f"spread {depth.get_spread():.2f}  nearby {near_bids:.3f} bid, {near_asks:.3f} asked"
        )
        shown += 1
        if shown == count:
            break


if __name__ == "__main__":
    args = arguments(__doc__).parse_args()
    run(main(args.exchange, args.symbol, args.count), args.simulate)
