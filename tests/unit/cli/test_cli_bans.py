"""``cc110 bans``: who is banned, and the end of it by hand."""

import time

from cc110.core.events import AddressBanned
from tests.unit.cli.shell import Shell
from tests.unit.cli.stories import fill, without_call

SOON = int(time.time()) + 3600
BAN = AddressBanned(address="203.0.113.66", until=SOON, failures=20, times=2)
NETWORK = AddressBanned(address="2001:db8:5::/64", until=SOON + 60, failures=20, times=1)
OVER = AddressBanned(address="203.0.113.67", until=1_700_000_000, failures=20, times=1)


def test_the_list_has_what_holds_now(shell: Shell) -> None:
    """The next to end first; nothing that is over; a sentence when there is none."""
    fill(shell.config, without_call(NETWORK, BAN, OVER))

    listed = shell("bans", "list", "--json").objects
    assert [(one["address"], one["until"], one["times"]) for one in listed] == [
        ("203.0.113.66", SOON, 2),
        ("2001:db8:5::/64", SOON + 60, 1),
    ]
    shown = shell("bans", "list", "--lang", "id").lines
    assert shown[0].split()[:2] == ["ALAMAT", "BERLAKU"]
    assert shown[1].startswith("203.0.113.66")


def test_a_ban_is_lifted_without_the_daemon_as_well(shell: Shell) -> None:
    """With its doer in the journal; the daemon tells the PBX when it runs again."""
    fill(shell.config, without_call(BAN, NETWORK))

    answer = shell("bans", "lift", "203.0.113.66", "--reason", "phone set up anew", "--by", "Sari")
    assert (answer.code, answer.out) == (0, "Not banned any more: 203.0.113.66.\n")
    assert shell("bans", "lift", "2001:db8:5::7", "--reason", "x", "--json").object == {
        "address": "2001:db8:5::/64"
    }
    assert shell("bans", "list", "--json").out == ""
    told = shell("bans", "list", "--lang", "en")
    assert "No address is banned" in told.err + told.out


def test_what_is_not_banned_can_t_be_lifted(shell: Shell) -> None:
    """One clear sentence; an ended ban is none."""
    fill(shell.config, without_call(OVER))
    for address, sentence in (
        ("203.0.113.67", "203.0.113.67 is not banned"),
        ("nobody", "'nobody' is no IP address"),
    ):
        answer = shell("bans", "lift", address, "--reason", "x")
        assert answer.code == 1
        assert answer.err.startswith(f"cc110: {sentence}")
    assert shell("bans", "lift", "203.0.113.67").code == 2
