"""From the site's directory to the plans of a simulation. Importing this brings pydantic in."""

import csv
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any, Final, get_args

from cc110.cli.csv_list import delimiter
from cc110.cli.progress import progress
from cc110.cli.times import moment
from cc110.config.directory import Climb, ClimbLevel, Unit, Who
from cc110.config.model import Config
from cc110.config.problem import hint
from cc110.core.ids import PolresExt
from cc110.core.simulated import HOURS, Day, percentile
from cc110.core.simulation import NOWHERE, Caller, Level, Plan, simulate
from cc110.ports import Cc110Error
from cc110.service.workload import PastCall, Workload, again, callers

_NUMBER: Final = "number"
_UNANSWERED: Final = frozenset({"abandoned", "lost"})
_NEVER_QUEUED: Final = frozenset({"rejected"})


class BadScenario(Cc110Error):
    """That can't be simulated."""


@dataclass(frozen=True, kw_only=True)
class Given:
    """What was asked. Seconds and shares."""

    calls: float
    queue: str | None
    climb: str | None
    profile: tuple[float, ...]
    talk_s: float
    valid: float
    valid_talk_s: float
    polres_s: float
    patience_s: float
    """0 = endless."""
    pickup_s: float
    closing_s: float
    wrap_up_s: float
    seed: int


@dataclass(frozen=True, kw_only=True)
class Played:
    """One run."""

    operators: str | None
    """What was asked; None = as the directory has them."""
    pools: tuple[str, ...]
    """Names of the groups of operators, as ``day.pools`` has them."""
    polres: tuple[str, ...]
    day: Day


def play(
    config: Config, given: Given, runs: Sequence[str | None], past: Path | None
) -> tuple[Played, ...]:
    """Play the same callers through every run.

    Raises:
        BadScenario: a run names what is not there, or the past calls can't be read.
    """
    field = _Field(config, given.climb)
    plans = [field.plan(given, operators) for operators in runs]
    work = _workload(field, given)
    if past is None:
        day = list(callers(work, given.seed))
    else:
        day = list(again(work, [*_past(past, field, config.time_zone)], given.seed))
    with progress("simulating", len(day) * len(plans)) as tell:
        return tuple(
            Played(
                operators=operators,
                pools=field.pools,
                polres=tuple(unit.code for unit in field.polres),
                day=simulate(plan, _watched(day, tell, at * len(day))),
            )
            for at, (operators, plan) in enumerate(zip(runs, plans, strict=True))
        )


def _watched(day: Sequence[Caller], tell: Any, before: int) -> Iterator[Caller]:
    for at, caller in enumerate(day, before + 1):
        yield caller
        if at % 1000 == 0:
            tell(at)
    tell(before + len(day))


