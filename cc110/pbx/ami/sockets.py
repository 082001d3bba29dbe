"""What the kernel is told about the connection."""

import contextlib
import socket
import struct
from typing import Final

from cc110.pbx.ami.settings import AmiSettings

_CLOSED: Final = (OSError, ValueError)
"""What a socket says that is closed already; uvloop's has no descriptor then (ValueError)."""


def discard_unsent(sock: socket.socket | None) -> None:
    """Make the kernel forget what the peer has not acknowledged.

    Else it would go on trying behind a closed connection, and deliver an old Redirect to an
    Asterisk that becomes reachable again.
    """
    with contextlib.suppress(*_CLOSED):
        if sock is not None:  # the peer closed it already
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def tune(sock: socket.socket, settings: AmiSettings) -> None:
    """No delay, and a dead peer found by the kernel too, should pings fail to find it."""
    patience_s = settings.ping_every_s + 2 * settings.ping_timeout_s
    options = [
        (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
        (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, round(patience_s * 1000)),
        (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
        (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, max(1, round(settings.ping_every_s))),
        (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1),
        (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, max(1, round(patience_s))),
    ]
    for level, name, value in options:
        with contextlib.suppress(*_CLOSED):  # a helper's loss must not cost the link
            sock.setsockopt(level, name, value)
