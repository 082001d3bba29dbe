"""Options and help texts that several commands share."""

import getpass
import sys
from typing import Annotated, Final

import typer

from cc110.core.words import Language

# Boxes and colours in help and usage errors are for a terminal; elsewhere they are plain text.
MARKUP: Final = "rich" if sys.stdout.isatty() and sys.stderr.isatty() else None

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
JsonLines = Annotated[
    bool, typer.Option("--json", help="Print JSON for programs, one object per line.")
]
Lang = Annotated[
    Language | None,
    typer.Option("--lang", help="Language of what is shown: id or en.", show_default=False),
]
By = Annotated[
    str,
    typer.Option(
        "--by",
        help="Who does it; it is written down with it.",
        default_factory=getpass.getuser,
        show_default="your login name",
    ),
]


def example(*lines: str) -> str:
    """The end of a command's help: lines to type, kept as they are."""
    shown = "\n".join(f"  {line}" for line in lines)
    return f"\b\nExample:\n{shown}"


def group(help_: str, *examples: str) -> typer.Typer:
    """A group of commands."""
    return typer.Typer(
        help=help_, epilog=example(*examples), no_args_is_help=True, rich_markup_mode=MARKUP
    )
