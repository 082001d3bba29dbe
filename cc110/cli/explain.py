"""``cc110 explain``: what would be, without calling: one call step by step, or whose a place is."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cc110.cli.context import invocation, quiet_logs
from cc110.cli.options import Json, Lang, example
from cc110.cli.screen import Cell, Screen, note, print_json
from cc110.cli.spoken import decimal
from cc110.cli.words import Pair, pick
from cc110.core.words import Language

if TYPE_CHECKING:
    from cc110.cli.placing import Placed

EXAMPLE: Final = example(
    "cc110 explain --from 0812-0000-0001",
    "cc110 explain --from 0614567890 --to 021110 --at 2026-12-25T23:30",
    "cc110 explain --from 081200000001 --at-place 'Kota Medan'",
    "cc110 explain --at-place='-6.2615, 106.8106'",
)
_FACTS: Final[tuple[tuple[str, Pair], ...]] = (
    ("name", ("nama", "name")),
    ("why", ("karena", "because")),
    ("reached", ("dihubungi", "reached at")),
    ("officers", ("petugas", "officers")),
    ("polda", ("Polda", "Polda")),
    ("polsek", ("Polsek terdekat", "nearest Polsek")),
)
_BORDER: Final[Pair] = ("tempat itu di dalam batasnya", "the place is within its border")
_ALSO: Final[Pair] = (
    "; juga di dalam batas {}, yang lebih luas",
    "; also within the border of {}, which is larger",
)
_NEAREST: Final[Pair] = ("kantornya terdekat, {} km", "its office is the nearest, {} km")
_NAMED: Final[Pair] = ("wilayah itu miliknya", "that regency is its own")
_SEVERAL: Final[Pair] = (
    "Beberapa unit memegang wilayah itu: tanyakan tempatnya.",
    "Several units have that regency: ask for the place.",
)


def explain(
    ctx: typer.Context,
    *,
    number: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="NUMBER", help="The caller's number as the trunk sends it; '' = none."
        ),
    ] = None,
    to: Annotated[str, typer.Option("--to", help="What he dials.")] = "110",
    trunk: Annotated[
        str | None,
        typer.Option("--trunk", metavar="NAME", help="The trunk; by default the first."),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option("--at", metavar="TIME", help="When, ISO 8601, the site's time; default now."),
    ] = None,
    claimed: Annotated[
        bool, typer.Option("--claimed", help="The number stands in From only.")
    ] = False,
    at_place: Annotated[
        str | None,
        typer.Option(
            "--at-place",
            metavar="LAT,LON|NAME",
            help="Where he is, as the carrier sends it; alone: which Polres has that place.",
        ),
    ] = None,
    json: Json = False,
    lang: Lang = None,
) -> None:
    """Tell what would become of a call, step by step, without calling.

    Blocks are read from the PBX's own list, or else from the journal; who is logged in from the PBX. With
    --at-place alone: which Polres a place belongs to: the border around it decides, of several the smallest;
    without one the nearest office. South is negative, so write --at-place='-6.26,106.81' with the equals sign.
    """
    if number is None and at_place is None:
        raise typer.BadParameter("say --from NUMBER, or --at-place", ctx=ctx)
    said = invocation(ctx, lang)
    if number is None:
        _place(ctx, at_place or "", json=json, lang=lang)
        return
    quiet_logs(said)
    from cc110.cli import foreseeing, walked
    from cc110.cli.times import moment

    config = said.config()
    try:
        when = moment(at, config.time_zone) if at else datetime.now(UTC)
    except ValueError as error:
        raise typer.BadParameter(str(error), ctx=ctx, param_hint="--at") from None
    found = foreseeing.explain_call(
        config,
        number=number,
        dialled=to,
        trunk=trunk,
        at=when,
        place=at_place,
        is_claimed=claimed,
    )
    if json:
        print_json(foreseeing.as_json(found))
        return
    Screen().view(walked.steps(config, found, said.lang))


def _place(ctx: typer.Context, at_place: str, *, json: bool, lang: Language | None) -> None:
    from cc110.cli import placing

    said = invocation(ctx, lang)
    found = placing.place(said.config(), at_place)
    if json:
        print_json({"place": at_place, "found": [placing.as_json(one) for one in found]})
        return
    for one in found:
        _show(one, said.lang)
    if len(found) > 1:
        note(pick(_SEVERAL, said.lang))


def _show(one: "Placed", lang: Language) -> None:
    texts = {**one.texts, "why": _why(one, lang)}
    if one.polsek_km is not None:
        texts["polsek"] += f" ({decimal(one.polsek_km, lang)} km)"
    facts = ((pick(words, lang), texts.get(name, "")) for name, words in _FACTS)
    Screen().view([(one.unit.kind.capitalize(), Cell(one.unit.code, "bold")), *facts])


def _why(one: "Placed", lang: Language) -> str:
    if one.found is None:
        return pick(_NAMED, lang)
    if not one.found.by_border:
        return pick(_NEAREST, lang).format(decimal(one.found.distance_km or 0, lang))
    also = pick(_ALSO, lang).format(", ".join(one.found.also)) if one.found.also else ""
    return pick(_BORDER, lang) + also
