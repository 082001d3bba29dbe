"""What the daemon says of itself: journal and spool, broker, the last synthetic call; and the figures' address."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from cc110.app import control_socket
from cc110.cli.health.finding import Finding, fail, ok, warn
from cc110.config.model import Config
from cc110.ports import Cc110Error
from cc110.service.control import ControlClient

PATIENCE_S: Final = 3.0
LATE_S: Final = 5.0
"""The journal takes an event in some hundredths of a second."""
_FEW_BEHIND: Final = 20
_MISSED: Final = 2.5
"""So many times the pause between two synthetic calls, and one is overdue."""


async def watch(config: Config) -> Sequence[Finding]:
    """Journal lag, spool, broker's lag, and the last synthetic call."""
    try:
        told = json.loads(await ControlClient(control_socket(config)).watch())
    except (Cc110Error, ValueError) as error:
        said = f"the daemon does not say how it is: {error}"
        return [warn("Journal lag", said, "look at the daemon's log")]
    every_s, now = config.settings.watch.synthetic_every_s, datetime.now(UTC)
    found = [journal_lag(told), spool(told), synthetic(told["synthetic"], every_s, now)]
    if told["bus_lag"] is not None:
        found.append(bus_lag(told["bus_lag"]))
    return found


async def shifts(config: Config) -> Finding:
    """Whether the shift that is on has somebody, and the next one too."""
    try:
        return shifts_of(json.loads(await ControlClient(control_socket(config)).shifts()))
    except (Cc110Error, ValueError) as error:
        said = f"the daemon does not say how they are: {error}"
        return warn("Shifts", said, "look at the daemon's log")


def shifts_of(told: Mapping[str, Any]) -> Finding:
    """What the clock of shifts says."""
    name, advice = "Shifts", "`cc110 shifts now` and `week`"
    if told["refused"]:
        said = f"the directory is wrong, rosters stay as they were: {told['refused']}"
        return fail(name, said, "`cc110 check`")
    if told["unserved"] or told["empty"]:
        nobody = [f"nobody is there at {unit}" for unit in told["unserved"]]
        ahead = [f"nobody is on the roster for {shift}" for shift in told["empty"]]
        return warn(name, "; ".join((*nobody, *ahead)), advice)
    if not told["units"]:
        return ok(name, "no unit keeps a roster")
    late = [f"{len(told['missing'])} missing"] if told["missing"] else []
    late += [f"{len(told['off_shift'])} outside of their shift"] if told["off_shift"] else []
    return ok(name, ", ".join((f"{told['units']} units keep a roster", *late)))


def journal_lag(told: Mapping[str, Any]) -> Finding:
    """Whether the journal takes what happens."""
    name, waiting, lag_s = "Journal lag", told["waiting"], told["lag_s"]
    if lag_s <= LATE_S:
        return ok(name, f"{waiting} events wait, the oldest for {lag_s:.1f} s")
    said = f"{waiting} events wait for the journal, the oldest for {lag_s:.0f} s"
    advice = (
        "calls go on; see whether the database is locked, full or away (daemon's log: `journal`)"
    )
    return warn(name, said, advice)


def spool(told: Mapping[str, Any]) -> Finding:
    """Whether events had to be given up."""
    name, there, lost = "Spool", told["spooled"], told["lost"]
    if lost:
        said = f"{lost} events LOST since the daemon's start; {there} wait in the spool"
        advice = "free the disk, bring the journal back; `cc110 verify-day` names the calls that lack a word"
        return fail(name, said, advice)
    return ok(name, f"{there} events wait in it, none lost")


def bus_lag(behind: int) -> Finding:
    """How far the daemon is with the broker."""
    name = "MQTT lag"
    if behind <= _FEW_BEHIND:
        return ok(name, f"{behind} events on their way to the broker")
    advice = "look at the broker, and for `mqtt` in the daemon's log; nothing is lost"
    return warn(name, f"the broker is {behind} events behind", advice)


def synthetic(told: Mapping[str, Any], every_s: int, now: datetime) -> Finding:
    """Whether the last synthetic call came through, and not too long ago."""
    name, last = "Synthetic call", told["last"]
    if last is None:
        said = f"every {every_s} s; none yet" if every_s else "none made: they are off"
        return ok(name, f"{said}; `cc110 test-call` makes one now")
    age_s = (now - datetime.fromisoformat(last["begun_at"])).total_seconds()
    if last["broken"]:
        worst = last["stages"][-1]
        detail = f" ({worst['detail']})" if worst["detail"] else ""
        said = f"broke at {last['broken']}, {age_s:.0f} s ago: {worst['fault']}{detail}"
        return fail(name, said, ADVICE[last["broken"]])
    said = f"came through {age_s:.0f} s ago; {told['passed']} did, {told['failed']} did not"
    if every_s and age_s > every_s * _MISSED:
        return warn(name, f"overdue: the last one {said}", "is the link to the PBX up? (PBX, AMI)")
    return ok(name, said)


ADVICE: Final[Mapping[str, str]] = {
    "trunk": "`cc110 check`, then `pjsip show endpoint cc110-test` and `dialplan show from-trunk` in the PBX's console",
    "greeting": "`cc110 check` names prompts that are missing; the daemon's log has `a prompt can't be played`",
    "queue": "`queue show cc110-test` in the PBX's console; `cc110 run` or `cc110 render` writes queues anew",
    "answer": "`dialplan show cc110-agent-leg` and `core show channels` in the PBX's console: does sound flow?",
    "recording": "see whether the recordings folder can be written by the PBX and its disk has room",
}
"""Where to look, by the stage that broke."""


async def metrics(host: str, port: int) -> Finding:
    """Whether the figures can be read where the settings say."""
    name, place = "Metrics", f"http://{host}:{port}/metrics"
    advice = "another program may have the port: set watch.metrics_port, and start the daemon again"
    try:
        async with asyncio.timeout(PATIENCE_S):
            head = await _get(host, port)
    except (OSError, TimeoutError) as error:
        return fail(name, f"nobody answers at {place}: {error or 'no answer'}", advice)
    if b"cc110_info{" not in head:
        return fail(name, f"somebody else answers at {place}", advice)
    return ok(name, place)


async def _get(host: str, port: int) -> bytes:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(b"GET /metrics HTTP/1.1\r\nHost: doctor\r\n\r\n")
        return await reader.read(8192)
    finally:
        writer.transport.abort()
