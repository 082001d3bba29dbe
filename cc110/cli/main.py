"""``cc110``: the command line."""

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from cc110 import __version__
from cc110.cli import (
    agents,
    bans,
    block_audit,
    block_ranges,
    blocklist,
    callbacks,
    calls,
    cases,
    check,
    day,
    directory,
    doctor,
    explain,
    journal,
    list_files,
    pbx,
    recordings,
    run,
    shifts,
    simulate,
    site,
    synthetic,
)
from cc110.cli.context import Invocation
from cc110.cli.failing import report
from cc110.cli.options import MARKUP, example
from cc110.core.words import Language


class _Root(TyperGroup):
    """Turns what a command raises into one sentence and exit code 1."""

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]
        """Run the command."""
        try:
            return super().invoke(ctx)
        except (typer.Exit, typer.Abort, typer.TyperException):
            raise
        except Exception as error:
            raise typer.Exit(report(error, verbose=bool(ctx.params.get("verbose")))) from error


app = typer.Typer(
    cls=_Root,
    name="cc110",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=MARKUP,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=example(
        "cc110 run                    # PBX and daemon, until Ctrl-C",
        "cc110 agents account 1101    # settings for an operator's softphone",
        "cc110 calls follow           # what happens, as it happens",
        "cc110 blocklist add 0812-3456-7890 --reason 'prank calls' --for 30d",
    ),
)
app.command("run", epilog=run.RUN_EXAMPLE)(run.run)
app.command("daemon", epilog=run.DAEMON_EXAMPLE)(run.daemon)
app.command("check", epilog=check.EXAMPLE)(check.check)
app.command("render", epilog=site.RENDER_EXAMPLE)(site.render)
app.command("diff", epilog=site.DIFF_EXAMPLE)(site.diff)
app.command("apply", epilog=site.APPLY_EXAMPLE)(site.apply)
app.command("rollback", epilog=site.ROLLBACK_EXAMPLE)(site.rollback)
app.command("history", epilog=site.HISTORY_EXAMPLE)(site.history)
app.command("doctor", epilog=doctor.EXAMPLE)(doctor.doctor)
blocklist.app.command("import", epilog=list_files.IMPORT_EXAMPLE)(list_files.import_)
blocklist.app.command("export", epilog=list_files.EXPORT_EXAMPLE)(list_files.export)
blocklist.app.command("history", epilog=block_audit.HISTORY_EXAMPLE)(block_audit.history)
blocklist.app.command("verify", epilog=block_audit.VERIFY_EXAMPLE)(block_audit.verify)
blocklist.app.add_typer(block_ranges.app, name="range")
app.command("simulate", epilog=simulate.EXAMPLE)(simulate.simulate)
app.command("explain", epilog=explain.EXAMPLE)(explain.explain)
app.command("verify-day", epilog=day.EXAMPLE)(day.verify_day)
app.command("test-call", epilog=synthetic.EXAMPLE)(synthetic.place)
app.add_typer(pbx.app, name="pbx")
app.add_typer(calls.app, name="calls")
app.add_typer(callbacks.app, name="callbacks")
app.add_typer(cases.app, name="cases")
app.add_typer(agents.app, name="agents")
app.add_typer(shifts.app, name="shifts")
app.add_typer(bans.app, name="bans")
app.add_typer(blocklist.app, name="blocklist")
app.add_typer(directory.app, name="directory")
app.add_typer(journal.app, name="journal")
app.add_typer(recordings.app, name="recordings")


def _version(asked: bool) -> None:
    if asked:
        print(f"cc110 {__version__}")
        raise typer.Exit


@app.callback()
def root(
    ctx: typer.Context,
    *,
    site: Annotated[
        Path | None,
        typer.Option("--site", help="Folder of the site's data (CC110_SITE).", show_default=False),
    ] = None,
    home: Annotated[
        Path | None,
        typer.Option(
            "--home", help="Folder that cc110 writes in (CC110_HOME).", show_default=False
        ),
    ] = None,
    lang: Annotated[
        Language, typer.Option("--lang", help="Language of calls, cases and operators.")
    ] = Language.INDONESIAN,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Show tracebacks and the program's own log.")
    ] = False,
    _: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", callback=_version, is_eager=True),
    ] = False,
) -> None:
    """Telephony control for Indonesia's police line 110, beside an Asterisk PBX.

    Exit code 0: done; 1: refused or failed, with one sentence on standard error; 2: wrong usage.
    """
    ctx.obj = Invocation(site=site, home=home, lang=lang, verbose=verbose)


def main() -> None:
    """The entry point of the ``cc110`` script."""
    app(prog_name="cc110")


if __name__ == "__main__":
    main()
