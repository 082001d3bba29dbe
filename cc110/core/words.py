"""The closed vocabularies of a 110 call. Journal, dialplan and CLI write the values."""

from enum import StrEnum


class Verdict(StrEnum):
    """An operator's judgement of a call (SOP S1.4, S2 VII.f)."""

    VALID = "valid"
    NOT_VALID = "not-valid"
    """Information, wrong number: handled at the Polda until closing."""
    PRANK = "prank"
    """The only verdict that counts towards a block."""
    SILENT = "silent"
    """Nobody speaks: counted apart, never a prank."""


class MenuChoice(StrEnum):
    """What the caller chose in the menu; pressing nothing is an emergency."""

    EMERGENCY = "emergency"
    COMPLAINT = "complaint"
    INFORMATION = "information"
    CANNOT_SPEAK = "cannot-speak"


class Language(StrEnum):
    """The language a caller hears."""

    INDONESIAN = "id"
    ENGLISH = "en"


class NumberSource(StrEnum):
    """Who vouches for the caller's number."""

    ASSERTED = "asserted"
    """The trunk, in P-Asserted-Identity (RFC 3325)."""
    CLAIMED = "claimed"
    """Only the From header says so: forgeable."""
    NONE = "none"
    """No usable number: the caller is unidentified, never counted, never blocked."""


class OriginBy(StrEnum):
    """What tells which Polda a call belongs to."""

    DIALLED = "dialled"
    """The number that the caller dialled, such as an area code and 110."""
    LOCATION = "location"
    """The place that the carrier names in the SIP message (RFC 6442)."""
    AREA_CODE = "area-code"
    """The area code of the caller's landline."""
    TRUNK = "trunk"
    """The carrier's or gateway's line on which he comes in."""
    DEFAULT = "default"
    """Nothing of that: the site's own."""


class BlockCause(StrEnum):
    """How a number came onto the blocklist."""

    BY_HAND = "by-hand"
    """An administrator, for a reason of his own."""
    THRESHOLD = "threshold"
    """Enough calls were judged a prank (SOP S2 VIII): the block carries its evidence."""
    IMPORTED = "imported"
    """From a list, such as another Polda's."""


class BlockWarning(StrEnum):
    """What a supervisor should look at before he defends a block: a number can be forged."""

    ONE_OPERATOR = "one-operator"
    """All verdicts come from one operator."""
    HURRIED = "hurried"
    """All verdicts were given within minutes."""


class CallbackOutcome(StrEnum):
    """What came of calling back somebody who had hung up waiting."""

    ANSWERED = "answered"
    NO_ANSWER = "no-answer"
    BUSY = "busy"
    UNAVAILABLE = "unavailable"
    """The trunk could not bring the call to him."""
    CANCELLED = "cancelled"
    """The operator hung up while it rang."""
    CALLED_IN = "called-in"
    """He dialled 110 himself in that moment: he is served as a caller."""


class ShiftGap(StrEnum):
    """Why a shift counts as empty."""

    NOBODY_ON_ROSTER = "nobody-on-roster"
    """Nobody is written down for it."""
    NOBODY_LOGGED_IN = "nobody-logged-in"
    """It has begun, and nobody of those who are on is logged in."""


class OffShift(StrEnum):
    """What was done about an operator who is logged in outside of his shift."""

    REMINDED = "reminded"
    """It is told, and he stays."""
    LOGGED_OUT = "logged-out"
    LAST_ONE = "last-one"
    """He stays, for without him a queue would have nobody."""
    REFUSED = "refused"
    """He was not logged in at all."""


class TransferKind(StrEnum):
    """How an operator brings a Polres into the call."""

    JOIN = "join"
    """``*75``: make before break; caller and operator talk while the Polres rings."""
    BLIND = "blind"
    """The phone's own blind transfer (REFER): the operator's leg is gone."""
    ATTENDED = "attended"
    """The phone's own attended transfer (REFER with Replaces)."""


