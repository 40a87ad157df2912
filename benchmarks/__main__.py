"""``python -m benchmarks [ROUNDS] [FILE]``: CPU per message against the hand-written loop, as JSON in FILE."""

import json
import sys
from pathlib import Path

from .run import FLOODS, PACED, compare, machine

rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
results = []
print(f"{'case':34} {'loop, us':>9} {'ours, us':>9} {'ratio':>6}  least to most of {rounds}")
for case in (*FLOODS, *PACED):
    results.append(found := compare(case, rounds, *(["times"] if case.rate is not None else [])))
    cpu = found["cpu_us"]
    spread = f"{cpu['least']:.2f} to {cpu['most']:.2f}"
    if "latency_us" in found:
        spread += f", p99 of latency {found['latency_us']['p99_ratio']:.2f}"
    print(f"{case.label:34} {cpu['reference']:9.2f} {cpu['subject']:9.2f} {cpu['ratio']:6.2f}  {spread}", flush=True)
if len(sys.argv) > 2:
    Path(sys.argv[2]).write_text(json.dumps({"machine": machine(), "results": results}, indent=1))
