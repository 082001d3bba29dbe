"""``cc110 callbacks``: who hung up waiting, without a daemon."""

from datetime import UTC, datetime, timedelta

from cc110.core import events as e
from cc110.core.ids import CallId, Number
from cc110.core.words import EndedBy
from tests.unit.cli.shell import Shell
from tests.unit.cli.stories import QUEUE, arrived, fill, story

NOW = datetime.now(UTC)
ANI, BUDI = Number("6284012345601"), Number("6284012345602")


def gave_up(call: str, number: Number | None, minutes_ago: float) -> list[e.Event]:
    """He waited half a minute."""
    return story(
        (0.0, arrived(number)),
        (5.0, e.CallQueued(queue=QUEUE, priority=5)),
        (35.0, e.CallAbandoned(waited_s=35.0)),
        (35.0, e.CallEnded(by=EndedBy.CALLER, duration_s=35.0)),
        call=CallId(call),
        start=NOW - timedelta(minutes=minutes_ago),
    )


def test_the_list_has_one_line_for_each_person_the_longest_first(shell: Shell) -> None:
    """Tries and the longest wait; filters; a sentence when there is nobody."""
    fill(
        shell.config,
        [
            *gave_up("a", ANI, 30),
            *gave_up("b", BUDI, 20),
            *gave_up("c", ANI, 10),
            *gave_up("d", None, 5),
        ],
    )

    listed = shell("callbacks", "list", "--json").objects
    assert [(one["number"], one["calls"], one["state"]) for one in listed] == [
        (ANI, 2, "open"),
        (BUDI, 1, "open"),
        (None, 1, "open"),
    ]
    assert listed[2]["why_not"] == "he gave no number"
    assert shell("callbacks", "list", "--queue", "polda-sumut", "--json").out == ""
    shown = shell("callbacks", "list", "--lang", "id").lines
    assert shown[0].split()[:2] == ["NOMOR", "MENUNGGU"]
    assert shown[1].startswith("0840-1234-5601")
    assert "tidak dapat ditelepon" in shown[3]
    told = shell("callbacks", "list", "--queue", "polda-sumut", "--lang", "en")
    assert "Nobody needs to be called back." in told.out + told.err


def test_a_claim_is_exclusive_and_done_takes_him_off_the_list(shell: Shell) -> None:
    """Each with its doer in the journal; what can't be done is one sentence and exit code 1."""
    fill(shell.config, [*gave_up("a", ANI, 30), *gave_up("d", None, 5)])

    claimed = shell("callbacks", "claim", "0840-1234-5601", "--agent", "1101", "--by", "Sari")
    assert (claimed.code, claimed.out) == (0, f"Operator 1101 calls back {ANI}.\n")
    assert shell("callbacks", "list", "--json").objects[0]["agent"] == "1101"
    assert [one["number"] for one in shell("callbacks", "list", "--open", "--json").objects] == [
        None
    ]
    for words, sentence in (
        (("claim", ANI, "--agent", "1102"), f"operator 1101 has claimed {ANI}"),
        (("claim", ANI, "--agent", "9"), "there is no operator 9"),
        (("claim", "d", "--agent", "1101"), "d can't be called back: he gave no number"),
        (("call", ANI, "--agent", "1101"), "this site has no trunk with `outbound`"),
        (("done", "0840-1234-5699", "--reason", "x"), "6284012345699 is not on the list"),
    ):
        answer = shell("callbacks", *words)
        assert answer.code == 1, words
        assert sentence in answer.err
    done = shell("callbacks", "done", ANI, "--reason", "spoke with him", "--by", "Sari", "--json")
    assert done.object == {"who": ANI}
    assert shell("callbacks", "done", "d", "--reason", "a test call").code == 0
    assert shell("callbacks", "list", "--json").out == ""
