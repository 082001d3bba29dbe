"""The dialplan and the daemon spell the same names: each one that Python knows is in the files, and the reverse."""

import re
from pathlib import Path

from cc110.core.climb import PENALTY
from cc110.core.words import (
    CallbackOutcome,
    MenuChoice,
    Stage,
    TransferFailure,
    TransferKind,
    Verdict,
)
from cc110.pbx import names
from cc110.pbx.translate import told as translated
from cc110.service.ranges import LENGTHS

ROOT = Path(__file__).parents[2]
DIALPLAN = "\n".join(path.read_text() for path in sorted((ROOT / "dialplan").glob("*.conf")))
CONF = "\n".join(path.read_text() for path in sorted((ROOT / "asterisk-conf").glob("*.conf")))
CODE = "\n".join(
    line for line in (DIALPLAN + CONF).splitlines() if not line.lstrip().startswith(";")
)


def test_each_fact_that_the_dialplan_tells_is_understood_and_each_understood_one_is_told() -> None:
    """The words of ``cc110-tell`` are exactly those that `translate` makes facts of."""
    told = set(re.findall(r"cc110-tell,s,1\(([a-z-]+),", CODE))

    assert set(translated._WORDS) == told


def test_each_variable_that_the_daemon_names_is_in_the_dialplan() -> None:
    """A renamed variable would silently be empty."""
    for name, value in vars(names).items():
        if name.startswith("VAR_"):
            assert re.search(rf"\b{value}\b", CODE), f"{name}: {value}"


def test_the_numbers_outside_are_called_by_the_name_that_the_dialplan_and_the_daemon_know() -> None:
    """Their endpoint is no operator; a leg that was skipped is written down by the record's word."""
    assert f"CELGenUserEvent({names.SKIPPED}," in CODE
    assert "[outside-endpoint](!" in CODE


def test_family_context_and_script_are_the_dialplan_s() -> None:
    """AstDB family, rescue context and FastAGI script exist under the names the daemon uses."""
    assert f"{names.BLOCK_FAMILY}/" in CODE
    assert f"DB_EXISTS({names.RANGE_FAMILY}/" in CODE
    assert f"DB({names.RANGE_FAMILY}/{LENGTHS})" in CODE
    assert f"DB({names.EXEMPT_FAMILY}/" in CODE
    assert f"DB({names.VERIFIED_FAMILY}/" in CODE
    assert f"[{names.CONTEXT_RESCUE}]" in CODE
    assert f"${{CC110_AGI}}/{names.AGI_IVR}," in CODE
    assert f"${{CC110_AGI}}/{names.AGI_CALLBACK}," in CODE
    assert f"${{CC110_AGI}}/{names.AGI_DUTY}," in CODE
    assert f"[{names.CONTEXT_CALLBACK}]" in CODE


def test_a_leg_tells_of_its_end_before_the_caller_s_side_may_go_on() -> None:
    """The caller's side waits for the note: noted first, it could tell of its own end before (`after.conf`)."""
    for context, fact, note in (
        ("cc110-agent-bye", "agent-gone", "CC110_AGENT_BYE"),
        ("cc110-polres-bye", "polres-gone", "CC110_XFER"),
        ("cc110-polres-failed", "transfer-failed", "CC110_XFER"),
    ):
        body = CODE.partition(f"[{context}]")[2].partition("\n[")[0]
        tells = body.index(f"cc110-tell,s,1({fact},")
        assert tells < body.index(f"cc110-note,s,1({note},"), context


def test_roles_and_stages_are_words_of_the_core() -> None:
    """What the dialplan writes onto channels is read back by a daemon that returns."""
    roles = set(re.findall(r"Set\(CC110_ROLE=([a-z]+)\)", CODE))
    stages = set(re.findall(r"Set\(CC110_STAGE=([a-z-]+)\)", CODE))

    assert {names.ROLE_AGENT, names.ROLE_POLRES} == roles
    assert stages <= {stage.value for stage in Stage}


def test_choices_verdicts_kinds_and_reasons_are_words_of_the_core() -> None:
    """Every vocabulary that crosses the border is closed on both sides."""
    kinds = set(re.findall(r"kind=([a-z]+)", CODE))
    verdicts = set(re.findall(r"cc110-code-verdict,s,1\(([a-z-]+)\)", CODE))
    outcomes = set(re.findall(r"Set\(CC110_CB_OUTCOME=([a-z-]+)\)", CODE))
    reasons = set(re.findall(r"cc110-(?:polres|blind)-failed,s,1\(([a-z-]+)\)", CODE))
    choices = set(re.findall(r"Set\(CC110_CHOICE=([a-z-]+)\)", CODE))

    assert {kind.value for kind in TransferKind} == kinds
    assert {verdict.value for verdict in Verdict} == verdicts
    assert reasons <= {reason.value for reason in TransferFailure}
    assert choices <= {choice.value for choice in MenuChoice}
    assert outcomes <= {outcome.value for outcome in CallbackOutcome}


def test_no_pattern_matches_anything_at_all() -> None:
    """Only digits and X: an extension with ``.`` or ``!`` would take bytes that forge AMI headers."""
    patterns = re.findall(r"^exten => (_[^,]+),", CODE, re.MULTILINE)

    assert patterns
    assert not [one for one in patterns if re.search(r"[.!]", one)]


def test_t8_who_is_bridged_is_named_by_his_channel_s_whole_name() -> None:
    """Asterisk takes 1786935845.17 for 1786935845.1: a uniqueid is found by its beginning."""
    named = re.findall(r"\bBridge(?:Add)?\((.*)\)$", CODE, re.MULTILINE)

    assert named
    assert set(named) <= {
        "${CC110_CHANNAME}",
        "${SHARED(CC110_POLRES_NAME)}",
        "${SHARED(CC110_AGENT_NAME)}",
        "${CC110_OUTSIDE_LEG},x",
    }


def test_every_file_is_one_subject_of_at_most_100_lines() -> None:
    """Somebody new finds a step by the file's name and sees it on one page."""
    for path in (ROOT / "dialplan").glob("*.conf"):
        assert len(path.read_text().splitlines()) <= 100, path.name


def test_the_dialplan_reckons_levels_by_the_core_s_penalty() -> None:
    """What each level of the climb adds is said in cc110/core/climb.py; a dialplan can only repeat it."""
    said = re.findall(r"QUEUE_MEMBER\([^\n]*?,penalty,[^\n]*? / (\d+)", CODE)
    assert set(said) == {str(PENALTY)}
