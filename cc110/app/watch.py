"""How the daemon is watched: figures for Prometheus, synthetic calls, the word to systemd."""

import asyncio
import json
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Final, Never, Protocol

import structlog

from cc110 import __version__
from cc110.config.model import Config
from cc110.core.call import Call
from cc110.core.ids import CallId
from cc110.core.roster import Roster
from cc110.core.tally import Tally, operators_now, queues_now
from cc110.journal.engine import Database
from cc110.journal.progress import Progress
from cc110.journal.readers import Readers
from cc110.journal.tail import follow
from cc110.metrics.server import MetricsServer
from cc110.metrics.snapshot import LinkLook, ShiftLook, Snapshot, SyntheticLook
from cc110.metrics.text import CONTENT_TYPE, figures_text
from cc110.pbx.ami import AmiClient, AmiError, AmiMessage, LinkState
from cc110.pbx.testcall import AmiSyntheticCaller, sign_of
from cc110.pbx.translate import happened_at
from cc110.recordings.archive import Archive
from cc110.service.attendance import Attendance
from cc110.service.callbacks import Callbacks
from cc110.service.clock import SystemClock
from cc110.service.listening import RecorderWatch
from cc110.service.mirror import MirrorReader
from cc110.service.outbox import Outbox
from cc110.service.shifts import ShiftClock
from cc110.service.synthetic import SyntheticCalls, result_json

_log = structlog.get_logger("watch")
_PULSE_S: Final = 0.25
_PULSES: Final = 120
"""Half a minute of them."""
_KNOCK_S: Final = 2.0


class LiveCalls(Protocol):
    """The calls, as far as figures need them."""

    @property
    def live(self) -> Mapping[CallId, Call]:
        """The calls that are known now, by id."""
        ...

    @property
    def certain(self) -> Mapping[CallId, Call]:
        """Those of them that the PBX has, by its own word since the link is there."""
        ...


class OnDuty(Protocol):
    """The operators, as far as figures need them."""

    roster: Roster


@dataclass(frozen=True, kw_only=True)
class Watched:
    """What is looked at."""

    calls: LiveCalls
    operators: OnDuty
    attendance: Attendance
    callbacks: Callbacks
    recorder: RecorderWatch
    mirror: MirrorReader
    outbox: Outbox
    links: Mapping[str, AmiClient]
    """``control`` hears the PBX's events, ``synthetic`` orders synthetic calls."""
    tables: Readers
    effects: Readers
    bus: str | None
    """The name of the reader that serves the broker; None = there is none."""


