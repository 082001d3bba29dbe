"""What the PBX sees of its calls at this moment, for a test that failed: who is bridged, who sends, who is sent to."""

import asyncio
from typing import Final

from ..control_room import ControlRoom

_BETWEEN_S: Final = 0.5
"""Between two looks at the packets: only who sends now counts up."""


async def pbx_sight(room: ControlRoom) -> str:
    """Channels, bridges with who is in them, and RTP packets counted twice; never raises for a PBX that is gone."""
    try:
        bridges = await room.pbx.console("bridge show all")
        ids = [line.split()[0] for line in bridges.splitlines()[1:] if line]
        told = [
            await room.pbx.console("core show channels verbose"),
            *[await room.pbx.console(f"bridge show {one}") for one in ids],
            await room.pbx.console("pjsip show channelstats"),
        ]
        await asyncio.sleep(_BETWEEN_S)
        return "\n".join([*told, await room.pbx.console("pjsip show channelstats")])
    except Exception as error:  # what failed is told by the test, not by us
        return f"the PBX shows nothing: {error!r}"
