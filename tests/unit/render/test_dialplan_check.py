"""The shipped dialplan is whole, and whatever breaks it is named with file and line."""

import re
from dataclasses import dataclass

import pytest

from cc110.config.check import check
from cc110.config.problem import errors_of
from cc110.pbx.dialplan.lines import Text
from cc110.pbx.dialplan_check import dialplan_problems
from cc110.pbx.looks import LOOKS, look_at_dialplan, look_at_pbx_files
from tests.unit.config.site_copy import CHECKOUT, SiteCopy


@dataclass(frozen=True)
class Break:
    """The first line that ``old`` fits is changed; the problem there says ``message``."""

    name: str
    old: str
    new: str
    message: str

    def __str__(self) -> str:
        return self.name


BREAKS = [
    Break("context of a Goto", r"(Goto\(cc110-queu)e,front,1\)", r"\1,front,1)",
          r"Goto: there is no context `cc110-queu`; did you mean `cc110-queue`\?"),
    Break("extension of a Goto", r"Goto\(cc110-queue,front,1\)", "Goto(cc110-queue,frnt,1)",
          r"Goto: context `cc110-queue` has no extension `frnt`; did you mean `front`\?"),
    Break("priority of a Goto", r"Goto\(cc110-queue,front,1\)", "Goto(cc110-queue,front,77)",
          "Goto: extension `front` of `cc110-queue` has no priority `77`"),
    Break("label of a GotoIf", r"(GotoIf\(.*\?)done\)", r"\1dnoe)",
          r"GotoIf: extension `.*` of `.*` has no label `dnoe`; did you mean `done`\?"),
    Break("other branch of a GotoIf", r"(GotoIf\(.*\?done)\)", r"\1:cc110-nowhere,s,1)",
          "GotoIf: there is no context `cc110-nowhere`"),
    Break("subroutine", r"Gosub\(cc110-tell,s,1\(", "Gosub(cc110-tel,s,1(",
          r"Gosub: there is no context `cc110-tel`; did you mean `cc110-tell`\?"),
    Break("subroutine of a queue", r"(Queue\(.*)cc110-agent-leg", r"\1cc110-agent-log",
          r"Queue: there is no context `cc110-agent-log`; did you mean `cc110-agent-leg`\?"),
    Break("queue by name", r"Queue\(\$\{CC110_QUEUE\}", "Queue(polda-metro",
          r"there is no queue `polda-metro`; did you mean `polda-metro-jaya`\?"),
    Break("hang-up handler", r"(hangup_handler_push\)=)[a-z0-9-]+", r"\1cc110-no-bye",
          "Set: there is no context `cc110-no-bye`"),
    Break("included context", r"^include => cc110-exits", "include => cc110-exit",
          r"there is no context `cc110-exit`; did you mean `cc110-exits`\?"),
    Break("included file", r"#include dialplan/queue\.conf", "#include dialplan/que.conf",
          r"there is no file `dialplan/que\.conf`"),
    Break("program", r"#include dialplan/queue\.conf", "#exec dialplan/queue.conf",
          "`#exec` has no place here"),
    Break("open pattern", r"exten => _XXXX,", "exten => _X.,",
          r"pattern `_X\.` takes any text: only digits and X may be dialled"),
    Break("early open pattern", r"exten => _XXXX,", "exten => _XX!,",
          "pattern `_XX!` takes any text: only digits and X may be dialled"),
    Break("extension without a beginning", r"exten => front,1,", "exten => front,2,",
          "extension `front` has no priority 1"),
    Break("bracket", r"(Playback\([^$)]*)\)$", r"\1", r"is no Application\(\.\.\.\): Playback\("),
    Break("prompt", r"cc110/closing\b(?!-)", "cc110/closng",
          r"there is no prompt `closng`; did you mean `closing`\?"),
    Break("prompt of a queue", r"cc110/queue-wait", "cc110/queue-wiat",
          r"there is no prompt `queue-wiat`; did you mean `queue-wait`\?"),
]  # fmt: skip

