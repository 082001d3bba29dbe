"""Bytes to messages and actions to bytes, without a socket."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cc110.pbx.ami import AmiAction, AmiInjection, AmiMessage
from cc110.pbx.ami.wire import AmiWire, WireLimits, encode, encode_many, pairs_of

BANNER = b"Asterisk Call Manager/11.0.0\r\n"
EVENT = b"Event: Newchannel\r\nPrivilege: call,all\r\nUniqueid: 1.2\r\n\r\n"
STREAM = (
    BANNER
    + b"Response: Success\r\nActionID: 1\r\nMessage: Authentication accepted\r\n\r\n"
    + EVENT
    + "Event: UserEvent\r\nUserEvent: Contoh\r\nNama: Siti Ñurhaliza 警\r\n\r\n".encode()
    + b"Event: CoreShowChannelMap\r\nConnectedChannel: PJSIP/1101-1\r\n\n"
    + b"nothing that we know\r\n\r\n"
    + b"Event: Hangup\r\nCause: 16\r\nUniqueid: 1.2\r\n\r\n\r\n"
    + b"Event: Bad\r\nname: \xff\xfe\r\n\r\n"
)


def wire(**limits: int) -> AmiWire:
    """A wire that is past the greeting."""
    opened = AmiWire(limits=WireLimits(**limits))
    opened.feed(BANNER)
    return opened


def test_the_banner_is_known_as_soon_as_its_line_is_complete() -> None:
    """The client must be able to refuse a peer before it sends its secret."""
    opened = AmiWire()
    assert opened.feed(BANNER[:-1]) == []
    assert opened.banner is None
    opened.feed(BANNER[-1:])
    assert opened.banner == "Asterisk Call Manager/11.0.0"


def test_a_peer_that_never_ends_its_first_line_has_no_banner() -> None:
    """A port of another protocol is found after 256 bytes, not after a gigabyte."""
    opened = AmiWire()
    opened.feed(b"x" * 300)
    assert opened.banner == ""


def test_an_event_and_a_response_are_read() -> None:
    """Names, values and headers without a value come as Asterisk wrote them."""
    event, response = wire().feed(EVENT + b"Response: Error\r\nActionID: 7\r\nMessage:\r\n\r\n")
    assert (event.name, event.is_event, event["uniqueid"]) == ("Newchannel", True, "1.2")
    assert (response.name, response.is_event, response.ok) == ("Error", False, False)
    assert (response.action_id, response.get("Message", "?")) == ("7", "")


def test_a_value_keeps_its_colons_and_inner_spaces() -> None:
    """Only the first colon and the one space after it belong to the header's form."""
    (event,) = wire().feed(b"Event: X\r\nA:b: c\r\nD:  e \r\n\r\n")
    assert event.headers[1:] == (("A", "b: c"), ("D", " e "))


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_the_network_may_cut_anywhere(cuts: list[int]) -> None:
    """Wherever the stream is cut, the messages and the counts are the same."""
    whole, parts = AmiWire(), AmiWire()
    expected = whole.feed(STREAM)
    edges = [0, *sorted(cuts), len(STREAM)]
    pieces = [STREAM[a:b] for a, b in pairwise(edges)]
    assert [m for piece in pieces for m in parts.feed(piece)] == expected
    assert parts.counts == whole.counts


def test_x2_the_network_may_cut_after_every_byte() -> None:
    """The same, one byte at a time, and the content is what was sent (P11)."""
    cut = AmiWire()
    got = [m for i in range(len(STREAM)) for m in cut.feed(STREAM[i : i + 1])]
    assert got == AmiWire().feed(STREAM)
    names = ["Success", "Newchannel", "UserEvent", "CoreShowChannelMap", "Hangup", "Bad"]
    assert [m.name for m in got] == names
    assert got[2]["Nama"] == "Siti Ñurhaliza 警"
    assert (cut.counts.junk, cut.counts.bad_text) == (1, 1)


ODDITIES = st.sampled_from(
    [b"\r\n", b"\n", b"\r", b"\r\n\r\n", b"\r\n\n", b": ", b"Event: X", b"Response: Y", EVENT]
)


@given(st.lists(st.binary(max_size=40) | ODDITIES), st.integers(1, 7))
def test_x2_any_bytes_are_survived_within_bounds(parts: list[bytes], step: int) -> None:
    """Nothing raises, memory is bounded, cuts do not matter, and the next good event is read."""
    data = BANNER + b"".join(parts)
    small = WireLimits(line=50, message=120, headers=6)
    cut, whole = AmiWire(limits=small), AmiWire(limits=small)
    got = []
    for at in range(0, len(data), step):
        got += cut.feed(data[at : at + step])
        assert len(cut._buffer) <= 120 + 3 + step
    assert got == whole.feed(data)
    assert cut.counts == whole.counts
    assert cut.feed(b"\r\n\r\n" + EVENT)[-1] == wire().feed(EVENT)[0]


