"""What the doctor finds, and what he advises."""

import shutil
import socket
from datetime import UTC, datetime, timedelta
from importlib import metadata
from pathlib import Path

import pytest

from cc110.cli.health import machine, running, watching
from cc110.cli.health.finding import Finding, Health, split
from cc110.cli.health.machine import packages, python, unpacking
from cc110.config.load import checkout, load
from cc110.core.words import SyntheticStage
from cc110.pbx.embedded.console import PbxStatus
from cc110.pbx.embedded.errors import NotInstalled, PortInUse
from cc110.service.control import ControlClient
from tests.unit.cli.shell import Answer, Shell
from tests.unit.cli.stories import RETURNED, fill


def states(answer: Answer) -> dict[str, str]:
    """Each finding's state by its name."""
    return {one["name"]: one["health"] for one in answer.objects}


@pytest.fixture
def empty_cache(home: Path) -> dict[str, str]:
    """No unpacked PBX: reading every file of one takes seconds."""
    return {"CC110_CACHE": str(home / "cache")}


def test_a_fresh_machine_is_healthy(shell: Shell, empty_cache: dict[str, str]) -> None:
    """What was never started is told, and is no failure."""
    answer = shell("doctor", "--json", **empty_cache)
    found = states(answer)

    assert answer.code == 0
    assert set(found.values()) == {"ok", "warn"}
    assert (found["PBX"], found["Daemon"], found["Asterisk"]) == ("warn", "warn", "warn")
    assert found["Journal"] == "ok"
    assert not list(shell.home.iterdir())


def test_every_finding_that_is_not_well_has_an_advice(
    shell: Shell, empty_cache: dict[str, str]
) -> None:
    """Nobody is left alone with a warning; below it stands what to do."""
    answer = shell("doctor", "--json", **empty_cache)
    shown = shell("doctor", **empty_cache).lines

    assert all(bool(one["advice"]) == (one["health"] != "ok") for one in answer.objects)
    assert "warn  PBX              does not run" in shown
    assert shown[shown.index("warn  PBX              does not run") + 1].strip() == (
        "-> `cc110 run` starts everything"
    )


@pytest.mark.parametrize(
    ("name", "kind", "variable"),
    [
        ("SIP port", socket.SOCK_DGRAM, "CC110_SIP__PORT"),
        ("AMI port", socket.SOCK_STREAM, "CC110_AMI__PORT"),
        ("AGI port", socket.SOCK_STREAM, "CC110_AGI__PORT"),
    ],
)
def test_a_port_of_another_program_is_a_failure_with_its_name(
    name: str, kind: socket.SocketKind, variable: str, shell: Shell, empty_cache: dict[str, str]
) -> None:
    """The advice is to stop it or to take another port."""
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", int(shell.ports[variable])))
        if kind is socket.SOCK_STREAM:
            taken.listen()
        answer = shell("doctor", "--json", **empty_cache)
    found = {one["name"]: one for one in answer.objects}[name]

    assert answer.code == 1
    assert found["health"] == "fail"
    assert "(pid " in found["said"]
    setting = variable.removeprefix("CC110_").lower().replace("__", ".")
    assert found["advice"] == f"stop it, or set {setting}"
    assert name in answer.err


