"""What a change asks of the PBX, and whom it would harm."""

from dataclasses import replace
from pathlib import PurePosixPath

import pytest

from cc110.config.load import load
from cc110.pbx.difference import difference, masked
from cc110.pbx.reloads import (
    Channel,
    Live,
    channels_in,
    dialplan_of,
    endpoints,
    harm,
    log_outs,
    plan,
    queues,
    steps_in,
    steps_of,
    waiting_in,
)
from cc110.pbx.render import File, Files
from cc110.pbx.tables import call_tables

DIALPLAN = """\
[general]
[a]
exten => s,1,Set(x=1)
 same => n,Queue(q)
 same => n(more),Hangup(16)
"""


def files(**texts: str) -> Files:
    """A small configuration; `__` is a slash."""
    return {
        PurePosixPath(name.replace("__", "/") + ".conf"): File(content=text.encode())
        for name, text in texts.items()
    }


BASE = files(
    extensions=DIALPLAN,
    tables__queues="[polda-a](polda)\n[polda-b](polda)\n",
    tables__globals="A=1\n",
    **{
        "tables__pjsip-operators": "[operator-endpoint](!)\n\n[1101](operator-endpoint)\n"
        "auth=1101\n[1101](operator-auth)\n[1102](operator-endpoint)\n"
    },
)


def changed(name: str, old: str, new: str) -> Files:
    """The same with one change."""
    path = PurePosixPath(f"{name.replace('__', '/')}.conf")
    text = BASE[path].content.decode()
    assert old in text
    return {**BASE, path: File(content=text.replace(old, new).encode())}


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("tables/globals.conf", "dialplan reload"),
        ("dialplan/queue.conf", "dialplan reload"),
        ("site-dialplan/mine.conf", "dialplan reload"),
        ("tables/pjsip-operators.conf", "module reload res_pjsip.so"),
        ("tables/queues.conf", "queue reload all"),
        ("tables/acl-never.conf", "module reload acl"),
        ("tables/manager-users.conf", "manager reload"),
        ("moh/wait/wait.wav", "moh reload"),
    ],
)
def test_only_what_changed_is_read_again(name: str, command: str) -> None:
    assert plan({}, {}, [name]).commands == (command,)


@pytest.mark.parametrize("name", ["sounds/id/cc110/closing.wav", "site/settings.toml"])
def test_prompts_and_the_site_s_data_are_not_the_pbx_s_to_read(name: str) -> None:
    assert plan({}, {}, [name]).commands == ()


def test_phones_and_queues_are_there_before_the_dialplan_sends_anybody() -> None:
    names = ["tables/agents.conf", "tables/queues.conf", "tables/pjsip-operators.conf"]
    assert plan({}, {}, names).commands == (
        "module reload res_pjsip.so",
        "queue reload all",
        "dialplan reload",
    )


def test_what_only_a_start_takes_up_is_named_and_a_comment_is_not() -> None:
    old = files(modules="load = a.so\n", pjsip="[transport-udp]\nbind=1\n[global]\nx=1\n")
    new = files(modules="load = b.so\n", pjsip="[transport-udp]\nbind=2\n[global]\nx=1\n")
    both = ["modules.conf", "pjsip.conf"]
    assert plan(old, new, both).restart == ("modules.conf", "pjsip.conf")
    talked = files(modules="load = a.so ; why\n", pjsip="[transport-udp]\nbind=1\n[global]\nx=2\n")
    assert plan(old, talked, both).restart == ()


def test_another_port_of_the_daemon_waits_for_a_start() -> None:
    old = files(tables__globals="CC110_AGI=agi://127.0.0.1:4573\nCC110_RING_S=5\n")
    rings = files(tables__globals="CC110_AGI=agi://127.0.0.1:4573\nCC110_RING_S=4\n")
    moved = files(tables__globals="CC110_AGI=agi://127.0.0.1:4574\nCC110_RING_S=5\n")
    assert plan(old, rings, ["tables/globals.conf"]).restart == ()
    assert plan(old, moved, ["tables/globals.conf"]).restart == ("tables/globals.conf",)


def test_templates_are_no_phones() -> None:
    assert endpoints(BASE) == {"1101", "1102"}
    assert queues(BASE) == {"polda-a", "polda-b"}


def test_a_phone_that_goes_while_it_talks_is_harm() -> None:
    after = changed("tables__pjsip-operators", "[1102](operator-endpoint)\n", "")
    talks = Channel(name="PJSIP/1102-0000001a", context="a", extension="s", priority=2)
    other = Channel(name="PJSIP/1101-0000001b", context="a", extension="s", priority=2)
    assert harm(BASE, after, Live(channels=(talks, other))) == (
        "1102 would be gone, and is in a call",
    )
    assert harm(BASE, after, Live(channels=(other,))) == ()


def test_a_queue_that_goes_while_somebody_waits_is_harm() -> None:
    after = changed("tables__queues", "[polda-b](polda)\n", "")
    assert harm(BASE, after, Live(waiting={"polda-a": 3, "polda-b": 2})) == (
        "queue polda-b would be gone, and 2 wait in it",
    )
    assert harm(BASE, after, Live(waiting={"polda-a": 3, "polda-b": 0})) == ()


