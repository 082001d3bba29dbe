"""A call goes through while the broker is away, and the broker has all of it when it is back (S12)."""

import shutil
import tempfile
from pathlib import Path

from cc110.core.events import Recorded

from ...bus.mosquitto import Broker, command, subscribed
from ...control_room import open_room
from ...phones.phone import CallState
from ..hearing import in_talk
from ..scene import talk


async def test_s12_no_call_waits_for_a_broker_and_none_of_its_events_is_lost() -> None:
    """Greeting, queue, talk and recording are as ever; then every event comes, in order."""
    home = Path(tempfile.mkdtemp(prefix="cc110-"))
    (home / "broker").mkdir()
    broker = Broker(command(), home / "broker")
    await broker.start()
    try:
        settings = {"mqtt__host": "127.0.0.1", "mqtt__port": broker.port, "queue__wrap_up_s": 0}
        async with subscribed(broker, keeps=True) as there:
            """From now on the broker keeps everything for him."""
        async with open_room(home / "room", **settings) as room:
            await broker.stop()
            start = await room.last_seq()
            scene = await talk(room, polres=())
            assert await in_talk(caller=scene.call, operator=scene.desk)
            await scene.desk.hangup()
            await scene.call.wait_for(CallState.DISCONNECTED)
            await scene.story.told("RecordingFinalised")
            events = [one for one in await room.events(after=start) if one.event.call_id]
            await broker.start()
            async with subscribed(broker, keeps=True) as there:
                await there.until(lambda it: _has(it.events, events), timeout=30)
    finally:
        await broker.kill()
        shutil.rmtree(home)
    ids = [event["id"] for event in there.events if event["call_id"]]
    assert list(dict.fromkeys(ids)) == [one.id for one in events]


def _has(came: list[dict[str, object]], wanted: list[Recorded]) -> bool:
    return {one.id for one in wanted} <= {event["id"] for event in came}
