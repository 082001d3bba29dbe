"""Which applications, functions and options Asterisk knows, and which of its modules has them.

The lists beside this file are read from Asterisk 22.10's own documentation; its running PBX says the same.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

BUILT_IN: Final = "builtin"
"""What is there whatever is loaded."""
_HERE: Final = Path(__file__).parent
_SPOKEN_OF: Final = re.compile(r"([\w-]+): (.*)")


@cache
def applications() -> Mapping[str, tuple[str, str]]:
    """By name in small letters: as Asterisk writes it, and its module."""
    return {
        name.lower(): (name, module) for module, (apps, _) in _vocabulary().items() for name in apps
    }


@cache
def functions() -> Mapping[str, str]:
    """The module of each function."""
    return {name: module for module, (_, names) in _vocabulary().items() for name in names}


@cache
def options() -> Mapping[str, frozenset[str]]:
    """The options of a section of ``pjsip.conf`` by its type, and of a queue by ``queue``."""
    return {kind: frozenset(said.split()) for kind, said in _lines("options.txt")}


@cache
def _vocabulary() -> Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    found = {}
    for module, said in _lines("vocabulary.txt"):
        apps, _, names = said.partition("|")
        found[module] = tuple(apps.split()), tuple(names.split())
    return found


def _lines(name: str) -> Iterator[tuple[str, str]]:
    for line in (_HERE / name).read_text().splitlines():
        if found := _SPOKEN_OF.fullmatch(line):
            yield found[1], found[2]
