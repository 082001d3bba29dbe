"""The dialplan's contract of names: what the ``.conf`` files and the daemon must spell alike.

A test holds each name here against ``dialplan/`` and ``asterisk-conf/``, both ways.
"""

from typing import Final

USER_EVENT: Final = "CC110"
"""``UserEvent(CC110,Fact: ...,Call: ...,Data: key=value|key=value)``, sent by ``cc110-tell``."""

BLOCK_FAMILY: Final = "cc110-block"
"""AstDB family: key = number in normal form, value = expiry as Unix time, 0 = for ever."""

RANGE_FAMILY: Final = "cc110-range"
"""AstDB family: key = the digits that numbers begin with, value = ``<expiry>:<digits of the numbers, 0 = any>``;
key ``lengths`` = how long the keys are, the longest first, with ``:`` between them."""

EXEMPT_FAMILY: Final = "cc110-exempt"
"""AstDB family: a number that no range blocks; the value says nothing."""

VERIFIED_FAMILY: Final = "cc110-verified"
"""AstDB family: key = number, value = ``<Unix time>:<operator>:<call id>`` of a ``*76`` that the daemon
has yet to write down."""

TEST_EVENT: Final = "CC110Test"
"""What a synthetic call tells instead of ``USER_EVENT``, live and in the PBX's own record."""

TEST: Final = "cc110-test"
"""The synthetic call's SIP account, AMI account and queue."""

TEST_CALL: Final = "test-"
"""How a synthetic call's id begins; no other call's does."""

OUTSIDE: Final = "cc110-outside"
"""The SIP endpoint through which the climb's numbers are called, and the context of their queue members."""

OWN_DESK: Final = "cc110-own-desk"
"""The context of the queue members that ring the desk of a caller's own Polres or Polsek."""

SKIPPED: Final = "CC110-skipped"
"""What the PBX's record says of a leg that was begun for a queue member and never reached his phone."""

CONTEXT_TEST_CALLER: Final = "cc110-test-caller"
"""The calling side of a synthetic call."""

CONTEXT_RESCUE: Final = "cc110-rescue"
"""Where the daemon redirects a caller whom nobody has: the front of the queue."""

AGI_IVR: Final = "ivr"
"""The FastAGI script that greets (``agi://host:port/ivr``)."""

AGI_CALLBACK: Final = "callback"
"""The FastAGI script that says whom an operator calls back (``*15``)."""

AGI_DUTY: Final = "duty"
"""The FastAGI script that says whether an operator may log in (``*11``), where the site asks."""

VAR_DUTY: Final = "CC110_DUTY"
"""``off``: it is not his shift. Anything else: he may."""

CONTEXT_CALLBACK: Final = "cc110-callback"
"""Where an operator is after ``*15``, or when he has answered a phone that the daemon rang for it."""

VAR_CALLBACK: Final = "CC110_CB"
"""Set last: ``call``, or ``none`` when there is nobody; anything else means: not now."""
VAR_CALLBACK_NUMBER: Final = "CC110_CB_NUMBER"
VAR_CALLBACK_DIAL: Final = "CC110_CB_DIAL"
"""The number as the outbound trunk wants it."""
VAR_CALLBACK_OF: Final = "CC110_CB_OF"
VAR_CALLBACK_QUEUE: Final = "CC110_CB_QUEUE"
AGI_PLACE: Final = "place"
"""The FastAGI script that tells the Polda of a place in degrees, within ``[agi] place_s``."""

VAR_CALL: Final = "CC110_CALL"
VAR_CHAN: Final = "CC110_CHAN"
VAR_ROLE: Final = "CC110_ROLE"
VAR_AGENT: Final = "CC110_AGENT"
VAR_POLRES: Final = "CC110_POLRES"
VAR_NUMBER: Final = "CC110_NUMBER"
VAR_SOURCE: Final = "CC110_SOURCE"
VAR_DIALLED: Final = "CC110_DIALLED"
VAR_TRUNK: Final = "CC110_TRUNK"
VAR_QUEUE: Final = "CC110_QUEUE"
VAR_UNTIL: Final = "CC110_UNTIL"
"""Expiry of a blocked caller's block; set before anything else becomes of him."""
VAR_VERIFY: Final = "CC110_VERIFY"
"""Set once a blocked caller was let in to be verified; without it he is no call of ours."""
VAR_STAGE: Final = "CC110_STAGE"
VAR_RECORDING: Final = "CC110_RECORDING"
VAR_LANG: Final = "CC110_LANG"
VAR_CHOICE: Final = "CC110_CHOICE"
"""Set last by the IVR; anything but a value in it means: go on with the default."""
VAR_SPOKE: Final = "CC110_SPOKE"
"""Set when the daemon's first prompt has begun: the dialplan then does not greet once more."""
VAR_LABEL: Final = "CC110_LABEL"
"""What is known of the caller, for the operator's display."""

VAR_PLACE: Final = "CC110_PLACE"
"""Where the caller is, for people."""
VAR_PLACE_UNIT: Final = "CC110_PLACE_UNIT"
VAR_PLACE_DESK: Final = "CC110_PLACE_DESK"
"""The Polsek there, where the climb rings Polseks."""
VAR_PLACE_QUEUE: Final = "CC110_PLACE_QUEUE"
"""Set last by ``place``; without it the place decides nothing."""

STATUS_VARIABLES: Final = (
    VAR_CALL,
    VAR_CHAN,
    VAR_ROLE,
    VAR_AGENT,
    VAR_POLRES,
    VAR_NUMBER,
    VAR_SOURCE,
    VAR_DIALLED,
    VAR_TRUNK,
    VAR_QUEUE,
    VAR_UNTIL,
    VAR_VERIFY,
    VAR_STAGE,
    VAR_RECORDING,
)
"""What the daemon asks of every channel when it rebuilds its state."""

ROLE_AGENT: Final = "agent"
ROLE_POLRES: Final = "polres"
