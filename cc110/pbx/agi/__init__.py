"""A small FastAGI server: Asterisk connects, says who calls, and does what the handler asks.

Three layers: `wire` (bytes to messages, no I/O), `session` (commands with deadlines), `server` (sockets and
limits). Source: Asterisk's res/res_agi.c. The port has no authentication and belongs on the loopback.
"""

from cc110.pbx.agi.errors import AgiError, AgiInjection, AgiRefused, AgiSilent, CallerHungUp
from cc110.pbx.agi.server import AgiLimits, AgiServer, Handler
from cc110.pbx.agi.session import AgiSession

__all__ = [
    "AgiError",
    "AgiInjection",
    "AgiLimits",
    "AgiRefused",
    "AgiServer",
    "AgiSession",
    "AgiSilent",
    "CallerHungUp",
    "Handler",
]
