"""``settings.toml`` as types, with defaults; ``site/settings.toml`` comments on all of them."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from cc110.config.fields import (
    Address,
    Code,
    CountryCode,
    Host,
    HostName,
    JournalUrl,
    Many,
    PathText,
    Plain,
    Port,
    SecretText,
    TimeZone,
)
from cc110.core.words import Language

KeepDays = Annotated[int, Field(ge=0, le=36500)]
"""0 = for ever."""
Days = Annotated[int, Field(ge=1, le=3650)]


class Part(BaseModel):
    """A table of a TOML file: frozen, exact types, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


class Site(Part):
    """Who this is."""

    id: Code
    name: Plain
    time_zone: TimeZone = "WIB"
    language: Literal["id", "en"] = Language.INDONESIAN.value


class Sip(Part):
    """Where the PBX listens for SIP and media (UDP)."""

    host: Host = "127.0.0.1"
    port: Port = 5060
    phones: Literal["udp", "tls"] = "udp"
    """How operators and Polres desks connect: plain SIP and RTP, or SIP over TLS with SRTP and nothing else."""
    tls_port: Port = 5061
    tls_certificate: PathText | None = None
    """With the chain, PEM; None = one that signs itself, made in ``CC110_HOME/pbx/tls``."""
    tls_key: PathText | None = None
    registrar: Host | None = None
    """What phones are told when ``host`` is ``0.0.0.0`` or behind a router; None = ``host``."""
    outbound_prefix: Literal["+", "00", "", "0"] = "+"
    """What the outbound trunk wants before a number with its country code; ``0``: 0812... at home, 00... abroad."""
    rtp_first: Port = 10000
    rtp_last: Port = 10999
    dead_after_s: int = Field(default=10, ge=2, le=60)
    """A phone in talk that sends no media for so many seconds has died."""


class Ami(Part):
    """Where the PBX listens for the daemon (TCP)."""

    host: Host = "127.0.0.1"
    port: Port = 5038


class Agi(Part):
    """Where the daemon listens for the dialplan (TCP)."""

    host: Host = "127.0.0.1"
    port: Port = 4573
    place_s: float = Field(default=0.5, ge=0.1, le=2.0)
    """The longest that a call with a location in degrees waits for the daemon to tell its Polda."""


class Guard(Part):
    """When an address from which passwords are guessed is banned."""

    failures: int = Field(default=20, ge=3, le=1000)
    within_s: int = Field(default=60, ge=1, le=3600)
    """So many refused log-ins within so many seconds are a ban."""
    ban_s: int = Field(default=600, ge=1, le=86_400)
    """The first ban's length; each further one doubles it."""
    longest_ban_s: int = Field(default=86_400, ge=1, le=604_800)
    trust_hours: int = Field(default=24, ge=0, le=8760)
    """So long after a phone's log-in its address is not banned."""
    most_bans: int = Field(default=500, ge=0, le=5000)
    """Bans at once; 0 = nobody is ever banned."""
    never: Many[Address] = ()
    """Addresses and networks that are never banned, besides the trunks'."""


class QueueRing(Part):
    """How queues ring. Seconds."""

    member_ring_s: int = Field(default=4, ge=2, le=30)
    retry_s: int = Field(default=1, ge=1, le=10)
    wrap_up_s: int = Field(default=5, ge=0, le=300)
    announce_every_s: int = Field(default=20, ge=10, le=300)


class Transfer(Part):
    """Limits of a transfer to a Polres. Seconds."""

    ring_s: int = Field(default=5, ge=3, le=30)
    agent_return_ring_s: int = Field(default=8, ge=3, le=60)
    polres_min_talk_s: int = Field(default=10, ge=0, le=120)


class Supervision(Part):
    """What supervisors do with their operators' calls."""

    tell_operator: bool = True
    """A word to the operator alone when a supervisor comes to his call."""


class Greeting(Part):
    """What a caller hears first."""

    menu: bool = True
    menu_wait_ms: int = Field(default=200, ge=0, le=3000)
    first_word_s: float = Field(default=2.0, ge=0.5, le=5.0)


class Blocklist(Part):
    """When a number is blocked by count, and what becomes of blocked callers."""

    threshold: int = Field(default=5, ge=2, le=100)
    window_days: int = Field(default=0, ge=0, le=3650)
    decay_days: int = Field(default=0, ge=0, le=3650)
    lengths_days: Annotated[Many[Days], Field(min_length=1, max_length=10)] = (30, 90, 365)
    trust: Literal["asserted", "claimed"] = "asserted"
    range_min_digits: int = Field(default=8, ge=5, le=15)
    """The shortest beginning of numbers that may be blocked as a range, country code included."""
    way_out: Literal["reject", "verify"] = "verify"
    """Rejected at once, or offered to ask for an operator who verifies them (SOP S2 VIII)."""
    requests_per_day: int = Field(default=1, ge=1, le=24)
    """Requests of one number within 24 hours."""
    verify_at_once: int = Field(default=3, ge=1, le=100)
    """Most verifications at once, of those who wait and those who talk together."""
    verify_per_hour: int = Field(default=60, ge=1, le=10_000)
    """Most requests of all numbers together within an hour."""
    announce_at_once: int = Field(default=10, ge=1, le=1000)
    """Most blocked callers who hear the offer at once."""


