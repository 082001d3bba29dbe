"""Names for the identifiers that travel through the system, so that mypy keeps them apart."""

from datetime import UTC, datetime
from typing import NewType

CallId = NewType("CallId", str)
"""One person's dial-in, from INVITE to hang-up: ``YYYYMMDD-HHMMSS-<sequence>-<random>`` in UTC,
made by the dialplan."""

CaseId = NewType("CaseId", str)
"""What a call is about; derived from the call that opened it, so opening twice is opening once."""

ChannelId = NewType("ChannelId", str)
"""A channel's Uniqueid, never its name: Asterisk matches names by prefix."""

AgentId = NewType("AgentId", str)
"""An operator's extension, such as ``1101``."""

UnitId = NewType("UnitId", str)
"""A unit's code, such as ``polda-metro-jaya`` or ``polres-jakarta-selatan``."""

PolresExt = NewType("PolresExt", str)
"""A Polres desk's extension, such as ``7101``."""

QueueName = NewType("QueueName", str)
"""A Polda's queue in Asterisk, such as ``polda-metro-jaya``."""

Number = NewType("Number", str)
"""A telephone number in normal form: digits with country code, ``62812...``."""


def case_id_of(call_id: CallId) -> CaseId:
    """The case that a call opens. Deterministic: two facts about one call never open two cases."""
    return CaseId(f"K-{call_id}")


def arrival_of(call_id: CallId) -> datetime | None:
    """When the dialplan made that call id, to the second; None if it is none of the dialplan's."""
    try:
        return datetime.strptime(call_id[:15], "%Y%m%d-%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