class _Field:
    """Units by their places in a plan."""

    def __init__(self, config: Config, climb: str | None) -> None:
        self.config = config
        self.levels = _levels(climb) if climb else config.directory.climb.level
        units = config.directory.units
        self.polres = tuple(unit for unit in units if unit.kind == "polres")
        self.stations = tuple(unit for unit in units if unit.kind in {"polda", "mabes"})
        who = {level.who for level in self.levels}
        self.groups = tuple(
            (polda, kind) for kind in ("polres", "polsek") if kind in who for polda in config.poldas
        )
        self.pools = (
            *(unit.code for unit in self.stations),
            *(f"{kind} of {polda.code}" for polda, kind in self.groups),
            *((_NUMBER,) if _NUMBER in who else ()),
        )
        self.polres_at = {unit.code: at for at, unit in enumerate(self.polres)}
        self.queue_at: dict[str, int] = {polda.code: at for at, polda in enumerate(config.poldas)}

    def plan(self, given: Given, operators: str | None) -> Plan:
        """A plan with these operators."""
        seats = self.seats(operators)
        return Plan(
            pools=tuple(seats[name] for name in self.pools),
            queues=tuple(tuple(self._queue(polda)) for polda in self.config.poldas),
            polres=tuple(unit.seats or 1 for unit in self.polres),
            pickup_s=given.pickup_s,
            wrap_up_s=given.wrap_up_s,
            polres_ring_s=self.config.settings.transfer.ring_s,
            closing_s=given.closing_s,
        )

    def seats(self, operators: str | None) -> Mapping[str, int]:
        """Seats of every group of operators, by its name."""
        seats: dict[str, int] = {unit.code: 0 for unit in self.stations}
        for one in self.config.directory.operators:
            seats[one.unit] += 1
        for part in operators.split(",") if operators else ():
            name, _, count = part.rpartition("=")
            if not count.strip().isdigit():
                raise BadScenario(f"`{part}` is no number of operators; write 3 or polda-sumut=3")
            if name and name.strip() not in seats:
                close = hint(name.strip(), seats).rstrip("?")
                raise BadScenario(f"`{name.strip()}` is no Polda or Mabes{close}")
            every = (str(polda.code) for polda in self.config.poldas)
            seats |= dict.fromkeys([name.strip()] if name else every, int(count))
        groups = {
            f"{kind} of {polda.code}": sum(unit.seats or 1 for unit in self._below(polda, kind))
            for polda, kind in self.groups
        }
        numbers = sum(len(level.numbers) or 1 for level in self.levels if level.who == _NUMBER)
        return {**seats, **groups, _NUMBER: numbers}

    def _below(self, polda: Unit, kind: str) -> Sequence[Unit]:
        polres = [unit for unit in self.config.below(polda.code) if unit.kind == "polres"]
        return (
            polres
            if kind == "polres"
            else [unit for one in polres for unit in self.config.below(one.code)]
        )

    def _queue(self, polda: Unit) -> Iterator[Level]:
        for level in self.levels:
            names = self._names(polda, level.who)
            pools = tuple(self.pools.index(name) for name in names if name in self.pools)
            yield Level(name=level.who, after_s=level.after_s, pools=pools)

    def _names(self, polda: Unit, who: Who) -> Sequence[str]:
        match who:
            case "polda":
                return [polda.code]
            case "neighbours":
                return polda.neighbours
            case "mabes":
                return [polda.parent] if polda.parent else []
            case "number":
                return [_NUMBER]
            case "polres" | "polsek":
                return [f"{who} of {polda.code}"]

    def polres_below(self, polda: Unit) -> tuple[int, ...]:
        """The places of a Polda's Polres."""
        below = self.config.below(polda.code)
        return tuple(self.polres_at[unit.code] for unit in below if unit.kind == "polres")


def _workload(field: _Field, given: Given) -> Workload:
    poldas = field.config.poldas
    if given.queue is not None and given.queue not in field.queue_at:
        close = hint(given.queue, field.queue_at).rstrip("?")
        raise BadScenario(f"there is no queue `{given.queue}`{close}")
    seats = field.seats(None)
    shares = [
        float(max(1, seats[polda.code])) if given.queue in {None, polda.code} else 0.0
        for polda in poldas
    ]
    return Workload(
        calls=given.calls,
        profile=given.profile,
        queues=tuple(shares),
        polres=tuple(field.polres_below(polda) for polda in poldas),
        talk_s=given.talk_s,
        valid=given.valid,
        valid_talk_s=given.valid_talk_s,
        polres_s=given.polres_s,
        patience_s=given.patience_s or math.inf,
    )


def weights(text: str) -> tuple[float, ...]:
    """The day's profile.

    Raises:
        BadScenario: it is none.
    """
    try:
        found = tuple(float(part) for part in text.split(","))
    except ValueError:
        found = ()
    if len(found) != HOURS or min(found) < 0 or not 0 < sum(found) < math.inf:
        raise BadScenario(f"a profile is {HOURS} weights with commas between them")
    return found


def _levels(text: str) -> tuple[ClimbLevel, ...]:
    known = get_args(Who)
    found: list[ClimbLevel] = []
    for part in text.split(","):
        who, _, after = part.strip().partition("@")
        if who not in known or not after.isdigit():
            raise BadScenario(f"`{part}` is no level; write polda@0,mabes@10 ({', '.join(known)})")
        found.append(ClimbLevel.model_validate({"after_s": int(after), "who": who}))
    times = [level.after_s for level in found]
    if times != sorted(set(times)) or times[0]:
        raise BadScenario("levels begin at 0 s and stand in their order")
    return Climb(level=tuple(found)).level


