"""What a phone's process and its owner say to each other: one JSON object per line.

This module is loaded by every phone, so it imports next to nothing.
"""

from enum import StrEnum
from typing import Final

PTIME_S: Final = 0.02
SAMPLE_RATE: Final = 8000
BUFFER_SLOT_S: Final = 0.04
BUFFER_FRAME_S: Final = 0.01


class CallState(StrEnum):
    """Where a call is in its INVITE dialog (RFC 3261, section 13)."""

    CALLING = "calling"
    INCOMING = "incoming"
    EARLY = "early"
    CONNECTING = "connecting"
    CONFIRMED = "confirmed"
    DISCONNECTED = "disconnected"


class Media(StrEnum):
    """What a call's audio does after an offer and answer."""

    ACTIVE = "active"
    LOCAL_HOLD = "local_hold"
    REMOTE_HOLD = "remote_hold"
    NONE = "none"
    ERROR = "error"


class EventKind(StrEnum):
    """What a phone can report."""

    STATE = "state"
    """The call's state changed; ``text`` is the state, ``code`` and ``reason`` SIP's last word."""
    MEDIA = "media"
    """The call's audio changed; ``text`` is a Media."""
    DTMF = "dtmf"
    """A digit came in; ``text`` is the digit."""
    TRANSFER = "transfer"
    """A REFER of ours went on; ``code`` is the sipfrag's status, ``text`` "final" at its end."""
    REGISTRATION = "registration"
    """The registrar answered; ``text`` is "active" or "inactive"."""
    TROUBLE = "trouble"
    """Something the phone was to do later could not be done; ``text`` says what went wrong."""
