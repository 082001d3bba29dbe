"""The dialplan knows the same special numbers as the core."""

import re
from pathlib import Path

from cc110.core.special import BEGINNING, SPECIAL

LIST = Path(__file__).parents[2] / "dialplan" / "special.conf"


def test_the_dialplan_lists_the_core_s_patterns_in_the_same_order() -> None:
    """Either list is changed only together with the other."""
    listed = re.findall(r"^exten => _([^,]+),", LIST.read_text(), re.MULTILINE)

    assert list(SPECIAL) == listed


def test_a_pattern_is_a_beginning_or_a_whole_number_in_normal_form() -> None:
    """The dialplan asks for six digits and for all of them; no number has fewer than eight."""
    for pattern in SPECIAL:
        places = len(re.sub(r"\[\d+\]", "X", pattern))

        assert re.fullmatch(r"([0-9X]|\[[0-9]+\])+", pattern), pattern
        assert places == BEGINNING or 8 <= places <= 15, pattern
