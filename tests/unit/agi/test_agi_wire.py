"""Bytes to messages and commands to bytes, without a socket."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cc110.pbx.agi import AgiInjection, Reply
from cc110.pbx.agi.wire import (
    COMMAND_BYTES,
    ENV_BYTES,
    ENV_LINES,
    REPLY_BYTES,
    AgiWire,
    Broken,
    Environment,
    Hangup,
    Message,
    command,
)

ENV = (
    b"agi_network: yes\nagi_network_script: ivr?a=b\nagi_request: agi://127.0.0.1/ivr?a=b\n"
    b"agi_channel: Local/x@agi-00000000;2\nagi_uniqueid: 1795346810.1\nagi_callerid: 6281200000001\n"
    b"agi_calleridname: \xd1urhaliza\nagi_accountcode: \nagi_threadid: 140706893412032\n"
    b"agi_arg_1: first: one\nagi_arg_2: \n\n"
)
REPLIES = (
    b"200 result=0\n200 result=1 (a (b) c)\n200 result=49 endpos=8000\n200 result= (timeout)\n"
    b"200 result=1 ()\nHANGUP\n100 result=0 Trying...\n510 Invalid or unknown command\n"
    b"511 Command Not Permitted on a dead channel or intercept routine\n"
    b"520-Invalid command syntax.  Proper usage follows:\nUsage: STREAM FILE\n    200 result=9\n"
    b"520 End of proper usage.\n520 Invalid command syntax.  Proper usage not available.\n"
)
STREAM = ENV + REPLIES


def past_env() -> AgiWire:
    """A wire that has read an environment."""
    wire = AgiWire()
    wire.feed(ENV)
    return wire


def test_the_environment_is_read() -> None:
    """Values keep their colons, an empty value is a value, and bad bytes do not stop anything."""
    (env,) = AgiWire().feed(ENV)
    assert isinstance(env, Environment)
    assert env.values["agi_network_script"] == "ivr?a=b"
    assert env.values["agi_arg_1"] == "first: one"
    assert (env.values["agi_accountcode"], env.values["agi_arg_2"]) == ("", "")
    assert env.values["agi_calleridname"] == "\ufffdurhaliza"
    assert not env.forged


def test_every_kind_of_reply_is_read() -> None:
    """One message for each reply, usage texts included; a provisional reply is none."""
    assert past_env().feed(REPLIES) == [
        Reply(code=200, result="0", text="result=0"),
        Reply(code=200, result="1", data="a (b) c", text="result=1 (a (b) c)"),
        Reply(code=200, result="49", endpos=8000, text="result=49 endpos=8000"),
        Reply(code=200, result="", data="timeout", text="result= (timeout)"),
        Reply(code=200, result="1", data="", text="result=1 ()"),
        Hangup(),
        Reply(code=510, text="Invalid or unknown command"),
        Reply(code=511, text="Command Not Permitted on a dead channel or intercept routine"),
        Reply(code=520, text="Usage: STREAM FILE\n    200 result=9"),
        Reply(code=520, text="Invalid command syntax.  Proper usage not available."),
    ]


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_the_network_may_cut_anywhere(cuts: list[int]) -> None:
    """Wherever the stream is cut, the messages are the same."""
    wire = AgiWire()
    edges = [0, *sorted(cuts), len(STREAM)]
    pieces = [STREAM[a:b] for a, b in pairwise(edges)]
    assert [m for piece in pieces for m in wire.feed(piece)] == AgiWire().feed(STREAM)


def test_the_network_may_cut_after_every_byte() -> None:
    """The same, one byte at a time."""
    wire = AgiWire()
    got = [m for i in range(len(STREAM)) for m in wire.feed(STREAM[i : i + 1])]
    assert got == AgiWire().feed(STREAM)
    assert len(got) == 11


LINES = st.sampled_from(
    [b"\n", b"agi_a: b\n", b"200 result=1 (x)\n", b"HANGUP\n", b"520-x\n", b"520 x\n", b"200 r"]
)


@given(st.lists(st.binary(max_size=40) | LINES | st.just(b"x" * 9_000)), st.integers(1, 7_000))
def test_any_bytes_are_survived_within_bounds(parts: list[bytes], step: int) -> None:
    """Nothing raises, memory is bounded, and after a broken rule nothing more is read."""
    data = b"".join(parts)
    wire = AgiWire()
    got: list[Message] = []
    for at in range(0, len(data), step):
        got += wire.feed(data[at : at + step])
        assert len(wire._buffer) <= max(ENV_BYTES, REPLY_BYTES) + step
    broken = [isinstance(message, Broken) for message in got]
    assert not any(broken[:-1])
    if any(broken):
        assert wire.feed(STREAM) == []


def broken(data: bytes, *, wire: AgiWire | None = None) -> str:
    """The reason that the data's last message gives for its end."""
    last = (wire or AgiWire()).feed(data)[-1]
    assert isinstance(last, Broken)
    return last.reason


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"agi_a: " + b"x" * ENV_BYTES, "too long"),
        (b"agi_a: " + b"x" * ENV_BYTES + b"\n\n", "too long"),
        ((b"agi_a: " + b"x" * 1_000 + b"\n") * 17, "too long"),
        (b"".join(b"agi_%d: x\n" % n for n in range(ENV_LINES + 1)) + b"\n", "too many lines"),
        (b"GE", "no AGI environment"),
        (b"\n", "no AGI environment"),
    ],
)
def test_an_environment_beyond_a_limit_is_broken(data: bytes, reason: str) -> None:
    """Size, count and form have limits; the peer is left (S6)."""
    assert reason in broken(data)


