"""What the PBX would only warn of, or pass over in silence: phones, queues, accounts, codes, modules."""

import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final

from cc110.config.problem import Problem, hint
from cc110.pbx.dialplan.lines import Reader, Text, code_lines
from cc110.pbx.dialplan.model import Dialplan, Place
from cc110.pbx.dialplan.targets import Target, targets_of
from cc110.pbx.dialplan.vocabulary import options

_HEADER: Final = re.compile(r"\[([^\]]+)\](?:\(([^)]*)\))?\s*")
_INCLUDE: Final = re.compile(r"#(?:try)?include\s+\"?([^\"\s]+)")
_MODULE: Final = re.compile(r"(?:pre)?load(?:-only)?\s*=>?\s*([\w-]+?)(?:\.so)?\s*")
_LOADS: Final = frozenset({"load", "preload", "require", "preload-require"})
_RIGHTS: Final = frozenset(
    {
        *(
            "system",
            "call",
            "log",
            "verbose",
            "agent",
            "user",
            "config",
            "dtmf",
            "reporting",
            "cdr",
        ),
        *("dialplan", "originate", "agi", "cc", "aoc", "test", "message", "security", "all"),
        "command",
    }
)
"""Of an account of the manager interface (``authority_mask`` in main/manager.c)."""
_NOWHERE: Final = "cc110-nowhere"
_ARMED: Final = "CC110_CODES"
_SETTERS: Final = re.compile(r"DYNAMIC_FEATURES\s*=([^)]*)")


@dataclass(kw_only=True)
class Section:
    """``[name](template,...)`` with what it says itself and by its templates."""

    place: Place
    name: str
    templates: tuple[str, ...] = ()
    is_template: bool = False
    said: dict[str, tuple[str, Place]] = field(default_factory=dict)
    own: list[tuple[str, str, Place]] = field(default_factory=list)


def sections(files: Mapping[str, Text], name: str) -> tuple[list[Section], list[Problem]]:
    """The sections of a file and of what it includes, in order; and what is wrong with their templates."""
    found: list[Section] = []
    problems: list[Problem] = []
    templates: dict[str, Section] = {}
    for place, line in _lines(files, name, 0):
        header = _HEADER.fullmatch(line)
        if header:
            section = _opened(place, header, templates, problems)
            found.append(section)
            if section.is_template:
                templates[section.name] = section
        elif found and "=" in line:
            key, _, value = line.partition("=")
            said = (key.strip().lower(), value.removeprefix(">").strip(), place)
            found[-1].own.append(said)
            found[-1].said[said[0]] = said[1:]
    return found, problems


def _lines(files: Mapping[str, Text], name: str, level: int) -> Iterator[tuple[Place, str]]:
    if name not in files or level > 9:
        return
    text = files[name]
    for number, line in code_lines(text.content):
        if included := _INCLUDE.match(line):
            yield from _lines(files, included[1], level + 1)
        else:
            yield Place(file=text.shown, line=number), line


def _opened(
    place: Place,
    header: re.Match[str],
    templates: Mapping[str, Section],
    problems: list[Problem],
) -> Section:
    words = [word.strip() for word in (header[2] or "").split(",") if word.strip()]
    named = tuple(word for word in words if word not in {"!", "+"})
    section = Section(place=place, name=header[1], templates=named, is_template="!" in words)
    for word in named:
        if word in templates:
            section.said.update(templates[word].said)
        else:
            message = f"[{header[1]}]: there is no template `{word}`{hint(word, templates)}"
            problems.append(place.problem(message))
    return section


def conf_problems(
    files: Mapping[str, Text], dialplan: Dialplan, *, whole: bool
) -> Iterator[Problem]:
    """Every fault; unless the dialplan is whole, nobody can say which contexts there are."""
    yield from _phones(files, dialplan if whole else Dialplan(contexts={}))
    yield from _queues(files, dialplan)
    yield from _accounts(files)
    yield from _codes(files, dialplan)
    yield from _modules(files)