def test_x2_ten_megabytes_without_an_end_are_skipped_up_to_the_blank_line() -> None:
    """Garbage costs a bounded buffer, is counted once, and ends at the next blank line."""
    opened = wire()
    for _ in range(160):
        assert opened.feed(b"Event: " + b"x" * 65_529) == []
        assert len(opened._buffer) <= 262_144 + 3 + 65_536
    assert [m.name for m in opened.feed(b"tail\r\n\r\n" + EVENT)] == ["Newchannel"]
    assert opened.counts.oversize == 1


@pytest.mark.parametrize(
    "block",
    [
        pytest.param(b"Event: Long\r\nA: " + b"x" * 50, id="line"),
        pytest.param(b"Event: Many\r\n" + b"\r\n".join([b"A: b"] * 9), id="headers"),
        pytest.param(b"Event: Big\r\n" + b"\r\n".join([b"A: " + b"y" * 30] * 4), id="message"),
    ],
)
def test_x2_a_message_beyond_a_limit_is_left_out_and_counted(block: bytes) -> None:
    """Its neighbours are read as if it had not been there."""
    opened = wire(line=50, message=120, headers=8)
    names = [m.name for m in opened.feed(EVENT + block + b"\r\n\r\n" + EVENT)]
    assert names == ["Newchannel", "Newchannel"]
    assert opened.counts.oversize == 1


@pytest.mark.parametrize(
    "forged", ["Event: Hangup", "uniqueid: 6.6", "LinkedID: 6.6", "Channel: x"]
)
def test_x2_an_event_that_says_twice_whom_it_is_about_is_left_out(forged: str) -> None:
    """A line break in a caller's number must not turn his event into another call's (X1)."""
    opened = wire()
    data = f"Event: Newchannel\r\nChannel: a\r\nCallerIDNum: 62\r\n{forged}\r\n"
    rest = "ChanVariable: A=1\r\nChanVariable: B=2\r\nUniqueid: 1.2\r\nLinkedid: 1.2\r\n\r\n"
    assert opened.feed((data + rest).encode()) == []
    assert opened.counts.forged == 1
    assert len(opened.feed((data.replace(forged, "X: y") + rest).encode())) == 1


def test_of_a_repeated_header_the_first_value_counts_and_all_are_there() -> None:
    """Output of a command comes as one header per line."""
    (reply,) = wire().feed(b"Response: Success\r\nOutput: a\r\noutput: b\r\n\r\n")
    assert (reply["output"], reply.all("Output")) == ("a", ("a", "b"))


def test_a_bare_line_feed_does_not_end_a_line() -> None:
    """Asterisk ends its lines with both characters; one alone stays inside the value, counted."""
    opened = wire()
    (event,) = opened.feed(b"Event: Newchannel\r\nCallerIDNum: 62\nEvent: Hangup\r\n\r\n")
    assert event["CallerIDNum"] == "62\nEvent: Hangup"
    assert opened.counts.line_feeds == 1


def test_a_line_feed_at_a_message_s_end_is_asterisk_s_own() -> None:
    """Its "No Contacts found" comes with one: nothing that an administrator should hear of."""
    opened = wire()
    (reply,) = opened.feed(b"Response: Error\r\nMessage: No Contacts found\n\r\n\r\n")
    assert reply["Message"] == "No Contacts found\n"
    assert opened.counts.odd == 0


def test_a_line_without_a_colon_is_left_out_of_its_message() -> None:
    """The rest of the message is kept."""
    opened = wire()
    (event,) = opened.feed(b"Event: X\r\nbroken\r\nA: b\r\n\r\n")
    assert event.headers == (("Event", "X"), ("A", "b"))
    assert opened.counts.bad_lines == 1


def test_good_traffic_counts_as_nothing_else() -> None:
    """A response header inside an event, as OriginateResponse has it, is no forgery."""
    opened = wire()
    opened.feed(b"Event: OriginateResponse\r\nActionID: 1\r\nResponse: Failure\r\n\r\n" + EVENT)
    assert (opened.counts.messages, opened.counts.odd) == (2, 0)


