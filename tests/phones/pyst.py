"""pyst2's AMI client, kept from its own faults (0.5.1, written for Python 2).

What is mended here: a header that Python 3 dictionaries choke on (ChanVariable), repeated headers
of which only the last survived, lists that came back as one lump when the word "status will
follow" was in the answer, a wait without end for a reply, calls that newer Pythons warn about, and
a ``close`` that fails after ``logoff``.
"""

import contextlib
import os
import queue
import socket
import threading
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from asterisk.manager import (
    EOL,
    Manager,
    ManagerException,
    ManagerMsg,
)


@dataclass(frozen=True, kw_only=True)
class AmiMessage:
    """An event or a response. A header sent more than once keeps all its values, by lines."""

    headers: dict[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        return self.headers[name]

    def get(self, name: str, default: str = "") -> str:
        """The header's value, or ``default``."""
        return self.headers.get(name, default)


class _Flag(threading.Event):
    """pyst2 asks by a name that Python has put out of use."""

    isSet = threading.Event.is_set  # noqa: N815 - the old name


class _Answers(queue.Queue[Any]):
    """pyst2 waits for an answer without end; this waits for ``limit_s`` seconds."""

    def __init__(self, limit_s: float) -> None:
        super().__init__()
        self._limit_s = limit_s

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        return super().get(block, self._limit_s if timeout is None else timeout)


class _Message(ManagerMsg):  # type: ignore[misc]
    """A message whose headers are read without loss."""

    def parse(self, response: list[str]) -> None:
        """Read ``Name: value`` lines; lines of any other shape become data."""
        for line in response:
            name, colon, value = line.rstrip("\r\n").partition(":")
            if not colon:
                self.data += line
                continue
            name, value = name.strip(), value.strip()
            before = self.headers.get(name)
            self.headers[name] = value if before is None else f"{before}\n{value}"


class GuardedManager(Manager):  # type: ignore[misc]
    """A pyst2 manager that hands every event to ``on_event`` from its own thread."""

    def __init__(self, on_event: Callable[[AmiMessage], None], *, limit_s: float) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            super().__init__()
        self._connected, self._running = _Flag(), _Flag()
        self._response_queue = _Answers(limit_s)
        self._on_event = on_event
        self._one_at_a_time = threading.Lock()
        self._closed = False
        self._reader: threading.Thread | None = None

    def message_loop(self) -> None:
        """Sort what comes in, until the connection ends."""
        self._reader = threading.Thread(target=self._receive_data, name="ami reader", daemon=True)
        self._reader.start()
        while lines := self._message_queue.get():
            for part in _messages(lines):
                message = _Message(part)
                if "Event" in message.headers:
                    self._on_event(AmiMessage(headers=message.headers))
                else:
                    self._response_queue.put(AmiMessage(headers=message.headers))
        self._event_queue.put(None)
        self._response_queue.put(None)

    def connect(self, host: str, port: int) -> None:
        """Connect. Raises ManagerSocketException, or TimeoutError if nobody greets."""
        with _patience("connecting"):
            super().connect(host, port)

    def act(self, headers: dict[str, Any]) -> AmiMessage:
        """Send an action and return its response, not one that came late to an earlier action.

        Raises:
            TimeoutError: no response came.
            ManagerException: the connection is gone.
        """
        with self._one_at_a_time, _patience(f"the action {headers.get('Action')}"):
            number = headers.get("ActionID") or f"pyst-{self.next_seq()}"
            try:
                answer = self.send_action({**headers, "ActionID": number})
            except ValueError:
                raise ManagerException("the connection is closed") from None
            while answer and answer.get("ActionID") != number:
                answer = self._response_queue.get()
        if not isinstance(answer, AmiMessage):
            raise ManagerException("the connection is gone")
        return answer

    def close(self) -> None:
        """Log off and end all threads; fine to call at any time and more than once."""
        if self._closed or not self._running.is_set():
            return
        self._closed = True
        with contextlib.suppress(ManagerException, OSError, TimeoutError):
            self.act({"Action": "Logoff"})
        self._running.clear()
        self._connected.clear()
        self._message_queue.put(None)
        with (
            contextlib.suppress(OSError, ValueError),
            socket.socket(fileno=os.dup(self._sock.fileno())) as line,
        ):
            line.shutdown(socket.SHUT_RDWR)  # or the reader waits for what does not come
        for thread in (self._reader, self.message_thread, self.event_dispatch_thread):
            if thread and thread is not threading.current_thread() and thread.is_alive():
                thread.join(2)
        with contextlib.suppress(OSError):
            self._sock.close()


@contextlib.contextmanager
def _patience(what: str) -> Iterator[None]:
    """Call the end of a wait what it is."""
    try:
        yield
    except queue.Empty:
        raise TimeoutError(f"no response to {what}") from None


def _messages(lines: list[str]) -> Iterator[list[str]]:
    """Take a lump apart again at its empty lines."""
    part: list[str] = []
    for line in [*lines, EOL]:
        if line != EOL:
            part.append(line)
        elif part:
            yield part
            part = []
