"""One invented event of each type: the example in its schema file, and food for tests.

The values come from the fields' types and names, so a new event type has its sample at once. No
sample names a real person: prefix 0840 of Indonesia's numbering plan belongs to no operator.
"""

from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from types import NoneType
from typing import Any, cast, get_args, get_origin, get_type_hints

from cc110.core import events, ids
from cc110.core.events import Event, Recorded
from cc110.core.ids import CallId, case_id_of
from cc110.journal.chain import ulid_text

SAMPLE_AT = datetime(2026, 8, 17, 3, 4, 5, 678000, tzinfo=UTC)
SAMPLE_CALL = CallId("20260817-030405-000017-5f3a9c")
SAMPLE_NUMBER = ids.Number("6284000000001")
SAMPLE_SITE = "sample"

_WITHOUT_CALL = frozenset(
    {
        "AddressBanLifted",
        "AddressBanned",
        "AgentLoggedIn",
        "AgentLoggedOut",
        "AgentPaused",
        "AgentUnpaused",
        "NumberBlocked",
        "NumberUnblocked",
        "PbxBack",
        "PbxLost",
        "PbxReadBack",
        "QueueAttended",
        "QueueUnattended",
        "SiteApplied",
        "SiteRolledBack",
        "ShiftStarted",
        "ShiftEnded",
        "ShiftEmpty",
        "AgentOffShift",
        "RosterTaken",
        "RosterRefused",
        "SyntheticCallFailed",
        "SyntheticCallPassed",
    }
)
_ABSENT = frozenset({"callback_of"})
"""Fields that most events of a kind leave empty."""
_OF_TYPE: dict[Any, Any] = {
    ids.Number: SAMPLE_NUMBER,
    ids.AgentId: "1101",
    ids.PolresExt: "7101",
    ids.QueueName: "polda-metro-jaya",
    ids.UnitId: "polda-metro-jaya",
    ids.CallId: SAMPLE_CALL,
    ids.CaseId: case_id_of(SAMPLE_CALL),
    ids.ChannelId: "1786935845.17",
    datetime: SAMPLE_AT,
    bool: False,
    int: 1,
    float: 4.25,
    str: "sample",
}
_OF_NAME: dict[str, Any] = {
    "address": "192.0.2.7",
    "after_s": 42.5,
    "by": "1101",
    "channel": "1786935845.17",
    "dialled": "110",
    "duration_s": 93.5,
    "owner": "polda-metro-jaya",
    "path": f"2026/08/17/{SAMPLE_CALL}.wav",
    "ring_s": 5.0,
    "row": "b5" * 32,
    "seconds": 89.75,
    "missing_s": 0.0,
    "sha256": "a7" * 32,
    "stalled_s": 6.5,
    "trunk": "trunk",
    "until": 0,
}


@cache
def samples() -> dict[str, Recorded]:
    """A recorded event of each type, by the type's name, in the order of the vocabulary."""
    kinds = get_args(events.Data)
    return {kind.__name__: _recorded(seq, kind) for seq, kind in enumerate(kinds, start=1)}


def sample_data(kind: type[Any]) -> events.Data:
    """Invented data of one event type."""
    return cast(events.Data, _filled(kind))


def _filled(kind: type[Any]) -> Any:
    hints = get_type_hints(kind)
    return kind(**{field.name: _value(field.name, hints[field.name]) for field in fields(kind)})


def sample_event(name: str) -> Event:
    """An invented event of the named type, before it is journaled."""
    return samples()[name].event


def _recorded(seq: int, kind: type[Any]) -> Recorded:
    name = kind.__name__
    call_id = None if name in _WITHOUT_CALL else SAMPLE_CALL
    case_id = case_id_of(SAMPLE_CALL) if name.startswith("Case") else None
    event = Event(at=SAMPLE_AT, call_id=call_id, case_id=case_id, data=sample_data(kind))
    id_ = ulid_text(int(SAMPLE_AT.timestamp() * 1000) << 80 | seq)
    return Recorded(id=id_, seq=seq, site=SAMPLE_SITE, event=event)


def _value(name: str, hint: Any) -> Any:
    if name in _ABSENT:
        return None
    if get_origin(hint) is tuple:
        return (_value(name, get_args(hint)[0]),)
    if is_dataclass(hint):
        return _filled(cast("type[Any]", hint))
    choices = [choice for choice in get_args(hint) or (hint,) if choice is not NoneType]
    first = choices[0]
    if isinstance(first, type) and issubclass(first, StrEnum):
        return next(iter(first))
    if name in _OF_NAME and first in (str, int, float):
        return _OF_NAME[name]
    return _OF_TYPE[first]
