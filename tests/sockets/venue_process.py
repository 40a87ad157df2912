"""Run one simulated venue in a process of its own, so that a test can weigh the client alone.

Arguments: exchange, speed of the clock. Prints the settings that lead here and the markets, then one line of counters
for each line read; ends with its input.
"""

import asyncio
import json
import sys

from bt_api_py.simulator import Simulator
from tests.sockets.fast_clock import FastClock


async def main(exchange, speed):
    loop = asyncio.get_running_loop()
    async with Simulator(exchanges=[exchange], clock=FastClock(speed)) as sim:
        stats = sim.stats[exchange]
        print(json.dumps([sim.exchange_kwargs(), sim.truth.symbols(exchange)]), flush=True)
        while await loop.run_in_executor(None, sys.stdin.readline):
            print(json.dumps([stats.subscribes, stats.breaches]), flush=True)


asyncio.run(main(sys.argv[1], float(sys.argv[2])))
