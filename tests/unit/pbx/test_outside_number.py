"""A number of the climb in Asterisk's words: it rings and answers like an operator, and is none."""

from cc110.core import facts as f
from cc110.pbx.ami import AmiMessage
from cc110.pbx.translate import call_facts, dialplan_fact, happened_at, roster_facts

CALL = "20260817-030405-18-4822"
STAMP = ("Timestamp", "1786935845.500000")


def rings(channel: str) -> AmiMessage:
    """That channel rings for the call."""
    said = {"Event": "DialState", "DialStatus": "RINGING", "DestChannel": channel}
    return AmiMessage((*said.items(), STAMP, ("DestChanVariable", f"CC110_CALL={CALL}")))


def test_the_number_s_member_rings_and_its_outside_leg_is_nobody() -> None:
    """The leg beside the queue is called for it; the member is what the queue rings."""
    (ring,) = call_facts(rings("Local/number-1@cc110-outside-0000002b;1"))
    assert isinstance(ring, f.AgentRinging)
    assert ring.agent == "number-1"
    assert call_facts(rings("PJSIP/cc110-outside-0000002c")) == ()


def test_the_number_s_place_in_the_queue_is_no_operator_s() -> None:
    """Nobody logs it in or out."""
    place = {"Queue": "polda-x", "Interface": "Local/number-1@cc110-outside/n", "Status": "1"}
    assert roster_facts(AmiMessage((("Event", "QueueMemberStatus"), *place.items())), {}) == ()


def test_a_level_of_desks_rings_nobody_and_the_desk_s_phone_rings_as_an_operator_s() -> None:
    """The member stands for all desks of its level; the phone behind it says which."""
    assert call_facts(rings("Local/polres@cc110-own-desk-0000002b;1")) == ()
    (ring,) = call_facts(rings("PJSIP/7101-0000002c"))
    assert isinstance(ring, f.AgentRinging)
    assert ring.agent == "7101"


def test_who_was_there_is_told_with_the_queueing() -> None:
    """What is no set of levels says nothing."""
    at = happened_at(AmiMessage((STAMP,)))
    found = [
        dialplan_fact(
            at=at, word="queued", call_id=CALL, channel="1.1", data=f"queue=a|priority=5|staff={it}"
        )
        for it in ("101", "1x1", "")
    ]
    assert [one.staff for one in found if isinstance(one, f.Queued)] == ["101", "", ""]
