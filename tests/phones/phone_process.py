"""One phone's process: commands come in as JSON lines, replies and events go out the same way."""

import ctypes
import inspect
import json
import os
import select
import signal
import sys
from collections.abc import Callable, Iterator
from typing import Any

from .softphone.settings import Settings

POLL_S = 0.005
IDLE_POLL_S = 0.02
_PR_SET_PDEATHSIG = 1


class Wire:
    """The pipe to the owner. Whoever reads end-of-file from it ends at once, without a BYE."""

    def __init__(self) -> None:
        # PJSIP writes to stdout before its log can be configured.
        self._out = os.dup(1)
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        self._buffer = b""

    def first(self) -> dict[str, Any]:
        """Wait for the first line."""
        while True:
            select.select([0], [], [])
            for line in self.lines():
                return line

    def lines(self) -> Iterator[dict[str, Any]]:
        """Whatever commands have come."""
        if not select.select([0], [], [], 0)[0]:
            return
        data = os.read(0, 65536)
        if not data:
            os._exit(0)
        *whole, self._buffer = (self._buffer + data).split(b"\n")
        yield from map(json.loads, whole)

    def send(self, **message: Any) -> None:
        """Write one line."""
        data = json.dumps(message).encode() + b"\n"
        while data:
            data = data[os.write(self._out, data) :]

    def event(self, kind: str, **fields: Any) -> None:
        """Write one event."""
        self.send(event=kind, **fields)


def obey(phone: Any, wire: Wire, command: dict[str, Any]) -> None:
    """Run one command and reply, now or when the command itself says so."""
    number = command.pop("id")
    action: Callable[..., Any] = getattr(phone, "do_" + command.pop("do"))

    def reply(result: Any) -> None:
        wire.send(reply=number, result=result)

    try:
        if "reply" in inspect.signature(action).parameters:
            action(**command, reply=reply)
        else:
            reply(action(**command))
    except Exception as error:
        wire.send(reply=number, error=_said(error))


def _said(error: Exception) -> str:
    """What went wrong; pjsua2's errors hide it in attributes."""
    reason = getattr(error, "reason", "")
    return f"{getattr(error, 'title', '')}: {reason}" if reason else repr(error)


def main() -> None:
    """Be a phone until the owner is gone."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    wire = Wire()
    first = wire.first()
    if os.getppid() != first.pop("owner"):
        os._exit(0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the owner's to handle
    # The library takes most of the start-up time, so the owner's death is provided for first.
    from .softphone.phone import Softphone

    try:
        first["codecs"] = tuple(first["codecs"])
        phone = Softphone(Settings(**first), wire.event)
    except Exception as error:
        wire.send(reply=0, error=_said(error))
        os._exit(1)
    wire.send(reply=0, result=None)
    while True:
        phone.poll(IDLE_POLL_S if phone.idle else POLL_S)
        for command in wire.lines():
            obey(phone, wire, command)


if __name__ == "__main__":
    sys.exit("a phone is started by tests.phones.phone.Phone")
