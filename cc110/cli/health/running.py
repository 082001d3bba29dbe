"""What runs: ports, PBX, daemon, and whether they reach each other."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from cc110.app import control_socket, open_operators
from cc110.cli.embedded import status_of
from cc110.cli.health.finding import DO_RUN, Finding, Health, fail, ok, warn
from cc110.cli.health.watching import metrics, shifts, watch
from cc110.cli.records import asked, reached, tip_of
from cc110.config.model import Config
from cc110.config.secrets import Secrets
from cc110.pbx.embedded.console import PbxStatus
from cc110.pbx.embedded.errors import PbxError
from cc110.pbx.embedded.ports import Proto, port_owner
from cc110.ports import Cc110Error
from cc110.service.control import ControlClient, RecordingsClient

PATIENCE_S: Final = 3.0
BUS: Final = "mqtt"
_FEW_BEHIND: Final = 20
"""What may be on its way just now."""
_OURS: Final = "asterisk (pid "


async def look_at_running(config: Config, secrets: Secrets | None) -> AsyncIterator[Finding]:
    """Every finding about what runs; what does not run is no failure unless its other half does."""
    daemon = await _opens(config)
    status = await _status(config)
    settings = config.settings
    ami_at = settings.ami.host, settings.ami.port
    listener = await _connects(*ami_at)
    yield pbx(status, listener=listener, daemon=daemon)
    pid = status.pid if isinstance(status, PbxStatus) else None
    yield port("SIP port", "udp", settings.sip.host, settings.sip.port, "sip.port", pid)
    yield media(settings.sip.host, settings.sip.rtp_first, settings.sip.rtp_last, pid)
    if listener and secrets:
        yield await ami(config)
    else:
        yield port("AMI port", "tcp", *ami_at, "ami.port", pid)
    yield the_daemon(running=daemon, pbx=listener)
    if daemon:
        yield await mirror(config)
        yield await recorder(config)
        yield await attendance(config)
        yield await shifts(config)
        for finding in await watch(config):
            yield finding
        if settings.watch.metrics_port:
            yield await metrics(settings.watch.metrics_host, settings.watch.metrics_port)
    if settings.mqtt.host:
        yield await asyncio.to_thread(bus, config)
    agi = settings.agi
    if daemon:
        yield answers("AGI port", await _connects(agi.host, agi.port), f"{agi.host}:{agi.port}")
    else:
        yield port("AGI port", "tcp", agi.host, agi.port, "agi.port", None)


def bus(config: Config) -> Finding:
    """How far the broker is behind the journal."""
    broker = f"{config.settings.mqtt.host}:{config.settings.mqtt.port}"
    try:
        behind = asked(config, _behind, BUS)
    except Cc110Error as error:
        return warn("MQTT", f"unknown: {error}", DO_RUN)
    if behind <= _FEW_BEHIND:
        return ok("MQTT", f"{broker} has every event")
    advice = "look at the broker, and for `mqtt` in the daemon's log; nothing is lost"
    return warn("MQTT", f"{broker} is {behind} events behind the journal", advice)


def _behind(connection: Connection, reader: str) -> int:
    return tip_of(connection) - reached(connection, reader)


def pbx(status: PbxStatus | PbxError, *, listener: bool, daemon: bool) -> Finding:
    """Whether a PBX runs: the embedded one, or another at the AMI port."""
    if isinstance(status, PbxError):
        return fail("PBX", str(status), "`cc110 pbx stop`, then `cc110 run`")
    if status.running:
        said = f"runs (pid {status.pid}), up for {status.uptime} s, {status.calls} calls"
        return ok("PBX", said)
    if listener:
        return ok("PBX", "not the embedded one; somebody answers at the AMI port")
    health = Health.FAIL if daemon else Health.WARN
    return Finding(name="PBX", health=health, said="does not run", advice=DO_RUN)


def the_daemon(*, running: bool, pbx: bool) -> Finding:
    """Whether the daemon runs; a PBX without it carries calls, but nobody remembers them."""
    if running:
        return ok("Daemon", "runs and answers")
    if pbx:
        return fail(
            "Daemon", "does not run: calls go on, nothing is written down", "start `cc110 daemon`"
        )
    return warn("Daemon", "does not run", DO_RUN)


async def mirror(config: Config) -> Finding:
    """Whether the PBX's blocklist was what the journal says when the daemon looked last."""
    advice = "`cc110 blocklist verify` names the differences, --repair removes them"
    try:
        told = json.loads(await ControlClient(control_socket(config)).drift())
    except (Cc110Error, ValueError) as error:
        return warn("Blocklist", f"the daemon does not say how it is: {error}", advice)
    if not told:
        return warn("Blocklist", "not compared with the PBX yet: no link since the start", advice)
    at = f"{datetime.fromisoformat(told['at']):%H:%M:%S}Z"
    found = {name: told[name] for name in ("missing", "different", "foreign") if told[name]}
    if found:
        said = ", ".join(f"{number} {name}" for name, number in found.items())
        return warn("Blocklist", f"the PBX's had drifted at {at}, repaired: {said}", advice)
    part = "samples of it are" if told["sampled"] else "is"
    return ok("Blocklist", f"the PBX's {part} the journal's, looked at {at}")


