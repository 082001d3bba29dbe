"""Configuration files as Asterisk reads them: comments gone, included files in place.

Rules of ``config_text_file_load()`` and ``process_text_line()`` in Asterisk's main/config.c: an
included file begins in the section that was opened last, and what it opens does not outlive it.
"""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import lru_cache

from cc110.config.problem import Problem
from cc110.pbx.dialplan.model import Place

MOST_LEVELS = 10
"""How deep includes may nest (``MAX_INCLUDE_LEVEL``)."""


@dataclass(frozen=True, kw_only=True)
class Text:
    """A file's content and its name for people."""

    shown: str
    content: str


@dataclass(frozen=True, kw_only=True)
class Setting:
    """``key = value`` or ``key => value`` in a section."""

    place: Place
    section: str
    key: str
    value: str


@dataclass(kw_only=True)
class Reader:
    """Reads one file with all that it includes; ``problems`` fills up on the way."""

    files: Mapping[str, Text]
    """By path in the configuration folder."""
    coming: frozenset[str] = frozenset()
    """Files that will be there, though their content is not known yet."""
    only: Container[str] | None = None
    """The sections to read; None = all."""
    problems: list[Problem] = field(default_factory=list)
    _opened: str | None = None
    """The section that was opened last, in whatever file."""

    def read(self, name: str, level: int = 0) -> Iterator[Setting]:
        """All settings in order."""
        text = self.files[name]
        section = self._opened
        for number, line in code_lines(text.content):
            if line[0] not in "[#" and self.only is not None and section not in self.only:
                continue
            place = Place(file=text.shown, line=number)
            if line.startswith("["):
                section = self._opened = self._header(place, line)
            elif line.startswith("#"):
                yield from self._directive(place, line, level)
            elif section is None:
                self.problems.append(place.problem("stands before the first [section]"))
            else:
                yield from self._setting(place, section, line)

    def _header(self, place: Place, line: str) -> str:
        name, closed, _ = line[1:].partition("]")
        if not closed or not name:
            self.problems.append(place.problem("a section begins with [name]"))
        return name

    def _setting(self, place: Place, section: str, line: str) -> Iterator[Setting]:
        key, equals, value = line.partition("=")
        if equals:
            value = value.removeprefix(">").strip()
            yield Setting(place=place, section=section, key=key.strip(), value=value)
        else:
            self.problems.append(place.problem(f"has no `=`: {line[:40]}"))

    def _directive(self, place: Place, line: str, level: int) -> Iterator[Setting]:
        word, _, rest = line[1:].partition(" ")
        name = rest.strip().strip('"<>')
        if word not in {"include", "tryinclude"}:
            self.problems.append(place.problem(f"`#{word}` has no place here"))
        elif level >= MOST_LEVELS:
            self.problems.append(place.problem("includes go round in a circle"))
        else:
            found = sorted(file for file in self.files if fnmatchcase(file, name))
            if not found and word == "include" and name not in self.coming:
                self.problems.append(place.problem(f"there is no file `{name}`"))
            for file in found:
                yield from self.read(file, level + 1)


@lru_cache(maxsize=512)
def code_lines(content: str) -> Sequence[tuple[int, str]]:
    """Number and text of each line that says something. A check and a change look at a file again and again."""
    found, in_comment = list[tuple[int, str]](), False
    for number, line in enumerate(content.splitlines(), 1):
        code, in_comment = _code(line, in_comment)
        if code:
            found.append((number, code))
    return tuple(found)


def _code(line: str, in_comment: bool) -> tuple[str, bool]:
    """A line without its comments, and whether a ``;-- ... --;`` goes on in the next."""
    if not in_comment and "\\;" not in line and ";--" not in line:
        return line.partition(";")[0].strip(), False
    kept, at = "", 0
    while at < len(line):
        if in_comment:
            end = line.find("--;", at)
            if end < 0:
                return kept.strip(), True
            at, in_comment = end + 3, False
        elif line.startswith("\\;", at):
            kept, at = kept + ";", at + 2
        elif line.startswith(";--", at) and not line.startswith(";---", at):
            at, in_comment = at + 3, True
        elif line[at] == ";":
            break
        else:
            kept, at = kept + line[at], at + 1
    return kept.strip(), in_comment