@given(st.text(max_size=60), st.text(st.characters(codec="utf-8"), max_size=60))
def test_x3_a_value_comes_out_as_it_went_in_or_is_refused(key: str, value: str) -> None:
    """What Asterisk reads, by its own rule for lines, is exactly the header that was given."""
    try:
        sent = encode([("Action", "X"), (key, value)])
    except AmiInjection:
        return
    assert sent.replace(b"\r\n", b"\n").split(b"\n") == [
        b"Action: X",
        f"{key}: {value}".encode(),
        b"",
        b"",
    ]


CONTROLS = [chr(code) for code in [*range(32), 127]]


@given(st.text(max_size=20), st.sampled_from(CONTROLS), st.text(max_size=20))
def test_x3_a_control_character_is_refused_wherever_it_stands(
    before: str, control: str, after: str
) -> None:
    """In a value and in a name; a line break would start a header or an action (X3, P4)."""
    for pair in [("Channel", before + control + after), (f"Chan{control}nel", "x")]:
        with pytest.raises(AmiInjection):
            encode([("Action", "Hangup"), pair])
        with pytest.raises(AmiInjection):
            encode_many([("Action", "Hangup")], [[("Cause", "16")], [pair]])


def test_unicode_line_separators_are_ordinary_text() -> None:
    """Asterisk does not end a line there."""
    assert "Val: a\u2028b\u0085c".encode() in encode([("Action", "X"), ("Val", "a\u2028b\u0085c")])


@pytest.mark.parametrize("name", ["", "A:b", "A b", "A\u00e9", "Ac\u2028"])
def test_a_header_name_is_letters_digits_hyphen_and_underscore(name: str) -> None:
    """Anything else could be read as another header."""
    with pytest.raises(AmiInjection):
        encode([("Action", "X"), (name, "v")])


def test_text_that_is_not_unicode_is_refused() -> None:
    """A lone surrogate, as from a file name, has no bytes."""
    with pytest.raises(AmiInjection):
        encode([("Action", "X"), ("A", "\udc80")])


def test_a_line_of_1024_bytes_goes_and_one_more_does_not() -> None:
    """Asterisk would read the rest of a longer line as a message of its own."""
    assert len(encode([("Action", "X"), ("A", "é" * 509 + "x")]).split(b"\r\n")[1]) == 1022
    with pytest.raises(AmiInjection):
        encode([("Action", "X"), ("A", "é" * 509 + "xx")])


def test_a_hundred_headers_go_and_one_more_does_not() -> None:
    """Asterisk takes 128 lines; the rest is our reserve."""
    encode([("Action", "X"), *[("A", "b")] * 99])
    with pytest.raises(AmiInjection):
        encode([("Action", "X"), *[("A", "b")] * 100])


@pytest.mark.parametrize(
    "pairs",
    [
        [("A", "b")],
        [("Action", "X"), ("action", "Y")],
        [("Action", "X"), ("ActionID", "1"), ("ActionId", "2")],
    ],
)
def test_an_action_has_one_name_and_at_most_one_id(pairs: list[tuple[str, str]]) -> None:
    """Which of two would count is Asterisk's secret."""
    with pytest.raises(AmiInjection):
        encode(pairs)


def test_an_action_is_a_mapping_or_pairs_and_a_sequence_repeats_a_header() -> None:
    """Originate takes several Variable headers."""
    expected = [("Action", "Originate"), ("Variable", "a=1"), ("Variable", "b=2"), ("Timeout", "5")]
    mapping: AmiAction = {"Action": "Originate", "Variable": ["a=1", "b=2"], "Timeout": 5}
    assert pairs_of(mapping) == expected
    assert pairs_of([*expected[:3], ("Timeout", 5)]) == expected


def test_a_message_does_not_change() -> None:
    """It is a fact."""
    message = AmiMessage((("Event", "X"), ("A", "b")))
    with pytest.raises(AttributeError):
        message.headers = ()
    with pytest.raises(KeyError):
        message["C"]
    assert ("a" in message, "C" in message, message.get("C", "-")) == (True, False, "-")
    assert (message, hash(message)) == (AmiMessage(message.headers), hash(message))


def test_variables_of_a_channel_become_a_dictionary_whose_first_value_wins() -> None:
    """ChanVariable headers repeat; a value may hold an equals sign."""
    (event,) = wire().feed(
        b"Event: X\r\nChanVariable: CC110_A=1=2\r\n"
        b"chanvariable: CC110_A=3\r\nChanVariable: B\r\n\r\n"
    )
    assert event.variables() == {"CC110_A": "1=2", "B": ""}


def test_a_message_is_shown_with_control_characters_escaped_and_cut() -> None:
    """It may land in a log on a terminal."""
    shown = repr(AmiMessage((("Event", "X"), ("A", "\x1b[31m" + "y" * 500))))
    assert "\x1b" not in shown
    assert len(shown) < 230
