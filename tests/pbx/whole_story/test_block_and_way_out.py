"""From the first prank to the next answered call, with daemon, PBX or both killed between all steps (SOP S2 VIII)."""

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import Connection

from cc110.cli.verifying import compare
from cc110.core.words import NumberSource
from cc110.journal import queries
from cc110.journal.engine import ask, reading
from cc110.journal.rows import BlockRow

from ...control_room import ControlRoom, open_room
from ...phones.phone import CallState, Phone
from ..blocking import entry
from ..hearing import in_talk
from ..scene import all_over, dial, log_in
from ..verification.way_out import asks, offered, rejected

NUMBER = "6284000000666"
Fault = Callable[[ControlRoom, Phone], Awaitable[None]]


async def nothing(_: ControlRoom, __: Phone) -> None:
    """The control."""


async def daemon_dies(room: ControlRoom, _: Phone) -> None:
    """SIGKILL, and a new one."""
    start = await room.last_seq()
    await room.daemon.kill()
    await room.daemon.start()
    await room.wait_event("PbxBack", after=start)


async def pbx_dies(room: ControlRoom, operator: Phone) -> None:
    """SIGKILL; its keeper starts it again."""
    start = await room.last_seq()
    os.kill((await room.pbx.status()).pid or 0, signal.SIGKILL)
    await room.wait_event("PbxBack", after=start, timeout=20)
    await room.watch_again()
    await operator.register()


async def both_die(room: ControlRoom, operator: Phone) -> None:
    """The PBX comes back first, alone."""
    await room.daemon.kill()
    os.kill((await room.pbx.status()).pid or 0, signal.SIGKILL)
    start = await room.last_seq()
    async with asyncio.timeout(20):
        while not (await room.pbx.status()).running:
            await asyncio.sleep(0.1)
    await room.daemon.start()
    await room.wait_event("PbxBack", after=start, timeout=20)
    await room.watch_again()
    await operator.register()


@pytest_asyncio.fixture(loop_scope="session")
async def own_room() -> AsyncIterator[ControlRoom]:
    """A control room whose parts may die."""
    home = Path(tempfile.mkdtemp(prefix="cc110-"))
    try:
        async with open_room(home, queue__wrap_up_s=0) as room:
            yield room
    finally:
        shutil.rmtree(home)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("fault", [nothing, daemon_dies, pbx_dies, both_die])
async def test_five_pranks_block_the_way_out_unblocks_and_the_next_call_is_answered(
    own_room: ControlRoom, fault: Fault
) -> None:
    """Whatever dies between the steps: one block with five calls as evidence, one way out, one answered call."""
    room = own_room
    operator, caller = await asyncio.gather(room.phone("1101", "operator"), room.caller())
    await log_in(room, "1101")
    start = await room.last_seq()
    for prank in range(5):
        await _judged(room, caller, operator)
        if prank in (1, 4):  # a PBX that dies five times within a minute is given up
            await fault(room, operator)
    await room.wait_event("NumberBlocked", after=start)
    await entry(room, "cc110-block", NUMBER, there=True)

    await rejected(await offered(room, caller, NUMBER))
    await fault(room, operator)
    row = await _block(room)
    assert row.rejections == 1
    assert len({one.call_id for one in row.evidence}) == 5
    assert all(one.agent == "1101" and one.recording for one in row.evidence)
    assert all(one.source is NumberSource.ASSERTED for one in row.evidence)

    await _verified(room, caller, operator)
    await fault(room, operator)
    await room.wait_event("NumberUnblocked", after=start)
    await entry(room, "cc110-block", NUMBER, there=False)
    call = await dial(room, caller, NUMBER)
    desk = await operator.incoming()
    await desk.answer()
    await desk.wait_for_talk()
    assert await in_talk(caller=call, operator=desk)
    await desk.hangup()
    await call.wait_for(CallState.DISCONNECTED)
    kinds = [one.event.type for one in await room.events(after=start)]
    assert (kinds.count("NumberBlocked"), kinds.count("NumberUnblocked")) == (1, 1)
    async with asyncio.timeout(10):  # the tables may be a little behind the journal
        while not (await asyncio.to_thread(compare, room.config)).equal:
            await asyncio.sleep(0.2)


async def _judged(room: ControlRoom, caller: Phone, operator: Phone) -> None:
    start = await room.last_seq()
    call = await dial(room, caller, NUMBER)
    desk = await operator.incoming()
    await desk.answer()
    await desk.wait_for_talk()
    await desk.send_dtmf("*73", duration_s=0.08)
    await room.wait_event("VerdictGiven", after=start)
    await call.hangup()
    await all_over(desk)
    await room.wait_event("RecordingFinalised", after=start)


async def _verified(room: ControlRoom, caller: Phone, operator: Phone) -> None:
    call = await asks(room, caller, NUMBER)
    desk = await operator.incoming()
    await desk.answer()
    await desk.wait_for_talk()
    await desk.send_dtmf("*76", duration_s=0.08)
    await entry(room, "cc110-block", NUMBER, there=False)
    await desk.hangup()
    await all_over(call)


async def _block(room: ControlRoom) -> BlockRow:
    """As `cc110 blocklist show` has it, once the rejected call is in it."""

    def there(connection: Connection) -> BlockRow | None:
        row = queries.get_block(connection, NUMBER)
        return row if row and row.rejections else None

    async with (
        reading(room.config.journal_url.get_secret_value()) as engine,
        asyncio.timeout(10),
    ):
        while not (row := await ask(engine, there)):
            await asyncio.sleep(0.05)
    return row
