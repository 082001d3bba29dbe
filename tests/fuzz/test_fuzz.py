"""Every parser holds its rules for the kept inputs, and for what hypothesis makes of them (X1 to X4)."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .targets import TARGETS

CORPUS = Path(__file__).parent / "corpus"


def kept(name: str) -> list[Path]:
    """The inputs of a target that are kept: those to begin with, and those that once broke a rule."""
    return sorted((CORPUS / name).iterdir())


ALL = [
    pytest.param(name, path, id=f"{name}-{path.name}") for name in TARGETS for path in kept(name)
]


@pytest.mark.parametrize(("name", "path"), ALL)
def test_x2_x3_x4_a_kept_input_breaks_no_rule(name: str, path: Path) -> None:
    """A finding is kept as a file, and does not come back."""
    TARGETS[name](path.read_bytes())


def variations(name: str) -> st.SearchStrategy[bytes]:
    """Kept inputs cut and joined anywhere, with any bytes between them."""
    seeds = st.sampled_from([path.read_bytes() for path in kept(name)])
    part = st.tuples(seeds, st.integers(0, 400), st.integers(0, 400)).map(
        lambda cut: cut[0][min(cut[1:]) : max(cut[1:])]
    )
    return st.lists(seeds | part | st.binary(max_size=20), max_size=6).map(b"".join)


@pytest.mark.parametrize("name", TARGETS)
@settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow]
)  # a busy machine breaks no rule
@given(data=st.data())
def test_x2_x3_x4_any_input_breaks_no_rule(name: str, data: st.DataObject) -> None:
    """The same rules, a hundred inputs a run."""
    TARGETS[name](data.draw(variations(name)))


def test_every_target_has_inputs_and_every_input_a_target() -> None:
    """A folder with a slip in its name would never be replayed."""
    assert {path.name for path in CORPUS.iterdir()} == set(TARGETS)
    assert all(kept(name) for name in TARGETS)