async def recorder(config: Config) -> Finding:
    """Whether every live call is being recorded at this moment."""
    advice = "free the disk or mend the folder; `cc110 calls follow` names the calls"
    try:
        told = json.loads(await RecordingsClient(control_socket(config)).recorder())
    except (Cc110Error, ValueError) as error:
        return warn("Recorder", f"the daemon does not say how it is: {error}", advice)
    said = f"{told['live']} live calls, {told['unrecorded']} of them not recorded"
    if told["unrecorded"]:
        return fail("Recorder", said, advice)
    if told["flagged"]:
        said = f"{said}; {told['flagged']} were not for a while since the daemon's start"
        return warn("Recorder", said, "`cc110 recordings list --incomplete` names them")
    return ok("Recorder", said)


async def attendance(config: Config) -> Finding:
    """Whether callers wait in a queue that has no operator."""
    advice = (
        "somebody has to log in (*11) or end his pause (*14); `cc110 agents list` says who is where"
    )
    try:
        alarms = json.loads(await ControlClient(control_socket(config)).unattended())
    except (Cc110Error, ValueError) as error:
        return warn("Operators", f"the daemon does not say who is on duty: {error}", advice)
    if not alarms:
        return ok("Operators", "no caller waits for nobody")
    since = (f"{q} since {datetime.fromisoformat(at):%H:%M:%S}Z" for q, at in alarms.items())
    return fail("Operators", f"callers waited and nobody was there: {', '.join(since)}", advice)


def port(
    name: str, proto: Proto, host: str, number: int, setting: str, pbx_pid: int | None
) -> Finding:
    """Whether a port is free, or the PBX's own."""
    place = f"{proto.upper()} {host}:{number}"
    owner = port_owner(proto, host, number)
    if owner is None:
        return ok(name, f"{place} is free") if pbx_pid is None else _silent(name, place)
    if pbx_pid is not None and owner == f"{_OURS}{pbx_pid})":
        return ok(name, f"{place} is the PBX's")
    return fail(name, f"{place} is taken by {owner}", f"stop it, or set {setting}")


def media(host: str, first: int, last: int, pbx_pid: int | None) -> Finding:
    """Whether others sit on media ports; the PBX passes over those."""
    ours = None if pbx_pid is None else f"{_OURS}{pbx_pid})"
    owners = (port_owner("udp", host, number) for number in range(first, last + 1))
    others = [owner for owner in owners if owner not in (None, ours)]
    place = f"UDP {first}-{last}"
    if not others:
        return ok("Media ports", f"{place} are free for the PBX")
    said = f"{len(others)} of {place} are taken, one by {others[0]}"
    return warn("Media ports", said, "set sip.rtp_first and sip.rtp_last to a range of its own")


def answers(name: str, answered: bool, place: str) -> Finding:
    """Whether somebody answers who should."""
    if answered:
        return ok(name, f"the daemon answers at {place}")
    return fail(name, f"nobody answers at {place}", "stop the daemon and start it again")


async def ami(config: Config) -> Finding:
    """Whether our account may log in."""
    try:
        async with open_operators(config, patience_s=PATIENCE_S) as desk:
            members = await desk.members()
    except Cc110Error as error:
        said = str(error)
        return fail("AMI", said, "is it this site's PBX? `cc110 run` renders its passwords")
    agents = {member.agent for member in members}
    return ok("AMI", f"log-in works, {len(agents)} operators logged in")


def _silent(name: str, place: str) -> Finding:
    return fail(
        name, f"nobody listens at {place} although the PBX runs", "see its log in CC110_HOME"
    )


async def _status(config: Config) -> PbxStatus | PbxError:
    try:
        return await status_of(config)
    except PbxError as error:
        return error


async def _opens(config: Config) -> bool:
    try:
        _, writer = await asyncio.open_unix_connection(str(control_socket(config)))
    except OSError:
        return False
    writer.close()
    return True


async def _connects(host: str, number: int) -> bool:
    try:
        async with asyncio.timeout(PATIENCE_S):
            _, writer = await asyncio.open_connection(host, number)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True
