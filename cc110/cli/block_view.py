"""A number's block as a supervisor reads it: who, when, why, and the evidence with its recordings."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Final

from cc110.cli import spoken
from cc110.cli.screen import Cell, Column, Screen
from cc110.cli.words import Pair, pick, word
from cc110.core.events import Evidence, NumberExempted
from cc110.core.ids import Number
from cc110.core.ranges import RangeBlock
from cc110.core.words import BlockWarning, Language
from cc110.journal.rows import BlockRow

if TYPE_CHECKING:
    from cc110.config.model import Config

_LIFTED: Final[Pair] = ("dicabut", "lifted")
_EXPIRED: Final[Pair] = ("berakhir", "expired")
_EVIDENCE: Final[Pair] = ("Bukti pemblokiran", "Evidence of the block")
_COUNTED: Final[Pair] = ("Iseng terhitung", "Pranks counted")
_COLUMNS: Final[tuple[Pair, ...]] = (
    ("DINILAI", "JUDGED"),
    ("PANGGILAN", "CALL"),
    ("OPERATOR", "OPERATOR"),
    ("NOMOR", "NUMBER"),
    ("REKAMAN", "RECORDING"),
)
_WARNINGS: Final[dict[BlockWarning, Pair]] = {
    BlockWarning.ONE_OPERATOR: (
        "semua penilaian dari satu operator",
        "all verdicts come from one operator",
    ),
    BlockWarning.HURRIED: (
        "semua penilaian dalam beberapa menit",
        "all verdicts were given within minutes",
    ),
}


def show_block(
    number: Number,
    row: BlockRow | None,
    counts: Sequence[Evidence],
    config: "Config",
    lang: Language,
    in_range: RangeBlock | None = None,
    exempted: NumberExempted | None = None,
) -> None:
    """The last block if there was one, its evidence, what counts towards the next, and ranges."""
    tz, screen = config.time_zone, Screen()
    tally = f"{len(counts)} / {config.block_policy().threshold}"
    ranges = _ranges(in_range, exempted, lang, tz)
    facts = [*_head(number, row, lang, tz), *ranges, (_COUNTED, tally)]
    screen.view((pick(name, lang), value) for name, value in facts)
    if row and row.evidence:
        _table(screen, _EVIDENCE, row.evidence, lang, tz)
    if counts:
        _table(screen, _COUNTED, counts, lang, tz)


def both(number: Number) -> str:
    """The normal form and the one for people."""
    return f"{number} ({spoken.number_text(number)})"


def state(row: BlockRow, lang: Language, tz: tzinfo) -> Cell:
    """Until when the block is in force, or that it no longer is."""
    if row.lifted_at:
        return Cell(pick(_LIFTED, lang), "dim")
    if not row.in_force(datetime.now(UTC)):
        return Cell(pick(_EXPIRED, lang), "dim")
    return Cell(spoken.until_text(row.until, tz, lang))


def _head(
    number: Number, row: BlockRow | None, lang: Language, tz: tzinfo
) -> Iterator[tuple[Pair, Cell | str]]:
    yield ("Nomor", "Number"), Cell(both(number), "bold")
    if row is None:
        yield ("Berlaku", "In force"), pick(("tidak pernah diblokir", "never blocked"), lang)
        return
    yield ("Berlaku", "In force"), state(row, lang, tz)
    yield ("Diblokir", "Blocked"), spoken.moment_text(row.blocked_at, tz, lang)
    yield ("Oleh", "By"), row.by
    yield ("Alasan", "Reason"), row.reason
    if row.owner:
        yield ("Penanggung jawab", "Owner"), row.owner
    if row.note:
        yield ("Catatan", "Note"), row.note
    for warning in row.warnings:
        yield ("Perhatian", "Mind"), Cell(pick(_WARNINGS[warning], lang), "yellow")
    yield ("Berapa kali", "Times"), str(row.times)
    yield from _since(row, lang, tz)


def _since(row: BlockRow, lang: Language, tz: tzinfo) -> Iterator[tuple[Pair, Cell | str]]:
    yield ("Panggilan ditolak", "Calls rejected"), str(row.rejections)
    if row.rejected_at:
        yield ("Terakhir ditolak", "Last rejected"), spoken.moment_text(row.rejected_at, tz, lang)
    if row.lifted_at:
        yield ("Dicabut", "Lifted"), spoken.moment_text(row.lifted_at, tz, lang)
        yield ("Dicabut oleh", "Lifted by"), row.lifted_by or ""
        yield ("Alasan pencabutan", "Reason of it"), row.lifted_reason or ""


def _ranges(
    in_range: RangeBlock | None, exempted: NumberExempted | None, lang: Language, tz: tzinfo
) -> Iterator[tuple[Pair, Cell | str]]:
    if in_range:
        lasting = spoken.until_text(in_range.until, tz, lang)
        people = f"{in_range.by}, {in_range.confirmed_by}"
        told = f"{in_range.span.prefix}... {lasting} ({people}): {in_range.reason}"
        yield ("Rentang diblokir", "Blocked range"), Cell(told, "yellow")
    if exempted:
        told = f"{exempted.prefix}... ({exempted.by}): {exempted.reason}"
        yield ("Dikecualikan dari", "Exempt from"), told


def _table(
    screen: Screen, title: Pair, evidence: Sequence[Evidence], lang: Language, tz: tzinfo
) -> None:
    screen.say("")
    screen.say(f"{pick(title, lang)}:")
    columns = [Column(heading=pick(name, lang)) for name in _COLUMNS]
    screen.table(
        columns,
        [
            (
                spoken.moment_text(one.at, tz, lang),
                spoken.short_id(one.call_id),
                one.agent,
                word(one.source, lang),
                one.recording or spoken.NOTHING,
            )
            for one in evidence
        ],
    )
