"""Settings and pauses."""

import pytest

from cc110.backoff import Backoff
from cc110.pbx.ami import AmiSettings


def test_a_secret_is_never_printed() -> None:
    """Settings end up in logs and error reports."""
    assert "sample" not in repr(AmiSettings(username="cc110", secret="sample"))


@pytest.mark.parametrize(
    "wrong", [{"port": 0}, {"ping_every_s": -1.0}, {"secret": "a\r\nAction: X"}, {"username": ""}]
)
def test_settings_that_can_not_work_are_refused(wrong: dict[str, object]) -> None:
    """Before the first connection, not by a link that never comes up."""
    good: dict[str, object] = {"username": "cc110", "secret": "sample"}
    with pytest.raises(ValueError, match=r"must be|printable"):
        AmiSettings(**(good | wrong))


def test_a_dead_link_is_found_within_ten_seconds_by_default() -> None:
    """S7 of the requirements."""
    default = AmiSettings(username="cc110", secret="sample")
    assert default.ping_every_s + 2 * default.ping_timeout_s <= 10
    assert default.backoff_most_s <= 2


def test_pauses_double_to_a_limit_and_begin_anew_after_a_success() -> None:
    """Each is shortened at random by at most half."""
    pauses = Backoff(first_s=1, most_s=5)
    for nominal in (1, 2, 4, 5, 5):
        assert nominal / 2 <= pauses.next_s() <= nominal
    pauses.reset()
    assert pauses.next_s() <= 1
