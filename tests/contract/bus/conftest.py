"""A broker for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.bus.mosquitto import Broker, command


@pytest.fixture(scope="session")
def mosquitto() -> tuple[str, ...]:
    """The program."""
    return command()


@pytest_asyncio.fixture
async def broker(mosquitto: tuple[str, ...], tmp_path: Path) -> AsyncIterator[Broker]:
    """A running broker."""
    made = Broker(mosquitto, tmp_path)
    await made.start()
    yield made
    await made.kill()
