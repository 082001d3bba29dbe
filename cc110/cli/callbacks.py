"""``cc110 callbacks``: who hung up waiting, and who calls him back."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cc110.cli import spoken
from cc110.cli.context import Invocation, invocation, quiet_logs
from cc110.cli.options import By, Json, JsonLines, Lang, example, group
from cc110.cli.screen import Column, Row, Screen, note, print_json
from cc110.cli.words import Pair, pick, word
from cc110.core import callbacks as core
from cc110.core.callbacks import Book, CallbackPolicy, Missed
from cc110.core.numbers import normalise
from cc110.core.words import Language

if TYPE_CHECKING:
    from cc110.app.callbacks import CallbackPort

app = group(
    "Callers who hung up waiting: list, claim, call back, done.",
    "cc110 callbacks list",
    "cc110 callbacks call 0800-0000-110 --agent 1101",
)
_COLUMNS: Final[tuple[tuple[Pair, int], ...]] = (
    (("NOMOR", "NUMBER"), 0),
    (("MENUNGGU", "WAITED"), 1),
    (("KALI", "TIMES"), 2),
    (("PERTAMA", "FIRST"), 3),
    (("TERAKHIR", "LAST"), 0),
    (("ANTREAN", "QUEUE"), 2),
    (("KEADAAN", "STATE"), 0),
)
_STATES: Final[dict[str, Pair]] = {
    "open": ("menunggu", "waiting"),
    "claimed": ("diambil {who}", "claimed by {who}"),
    "on the line": ("sedang menelepon", "on the line"),
}
Who = Annotated[
    str, typer.Argument(help="His number in any usual form, or the call's id when he gave none.")
]
Agent = Annotated[str, typer.Option(help="The operator whose task it becomes.")]


@app.command(
    "list",
    epilog=example(
        "cc110 callbacks list",
        "cc110 callbacks list --queue polda-sumut --json",
        "cc110 callbacks list --open",
    ),
)
def list_callbacks(
    ctx: typer.Context,
    *,
    queue: Annotated[str | None, typer.Option(help="Only who waited in this queue.")] = None,
    only_open: Annotated[bool, typer.Option("--open", help="Only who is nobody's task.")] = False,
    json: JsonLines = False,
    lang: Lang = None,
) -> None:
    """List who hung up waiting and was not reached since, the longest first."""
    said = invocation(ctx, lang)
    now, policy = datetime.now(UTC), said.config().callback_policy()
    book = _book(said, now, policy)
    listed = [
        one
        for one in core.waiting(book, now, policy)
        if queue in (None, one.queue) and not (only_open and _state(one, book, now, policy)[1])
    ]
    if json:
        for one in listed:
            print_json(_as_json(one, book, now, policy))
        return
    _table(listed, book, now, policy, said.config().time_zone, said.lang)


@app.command("claim", epilog=example("cc110 callbacks claim 0800-0000-110 --agent 1101"))
def claim(ctx: typer.Context, who: Who, *, agent: Agent, by: By, json: Json = False) -> None:
    """Make somebody one operator's task; with *15 his phone then calls him."""
    said = invocation(ctx)
    done = _carried_out(said, lambda desk: desk.claim(_key(who), agent=agent, by=by))
    _confirm({"who": done, "agent": agent}, f"Operator {agent} calls back {done}.", json=json)


@app.command("call", epilog=example("cc110 callbacks call 0800-0000-110 --agent 1101"))
def call(ctx: typer.Context, who: Who, *, agent: Agent, by: By, json: Json = False) -> None:
    """Ring the operator's phone; when he answers, the person's is rung. Needs the daemon."""
    said = invocation(ctx)
    done = _carried_out(said, lambda desk: desk.call(_key(who), agent=agent, by=by))
    _confirm({"who": done, "agent": agent}, f"The phone of operator {agent} rings.", json=json)


@app.command(
    "done", epilog=example("cc110 callbacks done 0800-0000-110 --reason 'spoke with him on 021'")
)
def done(
    ctx: typer.Context,
    who: Who,
    *,
    reason: Annotated[str, typer.Option(help="Why nobody needs to call him any more.")],
    by: By,
    json: Json = False,
) -> None:
    """Take somebody off the list."""
    said = invocation(ctx)
    gone = _carried_out(said, lambda desk: desk.drop(_key(who), reason=reason, by=by))
    _confirm({"who": gone}, f"Off the list: {gone}.", json=json)


def _key(who: str) -> str:
    """A number in normal form; a call's id as it is."""
    return normalise(who) or who.strip()


def _carried_out(said: Invocation, what: "Callable[[CallbackPort], Awaitable[str]]") -> str:
    from cc110.app.callbacks import open_callbacks

    quiet_logs(said)

    async def carry_out() -> str:
        async with open_callbacks(said.config()) as desk:
            return await what(desk)

    return asyncio.run(carry_out())


def _confirm(told: dict[str, str], sentence: str, *, json: bool) -> None:
    if json:
        print_json(told)
    else:
        Screen().say(sentence)


def _book(said: Invocation, now: datetime, policy: CallbackPolicy) -> Book:
    from cc110.cli.records import asked
    from cc110.journal import queries

    told = asked(said.config(), queries.callback_events, now - policy.keep - core.LONGEST_CALL)
    return core.replay((recorded.event for recorded in told), policy)


def _state(one: Missed, book: Book, now: datetime, policy: CallbackPolicy) -> tuple[str, str]:
    """The state, and whose task he is."""
    if one.number in book.calling:
        return "on the line", one.claimed(now, policy) or "-"
    agent = one.claimed(now, policy)
    return ("claimed", agent) if agent else ("open", "")


def _table(
    listed: Sequence[Missed],
    book: Book,
    now: datetime,
    policy: CallbackPolicy,
    tz: tzinfo,
    lang: Language,
) -> None:
    columns = [Column(heading=pick(name, lang), rank=rank) for name, rank in _COLUMNS]
    rows = [_row(one, "; ".join(_said(one, book, now, policy, lang)), tz, lang) for one in listed]
    Screen().table(columns, rows)
    if not listed:
        note(
            pick(("Tidak ada yang perlu ditelepon balik.", "Nobody needs to be called back."), lang)
        )


def _said(
    one: Missed, book: Book, now: datetime, policy: CallbackPolicy, lang: Language
) -> Iterator[str]:
    state, agent = _state(one, book, now, policy)
    yield pick(_STATES[state], lang).format(who=agent)
    if one.outcome:
        yield f"{word(one.outcome, lang)} ({one.tries}x)"
    if core.why_not(one, policy):
        yield pick(("tidak dapat ditelepon", "can't be called"), lang)


def _row(one: Missed, state: str, tz: tzinfo, lang: Language) -> Row:
    return (
        spoken.number_text(one.number) if one.number else one.call_id,
        spoken.seconds_text(one.waited_s, lang),
        str(one.calls),
        spoken.clock_text(one.first_at, tz, lang),
        spoken.clock_text(one.last_at, tz, lang),
        one.queue,
        state,
    )


def _as_json(one: Missed, book: Book, now: datetime, policy: CallbackPolicy) -> dict[str, object]:
    state, agent = _state(one, book, now, policy)
    return {
        "number": one.number,
        "number_source": one.source,
        "queue": one.queue,
        "missed_call": one.call_id,
        "first_at": one.first_at,
        "last_at": one.last_at,
        "waited_s": one.waited_s,
        "calls": one.calls,
        "state": state,
        "agent": agent or None,
        "tries": one.tries,
        "outcome": one.outcome,
        "why_not": core.why_not(one, policy),
    }
