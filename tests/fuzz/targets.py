"""What must hold for any input, one function for each parser; it raises when it does not hold.

A target takes bytes, so that the same file serves the replay, hypothesis and a coverage-guided fuzzer.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Final

from cc110.core.facts import Fact
from cc110.core.numbers import is_number, normalise
from cc110.pbx import cel
from cc110.pbx.agi import AgiInjection
from cc110.pbx.agi.wire import (
    COMMAND_BYTES,
    ENV_BYTES,
    REPLY_BYTES,
    AgiWire,
    Broken,
    Environment,
    Hangup,
    command,
)
from cc110.pbx.ami import AmiInjection, AmiMessage
from cc110.pbx.ami.wire import MAX_OUT_LINE, AmiWire, WireLimits, encode
from cc110.pbx.link import wrapup_of
from cc110.pbx.notes import verified_note
from cc110.pbx.translate import call_facts, dialplan_fact, roster_facts, seen_calls

Target = Callable[[bytes], None]

BANNER: Final = b"Asterisk Call Manager/11.0.0\r\n"
GOOD: Final = b"Event: Newchannel\r\nUniqueid: 1.2\r\n\r\n"
SMALL: Final = WireLimits(line=200, message=1000, headers=20)
STEP: Final = 7
NOW: Final = datetime(2026, 11, 27, tzinfo=UTC)


def _pieces(data: bytes, step: int = STEP) -> Iterator[bytes]:
    """The data as a network might cut them."""
    for at in range(0, len(data), step):
        yield data[at : at + step]


def _sane(fact: Fact) -> None:
    """What the core computes with is a number: with NaN no deadline ever comes."""
    for field in fields(fact):
        value = getattr(fact, field.name)
        assert not isinstance(value, float) or math.isfinite(value), f"{field.name} is {value}"


def ami(data: bytes) -> None:
    """No exception; cuts do not matter; memory is bounded; the next good event is read (X2)."""
    whole, cut = AmiWire(limits=SMALL), AmiWire(limits=SMALL)
    found: list[AmiMessage] = []
    for piece in _pieces(BANNER + data):
        found += cut.feed(piece)
        assert len(cut._buffer) <= SMALL.message + 3 + STEP
    assert found == whole.feed(BANNER + data)
    assert cut.counts == whole.counts
    assert cut.feed(b"\r\n\r\n" + GOOD)[-1].headers == (
        ("Event", "Newchannel"),
        ("Uniqueid", "1.2"),
    )


def ami_facts(data: bytes) -> None:
    """A message that makes no sense makes no fact, whatever it is taken for (X2)."""
    messages = AmiWire().feed(BANNER + data + b"\r\n\r\n")
    for message in messages:
        for fact in call_facts(message):
            _sane(fact)
        roster_facts(message, {})
    seen_calls(messages, at=NOW)
    assert all(map(math.isfinite, wrapup_of(messages).values()))


def ami_action(data: bytes) -> None:
    """What Asterisk reads is the header that was given, or nothing was sent (X3)."""
    name, _, value = data.decode("utf-8", "surrogateescape").partition("=")
    try:
        sent = encode([("Action", "Hangup"), (name, value)])
    except AmiInjection:
        return
    lines = sent.replace(b"\r\n", b"\n").split(b"\n")
    assert lines == [b"Action: Hangup", f"{name}: {value}".encode(), b"", b""]
    assert max(map(len, lines)) <= MAX_OUT_LINE - 2


def agi(data: bytes) -> None:
    """No exception; cuts do not matter; memory is bounded; after `Broken` nothing is read (X4)."""
    whole, cut = AgiWire(), AgiWire()
    found = list[Environment | Hangup | Broken | object]()
    for piece in _pieces(data):
        found += cut.feed(piece)
        assert len(cut._buffer) <= max(ENV_BYTES, REPLY_BYTES) + STEP + 2
    assert found == list(whole.feed(data))
    kinds = [type(one) for one in found]
    assert Broken not in kinds[:-1]
    assert Environment not in kinds[1:]
    if Broken in kinds:
        assert list(cut.feed(b"200 result=1\n")) == []


def agi_command(data: bytes) -> None:
    """One command is one line, and Asterisk's quoting gives the words back (X3, X4)."""
    words = data.decode("utf-8", "surrogateescape").split("=")
    try:
        line = command("SET VARIABLE", *words)
    except AgiInjection:
        return
    assert line.endswith(b"\n")
    assert not any(byte < 32 for byte in line[:-1])
    assert len(line) <= COMMAND_BYTES
    assert list(_unquoted(line.decode().removeprefix("SET VARIABLE").rstrip("\n"))) == words


def _unquoted(text: str) -> Iterator[str]:
    """Words in quotes, as res_agi.c's parse_args reads them."""
    letters = iter(text)
    for letter in letters:
        assert letter == " "
        assert next(letters) == '"'
        word = ""
        while (one := next(letters)) != '"':
            word += next(letters) if one == "\\" else one
        yield word


def cel_line(data: bytes) -> None:
    """A damaged line of the PBX's own record costs nothing but itself."""
    row = cel.row_of(data.decode("utf-8", "replace"))
    if row and (fact := cel.fact_of(row)):
        _sane(fact)


def dialplan(data: bytes) -> None:
    """A word of the dialplan's, its call and its data: a fact whose numbers are numbers, or none."""
    word, call_id, *rest = [*data.decode("utf-8", "replace").split("\n", 2), "", ""]
    fact = dialplan_fact(at=NOW, word=word, call_id=call_id, channel="1.2", data=rest[0])
    if fact is not None:
        _sane(fact)


def note(data: bytes) -> None:
    """What the dialplan noted of a verification, or nothing."""
    key, _, value = data.decode("utf-8", "replace").partition("\n")
    found = verified_note(key, value)
    assert found is None or is_number(found.number)


def number(data: bytes) -> None:
    """A number in normal form, which stays what it is, or nobody (X1)."""
    found = normalise(data.decode("utf-8", "replace"))
    if found is None:
        return
    assert found.isascii()
    assert found.isdigit()
    assert is_number(found)
    assert normalise(f"+{found}") == found


TARGETS: Final[Mapping[str, Target]] = {
    target.__name__: target
    for target in (ami, ami_facts, ami_action, agi, agi_command, cel_line, dialplan, note, number)
}
