"""The phone itself: its calls, and what its owner can tell it to do."""

import heapq
import itertools
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pjsua2 as pj

from ..wire import CallState, EventKind
from . import headers
from .account import Line, Report
from .call import PhoneCall
from .engine import make_tone, start_endpoint
from .settings import Settings
from .tap import Recording, Tap

_DTMF_TAIL_S = 0.04
"""PJSIP sends the end of a digit three times before anything else (RFC 4733, 2.5.1.4)."""
_METHODS = {"rfc2833": pj.PJSUA_DTMF_METHOD_RFC2833, "info": pj.PJSUA_DTMF_METHOD_SIP_INFO}


class Softphone:
    """One phone. Each ``do_...`` is a command; its result goes back to the owner."""

    def __init__(self, settings: Settings, report: Report) -> None:
        self._settings = settings
        self._report = report
        self._endpoint = start_endpoint(settings)
        self._tone = make_tone(settings.tone_hz) if settings.tone_hz else None
        self._calls: dict[int, PhoneCall] = {}
        self._taps: list[Tap] = []
        self._recordings: dict[int, tuple[PhoneCall, Tap, Recording]] = {}
        self._numbers = itertools.count(1)
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._line = Line(settings, report, self._arrived)

    @property
    def idle(self) -> bool:
        """Whether there is no call and nothing planned, so that commands may wait a little."""
        return not (self._calls or self._timers or self._recordings)

    def poll(self, seconds: float) -> None:
        """Let SIP happen for at most this long, then do what is due."""
        self._endpoint.libHandleEvents(int(seconds * 1000))
        for call, _, recording in self._recordings.values():
            recording.note_buffer(call.buffered)
        while self._timers and self._timers[0][0] <= time.monotonic():
            self._attempt(heapq.heappop(self._timers)[2])
        # Destroyed here, not in the callback that says so; its tap stays while it is recorded.
        for call in [c for c in self._calls.values() if c.over]:
            del self._calls[call.number]

    def _attempt(self, action: Callable[[], None]) -> None:
        """Do what was planned; the call it was for may have ended meanwhile."""
        try:
            action()
        except (pj.Error, LookupError) as error:
            text = getattr(error, "reason", None) or str(error)
            self._report(EventKind.TROUBLE, at=time.monotonic(), text=text)

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """Do something in so many seconds."""
        at = time.monotonic() + seconds
        heapq.heappush(self._timers, (at, next(self._numbers), action))

    def _arrived(self, pj_id: int, message: str) -> None:
        at = time.monotonic()
        call = PhoneCall(self._line, next(self._numbers), self._report, self._tone, pj_id=pj_id)
        self._calls[call.number] = call
        found = headers.parse(message)
        self._report(
            EventKind.STATE, at=at, call=call.number, text=CallState.INCOMING, headers=found
        )
        if self._settings.rings:
            self._answer(call, 180)
        delay = self._settings.auto_answer_s
        if self._settings.honour_answer_after:
            asked = headers.answer_after(found)
            delay = asked if asked is not None else delay
        if delay is not None:
            self.later(delay, lambda: self._answer(call, 200))

    def _answer(self, call: PhoneCall, code: int) -> None:
        if not call.over:
            parameters = pj.CallOpParam(True)
            parameters.statusCode = code
            call.answer(parameters)

    def _of(self, number: int) -> PhoneCall:
        try:
            return self._calls[number]
        except KeyError:
            raise LookupError("the call is over") from None

    def do_register(self, active: bool) -> None:
        """Register, or take the registration back."""
        self._line.setRegistration(active)

    def do_dial(self, uri: str, extra: list[list[str]], local_uri: str) -> int:
        """Send an INVITE; the result is the call's number."""
        call = PhoneCall(self._line, next(self._numbers), self._report, self._tone)
        self._calls[call.number] = call
        parameters = pj.CallOpParam(True)
        parameters.txOption.localUri = local_uri
        for name, value in extra:
            header = pj.SipHeader()
            header.hName, header.hValue = name, value
            parameters.txOption.headers.append(header)
        try:
            call.makeCall(uri, parameters)
        except pj.Error:
            self._calls.pop(call.number, None)
            raise
        return call.number

    def do_answer(self, call: int, code: int) -> None:
        """Send any response to the INVITE."""
        self._answer(self._of(call), code)

    def do_hangup(self, call: int, code: int) -> None:
        """Send BYE, CANCEL or a final refusal, whichever fits."""
        parameters = pj.CallOpParam()
        parameters.statusCode = code
        self._of(call).hangup(parameters)

    def do_hold(self, call: int) -> None:
        """Offer ``sendonly`` (RFC 3264, 8.4)."""
        self._of(call).setHold(pj.CallOpParam(True))

    def do_unhold(self, call: int) -> None:
        """Offer ``sendrecv`` again."""
        parameters = pj.CallOpParam(True)
        parameters.opt.flag = pj.PJSUA_CALL_UNHOLD
        self._of(call).reinvite(parameters)

    def do_refer(self, call: int, uri: str) -> None:
        """Send REFER (RFC 3515)."""
        self._of(call).xfer(uri, pj.CallOpParam(True))

    def do_refer_replaces(self, call: int, other: int) -> None:
        """Send REFER with Replaces (RFC 3891), joining the far ends of two calls."""
        self._of(call).xferReplaces(self._of(other), pj.CallOpParam(True))

    def do_mute(self, call: int, muted: bool) -> None:
        """Stop or resume the tone."""
        self._of(call).mute(muted)

    def do_dtmf(
        self, call: int, digits: str, method: str, duration: float, gap: float, reply: Any
    ) -> None:
        """Send digits and reply when the last one is out."""
        step = duration + max(gap, _DTMF_TAIL_S)
        for n, digit in enumerate(digits):
            self.later(n * step, partial(self._digit, call, digit, method, duration))
        self.later(len(digits) * step, lambda: reply(None))

    def _digit(self, number: int, digit: str, method: str, duration: float) -> None:
        if (call := self._calls.get(number)) and not call.over:
            parameters = pj.CallSendDtmfParam()
            parameters.method = _METHODS[method]
            parameters.duration = int(duration * 1000)
            parameters.digits = digit
            call.sendDtmf(parameters)

    def do_listen(self, call: int) -> int:
        """Begin a recording of what the call hears; the result is its number."""
        target = self._of(call)
        tap = target.tap or self._free_tap()
        number = next(self._numbers)
        self._recordings[number] = (target, tap, tap.begin())
        target.listen(tap)
        return number

    def do_stop_listening(self, recording: int) -> dict[str, Any]:
        """End a recording; the result is the recording."""
        _, tap, heard = self._recordings.pop(recording)
        tap.end(heard)
        return heard.packed()

    def do_hear(self, call: int, seconds: float, reply: Any) -> None:
        """Record for so many seconds and reply with the recording."""
        recording = self.do_listen(call)
        self.later(seconds, lambda: reply(self.do_stop_listening(recording)))

    def _free_tap(self) -> Tap:
        """A tap that no call and no recording uses; taps are never destroyed, only reused."""
        used = {id(call.tap) for call in self._calls.values()}
        for tap in self._taps:
            if not tap.busy and id(tap) not in used:
                return tap
        self._taps.append(Tap(f"tap{len(self._taps)}"))
        return self._taps[-1]

    def do_quit(self, reply: Any) -> None:
        """Hang up, take the registration back, then reply."""
        self._endpoint.hangupAllCalls()
        if self._line.getInfo().regIsActive:
            self._line.setRegistration(False)
        self._quit_when_quiet(time.monotonic() + 1.0, reply)

    def _quit_when_quiet(self, deadline: float, reply: Any) -> None:
        if (self._calls or self._line.getInfo().regIsActive) and time.monotonic() < deadline:
            self.later(0.01, lambda: self._quit_when_quiet(deadline, reply))
        else:
            reply(None)
