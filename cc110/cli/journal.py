"""``cc110 journal``: proof that nobody changed what was recorded."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cc110.cli.context import invocation
from cc110.cli.options import Json, example, group
from cc110.cli.screen import Screen, note, print_json
from cc110.ports import Cc110Error

if TYPE_CHECKING:
    from cc110.config.model import Config
    from cc110.journal.chain import Tip
    from cc110.journal.verify import Verification

VERIFY_EXAMPLE: Final = example(
    "cc110 journal verify",
    "cc110 journal verify --save-tip /media/usb/tip    # how far it is proved",
    "cc110 journal verify --from-tip /media/usb/tip    # the rest, and its end",
)
app = group("The journal itself: its chain of hashes.", "cc110 journal verify")


class ChainBroken(Cc110Error):
    """The journal was changed after it was written."""


@app.command("verify", epilog=VERIFY_EXAMPLE)
def verify(
    ctx: typer.Context,
    *,
    from_tip: Annotated[
        Path | None,
        typer.Option(
            "--from-tip",
            help="Begin at the event noted in this file; it has to be there as it was.",
            dir_okay=False,
            show_default=False,
        ),
    ] = None,
    save_tip: Annotated[
        Path | None,
        typer.Option(
            "--save-tip",
            help="Note the last proved event in this file. Keep it where the journal is not.",
            dir_okay=False,
            show_default=False,
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Walk along the chain of hashes, and name the first event that was changed, removed or put in.

    The chain alone can't miss an end that was cut off: a noted tip does. Exit code 1 when it is broken.
    """
    from cc110.journal.tipfile import read_tip_file, write_tip_file

    said = invocation(ctx)
    start = read_tip_file(from_tip) if from_tip else None
    found = asyncio.run(_walk(said.config(), start))
    if json:
        print_json(
            {"ok": found.ok, "from": start.seq if start else 0, "tip": found.tip, "bad": found.bad}
        )
    elif found.bad is None:
        Screen().say(_whole(start, found))
    if found.bad is not None:
        raise ChainBroken(f"the journal is broken at seq {found.bad.seq}: {found.bad.reason}")
    if save_tip:
        write_tip_file(save_tip, found.tip)
        note(f"{save_tip} names seq {found.tip.seq} as proved.")


async def _walk(config: "Config", start: "Tip | None") -> "Verification":
    from cc110.cli.progress import progress
    from cc110.journal.engine import ask, reading
    from cc110.journal.store import read_tip
    from cc110.journal.verify import verify as walk

    async with reading(config.journal_url.get_secret_value()) as engine:
        total = (await ask(engine, read_tip)).seq
        with progress("Events verified", total) as tell:
            return await walk(engine, start=start, on_page=lambda seq: tell(seq - seq % 1000))


def _whole(start: "Tip | None", found: "Verification") -> str:
    first = start.seq + 1 if start else 1
    if found.tip.seq < first:
        return (
            f"Nothing new since seq {first - 1}, which is as it was."
            if start
            else "The journal is empty."
        )
    return (
        f"Events {first} to {found.tip.seq} are as they were written; the last is {found.tip.id}."
    )
