"""extensions.conf as a ``Dialplan`` (rules of pbx/pbx_config.c)."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from cc110.config.problem import Problem
from cc110.pbx.dialplan.arguments import unbalanced
from cc110.pbx.dialplan.lines import Reader, Setting, Text
from cc110.pbx.dialplan.model import Context, Dialplan, Extension, Include, Place, Step

ENTRY: Final = "extensions.conf"
_NO_CONTEXT: Final = frozenset({"general", "globals"})
_PRIORITY: Final = re.compile(
    r"\s*(?P<base>[0-9]+|n|s|hint)\s*(?:\+(?P<more>[0-9]+))?\s*(?:\((?P<label>[^)]*)\))?\s*"
)
_CALL: Final = re.compile(r"\s*(?P<app>[A-Za-z0-9_]+)\s*(?:\((?P<args>.*)\))?\s*", re.DOTALL)


def read_dialplan(
    files: Mapping[str, Text],
    coming: frozenset[str] = frozenset(),
    entry: str = ENTRY,
    only: Collection[str] | None = None,
) -> Dialplan:
    """Read a dialplan from the files of a configuration folder.

    Args:
        files: By path in the folder, such as ``dialplan/queue.conf``.
        coming: Files that will be there, though their content is not known yet.
        entry: Where to begin.
        only: The contexts to read, with all that they include; None = every one.
    """
    if entry not in files:
        missing = Problem(file=entry, line=None, message="is missing")
        return Dialplan(contexts={}, problems=(missing,))
    reader = Reader(files=files, coming=coming, only=only)
    builder = _Builder()
    for setting in reader.read(entry):
        builder.add(setting)
    contexts = {name: draft.finished() for name, draft in builder.contexts.items()}
    if only is not None:
        included = {one.context for each in contexts.values() for one in each.includes}
        if not included <= {*only}:
            return read_dialplan(files, coming, entry, {*only, *included})
    return Dialplan(contexts=contexts, problems=(*reader.problems, *builder.problems))


@dataclass(kw_only=True)
class _Draft:
    """A context under construction."""

    name: str
    steps: dict[str, list[Step]] = field(default_factory=dict)
    begins: dict[str, Place] = field(default_factory=dict)
    includes: list[Include] = field(default_factory=list)
    current: str | None = None
    """The extension that ``same`` goes on with."""

    def finished(self) -> Context:
        extensions = {
            name: Extension(name=name, place=place, steps=tuple(self.steps[name]))
            for name, place in self.begins.items()
        }
        return Context(name=self.name, extensions=extensions, includes=tuple(self.includes))


@dataclass(kw_only=True)
class _Builder:
    contexts: dict[str, _Draft] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def add(self, setting: Setting) -> None:
        if setting.section in _NO_CONTEXT:
            return
        draft = self.contexts.setdefault(setting.section, _Draft(name=setting.section))
        match setting.key.lower():
            case "exten":
                name, _, rest = setting.value.partition(",")
                draft.current = name.strip()
                self._priority(draft, draft.current, setting.place, rest)
            case "same" if draft.current is not None:
                self._priority(draft, draft.current, setting.place, setting.value)
            case "same":
                self._wrong(setting.place, "`same` follows no `exten` in this context")
            case "include":
                context = setting.value.partition(",")[0].strip()
                draft.includes.append(Include(place=setting.place, context=context))
            case key:
                self._wrong(setting.place, f"`{key}` has no place in a context")

    def _wrong(self, place: Place, message: str) -> None:
        self.problems.append(place.problem(message))

    def _priority(self, draft: _Draft, name: str, place: Place, rest: str) -> None:
        priority, comma, call = rest.partition(",")
        found = _priority_of(priority)
        if not name or not comma or found is None:
            self._wrong(place, "an extension is written `exten => name,priority,Application(...)`")
            return
        draft.begins.setdefault(name, place)
        steps = draft.steps.setdefault(name, [])
        if found["base"] == "hint":
            return
        number = _number(found, steps)
        if number is None:
            self._wrong(place, f"`{found['base']}` follows no priority of extension `{name}`")
            return
        step = self._step(place, number, found["label"], call)
        if step is not None:
            self._refuse_double(name, steps, step)
            steps.append(step)

    def _step(self, place: Place, number: int, label: str | None, call: str) -> Step | None:
        if (application := _called(call)) is None:
            self._wrong(place, f"is no Application(...): {call.strip()[:40]}")
            return None
        app, args, reason = application
        if reason:
            self._wrong(place, reason)
        return Step(place=place, priority=number, label=label, app=app, args=args)

    def _refuse_double(self, name: str, steps: list[Step], step: Step) -> None:
        for known in steps:
            if known.priority == step.priority:
                message = f"extension `{name}` has priority {step.priority} already: {known.place}"
                self._wrong(step.place, message)
            if step.label is not None and known.label == step.label:
                message = f"extension `{name}` has the label `{step.label}` already: {known.place}"
                self._wrong(step.place, message)


@lru_cache(maxsize=256)
def _priority_of(text: str) -> re.Match[str] | None:
    return _PRIORITY.fullmatch(text)


@lru_cache(maxsize=65_536)
def _called(text: str) -> tuple[str, str, str | None] | None:
    """Application, arguments, and what is wrong with them. A change reads the same line before and after."""
    found = _CALL.fullmatch(text)
    if found is None:
        return None
    args = found["args"] or ""
    return found["app"], args, unbalanced(args)


def _number(found: re.Match[str], steps: list[Step]) -> int | None:
    more = int(found["more"] or 0)
    match found["base"]:
        case "n":
            return steps[-1].priority + 1 + more if steps else None
        case "s":
            return steps[-1].priority + more if steps else None
        case number:
            return int(number) + more
