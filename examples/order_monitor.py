"""Follow one's own orders; keys come from BT_API_<VENUE>_API_KEY and _SECRET, any will do with --simulate."""

from _common import arguments, run

from bt_api_py import BtApi


async def main(exchange: str, count: int, keys: dict[str, str]) -> None:
    api = BtApi({exchange: keys})
    shown = 0
    async for order in api.stream_orders(exchange):
        status, symbol, side = order.get_status(), order.get_symbol(), order.get_side()
        if status == "filled":
            print(f"filled    {side} {order.get_filled_quantity():.6f} {symbol} at {order.get_avg_price():.2f}")
        elif status == "partial":
            print(f"partial   {symbol} {order.get_filled_quantity():.6f} of {order.get_quantity():.6f}")
        else:
            print(f"{status:<9} {symbol} {order.get_order_id()} ({order.get_origin()})")
        shown += 1
        if shown == count:
            break


if __name__ == "__main__":
    args = arguments(__doc__).parse_args()
    made_up = {"api_key": "key", "secret": "secret", "passphrase": "phrase"} if args.simulate else {}
    run(main(args.exchange, args.count, made_up), args.simulate)
