"""The dialplan's text is read as Asterisk reads it."""

import pytest

from cc110.pbx.dialplan.arguments import alternatives, as_pattern, split, unbalanced
from cc110.pbx.dialplan.lines import Reader, Text, code_lines
from cc110.pbx.dialplan.model import Dialplan, Extension, Place
from cc110.pbx.dialplan.read import read_dialplan
from cc110.pbx.dialplan.targets import QueueUsed, Target, targets_of

WRITTEN = "an extension is written `exten => name,priority,Application(...)`"


def files(**texts: str) -> dict[str, Text]:
    """Configuration files by name; ``x_conf`` is ``x.conf``."""
    named = {name.replace("_", "."): text for name, text in texts.items()}
    return {name: Text(shown=name, content=text) for name, text in named.items()}


def read(text: str, **more: str) -> Dialplan:
    """A dialplan from one text and what it includes."""
    return read_dialplan(files(extensions_conf=text, **more))


def messages(dialplan: Dialplan) -> list[str]:
    """Its problems as they print."""
    return [str(problem) for problem in dialplan.problems]


def test_comments_are_no_code() -> None:
    """A semicolon begins a comment unless it is escaped; ;-- --; spans lines."""
    text = "a ; b\n;-- c\nd --; e\nf\\;g;h\n;--- i\nj ;-- k --; l\n\n"

    assert list(code_lines(text)) == [(1, "a"), (3, "e"), (4, "f;g"), (6, "j  l")]


def test_an_included_file_begins_in_the_open_section() -> None:
    """Its lines belong to the section that includes it; its sections end with it."""
    reader = Reader(files=files(a_conf="[x]\n#include b.conf\nk=2\n", b_conf="k=1\n[y]\nk => 3\n"))

    found = [(s.section, s.value, str(s.place)) for s in reader.read("a.conf")]

    assert found == [("x", "1", "b.conf:1"), ("y", "3", "b.conf:3"), ("x", "2", "a.conf:3")]
    assert reader.problems == []


def test_included_files_may_be_many_or_optional() -> None:
    """A wildcard takes all that fit; #tryinclude takes what is there."""
    reader = Reader(
        files=files(
            a_conf='[x]\n#include "d*.conf"\n#tryinclude no.conf\n', d1_conf="k=1", d2_conf="k=2"
        )
    )

    assert [s.value for s in reader.read("a.conf")] == ["1", "2"]
    assert reader.problems == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("k=1\n", "a.conf:1: stands before the first [section]"),
        ("[x]\n\nk\n", "a.conf:3: has no `=`: k"),
        ("[x\n", "a.conf:1: a section begins with [name]"),
        ("[x]\n#include no.conf\n", "a.conf:2: there is no file `no.conf`"),
        ("[x]\n#exec /bin/sh\n", "a.conf:2: `#exec` has no place here"),
        ("[x]\n#inclde a.conf\n", "a.conf:2: `#inclde` has no place here"),
        ("[x]\n#include a.conf\n", "a.conf:2: includes go round in a circle"),
    ],
)
def test_a_line_that_says_nothing_is_named(text: str, message: str) -> None:
    """What Asterisk would skip or stumble over is a problem with its line."""
    reader = Reader(files=files(a_conf=text))

    list(reader.read("a.conf"))

    assert [str(problem) for problem in reader.problems] == [message]


def test_priorities_are_counted_as_asterisk_counts_them() -> None:
    """Numbers, n, n+2, s, labels, and same after another file's lines."""
    plan = read(
        "[c]\nexten => s,1,NoOp(a,b)\n same => n(go),Answer\n#include more.conf\n"
        " same => n+2,Hangup()\nexten => 7,hint,PJSIP/7\nexten => 7,1,NoOp\n same => n,Hangup()\n",
        more_conf=" same => n,Wait(1)\n",
    )

    steps = plan.contexts["c"].extensions["s"].steps
    assert [(s.priority, s.label, s.app, s.args) for s in steps] == [
        (1, None, "NoOp", "a,b"),
        (2, "go", "Answer", ""),
        (3, None, "Wait", "1"),
        (6, None, "Hangup", ""),
    ]
    assert str(steps[2].place) == "more.conf:1"
    assert len(plan.contexts["c"].extensions["7"].steps) == 2


