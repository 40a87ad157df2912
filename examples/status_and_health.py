"""See what happens behind a stream: events in their place, counters, and the state of all connections."""

import asyncio
import json

from _common import arguments, run

from bt_api_py import BtApi, StreamEvent
from bt_api_py.simulator import Simulator


async def main(exchange: str, symbol: str, count: int) -> None:
    async with BtApi() as api, api.stream_trades(exchange, symbol, events=True) as trades:
        shown = 0
        async for item in trades:
            if isinstance(item, StreamEvent):
                print(f"event {item.kind}: {json.dumps(item.as_dict())}")
                continue
            print(f"trade {item.get_trade_id()} {item.get_origin()}")
            shown += 1
            if shown == count:
                break
        stats = trades.stats
        print(f"stats delivered {stats.delivered} backfilled {stats.backfilled} missing {stats.missing}")
        print(f"health {json.dumps(api.health())}")


def cut(simulator: Simulator) -> None:
    """Cut the connection and keep it closed for a moment; the trades of the hole are fetched and put in place."""
    loop = asyncio.get_running_loop()
    if simulator.truth.sent(args.exchange) < 5:  # nothing has come yet that a hole could follow
        loop.call_later(0.1, cut, simulator)
        return
    simulator.faults.refuse(args.exchange)
    simulator.faults.disconnect(args.exchange)
    loop.call_later(2.0, simulator.faults.refuse, args.exchange, False)


if __name__ == "__main__":
    args = arguments(__doc__, count=30).parse_args()
    run(main(args.exchange, args.symbol, args.count), args.simulate, cut)
