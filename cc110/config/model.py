"""The whole configuration of a site, checked, with the questions that others ask of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from cc110.config.directory import ClimbLevel, Directory, Operator, Trunk, Unit
from cc110.config.fields import network, zone_name
from cc110.config.settings import Settings
from cc110.core import climb
from cc110.core.callbacks import CallbackPolicy
from cc110.core.guarding import GuardPolicy
from cc110.core.ids import AgentId, Number, PolresExt, QueueName, UnitId
from cc110.core.origin import area_code
from cc110.core.policy import BlockPolicy, Policy
from cc110.core.retention import Retention
from cc110.core.words import NumberSource, Verdict


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
    edited: Path | None = None
    """Where people edit it, if ``site`` is what was applied of it."""
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
    def additions(self) -> Path:
        """The site's own additions to the dialplan."""
        return self.site / "dialplan"

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
        """The Polres or Polsek with a phone of that extension."""
        return self._polres.get(extension)

    def unit(self, code: UnitId) -> Unit | None:
        """The unit with that code."""
        return self._units.get(code)

    def trunk(self, name: str) -> Trunk | None:
        """The trunk with that id."""
        return next((trunk for trunk in self.directory.trunks if trunk.id == name), None)

    def callback_policy(self) -> CallbackPolicy:
        """The site's rules for those who hung up waiting."""
        said = self.settings.callbacks
        claimed = {NumberSource.CLAIMED} if said.trust == "claimed" else set()
        return CallbackPolicy(
            keep=timedelta(hours=said.keep_hours),
            least_wait_s=said.least_wait_s,
            claim=timedelta(minutes=said.claim_min),
            pause=timedelta(minutes=said.pause_min),
            tries=said.tries,
            trusted=frozenset({NumberSource.ASSERTED} | claimed),
            countries=tuple(said.countries),
        )

    @cached_property
    def poldas(self) -> tuple[Unit, ...]:
        """All Poldas, as the directory lists them."""
        return tuple(unit for unit in self.directory.units if unit.kind == "polda")

    @cached_property
    def polres_units(self) -> tuple[tuple[PolresExt, Unit], ...]:
        """Each phone of a Polres or Polsek, with its unit."""
        return tuple(
            (extension, unit)
            for unit in self.directory.units
            if unit.extension is not None
            for extension in (unit.extension, *unit.more_extensions)
        )

    @cached_property
    def queues(self) -> tuple[QueueName, ...]:
        """Each Polda's queue."""
        return tuple(QueueName(unit.code) for unit in self.poldas)

    def queues_of(self, agent: AgentId) -> tuple[tuple[QueueName, int], ...]:
        """The queues that an operator serves, each with his penalty there; empty for a stranger."""
        operator = self.operator(agent)
        return self._queues_of_unit.get(operator.unit, ()) if operator else ()

    def supervises(self, operator: Operator) -> tuple[UnitId, ...]:
        """The units whose operators he may listen to and relieve: his own, and the Poldas below it."""
        if not operator.supervisor:
            return ()
        below = (unit.code for unit in self.below(operator.unit) if unit.kind == "polda")
        return (operator.unit, *below)

    @cached_property
    def served(self) -> Mapping[AgentId, tuple[tuple[QueueName, int], ...]]:
        """Every operator's queues, each with his penalty there."""
        return {agent: self.queues_of(agent) for agent in self._operators}

    @cached_property
    def served_queues(self) -> Mapping[AgentId, tuple[QueueName, ...]]:
        """Every operator's queues."""
        return {agent: tuple(queue for queue, _ in own) for agent, own in self.served.items()}

    def members_of(self, queue: QueueName) -> tuple[tuple[AgentId, int], ...]:
        """The operators who may serve a queue, each with his penalty there."""
        return self._members.get(queue, ())

    def queue_of_area(self, code: str) -> QueueName | None:
        """The queue that claims an area code such as ``061``."""
        return self._areas.get(code)

    def queue_of_number(self, number: Number | None) -> QueueName:
        """The queue of a caller: the longest area code that fits, else the default."""
        code = area_code(self._areas, number)
        return self._areas[code] if code else self.directory.origin.default

    def policy(self) -> Policy:
        """The site's numbers for the core."""
        transfer = self.settings.transfer
        return Policy(
            polres_ring_s=transfer.ring_s,
            agent_return_ring_s=transfer.agent_return_ring_s,
            polres_min_talk_s=transfer.polres_min_talk_s,
            climb=self.climb_levels,
            desks=frozenset(extension for extension, _ in self.polres_units),
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
    def area_codes(self) -> tuple[tuple[str, QueueName], ...]:
        """Each area code that a Polda claims, by its area or in ``[[origin.area]]``."""
        named = ((code, area.queue) for area in self.directory.origin.area for code in area.codes)
        own = ((code, QueueName(polda.code)) for polda in self.poldas for code in polda.area.codes)
        return (*named, *own)

    def below(self, code: UnitId) -> tuple[Unit, ...]:
        """The units right below one."""
        return self._children.get(code, ())

    def zone_of(self, unit: Unit) -> ZoneInfo:
        """A unit's time zone: its own, or the site's."""
        return ZoneInfo(zone_name(unit.time_zone)) if unit.time_zone else self.time_zone

    @cached_property
    def _children(self) -> dict[UnitId | None, tuple[Unit, ...]]:
        found: dict[UnitId | None, list[Unit]] = {}
        for unit in self.directory.units:
            found.setdefault(unit.parent, []).append(unit)
        return {parent: tuple(units) for parent, units in found.items()}

    @cached_property
    def climb_levels(self) -> tuple[climb.Level, ...]:
        """The levels of the climb, in their order."""
        levels = self.directory.climb.level
        return tuple(climb.Level(who=level.who, after_s=level.after_s) for level in levels)

    def level_units(self, queue: QueueName) -> tuple[tuple[UnitId, ...], ...]:
        """For each level of the climb the units whose operators ring then for calls of a queue."""
        polda = self._units[UnitId(queue)]
        return tuple(_ringing(polda, level) for level in self.directory.climb.level)

    def level_members(
        self, queue: QueueName, desk: Unit | None = None
    ) -> tuple[tuple[str, ...], ...]:
        """For each level who may ring: operators and desks by extension, or numbers; nobody twice.

        Args:
            queue: the Polda's.
            desk: the Polres or Polsek where the caller is, if that is known.
        """
        operators: dict[int, list[str]] = {}
        for agent, penalty in self.members_of(queue):
            operators.setdefault(penalty // climb.PENALTY, []).append(agent)
        levels = enumerate(self.directory.climb.level)
        return tuple(
            (*operators.get(at, ()), *self.desks_of(desk, level.who), *level.numbers)
            for at, level in levels
        )

    @cached_property
    def desk_levels(self) -> tuple[tuple[int, str], ...]:
        """The levels that ring the caller's own desk: which one, 0 for the first, and ``polsek`` or ``polres``."""
        levels = enumerate(self.directory.climb.level)
        return tuple((at, level.who) for at, level in levels if level.who in climb.DESKS)

    def desks_of(self, unit: Unit | None, who: str) -> tuple[PolresExt, ...]:
        """The phones that ring at a level ``polsek`` or ``polres`` for a caller from that unit."""
        while unit is not None and unit.kind != who:
            unit = self._units.get(unit.parent) if unit.parent else None
        if unit is None or unit.extension is None:
            return ()
        return (unit.extension, *unit.more_extensions)

    @cached_property
    def outside(self) -> tuple[tuple[str, int], ...]:
        """Each number that the climb rings outside, with its penalty in every queue."""
        levels = enumerate(self.directory.climb.level)
        return tuple((number, at * climb.PENALTY) for at, one in levels for number in one.numbers)

    @cached_property
    def gateway(self) -> Trunk | None:
        """The trunk on which cc110's own calls go out; None = nothing ever does."""
        return next((trunk for trunk in self.directory.trunks if trunk.outbound), None)

    @cached_property
    def _queues_of_unit(self) -> dict[UnitId, tuple[tuple[QueueName, int], ...]]:
        """The queues that a unit's operators serve: its own, then others at the level of the climb."""
        found: dict[UnitId, dict[QueueName, int]] = {}
        for polda in self.poldas:
            for at, units in enumerate(self.level_units(QueueName(polda.code))):
                for unit in units:
                    served = found.setdefault(unit, {})
                    served.setdefault(QueueName(polda.code), at * climb.PENALTY)
        return {unit: tuple(sorted(to.items(), key=_by_level)) for unit, to in found.items()}

    @cached_property
    def _members(self) -> dict[QueueName, tuple[tuple[AgentId, int], ...]]:
        found: dict[QueueName, list[tuple[AgentId, int]]] = {}
        for operator in self.directory.operators:
            for queue, penalty in self.queues_of(operator.id):
                found.setdefault(queue, []).append((operator.id, penalty))
        return {queue: tuple(members) for queue, members in found.items()}

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
        return dict(self.area_codes)


def _ringing(polda: Unit, level: ClimbLevel) -> tuple[UnitId, ...]:
    """The units whose operators a level rings. Desks of Polres and Polsek are no operators."""
    match level.who:
        case "polda":
            return (polda.code,)
        case "neighbours":
            return polda.neighbours
        case "mabes":
            return (polda.parent,) if polda.parent else ()
        case "polres" | "polsek" | "number":
            return ()


def _by_level(served: tuple[QueueName, int]) -> int:
    return served[1]
