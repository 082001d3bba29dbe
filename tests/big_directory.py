"""A directory of national size, made up: 36 Poldas, 500 Polres and 2,000 operators, with shifts and borders."""

import json
import random
from pathlib import Path
from typing import Final

POLDAS: Final = 36
POLRES: Final = 500
OPERATORS: Final = 2000
_SIDE: Final = 0.4
"""Degrees of a Polres's square."""


def write_site(folder: Path, demo: Path, *, seed: int = 110, faults: int = 0) -> None:
    """A site of that size; every reference leads somewhere, but for so many faults.

    Args:
        folder: Where to; it is made.
        demo: The demo site, whose settings it has.
        seed: Of names' order and of polygons' corners.
        faults: Polres with a parent that is misspelt.
    """
    folder.mkdir(parents=True)
    (folder / "settings.toml").write_text((demo / "settings.toml").read_text())
    chance = random.Random(seed)
    (folder / "directory").mkdir()
    (folder / "areas").mkdir()
    (folder / "directory.toml").write_text(_top())
    for at in range(POLDAS):
        text = "".join((_polda(at), *_all_polres(at, faults), *_operators(at), _roster(at)))
        (folder / "directory" / f"polda-{at:02d}.toml").write_text(text)
        (folder / "areas" / f"polda-{at:02d}.geojson").write_text(_borders(at, chance))


def _top() -> str:
    shifts = "".join(
        f'[[shift]]\nid = "{name}"\nbegins = "{begins}:00"\nends = "{ends}:00"\n\n'
        for name, begins, ends in (
            ("pagi", "07", "15"),
            ("siang", "15", "23"),
            ("malam", "23", "07"),
        )
    )
    return (
        '[[unit]]\ncode = "mabes"\nname = "Mabes"\nkind = "mabes"\n\n'
        f"{shifts}"
        '[[trunk]]\nid = "carrier"\naddresses = ["192.0.2.0/28"]\ndialled = ["110"]\n\n'
        '[origin]\ndefault = "polda-00"\n'
    )


def _polda(at: int) -> str:
    neighbours = ", ".join(f'"polda-{(at + step) % POLDAS:02d}"' for step in (1, POLDAS - 1))
    return (
        f'[[unit]]\ncode = "polda-{at:02d}"\nname = "Polda Contoh {at}"\nkind = "polda"\n'
        f'parent = "mabes"\nneighbours = [{neighbours}]\nseats = 5\n'
        f'area = {{ codes = ["0{300 + at}"] }}\n\n'
    )


def polres_of(polda: int) -> range:
    """The numbers of a Polda's Polres."""
    return range(polda, POLRES, POLDAS)


def corner(number: int) -> tuple[float, float]:
    """South-west corner of a Polres's square: latitude, longitude. They stand in rows without gaps."""
    row, column = divmod(number, 50)
    return -10 + row * _SIDE, 100 + column * _SIDE


def _all_polres(polda: int, faults: int) -> list[str]:
    return [_polres(polda, number, faults) for number in polres_of(polda)]


def _polres(polda: int, number: int, faults: int) -> str:
    south, west = corner(number)
    wrong = "x" if number < faults else ""
    return (
        f'[[unit]]\ncode = "polres-{number:03d}"\nname = "Polres Contoh {number}"\nkind = "polres"\n'
        f'parent = "polda-{polda:02d}{wrong}"\nextension = "7{number:04d}"\nseats = 2\n'
        f'officers = [{{ role = "spkt", name = "Contoh {number}", phone = "+6280000{number:06d}" }}]\n'
        f'area = {{ codes = ["0{300 + polda}"], regencies = ["Kabupaten Contoh {number}"], '
        f"centre = [{south + _SIDE / 2:.4f}, {west + _SIDE / 2:.4f}], "
        f'geojson = "areas/polda-{polda:02d}.geojson" }}\n\n'
    )


def _operators(polda: int) -> list[str]:
    return [
        f'[[operator]]\nid = "1{number:04d}"\nunit = "polda-{polda:02d}"\nname = "Contoh {number}"\n\n'
        for number in range(polda, OPERATORS, POLDAS)
    ]


def _roster(polda: int) -> str:
    seats = [f'"1{number:04d}"' for number in range(polda, OPERATORS, POLDAS)]
    return "".join(
        f'[[roster]]\nunit = "polda-{polda:02d}"\nshift = "{name}"\nfrom = 2026-01-01\n'
        f"operators = [{', '.join(seats[at::3])}]\n\n"
        for at, name in enumerate(("pagi", "siang", "malam"))
    )


def _borders(polda: int, chance: random.Random) -> str:
    """Squares that touch, each side with corners of its own a few metres off, as digitised ones are."""
    features = []
    for number in polres_of(polda):
        south, west = corner(number)
        ring = [
            [west + x + chance.uniform(-5e-5, 5e-5), south + y + chance.uniform(-5e-5, 5e-5)]
            for x, y in _around()
        ]
        features.append(
            {
                "type": "Feature",
                "properties": {"unit": f"polres-{number:03d}"},
                "geometry": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]},
            }
        )
    return json.dumps({"type": "FeatureCollection", "features": features})


def _around(steps: int = 25) -> list[tuple[float, float]]:
    along = [_SIDE * step / steps for step in range(steps)]
    return [
        *((x, 0.0) for x in along),
        *((_SIDE, y) for y in along),
        *((_SIDE - x, _SIDE) for x in along),
        *((0.0, _SIDE - y) for y in along),
    ]
