"""``make demo``: the SOP's scenarios with real SIP phones, as timelines a supervisor would understand."""

import asyncio
import shutil
import sys
import tempfile
import time
from pathlib import Path

from cc110.cli.timeline import render_timeline
from cc110.core.words import Language
from cc110.pbx.embedded.install import install
from cc110.pbx.embedded.progress import PlainProgress

from ..cache import cache
from ..control_room import ControlRoom, open_room
from .scenarios import SCENARIOS, Cast, Scenario


async def play(room: ControlRoom, number: int, scenario: Scenario) -> bool:
    """Play one scenario and print its calls; whether it went as the SOP says."""
    print(f"\n=== {number}. {scenario.title}", flush=True)
    start = await room.last_seq()
    operator, polres, caller = await asyncio.gather(
        room.operator(honour_answer_after=True), room.polres(), room.caller()
    )
    cast = Cast(room=room, operator=operator, polres=polres, caller=caller, start=start)
    trouble = ""
    try:
        await scenario.play(cast)
    except Exception as error:  # whatever it was, the other scenarios are played as well
        trouble = f"{type(error).__name__}: {error}"
    await room.everyone_home()
    events = [one for one in await room.events(after=start) if one.event.call_id]
    for line in render_timeline(events, Language.INDONESIAN, room.config.time_zone):
        print(f"  {line}")
    print(f"  --> {trouble or 'sesuai SOP'}", flush=True)
    return not trouble


async def main() -> int:
    """Play all; 0 when each went as the SOP says."""
    began = time.monotonic()
    await asyncio.to_thread(install, cache(), progress=PlainProgress(sys.stdout))
    home = Path(tempfile.mkdtemp(prefix="cc110-"))
    try:
        async with open_room(home, queue__wrap_up_s=0) as room:
            done = [await play(room, n, one) for n, one in enumerate(SCENARIOS, 1)]
    finally:
        shutil.rmtree(home)
    took = time.monotonic() - began
    print(f"\n{sum(done)} dari {len(done)} skenario sesuai SOP, {took:.0f} detik")
    return 0 if all(done) else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
