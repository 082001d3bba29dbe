"""``directory.toml`` as types: units, operators, trunks and where calls belong."""

from typing import Literal

from pydantic import Field

from cc110.config.fields import (
    Address,
    AreaCode,
    Code,
    Dialled,
    Many,
    OperatorId,
    Plain,
    PolresExtension,
    Queue,
    UnitCode,
)
from cc110.config.settings import Part

Kind = Literal["mabes", "polda", "polres"]


class Unit(Part):
    """A Mabes, Polda or Polres. A Polda's code is the name of its queue."""

    code: UnitCode
    name: Plain
    kind: Kind
    parent: UnitCode | None = None
    """A Polres's Polda; a Polda's Mabes, if one backs it up."""
    extension: PolresExtension | None = None
    """Where a Polres's desk is reached; other units have none."""


class Operator(Part):
    """A seat that takes 110 calls, at a Polda or at Mabes."""

    id: OperatorId
    """The extension of the phone."""
    unit: UnitCode
    name: Plain


class Trunk(Part):
    """A carrier or gateway that brings 110 calls, told by its address (no registration)."""

    id: Code
    addresses: Many[Address] = Field(min_length=1)
    dialled: Many[Dialled] = Field(min_length=1)
    """What callers dial, exactly as the trunk sends it."""


class Area(Part):
    """Area codes whose calls belong to one Polda."""

    codes: Many[AreaCode] = Field(min_length=1)
    queue: Queue


class Origin(Part):
    """Which Polda a call belongs to."""

    default: Queue
    """For every number that no area claims, mobile numbers included."""
    area: Many[Area] = ()


class Directory(Part):
    """``directory.toml``."""

    units: Many[Unit] = Field(alias="unit", min_length=1)
    operators: Many[Operator] = Field(default=(), alias="operator")
    trunks: Many[Trunk] = Field(default=(), alias="trunk")
    origin: Origin
