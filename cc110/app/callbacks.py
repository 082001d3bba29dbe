"""Callbacks, wired: for the daemon, and for one command without it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

from cc110.app.door import control_socket
from cc110.app.wiring import open_journal
from cc110.config.model import Config
from cc110.core.blocking import is_blocked
from cc110.core.events import Event
from cc110.core.ids import Number
from cc110.journal.lookups import Lookups
from cc110.journal.ranges import RangeBook
from cc110.pbx.ami import AmiClient
from cc110.pbx.callback import AmiDeskPhone
from cc110.service.callbacks import CallbackRules, Callbacks, DeskPhone, Write
from cc110.service.clock import SystemClock
from cc110.service.control import ControlClient
from cc110.service.outbox import Outbox


class CallbackPort(Protocol):
    """What people may do with callbacks, wherever it is carried out."""

    async def claim(self, key: str, *, agent: str, by: str) -> str:
        """As `service.callbacks.Callbacks.claim`."""
        ...

    async def call(self, key: str, *, agent: str, by: str) -> str:
        """As `service.callbacks.Callbacks.call`."""
        ...

    async def drop(self, key: str, *, reason: str, by: str) -> str:
        """As `service.callbacks.Callbacks.drop`."""
        ...


def callbacks_of(
    config: Config, outbox: Outbox, lookups: Lookups, book: RangeBook, link: AmiClient
) -> Callbacks:
    """The daemon's: events go the way of all others, phones are rung over `link`."""

    async def write(events: Sequence[Event]) -> None:
        outbox.put(events)

    return _callbacks(config, write, lookups, book, phone=AmiDeskPhone(link))


def callback_rules(config: Config) -> CallbackRules:
    """What the site says of callbacks."""
    return CallbackRules(
        policy=config.callback_policy(),
        queues=config.served_queues,
        can_call=config.gateway is not None,
    )


def callback_doors(callbacks: Callbacks) -> Mapping[str, Callable[..., Awaitable[str]]]:
    """What the CLI may ask for."""
    return {
        "claim_callback": callbacks.claim,
        "call_back": callbacks.call,
        "drop_callback": callbacks.drop,
        "callbacks": callbacks.as_json,
    }


class _Running:
    """The same, done by the running daemon."""

    def __init__(self, client: ControlClient) -> None:
        self.claim = client.claim_callback
        self.call = client.call_back
        self.drop = client.drop_callback


@asynccontextmanager
async def open_callbacks(config: Config) -> AsyncIterator[CallbackPort]:
    """Callbacks: by the running daemon, or else on the journal itself, where nobody can be called.

    Raises:
        JournalUnavailable: no daemon runs, and the journal can't be written.
    """
    client = ControlClient(control_socket(config))
    if await client.is_there():
        yield _Running(client)
        return
    async with open_journal(config) as (database, journal):

        async def write(events: Sequence[Event]) -> None:
            await journal.append(events)

        lookups = Lookups(database)
        desk = _callbacks(config, write, lookups, RangeBook(database))
        desk.resume(await lookups.callbacks(SystemClock().now(), config.callback_policy()))
        yield desk


def _callbacks(
    config: Config,
    write: Write,
    lookups: Lookups,
    book: RangeBook,
    *,
    phone: DeskPhone | None = None,
) -> Callbacks:
    clock = SystemClock()

    async def blocked(number: Number) -> bool:
        now = clock.now()
        block = await lookups.find_block(number)
        if block and is_blocked(block.until, now):
            return True
        return (await book.ranges()).blocking(number, now) is not None

    return Callbacks(
        write=write, clock=clock, rules=callback_rules(config), blocked=blocked, phone=phone
    )
