"""``cc110 simulate``: a day of calls with more or fewer operators, without a call."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cc110.cli.context import invocation
from cc110.cli.options import Json, Lang, example
from cc110.cli.screen import Column, Screen, print_json
from cc110.cli.spoken import NOTHING, decimal
from cc110.cli.words import Pair, pick
from cc110.core.simulated import Day, percentile, share_within
from cc110.core.words import Language

if TYPE_CHECKING:
    from cc110.cli.simulating import Played

EXAMPLE: Final = example(
    "cc110 simulate --calls 3000 --operators 3",
    "cc110 simulate --operators 5 --operators 4,mabes=3 --queue polda-sumut",
    "cc110 calls list --limit 100000 --json | tee past.jsonl",
    "cc110 simulate --past past.jsonl --operators 4",
)
LIMITS_S: Final = (10, 15, 20)
"""Polri's own rule (26 Jan 2026), and NENA-STA-020's."""

_WORDS: Final[dict[str, Pair]] = {
    "figure": ("UKURAN", "FIGURE"),
    "site": ("seperti kini", "as it is"),
    "calls": ("panggilan", "calls"),
    "gave_up": ("menutup sebelum dijawab", "hung up unanswered"),
    "median": ("waktu jawab, median", "answer time, median"),
    "p90": ("waktu jawab, 90 %", "answer time, 90 %"),
    "p95": ("waktu jawab, 95 %", "answer time, 95 %"),
    "within": ("dijawab dalam {} s", "answered within {} s"),
    "worst": ("jam terburuk", "worst hour"),
    "level": ("tingkat {}: dijawab", "level {}: answered"),
    "level_p90": ("tingkat {}: waktu jawab, 90 %", "level {}: answer time, 90 %"),
    "busy": ("kesibukan {}", "occupancy of {}"),
    "polres": ("diteruskan ke Polres", "passed on to a Polres"),
    "returned": ("kembali dari Polres", "back from a Polres"),
    "busiest": ("Polres tersibuk", "busiest Polres"),
}


def simulate(
    ctx: typer.Context,
    *,
    operators: Annotated[
        list[str] | None,
        typer.Option(
            metavar="N[,UNIT=N]",
            help="Operators at each Polda; single units by code. Again for another run beside it.",
            show_default=False,
        ),
    ] = None,
    calls: Annotated[float, typer.Option(min=1, max=10_000_000, help="Calls in the day.")] = 2000,
    past: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="These past calls instead: `calls list --json`, or CSV with `arrived_at`.",
            show_default=False,
        ),
    ] = None,
    queue: Annotated[
        str | None, typer.Option(help="Only this Polda's calls.", show_default=False)
    ] = None,
    climb: Annotated[
        str | None,
        typer.Option(help="Levels, such as polda@0,neighbours@10,mabes@20.", show_default=False),
    ] = None,
    profile: Annotated[
        str | None,
        typer.Option(help="24 weights, one for each hour, with commas.", show_default=False),
    ] = None,
    talk: Annotated[float, typer.Option(min=0, help="Mean talk, seconds.")] = 40,
    valid: Annotated[
        float, typer.Option(min=0, max=100, help="Percent of calls that go on to a Polres.")
    ] = 2,
    valid_talk: Annotated[float, typer.Option(min=0, help="Mean talk of these, seconds.")] = 180,
    polres_time: Annotated[
        float, typer.Option(min=0, help="Mean time of a Polres for one, seconds.")
    ] = 300,
    patience: Annotated[
        float, typer.Option(min=0, help="Mean patience of a caller, seconds; 0 = endless.")
    ] = 90,
    pickup: Annotated[
        float, typer.Option(min=0, help="From the ring to an operator's word, seconds.")
    ] = 3,
    closing: Annotated[
        float, typer.Option(min=0, help="Closing words after a return, seconds.")
    ] = 20,
    wrap_up: Annotated[
        float | None,
        typer.Option(min=0, help="After a call, seconds; else as set.", show_default=False),
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same callers.")] = 110,
    json: Json = False,
    lang: Lang = None,
) -> None:
    """Play a day of calls with other numbers of operators: answer times, hang-ups, load of Polres.

    Runs stand side by side and have the same callers. Shares are of all calls, also of those who
    hung up. Without --operators as the directory has them; [[climb.level]] says who rings when.
    """
    from cc110.cli import simulating
    from cc110.service.workload import USUAL_DAY

    said = invocation(ctx, lang)
    config = said.config()
    given = simulating.Given(
        calls=calls,
        queue=queue,
        climb=climb,
        profile=simulating.weights(profile) if profile else USUAL_DAY,
        talk_s=talk,
        valid=valid / 100,
        valid_talk_s=valid_talk,
        polres_s=polres_time,
        patience_s=patience,
        pickup_s=pickup,
        closing_s=closing,
        wrap_up_s=config.settings.queue.wrap_up_s if wrap_up is None else wrap_up,
        seed=seed,
    )
    asked = operators or ()
    runs = asked if len(asked) > 1 else (None, *asked)
    played = simulating.play(config, given, runs, past)
    if json:
        print_json(simulating.as_json(played))
        return
    _show(played, said.lang)


def _show(played: Sequence["Played"], lang: Language) -> None:
    columns = [Column(heading=pick(_WORDS["figure"], lang))]
    columns += [
        Column(heading=one.operators or pick(_WORDS["site"], lang), right=True) for one in played
    ]
    each = [dict(_figures(one, lang)) for one in played]
    names = dict.fromkeys(name for figures in each for name in figures)
    Screen().table(
        columns, [(name, *(figures.get(name, NOTHING) for figures in each)) for name in names]
    )


def _figures(one: "Played", lang: Language) -> Iterator[tuple[str, str]]:
    day = one.day
    yield pick(_WORDS["calls"], lang), str(day.calls)
    yield pick(_WORDS["gave_up"], lang), _percent(day.abandoned, lang)
    for name, share in (("median", 0.5), ("p90", 0.9), ("p95", 0.95)):
        yield pick(_WORDS[name], lang), _seconds(percentile(day.waits_s, share), lang)
    for limit in LIMITS_S:
        yield pick(_WORDS["within"], lang).format(limit), _percent(day.within(limit), lang)
    yield pick(_WORDS["worst"], lang), _worst(day, lang)
    for name, level in day.levels.items():
        waits = level.waits_s
        share = len(waits) / day.calls if day.calls else 0.0
        yield pick(_WORDS["level"], lang).format(name), _percent(share, lang)
        p90 = _seconds(percentile(waits, 0.9), lang)
        yield pick(_WORDS["level_p90"], lang).format(name), p90
    for at, name in enumerate(one.pools):
        if day.pools[at].seats:
            busy = _percent(day.occupancy(at), lang)
            yield pick(_WORDS["busy"], lang).format(name), f"{busy} ({day.pools[at].seats})"
    yield from _polres_figures(one, lang)


def _polres_figures(one: "Played", lang: Language) -> Iterator[tuple[str, str]]:
    tried = sum(use.tried for use in one.day.polres)
    if not tried:
        return
    returned = sum(use.returned for use in one.day.polres)
    yield pick(_WORDS["polres"], lang), str(tried)
    yield pick(_WORDS["returned"], lang), _percent(returned / tried, lang)
    use, name = max(zip(one.day.polres, one.polres, strict=True), key=lambda pair: pair[0].busy_s)
    busy = _percent(use.busy_s / (max(1, use.seats) * one.day.length_s), lang)
    yield pick(_WORDS["busiest"], lang), f"{name} {busy}"


def _worst(day: Day, lang: Language) -> str:
    """The hour in which the smallest share was answered within ten seconds."""
    shares = [
        (share_within(hour.waits_s, LIMITS_S[0], of=hour.calls), at)
        for at, hour in enumerate(day.hours)
        if hour.calls
    ]
    share, at = min(shares, default=(0.0, 0))
    return f"{at % 24:02}-{at % 24 + 1:02}: {_percent(share, lang)} / {LIMITS_S[0]} s"


def _percent(share: float, lang: Language) -> str:
    return f"{decimal(share * 100, lang)} %"


def _seconds(seconds: float, lang: Language) -> str:
    return NOTHING if seconds != seconds else f"{decimal(seconds, lang)} s"
