"""What can be known to be wrong with the dialplan before a call finds out."""

import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from cc110.config.problem import Problem, hint
from cc110.pbx import names
from cc110.pbx.conf_check import conf_problems, loaded_modules
from cc110.pbx.dialplan.arguments import alternatives, as_pattern, is_literal
from cc110.pbx.dialplan.flow import flow_problems
from cc110.pbx.dialplan.lines import Text, code_lines
from cc110.pbx.dialplan.model import Context, Dialplan, Extension, Place, Step
from cc110.pbx.dialplan.own import own_problems
from cc110.pbx.dialplan.read import read_dialplan
from cc110.pbx.dialplan.targets import QueueUsed, Target, targets_of
from cc110.pbx.dialplan.variables import variable_problems
from cc110.pbx.dialplan.words import word_problems
from cc110.pbx.tables import variables_set

_PROMPT: Final = re.compile(r"(?<![\w/-])cc110/(?=[a-z$])|\bcc110-say,s,1\([^,]*,(?=[a-z$])")
"""What stands before a prompt's key: its folder, or the subroutine that says it to somebody."""
CALLERS: Final = frozenset({"from-trunk", "cc110-rescue", "cc110-blind"})
"""Where callers' channels come in: from a trunk, by the daemon's word, by a phone's own transfer."""
_DAEMON: Final = frozenset(value for name, value in vars(names).items() if name.startswith("VAR_"))
"""Variables that the daemon asks for, or sets."""
_OPEN_ENDED: Final = re.compile(r"[.!]")


def dialplan_problems(
    files: Mapping[str, Text],
    *,
    prompts: AbstractSet[str] | None,
    queues: AbstractSet[str] | None,
    coming: frozenset[str] = frozenset(),
    coming_contexts: frozenset[str] = frozenset(),
) -> Iterator[Problem]:
    """Every problem of a dialplan, each with file and line.

    Args:
        files: The PBX's configuration by path in its folder, rendered tables included.
        prompts: Keys of the prompts that are there; None = unknown, so not looked at.
        queues: Names of the queues that are there; None = unknown.
        coming: Files that will be rendered, though they can't be yet.
        coming_contexts: Contexts that those files will hold.
    """
    dialplan = read_dialplan(files, coming)
    yield from dialplan.problems
    yield from own_problems(files, dialplan)
    yield from conf_problems(files, dialplan, whole=not coming)
    yield from word_problems(dialplan, loaded_modules(files))
    yield from flow_problems(dialplan, CALLERS)
    yield from variable_problems(
        files, tables=None if coming else variables_set(), elsewhere=_DAEMON
    )
    if dialplan.contexts:
        look = _Look(dialplan=dialplan, queues=queues, coming=coming_contexts)
        yield from look.problems()
    if prompts is not None:
        yield from _prompt_problems(files, prompts)


@dataclass(frozen=True, kw_only=True)
class _Look:
    dialplan: Dialplan
    queues: AbstractSet[str] | None
    coming: frozenset[str]

    def problems(self) -> Iterator[Problem]:
        for context in self.dialplan.contexts.values():
            yield from self._includes(context)
            for extension in context.extensions.values():
                yield from _shape(extension)
                for step in extension.steps:
                    yield from self._targets(context, extension, step)

    def _includes(self, context: Context) -> Iterator[Problem]:
        for include in context.includes:
            if not self._is_there(include.context):
                yield include.place.problem(self._no_context(include.context))

    def _targets(self, context: Context, extension: Extension, step: Step) -> Iterator[Problem]:
        for found in targets_of(step.app, step.args):
            match found:
                case QueueUsed(name=name):
                    if self.queues is not None and is_literal(name) and name not in self.queues:
                        fault = f"there is no queue `{name}`{hint(name, self.queues)}"
                        yield step.place.problem(fault)
                case Target():
                    if missing := self._fault(found, context, extension):
                        yield step.place.problem(f"{step.app}: {missing}")

    def _fault(self, target: Target, context: Context, extension: Extension) -> str | None:
        name = target.context
        if name is not None and (not is_literal(name) or name in self.coming):
            return None
        if name is not None and not self._is_there(name):
            return self._no_context(name)
        if target.extension is None and name is None:
            return self._label_fault(context.name, extension.name, (extension,), target.where)
        return self._extension_fault(target, (name,) if name else self._seen_from(context.name))

    def _extension_fault(self, target: Target, contexts: tuple[str, ...]) -> str | None:
        """The first context is where the extension should be; any of them will do."""
        name = target.extension
        if name is None or not is_literal(name):
            return None
        found = tuple(known for each in contexts for known in self.dialplan.find(each, name))
        if not found:
            known = (known for each in self.dialplan.reachable(contexts[0]) for known in each.names)
            close = "" if name.isdigit() else hint(name, known)
            return f"context `{contexts[0]}` has no extension `{name}`{close}"
        return self._label_fault(contexts[0], name, found, target.where)

    def _label_fault(
        self, context: str, name: str, found: tuple[Extension, ...], where: str
    ) -> str | None:
        if not is_literal(where) or any(extension.has(where) for extension in found):
            return None
        labels = [step.label for known in found for step in known.steps if step.label is not None]
        kind = "priority" if where.isdigit() else "label"
        return f"extension `{name}` of `{context}` has no {kind} `{where}`{hint(where, labels)}"

    def _seen_from(self, name: str) -> tuple[str, ...]:
        """A context and those that include it: a channel stays in the one that it came by."""
        return (
            name,
            *(
                other
                for other in self.dialplan.contexts
                if other != name and name in {each.name for each in self.dialplan.reachable(other)}
            ),
        )

    def _is_there(self, name: str) -> bool:
        return name in self.dialplan.contexts or name in self.coming

    def _no_context(self, name: str) -> str:
        return f"there is no context `{name}`{hint(name, self.dialplan.contexts)}"


def _shape(extension: Extension) -> Iterator[Problem]:
    """An extension that a caller's text could slip through, or that has no beginning."""
    if extension.name.startswith("_") and _OPEN_ENDED.search(extension.name):
        message = f"pattern `{extension.name}` takes any text: only digits and X may be dialled"
        yield extension.place.problem(message)
    if extension.steps and not extension.has("1"):
        yield extension.place.problem(f"extension `{extension.name}` has no priority 1")


def _prompt_problems(files: Mapping[str, Text], prompts: AbstractSet[str]) -> Iterator[Problem]:
    """Prompts are named by many applications, and by queues: each `cc110/<key>` must be there."""
    for text in files.values():
        for number, line in code_lines(text.content):
            for found in _PROMPT.finditer(line):
                place = Place(file=text.shown, line=number)
                for key in alternatives(_key_at(line, found.end())):
                    if key not in prompts and not any(map(as_pattern(key).fullmatch, prompts)):
                        yield place.problem(f"there is no prompt `{key}`{hint(key, prompts)}")


def _key_at(line: str, start: int) -> str:
    """The key from there on; a ``${...}`` belongs to it as a whole."""
    depth, at = 0, start
    while at < len(line) and (depth or re.match(r"[A-Za-z0-9_-]|\$\{", line[at : at + 2])):
        if line.startswith(("${", "$["), at):
            depth, at = depth + 1, at + 1
        elif depth and line[at] in "}]":
            depth -= 1
        at += 1
    return line[start:at]