def test_an_environment_at_the_limits_is_read() -> None:
    """The limits themselves are allowed."""
    lines = [b"agi_%d: x\n" % n for n in range(ENV_LINES)]
    assert isinstance(AgiWire().feed(b"".join(lines) + b"\n")[0], Environment)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"200 result=1 (" + b"x" * REPLY_BYTES, "without end"),
        (b"200 result=1 (" + b"x" * REPLY_BYTES + b")\n", "too long"),
        (b"520-Usage\n" + (b"x" * 1_000 + b"\n") * 17, "usage text"),
        (b"something else\n", "no reply"),
        (b"200-result=1\n", "no reply"),
        (b"200 result=1 (first line\nsecond line)\n", "line break"),
    ],
)
def test_a_reply_beyond_a_limit_is_broken(data: bytes, reason: str) -> None:
    """What is no reply could be one that somebody forged; replies would not match any more."""
    assert reason in broken(data, wire=past_env())


BASE = b"agi_network_script: ivr\nagi_callerid: %s\nagi_context: in\nagi_threadid: 1\nagi_arg_1: true\n\n"


@pytest.mark.parametrize(
    "number",
    [
        b"62\nagi_arg_1: forged",
        b"62\nagi_arg_7: forged",
        b"62\nagi_context: forged",
        b"62\nagi_network_script: forged",
        b"62\nagi_context: in\nagi_threadid: 1\nagi_arg_1: forged",
    ],
)
def test_a_line_break_in_a_callers_number_is_told(number: bytes) -> None:
    """Asterisk does not escape it; names that come twice or out of order show it."""
    (env,) = AgiWire().feed(BASE % number)
    assert isinstance(env, Environment)
    assert env.forged
    assert env.values["agi_network_script"] == "ivr"


def test_the_first_value_wins_and_unknown_names_are_kept() -> None:
    """A later Asterisk may say more."""
    (env,) = AgiWire().feed(b"agi_new: 1\nagi_new: 2\nodd\n\n")
    assert isinstance(env, Environment)
    assert env.values == {"agi_new": "1", "odd": ""}


def test_a_forged_blank_line_ends_in_a_broken_rule() -> None:
    """The rest of the environment is no reply."""
    number = b"62\n\nagi_arg_1: forged"
    assert "no reply" in broken(BASE % number)


def parsed(line: bytes) -> list[str]:
    """The words that Asterisk's parser (parse_args in res_agi.c) makes of a line, by its own rules."""
    words: list[str] = []
    quoted = escaped = False
    between = True
    for char in line.decode().removesuffix("\n"):
        if char in " \t" and not quoted and not escaped:
            between = True
            continue
        if between:
            words.append("")
            between = False
        if char == '"' and not escaped:
            quoted = not quoted
        elif char == "\\" and not escaped:
            escaped = True
        else:
            words[-1] += char
            escaped = False
    return words


TEXT = st.text(st.characters(codec="utf-8"), max_size=30)


@given(st.lists(TEXT | st.sampled_from(['"', "\\", '\\"', 'a "b" c', "", " ", '" "x', "\\\\"])))
def test_asterisk_reads_the_words_that_were_given_or_they_are_refused(words: list[str]) -> None:
    """Quotes, backslashes, spaces and empty words come through; a second command never does (X4)."""
    try:
        line = command("EXEC", *words)
    except AgiInjection:
        assert any(ord(char) < 32 or ord(char) == 127 for word in words for char in word)
        return
    assert line.count(b"\n") == 1
    assert parsed(line) == ["EXEC", *words]


@given(TEXT, st.sampled_from([chr(code) for code in [*range(32), 127]]), TEXT)
def test_a_control_character_is_refused_wherever_it_stands(a: str, control: str, b: str) -> None:
    """A line break would begin another command (P3)."""
    for words in [("EXEC", a + control + b), ("EXEC" + control,)]:
        with pytest.raises(AgiInjection):
            command(*words)


@pytest.mark.parametrize("words", [["x" * COMMAND_BYTES], ["x"] * 101, ["\udc80"]])
def test_what_asterisk_would_not_read_in_one_piece_is_refused(words: list[str]) -> None:
    """It takes the rest of a long line for a command of its own."""
    with pytest.raises(AgiInjection):
        command("EXEC", *words)
