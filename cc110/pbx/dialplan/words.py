"""Applications and functions that the PBX has not, and brackets and quotes that don't close."""

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import Final

from cc110.config.problem import Problem, hint
from cc110.pbx.dialplan.model import Dialplan, Step
from cc110.pbx.dialplan.vocabulary import BUILT_IN, applications, functions

_FUNCTION: Final = re.compile(r"\$\{([A-Z][A-Z0-9_]*)\(")
_SET: Final = re.compile(r"\s*([A-Z][A-Z0-9_]*)\([^=]*\)\s*=")
_NESTED_CALL: Final = re.compile(r"[?:]\s*([A-Z][A-Za-z]+)\(")
_RUNS_OTHERS: Final = frozenset({"execif", "execiftime", "tryexec", "exec"})
_EXPRESSION_QUOTE: Final = '"'


def word_problems(dialplan: Dialplan, loaded: AbstractSet[str] | None) -> Iterator[Problem]:
    """Every unknown word; ``loaded`` are the modules that the PBX loads, None = unknown."""
    for context in dialplan.contexts.values():
        for extension in context.extensions.values():
            for step in extension.steps:
                yield from _applications(step, loaded)
                yield from _functions(step, loaded)
                yield from _brackets(step)


def _applications(step: Step, loaded: AbstractSet[str] | None) -> Iterator[Problem]:
    names = [step.app]
    if step.app.lower() in _RUNS_OTHERS:
        names += _NESTED_CALL.findall(step.args)
    for name in names:
        known = applications().get(name.lower())
        if known is None:
            close = hint(name, (spelt for spelt, _ in applications().values()))
            yield step.place.problem(f"Asterisk has no application `{name}`{close}")
        elif not _is_loaded(known[1], loaded):
            yield step.place.problem(f"{name}: modules.conf does not load {known[1]}.so")


def _functions(step: Step, loaded: AbstractSet[str] | None) -> Iterator[Problem]:
    names = _FUNCTION.findall(step.args)
    if step.app.lower() in {"set", "mset"} and (found := _SET.match(step.args)):
        names.append(found[1])
    for name in dict.fromkeys(names):
        module = functions().get(name)
        if module is None:
            close = hint(name, functions())
            yield step.place.problem(f"Asterisk has no function `{name}`{close}")
        elif not _is_loaded(module, loaded):
            yield step.place.problem(f"{name}(): modules.conf does not load {module}.so")


def _is_loaded(module: str, loaded: AbstractSet[str] | None) -> bool:
    return loaded is None or module == BUILT_IN or module in loaded


def _brackets(step: Step) -> Iterator[Problem]:
    if step.args.count("(") != step.args.count(")"):
        more = "(" if step.args.count("(") > step.args.count(")") else ")"
        yield step.place.problem(f"{step.app}: one `{more}` too many")
    if "$[" in step.args and step.args.count(_EXPRESSION_QUOTE) % 2:
        yield step.place.problem(f'{step.app}: a `"` is never closed')
