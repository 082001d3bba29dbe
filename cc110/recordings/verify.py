"""Every recording held against the manifest, and the manifest against itself and the journal."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from cc110.recordings.cipher import SUFFIX
from cc110.recordings.folder import TEST, PathRefused, RecordingsFolder
from cc110.recordings.manifest import (
    START,
    Row,
    RowDamaged,
    lines,
    manifest_of,
    months,
    row_of,
)
from cc110.recordings.seal import file_hash


class Fault(StrEnum):
    """What can be wrong."""

    ROW = "row"
    """A line of the manifest was changed."""
    CHAIN = "chain"
    """A line was taken out, put in or moved, or the manifest before is another."""
    CHANGED = "changed"
    """The file is not the one that was stored."""
    MISSING = "missing"
    """The file is gone, and nobody erased it."""
    NOT_ERASED = "not-erased"
    """The manifest says that it was erased, and it is there."""
    NOT_LISTED = "not-listed"
    """A file without a row: not finalised yet, or put there by somebody."""
    JOURNAL = "journal"
    """The journal knows of the recording, and the manifest does not, or has another."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that is wrong."""

    fault: Fault
    path: str
    """The recording, or the manifest and its line."""
    said: str


def verify(root: Path, journaled: Mapping[str, tuple[str, str]]) -> Iterator[Finding]:
    """Everything that is wrong, month by month; one month at a time is in memory.

    Args:
        root: the recordings folder.
        journaled: what the journal says: by call, path and SHA-256 of each recording that is there.
    """
    folder = RecordingsFolder(root)
    seen: set[str] = set()
    for month in months(root):
        newest: dict[str, Row] = {}
        yield from _manifest(root, month, newest)
        for row in newest.values():
            yield from _file(folder, row)
            yield from _against_journal(row, journaled)
        yield from _unlisted(root, month, newest)
        seen |= newest.keys() & journaled.keys()
    for call_id in sorted(journaled.keys() - seen):
        path, _ = journaled[call_id]
        yield Finding(
            fault=Fault.JOURNAL, path=path, said="the journal has it, the manifest does not"
        )


def _manifest(root: Path, month: str, newest: dict[str, Row]) -> Iterator[Finding]:
    file = manifest_of(root, month)
    before: str | None = None
    for number, line in enumerate(lines(file), start=1):
        place = f"{month}/{file.name}:{number}"
        try:
            row = row_of(line)
        except RowDamaged as error:
            yield Finding(fault=Fault.ROW, path=place, said=str(error))
            before = _claimed(line)
            continue
        if before is None and number == 1 and not _goes_on(root, month, row):
            said = "the manifest that it goes on from is not there, or is another"
            yield Finding(fault=Fault.CHAIN, path=place, said=said)
        elif before is not None and row.prev != before:
            yield Finding(
                fault=Fault.CHAIN, path=place, said="the row before it is not the one it had"
            )
        before = row.hash
        newest[row.entry.call_id] = row


def _claimed(line: bytes) -> str:
    """The hash that a damaged row says it has, so that it is named once and not its neighbour too."""
    _, _, end = line.rpartition(b'"hash":"')
    return end[:64].decode(errors="replace")


def _goes_on(root: Path, month: str, first: Row) -> bool:
    """Whether some earlier manifest has the row before; or there was none when this one began."""
    earlier = [manifest_of(root, one) for one in months(root) if one < month]
    if first.prev == START:
        return all(_began_at(file) >= first.at for file in earlier)
    wanted = f'"hash":"{first.prev}"'.encode()
    return any(wanted in line for file in reversed(earlier) for line in lines(file))


def _began_at(file: Path) -> str:
    try:
        return row_of(next(lines(file))).at
    except (RowDamaged, StopIteration):
        return ""


def _file(folder: RecordingsFolder, row: Row) -> Iterator[Finding]:
    entry = row.entry
    if entry.kind == "erased":
        plain = entry.path.removesuffix(SUFFIX)
        if any((folder.root / name).exists() for name in (plain, plain + SUFFIX)):
            yield Finding(fault=Fault.NOT_ERASED, path=entry.path, said="erased, and it is there")
        return
    if entry.kind == "erasing":
        return
    try:
        same = file_hash(folder, entry.path) == entry.sha256
    except FileNotFoundError:
        yield Finding(
            fault=Fault.MISSING, path=entry.path, said="the file is gone; nobody erased it"
        )
    except (OSError, PathRefused) as error:
        yield Finding(fault=Fault.MISSING, path=entry.path, said=f"it can't be read: {error}")
    else:
        if not same:
            said = "the file is not the one that was stored"
            yield Finding(fault=Fault.CHANGED, path=entry.path, said=said)


def _against_journal(row: Row, journaled: Mapping[str, tuple[str, str]]) -> Iterator[Finding]:
    _, sha256 = journaled.get(row.entry.call_id, ("", ""))
    if sha256 and sha256 != row.entry.audio_sha256:
        said = "the journal has another recording of this call"
        yield Finding(fault=Fault.JOURNAL, path=row.entry.path, said=said)


def _unlisted(root: Path, month: str, newest: Mapping[str, Row]) -> Iterator[Finding]:
    for file in sorted((root / month).glob("[0-9][0-9]/*.wav*")):
        call_id = file.name.partition(".wav")[0]
        if call_id not in newest and not call_id.startswith(TEST):
            path = str(file.relative_to(root))
            yield Finding(fault=Fault.NOT_LISTED, path=path, said="it is not in the manifest")
