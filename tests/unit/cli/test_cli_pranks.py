"""Pranks as a supervisor sees them: what counts, what led to a block, and how a verdict is taken back."""

from datetime import timedelta

from cc110.core import events as e
from cc110.core.ids import AgentId, CallId
from cc110.core.words import BlockCause, BlockWarning, EndedBy, NumberSource, Verdict
from tests.unit.cli.shell import Shell
from tests.unit.cli.stories import (
    AGENT,
    ANSWERED,
    NUMBER,
    START,
    WAITING,
    fill,
    story,
    without_call,
)

PRANK = (30.0, e.VerdictGiven(agent=AGENT, verdict=Verdict.PRANK))


def prank(n: int) -> list[e.Event]:
    """The call of one day."""
    return story(
        *WAITING,
        ANSWERED,
        PRANK,
        (40.0, e.CallEnded(by=EndedBy.AGENT, duration_s=40.0)),
        call=CallId(f"2026081{n}-030405-1{n}-4821"),
        start=START + timedelta(days=n),
    )


def block() -> list[e.Event]:
    """What five of them led to."""
    evidence = tuple(
        e.Evidence(
            call_id=CallId(f"2026081{n}-030405-1{n}-4821"),
            at=START + timedelta(days=n, seconds=30),
            agent=AgentId("1101"),
            source=NumberSource.ASSERTED,
            recording=f"2026/08/1{n}/call.wav",
        )
        for n in range(5)
    )
    return without_call(
        e.NumberBlocked(
            number=NUMBER,
            until=0,
            reason="5 panggilan iseng",
            by="cc110",
            cause=BlockCause.THRESHOLD,
            evidence=evidence,
            warnings=(BlockWarning.ONE_OPERATOR,),
            owner="polda-metro-jaya",
        )
    )


def test_a_block_is_shown_with_all_that_it_rests_on(shell: Shell) -> None:
    """Calls, operators, times and recordings; and what a supervisor should mind."""
    fill(shell.config, [one for n in range(5) for one in prank(n)] + block())

    shown = shell("blocklist", "show", NUMBER)
    assert shown.code == 0
    assert "semua penilaian dari satu operator" in shown.out
    assert "Bukti pemblokiran:" in shown.lines
    for n in range(5):
        assert f"2026/08/1{n}/call.wav" in shown.out
    as_json = shell("blocklist", "show", NUMBER, "--json").object
    assert as_json["cause"] == "threshold"
    assert len(as_json["evidence"]) == 5
    assert as_json["evidence"][0]["agent"] == "1101"


def test_what_counts_is_shown_before_there_is_a_block(shell: Shell) -> None:
    """Two of five."""
    fill(shell.config, prank(1) + prank(2))

    shown = shell("blocklist", "show", NUMBER, "--lang", "en")
    assert "never blocked" in shown.out
    assert "2 / 5" in shown.out
    assert shell("blocklist", "show", NUMBER, "--json").object["counted"][0]["agent"] == "1101"


def test_a_verdict_is_taken_back_once(shell: Shell) -> None:
    """With a reason and a doer; a second time there is none left."""
    fill(shell.config, prank(1) + prank(2))
    words = ("calls", "withdraw", "11-4821", "--reason", "wrong button", "--by", "Padal Contoh")

    assert shell(*words).out == "The verdict on call 20260811-030405-11-4821 is withdrawn.\n"
    assert "1 / 5" in shell("blocklist", "show", NUMBER).out
    assert "dicabut oleh Padal Contoh: wrong button" in shell("calls", "show", "11-4821").out
    again = shell(*words)
    assert again.code == 1
    assert again.err == "cc110: call 20260811-030405-11-4821 has no verdict.\n"


def test_a_withdrawal_needs_a_reason(shell: Shell) -> None:
    """Nothing is undone without saying why."""
    fill(shell.config, prank(1))

    answer = shell("calls", "withdraw", "11-4821", "--reason", " ")
    assert answer.code == 1
    assert "needs a reason" in answer.err
    assert shell("calls", "withdraw", "nobody", "--reason", "x").code == 1
