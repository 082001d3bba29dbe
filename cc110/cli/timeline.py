"""What happened in calls, one line for each event."""

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, tzinfo
from enum import StrEnum
from typing import Final

from cc110.cli import spoken
from cc110.cli.sentences import (
    CATALOGUE,
    NO_NUMBER,
    NOTES,
    PEOPLES_REASONS,
    REASONS,
    TONES,
    WHO,
)
from cc110.cli.words import pick, word
from cc110.core import events
from cc110.core.events import Event, Recorded
from cc110.core.ids import CallId, Number, PolresExt, arrival_of
from cc110.core.words import Language, NumberSource, OriginBy, TransferFailure, TransferKind

_COLOURS: Final = ("cyan", "magenta", "blue", "bright_cyan", "bright_magenta", "bright_blue")
_REMEMBERED: Final = 2000
"""Calls whose arrival and number are kept in mind while following."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One event for people."""

    clock: str
    """Local time with tenths."""
    since: str
    """Seconds since the call's arrival; empty without a call."""
    call: str
    """The call's short id; empty without a call."""
    sentence: str
    tone: str
    """How to show the sentence, as rich writes it; may be empty."""
    colour: str
    """The call's own colour."""

    def plain(self) -> str:
        """The line without colours, in columns."""
        return f"{self.clock} {self.since:>10}  {self.call:<9} {self.sentence}".rstrip()


@dataclass(frozen=True, kw_only=True)
class _Known:
    """What earlier events told of a call."""

    arrived_at: datetime | None = None
    number: Number | None = None
    kinds: Mapping[PolresExt, TransferKind] = field(default_factory=dict)


class Timeline:
    """Turns events into lines, in the order in which they are given."""

    def __init__(self, lang: Language, tz: tzinfo) -> None:
        """Speak this language, in this zone's time."""
        self._lang = lang
        self._tz = tz
        self._calls: dict[CallId, _Known] = {}

    def line(self, recorded: Recorded) -> Line:
        """The line of the next event."""
        event = recorded.event
        known = self._learn(event)
        call = event.call_id or CallId("")
        return Line(
            clock=spoken.clock_text(event.at, self._tz, self._lang),
            since=self._since(event, known),
            call=spoken.short_id(call),
            sentence=self._sentence(event, known),
            tone=TONES.get(event.type, ""),
            colour=colour_of(call),
        )

    def _learn(self, event: Event) -> _Known:
        if event.call_id is None:
            return _Known()
        old = self._calls.pop(event.call_id, None) or _Known(arrived_at=arrival_of(event.call_id))
        known = self._calls[event.call_id] = _learned(old, event)
        if len(self._calls) > _REMEMBERED:
            del self._calls[next(iter(self._calls))]
        return known

    def _since(self, event: Event, known: _Known) -> str:
        if known.arrived_at is None:
            return ""
        seconds = (event.at - known.arrived_at).total_seconds()
        sign = "-" if seconds < 0 else "+"
        return f"{sign}{spoken.decimal(abs(seconds), self._lang)} s"

    def _sentence(self, event: Event, known: _Known) -> str:
        key = variant_of(event.data, known.kinds)
        said = pick(CATALOGUE[key], self._lang).format_map(self._values(event, known))
        notes = [pick(NOTES[note], self._lang) for note in _notes(event.data)]
        return f"{said} ({'; '.join(notes)})" if notes else said

    def _values(self, event: Event, known: _Known) -> dict[str, str]:
        data = event.data
        values = {one.name: self._said(one.name, getattr(data, one.name)) for one in fields(data)}
        if event.type in PEOPLES_REASONS:
            values["reason"] = getattr(data, "reason", "")
        who = self._said("number", known.number)
        values["who"] = f"{pick(WHO, self._lang)} {who}"
        values["case"] = spoken.short_case(event.case_id or "")
        return {name: spoken.harmless(value) for name, value in values.items()}

    def _said(self, name: str, value: object) -> str:
        match name, value:
            case "number", None:
                return pick(NO_NUMBER, self._lang)
            case "number", str():
                return spoken.number_text(value)
            case "until", int():
                return spoken.until_text(value, self._tz, self._lang)
            case "owner", str():
                return value.replace("polres:", "Polres ")
            case "reason", str() if value in REASONS:
                return pick(REASONS[value], self._lang)
            case _, datetime():
                return spoken.minute_text(value, self._tz, self._lang)
            case _, tuple():
                return ", ".join(str(one) for one in value) or spoken.NOTHING
            case _, StrEnum():
                return word(value, self._lang)
            case _, float():
                return spoken.seconds_text(value, self._lang)
            case _:
                return str(value)


def render_timeline(events: Iterable[Recorded], lang: Language, tz: tzinfo) -> list[str]:
    """One plain line per event: local time, seconds since the call's arrival, call, sentence."""
    timeline = Timeline(lang, tz)
    return [timeline.line(recorded).plain() for recorded in events]


def colour_of(call: str) -> str:
    """A call's colour: the same on every screen and at every time."""
    return _COLOURS[zlib.crc32(call.encode()) % len(_COLOURS)] if call else ""


def variant_of(data: events.Data, kinds: Mapping[PolresExt, TransferKind]) -> str:
    """The key of an event's sentence; ``kinds`` are the kinds of the call's transfers so far."""
    name, variant = type(data).__name__, _variant(data, kinds)
    return f"{name}.{variant}" if variant else name


def _variant(data: events.Data, kinds: Mapping[PolresExt, TransferKind]) -> str:
    match data:
        case events.CallSupervised(step=step):
            return step
        case events.CallArrived(callback_of=missed) if missed:
            return "callback"
        case events.CallArrived(origin=OriginBy()) as arrived:
            other = arrived.place and arrived.origin is not OriginBy.LOCATION
            return "placed" if other else "told"
        case events.TransferStarted(kind=kind):
            return kind
        case events.TransferReturned():
            return _way_back(data, kinds)
        case events.AgentLeft(cause=cause) | events.PolresLeft(cause=cause):
            return cause
        case events.CaseUpdated(reason=reason):
            said = reason.partition(":")[0]
            return said if said in ("answered", "returned") else ""
        case events.ShiftEmpty(gap=gap):
            return gap
        case events.AgentOffShift(what=what):
            return what
        case events.AgentPaused(reason=""):
            return "plain"
        case events.RecordingFinalised(missing_s=missing_s) if missing_s > 0:
            return "lacking"
        case events.SyntheticCallFailed(detail=detail) if detail:
            return "detail"
        case events.RecordingMissing(path=""):
            return "never"
        case _:
            return ""


def _way_back(data: events.TransferReturned, kinds: Mapping[PolresExt, TransferKind]) -> str:
    """With ``*75`` the operator never left the caller."""
    if data.reason is TransferFailure.CALLER_GONE:
        return "caller-gone"
    if data.agent is None:
        return "queue"
    return "stays" if kinds.get(data.polres) is TransferKind.JOIN else "agent"


def _notes(data: events.Data) -> Iterable[str]:
    yield from (
        name for name in ("recovered", "implied", "restarted") if getattr(data, name, False)
    )
    if getattr(data, "source", None) is NumberSource.CLAIMED:
        yield "claimed"


def _learned(known: _Known, event: Event) -> _Known:
    match event.data:
        case events.CallArrived(number=number) | events.CallRejected(number=number):
            return replace(known, arrived_at=event.at, number=number)
        case events.CaseOpened(number=number) if known.number is None:
            return replace(known, number=number)
        case events.TransferStarted(polres=polres, kind=kind):
            return replace(known, kinds={**known.kinds, polres: kind})
        case _:
            return known
