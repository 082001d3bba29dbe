"""Random directories, blocklists and callers, the same at every run for a seed."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from cc110.config.directory import Area, DialledOrigin, Origin
from cc110.config.model import Config
from cc110.core.ids import QueueName
from cc110.core.origin import civic_key

from ..numbers.forms import DRESSES, HOSTILE, MOBILE_FORMS, SERVICES

AREAS: Final = ("021", "061", "0622", "0274", "031", "0361", "0411", "0967", "022", "0621")
KINDS: Final = ("dialled", "location", "area-code", "trunk")
REGENCIES: Final = (
    "Kota Medan",
    "KAB. DELI SERDANG",
    "Bekasi",
    "Kota Adm. Jakarta Pusat",
    "Kota Surabaya",
    "Sumatera Utara",
    "Toba",
    "Kota Depok (kota)",
)


@dataclass(frozen=True, kw_only=True)
class Caller:
    """One INVITE."""

    to: str
    asserted: str | None
    """A whole header."""
    said: str
    civic: Mapping[str, str] | None


class Chance:
    """All that is random, by a seed."""

    def __init__(self, seed: int) -> None:
        self._of = random.Random(seed)
        self._blocked: list[str] = []

    def site(self, config: Config) -> Config:
        """Another origin, other forms to dial, another trunk's queue."""
        of = self._of
        queues = config.queues
        forms = ["110", "+62110", *(f"{code}110" for code in of.sample(AREAS, 3))]
        codes = of.sample(AREAS, of.randint(2, 8))
        areas = [Area(codes=(code,), queue=of.choice(queues)) for code in codes]
        asked = of.sample(forms, of.randint(1, 3))
        dialled = [DialledOrigin(numbers=(form,), queue=of.choice(queues)) for form in asked]
        origin = Origin(
            default=of.choice(queues),
            order=tuple(of.sample(KINDS, of.choice((1, 3, 4, 4)))),
            area=tuple(areas),
            dialled=tuple(dialled),
        )
        trunks = tuple(
            one.model_copy(update={"dialled": tuple(forms), "queue": self._maybe(queues)})
            for one in config.directory.trunks
        )
        directory = config.directory.model_copy(update={"origin": origin, "trunks": trunks})
        return replace(config, directory=directory)

    def _maybe(self, queues: tuple[QueueName, ...]) -> QueueName | None:
        return self._of.choice(queues) if self._of.random() < 0.7 else None

    def blocklist(self, now: int) -> Mapping[str, str]:
        """Entries as they may stand in AstDB, damaged ones as well: ``family/key``."""
        of = self._of
        found: dict[str, str] = {}
        self._blocked = [self._number() for _ in range(8)]
        for number in self._blocked[:5]:
            expiry = of.choice(("0", str(now + 90_000), str(now - 5), "x1", "00", "9" * 12))
            found[f"cc110-block/{number}"] = expiry
        lengths = sorted({of.randint(5, 11) for _ in range(2)}, reverse=True)
        found["cc110-range/lengths"] = ":".join(map(str, lengths))
        for number in self._blocked[5:]:
            length = of.choice(lengths)
            digits = of.choice(("0", str(len(number)), "5"))
            found[f"cc110-range/{number[:length]}"] = f"{of.choice(('0', str(now - 9)))}:{digits}"
        if of.random() < 0.5:
            found[f"cc110-exempt/{self._blocked[6]}"] = "1"
        return found

    def caller(self, config: Config) -> Caller:
        """Somebody, blocked or not, with a number in some form or without."""
        of = self._of
        forms = [*config.dialled, *config.dialled, "112", "0999110", "110110"]
        shape = of.random()
        asserted = None if shape < 0.15 else self._header()
        said = of.choice(("<sip:anonymous@x>", self._header(in_from=True)))
        civic = None
        if of.random() < 0.5:
            civic = {of.choice(("A1", "A2", "A3")): of.choice(REGENCIES) for _ in range(2)}
        return Caller(to=of.choice(forms), asserted=asserted, said=said, civic=civic)

    def _header(self, *, in_from: bool = False) -> str:
        """A From that is no SIP at all never gets as far as the dialplan."""
        of = self._of
        pick = of.random()
        if pick < 0.4:
            text = of.choice(self._blocked)
        elif pick < 0.7:
            text = self._number()
        elif pick < 0.85:
            text = of.choice(MOBILE_FORMS).format("8" + "".join(of.choices("0123456789", k=9)))
        else:
            text = of.choice((*SERVICES[:-1], *HOSTILE[: 9 if in_from else 12], "anonymous"))
        return of.choice(DRESSES[:3]).format(text)

    def _number(self) -> str:
        of = self._of
        digits = "".join(of.choices("23456789", k=7))
        return "62" + (of.choice(AREAS)[1:] + digits if of.random() < 0.5 else f"812{digits}")


def place_key(civic: Mapping[str, str] | None, known: Mapping[str, object]) -> str | None:
    """Which of an address's names the PBX knows: A2, else A3, else A1."""
    said = civic or {}
    keys = (civic_key(said[name]) for name in ("A2", "A3", "A1") if name in said)
    return next((key for key in keys if key in known), None)
