"""Word to systemd: ready, alive, stopping (sd_notify(3)). Without systemd: nothing."""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable

import structlog

_log = structlog.get_logger("heartbeat")


def tell_systemd(word: str) -> None:
    """Send one state, such as ``READY=1``; it is no error when nobody listens."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    target = "\0" + address[1:] if address.startswith("@") else address
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as sender:
        try:
            sender.sendto(word.encode(), target)
        except OSError as error:
            _log.warning("systemd does not listen", error=str(error))


def watchdog_s() -> float | None:
    """A quarter of the time after which systemd would kill us; None = it does not watch."""
    limit = os.environ.get("WATCHDOG_USEC", "")
    return int(limit) / 4_000_000 if limit.isdigit() and int(limit) else None


async def beat(alive: Callable[[], Awaitable[bool]]) -> None:
    """Feed the watchdog for as long as `alive` says so; cancel to stop.

    A daemon whose event loop hangs, or that does not get an answer from the PBX although it should
    (`cc110.app.watch.WatchPart.is_alive`), is restarted by systemd. Calls go on meanwhile.
    """
    pause = watchdog_s()
    if pause is None:
        return
    while True:
        if await alive():
            tell_systemd("WATCHDOG=1")
        await asyncio.sleep(pause)
