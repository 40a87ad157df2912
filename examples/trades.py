"""Print each trade with the side of the taker, and the balance of bought and sold."""

from _common import arguments, run

from bt_api_py import BtApi


async def main(exchange: str, symbol: str, count: int) -> None:
    api = BtApi()
    traded = {"buy": 0.0, "sell": 0.0}
    shown = 0
    async for trade in api.stream_trades(exchange, symbol):
        side, price, quantity = trade.get_side(), trade.get_price(), trade.get_quantity()
        traded[side] += quantity
        balance = traded["buy"] - traded["sell"]
        print(f"{trade.get_trade_id()} {side:>4} {quantity:.6f} at {price:,.2f}  balance {balance:+.6f}")
        shown += 1
        if shown == count:
            break


if __name__ == "__main__":
    args = arguments(__doc__).parse_args()
    run(main(args.exchange, args.symbol, args.count), args.simulate)
