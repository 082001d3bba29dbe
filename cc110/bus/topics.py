"""Where an event goes on the bus: a pure function of the event.

| an event of | goes to |
|---|---|
| a call | ``cc110/v1/<site>/call/<call_id>/<type>`` |
| an operator outside of a call | ``cc110/v1/<site>/agent/<id>/<type>`` |
| a case that is closed without its call | ``cc110/v1/<site>/case/<case_id>/<type>`` |
| the blocklist | ``cc110/v1/<site>/blocklist/<type>`` |
| the site itself, such as a lost PBX | ``cc110/v1/<site>/site/<type>`` |

Callers' numbers are in the payload alone: brokers and their tools log topics.
"""

import re
from typing import Final

from cc110.core import events as e
from cc110.core.events import Event, Recorded

ROOT: Final = "cc110/v1"
_NOT_PLAIN: Final = re.compile(r"[^A-Za-z0-9_.-]", re.ASCII)
_BLOCKLIST: Final = (
    e.NumberBlocked,
    e.NumberUnblocked,
    e.NumberExempted,
    e.RangeBlockProposed,
    e.RangeBlocked,
    e.RangeUnblocked,
)


def topic_of(recorded: Recorded) -> str:
    """The topic of an event. Nothing that it holds adds a level or a wildcard."""
    event = recorded.event
    return "/".join((ROOT, _level(recorded.site), *map(_level, _place(event)), event.type))


def status_topic(site: str) -> str:
    """Where the daemon says that it is there; retained, and its last will says that it is not."""
    return f"{ROOT}/{_level(site)}/status"


def _place(event: Event) -> tuple[str, ...]:
    agent = getattr(event.data, "agent", None)
    if event.call_id is not None:
        return ("call", event.call_id)
    if isinstance(event.data, _BLOCKLIST):
        return ("blocklist",)
    if event.case_id is not None:
        return ("case", event.case_id)
    return ("agent", agent) if agent else ("site",)


def _level(text: str) -> str:
    """One level of a topic, whatever the text holds; never empty."""
    return _NOT_PLAIN.sub("_", text) or "_"
