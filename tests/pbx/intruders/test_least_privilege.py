"""Each account of the manager interface may do what it is for, and nothing of the rest (X5).

Asterisk's rights are classes, not actions: ``system``, which the database account needs for ``DBPut``, also loads
modules and shows configuration (docs/security.md says so). What can be denied is denied here, action by action.
"""

import asyncio
import stat
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from ...control_room import ControlRoom
from ..scene import talk

Action = Mapping[str, str]
NONE = {"Channel": "none"}
RUNS_PROGRAMS: dict[str, Action] = {
    "Originate an application": {
        "Action": "Originate", "Channel": "Local/s@cc110-say", "Application": "System", "Data": "id",
    },
    "Originate a call": {
        "Action": "Originate", "Channel": "PJSIP/1101", "Context": "from-trunk", "Exten": "110", "Priority": "1",
    },
    "Command": {"Action": "Command", "Command": "!id"},
    "UpdateConfig": {"Action": "UpdateConfig", "SrcFilename": "manager.conf", "DstFilename": "manager.conf"},
    "CreateConfig": {"Action": "CreateConfig", "Filename": "x.conf"},
    "AGI": {"Action": "AGI", **NONE, "Command": "EXEC System id"},
    "MessageSend": {"Action": "MessageSend", "To": "pjsip:1101", "From": "x", "Body": "x"},
}  # fmt: skip
"""What no account may do."""
SYSTEM: dict[str, Action] = {
    "ModuleLoad": {"Action": "ModuleLoad", "Module": "app_system.so", "LoadType": "load"},
    "Reload": {"Action": "Reload", "Module": "manager"},
    "GetConfig": {"Action": "GetConfig", "Filename": "manager.conf"},
    "GetConfigJSON": {"Action": "GetConfigJSON", "Filename": "manager.conf"},
    "DBPut": {"Action": "DBPut", "Family": "cc110-block", "Key": "62812", "Val": "0"},
    "DBDel": {"Action": "DBDel", "Family": "cc110-block", "Key": "62812"},
    "DBDelTree": {"Action": "DBDelTree", "Family": "cc110-block"},
    "MixMonitor": {"Action": "MixMonitor", **NONE, "File": "x", "Command": "id"},
    "DialplanExtensionAdd": {
        "Action": "DialplanExtensionAdd", "Context": "from-trunk", "Extension": "1", "Priority": "1",
        "Application": "System", "ApplicationData": "id",
    },
    "PJSIPShowAuths": {"Action": "PJSIPShowAuths"},
    "Filter": {"Action": "Filter", "Operation": "Add", "Filter": "x"},
}  # fmt: skip
"""The class ``system``."""
CALLS: dict[str, Action] = {
    "Redirect": {"Action": "Redirect", **NONE, "Context": "from-trunk", "Exten": "110", "Priority": "1"},
    "Atxfer": {"Action": "Atxfer", **NONE, "Exten": "1", "Context": "from-agent"},
    "Bridge": {"Action": "Bridge", "Channel1": "a", "Channel2": "b"},
    "Setvar": {"Action": "Setvar", "Variable": "CC110_RING_S", "Value": "1"},
    "Getvar": {"Action": "Getvar", "Variable": "CC110_RING_S"},
    "SendText": {"Action": "SendText", **NONE, "Message": "x"},
    "QueueAdd": {"Action": "QueueAdd", "Queue": "polda-sumut", "Interface": "PJSIP/1"},
    "QueueRemove": {"Action": "QueueRemove", "Queue": "polda-sumut", "Interface": "PJSIP/1"},
    "QueuePause": {"Action": "QueuePause", "Interface": "PJSIP/1101", "Paused": "true"},
    "UserEvent": {"Action": "UserEvent", "UserEvent": "CC110", "Fact": "arrived"},
    "ShowDialPlan": {"Action": "ShowDialPlan"},
}  # fmt: skip
"""The classes ``call``, ``agent`` and ``user``."""
REPORTS: dict[str, Action] = {
    "Hangup": {"Action": "Hangup", **NONE},
    "Status": {"Action": "Status"},
    "CoreShowChannels": {"Action": "CoreShowChannels"},
    "CoreSettings": {"Action": "CoreSettings"},
    "LoggerRotate": {"Action": "LoggerRotate"},
    "DBGet": {"Action": "DBGet", "Family": "cc110-block", "Key": "62812"},
    "DBGetTree": {"Action": "DBGetTree", "Family": "cc110-block"},
    "PJSIPShowContacts": {"Action": "PJSIPShowContacts"},
}
"""What ``system`` or ``reporting`` is good for."""
DENIED = {
    "cc110": {**RUNS_PROGRAMS, **SYSTEM},
    "cc110-db": {**RUNS_PROGRAMS, **CALLS},
    "cc110-guard": {**RUNS_PROGRAMS, **SYSTEM, **CALLS, **REPORTS},
}
NO_PROGRAM = {
    "app_system",
    "func_shell",
    "func_curl",
    "func_env",
    "func_realtime",
    "app_externalivr",
    "pbx_spool",
}


class Account:
    """A connection of one account."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def ask(self, action: Action) -> str:
        """The PBX's response, whole. Raises asyncio.IncompleteReadError when it hangs up."""
        lines = "".join(
            f"{name}: {value}\r\n" for name, value in {**action, "ActionID": "q"}.items()
        )
        self._writer.write(f"{lines}\r\n".encode())
        async with asyncio.timeout(10):
            while True:
                said = (await self._reader.readuntil(b"\r\n\r\n")).decode()
                if "ActionID: q" in said and "Response: " in said:
                    return said


