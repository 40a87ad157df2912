"""Quote both sides of a Vega market, from NODE_URL, WS_URL, WALLET_URL, WALLET_TOKEN, PARTY_ID and MARKET_ID.

Ctrl-C takes the quotes out of the book and ends. No public node is left: name your own, or use --simulate.
"""

import argparse
import asyncio
import os
from contextlib import suppress

from bt_api_py.clients.vega import QuotingBot, VegaApiClient, VegaStore, VegaWallet
from bt_api_py.simulator import Simulator

EXCHANGE = "VEGA___FUTURE"
NEEDED = ("NODE_URL", "WS_URL", "WALLET_URL", "WALLET_TOKEN", "PARTY_ID", "MARKET_ID")


async def quote(args: argparse.Namespace, party: str, market: str, token: str) -> None:
    async with VegaStore(args.ws_url, args.node_url) as store, VegaWallet(token, args.wallet_url, party) as wallet:
        await store.async_start(market, party)
        await store.wait_ready(30)
        bot = QuotingBot(store, wallet, market, max_abs_position=args.most, size=args.size, report=print)
        await bot.run(args.count)


async def simulated(args: argparse.Namespace) -> None:
    async with Simulator(exchanges=[EXCHANGE]) as simulator:
        account = simulator.account(EXCHANGE, balances={"USDT": 1_000_000})
        args.node_url = args.wallet_url = f"{simulator.url}/{EXCHANGE}"
        args.ws_url = args.node_url.replace("http", "ws")
        async with VegaApiClient(args.node_url) as api:
            market = next(each for each in await api.get_markets() if each.code == "BTC/USDT")
        await quote(args, account.api_key, market.market_id, "simulated")


async def named(args: argparse.Namespace) -> None:
    env = os.environ
    args.node_url, args.ws_url, args.wallet_url = env["NODE_URL"], env["WS_URL"], env["WALLET_URL"]
    await quote(args, env["PARTY_ID"], env["MARKET_ID"], env["WALLET_TOKEN"])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", default="1", help="the position stays between this and its negative, default: 1")
    parser.add_argument("--size", default="1", help="of an order, default: 1")
    parser.add_argument("--count", type=int, help="end after so many seconds")
    parser.add_argument("--simulate", action="store_true", help="use a simulator, no network")
    args = parser.parse_args()
    missing = [name for name in NEEDED if not os.environ.get(name)]
    if missing and not args.simulate:
        parser.error(f"set {', '.join(missing)}, or use --simulate")
    with suppress(KeyboardInterrupt):
        asyncio.run(simulated(args) if args.simulate else named(args))
