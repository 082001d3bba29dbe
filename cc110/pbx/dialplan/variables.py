"""Variables that are read and never set, and the other way round.

Looked at are the dialplan's own: ``CC110_...``, and small names such as ``try`` that live within an extension.
Asterisk's own are in capitals and many; they are not looked at.
"""

import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from cc110.config.problem import Problem, Severity, hint
from cc110.pbx.dialplan.lines import Text, code_lines
from cc110.pbx.dialplan.model import Place

_OURS: Final = re.compile(r"(?<![A-Za-z0-9])(_{0,2})(CC110_[A-Z0-9_]*)(\$\{)?")
_LOCAL_READ: Final = re.compile(r"\$\{([a-z][a-z0-9_]*)(?=[}:])")
_LOCAL_SET: Final = re.compile(
    r"\b(?:Set|MSet|LOCAL)\(_{0,2}([a-z][a-z0-9_]*)\s*[=)]|\bRead\(([a-z][a-z0-9_]*)"
)
_KEPT: Final = re.compile(r"cc110-note,s,1\($")
_SHARED: Final = re.compile(r"(?<!\{)\b(?:SHARED|GLOBAL)\($")
_DYNAMIC: Final = "*"


@dataclass(frozen=True, kw_only=True)
class _Use:
    place: Place
    name: str
    """With ``*`` at its end where the rest is not known, as in ``CC110_AT_${...}``."""
    sets: bool


def variable_problems(
    files: Mapping[str, Text], *, tables: AbstractSet[str] | None, elsewhere: AbstractSet[str]
) -> Iterator[Problem]:
    """Every variable of which one half is missing.

    Args:
        files: All configuration of the PBX: some names are read by its record and by its manager interface.
        tables: Names that the site's tables set, with other data than this site's as well; None: they are not
            known, and nothing can be said of what is set.
        elsewhere: Names that the daemon reads or sets.
    """
    used = [use for text in files.values() for use in _uses(text)]
    sets = {use.name for use in used if use.sets} | elsewhere
    reads = {use.name for use in used if not use.sets} | elsewhere
    if tables is not None:
        sets |= tables
        for use in used:
            if not use.sets and not _fits(use.name, sets):
                close = hint(use.name, sets)
                yield use.place.problem(f"nothing sets the variable {use.name}{close}")
    for use in used:
        if use.sets and not _fits(use.name, reads) and not use.place.file.startswith("tables/"):
            message = f"nothing reads the variable {use.name}{hint(use.name, reads)}"
            yield Problem(
                file=use.place.file,
                line=use.place.line,
                message=message,
                severity=Severity.WARNING,
            )
    yield from _local_problems(files)


def _uses(text: Text) -> Iterator[_Use]:
    for number, line in code_lines(text.content):
        if "CC110_" not in line:
            continue
        place = Place(file=text.shown, line=number)
        for found in _OURS.finditer(line):
            name = found[2] + (_DYNAMIC if found[3] else "")
            yield _Use(place=place, name=name, sets=_is_set(line, found))


def _is_set(line: str, found: re.Match[str]) -> bool:
    before, after = line[: found.start()], line[found.end() :]
    if _KEPT.search(before):
        return True
    if _SHARED.search(before):
        return bool(re.match(r"[^=]*?\)+=", _without_inner(found[3] or "", after)))
    return after.lstrip().startswith("=") and not before.endswith("{")


def _without_inner(opened: str, after: str) -> str:
    """What follows, with each ``${...}`` taken out."""
    text = opened + after
    while (smaller := re.sub(r"\$\{[^${}]*\}", "", text)) != text:
        text = smaller
    return text


def _fits(name: str, known: AbstractSet[str]) -> bool:
    if name in known:
        return True
    if name.endswith(_DYNAMIC):
        return any(other.startswith(name[:-1]) for other in known)
    return any(other.endswith(_DYNAMIC) and name.startswith(other[:-1]) for other in known)


def _local_problems(files: Mapping[str, Text]) -> Iterator[Problem]:
    dialplan = [text for name, text in files.items() if _is_dialplan(name)]
    sets = {one or other for text in dialplan for one, other in _LOCAL_SET.findall(text.content)}
    for text in dialplan:
        for number, line in code_lines(text.content):
            for name in dict.fromkeys(_LOCAL_READ.findall(line)):
                if name not in sets:
                    place = Place(file=text.shown, line=number)
                    yield place.problem(f"nothing sets the variable {name}{hint(name, sets)}")


def _is_dialplan(name: str) -> bool:
    return name.startswith(("dialplan/", "site-dialplan/")) or name in {
        "local.conf",
        "extensions.conf",
    }
