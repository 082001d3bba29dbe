"""How one phone is set up; sent by its owner as the first line."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One phone. Ports of 0 let the system choose; times are in seconds."""

    name: str
    tone_hz: int
    host: str
    port: int
    rtp_first: int
    rtp_last: int
    transport: str
    user: str
    password: str
    registrar: str
    auto_answer_s: float | None
    honour_answer_after: bool
    rings: bool
    codecs: tuple[str, ...]
    log: str
    srtp: bool = True
    """Whether media is encrypted, for "tls"."""
    trusted: str = ""
    """Certificate file that the PBX's must be signed by, for "tls"."""

    @property
    def transport_parameter(self) -> str:
        """The URI parameter that makes requests use the phone's transport."""
        return "" if self.transport == "udp" else f";transport={self.transport}"
