"""From what changed in the PBX's configuration to what it has to read again, and to whom that would harm.

Pure. A reload of the dialplan, of SIP and of queues leaves calls alone, as long as nobody stands where the change is:
``harm`` names who does.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Final

from cc110.pbx.dialplan.lines import Text, code_lines
from cc110.pbx.dialplan.model import Dialplan, Step
from cc110.pbx.dialplan.read import ENTRY, read_dialplan
from cc110.pbx.render import Files

_DIALPLAN: Final = "dialplan reload"
_READER: Final = "pbx_config"
_RELOADS: Final[Sequence[tuple[str, str]]] = (
    ("acl.conf", "module reload acl"),
    ("tables/acl-*.conf", "module reload acl"),
    ("manager.conf", "manager reload"),
    ("tables/manager-users.conf", "manager reload"),
    ("logger.conf", "logger reload"),
    ("cdr.conf", "module reload cdr"),
    ("cel.conf", "module reload cel"),
    ("cel_custom.conf", "module reload cel_custom.so"),
    ("ccss.conf", "module reload ccss"),
    ("indications.conf", "module reload indications"),
    ("features.conf", "module reload features"),
    ("rtp.conf", "module reload res_rtp_asterisk.so"),
    ("tables/rtp.conf", "module reload res_rtp_asterisk.so"),
    ("udptl.conf", "module reload udptl"),
    ("musiconhold.conf", "moh reload"),
    ("moh/*", "moh reload"),
    ("pjsip.conf", "module reload res_pjsip.so"),
    ("tables/pjsip-*.conf", "module reload res_pjsip.so"),
    ("queuerules.conf", "queue reload all"),
    ("queues.conf", "queue reload all"),
    ("tables/queues.conf", "queue reload all"),
    ("tables/*.conf", _DIALPLAN),
    ("*.conf", _DIALPLAN),
)
"""The first pattern that fits a file says what has to be read again; those of the dialplan come last, so that
a call never meets a queue or a phone that is not there yet. Prompts are read whenever they are played."""
_ONLY_AT_START: Final = (
    "asterisk.conf",
    "modules.conf",
    "pjproject.conf",
    "tables/transport*.conf",
    "tables/manager-general.conf",
)
_GLOBALS: Final = "tables/globals.conf"
_FIXED: Final = re.compile(r"CC110_(?:AGI|RECORDINGS|SITE)=")
"""Where the daemon listens and records: it takes up another place only when it starts."""
_ENDPOINT: Final = re.compile(r"\[([^\]]+)\]\((?!!)\S*-endpoint\)")
_SERVED: Final = re.compile(r"^exten => (\d+),1,MSet\(CC110_MY_QUEUES=([^,]+),", re.MULTILINE)
_SECTION: Final = re.compile(r"\[([^\]]+)\](\([^)]*\))?")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a change asks of the running PBX."""

    commands: tuple[str, ...]
    """For its console, in order."""
    restart: tuple[str, ...]
    """Files that it reads only when it starts."""


@dataclass(frozen=True, kw_only=True)
class Live:
    """Who is in the PBX now."""

    channels: tuple["Channel", ...] = ()
    waiting: Mapping[str, int] = field(default_factory=dict)
    """Callers by queue."""


@dataclass(frozen=True, kw_only=True)
class Channel:
    """One leg of a call, and where in the dialplan it is."""

    name: str
    context: str
    extension: str
    priority: int

    @property
    def endpoint(self) -> str:
        """The phone or trunk that it belongs to; empty for what is no SIP channel."""
        kind, _, rest = self.name.partition("/")
        return rest.rpartition("-")[0] if kind == "PJSIP" else ""


def plan(before: Files, after: Files, changed: Collection[str]) -> Plan:
    """What has to be read again, each once; what only a start reads is named apart."""
    commands = {command: None for _, command in _RELOADS}
    wanted = {_command_of(name) for name in changed}
    restart = [name for name in changed if _waits_for_a_start(name, before, after)]
    return Plan(
        commands=tuple(command for command in commands if command in wanted),
        restart=tuple(restart),
    )


def everything() -> tuple[str, ...]:
    """All that can be read again."""
    return tuple(dict.fromkeys(command for _, command in _RELOADS))


def harm(before: Files, after: Files, live: Live) -> tuple[str, ...]:
    """Who would be cut or led astray by the change, as sentences."""
    gone = endpoints(before) - endpoints(after)
    lost = queues(before) - queues(after)
    busy = dict.fromkeys(one.endpoint for one in live.channels if one.endpoint in gone)
    found = [f"{name} would be gone, and is in a call" for name in busy]
    found += [
        f"queue {name} would be gone, and {live.waiting[name]} wait in it"
        for name in sorted(lost)
        if live.waiting.get(name)
    ]
    there = frozenset(one.context for one in live.channels)
    old, new = dialplan_of(before, only=there), dialplan_of(after, only=there)
    return tuple(dict.fromkeys([*found, *_astray(old, new, live.channels)]))


def endpoints(files: Files) -> frozenset[str]:
    """Phones and trunks."""
    found = (_ENDPOINT.findall(_text(files, name)) for name in files if _is_of_phones(str(name)))
    return frozenset(name for names in found for name in names)


def queues(files: Files) -> frozenset[str]:
    """The queues of the site."""
    text = _text(files, PurePosixPath("tables/queues.conf"))
    return frozenset(name for name, _ in _SECTION.findall(text))


