"""What happens to a caller whose operator or Polres has left: the decision table of the dialplan.

| who left | how | Polres rings | others in | then |
|---|---|---|---|---|
| anybody | any | any | somebody who can help | the talk goes on |
| operator | any | yes | nobody | he waits for the Polres |
| operator | lost | no | nobody | front of the queue |
| operator | normal | no | nobody | hang up: a party ended the call |
| Polres | lost, or before ``polres_min_talk_s`` | no | nobody | front of the queue |
| Polres | normal, later than that | no | nobody | closing words, then the queue for who stays |

An operator who leaves before the PBX told that he took the call had no talk: that is a leg lost, also
when he hung up.

The dialplan carries it out by itself; ``evolve`` only derives from it how long that may take. An
operator who is still in after a Polres left has the caller back: the talk goes on with him. No
verdict changes a row: a prank's closing words are part of the hang-up.
"""

from enum import StrEnum

from cc110.core.policy import Policy
from cc110.core.words import LeaveCause


class Party(StrEnum):
    """Who left the talk."""

    OPERATOR = "operator"
    POLRES = "polres"


class AfterTalk(StrEnum):
    """What the dialplan does next with the caller."""

    TALK_GOES_ON = "talk-goes-on"
    WAIT_FOR_POLRES = "wait-for-polres"
    HANG_UP = "hang-up"
    FRONT_OF_QUEUE = "front-of-queue"
    CLOSING_THEN_QUEUE = "closing-then-queue"


def after_talk(
    *,
    left: Party,
    cause: LeaveCause,
    others_in: bool,
    polres_rings: bool,
    talk_s: float,
    policy: Policy,
) -> AfterTalk:
    """The table above.

    Args:
        left: who left.
        cause: how.
        others_in: somebody else still talks with the caller.
        polres_rings: an attempt to bring in a Polres is still open.
        talk_s: how long who left had been in the talk, in seconds.
        policy: the site's limits.
    """
    if others_in:
        return AfterTalk.TALK_GOES_ON
    if polres_rings:
        return AfterTalk.WAIT_FOR_POLRES
    if cause is LeaveCause.LOST:
        return AfterTalk.FRONT_OF_QUEUE
    if left is Party.OPERATOR:
        return AfterTalk.HANG_UP
    helped = talk_s >= policy.polres_min_talk_s
    return AfterTalk.CLOSING_THEN_QUEUE if helped else AfterTalk.FRONT_OF_QUEUE