def test_a_context_may_be_opened_twice() -> None:
    """Both parts are one context, as in Asterisk."""
    plan = read("[c]\nexten => a,1,NoOp\n[d]\ninclude => c\n[c]\nexten => b,1,NoOp\n")

    assert plan.contexts["c"].names == ("a", "b")
    assert [context.name for context in plan.reachable("d")] == ["d", "c"]


def test_globals_are_no_dialplan() -> None:
    """[general] and [globals] hold settings."""
    assert read("[general]\nstatic=yes\n[globals]\nA=1\n").contexts == {}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("exten => s,2(a),NoOp(x)", None),
        ("exten => s,1,NoOp", "extension `s` has priority 1 already: extensions.conf:2"),
        ("same => n(a),NoOp", "extension `s` has the label `a` already: extensions.conf:3"),
        ("exten => x,n,NoOp", "`n` follows no priority of extension `x`"),
        ("exten => x,one,NoOp", WRITTEN),
        ("exten => x,1", WRITTEN),
        ("same => n,Play back(x)", "is no Application(...): Play back(x)"),
        ("same => n,Playback(x", "is no Application(...): Playback(x"),
        ("same => n,Playback(x)) y", "is no Application(...): Playback(x)) y"),
        ("same => n,Set(a=${b)", "a `${` is never closed"),
        ("same => n,GotoIf($[1?a)", "a `$[` is never closed"),
        ("extne => x,1,NoOp", "`extne` has no place in a context"),
    ],
)
def test_a_wrong_line_of_a_context_is_named(line: str, message: str | None) -> None:
    """Each is one problem with its line."""
    plan = read(f"[c]\nexten => s,1,NoOp\n{'same => n(a),NoOp' if message else ''}\n{line}\n")

    assert messages(plan) == ([f"extensions.conf:4: {message}"] if message else [])


def test_same_needs_an_extension_before_it() -> None:
    """A new context begins without one."""
    plan = read("[c]\nexten => s,1,NoOp\n[d]\n same => n,Hangup()\n")

    assert messages(plan) == ["extensions.conf:4: `same` follows no `exten` in this context"]


def test_a_dialplan_begins_with_its_main_file() -> None:
    """Without extensions.conf there is none."""
    assert messages(read_dialplan({})) == ["extensions.conf: is missing"]


def test_only_some_contexts_are_read_with_what_they_include() -> None:
    """From wherever their lines come; they are what they are in the whole."""
    text = (
        "[a]\ninclude => b\nexten => 1,1,NoOp(a)\n[c]\nexten => 1,1,NoOp(c)\n#include more.conf\n"
        "[a](+)\nexten => 2,1,NoOp(again)\n"
    )
    more = {
        "more_conf": "exten => 2,1,NoOp(still c)\n[b]\nexten => 1,1,NoOp(b)\n[a]\nsame => n,NoOp()\n"
    }
    whole = read(text, **more)

    for wanted, there in (
        ({"a"}, {"a", "b"}),
        ({"c"}, {"c"}),
        ({"b", "no"}, {"b"}),
        (set[str](), set()),
    ):
        some = read_dialplan(files(extensions_conf=text, **more), only=wanted)
        assert some.contexts == {name: whole.contexts[name] for name in there}


@pytest.mark.parametrize(
    ("pattern", "fits", "fits_not"),
    [
        ("_XXX", ["110", "911"], ["11", "1101", "11a"]),
        ("_7ZN", ["712", "799"], ["702", "721a", "711"]),
        ("_[13-5]x", ["10", "49"], ["20", "6"]),
        ("_*1[1-4]", ["*11", "*14"], ["*15", "11"]),
        ("_1.", ["12", "1abc"], ["1", "2"]),
        ("_1!", ["1", "12"], ["2"]),
        ("+62110", ["+62110"], ["62110", "_62110"]),
        ("failed-busy", ["failed-busy"], ["failed"]),
    ],
)
def test_patterns_match_as_in_asterisk(pattern: str, fits: list[str], fits_not: list[str]) -> None:
    """X, Z, N, classes, and the open-ended ones."""
    place = Place(file="x", line=1)
    extension = Extension(name=pattern, place=place, steps=())

    assert all(extension.matches(dialled) for dialled in fits)
    assert not any(extension.matches(dialled) for dialled in fits_not)


