"""Rules that keep a run repeatable: the core asks no clock and no chance but the injected ones, and orders its sets.

The rules are read from the syntax tree, so they cost nothing at run time.
"""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "bt_api_py"
CORE = sorted(
    path
    for place in ("net", "book", "exchanges", "containers", "stores", "api.py", "operators.py")
    for path in ([PACKAGE / place] if place.endswith(".py") else (PACKAGE / place).rglob("*.py"))
)

# (file, what, where it stands): why it may stay.
ALLOWED = {
    ("operators.py", "loop.time", "__anext__"): "operators know a stream and no gateway",
}

CLOCKS = {
    "time": {"time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "sleep"},
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
    "asyncio": {"sleep"},
}
CHANCE = {"random", "secrets", "uuid"}
ORDER_KEPT = {
    "list",
    "tuple",
    "enumerate",
    "iter",
    "next",
    "zip",
    "map",
    "filter",
    "reversed",
    "deque",
    "gather",
    "end",
}


class Reader(ast.NodeVisitor):
    """Collects what breaks a rule in one file, as (what, function, line)."""

    def __init__(self, tree):
        self.found = []
        self._where = [""]
        self._sets = {name for node in ast.walk(tree) if (name := _set_name(node)) is not None}
        self.visit(tree)

    def _note(self, what, node):
        self.found.append((what, next((name for name in reversed(self._where) if name), ""), node.lineno))

    def visit_FunctionDef(self, node):
        self._where.append(node.name)
        self.generic_visit(node)
        self._where.pop()

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Import(self, node):
        for alias in node.names:
            if alias.name.split(".")[0] in CHANCE:
                self._note(f"import {alias.name}", node)

    def visit_ImportFrom(self, node):
        if (node.module or "").split(".")[0] in CHANCE and not node.level:
            self._note(f"import {node.module}", node)
        if node.module in CLOCKS and not node.level:
            for alias in node.names:
                if alias.name in CLOCKS[node.module]:
                    self._note(f"from {node.module} import {alias.name}", node)

    def visit_Call(self, node):
        function = node.func
        if isinstance(function, ast.Attribute):
            owner = _last(function.value)
            is_pause = node.args and isinstance(node.args[0], ast.Constant) and node.args[0].value == 0
            if function.attr in CLOCKS.get(owner, ()) and not (function.attr == "sleep" and is_pause):
                self._note(f"{owner}.{function.attr}", node)
            if function.attr == "time" and owner in ("loop", "get_running_loop", "_loop"):
                self._note("loop.time", node)
            if function.attr in ("call_later", "call_at"):
                self._note(f"loop.{function.attr}", node)
            if function.attr in ("extend", "join", "fromkeys", *ORDER_KEPT):
                self._check_arguments(node)
        elif isinstance(function, ast.Name) and function.id in ORDER_KEPT:
            self._check_arguments(node)
        self.generic_visit(node)

    def _check_arguments(self, node):
        for argument in node.args:
            value = argument.value if isinstance(argument, ast.Starred) else argument
            self._check_order(value)

    def visit_For(self, node):
        self._check_order(node.iter)
        self.generic_visit(node)

    visit_AsyncFor = visit_For

    def visit_ListComp(self, node):
        for part in node.generators:
            self._check_order(part.iter)
        self.generic_visit(node)

    # A set or a number made of a set has no order to lose; a dictionary, a list and a stream of values have.
    visit_DictComp = visit_ListComp

    def _check_order(self, node):
        if self._is_set(node):
            self._note("order of a set", node)

    def _is_set(self, node):
        if isinstance(node, (ast.Set, ast.SetComp)):
            return True
        if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.BitAnd, ast.BitOr, ast.Sub, ast.BitXor)):
            return self._is_set(node.left) or self._is_set(node.right)
        if isinstance(node, ast.Call):
            return isinstance(node.func, ast.Name) and node.func.id in ("set", "frozenset")
        return _last(node) in self._sets


def _last(node):
    """Return the last name of `a.b.c`, or of what is called."""
    if isinstance(node, ast.Call):
        node = node.func
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _set_name(node):
    """Return the name that is declared as a set, or given one."""
    if isinstance(node, ast.AnnAssign):
        if ast.unparse(node.annotation).split("[")[0] in ("set", "frozenset"):
            return _last(node.target)
    elif isinstance(node, ast.arg) and node.annotation is not None:
        if ast.unparse(node.annotation).split("[")[0] in ("set", "frozenset"):
            return node.arg
    elif isinstance(node, ast.Assign) and len(node.targets) == 1:
        value = node.value
        is_call = isinstance(value, ast.Call) and _last(value) in ("set", "frozenset")
        if isinstance(value, (ast.Set, ast.SetComp)) or is_call:
            return _last(node.targets[0])
    return None


def breaches(path):
    """Return what breaks a rule in a file, without what is allowed there."""
    name = path.relative_to(PACKAGE).as_posix()
    found = Reader(ast.parse(path.read_text())).found
    return [(what, where, line) for what, where, line in found if (name, what, where) not in ALLOWED]


@pytest.mark.parametrize("path", CORE, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_the_core_has_no_time_and_no_chance_of_its_own(path):
    """No file of the core reads a clock, draws a number or depends on the order of a set."""
    assert breaches(path) == []


def test_every_exception_is_needed():
    """What is allowed is there: an exception that nothing needs any more goes."""
    used = {
        (path.relative_to(PACKAGE).as_posix(), what, where)
        for path in CORE
        for what, where, _ in Reader(ast.parse(path.read_text())).found
    }
    assert set(ALLOWED) - used == set()


@pytest.mark.parametrize(
    "line",
    [
        "time.time()",
        "datetime.now(UTC)",
        "import random",
        "from time import monotonic",
        "await asyncio.sleep(1)",
        "asyncio.get_running_loop().time()",
        "loop.call_later(1, f)",
        "for x in {1, 2}: pass",
        "names = set()\n for x in names: pass",
        "[x for x in self.a & set(b)]",
        "names: set[str] = f()\n end(names)",
    ],
)
def test_a_breach_is_seen(line):
    """Each of these lines breaks a rule, and the check says so."""
    body = line.replace("\n ", "\n    ")
    assert Reader(ast.parse(f"async def f():\n    {body}")).found


@pytest.mark.parametrize(
    "line", ["for x in sorted(set(a)): pass", "await asyncio.sleep(0)", "await self.clock.sleep(1)"]
)
def test_what_is_in_order_is_left_alone(line):
    """Sorted sets, a turn of the loop and the injected clock are what the rules ask for."""
    assert Reader(ast.parse(f"async def f():\n    {line}")).found == []
