"""Follow one's own balances; keys come from BT_API_<VENUE>_API_KEY and _SECRET, any will do with --simulate."""

from _common import arguments, run

from bt_api_py import BtApi


async def main(exchange: str, count: int, keys: dict[str, str]) -> None:
    api = BtApi({exchange: keys})
    shown = 0
    async for balance in api.stream_balances(exchange):
        free, locked = balance.get_free_balance(), balance.get_locked_balance()
        total = balance.get_total_balance()
        print(f"{balance.get_asset():<6} free {free:.6f}  locked {locked:.6f}  total {total:.6f}")
        shown += 1
        if shown == count:
            break


if __name__ == "__main__":
    args = arguments(__doc__).parse_args()
    made_up = {"api_key": "key", "secret": "secret", "passphrase": "phrase"} if args.simulate else {}
    run(main(args.exchange, args.count, made_up), args.simulate)
