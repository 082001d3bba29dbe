"""``directory.toml`` as types: units, operators, shifts, trunks, the climb, and where calls belong."""

from datetime import date
from typing import Annotated, Final, Literal

from pydantic import Field

from cc110.config.fields import (
    Address,
    AreaCode,
    Clock,
    Code,
    Dialled,
    GeoJsonFile,
    Many,
    OperatorId,
    Outbound,
    Person,
    Phone,
    Plain,
    PolresExtension,
    Queue,
    SipUri,
    TimeZone,
    UnitCode,
)
from cc110.config.settings import Part
from cc110.core.climb import MOST_LEVELS

Kind = Literal["mabes", "polda", "polres", "polsek"]
Role = Literal["spkt", "kapolsek", "kapolres", "padal"]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Who = Literal["polsek", "polres", "polda", "neighbours", "mabes", "number"]

Evidence = Literal["dialled", "location", "area-code", "trunk"]

EVIDENCE: Final[tuple[Evidence, ...]] = ("dialled", "location", "area-code", "trunk")
"""Whom he asks for; where he is; where his line is; where he came in."""
EVERY_DAY: Final[tuple[Day, ...]] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Degrees = Annotated[float, Field(ge=-180, le=180)]
Point = Annotated[tuple[Degrees, Degrees], Field(strict=False)]
"""Degrees (WGS 84), latitude first, as people say it; GeoJSON has longitude first."""


class Officer(Part):
    """Somebody whom an operator asks for by name (S2 IX: lists of SPKT and Kapolsek)."""

    role: Role
    name: Person
    phone: Phone | None = None


class Territory(Part):
    """What a unit is responsible for."""

    codes: Many[AreaCode] = ()
    """Area codes of its fixed lines. A Polda's bring its callers to its queue; a Polres may share them."""
    regencies: Many[Person] = ()
    """Regencies and cities (kabupaten, kota) by name."""
    provinces: Many[Person] = ()
    """A Polda's provinces by name, for a location that names no regency."""
    centre: Point | None = None
    """Where its office is, or the middle of its area."""
    geojson: GeoJsonFile | None = None
    """Its border: a file below the site's folder. Of a FeatureCollection, what has the unit's code as
    property ``unit`` counts."""


class Unit(Part):
    """A Mabes, Polda, Polres or Polsek. A Polda's code is the name of its queue."""

    code: UnitCode
    name: Plain
    kind: Kind
    parent: UnitCode | None = None
    """A Polsek's Polres; a Polres's Polda; a Polda's Mabes, if one backs it up."""
    extension: PolresExtension | None = None
    """The desk of a Polres or Polsek: what operators key, and what rings then."""
    more_extensions: Many[PolresExtension] = ()
    """Further phones there, each with an account of its own; they are keyed by themselves."""
    sip: SipUri | None = None
    phone: Phone | None = None
    """For a unit without a phone at this PBX: what to dial by hand."""
    officers: Many[Officer] = ()
    area: Territory = Territory()
    time_zone: TimeZone | None = None
    """None = the site's."""
    seats: int | None = Field(default=None, ge=1, le=500)
    """How many can take calls there at once; None = not known."""
    neighbours: Many[UnitCode] = ()
    """A Polda's neighbouring Poldas, nearest first: who helps when the call climbs to them."""


class Operator(Part):
    """A seat that takes 110 calls, at a Polda or at Mabes."""

    id: OperatorId
    """The extension of the phone."""
    unit: UnitCode
    name: Plain
    supervisor: bool = False
    """May listen to, whisper to, join and take over calls of his unit and of those below it."""


class Shift(Part):
    """A part of the day that is staffed. Times are the unit's own."""

    id: Code
    unit: UnitCode | None = None
    """None = of every unit that has no shifts of its own."""
    begins: Clock
    ends: Clock
    """Not later than ``begins`` = on the next day."""
    days: Many[Day] = Field(default=EVERY_DAY, min_length=1)
    """Days on which it begins."""
    holidays: Literal["as-usual", "off", "only"] = "as-usual"


class Roster(Part):
    """Who is on in a shift, for a time."""

    unit: UnitCode
    shift: Code
    since: date = Field(alias="from")
    until: date | None = None
    """The last day; None = until somebody writes otherwise."""
    days: Many[Day] = Field(default=EVERY_DAY, min_length=1)
    operators: Many[OperatorId] = ()
    people: Many[Person] = ()
    """Those without an operator's phone, as at a Polres."""


class Holiday(Part):
    """A day on which shifts may be others."""

    date: date
    name: Person
    units: Many[UnitCode] = ()
    """None named = everywhere."""


class ClimbLevel(Part):
    """Who else rings for a call that nobody has answered after some time."""

    after_s: int = Field(ge=0, le=3600)
    """Seconds in the queue. A level with nobody there is skipped at once, not after its time."""
    who: Who
    numbers: Many[Phone] = ()
    """For ``number``: a mobile phone or landline that somebody always answers."""


class Climb(Part):
    """The levels of a waiting call, in their order; those before ring on."""

    level: Many[ClimbLevel] = Field(min_length=1, max_length=MOST_LEVELS)


AS_BUILT: Final = Climb(
    level=(ClimbLevel(after_s=0, who="polda"), ClimbLevel(after_s=10, who="mabes"))
)


class Trunk(Part):
    """A carrier or gateway that brings 110 calls, told by its address (no registration)."""

    id: Code
    addresses: Many[Address] = Field(min_length=1)
    dialled: Many[Dialled] = Field(min_length=1)
    """What callers dial, exactly as the trunk sends it."""
    queue: Queue | None = None
    """The Polda of its calls, if nothing better tells it."""
    unit: UnitCode | None = None
    """The Polres or Polsek of its calls, unless the carrier says where the caller is: whose desk rings where the climb
    begins below the Polda."""
    outbound: Outbound | None = None
    """Where cc110's own calls go out, and nothing else ever does: callbacks, and the numbers of the climb. An address,
    with ``:port`` if it is not 5060. Of several trunks the first one that has it."""


class Area(Part):
    """Area codes whose calls belong to one Polda."""

    codes: Many[AreaCode] = Field(min_length=1)
    queue: Queue


class DialledOrigin(Part):
    """Numbers that callers dial for one Polda, such as an area code and 110."""

    numbers: Many[Dialled] = Field(min_length=1)
    queue: Queue


class Origin(Part):
    """Which Polda a call belongs to."""

    default: Queue
    """For every call of which no evidence tells more, those of mobile numbers included."""
    order: Many[Evidence] = Field(default=EVIDENCE, min_length=1)
    """What decides, the strongest first. What is left out is not looked at."""
    area: Many[Area] = ()
    dialled: Many[DialledOrigin] = ()


class Directory(Part):
    """``directory.toml``, with all files of ``directory/``."""

    units: Many[Unit] = Field(alias="unit", min_length=1)
    operators: Many[Operator] = Field(default=(), alias="operator")
    shifts: Many[Shift] = Field(default=(), alias="shift")
    roster: Many[Roster] = ()
    holidays: Many[Holiday] = Field(default=(), alias="holiday")
    climb: Climb = AS_BUILT
    trunks: Many[Trunk] = Field(default=(), alias="trunk")
    origin: Origin
