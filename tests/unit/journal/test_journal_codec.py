"""Events as text and back."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cc110.core.events import CallAbandoned, CallArrived, Event, Recorded, RecordingMissing
from cc110.core.ids import CallId
from cc110.journal.codec import UnknownEvent, decode, draft, encode
from cc110.journal.samples import SAMPLE_AT, samples

KEYS = ["id", "seq", "at", "site", "call_id", "case_id", "type", "v", "data"]


def line_with(**changes: Any) -> str:
    """A good line with some keys changed."""
    return json.dumps(json.loads(encode(samples()["CallArrived"])) | changes)


def missing(reason: str) -> Event:
    """An event with free text."""
    return Event(at=SAMPLE_AT, data=RecordingMissing(path="a.wav", reason=reason))


@pytest.mark.parametrize("name", samples())
def test_every_kind_of_event_survives_the_way_through_text(name: str) -> None:
    """What is decoded equals what was encoded, for each type of the vocabulary."""
    recorded = samples()[name]

    assert recorded == decode(encode(recorded))


def test_a_line_has_the_public_keys_in_their_order() -> None:
    """The order is part of the format: hashes are computed over it."""
    line = json.loads(encode(samples()["CallArrived"]))

    assert KEYS == list(line)
    assert ("CallArrived", 1) == (line["type"], line["v"])


def test_a_time_is_written_in_utc_with_milliseconds() -> None:
    """A time of another zone is converted, what is finer than a millisecond is cut off."""
    jakarta = timezone(timedelta(hours=7))
    at = datetime(2026, 8, 17, 10, 4, 5, 678_999, tzinfo=jakarta)

    written = draft(replace(missing("x"), at=at))

    assert "2026-08-17T03:04:05.678Z" == written.at
    assert datetime(2026, 8, 17, 3, 4, 5, 678_000, tzinfo=UTC) == written.event.at


def test_a_naive_time_is_refused() -> None:
    """A time without a zone is a mistake of the caller, never a guess."""
    with pytest.raises(ValueError, match="aware"):
        draft(replace(missing("x"), at=datetime(2026, 8, 17)))


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), "4", None])
def test_a_value_that_could_not_be_read_again_is_refused(bad: Any) -> None:
    """An unreadable event never gets into the journal."""
    with pytest.raises(ValueError, match=r"waited_s|not JSON compliant"):
        draft(Event(at=SAMPLE_AT, data=CallAbandoned(waited_s=bad)))


def test_a_call_id_that_is_no_text_is_refused() -> None:
    """It would break the transaction that it shares with other calls' events."""
    with pytest.raises(UnicodeEncodeError):
        draft(replace(missing("x"), call_id=CallId("bad\udc80")))


def test_bytes_that_were_no_utf8_are_recorded_readably() -> None:
    """A hostile name must not keep a call out of the journal."""
    written = draft(missing("name \udc80 end"))

    assert RecordingMissing(path="a.wav", reason="name ? end") == written.event.data


@given(st.text())
def test_any_text_comes_back_as_it_was(text: str) -> None:
    """Quotes, controls, NUL and every script survive."""
    recorded = Recorded(id="0" * 26, seq=1, site="s", event=missing(text))

    assert recorded == decode(encode(recorded))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"type": "CallTeleported"}, "unknown event type 'CallTeleported'"),
        ({"v": 99}, "unknown version 99 of CallArrived"),
        ({"data": {}}, "CallArrived channel"),
        ({"at": "yesterday"}, "not a time"),
        ({"at": "2026-08-17T03:04:05.678"}, "not a time"),
        ({"seq": "seven"}, "not an event's line"),
        ({"surprise": 1}, "not an event's line"),
        ({"data": "text"}, "CallArrived"),
    ],
)
def test_what_this_version_does_not_know_is_named(changes: dict[str, Any], reason: str) -> None:
    """Readers get one clear error that they can skip and count."""
    with pytest.raises(UnknownEvent, match=reason):
        decode(line_with(**changes))


def test_a_field_of_the_future_is_not_ignored() -> None:
    """It may limit what the other fields say, so the event counts as unknown."""
    data = json.loads(encode(samples()["CallArrived"]))["data"] | {"only_if": "moon is full"}

    with pytest.raises(UnknownEvent, match="only_if"):
        decode(line_with(data=data))


def test_a_field_that_came_later_takes_its_default() -> None:
    """Events from before an optional field was added stay readable."""
    data = json.loads(encode(samples()["CallArrived"]))["data"]
    del data["recovered"]

    arrived = decode(line_with(data=data)).event.data

    assert isinstance(arrived, CallArrived)
    assert arrived.recovered is False


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "7", b"\xff", "{}"])
def test_what_is_no_event_at_all_is_unknown_too(text: str | bytes) -> None:
    """Damaged text gives the same error as news from the future."""
    with pytest.raises(UnknownEvent):
        decode(text)
