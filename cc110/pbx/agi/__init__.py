"""A small FastAGI server: Asterisk connects, says who calls, and does what the handler asks.

Layers: `wire` (bytes and messages, no I/O), `session` (commands with deadlines), `connection` (one socket)
and `server` (all of them, with limits). Source: Asterisk's res/res_agi.c. The port has no authentication
and belongs on the loopback.
"""

from cc110.pbx.agi.errors import (
    AgiError,
    AgiInjection,
    AgiNotListening,
    AgiRefused,
    AgiSilent,
    CallerHungUp,
)
from cc110.pbx.agi.server import AgiCounts, AgiLimits, AgiServer, Handler
from cc110.pbx.agi.session import AgiSession
from cc110.pbx.agi.wire import Reply

__all__ = [
    "AgiCounts",
    "AgiError",
    "AgiInjection",
    "AgiLimits",
    "AgiNotListening",
    "AgiRefused",
    "AgiServer",
    "AgiSession",
    "AgiSilent",
    "CallerHungUp",
    "Handler",
    "Reply",
]
