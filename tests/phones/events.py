"""What phones report, with the time at which it happened in the phone."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .wire import CallState, EventKind, Media

__all__ = ["CallState", "EventKind", "Headers", "Media", "PhoneEvent"]


@dataclass(frozen=True, kw_only=True)
class Headers:
    """The headers of a SIP message, by name without regard to case."""

    values: Mapping[str, list[str]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        """The first header of that name. Raises KeyError if there is none."""
        return self.values[name.lower()][0]

    def get(self, name: str) -> str | None:
        """The first header of that name, or None."""
        return next(iter(self.all(name)), None)

    def all(self, name: str) -> tuple[str, ...]:
        """All headers of that name, in order."""
        return tuple(self.values.get(name.lower(), ()))


@dataclass(frozen=True, kw_only=True)
class PhoneEvent:
    """Something that happened in a phone.

    ``at`` is in ``time.monotonic()`` seconds, taken when PJSIP called back: at most 5 ms, one turn
    of the phone's loop, after the packet came in. ``code`` and ``reason`` are SIP's (RFC 3261, 21).
    """

    at: float
    phone: str
    kind: EventKind
    call: int
    text: str
    code: int = 0
    reason: str = ""
    headers: Headers = field(default_factory=Headers, repr=False)

    @classmethod
    def read(cls, phone: str, message: Mapping[str, Any]) -> "PhoneEvent":
        """Read an event as it came through the pipe."""
        return cls(
            at=message["at"],
            phone=phone,
            kind=EventKind(message["event"]),
            call=message.get("call", 0),
            text=message.get("text", ""),
            code=message.get("code", 0),
            reason=message.get("reason", ""),
            headers=Headers(values=message.get("headers", {})),
        )

    def __str__(self) -> str:
        outcome = f" {self.code} {self.reason}" if self.code else ""
        return f"{self.at:.3f} {self.phone} call {self.call}: {self.kind} {self.text}{outcome}"
