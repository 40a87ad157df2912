"""``python -m tests.simulation.fault_table``: try every fault on every exchange and write what happens to a page."""

import asyncio
from pathlib import Path

from bt_api_py.exchanges import EXCHANGES
from bt_api_py.simulator import Scenario, run_virtual
from bt_api_py.simulator.dialects.base import Dialect

from .gateway import Plan, Run, check_nothing_left, settings_of
from .judge import on
from .mischief import shows_lost_updates, trades_have_ids

PAGE = Path(__file__).parents[2] / "docs" / "guide" / "faults.md"
SYMBOL = "SIM001USDT"


def lasting(fault, until, /, *also, **arguments):
    """Return the steps of a fault that is switched off again."""
    off = {"stall": {"on": False}, "slow": {"delay": 0}, "age_limit": {"seconds": None}}.get(fault, {"on": False})
    same = {name: value for name, value in arguments.items() if name in ("topic", "symbol")}
    return [(0, fault, arguments), *also, (until, fault, {**same, **off})]


CUT = (0.1, "disconnect", {})
FAULTS = [
    ("`disconnect`", "the line is cut without a word, code 1006", [(0, "disconnect", {})]),
    ("`disconnect(code=1001)`", "the venue goes away in good order", [(0, "disconnect", {"code": 1001})]),
    ("`disconnect(code=1008)`", "the venue saw its rules broken", [(0, "disconnect", {"code": 1008})]),
    ("`freeze`", "a router forgets the connection: nothing passes, nothing ends", [(0, "freeze", {})]),
    ("`refuse`", "the line is cut, and new sockets are reset for 3 s", lasting("refuse", 3, CUT)),
    ("`refuse(status=503)`", "the same with an HTTP status", lasting("refuse", 3, CUT, status=503)),
    ("`hang`", "the line is cut, and nothing answers for 4 s", lasting("hang", 4, CUT)),
    ("`maintenance`", "an end in 10 s is announced, where the venue does that", [(0, "maintenance", {"seconds": 10})]),
    ("`age_limit`", "sockets end when they are 12 s old", lasting("age_limit", 15, seconds=12)),
    ("`slow`", "every message comes 1 s late", lasting("slow", 6, delay=1)),
    ("`stall`", "no data for 8 s; pings are answered", lasting("stall", 8)),
    ("`stall(topic=\"trades\")`", "no trades for 8 s; all else goes on", lasting("stall", 8, topic="trades")),
    ("`skip`", "three messages of each kind are lost", [
        (0, "skip", {"topic": topic, "count": 3}) for topic in ("trades", "depth", "klines", "ticker")]),
    ("`duplicate`", "three messages of each kind come twice", [
        (0, "duplicate", {"topic": topic, "count": 3}) for topic in ("trades", "depth", "klines", "ticker")]),
    ("`reorder`", "two messages of each kind change places", [
        (0, "reorder", {"topic": topic, "count": 1}) for topic in ("trades", "depth", "klines", "ticker")]),
    ("`truncate`", "three messages of each kind are cut in half", [
        (0, "truncate", {"topic": topic, "count": 3}) for topic in ("trades", "depth", "klines", "ticker")]),
    *(
        (f"`garbage(kind=\"{kind}\")`", words, [(0, "garbage", {"kind": kind, "count": 3, "symbol": SYMBOL})])
        for kind, words in (
            ("json", "rubbish between the messages: JSON that breaks off"),
            ("text", "a page of HTML"),
            ("types", "objects in place of numbers"),
            ("nan", "NaN in place of numbers"),
            ("binary", "bytes that are no message"),
        )
    ),
    ("`wrong_checksum`", "a checksum that does not fit, where there is one", [(0, "wrong_checksum", {"count": 1})]),
    ("`sequence_reset`", "the book's numbers begin again, where they may", [(0, "sequence_reset", {"symbol": SYMBOL})]),
    ("`http_status(500)`", "the line is cut, and REST fails five times", [
        (0, "http_status", {"status": 500, "count": 5}), CUT]),
    ("`http_status(429)`", "the line is cut, and REST asks to wait 3 s, twice", [
        (0, "http_status", {"status": 429, "count": 2, "retry_after": 3}), CUT]),
]  # fmt: skip

_HEAD = """# Faults, and what a reader sees

What can go wrong at a venue or on the way, tried on every exchange with the simulator, and what came of it. The table
is written by `python -m tests.simulation.fault_table` from what happened in the runs, and a test holds it to that; in
each of the runs every trade was delivered once and in order, every book was the venue's own at its number, every closed
candle was exact, and no limit of the venue was broken.

`stale_after` is 4 s here, `ping_interval` 4 s and `ping_timeout` 2 s.

* *connection replaced* after a loss, or *rotated*: a new socket joined before the old one went.
* *trades fetched*: a gap was declared, and filled by REST; *missing*: it stays; *loss declared*: nobody knows whether
  any trade was in it, since they bear no numbers. *Doubles left out*: what came twice was delivered once.
* *book anew*: nothing was handed out until a fresh state had come.
* *candles fetched*: bars that closed unseen came by REST.
* *stall told*: a `stale` event said that nothing came although the venue moved on.
* *cannot be seen*: the venue numbers neither its trades nor anything else that would show it.
* *nothing*: apart from a counter, such as `stats.rejected`, a reader sees nothing of it.

"""