def test_a_media_port_of_another_program_is_a_warning(
    shell: Shell, empty_cache: dict[str, str]
) -> None:
    """The PBX passes over it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", shell.sip_port + 15))
        answer = shell("doctor", "--json", **empty_cache)

    assert states(answer)["Media ports"] == "warn"


def test_passwords_that_others_may_read_are_a_failure(
    shell: Shell, empty_cache: dict[str, str]
) -> None:
    """Mode 0644 means that somebody may have."""
    shell("agents", "account", "1101")
    shell.config.paths.secrets.chmod(0o644)
    answer = shell("doctor", "--json", **empty_cache)

    assert states(answer)["Passwords"] == "fail"
    assert "chmod 600" in answer.out


def test_the_journal_is_opened(shell: Shell, empty_cache: dict[str, str]) -> None:
    """It has so many events; and what is no journal is a failure."""
    fill(shell.config, RETURNED)
    good = shell("doctor", "--json", **empty_cache)
    for file in shell.home.glob("journal.sqlite3*"):
        file.unlink()
    (shell.home / "journal.sqlite3").write_bytes(b"no database at all" * 100)
    bad = shell("doctor", "--json", **empty_cache)

    assert f"opens, {len(RETURNED)} events" in good.out
    assert states(bad)["Journal"] == "fail"


def test_a_damaged_pbx_is_found(shell: Shell, home: Path) -> None:
    """One file of the unpacked PBX that is not what was unpacked."""
    place = home / "cache/pbx/asterisk-amd64"
    place.mkdir(parents=True)
    (place / "manifest.json").write_text("{}")
    answer = shell("doctor", "--json", CC110_CACHE=str(home / "cache"), PATH="/usr/bin:/bin")
    found = {one["name"]: one for one in answer.objects}["Asterisk"]

    assert found["health"] == "fail"
    assert found["advice"] == "run `cc110 pbx install` again"


def test_a_site_with_errors_is_a_failure(shell: Shell, empty_cache: dict[str, str]) -> None:
    """The doctor sends to `cc110 check` for the details."""
    answer = shell("doctor", "--json", CC110_TRANSFER__RING_S="99", **empty_cache)

    assert answer.code == 1
    assert states(answer)["Site data"] == "fail"
    assert "`cc110 check`" in answer.out


def test_an_old_python_is_a_failure() -> None:
    """3.11 is the oldest."""
    assert python((3, 10, 12)).health is Health.FAIL
    assert python((3, 11, 0)).health is Health.OK


def test_a_missing_package_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named, and how to get it."""
    monkeypatch.setattr(metadata, "requires", lambda _: ["typer>=1", "no-such-package>=2"])
    finding = packages()

    assert finding.health is Health.FAIL
    assert finding.said == "missing: no-such-package"


def test_unpacking_tools_matter_only_without_a_pbx(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a PBX at hand nothing needs to be unpacked."""
    monkeypatch.setattr(machine, "_TOOLS", ("no-such-tool",))
    without = {one.name: one.health for one in unpacking(NotInstalled())}

    assert without["Unpacking tools"] is Health.FAIL


def test_a_full_disk_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Recordings must not be lost: below 10 GB it warns, below 1 GB it fails."""
    found = {}
    for gigabytes in (0.5, 5, 50):
        usage = (0, 0, gigabytes * 1e9)
        shown = type("usage", (), {"free": usage[2]})
        monkeypatch.setattr(shutil, "disk_usage", lambda _, shown=shown: shown)
        found[gigabytes] = machine.disk(checkout()).health

    assert found == {0.5: Health.FAIL, 5: Health.WARN, 50: Health.OK}


def test_a_pbx_without_its_daemon_is_a_failure() -> None:
    """Calls go on, and nobody writes them down."""
    assert running.the_daemon(running=False, pbx=True).health is Health.FAIL
    assert running.the_daemon(running=False, pbx=False).health is Health.WARN
    assert running.the_daemon(running=True, pbx=False).health is Health.OK


def test_a_daemon_without_a_pbx_is_a_failure() -> None:
    """Nobody can call 110."""
    gone = PbxStatus(pid=None)

    assert running.pbx(gone, listener=False, daemon=True).health is Health.FAIL
    assert running.pbx(gone, listener=True, daemon=True).health is Health.OK
    assert running.pbx(PortInUse(), listener=True, daemon=True).health is Health.FAIL


def test_an_error_s_sentence_is_split_into_finding_and_advice() -> None:
    """Errors have the form `what is wrong: what to do`."""
    assert split("It is damaged: run it again.") == ("It is damaged", "run it again")
    assert split("It is damaged.")[0] == "It is damaged"


def test_findings_are_values() -> None:
    """Two looks that see the same say the same."""
    assert python((3, 12, 1)) == Finding(name="Python", health=Health.OK, said="3.12.1")


@pytest.mark.parametrize(
    ("alarms", "health"),
    [("{}", Health.OK), ('{"polda-sumut": "2026-03-01T12:00:00+00:00"}', Health.FAIL)],
)
async def test_s15_a_queue_without_an_operator_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, alarms: str, health: Health
) -> None:
    """It names the queue and since when; the daemon is asked."""

    async def unattended(_: ControlClient) -> str:
        return alarms

    monkeypatch.setattr(ControlClient, "unattended", unattended)
    config = load(environ={"CC110_HOME": str(tmp_path)})
    found = await running.attendance(config)

    assert found.health is health
    assert health is Health.OK or "polda-sumut since 12:00:00Z" in found.said


