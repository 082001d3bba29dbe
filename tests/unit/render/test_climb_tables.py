"""The climb as tables: each set of staffed levels, the queue's rules, the numbers outside."""

import re

from cc110.core import climb
from tests.unit.config.site_copy import SiteCopy
from tests.unit.render.test_tables import DIRECTORY, body, rendered

LEVEL = '[[climb.level]]\nafter_s = {}\nwho = "{}"\n'
FOUR = (
    LEVEL.format(0, "polda")
    + LEVEL.format(10, "mabes")
    + LEVEL.format(20, "number")
    + 'numbers = ["+6280000000390", "0215550100"]\n'
)


def with_numbers(site: SiteCopy) -> None:
    """Polda, Mabes, two numbers; the trunk takes them."""
    site.append(DIRECTORY, FOUR)
    site.edit(DIRECTORY, 'id = "demo"', 'id = "demo"\noutbound = "192.0.2.7:5070"')


def test_each_set_of_levels_says_when_they_open(site: SiteCopy) -> None:
    """Without a climb of its own: the Polda, after ten seconds Mabes."""
    text = body(rendered(site)["climb.conf"])

    found = re.findall(r"^exten => (\d+),1,Set\(__CC110_OPENS=(.*)\)$", text, re.MULTILINE)
    assert found == [("00", "0:0"), ("01", "0:0"), ("10", "0:10"), ("11", "0:10")]
    highest = re.findall(r"QUEUE_MAX_PENALTY=(\d+)\)", text)
    assert highest == ["10", "10", "0", "0"]


def test_every_rule_opens_each_level_before_its_second_and_then_lets_all_take_turns(
    site: SiteCopy,
) -> None:
    """The queue is early by whole seconds; the leg's own look keeps the moment."""
    with_numbers(site)
    text = body(rendered(site)["queuerules.conf"])

    rules = dict(re.findall(r"^\[climb-(\d+)\]\n((?:penaltychange.*\n?)*)", text, re.MULTILINE))
    assert set(rules) == set(climb.keys(3))
    assert rules["111"].split("\n")[:4] == [
        "penaltychange => 7,10,0,0",
        "penaltychange => 10,10,0,10",
        "penaltychange => 17,20,0,10",
        "penaltychange => 20,20,0,20",
    ]
    assert rules["001"] == ""


def test_a_number_is_a_member_of_every_queue_and_is_called_through_the_trunk(
    site: SiteCopy,
) -> None:
    """Exactly these, by an endpoint that nobody comes in by."""
    with_numbers(site)
    found = rendered(site)

    queues = found["queues.conf"].text
    for name in ("number-1", "number-2"):
        assert queues.count(f"member => Local/{name}@cc110-outside/n,20,{name}\n") == 2
    text = found["climb.conf"].text
    assert "exten => number-1,1,Set(__CC110_OUTSIDE=number-1)" in text
    assert "DIAL=PJSIP/cc110-outside/sip:+6280000000390@192.0.2.7:5070)" in text
    assert "DIAL=PJSIP/cc110-outside/sip:0215550100@192.0.2.7:5070)" in text
    assert body(found["pjsip-outside.conf"]).strip() == "[cc110-outside](outside-endpoint)"


BELOW = LEVEL.format(0, "polres") + LEVEL.format(10, "polda") + LEVEL.format(20, "mabes")


def test_one_member_stands_for_the_desks_of_a_level(site: SiteCopy) -> None:
    """It rings for several callers at once, and has hardly a wrap-up; each unit's desks are a table."""
    site.append(DIRECTORY, BELOW)
    site.edit(DIRECTORY, 'id = "demo"', 'id = "demo"\nunit = "polres-medan"')
    found = rendered(site)

    member = "member => Local/polres@cc110-own-desk/n,0,polres,,yes,1\n"
    assert found["queues.conf"].text.count(member) == 2
    desks = found["climb.conf"].text
    assert "exten => polres-medan,1,MSet(__CC110_DESK_POLSEK=,__CC110_DESK_POLRES=7201)" in desks
    said = found["globals.conf"].text
    assert "CC110_DESK_LEVELS=0:POLRES\n" in said
    assert "CC110_DESK_TRUNK_trunk-demo=polres-medan\n" in said


def test_no_leg_is_begun_for_a_desk_that_a_caller_does_not_have(site: SiteCopy) -> None:
    """As long as only his first level rings; with nobody anywhere all are tried."""
    site.append(DIRECTORY, BELOW)
    text = body(rendered(site)["climb.conf"])

    least = re.findall(r"exten => (\d+),1,.*\n.*\n same => n,Set\(QUEUE_MIN_PENALTY=(\d+)\)", text)
    assert dict(least) == {
        "000": "0",
        **dict.fromkeys(("001", "010", "011"), "10"),
        **dict.fromkeys(("100", "101", "110", "111"), "0"),
    }


def test_a_climb_that_rings_no_desks_asks_for_none(site: SiteCopy) -> None:
    """One empty variable, and no member."""
    found = rendered(site)

    assert "CC110_DESK_LEVELS=\n" in found["globals.conf"].text
    assert "cc110-own-desk" not in "".join(table.text for table in found.values())


def test_without_a_number_nothing_goes_outside(site: SiteCopy) -> None:
    """No endpoint, no member, no extension."""
    found = rendered(site)

    assert body(found["pjsip-outside.conf"]) == ""
    assert "number-" not in "".join(table.text for table in found.values())


def test_an_operator_of_two_queues_takes_the_longest_waiting_unless_poldas_help_each_other(
    site: SiteCopy,
) -> None:
    """Else his own callers would wait for a neighbour's whom he may not have yet."""
    assert "caller=yes" in rendered(site)["queues-general.conf"].text
    site.append(DIRECTORY, LEVEL.format(0, "polda") + LEVEL.format(10, "neighbours"))
    assert "caller=no" in rendered(site)["queues-general.conf"].text