def test_arguments_are_split_outside_of_brackets() -> None:
    """Commas in functions, expressions and subroutine arguments do not count."""
    assert split("a,${F(b,c)},$[d,e],f(g,h)", ",") == ("a", "${F(b,c)}", "$[d,e]", "f(g,h)")
    assert split("a?b?c", "?", 1) == ("a", "b?c")
    assert unbalanced("${a${b}}$[1]") is None


def test_outcomes_of_an_if_are_known() -> None:
    """Both branches, nested ones too; any other variable may hold anything."""
    assert list(alternatives('x-${IF($["${A}" = "b"]?one:${IF($[1]?two:three)})}-y')) == [
        "x-one-y",
        "x-two-y",
        "x-three-y",
    ]
    assert list(alternatives("a-${B}-${IF($[1]?c:d)}")) == ["a-${B}-c", "a-${B}-d"]
    assert as_pattern("a-${B}.c").fullmatch("a-xy.c")
    assert not as_pattern("a-${B}.c").fullmatch("a-xyxc")


def place(text: str) -> Target:
    """``context,extension,where``; a dash stands for what is not said."""
    context, extension, where = (None if part == "-" else part for part in text.split(","))
    return Target(context=context, extension=extension, where=where or "")


@pytest.mark.parametrize(
    ("app", "args", "found"),
    [
        ("Goto", "c,e,1", ["c,e,1"]),
        ("goto", "e,l", ["-,e,l"]),
        ("Goto", "l", ["-,-,l"]),
        ("GotoIf", '$["${A}"="b?c:d"]?x:c,e,1', ["-,-,x", "c,e,1"]),
        ("GotoIf", "$[1]?:no", ["-,-,no"]),
        ("GotoIfTime", "8:00-9:00,*,*,*?x", ["-,-,x"]),
        ("Gosub", "c,s,1(a,b|${F(x,y)})", ["c,s,1"]),
        ("Gosub", "sub(a,b)", ["-,-,sub"]),
        ("GosubIf", "$[1]?c,${E},1(x):d,s,1", ["c,${E},1", "d,s,1"]),
        ("ExecIf", "$[1]?Goto(c,e,1):Set(a=b)", ["c,e,1"]),
        ("Dial", "PJSIP/7,${T},gm(hold)U(sub^a)b(h^s^1)", ["sub,s,1", "h,s,1"]),
        ("Dial", "Local/s@c/n&Local/${X}@d/n,5", ["c,s,1", "d,${X},1"]),
        ("Dial", "PJSIP/7,5,G(c^s^1)F", ["c,s,1"]),
        ("ChannelRedirect", "${C},c,s,1", ["c,s,1"]),
        ("Originate", "PJSIP/7,exten,c,e,1,5", ["c,e,1"]),
        ("Originate", "PJSIP/7,exten,c", ["c,s,1"]),
        ("Originate", "Local/s@c/n,app,Playback,x", ["c,s,1"]),
        ("Set", "CHANNEL(hangup_handler_push)=c,s,1(x)", ["c,s,1"]),
        ("Set", "__TRANSFER_CONTEXT=c", ["c,-,"]),
        ("Set", "A=c,s,1", []),
        ("Answer", "", []),
    ],
)
def test_an_application_tells_where_it_leads(app: str, args: str, found: list[str]) -> None:
    """Everything that runs dialplan names its place."""
    assert [*targets_of(app, args)] == [place(text) for text in found]


def test_a_queue_tells_its_name_and_its_subroutine() -> None:
    """Queue() names both, with or without variables."""
    sub, full = place("sub,s,1"), place("c,e,2")

    assert [*targets_of("Queue", "q,c,,,,,sub")] == [QueueUsed(name="q"), sub]
    assert [*targets_of("Queue", "q,c,,,,,c^e^2")] == [QueueUsed(name="q"), full]
    assert [*targets_of("Queue", "${Q}")] == [QueueUsed(name="${Q}")]
