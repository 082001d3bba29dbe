"""The whole configuration of a site, checked, with the questions that others ask of it."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from cc110.config.directory import Directory, Operator, Trunk, Unit
from cc110.config.fields import network, zone_name
from cc110.config.settings import Settings
from cc110.core.guarding import GuardPolicy
from cc110.core.ids import AgentId, Number, PolresExt, QueueName, UnitId
from cc110.core.policy import BlockPolicy, Policy
from cc110.core.retention import Retention
from cc110.core.words import NumberSource, Verdict

LEVEL_PENALTY: Final = 10
"""What each level above the Polda adds to a queue member's penalty: a higher level rings later."""
COUNTRY: Final = "62"


@dataclass(frozen=True, kw_only=True)
class Paths:
    """Absolute paths."""

    root: Path
    """The checkout."""
    home: Path
    """``CC110_HOME``: all that cc110 writes."""
    cache: Path
    """``CC110_CACHE``: the unpacked PBX."""
    site: Path
    """``CC110_SITE``: the site's data."""
    asterisk_conf: Path
    dialplan: Path
    recordings: Path

    @property
    def settings(self) -> Path:
        """The settings file."""
        return self.site / "settings.toml"

    @property
    def directory(self) -> Path:
        """The directory file."""
        return self.site / "directory.toml"

    @property
    def prompts(self) -> Path:
        """The prompts that come with the dialplan."""
        return self.dialplan / "prompts"

    @property
    def studio(self) -> Path:
        """The site's own recordings of prompts, used instead of the dialplan's."""
        return self.site / "prompts"

    @property
    def secrets(self) -> Path:
        """The passwords."""
        return self.home / "secrets.toml"

    @property
    def spool(self) -> Path:
        """Where events wait for the journal."""
        return self.home / "spool"

    @property
    def pbx(self) -> Path:
        """All that the embedded PBX reads and writes."""
        return self.home / "pbx"

    def shown(self, path: Path) -> str:
        """A path as people in the checkout know it: relative where it lies in it."""
        return str(path.relative_to(self.root)) if path.is_relative_to(self.root) else str(path)


