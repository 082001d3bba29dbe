"""Serves the figures over HTTP/1.1: one answer for each connection, whatever the other side does.

Who reads them may be slow, many, or no Prometheus at all: requests are short, connections few, each has a
deadline, and the figures are written at most once a second.
"""

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

import structlog

_log = structlog.get_logger("metrics")
PATH: Final = "/metrics"
MOST_AT_ONCE: Final = 8
MOST_REQUEST: Final = 8192
"""Bytes, headers included; Prometheus sends some 300."""
PATIENCE_S: Final = 5.0
FRESH_S: Final = 1.0
_AGAIN_S: Final = 30.0
_PLAIN: Final = "text/plain; charset=utf-8"


class MetricsServer:
    """One small responder."""

    def __init__(
        self,
        host: str,
        port: int,
        figures: Callable[[], bytes],
        *,
        content_type: str,
        patience_s: float = PATIENCE_S,
    ) -> None:
        """Serve what `figures` returns; nothing happens before `run`."""
        self.refused = 0
        """Connections that came when there were too many."""
        self._host = host
        self._port = port
        self._figures = figures
        self._type = content_type
        self._patience_s = patience_s
        self._here = 0
        self._written: tuple[float, bytes] | None = None

    async def run(self, on_open: Callable[[int], None] = lambda _: None) -> None:
        """Serve until cancelled. A port that is taken is no reason to stop: it is tried again.

        Args:
            on_open: told the port once it is open.
        """
        while True:
            try:
                server = await asyncio.start_server(
                    self._serve, self._host, self._port, limit=MOST_REQUEST, backlog=16
                )
            except OSError as error:
                _log.error("no figures are served", error=str(error), again_s=_AGAIN_S)
                await asyncio.sleep(_AGAIN_S)
                continue
            try:
                on_open(server.sockets[0].getsockname()[1])
                await asyncio.Event().wait()
            finally:
                server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._here >= MOST_AT_ONCE:
            self.refused += 1
            writer.transport.abort()
            return
        self._here += 1
        try:
            async with asyncio.timeout(self._patience_s):
                writer.write(self._answer(await _request(reader)))
                await writer.drain()
                writer.close()
                await writer.wait_closed()
        except (TimeoutError, OSError):
            pass
        except Exception:
            _log.exception("figures can't be written")
        finally:
            self._here -= 1
            writer.transport.abort()

    def _answer(self, request: bytes | None) -> bytes:
        match (request or b"").split(b" "):
            case [b"GET", target, version] if version.startswith(b"HTTP/1."):
                if target.partition(b"?")[0] == PATH.encode():
                    return _response(HTTPStatus.OK, self._type, self._fresh())
                return _response(HTTPStatus.NOT_FOUND, _PLAIN, f"see {PATH}\n".encode())
            case [_, _, version] if version.startswith(b"HTTP/1."):
                return _response(HTTPStatus.METHOD_NOT_ALLOWED, _PLAIN, b"GET only\n")
            case _:
                return _response(HTTPStatus.BAD_REQUEST, _PLAIN, b"not understood\n")

    def _fresh(self) -> bytes:
        now = asyncio.get_running_loop().time()
        if self._written is None or now - self._written[0] >= FRESH_S:
            self._written = now, self._figures()
        return self._written[1]


async def _request(reader: asyncio.StreamReader) -> bytes | None:
    """The request's first line, once all of its head is there; None = it is none."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        return None
    return head.partition(b"\r\n")[0]


def _response(status: HTTPStatus, content_type: str, body: bytes) -> bytes:
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: {content_type}\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body
