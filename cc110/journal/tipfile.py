"""A tip in a file: how far somebody has proved a journal."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from cc110.journal.chain import Tip
from cc110.ports import Cc110Error


@dataclass(frozen=True, kw_only=True)
class _Noted:
    """A tip of which nothing is left out."""

    seq: int
    id: str
    hash: str


_TIP = TypeAdapter(_Noted)


class NotATip(Cc110Error):
    """The file names no event of a journal."""


def read_tip_file(path: Path) -> Tip:
    """The tip in a file.

    Raises:
        NotATip: it has none.
        OSError: it can't be read.
    """
    try:
        noted = _TIP.validate_json(path.read_bytes(), strict=True, extra="forbid")
    except ValidationError as error:
        raise NotATip(f"{path} was not written by `cc110 journal verify --save-tip`") from error
    return Tip(**asdict(noted))


def write_tip_file(path: Path, tip: Tip) -> None:
    """Note a tip; the file is replaced as a whole or not at all.

    Raises:
        OSError: it can't be written; the old one is as it was.
    """
    new = path.with_name(f".{path.name}.new")
    with new.open("w", encoding="utf-8") as file:
        file.write(json.dumps(asdict(tip)) + "\n")
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