@pytest.mark.parametrize(
    ("old", "new", "harms"),
    [
        ("Set(x=1)", "Set(x=2)", False),
        ("Hangup(16)", "Hangup(17)", False),
        ("exten => s,1,Set(x=1)\n", "exten => s,1,Set(x=1)\n same => n,NoOp()\n", True),
        (" same => n(more),Hangup(16)\n", " same => n,NoOp()\n same => n,Hangup(16)\n", True),
        (" same => n(more),Hangup(16)\n", "", True),
        ("[a]", "[b]", True),
    ],
)
def test_whoever_waits_goes_on_at_the_number_of_his_next_step(
    old: str, new: str, harms: bool
) -> None:
    """Arguments may change under a caller; the steps ahead of him may not."""
    waits = Channel(name="PJSIP/trunk-1", context="a", extension="s", priority=2)
    assert bool(harm(BASE, changed("extensions", old, new), Live(channels=(waits,)))) is harms
    assert harm(BASE, changed("extensions", old, new), Live()) == ()


@pytest.mark.parametrize("context", ["a", "outer", "outermost"])
def test_whoever_came_in_by_an_including_context_is_not_forgotten(context: str) -> None:
    """A channel stays in the context that it came by; its steps are those of what that includes."""
    around = "[outermost]\ninclude => outer\n[other]\nexten => s,1,NoOp()\n[outer]\ninclude => a\n"
    before = files(extensions=DIALPLAN + around)
    after = files(extensions=DIALPLAN.replace(" same => n,Queue(q)\n", "") + around)
    waits = Channel(name="PJSIP/trunk-1", context=context, extension="s", priority=1)

    assert harm(before, before, Live(channels=(waits,))) == ()
    (said,) = harm(before, after, Live(channels=(waits,)))
    assert said.startswith(f"a call stands in s@{context}")
    assert harm(before, after, Live(channels=(replace(waits, context="other"),))) == ()


def test_an_operator_leaves_the_queues_that_he_serves_no_more() -> None:
    """As the tables are rendered; a queue that is gone altogether needs no log-out."""
    table = call_tables(load(environ={}))["agents.conf"].text
    mabes, less = "=polda-metro-jaya:10&polda-sumut:10,", "=polda-metro-jaya:10,"
    assert table.count(mabes) == 2
    both = "[polda-metro-jaya](polda)\n[polda-sumut](polda)\n"
    before = files(tables__agents=table, tables__queues=both)
    after = files(tables__agents=table.replace(mabes, less), tables__queues=both)
    assert log_outs(before, before) == ()
    assert log_outs(before, after) == (
        "queue remove member PJSIP/1901 from polda-sumut",
        "queue remove member PJSIP/1902 from polda-sumut",
    )
    gone = files(tables__agents="", tables__queues="[polda-metro-jaya](polda)\n")
    assert {line.rpartition(" ")[2] for line in log_outs(before, gone)} == {"polda-metro-jaya"}


def test_the_console_is_read() -> None:
    said = (
        "PJSIP/trunk-demo-00000001!cc110-queue!s!4!Up!Queue!polda-a,c!62812!!!3!12!b!1.1\n"
        "Local/s@x-0001;2!x!s!1!Up!Wait!1!!!!3!1!!1.2\n\n"
    )
    first, second = channels_in(said)
    assert first == Channel(
        name="PJSIP/trunk-demo-00000001", context="cc110-queue", extension="s", priority=4
    )
    assert (first.endpoint, second.endpoint) == ("trunk-demo", "")
    assert waiting_in("polda-a has 2 calls (max unlimited) in\n   No Members\n") == {"polda-a": 2}


def test_the_pbx_s_own_word_on_its_dialplan_is_compared() -> None:
    said = """\
[ Context '__func_periodic_hook_context__' created by 'func_periodic_hook' ]
  'hook' =>         1. Answer()                                   [func_periodic_hook]
[ Context 'a' created by 'pbx_config' ]
  's' =>            1. Set(x=1)                                   [x.conf:3]
                    2. Queue(q)                                   [x.conf:4]
     [more]         3. Hangup(16)                                 [x.conf:5]
  Include =>        'b'                                           [pbx_config]
"""
    assert steps_in(said) == steps_of(dialplan_of(BASE))


@pytest.mark.parametrize("line", ["password=abc", " secret = abc", 'url = "postgresql://a:b@c"'])
def test_no_password_is_shown_and_another_one_is_seen(line: str) -> None:
    assert "abc" not in masked(line)
    assert "b@c" not in masked(line)
    assert masked(line) != masked(line + "d")
    assert masked("; a word on passwords") == "; a word on passwords"


def test_a_difference_is_unified_and_names_sound() -> None:
    sound = PurePosixPath("sounds/id/cc110/closing.wav")
    before = {**BASE, sound: File(content=b"1")}
    after = {**changed("tables__globals", "A=1", "A=2"), sound: File(content=b"2")}
    assert list(difference(before, after)) == [
        "Binary file sounds/id/cc110/closing.wav differs",
        "--- live/tables/globals.conf",
        "+++ site/tables/globals.conf",
        "@@ -1 +1 @@",
        "-A=1",
        "+A=2",
    ]
    assert list(difference(before, before)) == []
    phones = PurePosixPath("tables/pjsip-operators.conf")
    told = difference({}, {phones: File(content=b"password=hush\n")})
    assert "hush" not in "\n".join(told)