_TAIL = """
## What no table can show

A number that is wrong and well-formed (`corrupt`) is handed out as the venue sent it, unless it crosses the book or the
venue sends a checksum; the protocols of these exchanges have nothing else to tell it by. TLS keeps others from changing
what a venue sends.

A refused market (`reject_subscribe`) ends its stream with `SubscribeError` or `InvalidSymbolError`, at once; the others
go on. Sockets that stay refused end their streams with `WebSocketError` after `max_reconnect` attempts.
"""


def page():
    """Return the text of the page, from runs of every fault on every exchange."""
    names = sorted(name for name in EXCHANGES if {"trades", "depth", "klines"} <= set(EXCHANGES[name].kinds))
    lines = [f"| fault | what happens | {' | '.join(names)} |", f"|---|---|{'---|' * len(names)}"]
    for number, (fault, words, steps) in enumerate(FAULTS):
        cells = [outcome(name, steps, number) for name in names]
        lines.append(f"| {fault} | {words} | {' | '.join(cells)} |")
    return _HEAD + "\n".join(lines) + "\n" + _TAIL


def outcome(exchange, steps, seed):
    """Return what a reader sees of a fault on one exchange; everything received is held to the truth."""
    resets = run_virtual(_resets, exchanges=[exchange], symbols=[SYMBOL])
    known = [step for step in steps if resets or step[1] != "sequence_reset"]
    if not known:
        return "does not happen"
    known = [step for step in known if shows(exchange, step)]
    if not known:
        return "cannot be seen"
    plan = Plan(seed, (exchange,), symbols=(SYMBOL,), rate=60.0)
    scenario = Scenario([_on(exchange, step) for step in known])
    return run_virtual(
        lambda sim: _tried(sim, plan, scenario),
        seed=seed,
        exchanges=[exchange],
        symbols=[SYMBOL, plan.quiet],
        rate=plan.rate,
        limit=600,
    )


def _on(exchange, step):
    """Return a step with the market as the exchange has it."""
    at, fault, arguments = step
    return at, fault, arguments | ({"symbol": on(exchange, SYMBOL)} if "symbol" in arguments else {})


def shows(exchange, step):
    """Tell whether anything in the venue's protocol can show a fault."""
    _, fault, arguments = step
    topic = arguments.get("topic")
    if fault not in ("skip", "duplicate", "reorder", "stall"):
        return True
    if topic in ("trades", None) and not trades_have_ids(exchange):
        return False
    return fault == "duplicate" or topic != "depth" or shows_lost_updates(exchange)


async def _resets(sim):
    dialect = sim.world.find(sim.exchanges[0])
    return type(dialect).reset_sequence is not Dialect.reset_sequence


async def _tried(sim, plan, scenario):
    run = Run(sim, plan)
    others = asyncio.all_tasks()
    async with sim.api(**settings_of(plan)) as api:
        run.open(api)
        # Where bars last a minute, the fault comes just before one ends.
        await asyncio.sleep(5 if "1s" in EXCHANGES[plan.exchanges[0]].intervals else 55)
        await sim.play(scenario)
        await asyncio.sleep(20)
        await run.settle()
        await run.close()
        run.check()
    await check_nothing_left(sim, others)
    assert not sim.stats[sim.exchanges[0]].breaches
    return _told(run)


def _told(run):
    [trades] = [record for record in run.records if record.kind == "trades"]
    [book] = [record for record in run.records if record.kind == "depth"]
    bars = next(record for record in run.records if record.kind.startswith("klines"))  # the shortest first
    kinds = {event.kind for record in run.records for event in record.events}
    told = [_of_connection(kinds), _of_trades(trades)]
    if any(event.kind == "resynced" for event in book.events):
        told.append("book anew")
    if any(event.kind == "backfilled" for event in bars.events):
        told.append("candles fetched")
    if "stale" in kinds:
        told.append("stall told")
    return ", ".join(word for word in told if word) or "nothing"


def _of_connection(kinds):
    return "connection replaced" if "disconnected" in kinds else "connection rotated" if "rotated" in kinds else ""


def _of_trades(record):
    kinds = [event.kind for event in record.events]
    if "gap" in kinds:
        if record.missing:
            return "trades missing"
        return "trades fetched" if "backfilled" in kinds else "loss declared"
    return "doubles left out" if record.stream.stats.duplicates else ""


if __name__ == "__main__":
    PAGE.write_text(page())