# --- pjsip.conf ---------------------------------------------------------------------------------


def _phones(files: Mapping[str, Text], dialplan: Dialplan) -> Iterator[Problem]:
    """The hand-written part: what is rendered of the site's data is right by itself."""
    found, problems = sections(files, "pjsip.conf")
    yield from problems
    known = {key for key in options() if key != "queue"}
    there: dict[tuple[str, str], Section] = {}
    for section in found:
        kind, place = section.said.get("type", ("", section.place))
        if kind not in known:
            what = f"type `{kind}`{hint(kind, known)}" if kind else "no type"
            yield place.problem(f"[{section.name}] has {what}: PJSIP passes it over")
            continue
        for key, _, where in section.own:
            if key != "type" and key not in options()[kind]:
                close = hint(key, options()[kind])
                yield where.problem(f"[{section.name}]: {kind} has no option `{key}`{close}")
        if (first := there.get((kind, section.name))) is not None and not section.is_template:
            message = f"[{section.name}] of type {kind} is there twice, first in {first.place}"
            yield section.place.problem(message)
        there[kind, section.name] = section
    yield from _leads(there, dialplan)


_LEADS: Final = (
    ("endpoint", "aors", "aor"),
    ("endpoint", "auth", "auth"),
    ("endpoint", "outbound_auth", "auth"),
    ("endpoint", "transport", "transport"),
    ("identify", "endpoint", "endpoint"),
)
_RENDERED: Final = frozenset({"transport-tls", "udp-nobody"})
"""Sections of ``tables/transport-tls.conf``, which is there or not."""


def _leads(there: Mapping[tuple[str, str], Section], dialplan: Dialplan) -> Iterator[Problem]:
    identified = {
        section.said["endpoint"][0]
        for (kind, _), section in there.items()
        if kind == "identify" and "endpoint" in section.said
    }
    for (kind, name), section in there.items():
        for key, value, place in section.own:
            for to in (to for of, by, to in _LEADS if (of, by) == (kind, key)):
                for one in (part.strip() for part in value.split(",")):
                    if (to, one) not in there and one not in _RENDERED:
                        close = hint(one, (known for what, known in there if what == to))
                        yield place.problem(f"[{name}]: there is no {to} `{one}`{close}")
            if (kind, key) == ("endpoint", "context"):
                yield from _context(name, value, place, dialplan)
        if kind == "endpoint" and not section.is_template:
            yield from _open_to_all(name, section, identified)


def _context(name: str, context: str, place: Place, dialplan: Dialplan) -> Iterator[Problem]:
    if context != _NOWHERE and dialplan.contexts and context not in dialplan.contexts:
        close = hint(context, dialplan.contexts)
        yield place.problem(f"[{name}]: there is no context `{context}`{close}")


def _open_to_all(name: str, section: Section, identified: AbstractSet[str]) -> Iterator[Problem]:
    if "context" not in section.said:
        yield section.place.problem(f"[{name}] has no context: its calls lead nowhere")
    if "auth" not in section.said and name not in identified:
        message = f"[{name}] has neither a password nor an address: anybody may call as it"
        yield section.place.problem(message)


# --- queues.conf --------------------------------------------------------------------------------


def _queues(files: Mapping[str, Text], dialplan: Dialplan) -> Iterator[Problem]:
    found, problems = sections(files, "queues.conf")
    yield from problems
    for section in found:
        for key, value, place in section.own:
            if key not in options()["queue"]:
                close = hint(key, options()["queue"])
                yield place.problem(f"[{section.name}]: a queue has no option `{key}`{close}")
            if key == "member":
                yield from _leading("member", value, place, dialplan)


# --- manager.conf -------------------------------------------------------------------------------


