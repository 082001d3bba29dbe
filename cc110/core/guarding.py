"""Who guesses passwords is banned for a while; who brings 110 calls, or works here, never is.

A source of SIP requests over UDP can be forged, and the PBX reports a refused log-in with the address that the
datagram claimed. So whoever sends wrong passwords in another's name could have the other banned. Three things are
proof against that: addresses that the site names (trunks first of all) are never banned; an address from which
a phone has logged in lately is not either, for nobody forges a log-in without its password; and where
phones come over TLS, what was said over UDP does not count at all. The passwords have 128 bits, so the ban keeps
noise away, not burglars: in doubt nobody is banned (docs/adr/0013-bans.md).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, TypeVar

from cc110.core.events import AddressBanLifted, AddressBanned, Event

T = TypeVar("T")
Source = IPv4Network | IPv6Network
"""Whom a failure is counted for: an IPv4 address, or the 64 bits of an IPv6 subscriber."""
MOST_WATCHED: Final = 1000
"""Sources that are counted at once; the one that was quiet for the longest makes room."""
_MOST_TRUSTED: Final = 5_000
_V6_BITS: Final = 64
SETTLING: Final = timedelta(seconds=3)
"""The PBX lets a source in again a second or two after its ban: what it refuses until then is no guess."""
_MOST_LIFTED: Final = 1000


@dataclass(frozen=True, kw_only=True)
class GuardPolicy:
    """The site's numbers."""

    failures: int = 20
    """So many refused log-ins ..."""
    within: timedelta = timedelta(seconds=60)
    """... within this time are a ban."""
    first: timedelta = timedelta(minutes=10)
    """The first ban's length; each further one doubles it."""
    longest: timedelta = timedelta(days=1)
    remembered: timedelta = timedelta(days=7)
    """So long after its end a ban makes the next one longer."""
    trusted: timedelta = timedelta(days=1)
    """So long after a phone's log-in its address is not banned."""
    most: int = 500
    """Bans at once; the PBX looks through all of them for each request of a phone."""
    never: tuple[Source, ...] = ()
    """Trunks, and what the site names."""
    proven_only: bool = False
    """Whether only connections count (TCP, TLS), whose address nobody can forge."""


@dataclass(frozen=True, kw_only=True)
class LoginFailed:
    """The PBX refused a phone that claimed an account: a wrong password, or there is none of that name."""

    at: datetime
    source: Source
    proven: bool
    """True when the address is that of a connection, not of a datagram."""


@dataclass(frozen=True, kw_only=True)
class LoginDone:
    """A phone showed that it knows its password."""

    at: datetime
    source: Source


LoginFact = LoginFailed | LoginDone


@dataclass(frozen=True, kw_only=True)
class Ban:
    """A source that is banned, or was."""

    source: Source
    since: datetime
    until: datetime
    failures: int
    times: int
    """Which ban of this source it is, from 1."""


@dataclass(frozen=True, kw_only=True)
class Guarded:
    """What the guard knows."""

    failed: Mapping[Source, tuple[datetime, ...]] = field(default_factory=dict)
    """The last failures of each source; the quietest source first."""
    trusted: Mapping[Source, datetime] = field(default_factory=dict)
    """When a phone last logged in from there; the oldest first."""
    bans: Mapping[Source, Ban] = field(default_factory=dict)
    """The last ban of each source, also when it is over."""
    lifted: Mapping[Source, datetime] = field(default_factory=dict)
    """When a person lifted the ban of a source; the last ones."""


@dataclass(frozen=True, kw_only=True)
class Watched:
    """What the guard knows after a fact, and the events to journal."""

    state: Guarded
    events: tuple[Event, ...] = ()


def source_of(address: str) -> Source:
    """Whom an address is counted for.

    Raises:
        ValueError: it is no IP address.
    """
    found: IPv4Address | IPv6Address = ip_address(address)
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    if isinstance(found, IPv4Address):
        return ip_network(found)
    return ip_network((found, _V6_BITS), strict=False)


def watch(state: Guarded, fact: LoginFact, policy: GuardPolicy) -> Watched:
    """The guard after one more log-in, good or bad."""
    match fact:
        case LoginDone(source=source, at=at):
            trusted = _newest_last(state.trusted, source, at, most=_MOST_TRUSTED)
            failed = _without(state.failed, source)
            return Watched(state=replace(state, trusted=trusted, failed=failed))
        case LoginFailed():
            return _failed(state, fact, policy)