class Callbacks(Part):
    """Who hung up waiting, and how he is called back."""

    keep_hours: int = Field(default=24, ge=1, le=168)
    """So long after his last call somebody stays on the list."""
    least_wait_s: int = Field(default=0, ge=0, le=300)
    """Who waited less is not listed."""
    ring_s: int = Field(default=30, ge=5, le=60)
    """How long his phone rings."""
    claim_min: int = Field(default=10, ge=2, le=120)
    """Minutes that one operator has somebody for himself."""
    pause_min: int = Field(default=5, ge=0, le=240)
    """Minutes that somebody who did not answer is left alone."""
    tries: int = Field(default=3, ge=1, le=20)
    """Callbacks in vain, after which he is off the list."""
    trust: Literal["asserted", "claimed"] = "asserted"
    """Whose word about the number is enough to call it."""
    countries: Annotated[Many[CountryCode], Field(min_length=1)] = ("62",)
    """Country codes that are called."""


class Shifts(Part):
    """What the clock does about shifts."""

    login: Literal["allow", "refuse"] = "allow"
    """Whether who is not on duty may log in by ``*11``; allowed, it is noted in the journal."""
    at_end: Literal["remind", "log-out"] = "remind"
    """Who is off duty and idle: only told, or logged out; never the last one of a queue."""
    early_min: int = Field(default=30, ge=0, le=240)
    """Minutes before his shift from which on somebody is on duty."""
    late_min: int = Field(default=15, ge=0, le=240)
    """The same after it."""


class Recordings(Part):
    """Where calls are recorded, and for how long that is kept."""

    folder: PathText = "recordings"
    encrypt: bool = False
    """AES-256-GCM, when a recording is final."""
    key_file: PathText = "recordings.key"
    keep_days_valid: KeepDays = 1825
    keep_days_not_valid: KeepDays = 365
    keep_days_prank: KeepDays = 730
    """Longer than the longest block that it is evidence of."""
    keep_days_silent: KeepDays = 365
    keep_days_unjudged: KeepDays = 730
    erase: Literal["by-hand", "daily"] = "by-hand"


class Log(Part):
    """What the daemon writes about itself."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "console", "json"] = "auto"


class Journal(Part):
    """Where the journal is kept. The address may hold a password, so it does not print."""

    url: JournalUrl | None = None
    """None = SQLite in ``CC110_HOME``."""
    spool_mb: int = Field(default=64, ge=2, le=65_536)
    """Most megabytes of events that wait in ``CC110_HOME/spool`` while the journal can't be written."""


class Mqtt(Part):
    """The broker that gets every event; none unless a host is named."""

    host: HostName | None = None
    port: Port = 1883
    client_id: Plain | None = None
    """None = ``cc110-<site>``; two daemons with the same one throw each other out."""
    username: Plain | None = None
    password: SecretText | None = None
    tls: bool = False
    ca_file: PathText | None = None
    """Who may have signed the broker's certificate; None = the system's authorities."""
    cert_file: PathText | None = None
    key_file: PathText | None = None


class Watch(Part):
    """How cc110 is watched: figures for Prometheus, and the PBX's own call to 110."""

    metrics_host: Host = "127.0.0.1"
    metrics_port: int = Field(default=9110, ge=0, le=65_535)
    """0 = no figures are served."""
    synthetic_every_s: int = Field(default=0, ge=0, le=86_400)
    """Seconds from one synthetic call to the next; 0 = only those that somebody asks for."""


class Folders(Part):
    """The PBX's configuration and call logic; relative to the checkout."""

    asterisk_conf: PathText = "asterisk-conf"
    dialplan: PathText = "dialplan"


class Settings(Part):
    """``settings.toml``."""

    site: Site
    sip: Sip = Sip()
    ami: Ami = Ami()
    agi: Agi = Agi()
    guard: Guard = Guard()
    queue: QueueRing = QueueRing()
    transfer: Transfer = Transfer()
    supervision: Supervision = Supervision()
    greeting: Greeting = Greeting()
    blocklist: Blocklist = Blocklist()
    callbacks: Callbacks = Callbacks()
    shifts: Shifts = Shifts()
    recordings: Recordings = Recordings()
    log: Log = Log()
    journal: Journal = Journal()
    mqtt: Mqtt = Mqtt()
    watch: Watch = Watch()
    paths: Folders = Folders()
