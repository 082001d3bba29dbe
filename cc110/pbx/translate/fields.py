"""What several kinds of messages carry."""

from collections.abc import Mapping
from datetime import UTC, datetime

from cc110.pbx.ami import AmiMessage
from cc110.pbx.figures import moment

Said = Mapping[str, str]
"""The ``key=value`` pairs of one ``Data`` header."""


def happened_at(message: AmiMessage) -> datetime:
    """The PBX's own time of a message (``timestampevents = yes``); now, when it carries none."""
    try:
        return moment(message.get("Timestamp"))
    except ValueError:
        return datetime.now(UTC)


def endpoint_of(channel: str) -> str:
    """``1101`` from ``PJSIP/1101-0000002b``; ``number-1`` from ``Local/number-1@cc110-outside-0000002b;1``."""
    return channel.partition("/")[2].rpartition("-")[0].partition("@")[0]
