"""The steps of an explained call, in words."""

from collections.abc import Iterator
from typing import Final

from cc110.cli import spoken
from cc110.cli.foreseeing import Explained, Level
from cc110.cli.screen import Cell
from cc110.cli.words import Pair, pick, word
from cc110.config.model import Config
from cc110.core.climb import DESKS
from cc110.core.foresee import Fate
from cc110.core.menu import PRIORITIES
from cc110.core.words import Language, OriginBy

_WHEN: Final[Pair] = ("waktu", "time")
_DIALS: Final[Pair] = ("menghubungi", "dials")
_NUMBER: Final[Pair] = ("nomor", "number")
_BLOCK: Final[Pair] = ("blokir", "block")
_POLDA: Final[Pair] = ("Polda", "Polda")
_PLACE: Final[Pair] = ("tempat", "place")
_GREETING: Final[Pair] = ("salam", "greeting")
_QUEUE: Final[Pair] = ("antrean", "queue")
_RINGS: Final[Pair] = ("berdering", "rings")
_DUTY: Final[Pair] = ("jadwal", "roster")
_AFTER: Final[Pair] = ("setelah itu", "after that")
_END: Final[Pair] = ("akhirnya", "outcome")

_THROUGH: Final[Pair] = ("{} lewat {}", "{} through {}")
_NOBODYS: Final[Pair] = (
    "tidak dikenal: tidak dihitung, tidak bisa diblokir",
    "unidentified: never counted, never blocked",
)
_NOT_BLOCKED: Final[Pair] = ("tidak diblokir ({})", "not blocked ({})")
_BLOCKED: Final[Pair] = ("DIBLOKIR {} ({})", "BLOCKED {} ({})")
_RANGE: Final[Pair] = (", lewat rentang {}", ", by the range {}")
_LISTS: Final[dict[str, Pair]] = {
    "pbx": ("menurut daftar PBX", "by the PBX's list"),
    "journal": ("menurut jurnal; daftar PBX tidak ada", "by the journal; there is no PBX's list"),
    "nobody": (
        "TIDAK DIKETAHUI: tidak ada daftar PBX, tidak ada jurnal",
        "NOT KNOWN: there is neither a PBX's list nor a journal",
    ),
}
_FATES: Final[dict[Fate, Pair]] = {
    Fate.UNKNOWN: (
        "SIP 404: tidak ada trunk yang memakai nomor itu",
        "SIP 404: no trunk dials that",
    ),
    Fate.REJECTED: (
        "ditolak dengan SIP 403: tidak dijawab, tidak direkam, dicatat",
        "rejected with SIP 403: never answered, never recorded, written down",
    ),
    Fate.OFFERED: (
        "satu pengumuman tanpa dijawab; menekan 1 (kalau batasnya belum tercapai): masuk untuk diverifikasi, paling "
        "belakang; selain itu SIP 403",
        "one announcement, unanswered; pressing 1 (within the limits): let in to be verified, behind everybody; "
        "else SIP 403",
    ),
    Fate.LET_IN: ("", ""),
}
_NOWHERE: Final[Pair] = (
    "{}: di luar jangkauan semua kantor, tidak menentukan apa-apa",
    "{}: far from every office, decides nothing",
)
_BY: Final[Pair] = ("menurut {} {}", "by {} {}")
_HEARS: Final[Pair] = (
    "{}; daemon diam: greeting-short setelah {} s",
    "{}; daemon silent: greeting-short after {} s",
)
_LANE: Final[Pair] = (
    "{}, prioritas {} kalau tidak menekan apa-apa",
    "{}, priority {} if he presses nothing",
)
_KEYS: Final[Pair] = ("; {}", "; {}")
_FROM: Final[Pair] = ("dari {} s, {}: {}", "from {} s, {}: {}")
_THERE: Final[Pair] = ("{} masuk dari {} ({})", "{} of {} logged in ({})")
_DESKS: Final[dict[str, Pair]] = {
    "there": ("meja {}, teleponnya terdaftar", "desk {}, its phone is registered"),
    "away": ("meja {}, teleponnya tidak terdaftar", "desk {}, its phone is not registered"),
    "unasked": ("meja {} (tidak ada daftar PBX)", "desk {} (there is no PBX's list)"),
    "none": (
        "tidak ada mejanya: asalnya tidak diketahui",
        "no desk of his: where he is is not known",
    ),
}
_NOBODY_YET: Final[Pair] = ("tidak ada", "nobody")
_WAITS: Final[Pair] = (
    "tidak ada yang menjawab: tetap menunggu, pengumuman tiap {} s; Polres berdering {} s, lalu kembali ke operator",
    "nobody answers: he keeps his place, an announcement each {} s; a Polres rings {} s, then back to the operator",
)


