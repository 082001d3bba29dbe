"""Forty ways to break a site's configuration of the PBX, each named with its file and line, all at once.

The first line that fits is changed; the finding is in that line, unless the break says where else.
"""

import re
from dataclasses import dataclass

import pytest

from cc110.config.problem import Severity
from cc110.pbx.dialplan.vocabulary import applications, functions, options
from cc110.pbx.looks import look_at_dialplan
from tests.unit.config.site_copy import SiteCopy

from .test_dialplan_check import broken


@dataclass(frozen=True)
class Break:
    """What is changed, and what is said of it."""

    name: str
    old: str
    new: str
    message: str
    at: str = ""
    """A text in the line of the finding, if it is another one."""

    def __str__(self) -> str:
        return self.name


BREAKS = [
    Break("application that is none", r"Playback\(cc110/closing", "Plaback(cc110/closing",
          r"Asterisk has no application `Plaback`; did you mean `Playback`\?"),
    Break("application within ExecIf", r"\?Playback\(cc110/closing\)", "?Plybck(cc110/closing)",
          "Asterisk has no application `Plybck`"),
    Break("application whose module is not loaded", r"StopMixMonitor\(\)", "System(rm)",
          r"System: modules\.conf does not load app_system\.so"),
    Break("module that an application needs", r"load = app_read\.so", "; load = app_read.so",
          r"Read: modules\.conf does not load app_read\.so", at="Read(keyed"),
    Break("module that a function needs", r"load = func_cut\.so", "; load = func_cut.so",
          r"CUT\(\): modules\.conf does not load func_cut\.so", at="${CUT(UNIQUEID"),
    Break("function that is none", r"\$\{STRFTIME\(", "${STRFTIM(",
          r"Asterisk has no function `STRFTIM`; did you mean `STRFTIME`\?"),
    Break("function that is set", r"Set\(TIMEOUT\(absolute\)=0", "Set(TIMOUT(absolute)=0",
          r"Asterisk has no function `TIMOUT`; did you mean `TIMEOUT`\?"),
    Break("closing bracket too many", r"Gosub\(cc110-number,s,1\)", "Gosub(cc110-number,s,1))",
          r"Gosub: one `\)` too many"),
    Break("quote", r'"\$\{GOSUB_RETVAL\}" != "accept"\]', '"${GOSUB_RETVAL} != "accept"]',
          'GotoIf: a `"` is never closed'),
    Break("square bracket", r"\$\[\$\{LEN\(\$\{polres\}\)\} < 2\]", "$[${LEN(${polres})} < 2",
          r"a `\$\[` is never closed"),
    Break("variable that nothing sets", r"Queue\(\$\{CC110_QUEUE\}", "Queue(${CC110_QUEU}",
          r"nothing sets the variable CC110_QUEU; did you mean `CC110_QUEUE`\?"),
    Break("variable that nothing reads", r"Set\(CC110_PRIO=0\)", "Set(CC110_PRIOR=0)",
          r"warning: nothing reads the variable CC110_PRIOR; did you mean `CC110_PRIO`\?"),
    Break("small variable", r'"x\$\{xfer\}" = "xringing"', '"x${xfr}" = "xringing"',
          r"nothing sets the variable xfr; did you mean `xfer`\?"),
    Break("shared variable", r"SHARED\(CC110_XFER\)\}", "SHARED(CC110_XFR)}",
          r"nothing sets the variable CC110_XFR; did you mean `CC110_XFER`\?"),
    Break("global that the tables have no more", r"\$\{CC110_MIN_TALK_S\}", "${CC110_MINTALK_S}",
          r"nothing sets the variable CC110_MINTALK_S; did you mean `CC110_MIN_TALK_S`\?"),
    Break("outcome of a queue", r'"xCONTINUE"', '"xCONTINU"',
          r"QUEUESTATUS is never `CONTINU`; did you mean `CONTINUE`\?"),
    Break("outcome of a dial", r'= "xANSWER"', '= "xANSWERED"',
          r"DIALSTATUS is never `ANSWERED`; did you mean `ANSWER`\?"),
    Break("outcome of a pause", r'"xPAUSED"', '"xPAUSE"', "PQMSTATUS is never `PAUSE`"),
    Break("half of a comparison", r'"x\$\{WAITSTATUS\}" = "xNOISE"', '"x${WAITSTATUS}" = "NOISE"',
          "WAITSTATUS is compared with an `x` on one side only"),
    Break("outcome without a branch",
          r"exten => i,1,Gosub\(cc110-polres-failed", "exten => j,1,Gosub(cc110-polres-failed",
          "DIALSTATUS may be ANSWER, and `cc110-polres-try` has neither `failed-answer` nor `i`",
          at="transfer.conf|Goto(failed-${TOLOWER"),
    Break("line that nobody reaches", r" same => n\(accept\),Return\(accept\)", " same => n,Return(accept)",
          "warning: is never reached: Return before it goes elsewhere"),
    Break("callers without a way out", r"^include => cc110-exits", "; include => cc110-exits",
          r"callers come to `cc110-after`, and it has no extension i, t, T, e: add `include => cc110-exits`",
          at="exten => s,1,Set(try=0)"),
    Break("time-out without a way out", r"exten => T,1,Goto\(cc110-failsafe", "exten => TT,1,Goto(cc110-failsafe",
          "callers come to `cc110-after`, and it has no extension T", at="exten => s,1,Set(try=0)"),
    Break("type of a section", r"^type = aor", "type = aro",
          r"\[operator-aor\] has type `aro`; did you mean `aor`\?: PJSIP passes it over"),
    Break("option of a phone", r"^direct_media = no", "direct_meda = no",
          r"\[operator-endpoint\]: endpoint has no option `direct_meda`; did you mean `direct_media`\?"),
    Break("option of an account", r"^max_contacts = 1", "max_contact = 1",
          r"\[operator-aor\]: aor has no option `max_contact`; did you mean `max_contacts`\?"),
    Break("template of phones", r"^\[polres-endpoint\]\(!,operator-endpoint\)", "[polres-endpoint](!,operator-endpont)",
          r"\[polres-endpoint\]: there is no template `operator-endpont`"),
    Break("context of phones", r"^context = from-agent", "context = from-agnt",
          r"\[operator-endpoint\]: there is no context `from-agnt`; did you mean `from-agent`\?"),
    Break("transport of phones", r"^transport = transport-udp", "transport = transport-upd",
          r"\[operator-endpoint\]: there is no transport `transport-upd`"),
    Break("option of a queue", r"^ringinuse = no", "ringinus = no",
          r"\[polda\]: a queue has no option `ringinus`; did you mean `ringinuse`\?"),
    Break("member of a queue", r"Local/s@cc110-test-answer/n", "Local/s@cc110-test-anser/n",
          r"member: there is no context `cc110-test-anser`; did you mean `cc110-test-answer`\?"),
    Break("template of queues", r"^\[cc110-test\]\(polda\)", "[cc110-test](plda)",
          r"\[cc110-test\]: there is no template `plda`; did you mean `polda`\?"),
    Break("right of an account", r"^write = originate", "write = orginate",
          r"\[test-account\]: there is no right `orginate`; did you mean `originate`\?"),
    Break("code that is armed", r"cc110-valid#cc110-not-valid", "cc110-vald#cc110-not-valid",
          r"features\.conf has no code `cc110-vald`; did you mean `cc110-valid`\?"),
    Break("subroutine of a code", r"Gosub\(cc110-code-transfer", "Gosub(cc110-code-transfr",
          r"code cc110-transfer: there is no context `cc110-code-transfr`"),
    Break("module twice", r"load = app_queue\.so", "load = app_dial.so",
          r"app_dial\.so is loaded already in line \d+"),
    Break("word of modules.conf", r"^load = app_dial\.so", "laod = app_dial.so",
          r"`laod` has no place here; did you mean `load`\?"),
    Break("priority twice", r"exten => front,1,", "exten => s,1,",
          r"extension `s` has priority 1 already"),
    Break("goto into another context", r"Goto\(cc110-greeting,s,1\)", "Goto(cc110-greting,s,1)",
          r"Goto: there is no context `cc110-greting`; did you mean `cc110-greeting`\?"),
    Break("handler at the end of a call",
          r"hangup_handler_push\)=cc110-caller-bye,s,1", "hangup_handler_push)=cc110-caller-by,s,1",
          r"Set: there is no context `cc110-caller-by`"),
]  # fmt: skip

