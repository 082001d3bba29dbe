"""The core decides and does nothing else: no clock, chance, loop, log or file."""

import ast
from pathlib import Path

import pytest

CORE = Path(__file__).parents[2] / "cc110" / "core"
FILES = sorted(CORE.glob("*.py"))

ALLOWED = {
    "collections",
    "collections.abc",
    "dataclasses",
    "datetime",
    "enum",
    "functools",
    "heapq",
    "ipaddress",
    "itertools",
    "math",
    "re",
    "typing",
}
"""All that may be imported, beside the core itself."""

FORBIDDEN_CALLS = {"open", "print", "input", "exec", "eval", "__import__"}
FORBIDDEN_METHODS = {"now", "utcnow", "today"}


def faults(source: str) -> list[str]:
    """What in a module's source is not pure, by line."""
    return [
        f"line {getattr(node, 'lineno', 0)}: {fault}"
        for node in ast.walk(ast.parse(source))
        if (fault := _fault(node))
    ]


def _fault(node: ast.AST) -> str | None:
    match node:
        case ast.Import(names=names):
            bad = [alias.name for alias in names if not _may_import(alias.name)]
            return f"imports {', '.join(bad)}" if bad else None
        case ast.ImportFrom(module=module, level=level):
            return None if level == 0 and _may_import(module or "") else f"imports from {module}"
        case ast.AsyncFunctionDef() | ast.Await() | ast.AsyncFor() | ast.AsyncWith():
            return "is asynchronous"
        case ast.Global() | ast.Nonlocal():
            return "changes a name outside"
        case ast.Call(func=ast.Name(id=name)) if name in FORBIDDEN_CALLS:
            return f"calls {name}()"
        case ast.Call(func=ast.Attribute(attr=name)) if name in FORBIDDEN_METHODS:
            return f"asks the clock: {name}()"
        case _:
            return None


def _may_import(module: str) -> bool:
    return module in ALLOWED or module.startswith("cc110.core.") or module == "cc110.core"


def test_there_is_a_core_to_look_at() -> None:
    """A renamed folder would otherwise pass."""
    assert len(FILES) > 20


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_module_of_the_core_is_pure(path: Path) -> None:
    """Only values, the core itself, and no call to the world."""
    assert [] == faults(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "source",
    [
        "import asyncio",
        "import os.path",
        "from time import time",
        "from cc110 import ports",
        "from cc110.ports import Clock",
        "from . import call",
        "from random import random",
        "import logging as log",
        "async def f(): ...",
        "from datetime import datetime\nx = datetime.now()",
        "x = open('file')",
        "def f():\n    global x\n    x = 1",
    ],
)
def test_what_is_not_pure_is_found(source: str) -> None:
    """The look itself is looked at."""
    assert 1 == len(faults(source))