@asynccontextmanager
async def connected(
    room: ControlRoom, account: str, *, source: str = "127.0.0.1", secret: str = ""
) -> AsyncIterator[tuple[Account, str]]:
    """A connection, and what the PBX said to the log-in."""
    port = room.config.settings.ami.port
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))
    try:
        await reader.readline()
        found = Account(reader, writer)
        password = secret or room.secrets.ami[account].get_secret_value()
        login = {"Action": "Login", "Username": account, "Secret": password, "Events": "off"}
        yield found, await found.ask(login)
    finally:
        writer.close()


@pytest.mark.parametrize("account", DENIED)
async def test_x5_an_account_is_denied_what_it_does_not_need(
    room: ControlRoom, account: str
) -> None:
    """Every action of every class that it lacks."""
    async with connected(room, account) as (link, welcome):
        assert "Authentication accepted" in welcome
        said = {name: await link.ask(action) for name, action in DENIED[account].items()}
    assert {name for name, text in said.items() if "Permission denied" not in text} == set()


async def test_x5_no_account_runs_a_function_that_reaches_outside(room: ControlRoom) -> None:
    """``live_dangerously = no``: neither a program nor the database nor a file by way of a variable."""
    async with connected(room, "cc110") as (link, _):
        assert "Forbidden" in await link.ask({"Action": "Getvar", "Variable": "SHELL(id)"})
        file = await link.ask({"Action": "Getvar", "Variable": "FILE(/etc/passwd)"})
        assert "root:" not in file
        put = {"Action": "Setvar", "Variable": "DB(cc110-block/62812)", "Value": "0"}
        assert "Response: Error" in await link.ask(put)
    assert "0 results" in await room.pbx.console("database show cc110-block")


async def test_x5_the_guard_and_the_database_account_hear_no_call(room: ControlRoom) -> None:
    """Asked for all events, they get none about callers."""
    heard = {}
    async with (
        connected(room, "cc110-db") as (link, _),
        connected(room, "cc110-guard") as (guard, _),
    ):
        for name, one in (("cc110-db", link), ("cc110-guard", guard)):
            await one.ask({"Action": "Events", "EventMask": "on"})
            heard[name] = one
        scene = await talk(room)
        await scene.call.hangup()
        for name, one in heard.items():
            await one.ask({"Action": "Ping"})
            rest = one._reader._buffer.decode()  # type: ignore[attr-defined]
            assert "Channel:" not in rest, name


@pytest.mark.parametrize("account", DENIED)
async def test_x5_an_account_is_of_no_use_from_another_address(
    room: ControlRoom, account: str
) -> None:
    """Nor with another password."""
    async with connected(room, account, source="127.0.0.2") as (_, said):
        assert "Authentication failed" in said
    async with connected(room, account, secret="0" * 32) as (_, said):
        assert "Authentication failed" in said


async def test_x5_everything_that_is_no_call_listens_on_loopback_alone(room: ControlRoom) -> None:
    """AMI, FastAGI and the figures; Asterisk's web server is off; SIP where the site says."""
    sip = room.config.settings.sip
    pbx = psutil.Process(int((room.config.paths.pbx / "run" / "asterisk.pid").read_text()))
    listens = [
        (one.laddr.ip, one.laddr.port)
        for process in (pbx, psutil.Process(room.daemon.pid))
        for one in process.net_connections("tcp")
        if one.status == psutil.CONN_LISTEN
    ]
    settings = room.config.settings
    ports = (settings.ami.port, settings.agi.port, settings.watch.metrics_port)
    assert sorted(listens) == sorted(("127.0.0.1", port) for port in ports)
    bound = {(one.laddr.ip, one.laddr.port) for one in pbx.net_connections("udp4") if not one.raddr}
    assert (sip.host, sip.port) in bound


async def test_x5_what_is_written_is_for_the_owner_s_eyes(room: ControlRoom) -> None:
    """Passwords, journal, spool, recordings, the PBX's database and logs: nothing for group or others."""
    scene = await talk(room)
    await scene.call.hangup()
    await room.accounted()
    home = room.config.paths.home
    private = ("secrets.toml", "journal.sqlite3*", "spool/*", "pbx/lib/astdb*", "pbx/log/**/*")
    files = [path for pattern in private for path in home.glob(pattern) if path.is_file()]
    files += [path for path in room.recordings.rglob("*") if path.is_file()]
    files += [home / "run" / "control.sock", home / "pbx" / "run" / "asterisk.ctl"]
    tables = home / "pbx" / "etc" / "tables"
    files += [
        tables / f"{name}.conf" for name in ("manager-users", "pjsip-operators", "pjsip-polres")
    ]
    assert len([path for path in files if path.suffix == ".wav"]) >= 1
    assert [str(path) for path in files if _others(path)] == []
    assert not _others(room.recordings)


def _others(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode) & 0o077


async def test_x5_nothing_is_loaded_that_could_run_a_program(room: ControlRoom) -> None:
    """What runs is what modules.conf names."""
    shown = await room.pbx.console("module show like .so")
    loaded = {line.split(".so")[0] for line in shown.splitlines() if ".so " in line}
    conf = (room.config.paths.asterisk_conf / "modules.conf").read_text().splitlines()
    named = {line.split()[2].removesuffix(".so") for line in conf if line.startswith("load = ")}
    assert loaded == named
    assert not named & NO_PROGRAM
