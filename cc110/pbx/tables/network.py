"""Tables for ports and for the accounts of the manager interface."""

from cc110.config.model import Config
from cc110.config.secrets import CONTROL, DATABASE, TEST, Secrets
from cc110.pbx.tables.table import (
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


def rtp(config: Config) -> Table:
    """Media ports; inside ``[general]``."""
    sip = config.settings.sip
    return Table(sources=(SETTINGS,), lines=(f"rtpstart={sip.rtp_first}", f"rtpend={sip.rtp_last}"))


def manager_general(config: Config) -> Table:
    """Where the manager interface listens; inside ``[general]``."""
    ami = config.settings.ami
    return Table(sources=(SETTINGS,), lines=(f"bindaddr={ami.host}", f"port={ami.port}"))


def manager_users(secrets: Secrets) -> Table:
    """The daemon's accounts."""
    lines = (
        *section(CONTROL, "control-account", _secret(secrets, CONTROL)),
        *section(DATABASE, "database-account", _secret(secrets, DATABASE)),
        *section(TEST, "test-account", _secret(secrets, TEST)),
    )
    return Table(sources=(PASSWORDS,), lines=lines, secret=True)


def _secret(secrets: Secrets, name: str) -> str:
    return f"secret={secrets.ami[name].get_secret_value()}"
