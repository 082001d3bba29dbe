"""How a scenario begins: people at their phones, a caller who got through, everybody's ears open."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from cc110.core.ids import AgentId

from ..control_room import ControlRoom
from ..phones.calls import Listening
from ..phones.hearing import HearingTimeline
from ..phones.phone import CallHandle, CallState, Phone
from .recorded import Recording, closed_recording
from .story import Story

NUMBER: Final = "6280000000110"


@dataclass
class Scene:
    """A caller and an operator who talk, and the Polres at their desks."""

    room: ControlRoom
    story: Story
    caller: Phone
    operator: Phone
    polres: Sequence[Phone]
    call: CallHandle
    """The caller's end."""
    desk: CallHandle
    """The operator's end."""
    _ears: dict[str, Listening] = field(default_factory=dict)
    _heard: dict[str, HearingTimeline] = field(default_factory=dict)

    async def listen(self, **calls: CallHandle) -> None:
        """Record what these hear from now on, by a name for each."""
        started = await asyncio.gather(*(call.start_listening() for call in calls.values()))
        self._ears.update(zip(calls, started, strict=True))

    async def heard(self, name: str) -> HearingTimeline:
        """What that one heard until now; nothing more is recorded of him."""
        if name not in self._heard:
            self._heard[name] = await self._ears.pop(name).stop_listening()
        return self._heard[name]

    async def key(self, keys: str) -> None:
        """The operator presses keys in the call."""
        await self.desk.send_dtmf(keys, duration_s=0.08)

    async def polres_answers(self, which: int = 0) -> CallHandle:
        """That Polres's phone rings and is answered; its ear is open."""
        unit = await self.polres[which].incoming()
        await unit.answer()
        await unit.wait_for_talk()
        await self.listen(**{f"polres{which}": unit})
        return unit

    async def recorded(self, *anchor: str) -> dict[str, float]:
        """After the call: the recording holds all that anybody heard of the others (R1).

        Returns the least share of each tone; ``anchor`` names a tone that the caller heard.
        """
        for name in tuple(self._ears):
            await self.heard(name)
        path = (await self.story.told("RecordingStarted")).path
        file = await closed_recording(self.room, path)
        caller = self._heard["caller"]
        recording = Recording(file, caller, *(anchor or ("operator",)))
        ended = self.call.ended
        assert ended is None or abs(recording.end - ended.at) < 0.25, "the recording is cut short"
        return recording.holds(*self._heard.values())


async def log_in(room: ControlRoom, *agents: str) -> None:
    """Log operators in as the desk does, without a phone call."""
    for agent in agents:
        for queue, penalty in room.config.queues_of(AgentId(agent)):
            who = {"Interface": f"PJSIP/{agent}", "MemberName": agent}
            state = {"StateInterface": f"PJSIP/{agent}", "Penalty": str(penalty)}
            await room.observer.action("QueueAdd", Queue=queue, **who, **state)


def _of(room: ControlRoom, number: str, mark: int) -> set[str]:
    """The calls of a number that arrived since; of the one before it may still be told meanwhile."""
    told = room.observer.events("UserEvent", after=mark)
    return {e["Call"] for e in told if e.get("Data", "").startswith(f"number={number}|")}


async def dial(room: ControlRoom, caller: Phone, number: str = NUMBER) -> CallHandle:
    """Call 110 and press a key to skip the greeting; returns when the caller is in the queue."""
    mark = room.observer.mark()
    call = await room.dial_110(caller, f"+{number}")
    await call.wait_for_talk()
    for _ in range(8):
        await call.send_dtmf("1", duration_s=0.08)
        try:
            await room.observer.wait_for(
                "UserEvent",
                lambda e: e["Fact"] == "queued" and e["Call"] in _of(room, number, mark),
                after=mark,
                timeout=0.6,
            )
        except TimeoutError:
            continue
        return call
    raise TimeoutError("the greeting does not end")


async def talk(
    room: ControlRoom,
    *,
    polres: Sequence[str] = ("7101",),
    number: str = NUMBER,
    operator: dict[str, Any] | None = None,
    desks: dict[str, Any] | None = None,
) -> Scene:
    """A caller and operator 1101 who talk. ``operator`` and ``desks`` are settings of phones."""
    caller, agent, *units = await asyncio.gather(
        room.caller(),
        room.phone("1101", "operator", **(operator or {})),
        *(room.polres(extension, **(desks or {})) for extension in polres),
    )
    await log_in(room, "1101")
    story = await Story.begin(room, number)
    call = await dial(room, caller, number)
    desk = await agent.incoming()
    scene = Scene(room, story, caller, agent, units, call, desk)
    await scene.listen(caller=call)  # before the first word: by it the recording's clock is set
    await desk.answer()
    await desk.wait_for_talk()
    await scene.listen(operator=desk)
    await story.told("AgentAnswered")
    return scene


async def all_over(*calls: CallHandle, timeout: float = 1.0) -> None:
    """Wait until all of them have ended."""
    await asyncio.gather(
        *(call.wait_for(CallState.DISCONNECTED, timeout=timeout) for call in calls)
    )