@dataclass(frozen=True, kw_only=True)
class Config:
    """A checked site: every reference in it leads somewhere."""

    settings: Settings
    directory: Directory
    paths: Paths

    def operator(self, agent: AgentId) -> Operator | None:
        """The operator with that extension."""
        return self._operators.get(agent)

    def polres(self, extension: PolresExt) -> Unit | None:
        """The Polres whose desk has that extension."""
        return self._polres.get(extension)

    def unit(self, code: UnitId) -> Unit | None:
        """The unit with that code."""
        return self._units.get(code)

    def trunk(self, name: str) -> Trunk | None:
        """The trunk with that id."""
        return next((trunk for trunk in self.directory.trunks if trunk.id == name), None)

    @cached_property
    def poldas(self) -> tuple[Unit, ...]:
        """All Poldas, as the directory lists them."""
        return tuple(unit for unit in self.directory.units if unit.kind == "polda")

    @cached_property
    def polres_units(self) -> tuple[tuple[PolresExt, Unit], ...]:
        """Each Polres with its extension."""
        units = self.directory.units
        return tuple((unit.extension, unit) for unit in units if unit.extension is not None)

    @cached_property
    def queues(self) -> tuple[QueueName, ...]:
        """Each Polda's queue."""
        return tuple(QueueName(unit.code) for unit in self.poldas)

    def queues_of(self, agent: AgentId) -> tuple[tuple[QueueName, int], ...]:
        """The queues that an operator serves, each with his penalty there; empty for a stranger."""
        operator = self.operator(agent)
        if operator is None:
            return ()
        own = ((QueueName(p.code), 0) for p in self.poldas if p.code == operator.unit)
        below = (
            (QueueName(p.code), LEVEL_PENALTY) for p in self.poldas if p.parent == operator.unit
        )
        return (*own, *below)

    def members_of(self, queue: QueueName) -> tuple[tuple[AgentId, int], ...]:
        """The operators who may serve a queue, each with his penalty there."""
        every = (
            (operator.id, dict(self.queues_of(operator.id)).get(queue))
            for operator in self.directory.operators
        )
        return tuple((agent, penalty) for agent, penalty in every if penalty is not None)

    def queue_of_area(self, code: str) -> QueueName | None:
        """The queue that claims an area code such as ``061``."""
        return self._areas.get(code)

    def queue_of_number(self, number: Number | None) -> QueueName:
        """The queue of a caller: the longest area code that fits, else the default."""
        if number is not None and number.startswith(COUNTRY):
            national = "0" + number.removeprefix(COUNTRY)
            for length in (4, 3):
                if queue := self.queue_of_area(national[:length]):
                    return queue
        return self.directory.origin.default

    def policy(self) -> Policy:
        """The site's numbers for the core."""
        transfer = self.settings.transfer
        return Policy(
            polres_ring_s=transfer.ring_s,
            agent_return_ring_s=transfer.agent_return_ring_s,
            polres_min_talk_s=transfer.polres_min_talk_s,
        )

    @property
    def recordings_key(self) -> Path:
        """The file of the keys for recordings; there is none as long as nothing is encrypted."""
        return self.paths.home / self.settings.recordings.key_file

    def retention(self) -> Retention:
        """How long the site keeps recordings."""
        kept = self.settings.recordings
        return Retention(
            days={
                Verdict.VALID: kept.keep_days_valid,
                Verdict.NOT_VALID: kept.keep_days_not_valid,
                Verdict.PRANK: kept.keep_days_prank,
                Verdict.SILENT: kept.keep_days_silent,
                None: kept.keep_days_unjudged,
            }
        )

    def block_policy(self) -> BlockPolicy:
        """The site's rules for blocks by count."""
        blocklist = self.settings.blocklist
        claimed = {NumberSource.CLAIMED} if blocklist.trust == "claimed" else set()
        return BlockPolicy(
            threshold=blocklist.threshold,
            window_days=blocklist.window_days,
            decay_days=blocklist.decay_days,
            lengths_days=tuple(blocklist.lengths_days),
            trusted=frozenset({NumberSource.ASSERTED} | claimed),
        )

    @property
    def phones_certificate(self) -> tuple[Path, Path]:
        """Certificate and key of the phones' TLS; ours where the site names none."""
        sip, own = self.settings.sip, self.paths.pbx / "tls"
        return (
            Path(sip.tls_certificate) if sip.tls_certificate else own / "phones.pem",
            Path(sip.tls_key) if sip.tls_key else own / "phones.key",
        )

    def guard_policy(self) -> GuardPolicy:
        """The site's rules for bans of addresses."""
        guard = self.settings.guard
        named = (*guard.never, *(it for trunk in self.directory.trunks for it in trunk.addresses))
        return GuardPolicy(
            failures=guard.failures,
            within=timedelta(seconds=guard.within_s),
            first=timedelta(seconds=guard.ban_s),
            longest=timedelta(seconds=guard.longest_ban_s),
            trusted=timedelta(hours=guard.trust_hours),
            most=guard.most_bans,
            proven_only=self.settings.sip.phones == "tls",
            never=tuple(network(address) for address in named),
        )

    @cached_property
    def time_zone(self) -> ZoneInfo:
        """The site's time zone."""
        return ZoneInfo(zone_name(self.settings.site.time_zone))

    @cached_property
    def journal_url(self) -> SecretStr:
        """Where the journal is, as SQLAlchemy writes it."""
        default = SecretStr(f"sqlite+aiosqlite:///{self.paths.home}/journal.sqlite3")
        return self.settings.journal.url or default

    @cached_property
    def dialled(self) -> tuple[str, ...]:
        """What callers dial on any trunk, each once."""
        forms = (form for trunk in self.directory.trunks for form in trunk.dialled)
        return tuple(dict.fromkeys(forms))

    @cached_property
    def _operators(self) -> dict[AgentId, Operator]:
        return {operator.id: operator for operator in self.directory.operators}

    @cached_property
    def _polres(self) -> dict[PolresExt, Unit]:
        return dict(self.polres_units)

    @cached_property
    def _units(self) -> dict[UnitId, Unit]:
        return {unit.code: unit for unit in self.directory.units}

    @cached_property
    def _areas(self) -> dict[str, QueueName]:
        areas = self.directory.origin.area
        return {code: area.queue for area in areas for code in area.codes}
