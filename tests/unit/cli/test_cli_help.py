"""The help of every command, its examples, and what a start costs."""

import shlex
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import typer.main

from cc110 import __version__
from cc110.cli.main import app
from tests.unit.cli.shell import Shell

ROOT: Any = typer.main.get_command(app)
HEAVY = ("alembic", "panoramisk", "phonenumbers", "pydantic", "sqlalchemy", "structlog", "uvloop")
COMMANDS = """
    run daemon check render diff apply rollback history doctor explain simulate verify-day test-call
    pbx pbx_install pbx_start pbx_stop pbx_status pbx_console
    calls calls_list calls_show calls_follow calls_withdraw cases cases_list cases_show cases_close
    agents agents_list agents_account agents_login agents_logout agents_pause agents_unpause
    bans bans_list bans_lift
    shifts shifts_now shifts_next shifts_week
    callbacks callbacks_list callbacks_claim callbacks_call callbacks_done
    blocklist blocklist_add blocklist_remove blocklist_show blocklist_history
    blocklist_import blocklist_export blocklist_verify blocklist_list blocklist_range
    blocklist_range_add blocklist_range_confirm blocklist_range_remove blocklist_range_list
    directory directory_list directory_show directory_export directory_import
    journal journal_verify
    recordings recordings_list recordings_verify recordings_export recordings_purge
    recordings_hold recordings_release
"""
PRINTS_NO_DATA = {"run", "daemon", "pbx console", "blocklist export", "directory export"}


def paths(command: Any = ROOT, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command and group with the words that lead to it."""
    yield path
    for name, below in getattr(command, "commands", {}).items():
        yield from paths(below, (*path, name))


def leaf(words: list[str]) -> tuple[Any, list[str]]:
    """The command that words lead to, and what is left for it."""
    context = ROOT.make_context("cc110", list(words))
    while hasattr(context.command, "commands"):
        name, command, rest = context.command.resolve_command(context, context_args(context))
        context = command.make_context(name, rest, parent=context)
    return context.command, context.args


def context_args(context: Any) -> list[str]:
    """What a group's context leaves for the command below it."""
    return [*context._protected_args, *context.args]


PATHS = list(paths())


def test_every_command_of_the_contract_is_there() -> None:
    """Nothing is missing and nothing is named otherwise."""
    assert {" ".join(path) for path in PATHS} == {
        "",
        *(name.replace("_", " ") for name in COMMANDS.split()),
    }


@pytest.mark.parametrize("path", PATHS, ids=" ".join)
def test_help_shows_an_example_that_is_right_usage(path: tuple[str, ...], shell: Shell) -> None:
    """Each example can be typed as it stands, and stays on one line of a small screen."""
    answer = shell(*path, "--help")
    _, _, examples = answer.out.partition("Example:\n")
    lines = [line.strip() for line in examples.splitlines() if line.strip()]

    assert answer.code == 0
    assert lines
    for line in lines:
        words = shlex.split(line.split("|")[0], comments=True)
        while "=" in words[0]:
            words.pop(0)
        assert words.pop(0) == "cc110", line
        leaf(words)
        assert len(line) < 78


@pytest.mark.parametrize("path", [one for one in PATHS if one], ids=" ".join)
def test_every_command_that_prints_data_can_print_json(path: tuple[str, ...]) -> None:
    """Only what runs until it is stopped, the PBX's own console, and CSV, have no `--json`."""
    command = ROOT
    for name in path:
        command = command.commands[name]
    if hasattr(command, "commands") or " ".join(path) in PRINTS_NO_DATA:
        return

    assert "--json" in {option for parameter in command.params for option in parameter.opts}


@pytest.mark.parametrize(
    ("words", "needed"), [(["--help"], []), (["calls", "list", "--help"], ["pydantic"])]
)
def test_help_loads_nothing_heavy(words: list[str], needed: list[str]) -> None:
    """Half a second and more goes into the database alone; typer reads options with pydantic."""
    code = (
        "import sys, contextlib\n"
        "from cc110.cli.main import app\n"
        f"with contextlib.suppress(SystemExit): app({words})\n"
        f"print(*(name for name in {HEAVY} if name in sys.modules), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stderr.split() == needed


def test_the_version_is_one_line(shell: Shell) -> None:
    """For bug reports and scripts."""
    assert shell("--version").out == f"cc110 {__version__}\n"


def test_script_and_module_are_the_same_program(shell: Shell) -> None:
    """`python -m cc110.cli.main` calls itself cc110 as well."""
    out, _ = shell.start("--help").communicate(timeout=30)

    assert out.startswith("Usage: cc110 ")
