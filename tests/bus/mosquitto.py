"""A real broker for tests: Mosquitto on a free port, which may be killed, hung and started again."""

import asyncio
import json
import os
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiomqtt import Client

from cc110.pbx.embedded.install import install
from cc110.pbx.embedded.progress import NoProgress

from ..cache import cache
from ..control_room import free_ports
from ..phones.timing import limit


def command() -> tuple[str, ...]:
    """Mosquitto, unpacked like the PBX when it is not there yet."""
    return install(cache(), bundles=("mosquitto",), progress=NoProgress()).tool("mosquitto")


@dataclass
class Broker:
    """One broker, with its retained messages kept over a restart."""

    program: tuple[str, ...]
    home: Path
    lines: tuple[str, ...] = ("allow_anonymous true",)
    port: int = 0
    _process: asyncio.subprocess.Process | None = field(default=None, repr=False)

    async def start(self) -> None:
        """Start it; returns when it takes connections."""
        self.port = self.port or free_ports(1)[0]
        config = self.home / "mosquitto.conf"
        user = ("user root",) if os.getuid() == 0 else ()
        kept = ("persistence true", f"persistence_location {self.home}/", "max_queued_messages 0")
        listen = f"listener {self.port} 127.0.0.1"
        config.write_text("\n".join((*kept, *user, listen, *self.lines, "")))
        with (self.home / "mosquitto.log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self.program, "-c", str(config), "-v", stdout=log, stderr=subprocess.STDOUT
            )
        async with asyncio.timeout(limit(10)):
            while not await self._listens():
                await asyncio.sleep(0.02)

    async def _listens(self) -> bool:
        assert self._process
        if self._process.returncode is not None:
            raise RuntimeError((self.home / "mosquitto.log").read_text()[-2000:])
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        writer.close()
        return True

    async def kill(self) -> None:
        """SIGKILL, at once; twice is no error."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        """SIGTERM, and what is retained is kept."""
        await self._end(signal.SIGTERM)

    def hang(self) -> None:
        """SIGSTOP: its sockets stay open, nothing answers."""
        assert self._process
        self._process.send_signal(signal.SIGSTOP)

    async def _end(self, how: signal.Signals) -> None:
        if self._process and self._process.returncode is None:
            self._process.send_signal(how)
            self._process.send_signal(signal.SIGCONT)
            await self._process.wait()


@dataclass
class Subscriber:
    """Somebody else's program that listens to everything."""

    port: int
    came: list[tuple[str, dict[str, Any], bool]] = field(default_factory=list)
    """Topic, payload, and whether it was retained."""
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def listen(self, client: Client) -> None:
        """Take what comes, until cancelled."""
        async for message in client.messages:
            payload = json.loads(bytes(message.payload))
            self.came.append((str(message.topic), payload, bool(message.retain)))
            self._news.set()

    @property
    def events(self) -> list[dict[str, Any]]:
        """The events, in the order in which they came, with those that came twice."""
        return [payload for topic, payload, _ in self.came if not topic.endswith("/status")]

    @property
    def statuses(self) -> list[str]:
        """What was said of the daemon, one after the other."""
        return [payload["state"] for topic, payload, _ in self.came if topic.endswith("/status")]

    async def until(self, fits: Any, *, timeout: float = 10) -> None:
        """Wait until that is true of us. Raises TimeoutError."""
        async with asyncio.timeout(limit(timeout)):
            while not fits(self):
                self._news.clear()
                await self._news.wait()


@asynccontextmanager
async def subscribed(
    broker: Broker, *, name: str = "subscriber", keeps: bool = False
) -> AsyncIterator[Subscriber]:
    """A subscriber to all of cc110's topics; one that keeps his session gets later what he missed."""
    there = Subscriber(broker.port)
    async with Client("127.0.0.1", broker.port, identifier=name, clean_session=not keeps) as client:
        await client.subscribe("cc110/v1/#", qos=1)
        task = asyncio.create_task(there.listen(client))
        try:
            yield there
        finally:
            task.cancel()
            await asyncio.wait((task,))
