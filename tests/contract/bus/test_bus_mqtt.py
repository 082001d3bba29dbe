"""The bus against a real Mosquitto: at least once, in order, whatever the broker does (S12)."""

import asyncio
import random
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from cc110.bus.settings import BrokerTls
from tests.bus.house import house, settings_for
from tests.bus.mosquitto import Broker, subscribed
from tests.phones.timing import limit


def first_time(events: Sequence[dict[str, Any]]) -> list[int]:
    """The seqs in the order in which they came first."""
    return list(dict.fromkeys(event["seq"] for event in events))


async def test_s12_events_come_in_order_to_the_topic_of_their_call(
    broker: Broker, tmp_path: Path
) -> None:
    """With the public JSON as payload, and nothing retained but the status."""
    async with subscribed(broker) as there, house(tmp_path, settings_for(broker)) as cc110:
        await cc110.say("a", "b", "a")
        await cc110.say_of_site()
        await there.until(lambda it: len(it.events) == 4)

    topics = [topic for topic, _, _ in there.came if not topic.endswith("/status")]
    assert topics == [
        "cc110/v1/sample/call/a/VerdictGiven",
        "cc110/v1/sample/call/b/VerdictGiven",
        "cc110/v1/sample/call/a/VerdictGiven",
        "cc110/v1/sample/site/PbxLost",
    ]
    assert first_time(there.events) == [1, 2, 3, 4]
    assert there.events[0]["data"] == {
        "agent": "1101",
        "verdict": "valid",
        "implied": False,
        "recovered": False,
    }
    assert {"id", "at", "site", "type", "v"} < set(there.events[0])
    assert not any(retained for _, _, retained in there.came)


async def test_s12_nothing_is_lost_while_the_broker_is_away(broker: Broker, tmp_path: Path) -> None:
    """What happened meanwhile comes when it is back, in order."""
    async with house(tmp_path, settings_for(broker)) as cc110:
        async with subscribed(broker, keeps=True) as before:
            await cc110.say("a")
            await before.until(lambda it: len(it.events) == 1)
        await broker.stop()
        for n in range(30):
            await cc110.say(f"call-{n % 3}")
        await broker.start()
        await cc110.published()
        async with subscribed(broker, keeps=True) as there:
            await there.until(lambda it: first_time(it.events)[-1:] == [31])

    # The broker brings the first once more if it stopped before it had our word for it.
    assert first_time((*before.events, *there.events)) == list(range(1, 32))


async def test_s12_a_flapping_broker_gets_every_event_at_least_once_and_in_order(
    broker: Broker, tmp_path: Path
) -> None:
    """It goes in the middle of what is published, again and again; a subscriber who keeps his session misses none."""
    chance = random.Random(110)
    async with subscribed(broker, keeps=True):
        """From now on the broker keeps everything for him."""
    async with house(tmp_path, settings_for(broker)) as cc110:
        for _ in range(5):
            for n in range(40):
                await cc110.say(f"call-{n % 3}")
            await asyncio.sleep(chance.random() * 0.2)
            await broker.stop()
            await cc110.say("meanwhile")
            await broker.start()
        await cc110.published()
        async with subscribed(broker, keeps=True) as there:
            await there.until(lambda it: len(first_time(it.events)) == 205)

    for call in {event["call_id"] for event in there.events}:
        seqs = first_time([event for event in there.events if event["call_id"] == call])
        assert seqs == sorted(seqs), call
    assert len({event["id"] for event in there.events}) == 205


async def test_s12_a_daemon_that_is_killed_publishes_what_was_not_acknowledged(
    broker: Broker, tmp_path: Path
) -> None:
    """Its cursor is in the journal: the next one goes on there."""
    await broker.stop()
    async with house(tmp_path, settings_for(broker)) as cc110:
        await cc110.say("a", "b", "c")
    await broker.start()
    async with subscribed(broker) as there, house(tmp_path, settings_for(broker)) as cc110:
        await cc110.published()
        await there.until(lambda it: len(it.events) >= 3)

    assert first_time(there.events) == [1, 2, 3]


