"""One rendered file."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

SETTINGS: Final = "site/settings.toml"
DIRECTORY: Final = "site/directory.toml"
PASSWORDS: Final = "secrets.toml"


@dataclass(frozen=True, kw_only=True)
class Table:
    """Lines of configuration, and where their data comes from."""

    sources: tuple[str, ...]
    """Files of the site, as people know them."""
    lines: tuple[str, ...]
    secret: bool = False
    """Whether only the owner may read it."""

    @property
    def text(self) -> str:
        """The file's content, with a head that keeps people from editing it."""
        named = ", ".join(self.sources[:-1])
        sources = f"{named} and {self.sources[-1]}" if named else self.sources[-1]
        head = f"; Rendered by cc110 from {sources}; do not edit."
        return "\n".join((head, *self.lines, ""))


def section(name: str, template: str, *lines: str) -> tuple[str, ...]:
    """A section that inherits from a template of the hand-written configuration."""
    return ("", f"[{name}]({template})", *lines)


def flat(parts: Iterable[Iterable[str]]) -> tuple[str, ...]:
    """All lines of all parts."""
    return tuple(line for part in parts for line in part)


def endpoint_address(host: str, port: int) -> str:
    """``127.0.0.1:5060``, ``[::1]:5060``."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
