"""Datagrams that no well-behaved SIP stack would send (RFC 4475 and worse)."""

import asyncio
from typing import Any

from .timing import DEFAULT_LIMIT_S, limit


class _Collector(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.answers: asyncio.Queue[bytes] = asyncio.Queue()
        self.closed = asyncio.Event()

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed.set()

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        self.answers.put_nowait(data)


async def exchange(
    datagram: bytes,
    *,
    target: tuple[str, int],
    source: tuple[str, int] = ("127.0.0.2", 0),
    final: bool = True,
    timeout: float = DEFAULT_LIMIT_S,
) -> tuple[bytes, ...]:
    """Send bytes as they are and return the answers up to the first (final) one.

    Nothing is acknowledged and no dialog is kept, so an INVITE that is answered has to be ended at
    the PBX. An empty tuple says that nobody answered within ``timeout`` seconds (stretched).
    """
    loop = asyncio.get_running_loop()
    transport, collector = await loop.create_datagram_endpoint(
        _Collector, local_addr=source, remote_addr=target
    )
    answers: list[bytes] = []
    try:
        transport.sendto(datagram)
        async with asyncio.timeout(limit(timeout)):
            while True:
                answers.append(await collector.answers.get())
                if not final or not answers[-1].startswith(b"SIP/2.0 1"):
                    return tuple(answers)
    except TimeoutError:
        return tuple(answers)
    finally:
        transport.close()
        await collector.closed.wait()
