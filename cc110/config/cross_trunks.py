"""What must be true of trunks: where they send from, whose calls they bring, and on which calls go out."""

from collections.abc import Iterator
from ipaddress import IPv4Network

from cc110.config.cross_rows import kinds_of, texts, title, twice
from cc110.config.fields import Network, network
from cc110.config.layers import Source
from cc110.config.locate import Key
from cc110.config.problem import Problem, Severity, hint
from cc110.core.climb import DESKS


def trunk_problems(source: Source) -> Iterator[Problem]:
    """Every broken rule of trunks."""
    yield from _trunk_ids(source)
    yield from _trunk_addresses(source)
    yield from _trunk_units(source)
    yield from _outbound(source)


def _trunk_ids(source: Source) -> Iterator[Problem]:
    yield from twice(source, texts(source, "trunk", "id"), "trunk `{}` is there")
    if not any(source.rows("trunk")) and not any(key[0] == "trunk" for key in source.bad):
        message = "there is no [[trunk]]: nobody can call 110"
        yield source.problem((), message, Severity.WARNING)


def trunk_networks(source: Source) -> Iterator[tuple[Key, Network]]:
    """Where trunks send from; addresses with a fault are passed over."""
    for row in source.rows("trunk"):
        for key in source.rows(*row, "addresses"):
            if address := source.text(key):
                yield key, network(address)


def _trunk_addresses(source: Source) -> Iterator[Problem]:
    """In sorted order a network that overlaps another follows it, or one that holds it."""
    found = sorted(trunk_networks(source), key=_by_address)
    around: list[tuple[Key, Network]] = []
    for key, one in found:
        while around and not around[-1][1].overlaps(one):
            around.pop()
        if around:
            (first, other), (again, later) = sorted(
                [around[-1], (key, one)], key=lambda pair: source.place(pair[0])[1]
            )
            message = f"trunk address {plainly(later)} overlaps {plainly(other)}"
            yield source.problem(again, f"{message} ({source.where(first, again)})")
        around.append((key, one))


def _by_address(found: tuple[Key, Network]) -> tuple[int, int, int]:
    addresses = found[1]
    version = 4 if isinstance(addresses, IPv4Network) else 6
    return version, int(addresses.network_address), addresses.prefixlen


def plainly(addresses: Network) -> str:
    """An address without ``/32``."""
    return str(addresses if addresses.num_addresses > 1 else addresses.network_address)


def _trunk_units(source: Source) -> Iterator[Problem]:
    """Whose desk rings for a trunk's calls."""
    kinds = kinds_of(source)
    rings = {source.text((*row, "who")) for row in source.rows("climb", "level")}.intersection(
        DESKS
    )
    below = [code for code, kind in kinds.items() if kind in DESKS]
    for key, unit in texts(source, "trunk", "unit"):
        if unit not in kinds:
            message = f"`{unit}` is no unit of this directory{hint(unit, below)}"
            yield source.problem(key, message)
        elif (kind := kinds[unit]) not in {*DESKS, None}:
            message = (
                f"`{unit}` is a {title(kind)}: `unit` is the Polres or Polsek whose desk rings"
            )
            yield source.problem(key, message)
        elif not rings:
            message = "`unit` does nothing: the climb has neither a level `polsek` nor `polres`"
            yield source.problem(key, message, Severity.WARNING)


def _outbound(source: Source) -> Iterator[Problem]:
    """Calls go out on one trunk."""
    given = [
        key for row in source.rows("trunk") if source.value(key := (*row, "outbound")) is not None
    ]
    for key in given[1:]:
        first = source.where(given[0], key)
        message = f"calls go out on the first trunk with `outbound` ({first})"
        yield source.problem(key, message, Severity.WARNING)
