"""``cc110 agents``: operators, their phones and what they do."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cc110.cli.context import invocation, quiet_logs
from cc110.cli.options import Json, JsonLines, Lang, example, group
from cc110.cli.screen import Cell, Column, Row, Screen, note, print_json
from cc110.cli.spoken import NOTHING
from cc110.cli.words import Pair, pick, word
from cc110.core.ids import AgentId
from cc110.core.words import AgentState, Language

if TYPE_CHECKING:
    from cc110.app import OperatorDesk
    from cc110.cli.roster import Seat

app = group(
    "Operators: list, phone settings, log in and out, pause.",
    "cc110 agents list",
    "cc110 agents account 1101",
)

Agent = Annotated[str, typer.Argument(metavar="ID", help="An operator's extension, such as 1101.")]
_COLUMNS: Final[tuple[tuple[Pair, int], ...]] = (
    (("OPERATOR", "OPERATOR"), 0),
    (("NAMA", "NAME"), 1),
    (("UNIT", "UNIT"), 2),
    (("ANTREAN", "QUEUES"), 3),
    (("KEADAAN", "STATE"), 0),
)
_STYLES: Final = {
    AgentState.IDLE: "green",
    AgentState.TALKING: "cyan",
    AgentState.RINGING: "cyan",
    AgentState.WRAP_UP: "yellow",
    AgentState.PAUSED: "yellow",
    AgentState.OFFLINE: "dim",
}
_UNREACHABLE: Final[Pair] = ("telepon tidak terjangkau", "phone out of reach")
_FROM_JOURNAL: Final[Pair] = (
    "PBX tidak terjangkau ({}): inilah catatan terakhir di jurnal.",
    "The PBX is out of reach ({}): this is the journal's last word.",
)


@app.command("list", epilog=example("cc110 agents list", "cc110 agents list --json"))
def list_agents(ctx: typer.Context, *, json: JsonLines = False, lang: Lang = None) -> None:
    """List operators and what they do.

    As the PBX sees them; if it is out of reach, as the journal last knew them.
    """
    from cc110.cli.roster import seats

    said = invocation(ctx, lang)
    quiet_logs(said)
    found = asyncio.run(seats(said.config()))
    if json:
        for seat in found.seats:
            print_json(seat)
        return
    columns = [Column(heading=pick(name, said.lang), rank=rank) for name, rank in _COLUMNS]
    Screen().table(columns, [_row(seat, said.lang) for seat in found.seats])
    if found.trouble:
        note(pick(_FROM_JOURNAL, said.lang).format(found.trouble))


@app.command(
    "account", epilog=example("cc110 agents account 1101", "cc110 agents account 7101 --json")
)
def account(
    ctx: typer.Context,
    agent: Annotated[
        str, typer.Argument(metavar="ID", help="Extension of an operator or of a Polres.")
    ],
    *,
    json: Json = False,
) -> None:
    """Print a softphone's settings, PASSWORD INCLUDED.

    It is the only command that prints a password. There is no default: it is made at first use.
    """
    from cc110.config.secrets import account as account_of
    from cc110.config.secrets import ensure_secrets

    config = invocation(ctx).config()
    found = account_of(config, ensure_secrets(config), agent)
    facts = {
        "user": found.user,
        "password": found.password.get_secret_value(),
        "registrar": found.registrar,
        "transport": found.transport,
        "display_name": found.display_name,
    }
    if json:
        print_json(facts)
    else:
        Screen().view((name.replace("_", " ").capitalize(), text) for name, text in facts.items())


@app.command("login", epilog=example("cc110 agents login 1101"))
def login(ctx: typer.Context, agent: Agent, *, json: Json = False) -> None:
    """Let an operator take calls of his queues, as *11 on his phone does."""
    _do(ctx, agent, lambda desk, who: desk.login(who), "takes calls now", json=json)


@app.command("logout", epilog=example("cc110 agents logout 1101"))
def logout(ctx: typer.Context, agent: Agent, *, json: Json = False) -> None:
    """Let an operator take no more calls, as *12 on his phone does."""
    _do(ctx, agent, lambda desk, who: desk.logout(who), "takes no more calls", json=json)


@app.command("pause", epilog=example("cc110 agents pause 1101 --reason sholat"))
def pause(
    ctx: typer.Context,
    agent: Agent,
    *,
    reason: Annotated[str, typer.Option(help="Why; supervisors see it.")] = "",
    json: Json = False,
) -> None:
    """Pause an operator in all his queues, as *13 on his phone does."""
    _do(
        ctx,
        agent,
        lambda desk, who: desk.pause(who, paused=True, reason=reason),
        "pauses",
        json=json,
        logged_in=True,
    )


@app.command("unpause", epilog=example("cc110 agents unpause 1101"))
def unpause(ctx: typer.Context, agent: Agent, *, json: Json = False) -> None:
    """End an operator's pause, as *14 on his phone does."""
    _do(
        ctx,
        agent,
        lambda desk, who: desk.pause(who, paused=False, reason=""),
        "is back from the pause",
        json=json,
        logged_in=True,
    )


def _do(
    ctx: typer.Context,
    agent: str,
    action: "Callable[[OperatorDesk, AgentId], Awaitable[None]]",
    done: str,
    *,
    json: bool,
    logged_in: bool = False,
) -> None:
    from cc110.cli.roster import acting, operator_of

    said = invocation(ctx)
    quiet_logs(said)
    config = said.config()
    operator = operator_of(config, agent)
    acts = acting(config, operator.id, lambda desk: action(desk, operator.id), logged_in=logged_in)
    asyncio.run(acts)
    if json:
        print_json({"agent": operator.id, "done": done})
    else:
        Screen().say(f"Operator {operator.id} ({operator.name}) {done}.")


def _row(seat: "Seat", lang: Language) -> Row:
    gone = seat.state is AgentState.OFFLINE and seat.queues
    state = pick(_UNREACHABLE, lang) if gone else word(seat.state, lang)
    reason = f" ({seat.reason})" if seat.reason else ""
    return (
        seat.agent,
        seat.name,
        seat.unit,
        ", ".join(seat.queues) or NOTHING,
        Cell(f"{state}{reason}", _STYLES[seat.state]),
    )