def _failed(state: Guarded, fact: LoginFailed, policy: GuardPolicy) -> Watched:
    source, at = fact.source, fact.at
    if policy.proven_only and not fact.proven:
        return Watched(state=state)
    if is_spared(state, source, at, policy) or _is_refused_anyhow(state, source, at):
        return Watched(state=state)
    recent = [time for time in state.failed.get(source, ()) if at - time < policy.within]
    times = (*recent, at)[-policy.failures :]
    counted = replace(state, failed=_newest_last(state.failed, source, times, most=MOST_WATCHED))
    if len(times) < policy.failures or len(in_force(state, at, policy)) >= policy.most:
        return Watched(state=counted)
    return _ban(counted, source, at, len(times), policy)


def _ban(
    state: Guarded, source: Source, at: datetime, failures: int, policy: GuardPolicy
) -> Watched:
    before = state.bans.get(source)
    repeated = before is not None and at - before.until < policy.remembered
    times = before.times + 1 if before and repeated else 1
    length = min(policy.first * 2 ** min(times - 1, 30), policy.longest)
    until = (at + length).replace(microsecond=0)
    data = AddressBanned(
        address=text_of(source), until=int(until.timestamp()), failures=failures, times=times
    )
    event = Event(at=at, data=data)
    counted = replace(state, failed=_without(state.failed, source))
    return Watched(state=learn(counted, event), events=(event,))


def learn(state: Guarded, event: Event) -> Guarded:
    """The guard after one of its own events; what is none of its own changes nothing."""
    match event.data:
        case AddressBanned(address=address, until=until, failures=failures, times=times):
            source, end = ip_network(address), datetime.fromtimestamp(until, UTC)
            ban = Ban(source=source, since=event.at, until=end, failures=failures, times=times)
            return replace(state, bans={**state.bans, source: ban})
        case AddressBanLifted(address=address):
            source = ip_network(address)
            lifted = _newest_last(state.lifted, source, event.at, most=_MOST_LIFTED)
            return replace(state, bans=_without(state.bans, source), lifted=lifted)
        case _:
            return state


def replay(journaled: Iterable[Event]) -> Guarded:
    """The bans that the journal's events leave, in force or over."""
    state = Guarded()
    for event in journaled:
        state = learn(state, event)
    return state


def in_force(state: Guarded, at: datetime, policy: GuardPolicy) -> tuple[Ban, ...]:
    """The bans that hold now. What the site spares is not among them, whatever the journal says."""
    return tuple(
        ban for ban in state.bans.values() if at < ban.until and not _is_named(ban.source, policy)
    )


def next_end(state: Guarded, at: datetime, policy: GuardPolicy) -> datetime | None:
    """When the next ban is over; None = there is none."""
    return min((ban.until for ban in in_force(state, at, policy)), default=None)


def banned_at(state: Guarded, address: str, at: datetime) -> Source | None:
    """The ban's source that an address, or a network as it is banned, falls under; None = no ban holds.

    Raises:
        ValueError: it is no address.
    """
    source = source_of(address.partition("/")[0].strip())
    return source if _is_banned(state, source, at) else None


def is_spared(state: Guarded, source: Source, at: datetime, policy: GuardPolicy) -> bool:
    """True when no failure of this source counts."""
    logged_in = state.trusted.get(source)
    lately = logged_in is not None and at - logged_in < policy.trusted
    return lately or _is_named(source, policy)


def text_of(source: Source) -> str:
    """The address, or the network where it is one: ``192.0.2.7``, ``2001:db8::/64``."""
    alone = source.num_addresses == 1
    return str(source.network_address) if alone else str(source)


def _is_banned(state: Guarded, source: Source, at: datetime) -> bool:
    ban = state.bans.get(source)
    return ban is not None and at < ban.until


def _is_refused_anyhow(state: Guarded, source: Source, at: datetime) -> bool:
    """True when the PBX asks for no password there: it is banned, or was so a moment ago."""
    ban, lifted = state.bans.get(source), state.lifted.get(source)
    ends = (ban.until if ban else None, lifted)
    return any(end is not None and at < end + SETTLING for end in ends)


def _is_named(source: Source, policy: GuardPolicy) -> bool:
    """Also when only a part of the source is named: a ban would hit that part."""
    return any(named.version == source.version and named.overlaps(source) for named in policy.never)


def _newest_last(
    known: Mapping[Source, T], source: Source, value: T, *, most: int
) -> Mapping[Source, T]:
    rest = _without(known, source)
    if len(rest) >= most:
        del rest[next(iter(rest))]
    rest[source] = value
    return rest


def _without(known: Mapping[Source, T], source: Source) -> dict[Source, T]:
    """A copy, which asks no other source for its hash: a flood of forged senders must cost little."""
    rest = dict(known)
    rest.pop(source, None)
    return rest
