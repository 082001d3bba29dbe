"""What comes from outside can't write a line of its own into the log (X9)."""

import json

import pytest
import structlog

from cc110.log import Format, set_up

EVIL = 'a\n{"event": "forged"}\r\x1b[31mred\x1b[0m\x85\u2028\0'


@pytest.mark.parametrize("form", ["console", "json"])
def test_x9_line_breaks_and_colours_in_a_value_stay_in_it(
    form: Format, capsys: pytest.CaptureFixture[str]
) -> None:
    """One entry is one line, and a terminal obeys none of it."""
    set_up("info", form)
    structlog.get_logger("x").warning("said", error=EVIL, by=EVIL)
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    assert "\x1b[31mred" not in said
    assert "\0" not in said
    if form == "json":
        assert json.loads(said)["error"] == EVIL
