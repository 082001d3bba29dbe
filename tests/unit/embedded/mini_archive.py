"""A Debian mirror of a few tiny packages on this machine, which a test can hold up or spoil."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cc110.pbx.embedded.apt_config import DebianSource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ARCHIVE = Path(__file__).parent / "archive"
KEYRING = ARCHIVE / "keyring.gpg"
PORTS = range(15000, 15050)
PATIENCE = 30.0


@dataclass(kw_only=True)
class Gate:
    """Holds up the answer to one path until it is opened."""

    reached: threading.Event = field(default_factory=threading.Event)
    opened: threading.Event = field(default_factory=threading.Event)

    def wait(self) -> None:
        """Wait, on behalf of the mirror, until a test opens the gate."""
        self.reached.set()
        assert self.opened.wait(PATIENCE)


@dataclass(kw_only=True)
class Mirror:
    """The running mirror: what it was asked for, and what it does to its answers.

    `spoil` maps the end of a path to what is done to its content, `gates` to who holds it up.
    """

    asked: list[str] = field(default_factory=list)
    spoil: dict[str, Callable[[bytes], bytes]] = field(default_factory=dict)
    gates: dict[str, Gate] = field(default_factory=dict)
    server: ThreadingHTTPServer | None = None

    @property
    def port(self) -> int:
        """Where it listens, or did."""
        assert self.server
        return self.server.server_port

    def hold(self, end: str) -> Gate:
        """Hold up the answer to the path that ends so."""
        return self.gates.setdefault(end, Gate())

    def stop(self) -> None:
        """Let go of every gate and of the port."""
        assert self.server
        for gate in self.gates.values():
            gate.opened.set()
        self.server.shutdown()
        self.server.server_close()

    @property
    def url(self) -> str:
        """Its address, as a mirror of Debian."""
        return f"http://127.0.0.1:{self.port}/debian"

    def source(self, keyring: Path = KEYRING, suite: str = "forky") -> DebianSource:
        """The settings to install from it."""
        return DebianSource(mirror=self.url, suite=suite, keyring=keyring)

    def packages_asked(self) -> list[str]:
        """The names of the package files asked for, in order."""
        return [Path(path).name for path in self.asked if path.endswith(".deb")]

    def answer(self, path: str) -> bytes | None:
        """The content at `path`, or None if there is none."""
        self.asked.append(path)
        for end, gate in self.gates.items():
            if path.endswith(end):
                gate.wait()
        file = ARCHIVE / path.removeprefix("/debian/")
        content = file.read_bytes() if file.is_file() else None
        for end, spoil in self.spoil.items():
            if path.endswith(end):
                content = spoil(content or b"")
        return content


@contextmanager
def serving() -> Iterator[Mirror]:
    """Run a mirror on a free port until the block ends. It is an HTTP proxy to itself as well."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            content = mirror.answer(urlsplit(self.path).path)
            self.send_response(404 if content is None else 200)
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    mirror = Mirror(server=_server(Handler))
    assert mirror.server
    threading.Thread(target=mirror.server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield mirror
    finally:
        mirror.stop()


def _server(handler: type[BaseHTTPRequestHandler]) -> ThreadingHTTPServer:
    for port in PORTS:
        try:
            return ThreadingHTTPServer(("127.0.0.1", port), handler)
        except OSError:
            continue
    msg = "no free port for the sample mirror"
    raise AssertionError(msg)
