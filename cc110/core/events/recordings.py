"""What becomes of a recording (SOP S2 VII.g)."""

from dataclasses import dataclass

from cc110.core.events.base import EventData


@dataclass(frozen=True, kw_only=True)
class RecordingStarted(EventData):
    """The PBX began to record the call."""

    path: str
    recovered: bool = False


@dataclass(frozen=True, kw_only=True)
class RecordingFinalised(EventData):
    """The recording of the ended call is there, whole, hashed and in the manifest."""

    path: str
    seconds: float
    sha256: str = ""
    """Of the WAV file, in hex; empty for recordings of versions without a manifest."""
    missing_s: float = 0.0
    """Seconds of the call that it does not hold; 0 = it holds all."""
    repaired: bool = False
    """True when the PBX had not closed the file, and its header was written anew."""


@dataclass(frozen=True, kw_only=True)
class RecordingMissing(EventData):
    """The ended call has no usable recording: somebody must look."""

    path: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class RecordingStalled(EventData):
    """A live call is not being recorded at this moment: somebody must look, the call goes on."""

    path: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class RecordingResumed(EventData):
    """The live call is recorded again."""

    path: str
    stalled_s: float
    """For how long it was known not to be."""


@dataclass(frozen=True, kw_only=True)
class RecordingExported(EventData):
    """A recording was handed out, or was about to be: this is written first."""

    reason: str
    by: str


@dataclass(frozen=True, kw_only=True)
class RecordingHeld(EventData):
    """Legal hold: the call's recording is not to be erased, whatever its age."""

    reason: str
    by: str


@dataclass(frozen=True, kw_only=True)
class RecordingReleased(EventData):
    """The legal hold is over."""

    reason: str
    by: str


@dataclass(frozen=True, kw_only=True)
class RecordingErased(EventData):
    """A recording was erased because its time was over; the manifest's row proves what it was."""

    path: str
    sha256: str
    """Of the WAV file that is gone."""
    row: str
    """Hash of the manifest's row that tells of it."""
    reason: str
    by: str
