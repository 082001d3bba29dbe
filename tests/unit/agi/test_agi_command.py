"""The commands that Asterisk is given: it reads the words that were meant, and never a second command."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cc110.pbx.agi import AgiInjection
from cc110.pbx.agi.wire import COMMAND_BYTES, command


def parsed(line: bytes) -> list[str]:
    """The words that Asterisk makes of a line, by the rules of its parser (parse_args in res_agi.c).

    A quote begins or ends a quotation, a backslash takes the next character as it is, and blanks and
    tabs outside both end a word.
    """
    words: list[str] = []
    quoted = escaped = False
    between = True
    for char in line.decode().removesuffix("\n"):
        if char in " \t" and not quoted and not escaped:
            between = True
            continue
        if between and (char != "\\" or escaped):
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
PLAIN = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=30)
SHARP = st.sampled_from(['"', "\\", '\\"', '"\\', 'a "b" c', "", " ", '" "x', "\\\\", "\\ "])
CONTROLS = [chr(code) for code in [*range(32), 127]]


@given(st.lists(PLAIN | SHARP, max_size=12))
def test_x4_asterisk_reads_the_words_that_were_given(words: list[str]) -> None:
    """Quotes, backslashes, blanks and empty words come through; there is one line (X4)."""
    line = command("SET VARIABLE", *words)
    assert (line.count(b"\n"), line[-1:]) == (1, b"\n")
    assert parsed(line) == ["SET", "VARIABLE", *words]


def test_a_command_without_arguments_is_its_name() -> None:
    """Asterisk's own names are not quoted."""
    assert command("CHANNEL STATUS") == b"CHANNEL STATUS\n"


@given(TEXT, st.sampled_from(CONTROLS), TEXT)
def test_x3_x4_a_control_character_is_refused_wherever_it_stands(
    a: str, control: str, b: str
) -> None:
    """A line break would begin another command."""
    for words in [("EXEC", a + control + b), ("EXEC" + control,)]:
        with pytest.raises(AgiInjection) as refused:
            command(*words)
        assert control not in str(refused.value)


def test_what_is_no_unicode_text_is_refused() -> None:
    """A lone surrogate, as from a file name, has no bytes."""
    with pytest.raises(AgiInjection):
        command("EXEC", "\udc80")


def test_the_longest_line_goes_and_one_byte_more_does_not() -> None:
    """Asterisk takes the rest of a longer one for a command of its own."""
    fits = COMMAND_BYTES - len('EXEC ""\n')
    assert len(command("EXEC", "x" * fits)) == COMMAND_BYTES
    assert len(command("EXEC", '"' * (fits // 2))) <= COMMAND_BYTES
    for longer in ("x" * (fits + 1), '"' * (fits // 2 + 1), "é" * (fits // 2 + 1)):
        with pytest.raises(AgiInjection):
            command("EXEC", longer)