ADDED = [
    (" same => n,Dial(PJSIP/7101,5,gU(elsewhere))", "Dial: there is no context `elsewhere`"),
    (" same => n,Dial(PJSIP/7101,5,G(elsewhere^s^1))", "Dial: there is no context `elsewhere`"),
    (" same => n,Dial(Local/s@elsewhere/n)", "Dial: there is no context `elsewhere`"),
    (" same => n,Originate(Local/s@elsewhere/n,app,NoOp)",
     "Originate: there is no context `elsewhere`"),
    (" same => n,ExecIf($[1]?Goto(x,1))", "ExecIf: context `cc110-new` has no extension `x`"),
    (" same => n,Goto(here)", "Goto: extension `s` of `cc110-new` has no label `here`"),
    (" same => n,Gosub(cc110-table-polres,7999,1)",
     "Gosub: context `cc110-table-polres` has no extension `7999`"),
    (" same => n,Set(x=${CC110_QUEUE)", "a `${` is never closed"),
    (" same => n,Playback(cc110/nothing-said)", "there is no prompt `nothing-said`"),
    (" same => n,Playback(cc110/nothing-${A})", "there is no prompt `nothing-${A}`"),
    (" same => n,Playback(cc110/${IF($[1]?closing:nothing-said)})",
     "there is no prompt `nothing-said`"),
    (" same => n,Gosub(cc110-say,s,1(${CHANNEL},nothing-${A}))",
     "there is no prompt `nothing-${A}`"),
    ("exten => s,1,NoOp()", "extension `s` has priority 1 already: dialplan/lib.conf:{above}"),
    (" same => n(first),NoOp()",
     "extension `s` has the label `first` already: dialplan/lib.conf:{above}"),
    (" smae => n,Answer()", "`smae` has no place in a context"),
    ("exten => _X.,1,Hangup()",
     "pattern `_X.` takes any text: only digits and X may be dialled"),
]  # fmt: skip


def broken(site: SiteCopy, old: str, new: str) -> str:
    """Change the first line that fits; its place."""
    for folder in ("dialplan", "asterisk-conf"):
        for file in sorted(site.file(folder).glob("*.conf")):
            lines = file.read_text().splitlines()
            for number, line in enumerate(lines, 1):
                if not line.startswith(";") and re.search(old, line):
                    lines[number - 1] = re.sub(old, new, line, count=1)
                    file.write_text("\n".join(lines) + "\n")
                    return f"{folder}/{file.name}:{number}"
    raise AssertionError(f"nothing fits {old}")


def problems(site: SiteCopy, **environ: str) -> list[str]:
    """What is wrong with a site's dialplan."""
    return [str(problem) for problem in look_at_dialplan(site.examine(**environ))]


def test_the_shipped_dialplan_is_whole() -> None:
    """Every look at the shipped files finds nothing."""
    looks = (look_at_dialplan, look_at_pbx_files)

    assert check(environ={}, root=CHECKOUT, looks=looks) == ()


@pytest.mark.parametrize("fault", BREAKS, ids=str)
def test_a_break_is_named_with_file_and_line(site: SiteCopy, fault: Break) -> None:
    """Broken in one place, the dialplan has its problem in that place, or one line below."""
    place = broken(site, fault.old, fault.new)
    below = re.sub(r"\d+$", lambda found: str(int(found[0]) + 1), place)
    wanted = re.compile(f"({re.escape(place)}|{re.escape(below)}): {fault.message}.*")

    assert [problem for problem in problems(site) if wanted.fullmatch(problem)]


