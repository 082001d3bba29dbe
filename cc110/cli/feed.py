"""Lines of a timeline on the screen, as they come or all at once."""

import textwrap
from collections.abc import Iterable
from datetime import tzinfo
from typing import TYPE_CHECKING

from cc110.cli import spoken
from cc110.cli.screen import Screen, note
from cc110.cli.timeline import Line, Timeline
from cc110.cli.words import Pair, pick
from cc110.core.events import Recorded
from cc110.core.words import Language

if TYPE_CHECKING:
    from cc110.journal.store import Page

_SINCE_WIDTH = 10
_CALL_WIDTH = 9
_HINT: Pair = (
    "Menunggu peristiwa, waktu {zone}; Ctrl-C untuk berhenti.",
    "Waiting for events, times in {zone}; Ctrl-C to stop.",
)
_WAIT: Pair = ("Menunggu jurnal: {}", "Waiting for the journal: {}")


class Feed:
    """Events as they come."""

    def __init__(self, lang: Language, tz: tzinfo, *, json: bool) -> None:
        """Show them in this language and zone, or as JSON lines."""
        self._screen = Screen()
        self._timeline = Timeline(lang, tz)
        self._lang = lang
        self._tz = tz
        self._json = json
        self._day = ""
        self._waits_for = ""
        if self._screen.is_terminal and not json:
            note(pick(_HINT, lang).format(zone=tz))

    def wait(self, reason: str) -> None:
        """Say once why there is nothing to show."""
        if reason != self._waits_for:
            note(pick(_WAIT, self._lang).format(reason))
        self._waits_for = reason

    def show(self, page: "Page") -> None:
        """Show the next events; those of another version are named."""
        self._waits_for = ""
        for recorded in page.events:
            self._show(recorded)
        for unknown in page.unknown:
            note(f"cc110: {unknown}")

    def _show(self, recorded: Recorded) -> None:
        if self._json:
            from cc110.journal.codec import encode

            print(encode(recorded), flush=True)
            return
        day = spoken.date_text(recorded.event.at, self._tz, self._lang)
        if day != self._day:
            self._screen.say(day, "bold")
        self._day = day
        show_line(self._screen, self._timeline.line(recorded))


def show_lines(
    screen: Screen,
    events: Iterable[Recorded],
    lang: Language,
    tz: tzinfo,
    *,
    case_id: str | None = None,
) -> None:
    """The timeline of a call, or of all in it that concerns a case."""
    timeline = Timeline(lang, tz)
    for recorded in events:
        line = timeline.line(recorded)
        if case_id in (None, recorded.event.case_id):
            show_line(screen, line)


def show_line(screen: Screen, line: Line) -> None:
    """One line: coloured and wrapped under its sentence on a terminal, plain elsewhere."""
    if not screen.is_terminal:
        print(line.plain(), flush=True)
        return
    from rich.text import Text

    before = f"{line.since:>{_SINCE_WIDTH}}  ", f"{line.call:<{_CALL_WIDTH}} "
    indent = len(line.clock) + 1 + sum(map(len, before))
    room = max(screen.width - indent, 30)
    sentence = f"\n{' ' * indent}".join(textwrap.wrap(line.sentence, room, break_on_hyphens=False))
    parts = ((line.clock + " ", "dim"), before[0], (before[1], line.colour), (sentence, line.tone))
    screen.console.print(Text.assemble(*parts), soft_wrap=True)
