"""What is needed to reach a broker."""

import ssl
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class BrokerTls:
    """TLS towards the broker, whose certificate is always checked."""

    ca: Path | None = None
    """Who may have signed it; None = the system's authorities."""
    certificate: Path | None = None
    """Our own, for a broker that asks for one."""
    key: Path | None = None

    def context(self) -> ssl.SSLContext:
        """As Python's ssl wants it.

        Raises:
            OSError: a file can't be read, or is no certificate or key.
        """
        made = ssl.create_default_context(cafile=str(self.ca) if self.ca else None)
        if self.certificate:
            made.load_cert_chain(self.certificate, self.key)
        return made


@dataclass(frozen=True, kw_only=True)
class BrokerSettings:
    """One broker. All times in seconds."""

    host: str
    port: int
    site: str
    client_id: str
    username: str | None = None
    password: str | None = None
    tls: BrokerTls | None = None
    keepalive_s: int = 15
    """A broker that says nothing for one and a half times as long has lost us, or we it."""
    patience_s: float = 10.0
    """How long a connection or an acknowledgement may take."""
    first_pause_s: float = 0.5
    most_pause_s: float = 15.0
    """Pauses between attempts to connect double up to this."""

    def __repr__(self) -> str:
        """Without the password."""
        return f"BrokerSettings({self.host}:{self.port}, {self.client_id})"