HEALTHY = {"waiting": 2, "lag_s": 0.0, "spooled": 1, "lost": 0}


def test_shifts_without_anybody_are_a_warning_and_wrong_rosters_a_failure() -> None:
    """By name; who is merely late is told."""
    fine = {"units": 2, "refused": "", "unserved": [], "empty": [], "missing": [], "off_shift": []}
    cases: list[tuple[dict[str, object], Health, str]] = [
        ({}, Health.OK, "2 units keep a roster"),
        ({"units": 0}, Health.OK, "no unit keeps a roster"),
        ({"missing": ["1201"]}, Health.OK, "1 missing"),
        ({"unserved": ["polda-sumut"]}, Health.WARN, "nobody is there at polda-sumut"),
        ({"empty": ["mabes: malam"]}, Health.WARN, "nobody is on the roster for mabes: malam"),
        ({"refused": "directory.toml:7: x"}, Health.FAIL, "rosters stay as they were"),
    ]
    for change, health, said in cases:
        found = watching.shifts_of({**fine, **change})
        assert found.health is health, change
        assert said in found.said


def test_a_journal_that_lags_is_told_and_lost_events_are_a_failure() -> None:
    """What waits is no trouble; what is lost is."""
    lags = {**HEALTHY, "waiting": 900, "lag_s": 61.2}

    assert watching.journal_lag(HEALTHY).health is Health.OK
    assert watching.journal_lag(lags).health is Health.WARN
    assert "900 events wait for the journal, the oldest for 61 s" in watching.journal_lag(lags).said
    assert watching.spool(HEALTHY).said == "1 events wait in it, none lost"
    lost = watching.spool({**HEALTHY, "lost": 7})
    assert (lost.health, "7 events LOST" in lost.said) == (Health.FAIL, True)
    assert watching.bus_lag(3).health is Health.OK
    assert watching.bus_lag(3000).health is Health.WARN


def synthetic(fault: str = "", *, age_s: float = 5, every_s: int = 60) -> Finding:
    """What is found of a last synthetic call."""
    now = datetime(2026, 8, 17, 3, 4, 5, tzinfo=UTC)
    begun = (now - timedelta(seconds=age_s)).isoformat()
    broken = "greeting" if fault else None
    stage = {"stage": "greeting", "fault": fault or None, "took_s": 1.0, "detail": "menu"}
    last = {"begun_at": begun, "stages": [stage], "broken": broken}
    return watching.synthetic({"last": last, "passed": 4, "failed": 1}, every_s, now)


def test_o1_the_last_synthetic_call_is_told() -> None:
    """A broken one names its stage and where to look; one that is overdue is a warning."""
    assert synthetic().said == "came through 5 s ago; 4 did, 1 did not"
    assert synthetic(age_s=151).health is Health.WARN
    assert synthetic(age_s=9000, every_s=0).health is Health.OK
    broken = synthetic("a prompt could not be played")
    assert broken.health is Health.FAIL
    assert broken.said == "broke at greeting, 5 s ago: a prompt could not be played (menu)"
    assert "cc110 check" in broken.advice
    none = {"last": None, "passed": 0, "failed": 0}
    assert "they are off" in watching.synthetic(none, 0, datetime.now(UTC)).said


def test_there_is_an_advice_for_each_stage() -> None:
    """Nobody is left alone with the name of a stage."""
    assert set(watching.ADVICE) == {stage.value for stage in SyntheticStage}


async def test_figures_that_nobody_serves_are_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is another program on that port taken for them."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        assert (await watching.metrics("127.0.0.1", port)).health is Health.FAIL

    async def other(_host: str, _port: int) -> bytes:
        return b"HTTP/1.1 200 OK\r\n\r\nhello"

    monkeypatch.setattr(watching, "_get", other)
    found = await watching.metrics("127.0.0.1", port)
    assert (found.health, "somebody else" in found.said) == (Health.FAIL, True)
