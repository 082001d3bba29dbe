"""Tables for ports and for the accounts of the manager interface."""

from cc110.config.model import Config
from cc110.config.secrets import CONTROL, DATABASE, GUARD, TEST, Secrets
from cc110.pbx.tables.table import (
    DIRECTORY,
    PASSWORDS,
    SETTINGS,
    Table,
    endpoint_address,
    section,
)


def transport(config: Config) -> Table:
    """Where the PBX listens for SIP; inside ``[transport-udp]``."""
    sip = config.settings.sip
    return Table(sources=(SETTINGS,), lines=(f"bind={endpoint_address(sip.host, sip.port)}",))


def transport_tls(config: Config) -> Table:
    """Where phones come in over TLS, and who comes in over UDP and is no trunk: nobody."""
    sip = config.settings.sip
    if sip.phones != "tls":
        return Table(sources=(SETTINGS,), lines=())
    certificate, key = config.phones_certificate
    lines = (
        *section("transport-tls", "phones-tls", f"bind={endpoint_address(sip.host, sip.tls_port)}"),
        f"cert_file={certificate}",
        f"priv_key_file={key}",
        *section("udp-nobody", "nobody"),
        *section("udp-nobody", "nobody-by-udp"),
    )
    return Table(sources=(SETTINGS,), lines=lines)


def rtp(config: Config) -> Table:
    """Media ports; inside ``[general]``."""
    sip = config.settings.sip
    return Table(sources=(SETTINGS,), lines=(f"rtpstart={sip.rtp_first}", f"rtpend={sip.rtp_last}"))


def manager_general(config: Config) -> Table:
    """Where the manager interface listens; inside ``[general]``."""
    ami = config.settings.ami
    return Table(sources=(SETTINGS,), lines=(f"bindaddr={ami.host}", f"port={ami.port}"))


def never_banned(config: Config) -> Table:
    """Addresses that no ban holds for, whatever stands before them; inside ``[cc110-banned]``."""
    named = config.guard_policy().never
    lines = tuple(f"permit={address}" for address in named)
    return Table(sources=(SETTINGS, DIRECTORY), lines=lines)


def manager_users(secrets: Secrets) -> Table:
    """The daemon's accounts."""
    lines = (
        *section(CONTROL, "control-account", _secret(secrets, CONTROL)),
        *section(DATABASE, "database-account", _secret(secrets, DATABASE)),
        *section(GUARD, "guard-account", _secret(secrets, GUARD)),
        *section(TEST, "test-account", _secret(secrets, TEST)),
    )
    return Table(sources=(PASSWORDS,), lines=lines, secret=True)


def _secret(secrets: Secrets, name: str) -> str:
    return f"secret={secrets.ami[name].get_secret_value()}"
