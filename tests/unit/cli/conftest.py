"""The command line on a home of its own."""

import logging
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from tests.unit.cli.shell import Shell, ports


@pytest.fixture
def home() -> Iterator[Path]:
    """An empty CC110_HOME with a short path, because the PBX's socket lies in it."""
    folder = Path(tempfile.mkdtemp(prefix="cc110-cli-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def shell(home: Path) -> Iterator[Shell]:
    """A shell on that home; what commands did to the process's logging is undone."""
    handlers = [*logging.root.handlers]
    with ports() as block:
        yield Shell(home, block)
    logging.root.handlers[:] = handlers
    structlog.reset_defaults()
