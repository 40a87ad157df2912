"""Keep the state of an account; keys come from BT_API_<VENUE>_API_KEY and _SECRET, any will do with --simulate."""

from _common import arguments, run

from bt_api_py import BtApi


async def main(exchange: str, count: int, keys: dict[str, str]) -> None:
    async with BtApi({exchange: keys}) as api, api.account(exchange) as account:
        await account.wait_live(timeout=30)
        for asset, balance in sorted(account.balances.items()):
            print(f"{asset:<6} free {balance.get_free_balance():.6f}  locked {balance.get_locked_balance():.6f}")
        shown = 0
        async for change in account:  # the present state first, then orders, fills, balances as they change
            print(f"{type(change).__name__:<12} {change.get_symbol():<9} {len(account.open_orders)} orders open")
            shown += 1
            if shown == count:
                break


if __name__ == "__main__":
    args = arguments(__doc__).parse_args()
    made_up = {"api_key": "key", "secret": "secret", "passphrase": "phrase"} if args.simulate else {}
    run(main(args.exchange, args.count, made_up), args.simulate)
