"""``cc110 explain``: what would be, without calling. So far: which Polres a place belongs to."""

from typing import TYPE_CHECKING, Annotated, Final

import typer

from cc110.cli.context import invocation
from cc110.cli.options import Json, Lang, example
from cc110.cli.screen import Cell, Screen, note, print_json
from cc110.cli.spoken import decimal
from cc110.cli.words import Pair, pick
from cc110.core.words import Language

if TYPE_CHECKING:
    from cc110.cli.placing import Placed

EXAMPLE: Final = example(
    "cc110 explain --at-place='-6.2615, 106.8106'", "cc110 explain --at-place 'Kota Medan'"
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
    at_place: Annotated[
        str,
        typer.Option(
            "--at-place",
            metavar="LAT,LON|REGENCY",
            help="Which Polres a place belongs to: degrees, or a regency's or city's name.",
        ),
    ],
    json: Json = False,
    lang: Lang = None,
) -> None:
    """Tell which Polres a place belongs to, and why.

    The border around it decides, of several the smallest; without one the nearest office. South is
    negative, so write --at-place='-6.26,106.81' with the equals sign.
    """
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
