"""The shipped prompts, and a copy of them to break."""

import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tools"))


@pytest.fixture
def shipped() -> Path:
    """The manifest that callers hear."""
    return ROOT / "dialplan" / "prompts" / "prompts.toml"


@pytest.fixture
def copy(shipped: Path, tmp_path: Path) -> Path:
    """A manifest with all its recordings, free to be broken."""
    return Path(shutil.copytree(shipped.parent, tmp_path / "prompts"), shipped.name)
