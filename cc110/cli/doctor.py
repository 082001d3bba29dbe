"""``cc110 doctor``: stub while the rest is tried."""

import typer

from cc110.cli.options import example

EXAMPLE = example("cc110 doctor")


def doctor(ctx: typer.Context) -> None:
    """x"""
