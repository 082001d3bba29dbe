"""Tables for the dialplan."""

from collections.abc import Iterator

from cc110.config.model import Config
from cc110.config.origins import origins
from cc110.core.ids import AgentId
from cc110.core.origin import COUNTRY
from cc110.pbx.tables.table import DIRECTORY, SETTINGS, Table, endpoint_address, flat


def variables(config: Config) -> Table:
    """Global variables: the site's numbers and names."""
    site, greeting = config.settings.site, config.settings.greeting
    transfer, agi = config.settings.transfer, config.settings.agi
    blocklist = config.settings.blocklist
    lines = (
        f"CC110_SITE={site.id}",
        f"CC110_LANGUAGE={site.language}",
        f"CC110_RING_S={transfer.ring_s}",
        f"CC110_AGENT_RETURN_S={transfer.agent_return_ring_s}",
        f"CC110_MIN_TALK_S={transfer.polres_min_talk_s}",
        f"CC110_AGI=agi://{endpoint_address(agi.host, agi.port)}",
        f"CC110_FIRST_WORD_S={greeting.first_word_s:g}",
        f"CC110_MENU={int(greeting.menu)}",
        f"CC110_WAY_OUT={blocklist.way_out}",
        f"CC110_VERIFY_A_DAY={blocklist.requests_per_day}",
        f"CC110_VERIFY_AT_ONCE={blocklist.verify_at_once}",
        f"CC110_VERIFY_AN_HOUR={blocklist.verify_per_hour}",
        f"CC110_ANNOUNCE_AT_ONCE={blocklist.announce_at_once}",
        f"CC110_TELL_SUPERVISED={int(config.settings.supervision.tell_operator)}",
        f"CC110_LEVELS={len(config.climb_levels)}",
        f"CC110_DESK_LEVELS={'&'.join(f'{at}:{who.upper()}' for at, who in config.desk_levels)}",
        f"CC110_RETRY_MS={config.settings.queue.retry_s * 1000:g}",
        f"CC110_RECORDINGS={config.paths.recordings}",
        f"CC110_OUT={f'trunk-{config.gateway.id}' if config.gateway else ''}",
        f"CC110_CALLBACK_S={config.settings.callbacks.ring_s}",
        f"CC110_PLACE_S={agi.place_s:g}",
        f"CC110_SHIFT_LOGIN={config.settings.shifts.login}",
        f"CC110_ORIGIN_DEFAULT={config.directory.origin.default}",
        f"CC110_ORIGIN_ORDER={'&'.join(config.directory.origin.order)}",
    )
    return Table(sources=(SETTINGS, DIRECTORY), lines=(*lines, *_origins(config)))


def _origins(config: Config) -> Iterator[str]:
    """Where a call belongs: its queue, and the unit of its trunk."""
    known = origins(config)
    for code, queue in known.areas.items():
        yield f"CC110_ORIGIN_{COUNTRY}{code.removeprefix('0')}={queue}"
    for number, queue in known.dialled.items():
        yield f"CC110_ORIGIN_DIALLED_{number}={queue}"
    for trunk, queue in known.trunks.items():
        yield f"CC110_ORIGIN_TRUNK_{trunk}={queue}"
    for trunk, unit in known.desks.items():
        yield f"CC110_DESK_TRUNK_{trunk}={unit}"


def places(config: Config) -> Table:
    """Regencies and provinces as a location in the SIP message names them: letters only."""
    parts = (
        (
            f"exten => {key},1,Set(CC110_PLACE={placed.name})",
            f" same => n,Set(CC110_PLACE_UNIT={placed.unit or ''})",
            f" same => n,Set(CC110_PLACE_QUEUE={placed.queue})",
            " same => n,Return()",
        )
        for key, placed in sorted(origins(config).places.items())
    )
    # A site that names no places has the context all the same; no place is called 0.
    nothing = "exten => 0,1,Return()"
    return Table(sources=(DIRECTORY,), lines=("", "[cc110-table-places]", nothing, *flat(parts)))


def intake(config: Config) -> Table:
    """What callers dial: exact extensions only."""
    lines = (f"exten => {form},1,Goto(cc110-intake,s,1)" for form in config.dialled)
    return Table(sources=(DIRECTORY,), lines=tuple(lines))


def agents(config: Config) -> Table:
    """Each operator's queues with his penalty there: ``a:0``, ``a:10&b:10``; his unit; whom he supervises."""
    parts = (
        (
            f"exten => {operator.id},1,MSet(CC110_MY_QUEUES={_queues(config, operator.id)},"
            f"CC110_MY_UNIT={operator.unit},CC110_SUPERVISES={'&'.join(config.supervises(operator))})",
            " same => n,Return()",
        )
        for operator in config.directory.operators
    )
    return Table(sources=(DIRECTORY,), lines=("", "[cc110-table-agents]", *flat(parts)))


def _queues(config: Config, agent: AgentId) -> str:
    return "&".join(f"{queue}:{penalty}" for queue, penalty in config.queues_of(agent))


def polres(config: Config) -> Table:
    """How each Polres's desk is rung."""
    parts = (
        (
            f"exten => {extension},1,Set(CC110_POLRES_DIAL=PJSIP/{extension})",
            " same => n,Return()",
        )
        for extension, _ in config.polres_units
    )
    return Table(sources=(DIRECTORY,), lines=("", "[cc110-table-polres]", *flat(parts)))