def _past(path: Path, field: _Field, tz: tzinfo) -> Iterator[PastCall]:
    """Past calls, from the local midnight before the first."""
    rows = [*_rows(path)]
    found = [(row, _when(path, line, row, tz)) for line, row in rows]
    first = min((at for _, at in found), default=None)
    if first is None:
        raise BadScenario(f"{path} has no calls")
    midnight = first.astimezone(tz).replace(hour=0, minute=0, second=0, microsecond=0)
    for row, at in found:
        if row.get("outcome") not in _NEVER_QUEUED:
            yield _past_call(row, (at - midnight) / timedelta(seconds=1), field)


def _rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadScenario(f"{path} can't be read: {error}") from error
    lines = text.splitlines()
    if not text.lstrip().startswith("{"):
        rows = csv.DictReader(lines, delimiter=delimiter(lines[0] if lines else ""))
        yield from ((at, row) for at, row in enumerate(rows, 2))
        return
    for at, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield at, dict(json.loads(line))
            except (ValueError, TypeError):
                raise BadScenario(f"{path}:{at} is no call of `calls list --json`") from None


def _when(path: Path, line: int, row: Mapping[str, Any], tz: tzinfo) -> datetime:
    try:
        return moment(str(row.get("queued_at") or row["arrived_at"]), tz)
    except KeyError:
        raise BadScenario(f"{path}:{line}: there is no `arrived_at`") from None
    except ValueError as error:
        raise BadScenario(f"{path}:{line}: {error}") from None


def _past_call(row: Mapping[str, Any], at_s: float, field: _Field) -> PastCall:
    polda = str(row.get("queue") or field.config.directory.origin.default)
    waited, talk = _number(row.get("waited_s")), _number(row.get("talk_s"))
    if talk is None and (length := _number(row.get("recording_s"))) is not None:
        talk = length
    polres = NOWHERE if "polres" in row else None
    if extension := row.get("polres"):
        unit = field.config.polres(PolresExt(str(extension)))
        polres = field.polres_at.get(unit.code, NOWHERE) if unit else NOWHERE
    return PastCall(
        at_s=at_s,
        queue=field.queue_at.get(polda, 0),
        talk_s=talk,
        gave_up_s=waited if row.get("outcome") in _UNANSWERED else None,
        polres=polres,
    )


def _number(value: object) -> float | None:
    """A length; None if there is none that can be believed."""
    try:
        found = float(str(value))
    except ValueError:
        return None
    return found if 0 <= found < math.inf else None


def as_json(played: Sequence[Played]) -> Mapping[str, Any]:
    """All figures of all runs."""
    return {"runs": [_run_json(one) for one in played]}


def _run_json(one: Played) -> Mapping[str, Any]:
    day = one.day
    return {
        "operators": one.operators,
        "calls": day.calls,
        "abandoned": day.abandoned,
        "answer_s": _quantiles(day.waits_s),
        "within": {str(limit): day.within(limit) for limit in (10, 15, 20)},
        "levels": {
            name: {"answered": len(level.waits_s), "answer_s": _quantiles(level.waits_s)}
            for name, level in day.levels.items()
        },
        "operators_busy": {
            name: {
                "seats": day.pools[at].seats,
                "calls": day.pools[at].calls,
                "occupancy": day.occupancy(at),
            }
            for at, name in enumerate(one.pools)
        },
        "polres": {
            name: {
                "seats": use.seats,
                "tried": use.tried,
                "returned": use.returned,
                "occupancy": use.busy_s / (max(1, use.seats) * day.length_s),
            }
            for name, use in zip(one.polres, day.polres, strict=True)
        },
        "hours": [
            {"calls": hour.calls, "p90_s": _known(percentile(hour.waits_s, 0.9))}
            for hour in day.hours
        ],
    }


def _quantiles(waits: Sequence[float]) -> Mapping[str, float | None]:
    shares = {"median": 0.5, "p90": 0.9, "p95": 0.95}
    return {name: _known(percentile(waits, share)) for name, share in shares.items()}


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