async def test_s12_a_hung_broker_is_given_up_and_its_successor_gets_all(
    broker: Broker, tmp_path: Path
) -> None:
    """SIGSTOP: the connection stays open, and no acknowledgement comes."""
    async with house(tmp_path, settings_for(broker)) as cc110:
        await cc110.say("a")
        await cc110.published()
        broker.hang()
        await cc110.say("b")
        async with asyncio.timeout(limit(10)):
            while cc110.bus.is_connected:
                await asyncio.sleep(0.05)
        await broker.kill()
        await broker.start()
        await cc110.published()

    assert cc110.readers.position() == 2


async def test_the_status_is_retained_and_the_last_will_says_that_nobody_is_there(
    broker: Broker, tmp_path: Path
) -> None:
    """Online; after a stop or a lost connection offline, for whoever comes later as well."""
    async with subscribed(broker) as there:
        async with house(tmp_path, settings_for(broker)):
            await there.until(lambda it: it.statuses == ["online"])
            async with subscribed(broker, name="late") as late:
                await late.until(lambda it: it.statuses == ["online"])
                assert late.came[0][2], "it is not retained"
        await there.until(lambda it: it.statuses == ["online", "offline"])


async def test_wrong_password_is_said_in_one_sentence(
    mosquitto: tuple[str, ...], tmp_path: Path
) -> None:
    """And tried again: the administrator may be about to change it."""
    (tmp_path / "passwords").write_text("")
    (tmp_path / "passwords").chmod(0o600)
    broker = Broker(
        mosquitto, tmp_path, ("allow_anonymous false", f"password_file {tmp_path}/passwords")
    )
    await broker.start()
    try:
        wrong = settings_for(broker, username="cc110", password="wrong")
        async with house(tmp_path, wrong) as cc110:
            await _trouble(cc110.bus)
            assert "uthori" in cc110.bus.trouble
            assert "wrong" not in repr(wrong)
    finally:
        await broker.kill()


@pytest.mark.filterwarnings(
    "ignore:Exception ignored in"
)  # paho leaves a failed socket to the collector
async def test_over_tls_the_broker_s_certificate_is_checked(
    mosquitto: tuple[str, ...], tmp_path: Path
) -> None:
    """Signed by the site's authority: events flow. By another one: one clear sentence, and no event."""
    ours, other = _authority(tmp_path, "ours"), _authority(tmp_path, "other")
    lines = ("allow_anonymous true", f"certfile {ours}.pem", f"keyfile {ours}.key")
    broker = Broker(mosquitto, tmp_path, lines)
    await broker.start()
    try:
        right = settings_for(broker, tls=BrokerTls(ca=Path(f"{ours}.pem")))
        async with house(tmp_path, right) as cc110:
            await cc110.say("a")
            await cc110.published()
        wrong = settings_for(broker, tls=BrokerTls(ca=Path(f"{other}.pem")))
        async with house(tmp_path, wrong) as cc110:
            await cc110.say("b")
            await _trouble(cc110.bus)
            assert "certificate" in cc110.bus.trouble
            async with asyncio.timeout(limit(5)):
                await cc110.readers.reached(1)
            assert cc110.readers.position() == 1
    finally:
        await broker.kill()


def _authority(folder: Path, name: str) -> Path:
    """A certificate for 127.0.0.1 that vouches for itself."""
    made = folder / name
    subject = ("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1")
    files = ("-keyout", f"{made}.key", "-out", f"{made}.pem", "-days", "2")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *subject, *files],
        check=True,
        capture_output=True,
        timeout=60,
    )
    return made


async def _trouble(bus: Any) -> None:
    """Wait until it has failed to connect."""
    async with asyncio.timeout(limit(10)):
        while bus.trouble in ("", "not connected yet"):
            await asyncio.sleep(0.02)


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_s12_a_broker_that_is_away_for_ten_minutes_gets_all(
    broker: Broker, tmp_path: Path
) -> None:
    """Ten events a second into the journal meanwhile."""
    async with subscribed(broker, keeps=True):
        """From now on the broker keeps everything for him."""
    async with house(tmp_path, settings_for(broker)) as cc110:
        await broker.stop()
        began = time.monotonic()
        while time.monotonic() - began < 600:
            await cc110.say("a")
            await asyncio.sleep(0.1)
        await broker.start()
        await cc110.published(timeout=60)
        last = cc110.writer.progress.seq
        async with subscribed(broker, keeps=True) as there:
            await there.until(lambda it: len(it.events) >= last, timeout=60)

    assert first_time(there.events) == list(range(1, last + 1))
