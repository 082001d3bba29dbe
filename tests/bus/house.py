"""A journal whose reader is the bus."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from cc110.bus.mqtt import MqttBus
from cc110.bus.settings import BrokerSettings
from cc110.core.events import Data, Event, PbxLost, VerdictGiven
from cc110.core.ids import AgentId, CallId
from cc110.core.words import Verdict
from cc110.journal.codec import encode
from cc110.journal.engine import Database, sqlite_url
from cc110.journal.readers import Readers
from cc110.journal.writer import JournalWriter

from ..phones.timing import limit
from .mosquitto import Broker


@dataclass
class House:
    """A journal, and the bus that reads it."""

    writer: JournalWriter
    readers: Readers
    bus: MqttBus

    async def say(self, *calls: str) -> None:
        """A verdict in each of these calls."""
        told: list[Data] = [VerdictGiven(agent=AgentId("1101"), verdict=Verdict.VALID)]
        await self.append([(CallId(call), data) for call in calls for data in told])

    async def say_of_site(self) -> None:
        """An event that belongs to no call."""
        await self.append([(None, PbxLost(reason="sample"))])

    async def append(self, told: Sequence[tuple[CallId | None, Data]]) -> None:
        """Into the journal."""
        at = datetime(2026, 8, 17, 12, 0, tzinfo=UTC)
        await self.writer.append([Event(at=at, call_id=call, data=data) for call, data in told])

    async def published(self, timeout: float = 15) -> None:
        """Wait until the broker has acknowledged all. Raises TimeoutError."""
        async with asyncio.timeout(limit(timeout)):
            await self.readers.reached(self.writer.progress.seq)


def settings_for(broker: Broker, **others: object) -> BrokerSettings:
    """As a site has them, with short pauses."""
    usual = BrokerSettings(
        host="127.0.0.1",
        port=broker.port,
        site="sample",
        client_id="cc110-sample",
        keepalive_s=5,
        patience_s=2,
        first_pause_s=0.05,
        most_pause_s=0.3,
    )
    return replace(usual, **others)


@asynccontextmanager
async def house(folder: Path, settings: BrokerSettings) -> AsyncIterator[House]:
    """Journal and bus; left like a daemon that is killed: nobody says good-bye."""
    database = await Database.open(sqlite_url(folder / "journal.sqlite3"))
    writer = await JournalWriter.open(database, site="sample")
    bus = MqttBus(settings, encode, version="0.0.0")
    readers = Readers(database, writer.progress, [bus])
    tasks = [asyncio.create_task(readers.run()), asyncio.create_task(bus.run())]
    try:
        yield House(writer, readers, bus)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        await writer.aclose()
        await database.aclose()
