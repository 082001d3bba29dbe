"""Where Asterisk's manager interface is, and how long anything there may take."""

from dataclasses import dataclass, field, fields


@dataclass(frozen=True, kw_only=True)
class AmiSettings:
    """One AMI account and its limits; every time is in seconds.

    A dead link is found within ``ping_every_s + 2 * ping_timeout_s``: half of the second part when
    nothing at all arrives, the whole when events still arrive but no answer to the ping.

    Attributes:
        host: a literal address; a name would be looked up at every attempt.
        port: TCP port of the manager interface.
        username: the section in manager.conf. It needs ``read = system`` for FullyBooted.
        secret: its password; never printed.
        wants_events: False logs in with ``Events: off``, for an account that only sends actions;
            there is no FullyBooted then, and the link is up as soon as the login is accepted.
        waits_for_boot: False takes the link for up as soon as the login is accepted, for an account
            that hears events but has no ``read = system``.
        connect_timeout_s: TCP connect.
        login_timeout_s: greeting and answer to the login; a refusal takes Asterisk one second.
        boot_timeout_s: from the login to FullyBooted.
        resync_timeout_s: the longest that `on_up` or `on_down` may take.
        action_timeout_s: default deadline of an action.
        ping_every_s: pause between two pings.
        ping_timeout_s: silence after a ping that makes the link dead.
        login_retry_s: pause after a refused login.
        backoff_s: first pause after a lost link, doubled for each failure up to `backoff_most_s`.
        backoff_most_s: longest such pause; the link has to be back two seconds after Asterisk is.
        queue_size: events waiting for their reader; one more closes the link.
        max_in_flight: actions without an answer.
        max_list: items in the answer to one list action.
    """

    host: str = "127.0.0.1"
    port: int = 5038
    username: str
    secret: str = field(repr=False)
    wants_events: bool = True
    waits_for_boot: bool = True
    connect_timeout_s: float = 3
    login_timeout_s: float = 5
    boot_timeout_s: float = 60
    resync_timeout_s: float = 30
    action_timeout_s: float = 3
    ping_every_s: float = 2
    ping_timeout_s: float = 3
    login_retry_s: float = 30
    backoff_s: float = 0.1
    backoff_most_s: float = 1.5
    queue_size: int = 10_000
    max_in_flight: int = 5_000
    max_list: int = 100_000

    def __post_init__(self) -> None:
        """Refuse what could not work.

        Raises:
            ValueError: a number that is not positive, or a control character in name or secret.
        """
        for one in fields(self):
            value = getattr(self, one.name)
            if isinstance(value, int | float) and not isinstance(value, bool) and value <= 0:
                raise ValueError(f"{one.name} must be more than 0, not {value}")
        if not (self.username + self.secret).isprintable() or not self.username:
            raise ValueError("an AMI account's name and secret are printable, the name not empty")