def _accounts(files: Mapping[str, Text]) -> Iterator[Problem]:
    found, problems = sections(files, "manager.conf")
    yield from problems
    for section in found:
        if section.name == "general":
            continue
        for key in ("read", "write"):
            value, place = section.said.get(key, ("", section.place))
            for word in (part.strip() for part in value.split(",")):
                if word and word not in _RIGHTS:
                    close = hint(word, _RIGHTS)
                    yield place.problem(f"[{section.name}]: there is no right `{word}`{close}")
        if section.is_template:
            continue
        if "secret" not in section.said:
            yield section.place.problem(f"[{section.name}] has no secret: anybody may log in")
        if "deny" not in section.said:
            message = f"[{section.name}] has no `deny`: it may log in from anywhere"
            yield section.place.problem(message)


# --- features.conf ------------------------------------------------------------------------------


def _codes(files: Mapping[str, Text], dialplan: Dialplan) -> Iterator[Problem]:
    if "features.conf" not in files:
        return
    reader = Reader(files=files)
    codes = {
        one.key: one for one in reader.read("features.conf") if one.section == "applicationmap"
    }
    for code in codes.values():
        yield from _leading(f"code {code.key}", code.value, code.place, dialplan)
    for armed, place in _armed(reader, dialplan):
        for name in armed.split("#"):
            if name and "$" not in name and name not in codes:
                yield place.problem(f"features.conf has no code `{name}`{hint(name, codes)}")


def _armed(reader: Reader, dialplan: Dialplan) -> Iterator[tuple[str, Place]]:
    """Lists of codes: in the steps that arm them, and in the global that such a step names."""
    for one in reader.read("extensions.conf"):
        if one.section == "globals" and one.key == _ARMED:
            yield one.value, one.place
    for context in dialplan.contexts.values():
        for extension in context.extensions.values():
            for step in extension.steps:
                if step.app.lower() == "set" and (found := _SETTERS.search(f"Set({step.args})")):
                    yield found[1], step.place


def _leading(what: str, text: str, place: Place, dialplan: Dialplan) -> Iterator[Problem]:
    """Subroutines and Local channels that a line outside of the dialplan names."""
    calls = re.findall(r"\b([A-Z]\w+)\(([^()]*(?:\([^()]*\))?[^()]*)\)", text)
    for app, args in calls or [("", text)]:
        for found in targets_of(app, args):
            if isinstance(found, Target) and found.context and "$" not in found.context:
                there = dialplan.contexts.get(found.context)
                if there is None and dialplan.contexts:
                    close = hint(found.context, dialplan.contexts)
                    yield place.problem(f"{what}: there is no context `{found.context}`{close}")
                elif (
                    there
                    and found.extension
                    and not any(dialplan.find(found.context, found.extension))
                ):
                    message = f"context `{found.context}` has no extension `{found.extension}`"
                    yield place.problem(f"{what}: {message}")


# --- modules.conf -------------------------------------------------------------------------------


def loaded_modules(files: Mapping[str, Text]) -> frozenset[str] | None:
    """What modules.conf loads; None = it is not there, or loads by itself."""
    if "modules.conf" not in files:
        return None
    said = [line for _, line in code_lines(files["modules.conf"].content)]
    if any(re.match(r"autoload\s*=>?\s*yes", line) for line in said):
        return None
    return frozenset(found[1] for line in said if (found := _MODULE.fullmatch(line)))


def _modules(files: Mapping[str, Text]) -> Iterator[Problem]:
    if "modules.conf" not in files:
        return
    text, seen = files["modules.conf"], dict[str, int]()
    for number, line in code_lines(text.content):
        place = Place(file=text.shown, line=number)
        if found := _MODULE.fullmatch(line):
            if found[1] in seen:
                message = f"{found[1]}.so is loaded already in line {seen[found[1]]}"
                yield place.problem(message)
            seen[found[1]] = number
        elif "=" in line and (key := line.partition("=")[0].strip()) not in {"autoload", "noload"}:
            yield place.problem(f"`{key}` has no place here{hint(key, _LOADS)}")
