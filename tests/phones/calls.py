"""One call of one phone, as a test holds it in its hand."""

import re
import time
from collections.abc import Iterable
from typing import Any, Final

from .eventlog import EventLog
from .events import CallState, EventKind, Headers, Media, PhoneEvent
from .hearing import HearingTimeline
from .link import PhoneLink
from .timing import DEFAULT_LIMIT_S, limit
from .tones import PRESENT, TONES
from .wire import PTIME_S

_BUSY_HERE: Final = 486
_OK: Final = 200
_FIRST_FRAMES_S: Final = 2 * PTIME_S
_GLANCE_S: Final = 0.1


class CallEnded(Exception):
    """The call ended while something else was waited for."""

    def __init__(self, event: PhoneEvent, what: str) -> None:
        super().__init__(f"{event.phone}: no {what}: {event.code} {event.reason}")
        self.code = event.code
        self.event = event


class CallHandle:
    """A call. Commands return when the phone has carried them out and the far end has agreed."""

    def __init__(self, link: PhoneLink, log: EventLog[PhoneEvent], number: int) -> None:
        self.number = number
        self._link = link
        self._log = log

    def __repr__(self) -> str:
        return f"<call {self.number}: {self.state}>"

    @property
    def events(self) -> tuple[PhoneEvent, ...]:
        """All that happened to this call so far."""
        return tuple(e for e in self._log.since() if e.call == self.number)

    def _last(self, kind: EventKind) -> PhoneEvent | None:
        return next((e for e in reversed(self.events) if e.kind is kind), None)

    @property
    def state(self) -> CallState | None:
        """The latest state; None until the phone has sent the INVITE."""
        last = self._last(EventKind.STATE)
        return CallState(last.text) if last else None

    @property
    def live(self) -> bool:
        """Whether the call is not over yet."""
        return self.state is not CallState.DISCONNECTED

    @property
    def media(self) -> Media:
        """What the audio does at present."""
        last = self._last(EventKind.MEDIA)
        return Media(last.text) if last else Media.NONE

    @property
    def ended(self) -> PhoneEvent | None:
        """How the call ended: ``code``, ``reason`` and ``at``; None while it lasts."""
        last = self._last(EventKind.STATE)
        return last if last and last.text == CallState.DISCONNECTED else None

    @property
    def headers(self) -> Headers:
        """The headers of the INVITE that came in; empty for a call the phone made."""
        return next((e.headers for e in self.events if e.headers.values), Headers())

    @property
    def shown(self) -> str:
        """The caller's name on the phone's display, from the display name in From."""
        found = re.match(r'\s*"?([^"<]*?)"?\s*<', self.headers.get("From") or "")
        return found.group(1) if found else ""

    @property
    def digits(self) -> str:
        """The DTMF digits that came in so far."""
        return "".join(e.text for e in self.events if e.kind is EventKind.DTMF)

    async def wait_for(self, state: CallState, *, timeout: float = DEFAULT_LIMIT_S) -> PhoneEvent:
        """Wait until the call is, or has been, in ``state``.

        Raises:
            CallEnded: it ended without ever being there.
            TimeoutError: ``timeout`` seconds (stretched) went by.
        """
        return await self._wait(EventKind.STATE, state, timeout=timeout)

    async def wait_for_media(
        self, media: Media, *, after: int = 0, timeout: float = DEFAULT_LIMIT_S
    ) -> PhoneEvent:
        """Wait until the audio does ``media``. Raises CallEnded or TimeoutError."""
        return await self._wait(EventKind.MEDIA, media, after=after, timeout=timeout)

    async def wait_for_talk(self, *, timeout: float = DEFAULT_LIMIT_S) -> None:
        """Wait until the call is confirmed with audio both ways. Raises as ``wait_for``."""
        await self.wait_for(CallState.CONFIRMED, timeout=timeout)
        await self.wait_for_media(Media.ACTIVE, timeout=timeout)

    async def wait_for_digits(self, digits: str, *, timeout: float = DEFAULT_LIMIT_S) -> None:
        """Wait until these DTMF digits have come in. Raises CallEnded or TimeoutError."""
        for count in range(1, len(digits) + 1):
            await self._until(
                lambda _, count=count: len(self.digits) >= count, f"digits {digits}", 0, timeout
            )
        if self.digits != digits:
            raise AssertionError(f"digits {self.digits} came in, not {digits}")

    async def _wait(
        self, kind: EventKind, text: str, *, after: int = 0, timeout: float = DEFAULT_LIMIT_S
    ) -> PhoneEvent:
        return await self._until(
            lambda e: e.kind is kind and e.text == text, f"{kind} {text}", after, timeout
        )

    async def _until(self, fits: Any, what: str, after: int, timeout: float) -> PhoneEvent:
        def ended(e: PhoneEvent) -> bool:
            return e.kind is EventKind.STATE and e.text == CallState.DISCONNECTED

        event = await self._log.wait_for(
            lambda e: e.call == self.number and (fits(e) or ended(e)),
            f"{what} in call {self.number}",
            after=after,
            timeout=timeout,
        )
        if not fits(event):
            raise CallEnded(event, what)
        return event

    async def _ask(self, do: str, *, timeout: float = DEFAULT_LIMIT_S, **arguments: Any) -> Any:
        return await self._link.ask(do, call=self.number, timeout=timeout, **arguments)

    async def ring(self) -> None:
        """Say that the phone rings (180)."""
        await self._ask("answer", code=180)

    async def answer(self, code: int = _OK) -> None:
        """Send a response; with 200, wait until the call is confirmed."""
        await self._ask("answer", code=code)
        if code == _OK:
            await self.wait_for(CallState.CONFIRMED)

    async def reject(self, code: int = _BUSY_HERE) -> None:
        """Refuse the call with ``code`` and wait until it is over."""
        await self._ask("answer", code=code)
        await self.wait_for(CallState.DISCONNECTED)

    async def hangup(self) -> None:
        """Send BYE, or CANCEL before the answer, and wait until the call is over."""
        if self.live:
            await self._ask("hangup", code=0)
            await self.wait_for(CallState.DISCONNECTED)

    async def hold(self) -> None:
        """Put the far end on hold and wait until it agrees."""
        position = len(self._log)
        await self._ask("hold")
        await self.wait_for_media(Media.LOCAL_HOLD, after=position)

    async def unhold(self) -> None:
        """Take the far end back and wait until the audio flows both ways."""
        position = len(self._log)
        await self._ask("unhold")
        await self.wait_for_media(Media.ACTIVE, after=position)

    async def mute(self) -> None:
        """Fall silent; packets with silence go on, as from a person who says nothing."""
        await self._ask("mute", muted=True)

    async def unmute(self) -> None:
        """Speak the phone's tone again."""
        await self._ask("mute", muted=False)

    async def send_dtmf(
        self,
        digits: str,
        *,
        method: str = "rfc2833",
        duration_s: float = 0.1,
        gap_s: float = 0.04,
    ) -> None:
        """Press keys, one after the other, and return when the last one is out.

        ``method`` is "rfc2833" (RFC 4733 events; the phone's tone pauses meanwhile) or "info"
        (SIP INFO). Less than 40 ms between digits is not possible, less than 80 ms per digit is
        lengthened by Asterisk when it passes the digit on.
        """
        total = len(digits) * (duration_s + max(gap_s, 0.04))
        await self._ask(
            "dtmf",
            digits=digits,
            method=method,
            duration=duration_s,
            gap=gap_s,
            timeout=total + DEFAULT_LIMIT_S,
        )

    async def blind_transfer(self, uri: str, *, timeout: float = DEFAULT_LIMIT_S) -> PhoneEvent:
        """Send REFER and wait for its outcome: ``code`` is the sipfrag's, or the call's end.

        The phone hangs up by itself after a 2xx.
        """
        position = len(self._log)
        await self._ask("refer", uri=uri)
        return await self._transferred(position, timeout)

    async def attended_transfer(
        self, other: "CallHandle", *, timeout: float = DEFAULT_LIMIT_S
    ) -> PhoneEvent:
        """Join the far ends of this call and of ``other``, and wait for the outcome."""
        position = len(self._log)
        await self._ask("refer_replaces", other=other.number)
        return await self._transferred(position, timeout)

    async def _transferred(self, position: int, timeout: float) -> PhoneEvent:
        def final(event: PhoneEvent) -> bool:
            return event.kind is EventKind.TRANSFER and event.text == "final"

        return await self._until(final, "outcome of the transfer", position, timeout)

    async def heard(
        self, seconds: float = 0.5, frequencies: Iterable[int] = TONES.values()
    ) -> dict[int, float]:
        """Listen for so long; the mean amplitude of each frequency.

        A phone that speaks reads 0.2 to 0.27, one that does not below 0.005. The first 40 ms are
        left out, for the ear is connected meanwhile.
        """
        packed = await self._ask(
            "hear", seconds=seconds + _FIRST_FRAMES_S, timeout=seconds + DEFAULT_LIMIT_S
        )
        whole = HearingTimeline.unpack(packed)
        skipped = round(_FIRST_FRAMES_S * 8000)
        part = HearingTimeline(
            start=whole.start + _FIRST_FRAMES_S,
            samples=whole.samples[skipped:],
            late_s=whole.late_s,
        )
        return part.mean_levels(tuple(frequencies))

    async def wait_to_hear(self, *frequencies: int, timeout: float = DEFAULT_LIMIT_S) -> None:
        """Listen until all of these tones are heard at the same time.

        Raises:
            TimeoutError: they were not within ``timeout`` seconds (stretched).
            PhoneError: the call is over.
        """
        end = time.monotonic() + limit(timeout)
        while True:
            levels = await self.heard(_GLANCE_S, frequencies)
            if all(level > PRESENT for level in levels.values()):
                return
            if time.monotonic() > end:
                raise TimeoutError(f"call {self.number} hears {levels} after {limit(timeout):g} s")

    async def start_listening(self) -> "Listening":
        """Record all that is heard from now on, through holds, until it is stopped."""
        number: int = await self._ask("listen")
        return Listening(self._link, number)


class Listening:
    """A recording under way; it outlives the call."""

    def __init__(self, link: PhoneLink, number: int) -> None:
        self._link = link
        self._number = number

    async def stop_listening(self) -> HearingTimeline:
        """End it and return what was heard."""
        packed = await self._link.ask("stop_listening", recording=self._number)
        return HearingTimeline.unpack(packed)
