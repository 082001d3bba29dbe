"""The daemon's side of the AMI: what the service's ports ask of the PBX, in Asterisk's words."""

import asyncio
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from cc110.core.facts import MemberSeen, RosterFact, Seen
from cc110.core.ids import AgentId, CallId, ChannelId, Number, QueueName
from cc110.core.verification import Passed
from cc110.pbx import names
from cc110.pbx.ami import AmiClient, AmiError, AmiMessage, AmiRefused
from cc110.pbx.figures import seconds
from cc110.pbx.notes import verified_note
from cc110.pbx.translate import roster_facts, seen_calls
from cc110.ports import ChannelGone, Entries, PbxRefused, PbxUnavailable

_PIPELINE: Final = 500
_VOLLEY_S: Final = 15.0
_TREE_S: Final = 120.0
_OVER: Final = "1"
"""An expiry long ago: it blocks nobody."""


async def _ask(client: AmiClient, action: Mapping[str, str]) -> AmiMessage:
    """Send one action.

    Raises:
        PbxUnavailable: no link, or no answer in time. It is never sent again later.
    """
    try:
        return await client.send(action)
    except AmiError as error:
        raise PbxUnavailable(f"the PBX does not answer: {error}") from error


_UNREACHABLE: Final = frozenset({"UNAVAILABLE", "INVALID", "UNKNOWN", ""})
"""What ``DEVICE_STATE`` says of a phone that no call comes to."""


async def _order(client: AmiClient, action: Mapping[str, str]) -> None:
    answer = await _ask(client, action)
    if not answer.ok:
        raise PbxRefused(f"{action['Action']}: {answer.get('Message') or 'refused'}")


class AmiCallControl:
    """`ports.CallControl` over AMI."""

    def __init__(self, client: AmiClient) -> None:
        """Act over this link."""
        self._client = client
        self._turn = asyncio.Lock()
        self._begun_at = -1.0
        self._listed: tuple[AmiMessage, ...] = ()

    async def rescue(self, channel: ChannelId, queue: QueueName) -> None:
        """Redirect the caller's channel to the front of his queue.

        A caller who talks or waits in a queue is in good hands, whatever made us think otherwise.

        Raises:
            PbxUnavailable: no link.
            ChannelGone: the caller is gone.
            PbxRefused: the PBX said no.
        """
        found = await self._channel(channel)
        if found.get("BridgeId") or found.get("Application") == "Queue":
            return
        where = {"Context": names.CONTEXT_RESCUE, "Exten": "s", "Priority": "1"}
        await _order(self._client, {"Action": "Redirect", "Channel": found.get("Channel"), **where})

    async def _channel(self, channel: ChannelId) -> AmiMessage:
        """Redirect wants the name; the Uniqueid is what never matches another channel."""
        for message in await self._channels():
            if message.get("Uniqueid") == channel:
                return message
        raise ChannelGone

    async def _channels(self) -> tuple[AmiMessage, ...]:
        """All channels as they are after now. Whoever asks while a list is under way shares the next one: a PBX with
        hundreds of calls, of which many seem lost, is not asked for all of them once for each.
        """
        loop = asyncio.get_running_loop()
        asked_at = loop.time()
        async with self._turn:
            if self._begun_at < asked_at:
                begun_at = loop.time()
                self._listed = await _list(self._client, {"Action": "CoreShowChannels"})
                self._begun_at = begun_at
            return self._listed


async def _list(client: AmiClient, action: Mapping[str, str]) -> tuple[AmiMessage, ...]:
    try:
        return await client.send_list(action, timeout=10)
    except AmiError as error:
        raise PbxUnavailable(f"the PBX does not answer: {error}") from error


class AmiLists:
    """The PBX's own lists, as facts."""

    def __init__(self, client: AmiClient) -> None:
        """Ask over this link."""
        self._client = client

    async def calls(self) -> tuple[Seen, ...]:
        """Every live 110 call: who is where, and with whom.

        Raises:
            PbxUnavailable: no link.
        """
        wanted = ",".join(names.STATUS_VARIABLES)
        asked_at = datetime.now(UTC)  # what is heard while the list is read is newer than the list
        channels = await _list(self._client, {"Action": "Status", "Variables": wanted})
        return seen_calls(channels, at=asked_at)

    async def members(self) -> tuple[RosterFact, ...]:
        """Every operator at every queue.

        Raises:
            PbxUnavailable: no link.
        """
        told = await _list(self._client, {"Action": "QueueStatus"})
        wrapup = wrapup_of(told)
        return tuple(fact for message in told for fact in roster_facts(message, wrapup))

    async def reachable(self, extensions: Iterable[str]) -> frozenset[str]:
        """Which of these phones are registered, whatever they do.

        Raises:
            PbxUnavailable: no link.
        """
        found = set()
        for one in extensions:
            asked = {"Action": "Getvar", "Variable": f"DEVICE_STATE(PJSIP/{one})"}
            state = (await _ask(self._client, asked)).get("Value")
            if state not in _UNREACHABLE:
                found.add(one)
        return frozenset(found)

    async def seen_members(self) -> list[MemberSeen]:
        """The members alone.

        Raises:
            PbxUnavailable: no link.
        """
        return [one for one in await self.members() if isinstance(one, MemberSeen)]

    async def wrapup_s(self) -> Mapping[str, float]:
        """Each queue's wrap-up in seconds."""
        return wrapup_of(await _list(self._client, {"Action": "QueueStatus"}))