OWN = [
    ("[cc110-queue]\nexten => s,1,Hangup()\n", 1, "`cc110-queue` is not yours to change"),
    ("[site-x]\nexten => _X.,1,Hangup()\n", 2, "pattern `_X.` takes any text"),
    ("[site-arrived]\nexten => s,1,NoOp()\n", 2, "`site-arrived` ends with Return()"),
    ("[site-arrived]\nexten => s,1,Hangup()\n same => n,Return()\n", 2, "Hangup leaves `site-arrived`"),
    ("[site-before-queue]\nexten => s,1,Wait(9)\n same => n,Return()\n", 2, "Wait in `site-before-queue`"),
    ("[site-arrived]\nexten => x,1,Return()\n", 2, "`site-arrived` begins at extension s"),
    ("#include /etc/passwd\n", 1, "your additions include no other files"),
    ("[site-phones]\nexten => 7101,1,Hangup(16)\n", 2, "`7101` in `site-phones` would take calls for 7101"),
    ("[site-phones]\nexten => _11XX,1,Hangup(16)\n", 2, "`_11XX` in `site-phones` would take calls for 1101"),
    ("[site-phones]\nexten => 8001,1,Goto(site-nowhere,s,1)\n", 2, "Goto: there is no context `site-nowhere`"),
]  # fmt: skip
GOOD = """\
[site-arrived]
exten => s,1,GotoIf($["x${CC110_SOURCE}" = "xclaimed"]?end)
 same => n,Set(CALLERID(name)=${CALLERID(name)} dikenal)
 same => n(end),Return()

[site-phones]
exten => 8001,1,Goto(site-canteen,s,1)

[site-canteen]
exten => s,1,Answer()
 same => n,Playback(cc110/please-hold)
 same => n,Hangup(16)
"""


