"""``cc110 run`` and ``cc110 daemon``: until Ctrl-C or SIGTERM."""

from enum import StrEnum
from typing import Annotated, Final

import typer

from cc110.cli.context import invocation
from cc110.cli.options import example

RUN_EXAMPLE: Final = example("cc110 run", "CC110_SIP__PORT=5070 cc110 run --pbx external")
DAEMON_EXAMPLE: Final = example("cc110 daemon", "cc110 --site /srv/110/site daemon")


class Pbx(StrEnum):
    """Whose Asterisk it is."""

    EMBEDDED = "embedded"
    EXTERNAL = "external"


def run(
    ctx: typer.Context,
    *,
    pbx: Annotated[
        Pbx, typer.Option(help="The PBX that cc110 unpacks and runs, or one that is there.")
    ] = Pbx.EMBEDDED,
) -> None:
    """Run PBX and daemon until Ctrl-C.

    Nothing starts while `cc110 check` finds an error. The PBX is fetched at the first time. Ctrl-C
    ends everything in good order and leaves no process; a second one ends it at once.
    """
    from cc110.cli.serving import serve_all

    serve_all(invocation(ctx), external=pbx is Pbx.EXTERNAL)


def daemon(ctx: typer.Context) -> None:
    """Run the daemon alone, until Ctrl-C.

    The PBX may come later, and may go: calls go on without the daemon, and it without the PBX.
    """
    from cc110.cli.serving import serve_daemon

    serve_daemon(invocation(ctx))