def steps(config: Config, found: Explained, lang: Language) -> Iterator[tuple[str, Cell | str]]:
    """Each step with its name, in the order in which the call takes them."""
    seen = found.foreseen
    yield pick(_WHEN, lang), spoken.moment_text(found.at, config.time_zone, lang)
    through = pick(_THROUGH, lang).format(found.said.dialled, found.said.trunk)
    yield pick(_DIALS, lang), through
    if seen.fate is Fate.UNKNOWN:
        yield pick(_END, lang), Cell(pick(_FATES[seen.fate], lang), "bold red")
        return
    yield pick(_NUMBER, lang), _number(found, lang)
    if seen.number is not None:
        yield pick(_BLOCK, lang), _block(config, found, lang)
    if pick(_FATES[seen.fate], lang):
        yield pick(_END, lang), Cell(pick(_FATES[seen.fate], lang), "bold red")
    if seen.origin is None:
        return
    if found.place:
        yield pick(_PLACE, lang), _place(found) or pick(_NOWHERE, lang).format(found.place)
    yield pick(_POLDA, lang), _polda(found, lang)
    first_s = config.settings.greeting.first_word_s
    yield pick(_GREETING, lang), pick(_HEARS, lang).format(", ".join(seen.greeting), f"{first_s:g}")
    yield pick(_QUEUE, lang), _queue(config, found, lang)
    for level in found.levels:
        yield pick(_RINGS, lang), _level(level, found, lang)
    for duty in found.duty:
        names = ", ".join((*duty.operators, *duty.people)) or pick(_NOBODY_YET, lang)
        yield pick(_DUTY, lang), f"{duty.shift}: {names}"
    every_s, ring_s = config.settings.queue.announce_every_s, config.settings.transfer.ring_s
    yield pick(_AFTER, lang), pick(_WAITS, lang).format(every_s, ring_s)


def _number(found: Explained, lang: Language) -> str:
    seen = found.foreseen
    if seen.number is None:
        return pick(_NOBODYS, lang)
    return f"{seen.number} ({spoken.number_text(seen.number)}), {word(seen.source, lang)}"


def _block(config: Config, found: Explained, lang: Language) -> Cell:
    block, by = found.foreseen.block, pick(_LISTS[found.list_by], lang)
    if block is None:
        return Cell(pick(_NOT_BLOCKED, lang).format(by))
    text = pick(_BLOCKED, lang).format(spoken.until_text(block.until, config.time_zone, lang), by)
    return Cell(text + (pick(_RANGE, lang).format(block.range) if block.range else ""), "bold red")


def _place(found: Explained) -> str:
    place, polres = found.said.place, found.polres
    code = f" ({polres.code})" if polres else ""
    return f"{place.name}{code}" if place else ""


def _polda(found: Explained, lang: Language) -> Cell:
    origin = found.foreseen.origin
    assert origin
    of = "" if origin.by is OriginBy.DEFAULT else origin.of
    why = pick(_BY, lang).format(word(origin.by, lang), of).strip()
    return Cell(f"{origin.queue}, {why}", "bold")


def _queue(config: Config, found: Explained, lang: Language) -> str:
    seen = found.foreseen
    assert seen.origin
    text = pick(_LANE, lang).format(seen.origin.queue, seen.priority)
    if seen.fate is Fate.OFFERED or not config.settings.greeting.menu:
        return text
    keys = ", ".join(f"{word(choice, lang)} {number}" for choice, number in PRIORITIES.items())
    return text + pick(_KEYS, lang).format(keys)


def _level(level: Level, found: Explained, lang: Language) -> str:
    who = (_desk if level.who in DESKS else _operators)(level, found, lang)
    return pick(_FROM, lang).format(f"{level.after_s:g}", level.who, who)


def _operators(level: Level, found: Explained, lang: Language) -> str:
    by = pick(_LISTS[found.seats_by], lang) if found.seats_by == "journal" else "PBX"
    there = ", ".join(level.there) or pick(_NOBODY_YET, lang)
    return pick(_THERE, lang).format(there, len(level.members), by)


def _desk(level: Level, found: Explained, lang: Language) -> str:
    if not level.members:
        return pick(_DESKS["none"], lang)
    state = "unasked" if found.seats_by == "journal" else "there" if level.there else "away"
    return pick(_DESKS[state], lang).format(", ".join(level.there or level.members))
