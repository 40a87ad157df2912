"""Keep all prices of a Coinblockpro server for a while: the feed tells changes, REST what the feed has not told yet."""

import argparse
import asyncio
from contextlib import suppress

from bt_api_py.simulator.coinblockpro import CoinblockproServer
from bt_api_py.stores import FullTicker, SingleTicker


async def main(rest_url: str, ws_url: str, period: float, interval: float) -> None:
    full = FullTicker(rest_url, ws_url)  # the server tells all prices in one answer
    await full.monitor_markets(period)
    print(
        f"full: {len(full.ticker_data)} markets, {full.counts.asked} REST call, {full.counts.fed} changes by the feed"
    )

    single = SingleTicker(rest_url, ws_url, request_interval=interval)  # it tells one price in an answer
    await single.monitor_markets(period)
    print(f"single: {len(single.ticker_data)} markets, {single.counts.asked} REST calls")


async def simulated(period: float) -> None:
    async with CoinblockproServer(rest_port=0, ws_port=0, rate=20) as server:
        await main(server.rest_url, server.ws_url, period, interval=0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rest-url", default="http://127.0.0.1:8000", help="default: %(default)s")
    parser.add_argument("--ws-url", default="ws://127.0.0.1:8001/ticker_feed", help="default: %(default)s")
    parser.add_argument("--period", type=float, default=10, help="seconds for each of the two, default: %(default)s")
    parser.add_argument("--simulate", action="store_true", help="use a simulated server, started here")
    args = parser.parse_args()
    work = simulated(args.period) if args.simulate else main(args.rest_url, args.ws_url, args.period, interval=0.5)
    with suppress(KeyboardInterrupt):
        asyncio.run(work)