@pytest.mark.parametrize(("line", "message"), ADDED)
def test_a_new_line_that_leads_nowhere_is_named(site: SiteCopy, line: str, message: str) -> None:
    """A new context is whole until its last line is added; that one is the only problem."""
    start = len(site.file("dialplan/lib.conf").read_text().splitlines())
    site.append("dialplan/lib.conf", "\n[cc110-new]\nexten => s,1(first),NoOp()\n")
    assert problems(site) == []
    site.append("dialplan/lib.conf", f"{line}\n")

    above, place = start + 3, f"dialplan/lib.conf:{start + 4}"
    said = problems(site)
    assert f"{place}: {message.replace('{above}', str(above))}" in said
    assert [one for one in said if not one.startswith(f"{place}: ")] == []


def test_a_missing_file_breaks_what_leads_into_it(site: SiteCopy) -> None:
    """Who goes to a context that is gone is named, wherever he is."""
    site.file("dialplan/after.conf").unlink()

    found = problems(site)

    line = site.line("asterisk-conf/extensions.conf", "dialplan/after.conf")
    assert f"asterisk-conf/extensions.conf:{line}: there is no file `dialplan/after.conf`" in found
    assert len([problem for problem in found if "no context `cc110-after`" in problem]) > 1


def test_a_fault_of_the_site_hides_no_fault_of_the_dialplan(site: SiteCopy) -> None:
    """Without the site's tables the dialplan is looked at as far as that goes, and no further."""
    site.append("dialplan/lib.conf", "[cc110-new]\nexten => s,1,Gosub(cc110-table-polres,7101,1)\n")
    assert problems(site, CC110_NOPE="1") == []
    place = broken(site, r"Goto\(cc110-queue,front,1\)", "Goto(cc110-queue,back,1)")

    (problem,) = problems(site, CC110_NOPE="1")

    assert problem.startswith(f"{place}: ")


def test_a_sites_own_dialplan_is_looked_at_too(site: SiteCopy) -> None:
    """local.conf beside the settings is part of the dialplan."""
    site.file("site/local.conf").write_text("[local]\nexten => s,1,Goto(cc110-qeue,s,1)\n")

    (problem,) = problems(site)

    assert problem.startswith("site/local.conf:2: Goto: there is no context `cc110-qeue`")


def test_an_included_context_sees_the_labels_of_its_includers() -> None:
    """A channel that came by an include stays where it was: `s` is the includer's."""
    text = (
        "[in]\nexten => i,1,Goto(s,1)\n[out]\nexten => s,1,NoOp()\ninclude => in\n"
        "[alone]\nexten => i,1,Goto(s,1)\n"
    )
    files = {"extensions.conf": Text(shown="x", content=text)}

    found = dialplan_problems(files, prompts=None, queues=None)

    assert [str(p) for p in found] == ["x:7: Goto: context `alone` has no extension `s`"]


def test_what_only_a_call_can_know_is_not_a_problem() -> None:
    """Variables may hold anything."""
    text = (
        "[c]\nexten => s,1,Goto(${A},s,1)\n same => n,Goto(c,x-${A},1)\n same => n,Goto(l${A})\n"
        " same => n,Queue(${Q})\n same => n,Playback(cc110/${P})\n"
    )
    files = {"extensions.conf": Text(shown="x", content=text)}

    found = dialplan_problems(files, prompts={"a"}, queues={"q"})
    assert errors_of(found) == ()


def test_the_whole_check_joins_data_files_dialplan_and_prompts(site: SiteCopy) -> None:
    """One list has the faults of all."""
    site.edit("site/settings.toml", "menu = true", "menu = 1")
    site.edit("asterisk-conf/asterisk.conf", "@LOG@", "@LOGS@")
    broken(site, r"Goto\(cc110-queue,front,1\)", "Goto(cc110-queue,back,1)")
    site.file("dialplan/prompts/id/closing.wav").unlink()

    found = check(environ={}, root=site.root, looks=LOOKS)

    folders = {str(problem).partition("/")[0] for problem in found}
    assert folders == {"site", "asterisk-conf", "dialplan"}
    assert any("closing.wav" in problem.message for problem in found)
    assert all(problem.line for problem in found)
