"""Where a call goes on: outcomes that have no branch, lines that nobody reaches, callers without a way out."""

import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from itertools import pairwise
from typing import Final

from cc110.config.problem import Problem, Severity, hint
from cc110.pbx.dialplan.arguments import is_literal
from cc110.pbx.dialplan.model import Context, Dialplan, Extension, Step
from cc110.pbx.dialplan.targets import Target, targets_of

OUTCOMES: Final[Mapping[str, frozenset[str]]] = {
    "DIALSTATUS": frozenset(
        [
            "CHANUNAVAIL",
            "CONGESTION",
            "NOANSWER",
            "BUSY",
            "ANSWER",
            "CANCEL",
            "DONTCALL",
            "TORTURE",
            "INVALIDARGS",
        ]
    ),
    "QUEUESTATUS": frozenset(
        [
            "TIMEOUT",
            "FULL",
            "JOINEMPTY",
            "LEAVEEMPTY",
            "JOINUNAVAIL",
            "LEAVEUNAVAIL",
            "CONTINUE",
            "WITHDRAW",
        ]
    ),
    "AQMSTATUS": frozenset(["ADDED", "MEMBERALREADY", "NOSUCHQUEUE"]),
    "RQMSTATUS": frozenset(["REMOVED", "NOTINQUEUE", "NOSUCHQUEUE", "NOTDYNAMIC"]),
    "PQMSTATUS": frozenset(["PAUSED", "NOTFOUND"]),
    "UPQMSTATUS": frozenset(["UNPAUSED", "NOTFOUND"]),
    "BRIDGERESULT": frozenset(["SUCCESS", "FAILURE", "LOOP", "NONEXISTENT", "INCOMPATIBLE"]),
    "ORIGINATE_STATUS": frozenset(
        ["FAILED", "SUCCESS", "BUSY", "CONGESTION", "HANGUP", "RINGING", "UNKNOWN"]
    ),
    "PLAYBACKSTATUS": frozenset(["SUCCESS", "FAILED"]),
    "READSTATUS": frozenset(["OK", "ERROR", "HANGUP", "INTERRUPTED", "SKIPPED", "TIMEOUT"]),
    "WAITSTATUS": frozenset(["SILENCE", "NOISE", "TIMEOUT"]),
    "AGISTATUS": frozenset(["SUCCESS", "FAILURE", "NOTFOUND", "HANGUP"]),
    "TRANSFERSTATUS": frozenset(["SUCCESS", "FAILURE", "UNSUPPORTED"]),
    "MESSAGE_SEND_STATUS": frozenset(["INVALID_PROTOCOL", "INVALID_URI", "FAILURE", "SUCCESS"]),
}
"""Each variable that an application leaves behind, and all that it may hold (docs.asterisk.org, by application)."""
EXITS: Final = ("i", "t", "T", "e")
"""Where Asterisk looks when a caller's way ends otherwise: invalid, time-outs, errors."""
_ENDS: Final = frozenset({"goto", "hangup", "return", "congestion", "busy"})
_GOES_ON: Final = frozenset({"dial", "queue", "bridge", "retrydial", "gotoif"})
_COMPARED: Final = re.compile(r'"(x?)\$\{([A-Z_]+)\}"\s*!?=\s*"(x?)([^"$]*)"')
_COMPUTED: Final = re.compile(
    r"^(?:(?P<context>[\w-]+),)?(?P<before>[\w-]*)\$\{(?:TOLOWER\(\$\{)?(?P<name>[A-Z_]+)(?:\}\))?\}(?P<after>[\w-]*),1$"
)


def flow_problems(dialplan: Dialplan, callers: AbstractSet[str]) -> Iterator[Problem]:
    """Every dead end; ``callers`` are the contexts in which a caller's way begins."""
    named = _named_priorities(dialplan)
    for context in dialplan.contexts.values():
        for extension in context.extensions.values():
            yield from _unreached(context, extension, named)
            yield from _last_word(extension)
            for step in extension.steps:
                yield from _outcomes(step)
                yield from _computed(dialplan, context, step)
    yield from _without_exits(dialplan, callers)


