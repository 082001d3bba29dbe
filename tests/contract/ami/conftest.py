"""Every test here runs on uvloop, which the daemon uses, and in `make reliability` on asyncio's own event loop as well:
they differ in small things."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import uvloop


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Name the loops."""
    return {"asyncio": asyncio.SelectorEventLoop, "uvloop": uvloop.new_event_loop}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One loop is enough where time counts."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and "[asyncio" in item.name:
            item.add_marker(pytest.mark.slow)
