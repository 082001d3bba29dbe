"""Events as text and back: one encoding for the journal, its hash chain, MQTT, desk and CLI.

A *line* is one JSON object, in UTF-8 and without blanks, with the keys ``id``, ``seq``, ``at``,
``site``, ``call_id``, ``case_id``, ``type``, ``v`` and ``data`` in this order. ``at`` is ISO 8601
in UTC with milliseconds and a ``Z``. The order is fixed because the hash chain is computed over
these very bytes.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any, cast, get_args

from pydantic import TypeAdapter, ValidationError

from cc110.core import events
from cc110.core.events import Event, Recorded
from cc110.core.ids import CallId, CaseId
from cc110.ports import Cc110Error


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def _fields(value: Any) -> Any:
    if isinstance(value, datetime):
        return time_text(value)
    return {name: getattr(value, name) for name in _names(value.__class__)}


_json = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_fields
)


@lru_cache(maxsize=256)
def _text(value: str | None) -> str:
    """One value of a line; type, site and time are the same in many lines."""
    return _json.encode(value)


class UnknownEvent(Cc110Error):
    """The event is none that this version of cc110 knows; skip and count it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A recorded event in text form, field by field as in the journal's table."""

    id: str
    seq: int
    at: str
    site: str
    call_id: str | None
    case_id: str | None
    type: str
    v: int
    data: str
    """The event's data as a JSON object, kept as it was written."""

    def json(self) -> str:
        """The whole line. ``data`` goes in as it is, so that reading never rewrites history."""
        text = _text
        return (
            f'{{"id":{text(self.id)},"seq":{self.seq},"at":{text(self.at)},"site":{text(self.site)},'
            f'"call_id":{text(self.call_id)},"case_id":{text(self.case_id)},'
            f'"type":{text(self.type)},"v":{self.v},"data":{self.data}}}'
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """An event that is fit to be recorded."""

    event: Event
    """Exactly what a reader will get back."""
    at: str
    data: str


_LINE = TypeAdapter(Line)


@cache
def kinds() -> dict[str, TypeAdapter[Any]]:
    """Every event type that this version knows, by its public name."""
    return {kind.__name__: TypeAdapter(kind) for kind in get_args(events.Data)}


def draft(event: Event) -> Draft:
    """Turn an event into text and prove that it can be read again.

    Raises:
        ValueError: a naive time, a value of the wrong type, a NaN: a mistake of the caller.
            Refused here, an unreadable event never gets into the journal and never spoils other
            events' transaction.
    """
    if event.at.tzinfo is None:
        raise ValueError("an event's time must be aware")
    for name in (event.call_id, event.case_id):
        if b"\0" in (name or "").encode():
            raise ValueError("an id holds no NUL")
    at = time_text(event.at)
    data = _encodable(_json.encode(_fields(event.data)))
    read = kinds()[event.type].validate_json(data, strict=True, extra="forbid")
    same = Event(at=text_time(at), call_id=event.call_id, case_id=event.case_id, data=read)
    return Draft(event=same, at=at, data=data)


def packed(values: Sequence[Any]) -> str:
    """Parts of an event as a JSON array, as a table keeps them."""
    return _json.encode(values) if values else "[]"


def encode(recorded: Recorded) -> str:
    """A recorded event as its line."""
    return line_of(recorded.id, recorded.seq, recorded.site, draft(recorded.event)).json()


def decode(text: str | bytes) -> Recorded:
    """The recorded event of a line.

    Raises:
        UnknownEvent: an unknown type, version or field, or no event at all.
    """
    try:
        parts = json.loads(text)
        parts["data"] = _json.encode(parts["data"])
        line = _LINE.validate_json(_json.encode(parts), strict=True, extra="forbid")
    except (ValueError, TypeError, KeyError) as error:
        raise UnknownEvent(f"not an event's line: {error}") from error
    return recorded_of(line)


def line_of(id_: str, seq: int, site: str, what: Draft) -> Line:
    """The line of a draft that got its place in the journal."""
    event = what.event
    return Line(
        id=id_,
        seq=seq,
        at=what.at,
        site=site,
        call_id=event.call_id,
        case_id=event.case_id,
        type=event.type,
        v=event.data.v,
        data=what.data,
    )


@lru_cache(maxsize=2048)
def recorded_of(line: Line) -> Recorded:
    """The typed event of a line. Remembered: several readers take the same page one after the other.

    Raises:
        UnknownEvent: written by another version of cc110, or damaged.
    """
    event = Event(
        at=_known_time(line),
        call_id=CallId(line.call_id) if line.call_id is not None else None,
        case_id=CaseId(line.case_id) if line.case_id is not None else None,
        data=_known_data(line),
    )
    return Recorded(id=line.id, seq=line.seq, site=line.site, event=event)


@lru_cache(maxsize=256)
def time_text(at: datetime) -> str:
    """An aware time as the journal writes it; what is finer than a millisecond is cut off."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@lru_cache(maxsize=256)
def text_time(text: str) -> datetime:
    """The aware time of a text.

    Raises:
        ValueError: it is not a time, or one without a zone.
    """
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return at.astimezone(UTC)


def _known_data(line: Line) -> events.Data:
    kind = kinds().get(line.type)
    if kind is None:
        raise UnknownEvent(f"seq {line.seq}: unknown event type {line.type!r}")
    if line.v != getattr(events, line.type).v:
        raise UnknownEvent(f"seq {line.seq}: unknown version {line.v} of {line.type}")
    try:
        return cast(events.Data, kind.validate_json(line.data, strict=True, extra="forbid"))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        raise UnknownEvent(f"seq {line.seq}: {line.type} {where}: {first['msg']}") from error


def _known_time(line: Line) -> datetime:
    try:
        return text_time(line.at)
    except (ValueError, TypeError) as error:
        raise UnknownEvent(f"seq {line.seq}: {line.at!r} is not a time") from error


def _encodable(text: str) -> str:
    """Bytes that were no UTF-8 arrive as lone surrogates: a call with such a name is still
    recorded.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text