def _outcomes(step: Step) -> Iterator[Problem]:
    for marked, name, also_marked, value in _COMPARED.findall(step.args):
        known = OUTCOMES.get(name)
        if known is None:
            continue
        if bool(marked) != bool(also_marked):
            yield step.place.problem(f"{name} is compared with an `x` on one side only")
        elif value and value not in known:
            yield step.place.problem(f"{name} is never `{value}`{hint(value, known)}")


def _computed(dialplan: Dialplan, context: Context, step: Step) -> Iterator[Problem]:
    """``Goto(failed-${TOLOWER(${DIALSTATUS})},1)``: every outcome has its extension, or there is an ``i``."""
    found = _COMPUTED.fullmatch(step.args.strip()) if step.app.lower() == "goto" else None
    if found is None or found["name"] not in OUTCOMES:
        return
    where, small = found["context"] or context.name, "TOLOWER" in step.args
    if any(dialplan.find(where, "i")):
        return
    for value in sorted(OUTCOMES[found["name"]]):
        name = found["before"] + (value.lower() if small else value) + found["after"]
        if not any(dialplan.find(where, name)):
            yield step.place.problem(
                f"{found['name']} may be {value}, and `{where}` has neither `{name}` nor `i`"
            )


def _last_word(extension: Extension) -> Iterator[Problem]:
    """What returns is followed by something: else the call ends without a word when it does."""
    if not extension.steps:
        return
    last = max(extension.steps, key=lambda step: step.priority)
    has_both = last.app.lower() == "gotoif" and ":" in last.args.rpartition("?")[2]
    if last.app.lower() in _GOES_ON and not has_both:
        yield last.place.problem(
            f"nothing follows {last.app}: when it returns, the call is hung up; say where it goes on"
        )


def _unreached(
    context: Context, extension: Extension, named: AbstractSet[tuple[str | None, str | None, str]]
) -> Iterator[Problem]:
    steps = sorted(extension.steps, key=lambda step: step.priority)
    for step, follows in pairwise(steps):
        ends = step.app.lower() in _ENDS and follows.priority == step.priority + 1
        number = str(follows.priority)
        is_target = any(
            (where, exten, number) in named
            for where in (context.name, None)
            for exten in (extension.name, None)
        )
        if ends and follows.label is None and not is_target:
            yield Problem(
                file=follows.place.file,
                line=follows.place.line,
                message=f"is never reached: {step.app} before it goes elsewhere, and it has no label",
                severity=Severity.WARNING,
            )


def _named_priorities(dialplan: Dialplan) -> frozenset[tuple[str | None, str | None, str]]:
    """Where steps send somebody by a number; ``G`` of Dial() sends the called side one further."""
    return frozenset(
        (found.context, found.extension, str(int(found.where) + further))
        for context in dialplan.contexts.values()
        for extension in context.extensions.values()
        for step in extension.steps
        for found in targets_of(step.app, step.args)
        if isinstance(found, Target) and found.where.isdigit()
        for further in ((0, 1) if step.app.lower() == "dial" else (0,))
    )


def _without_exits(dialplan: Dialplan, callers: AbstractSet[str]) -> Iterator[Problem]:
    """A caller whose way ends where nothing was foreseen is hung up: each context that he is in has its exits."""
    for name in sorted(_where_callers_are(dialplan, callers) - callers):
        context = dialplan.contexts[name]
        lacks = [one for one in EXITS if not any(dialplan.find(name, one))]
        place = next((one.place for one in context.extensions.values()), None)
        if lacks and place:
            yield place.problem(
                f"callers come to `{name}`, and it has no extension {', '.join(lacks)}: "
                "add `include => cc110-exits`"
            )


def _where_callers_are(dialplan: Dialplan, callers: AbstractSet[str]) -> set[str]:
    """Contexts that a caller's own channel goes to, one after the other; subroutines are left at their end."""
    seen: set[str] = set()
    waiting = [name for name in callers if name in dialplan.contexts]
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        for extension in dialplan.contexts[name].extensions.values():
            for step in extension.steps:
                waiting += [where for where in _goes_to(step) if where in dialplan.contexts]
    return seen


def _goes_to(step: Step) -> Iterator[str]:
    if step.app.lower() in {"goto", "gotoif"} or (
        step.app.lower() == "execif" and "Goto(" in step.args
    ):
        for found in targets_of(step.app, step.args):
            if isinstance(found, Target) and found.context and is_literal(found.context):
                yield found.context
