"""Numbers on and off the blocklist, while no daemon runs."""

import getpass
from datetime import UTC, datetime, timedelta

import pytest

from cc110.core.ids import Number
from tests.unit.cli.shell import Answer, Shell

NUMBER = "6284012345678"


def add(shell: Shell, *words: str, number: str = "0840-1234-5678") -> Answer:
    return shell("blocklist", "add", number, "--reason", "prank calls", *words)


@pytest.mark.parametrize(
    "typed", ["0840-1234-5678", "+62 840 1234 5678", "84012345678", "0062840(1234)5678"]
)
def test_any_usual_form_is_the_same_number(typed: str, shell: Shell) -> None:
    """The answer has the normal form."""
    answer = add(shell, "--forever", number=typed)

    assert answer.code == 0
    assert answer.out.startswith(f"{NUMBER} (0840-1234-5678) is blocked for ever.")
    assert [row["number"] for row in shell("blocklist", "list", "--json").objects] == [NUMBER]


def test_without_a_daemon_it_is_written_down_for_later(shell: Shell) -> None:
    """Nobody is told that the PBX has it when it has not."""
    answer = add(shell, "--forever")

    assert answer.out.endswith("the PBX gets it as soon as the daemon has a link to it.\n")
    assert add(shell, "--forever", "--json").object == {
        "number": NUMBER,
        "until": 0,
        "in_pbx": False,
    }


def test_a_block_lasts_as_long_as_was_said(shell: Shell) -> None:
    """A length, a time in the site's zone, or 30 days if nothing is said."""
    now = datetime.now(UTC)
    default, for_12h, until = (
        datetime.fromtimestamp(add(shell, *words, "--json").object["until"], UTC)
        for words in ([], ["--for", "12h"], ["--until", "2030-01-01"])
    )

    assert timedelta(hours=12) <= for_12h - now + timedelta(seconds=1) < timedelta(hours=13)
    assert timedelta(days=30) <= default - now + timedelta(seconds=1) < timedelta(days=31)
    assert until == datetime(2029, 12, 31, 17, tzinfo=UTC)


def test_a_second_block_lasts_longer_if_nothing_is_said(shell: Shell) -> None:
    """By the site's settings: 30 days, then 90; by hand as by count."""
    add(shell, "--for", "1d")
    end = datetime.fromtimestamp(add(shell, "--json").object["until"], UTC)

    assert timedelta(days=90) <= end - datetime.now(UTC) + timedelta(minutes=1) < timedelta(days=91)


def test_the_doer_is_the_login_name_unless_said(shell: Shell) -> None:
    """Nothing is done by nobody."""
    add(shell, "--forever")
    assert shell("blocklist", "show", NUMBER, "--json").object["by"] == getpass.getuser()

    add(shell, "--by", "Padal Contoh")
    assert shell("blocklist", "show", NUMBER, "--json").object["by"] == "Padal Contoh"


def test_a_block_has_a_note_and_an_owner(shell: Shell) -> None:
    """Whoever asks later knows whom to ask."""
    add(shell, "--note", "letter 17", "--owner", "polda-sumut")

    shown = shell("blocklist", "show", NUMBER).lines
    assert "Penanggung jawab   polda-sumut" in shown
    assert "Catatan            letter 17" in shown


def test_a_removed_number_keeps_its_history(shell: Shell) -> None:
    """It is not in force, yet it can be seen with all."""
    add(shell, "--forever")
    answer = shell("blocklist", "remove", "0840-1234-5678", "--reason", "verified", "--json")
    shown = shell("blocklist", "show", NUMBER)

    assert answer.object == {"number": NUMBER, "in_pbx": False}
    assert shell("blocklist", "list", "--json").objects == []
    assert shell("blocklist", "list").err == "Tidak ada nomor yang diblokir.\n"
    assert [row["in_force"] for row in shell("blocklist", "list", "--all", "--json").objects] == [
        False
    ]
    assert "Berlaku            dicabut" in shown.lines
    assert "Alasan pencabutan  verified" in shown.lines


def test_what_is_not_on_the_list_can_t_be_removed(shell: Shell) -> None:
    """A typing error in the number is noticed."""
    add(shell, "--forever")
    answer = shell("blocklist", "remove", "0840-1234-5679", "--reason", "x")

    assert answer.code == 1
    assert answer.err == "cc110: 6284012345679 is not on the blocklist.\n"


@pytest.mark.parametrize("number", ["110", "anonymous", "", "12345", "\x1b[2J"])
def test_who_is_not_identified_can_t_be_blocked(number: str, shell: Shell) -> None:
    """Neither can a service number be, nor a word."""
    answer = add(shell, number=number)

    assert answer.code == 1
    assert "identifies nobody" in answer.err
    assert "\x1b" not in answer.err
    assert not (shell.home / "journal.sqlite3").exists()


def test_a_long_list_is_listed_whole(shell: Shell) -> None:
    """More than the query gives in one page."""
    from cc110.core.events import NumberBlocked
    from tests.unit.cli.stories import fill, without_call

    numbers = [Number(f"62840{n:08}") for n in range(2500)]
    fill(
        shell.config,
        without_call(*(NumberBlocked(number=n, until=0, reason="x", by="x") for n in numbers)),
    )

    listed = shell("blocklist", "list", "--json").objects
    assert [row["number"] for row in listed] == numbers


def test_a_list_is_read_by_pages_and_filtered(shell: Shell) -> None:
    """What follows a page begins after its last number."""
    for number, by in (("0840-1234-5670", "x"), ("0840-1234-5671", "y"), ("0840-1234-5672", "x")):
        add(shell, "--forever", "--by", by, number=number)

    def listed(*words: str) -> list[str]:
        return [row["number"][-1] for row in shell("blocklist", "list", "--json", *words).objects]

    assert listed("--limit", "2") == ["0", "1"]
    assert listed("--limit", "2", "--after", "0840-1234-5671") == ["2"]
    assert listed("--by", "x") == ["0", "2"]
    assert listed("--cause", "by-hand", "--limit", "1") == ["0"]
    assert listed("--cause", "imported") == listed("--owner", "polda-sumut") == []
