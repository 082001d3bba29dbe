"""What the kernel is told about a connection that is gone meanwhile."""

import asyncio
from typing import Any

import uvloop

from cc110.pbx.ami.settings import AmiSettings
from cc110.pbx.ami.sockets import discard_unsent, tune


async def _closed_socket() -> Any:
    """The socket of a connection that was given up, as the link has it at hand."""

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        sock = writer.transport.get_extra_info("socket")
        writer.transport.abort()
        await asyncio.sleep(0.05)
    return sock


def test_a_socket_that_is_closed_already_is_left_alone() -> None:
    """With uvloop, as the daemon runs, it has no descriptor any more; that once ended a stop with an error."""

    async def play() -> None:
        sock = await _closed_socket()
        discard_unsent(sock)
        tune(sock, AmiSettings(username="cc110", secret="sample"))

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(play())