class WatchPart:
    """The daemon's own watch over itself."""

    def __init__(
        self,
        config: Config,
        watched: Watched,
        archive: Archive,
        database: Database,
        progress: Progress,
    ) -> None:
        """Wire it; nothing runs yet."""
        self._config = config
        self._it = watched
        self._database = database
        self._progress = progress
        self._clock = SystemClock()
        self._event_lag_s = 0.0
        self._late: deque[float] = deque(maxlen=_PULSES)
        trunks = [f"trunk-{trunk.id}" for trunk in config.directory.trunks]
        polres = [extension for extension, _ in config.polres_units]
        self.tally = Tally(trunks=trunks, polres=polres)
        self._link = watched.links["control"]
        ordered = watched.links["synthetic"]
        self._caller = AmiSyntheticCaller(ordered, self._link, config.dialled[0])
        self.shifts: ShiftClock | None = None
        """Whose shifts are on, once it is known."""
        self.synthetic = SyntheticCalls(
            caller=self._caller,
            recordings=archive,
            outbox=watched.outbox,
            clock=self._clock,
            is_linked=lambda: self._link.state is LinkState.LIVE,
        )

    def use(self, config: Config) -> None:
        """The site has changed: other queues, trunks and Polres, another number to call."""
        self._config = config
        trunks = [f"trunk-{trunk.id}" for trunk in config.directory.trunks]
        self.tally.learn(trunks=trunks, polres=[extension for extension, _ in config.polres_units])
        self._caller.dialled = config.dialled[0]

    def begin(self, start: Callable[[str, Coroutine[None, None, object]], None]) -> None:
        """Start all of it."""
        said = self._config.settings.watch
        start("ami-synthetic", self._it.links["synthetic"].run())
        if said.synthetic_every_s:
            start("synthetic-calls", self.synthetic.run(said.synthetic_every_s))
        if said.metrics_port:
            text = figures_text(self.tally, self.look)
            server = MetricsServer(
                said.metrics_host, said.metrics_port, text, content_type=CONTENT_TYPE
            )
            start(
                "tally", follow(self._database, self._progress, lambda r: self.tally.take(r.event))
            )
            start("pulse", self._feel_pulse())
            start("metrics", server.run())

    def doors(self) -> Mapping[str, Callable[..., Awaitable[str]]]:
        """What the CLI may ask for."""

        async def test_call() -> str:
            return result_json(await self.synthetic.once())

        async def watch() -> str:
            return self._as_json()

        return {"test_call": test_call, "watch": watch}

    def hear(self, message: AmiMessage) -> None:
        """Each event of the PBX, as the daemon takes it."""
        self._event_lag_s = max(0.0, (self._clock.now() - happened_at(message)).total_seconds())
        if sign := sign_of(message):
            self.synthetic.submit(sign)

    async def is_alive(self) -> bool:
        """The loop turns, and the PBX answers when it is asked: only then systemd's watchdog is fed.

        A PBX that does not run is no fault of ours, and no restart helps. One that takes connections and
        is silent may be: perhaps it is the daemon that can't hear.
        """
        match self._link.state:
            case LinkState.LIVE:
                try:
                    return (await self._link.send({"Action": "Ping"})).ok
                except AmiError:
                    return False
            case LinkState.RESYNC:
                return True  # Asterisk has answered, and the resync has a deadline of its own
            case _:
                return not await self._takes_connections()

    async def _takes_connections(self) -> bool:
        ami = self._config.settings.ami
        try:
            async with asyncio.timeout(_KNOCK_S):
                _, writer = await asyncio.open_connection(ami.host, ami.port)
        except TimeoutError:
            return True
        except OSError:
            return False
        writer.transport.abort()
        return True

    async def _feel_pulse(self) -> Never:
        """How late the event loop is; it should never be."""
        while True:
            asleep = time.monotonic()
            await asyncio.sleep(_PULSE_S)
            self._late.append(max(0.0, time.monotonic() - asleep - _PULSE_S))

    def look(self) -> Snapshot:
        """What is true now."""
        it, now, site = self._it, self._clock.now(), self._config.settings.site.id
        is_linked = self._link.state is LinkState.LIVE
        calls = it.calls.certain if is_linked else it.calls.live  # without a link: as it was last
        live = [call for call in calls.values() if not call.ended]
        drift = it.mirror.last
        return Snapshot(
            site=site,
            version=__version__,
            calls_live=len(live),
            calls_unrecorded=it.recorder.seen.unrecorded,
            disk_free=it.recorder.seen.free_bytes,
            queues=dict(queues_now(live, self._config.queues, now).items()),
            unattended=frozenset(it.attendance.alarms),
            operators=dict(operators_now(it.operators.roster, now).items()),
            shifts=_shift_looks(self.shifts),
            roster_refused=bool(self.shifts and self.shifts.refused),
            callbacks_waiting=len(it.callbacks.waiting),
            links={name: _link_look(link) for name, link in it.links.items()},
            event_lag_s=self._event_lag_s,
            roundtrip_s=self._link.counts.roundtrip_s,
            events_unheard=len(self._link.events),
            journal_seq=self._progress.seq,
            journal_waiting=len(it.outbox),
            journal_lag_s=it.outbox.lag_s,
            spooled=it.outbox.spooled,
            lost=it.outbox.lost,
            readers=self._readers(),
            bus_lag=self._behind(it.effects, it.bus) if it.bus else None,
            drift={k: getattr(drift, k) for k in ("missing", "different", "foreign")}
            if drift
            else None,
            drift_at=drift.at if drift else None,
            synthetic=SyntheticLook(
                last=self.synthetic.last,
                passed=self.synthetic.passed,
                failed=self.synthetic.failed,
                passed_at=self.synthetic.passed_at,
            ),
            tasks=len(asyncio.all_tasks()),
            loop_lag_s=max(self._late, default=0.0),
        )

    def _readers(self) -> Mapping[str, int]:
        every = [
            (readers, name)
            for readers in (self._it.tables, self._it.effects)
            for name in readers.names
        ]
        return {name: self._behind(readers, name) for readers, name in every}

    def _behind(self, readers: Readers, name: str) -> int:
        return max(0, self._progress.seq - readers.position(name))

    def _as_json(self) -> str:
        """For the doctor."""
        now = self.look()
        said = {
            "waiting": now.journal_waiting,
            "lag_s": round(now.journal_lag_s, 1),
            "spooled": now.spooled,
            "lost": now.lost,
            "bus_lag": now.bus_lag,
            "synthetic": json.loads(self.synthetic.as_json()),
        }
        return json.dumps(said)


def _link_look(link: AmiClient) -> LinkLook:
    return LinkLook(up=link.state is LinkState.LIVE, losses=link.counts.losses)


def _shift_looks(shifts: ShiftClock | None) -> Mapping[str, ShiftLook]:
    return {
        one.unit: ShiftLook(
            there=len(one.there),
            missing=len(one.missing),
            off_shift=len(one.off_shift),
            empty=one.is_empty,
        )
        for one in (shifts.duties if shifts else ())
    }