def wrapup_of(told: Iterable[AmiMessage]) -> dict[str, float]:
    """Each queue's wrap-up, from its ``QueueParams``."""
    return {
        message.get("Queue"): _wrapup(message) for message in told if message.name == "QueueParams"
    }


def _wrapup(params: AmiMessage) -> float:
    try:
        return seconds(params.get("Wrapuptime"))
    except ValueError:
        return 0.0


class AmiOperators:
    """`ports.Operators` over AMI; what ``*11`` to ``*14`` do, done from a desk or the CLI."""

    def __init__(
        self, client: AmiClient, queues: Mapping[AgentId, Sequence[tuple[QueueName, int]]]
    ) -> None:
        """Act over this link.

        Args:
            client: the AMI link.
            queues: each operator's queues, with his penalty in each.
        """
        self._client = client
        self._queues = queues

    async def login(self, agent: AgentId, *, paused: str | None = None) -> None:
        """Add the operator to the queues of his unit, at once in a pause if its reason is given.

        Raises:
            PbxUnavailable: no link.
            PbxRefused: no such operator, or the PBX said no.
        """
        pause = {} if paused is None else {"Paused": "true", "Reason": paused}
        for queue, penalty in self._of(agent):
            if (queue, agent) in await self._members():
                continue
            who = {"Interface": f"PJSIP/{agent}", "MemberName": agent}
            state = {"StateInterface": f"PJSIP/{agent}", "Penalty": str(penalty)}
            add = {"Action": "QueueAdd", "Queue": queue}
            await _order(self._client, {**add, **who, **state, **pause})

    async def logout(self, agent: AgentId) -> None:
        """Remove the operator from all queues he is in.

        Raises:
            PbxUnavailable, PbxRefused: as in `login`.
        """
        there = await self._members()
        for queue, _ in self._of(agent):
            if (queue, agent) in there:
                who = {"Queue": queue, "Interface": f"PJSIP/{agent}"}
                await _order(self._client, {"Action": "QueueRemove", **who})

    async def pause(self, agent: AgentId, *, paused: bool, reason: str) -> None:
        """Pause or un-pause the operator in all queues.

        Raises:
            PbxUnavailable, PbxRefused: as in `login`; also when he is not logged in.
        """
        self._of(agent)
        what = {"Interface": f"PJSIP/{agent}", "Paused": str(paused).lower(), "Reason": reason}
        await _order(self._client, {"Action": "QueuePause", **what})

    def _of(self, agent: AgentId) -> Sequence[tuple[QueueName, int]]:
        if agent not in self._queues:
            raise PbxRefused(f"there is no operator {agent} in the directory")
        return self._queues[agent]

    async def _members(self) -> set[tuple[QueueName, AgentId]]:
        facts = await AmiLists(self._client).members()
        return {(fact.queue, fact.agent) for fact in facts if isinstance(fact, MemberSeen)}


