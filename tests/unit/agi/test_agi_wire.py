"""What Asterisk says over FastAGI, byte by byte, without a socket."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cc110.pbx.agi import Reply
from cc110.pbx.agi.wire import (
    ENV_BYTES,
    ENV_LINES,
    HANGUPS,
    REPLY_BYTES,
    AgiWire,
    Broken,
    Environment,
    Hangup,
    Message,
)

ENV = (
    b"agi_network: yes\nagi_network_script: ivr\nagi_request: agi://127.0.0.1:4573/ivr\n"
    b"agi_channel: PJSIP/trunk-00000000\nagi_uniqueid: 1795346810.1\nagi_callerid: 6280000000110\n"
    b"agi_calleridname: \xd1urhaliza\nagi_accountcode: \nagi_threadid: 140706893412032\n"
    b"agi_arg_1: first: one\nagi_arg_2: \n\n"
)
USAGE = (
    b"520-Invalid command syntax.  Proper usage follows:\nUsage: STREAM FILE\n    200 result=9\n"
    b"\n520 End of proper usage.\n"
)
REPLIES = (
    b"200 result=0\n200 result=1 (a (b) c)\nHANGUP\n200 result=49 endpos=8000\n"
    b"200 result= (timeout)\n200 result=1 ()\n200 result=-1\n510 Invalid or unknown command\n"
    b"511 Command Not Permitted on a dead channel or intercept routine\n"
    + USAGE
    + b"520 Invalid command syntax.  Proper usage not available.\nHANGUP\n"
)
STREAM = ENV + REPLIES


def said(*parts: bytes) -> list[Message]:
    """All messages of the bytes, cut like this, on a new connection."""
    wire = AgiWire()
    return [message for part in parts for message in wire.feed(part)]


def replies(*parts: bytes) -> list[Message]:
    """The same after an environment."""
    return said(ENV, *parts)[1:]


def test_the_environment_is_read() -> None:
    """Values keep their colons, an empty value is a value, and bad bytes do not stop anything."""
    (env,) = said(ENV)
    assert isinstance(env, Environment)
    assert env.values["agi_network_script"] == "ivr"
    assert env.values["agi_arg_1"] == "first: one"
    assert (env.values["agi_accountcode"], env.values["agi_arg_2"]) == ("", "")
    assert env.values["agi_calleridname"] == "\ufffdurhaliza"


def test_every_kind_of_reply_is_read_and_hangup_anywhere() -> None:
    """One message for each reply, however many lines it has."""
    assert replies(REPLIES) == [
        Reply(code=200, result="0"),
        Reply(code=200, result="1", data="a (b) c"),
        Hangup(),
        Reply(code=200, result="49"),
        Reply(code=200, result="", data="timeout"),
        Reply(code=200, result="1", data=""),
        Reply(code=200, result="-1"),
        Reply(code=510, data="Invalid or unknown command"),
        Reply(code=511, data="Command Not Permitted on a dead channel or intercept routine"),
        Reply(code=520, data="End of proper usage."),
        Reply(code=520, data="Invalid command syntax.  Proper usage not available."),
        Hangup(),
    ]


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("", ""),
        ("()", "()"),
        (")", ")"),
        ("a) b=c", "a) b=c"),
        ("x) endpos=1", "x) endpos=1"),
        ("200 result=1 (y", "200 result=1 (y"),
    ],
)
def test_a_value_keeps_its_brackets(value: str, read: str) -> None:
    """The last bracket ends it, whatever stands inside."""
    assert replies(f"200 result=1 ({value})\n".encode()) == [Reply(code=200, result="1", data=read)]


def test_x4_a_hangup_in_the_middle_of_a_usage_text_is_heard() -> None:
    """It is out of band; the usage text goes on."""
    assert replies(USAGE.replace(b"\n", b"\nHANGUP\n", 1)) == [
        Hangup(),
        Reply(code=520, data="End of proper usage."),
    ]


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_the_network_may_cut_anywhere(cuts: list[int]) -> None:
    """Wherever the stream is cut, the messages are the same."""
    edges = [0, *sorted(cuts), len(STREAM)]
    assert said(*(STREAM[a:b] for a, b in pairwise(edges))) == said(STREAM)


def test_the_network_may_cut_after_every_byte() -> None:
    """The same, one byte at a time."""
    assert said(*(STREAM[i : i + 1] for i in range(len(STREAM)))) == said(STREAM)
    assert len(said(STREAM)) == 13


@pytest.mark.parametrize("end", range(0, len(STREAM), 7))
def test_x4_a_truncated_line_is_no_message(end: int) -> None:
    """What was said before it is all that is known; nothing is made up from a part of a line."""
    assert said(STREAM[:end]) == said(STREAM[: STREAM.rfind(b"\n", 0, end) + 1])


LINES = st.sampled_from(
    [
        b"\n",
        b"agi_a: b\n",
        b"agi_arg_1: c\n",
        b"200 result=1 (x)\n",
        b"200 result=1 (x\n",
        "²²² x\n٢٠٠ result=٩\n".encode(),
        b"200 result=" + b"9" * 5_000 + b"\n",
        b"HANGUP\n",
        b"520-x\n",
        b"520 x\n",
        b"200 r",
        b"\r",
        b"x" * 9_000,
        ENV,
    ]
)


@given(st.sampled_from([b"", ENV]), st.lists(st.binary(max_size=40) | LINES), st.integers(1, 7_000))
def test_x4_any_bytes_are_survived_within_bounds(
    begin: bytes, parts: list[bytes], step: int
) -> None:
    """Nothing raises, memory is bounded, cuts do not matter, and after a broken rule nothing is read."""
    data = begin + b"".join(parts)
    wire = AgiWire()
    got: list[Message] = []
    for at in range(0, len(data), step):
        got += wire.feed(data[at : at + step])
        assert len(wire._buffer) <= max(ENV_BYTES, REPLY_BYTES) + step
    assert got == said(data)
    broken = [isinstance(message, Broken) for message in got]
    assert not any(broken[:-1])
    if any(broken):
        assert [*wire.feed(STREAM)] == []
        assert len(wire._buffer) == 0


def broken(*parts: bytes) -> str:
    """The reason that the last message gives for the end."""
    last = said(*parts)[-1]
    assert isinstance(last, Broken)
    return last.reason


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"agi_a: " + b"x" * ENV_BYTES, "too long"),
        (b"agi_a: " + b"x" * ENV_BYTES + b"\n\n", "too long"),
        (b"".join(b"agi_%d: %s\n" % (n, b"x" * 1_000) for n in range(17)), "too long"),
        (b"".join(b"agi_%d: x\n" % n for n in range(ENV_LINES + 1)) + b"\n", "many lines"),
        (b"GE", "no AGI environment"),
        (b"agi_a: x\nodd\n\n", "no AGI environment"),
        (b"\x16\x03\x01\n", "no AGI environment"),
        (b"\n", "no AGI environment"),
    ],
)
def test_an_environment_beyond_a_limit_is_broken(data: bytes, reason: str) -> None:
    """Size, count and form have limits; the peer is left (S6)."""
    assert reason in broken(data)


def test_an_environment_at_the_limits_is_read() -> None:
    """The limits themselves are allowed."""
    lines = b"".join(b"agi_%02d: x\n" % n for n in range(ENV_LINES - 1))
    last = b"agi_z: " + b"x" * (ENV_BYTES - len(lines) - 7) + b"\n"
    (env,) = said(lines + last, b"\n")
    assert isinstance(env, Environment)
    assert len(env.values) == ENV_LINES


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"200 result=1 (" + b"x" * REPLY_BYTES, "too long"),
        (b"200 result=1 (" + b"x" * REPLY_BYTES + b")\n", "too long"),
        (b"520-Usage\n" + (b"x" * 1_000 + b"\n") * 17, "too long"),
        (b"520-Usage\n" + b"\n" * 17_000, "too long"),
        (b"\n", "no reply"),
        (b"something else\n", "no reply"),
        (b"agi_arg_1: forged\n", "no reply"),
        (b"200-result=1\n", "no reply"),
        (b"20 result=1\n", "no reply"),
        ("٢٠٠ result=1\n".encode(), "no reply"),
        ("²²² result=1\n".encode(), "no reply"),
        (b"200 OK\n", "no reply"),
        (b"200 result=1\r\n", "no reply"),
        (b"200 result=1 (first line\nsecond line)\n", "line break"),
        (b"HANGUP\n" * (HANGUPS + 1), "HANGUP"),
    ],
)
def test_a_reply_beyond_a_limit_is_broken(data: bytes, reason: str) -> None:
    """What is no reply could be one that somebody forged; replies would not match any more."""
    assert reason in broken(ENV, data)


def test_a_reply_at_the_limit_is_read() -> None:
    """Also when it follows others."""
    fits = b"200 result=1 (" + b"x" * (REPLY_BYTES - 15) + b")\n"
    (_, reply) = replies(b"200 result=0\n", fits)
    assert isinstance(reply, Reply)
    assert len(reply.data) == REPLY_BYTES - 15


BASE = (
    b"agi_network_script: ivr\nagi_callerid: %s\nagi_calleridname: x\nagi_context: in\n"
    b"agi_threadid: 1\nagi_arg_1: true\n\n"
)


@pytest.mark.parametrize(
    "number",
    [
        pytest.param(b"62\nagi_arg_1: forged", id="an argument"),
        pytest.param(b"62\nagi_arg_7: forged", id="an argument that is not there"),
        pytest.param(b"62\nagi_context: forged", id="a later name"),
        pytest.param(b"62\nagi_network_script: forged", id="an earlier name"),
        pytest.param(
            b"62\nagi_context: in\nagi_threadid: 1\nagi_arg_1: forged", id="all that follows"
        ),
    ],
)
def test_forged_lines_set_nothing(number: bytes) -> None:
    """A line break in a caller's number would be read as further lines: there is no session then."""
    assert broken(BASE % number) == "a forged environment"
    assert isinstance(said(BASE % b"62")[-1], Environment)


def test_a_forged_end_of_the_environment_ends_the_session() -> None:
    """A blank line in a caller's number brings the real rest among the replies."""
    environment, end = said(BASE % b"62\nagi_arg_1: forged\n\n200 result=1 (forged)")[0::2]
    assert isinstance(environment, Environment)
    assert isinstance(end, Broken)
    assert "no reply" in end.reason


def test_who_takes_no_more_messages_has_no_work_with_the_rest() -> None:
    """A flood in one piece is not read before the first of it is acted on."""
    wire = AgiWire()
    list(wire.feed(ENV))
    next(iter(wire.feed(b"200 result=1\n" * 20_000)))
    assert len(wire._buffer) == len(b"200 result=1\n") * 19_999