def found(site: SiteCopy) -> list[str]:
    """All that is said of a site's dialplan and PBX files."""
    return [str(problem) for problem in look_at_dialplan(site.examine())]


@pytest.mark.parametrize("fault", BREAKS, ids=str)
def test_a_break_is_named_with_file_and_line(site: SiteCopy, fault: Break) -> None:
    """Nothing is wrong before; afterwards the place is named, in one sentence."""
    place = broken(site, fault.old, fault.new)
    if fault.at:
        place = where(site, fault.at)
    said = found(site)
    wanted = re.compile(f"{re.escape(place)}: {fault.message}.*")
    assert [one for one in said if wanted.match(one)], "\n".join(said)


def where(site: SiteCopy, text: str) -> str:
    """File and line of a text in the dialplan; a file's name may stand before it."""
    *named, text = text.split("|")
    for file in sorted(site.file("dialplan").glob("*.conf")):
        for number, line in enumerate(file.read_text().splitlines(), 1):
            if text in line and named in ([], [file.name]):
                return f"dialplan/{file.name}:{number}"
    raise AssertionError(f"there is no {text}")


def test_all_of_them_are_named_at_once(site: SiteCopy) -> None:
    """Ten breaks in ten places: one look names the ten."""
    some = [one for one in BREAKS if not one.at][::3][:10]
    places = [(broken(site, one.old, one.new), one.message) for one in some]
    said = found(site)
    for place, message in places:
        assert [one for one in said if re.match(f"{re.escape(place)}: {message}", one)], place


@pytest.mark.parametrize(("text", "line", "message"), OWN)
def test_an_addition_that_takes_something_away_is_named(
    site: SiteCopy, text: str, line: int, message: str
) -> None:
    """A site's own dialplan may add; what is 110's stays as it is."""
    folder = site.file("site/dialplan")
    folder.mkdir()
    (folder / "mine.conf").write_text(text)
    said = found(site)
    assert [one for one in said if one.startswith(f"site/dialplan/mine.conf:{line}: {message}")], (
        said
    )


def test_an_addition_that_keeps_the_rules_is_fine(site: SiteCopy) -> None:
    site.file("site/dialplan").mkdir()
    site.file("site/dialplan/mine.conf").write_text(GOOD)
    assert found(site) == []


def test_a_dead_line_and_a_name_that_nobody_reads_stop_nothing(site: SiteCopy) -> None:
    """They are mistakes of order, not of a call: warnings."""
    site.append(
        "dialplan/lib.conf", "[cc110-new]\nexten => s,1,Return()\n same => n,Set(CC110_NEW=1)\n"
    )
    problems = list(look_at_dialplan(site.examine()))
    assert {problem.severity for problem in problems} == {Severity.WARNING}
    assert len(problems) == 2


def test_the_vocabulary_is_there() -> None:
    assert applications()["queue"] == ("Queue", "app_queue")
    assert functions()["CUT"] == "func_cut"
    assert "aors" in options()["endpoint"]