def log_outs(before: Files, after: Files) -> tuple[str, ...]:
    """Console commands that take operators out of queues which they serve no more; who is not in one stays out."""
    old, new = _served(before), _served(after)
    return tuple(
        f"queue remove member PJSIP/{agent} from {queue}"
        for agent, served in sorted(old.items())
        for queue in sorted(served - new.get(agent, frozenset()))
        if queue in queues(after)
    )


def _served(files: Files) -> Mapping[str, frozenset[str]]:
    """Queues by operator, from the table that ``*11`` goes by."""
    text = _text(files, PurePosixPath("tables/agents.conf"))
    return {
        agent: frozenset(one.partition(":")[0] for one in served.split("&"))
        for agent, served in _SERVED.findall(text)
    }


def dialplan_of(files: Files, *, only: frozenset[str] | None = None) -> Dialplan:
    """The dialplan in a configuration, or only these contexts and what they include: all takes a while."""
    texts = {
        str(name): Text(shown=str(name), content=file.content.decode(errors="replace"))
        for name, file in files.items()
        if name.suffix == ".conf" and not str(name).startswith("site/")
    }
    return read_dialplan(texts, only=only) if ENTRY in texts else Dialplan(contexts={})


def channels_in(said: str) -> Iterator[Channel]:
    """What ``core show channels concise`` prints."""
    for line in said.splitlines():
        name, *rest = line.split("!")
        if len(rest) > 3 and rest[2].isdigit():
            yield Channel(name=name, context=rest[0], extension=rest[1], priority=int(rest[2]))


def endpoints_in(said: str) -> frozenset[str]:
    """What ``pjsip list endpoints`` prints."""
    return frozenset(re.findall(r"^ Endpoint:\s+([^\s/<]+)", said, re.MULTILINE))


def waiting_in(said: str) -> Mapping[str, int]:
    """What ``queue show`` prints: callers by queue, empty queues too."""
    found = re.findall(r"^(\S+) has (\d+) calls", said, re.MULTILINE)
    return {name: int(number) for name, number in found}


def steps_in(said: str) -> frozenset[tuple[str, str, str]]:
    """What ``dialplan show`` prints: context, extension, and each step as ``priority. Application(arguments)``.

    Contexts that no file made, such as a module's own, are left out.
    """
    found: set[tuple[str, str, str]] = set()
    context = extension = ""
    for line in said.splitlines():
        if opened := re.match(r"\[ Context '([^']+)' created by '([^']+)'", line):
            context = opened[1] if opened[2] == _READER else ""
        elif not context:
            continue
        elif begun := re.match(r"  '([^']*)' =>\s*(.*)", line):
            extension = begun[1]
            found |= _step_in(context, extension, begun[2])
        else:
            found |= _step_in(context, extension, line)
    return frozenset(found)


def steps_of(dialplan: Dialplan) -> frozenset[tuple[str, str, str]]:
    """The same of a dialplan that was read from files."""
    return frozenset(
        (context.name, extension.name, f"{step.priority}. {step.app}({step.args})")
        for context in dialplan.contexts.values()
        for extension in context.extensions.values()
        for step in extension.steps
    )


_STEP: Final = re.compile(r"\s*(?:\[[^\]]*\]\s+)?(\d+)\. (.*?)\s*\[\S+\]\s*")


def _step_in(context: str, extension: str, line: str) -> set[tuple[str, str, str]]:
    found = _STEP.fullmatch(line)
    return {(context, extension, f"{found[1]}. {found[2]}")} if found else set()


def _command_of(name: str) -> str | None:
    if name.startswith("site/"):
        return None
    return next((command for pattern, command in _RELOADS if fnmatchcase(name, pattern)), None)


def _is_of_phones(name: str) -> bool:
    return fnmatchcase(name, "tables/pjsip-*.conf") or name == "pjsip.conf"


def _text(files: Files, name: PurePosixPath) -> str:
    return files[name].content.decode(errors="replace") if name in files else ""


def _waits_for_a_start(name: str, before: Files, after: Files) -> bool:
    """A changed comment waits for nothing."""
    path = PurePosixPath(name)
    old, new = ([line for _, line in code_lines(_text(files, path))] for files in (before, after))
    if any(fnmatchcase(name, pattern) for pattern in _ONLY_AT_START):
        return old != new
    if name == _GLOBALS:  # such as by a command whose environment is not the daemon's
        return [line for line in old if _FIXED.match(line)] != [
            line for line in new if _FIXED.match(line)
        ]
    return name == "pjsip.conf" and _fixed_part(old) != _fixed_part(new)


def _fixed_part(lines: Sequence[str]) -> Sequence[str]:
    """Transports and system settings: PJSIP reads them once."""
    kept, inside = [], False
    for line in lines:
        if found := _SECTION.match(line):
            inside = found[1] == "system" or "transport" in found[1] or "tls" in found[1]
        if inside:
            kept.append(line)
    return kept


def _astray(old: Dialplan, new: Dialplan, channels: Sequence[Channel]) -> Iterator[str]:
    """A channel goes on at the number of its next step: that must lead where it did."""
    for one in channels:
        here = _ahead(old, one)
        if here and here != _ahead(new, one):
            place = f"{one.extension}@{one.context}"
            yield f"a call stands in {place}, and the steps after it would be others"


def _ahead(dialplan: Dialplan, channel: Channel) -> Sequence[tuple[int, str]]:
    """The applications from where a channel is on; arguments may change under it."""
    found = [
        step
        for extension in dialplan.find(channel.context, channel.extension)
        for step in extension.steps
        if step.priority >= channel.priority
    ]
    return [_kind(step) for step in found]


def _kind(step: Step) -> tuple[int, str]:
    return step.priority, step.app.lower()
