"""A copy of the demo site, free to be broken."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cc110.config.load import Examined, examine, load
from cc110.config.model import Config

CHECKOUT: Final = Path(__file__).resolve().parents[3]


def copy_or_link(source: str, target: str) -> None:
    """Copy a file; link audio, which tests remove but never change."""
    if source.endswith(".wav"):
        Path(target).symlink_to(source)
    else:
        shutil.copy(source, target)


@dataclass(frozen=True)
class SiteCopy:
    """A checkout with a site of its own; the PBX's files are copied on demand."""

    root: Path

    @classmethod
    def under(cls, folder: Path) -> "SiteCopy":
        shutil.copytree(CHECKOUT / "site", folder / "site")
        return cls(folder)

    def with_pbx_files(self) -> "SiteCopy":
        for name in ("asterisk-conf", "dialplan"):
            shutil.copytree(CHECKOUT / name, self.root / name, copy_function=copy_or_link)
        return self

    def file(self, name: str) -> Path:
        return self.root / name

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace the first ``old``, which must be there."""
        text = self.file(name).read_text()
        assert old in text, f"{name} has no {old!r}"
        self.file(name).write_text(text.replace(old, new, 1))

    def append(self, name: str, text: str) -> None:
        with self.file(name).open("a") as file:
            file.write(text)

    def line(self, name: str, text: str) -> int:
        """The number of the first line with that text."""
        lines = self.file(name).read_text().splitlines()
        return next(number for number, line in enumerate(lines, 1) if text in line)

    def examine(self, **environ: str) -> Examined:
        return examine(environ=environ, root=self.root)

    def problems(self, **environ: str) -> list[str]:
        return [str(problem) for problem in self.examine(**environ).problems]

    def load(self, **environ: str) -> Config:
        return load(environ=environ, root=self.root)
