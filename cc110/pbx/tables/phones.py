"""Tables of phones, trunks and queues."""

from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from typing import Final

from cc110.config.directory import Trunk
from cc110.config.model import Config
from cc110.config.secrets import TEST, Secrets
from cc110.pbx.tables import climb
from cc110.pbx.tables.table import (
    DIRECTORY,
    PASSWORDS,
    SETTINGS,
    Table,
    endpoint_address,
    flat,
    section,
)

_LOOPBACK: Final[Mapping[int, str]] = {4: "127.0.0.1", 6: "::1"}

_ENCRYPTED: Final = ("transport=transport-tls", "media_encryption=sdes")
"""SRTP with the keys in SIP, which only TLS keeps from others; a phone that offers none gets no call."""


def operators(config: Config, secrets: Secrets) -> Table:
    """The operators' phones."""
    phones = (
        _phone("operator", operator.id, config, secrets) for operator in config.directory.operators
    )
    return Table(sources=(SETTINGS, DIRECTORY, PASSWORDS), lines=flat(phones), secret=True)


def polres(config: Config, secrets: Secrets) -> Table:
    """The Polres's desks."""
    phones = (_phone("polres", extension, config, secrets) for extension, _ in config.polres_units)
    return Table(sources=(SETTINGS, DIRECTORY, PASSWORDS), lines=flat(phones), secret=True)


def _phone(kind: str, number: str, config: Config, secrets: Secrets) -> Iterator[str]:
    """Endpoint, password and registration; ``kind`` names the templates."""
    yield from section(
        number,
        f"{kind}-endpoint",
        f"auth={number}",
        f"aors={number}",
        f'callerid="{kind.capitalize()} {number}" <{number}>',
        f"rtp_timeout={config.settings.sip.dead_after_s}",
        *(_ENCRYPTED if config.settings.sip.phones == "tls" else ()),
    )
    password = secrets.sip[number].get_secret_value()
    yield from section(number, f"{kind}-auth", f"username={number}", f"password={password}")
    yield from section(number, f"{kind}-aor")


def trunks(config: Config) -> Table:
    """The trunks, told by their addresses."""
    return Table(
        sources=(DIRECTORY,), lines=flat(_trunk(trunk) for trunk in config.directory.trunks)
    )


def _trunk(trunk: Trunk) -> Iterator[str]:
    name = f"trunk-{trunk.id}"
    yield from section(name, "trunk-endpoint")
    matches = (f"match={address}" for address in trunk.addresses)
    yield from section(name, "trunk-identify", f"endpoint={name}", *matches)
    yield from section(name, "trunk-aor")


def test_call(config: Config, secrets: Secrets) -> Table:
    """The account with which the PBX calls itself: with a password, and from its own address alone."""
    sip = config.settings.sip
    address = ip_address(sip.host)
    own = address if not address.is_unspecified else ip_address(_LOOPBACK[address.version])
    password = secrets.sip[TEST].get_secret_value()
    lines = (
        *section(
            TEST,
            "test-endpoint",
            f"auth={TEST}",
            f"outbound_auth={TEST}",
            f"aors={TEST}",
            f"from_user={TEST}",
            f"permit={own}/{own.max_prefixlen}",
        ),
        *section(TEST, "test-auth", f"username={TEST}", f"password={password}"),
        *section(TEST, "test-aor", f"contact=sip:{endpoint_address(str(own), sip.port)}"),
    )
    return Table(sources=(SETTINGS, PASSWORDS), lines=lines, secret=True)


def queues(config: Config) -> Table:
    """Each Polda's queue."""
    ring = config.settings.queue
    numbers = (
        f"timeout={ring.member_ring_s}",
        f"retry={ring.retry_s}",
        f"wrapuptime={ring.wrap_up_s}",
        f"periodic-announce-frequency={ring.announce_every_s}",
        *climb.members(config),
    )
    parts = (section(queue, "polda", *numbers) for queue in config.queues)
    return Table(sources=(SETTINGS, DIRECTORY), lines=flat(parts))
