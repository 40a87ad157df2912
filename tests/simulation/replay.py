"""``python -m tests.simulation.replay SEED``: run one seed again and tell what happened, second by second."""

import argparse
import logging
import sys
from dataclasses import replace

from bt_api_py.simulator import run_virtual

from .gateway import Plan, Run, play, summary

_KNOWN = {"kind", "exchange", "topic", "symbol", "timestamp"}


def main():
    """Run the seed that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seed", type=int)
    parser.add_argument("--log", action="store_true", help="also the log of the package, at DEBUG")
    parser.add_argument("--exchange", help="this one only")
    parser.add_argument("--seconds", type=float, help="for so long, in place of what the seed says")
    given = parser.parse_args()
    plan = Plan.drawn(given.seed)
    if given.exchange:
        plan = replace(plan, exchanges=(given.exchange,))
    if given.seconds:
        plan = replace(plan, seconds=given.seconds)
    print(plan)
    runs = []

    async def work(sim):
        if given.log:
            logging.basicConfig(level=logging.DEBUG, format="%(message)s", stream=sys.stdout)
            logging.setLogRecordFactory(_timed(sim.clock))
        runs.append(Run(sim, plan))
        await play(sim, plan, runs[0])

    try:
        run_virtual(work, seed=plan.seed, exchanges=plan.exchanges, symbols=[*plan.symbols, plan.quiet], rate=plan.rate)
    finally:
        [run] = runs
        happened = [(at, f"fault    {exchange} {fault} {words}") for at, exchange, fault, words in run.mischief.done]
        for at, event in run.log:
            words = {key: value for key, value in event.as_dict().items() if value and key not in _KNOWN}
            happened.append((at, f"{event.kind:<12} {event.exchange} {event.topic} {event.symbol} {words}"))
        for at, text in sorted(happened):
            print(f"{at:9.3f} {text}")
        print(dict(summary(run)), f"{run.sim.clock.monotonic():.1f} s")


def _timed(clock):
    make = logging.LogRecord

    def record(*args, **kwargs):
        made = make(*args, **kwargs)
        made.msg = f"{clock.monotonic():9.3f} {made.msg}"
        return made

    return record


if __name__ == "__main__":
    main()