class TransferFailure(StrEnum):
    """Why a Polres did not take the call."""

    NO_ANSWER = "no-answer"
    BUSY = "busy"
    UNAVAILABLE = "unavailable"
    DROPPED = "dropped"
    """The Polres answered and was gone again before it could have helped."""
    CALLER_GONE = "caller-gone"


class LeaveCause(StrEnum):
    """How a party left the call."""

    NORMAL = "normal"
    LOST = "lost"
    """The leg died: no media, no route, device gone."""


class EndedBy(StrEnum):
    """Who ended the call."""

    CALLER = "caller"
    AGENT = "agent"
    POLRES = "polres"
    LOST = "lost"
    """The trunk or the PBX lost the leg."""


class Supervision(StrEnum):
    """What a supervisor does with an operator's call."""

    LISTEN = "listen"
    """He hears both, and nobody hears him."""
    WHISPER = "whisper"
    """The operator hears him, the caller does not."""
    JOIN = "join"
    """All three hear each other."""
    TAKE_OVER = "take-over"
    """He joins, and then the operator leaves."""


class SupervisionStep(StrEnum):
    """Where that is."""

    BEGAN = "began"
    ENDED = "ended"


class DeviceState(StrEnum):
    """What an operator's phone does, as the queue sees it (Asterisk's device states)."""

    UNKNOWN = "unknown"
    NOT_IN_USE = "not-in-use"
    IN_USE = "in-use"
    BUSY = "busy"
    INVALID = "invalid"
    UNAVAILABLE = "unavailable"
    """Not registered, or does not answer."""
    RINGING = "ringing"
    RING_IN_USE = "ring-in-use"
    """Rings while it is in use."""
    ON_HOLD = "on-hold"


class AgentState(StrEnum):
    """What a supervisor sees of an operator."""

    OFFLINE = "offline"
    """Not logged in, or his phone is not reachable."""
    IDLE = "idle"
    RINGING = "ringing"
    TALKING = "talking"
    WRAP_UP = "wrap-up"
    PAUSED = "paused"


class ClimbWho(StrEnum):
    """Who rings at a level of the climb."""

    POLSEK = "polsek"
    POLRES = "polres"
    POLDA = "polda"
    NEIGHBOURS = "neighbours"
    MABES = "mabes"
    NUMBER = "number"


class OverflowReason(StrEnum):
    """Why nobody can take a waiting call."""

    NOBODY = "nobody"
    """Nobody is there, at any level."""
    NUMBER_FAILED = "number-failed"
    """The last level's number was busy, did not answer, or nobody pressed 1."""


class Stage(StrEnum):
    """Where a live call is, as the dialplan writes it on the caller's channel (``CC110_STAGE``)."""

    GREETING = "greeting"
    QUEUE = "queue"
    AGENT = "agent"
    POLRES_RINGING = "polres-ringing"
    POLRES = "polres"
    RETURNING = "returning"


class SyntheticStage(StrEnum):
    """The stages of a synthetic call, in the order in which it passes them."""

    TRUNK = "trunk"
    """The PBX's SIP side takes the call, and intake lets it in."""
    GREETING = "greeting"
    """The caller hears the greeting, and is led through it."""
    QUEUE = "queue"
    """The queue takes him and rings."""
    ANSWER = "answer"
    """Who answers hears him."""
    RECORDING = "recording"
    """All of it is in one file."""


class SyntheticFault(StrEnum):
    """What is wrong at a stage of a synthetic call."""

    NO_PBX = "the PBX does not take the order"
    NOT_LET_IN = "the call was not let in"
    NOT_GREETED = "nothing was heard of the greeting"
    PROMPT_MISSING = "a prompt could not be played"
    NOT_LED_ON = "the greeting did not end"
    NOT_QUEUED = "the queue was not reached"
    NOT_RUNG = "the queue did not ring"
    NOT_CONNECTED = "who answered was not connected"
    NOT_HEARD = "who answered did not hear the caller"
    NOT_ENDED = "the call did not end"
    NO_RECORDER = "the recorder was not started"
    NO_FILE = "there is no recording that can be read"
    TOO_SHORT = "the recording lacks a part of the call"