class AstDb:
    """`ports.BlockMirror`, `RangeMirror` and `VerifiedNotes`: the PBX's own list, over an account of its own."""

    def __init__(self, client: AmiClient) -> None:
        """Write over this link (``write = system``)."""
        self._client = client

    async def put(self, number: Number, until: int) -> None:
        """Write one entry.

        Raises:
            PbxUnavailable: no link.
            PbxRefused: the PBX said no.
        """
        await self._put(names.BLOCK_FAMILY, number, str(until))

    async def delete(self, number: Number) -> None:
        """Remove one entry; it is no error when there is none.

        The PBX writes the key of an entry that is not there, a whole number, into its log (X9). So there is one.

        Raises:
            PbxUnavailable: no link.
        """
        await self._put(names.BLOCK_FAMILY, number, _OVER)
        await self._put(names.BLOCK_FAMILY, number, None)

    async def verified(self) -> tuple[Passed, ...]:
        """What the dialplan noted of each ``*76``.

        Raises:
            PbxUnavailable: no link.
            PbxRefused: the account may not read.
        """
        rows = await _list(self._client, {"Action": "DBGetTree", "Family": names.VERIFIED_FAMILY})
        found = (verified_note(row.get("Key"), row.get("Val")) for row in rows)
        return tuple(note for note in found if note)

    async def forget(self, number: Number, call_id: CallId) -> None:
        """Remove a number's note if it is of that call.

        Raises:
            PbxUnavailable, PbxRefused: as in `verified`.
        """
        if any(it.number == number and it.call_id == call_id for it in await self.verified()):
            note = {"Family": names.VERIFIED_FAMILY, "Key": number}
            await _ask(self._client, {"Action": "DBDel", **note})

    async def put_all(self, entries: Sequence[tuple[Number, int]]) -> None:
        """Write many entries, some hundred at a time on the wire.

        Raises:
            PbxUnavailable: no link, or it was lost in the middle.
            PbxRefused: the PBX said no.
        """
        refused = await self._volleys("DBPut", [{"Key": n, "Val": str(u)} for n, u in entries])
        if refused:
            raise PbxRefused(f"DBPut: {refused[0].get('Message') or 'refused'}")

    async def delete_all(self, numbers: Sequence[str]) -> None:
        """Remove many entries; it is no error when there is none (as in `delete`).

        Raises:
            PbxUnavailable: no link, or it was lost in the middle.
        """
        await self._volleys("DBPut", [{"Key": n, "Val": _OVER} for n in numbers])
        await self._volleys("DBDel", [{"Key": n} for n in numbers])

    async def entries(self) -> Entries:
        """All that is there, in the order of keys as text.

        The PBX reads its whole database for that, and holds up look-ups meanwhile: about a second
        for a million entries.

        Raises:
            PbxUnavailable: no link, or no whole answer in time.
        """
        found = Entries()
        prefix = f"/{names.BLOCK_FAMILY}/"

        def take(item: AmiMessage) -> None:
            found.add(item.get("Key").removeprefix(prefix), item.get("Val"))

        tree = {"Action": "DBGetTree", "Family": names.BLOCK_FAMILY}
        try:
            await self._client.send_list(tree, timeout=_TREE_S, each=take)
        except AmiRefused:
            return Entries()  # "Database entry not found": the family is empty
        except AmiError as error:
            raise PbxUnavailable(f"the PBX does not answer: {error}") from error
        return found

    async def get(self, number: Number) -> str | None:
        """One entry as it is there; None = there is none.

        Raises:
            PbxUnavailable: no link.
        """
        return await self._get(names.BLOCK_FAMILY, number)

    async def get_range(self, key: str) -> str | None:
        """As `ports.RangeMirror`."""
        return await self._get(names.RANGE_FAMILY, key)

    async def put_range(self, key: str, value: str | None) -> None:
        """As `ports.RangeMirror`."""
        await self._put(names.RANGE_FAMILY, key, value)

    async def get_exempt(self, number: str) -> str | None:
        """As `ports.RangeMirror`."""
        return await self._get(names.EXEMPT_FAMILY, number)

    async def put_exempt(self, number: str, value: str | None) -> None:
        """As `ports.RangeMirror`."""
        await self._put(names.EXEMPT_FAMILY, number, value)

    async def _put(self, family: str, key: str, value: str | None) -> None:
        entry = {"Family": family, "Key": key}
        if value is None:
            await _ask(self._client, {"Action": "DBDel", **entry})
        else:
            await _order(self._client, {"Action": "DBPut", **entry, "Val": value})

    async def _get(self, family: str, key: str) -> str | None:
        ask = {"Action": "DBGet", "Family": family, "Key": key}
        try:
            rows = await self._client.send_list(ask)
        except AmiRefused:
            return None
        except AmiError as error:
            raise PbxUnavailable(f"the PBX does not answer: {error}") from error
        return next((row.get("Val") for row in rows if row.name == "DBGetResponse"), None)

    async def _volleys(self, action: str, each: Sequence[dict[str, str]]) -> Sequence[AmiMessage]:
        """All of them in order, and those that were refused. Two volleys are under way: the PBX carries out
        one while the next is made ready. After a refusal no more are sent for a DBPut.
        """
        under_way = deque[asyncio.Task[Sequence[AmiMessage]]]()
        refused: list[AmiMessage] = []
        try:
            for begin in range(0, len(each), _PIPELINE):
                some = each[begin : begin + _PIPELINE]
                under_way.append(asyncio.create_task(self._volley(action, some)))
                if len(under_way) > 1:
                    refused += await under_way.popleft()
                if refused and action == "DBPut":
                    break
            while under_way:
                refused += await under_way.popleft()
        finally:
            for one in under_way:
                one.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)
        return refused

    async def _volley(self, action: str, each: Sequence[dict[str, str]]) -> Sequence[AmiMessage]:
        common = {"Action": action, "Family": names.BLOCK_FAMILY}
        try:
            return await self._client.send_volley(common, each, timeout=_VOLLEY_S)
        except AmiError as error:
            raise PbxUnavailable(f"the PBX does not answer: {error}") from error
