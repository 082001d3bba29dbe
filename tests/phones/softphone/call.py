"""One call of a phone, as PJSIP sees it."""

import time
from typing import Any

import pjsua2 as pj

from ..wire import CallState, EventKind, Media
from .account import Line, Report
from .tap import Tap

_STATES = {
    pj.PJSIP_INV_STATE_CALLING: CallState.CALLING,
    pj.PJSIP_INV_STATE_INCOMING: CallState.INCOMING,
    pj.PJSIP_INV_STATE_EARLY: CallState.EARLY,
    pj.PJSIP_INV_STATE_CONNECTING: CallState.CONNECTING,
    pj.PJSIP_INV_STATE_CONFIRMED: CallState.CONFIRMED,
    pj.PJSIP_INV_STATE_DISCONNECTED: CallState.DISCONNECTED,
}
_MEDIA = {
    pj.PJSUA_CALL_MEDIA_ACTIVE: Media.ACTIVE,
    pj.PJSUA_CALL_MEDIA_LOCAL_HOLD: Media.LOCAL_HOLD,
    pj.PJSUA_CALL_MEDIA_REMOTE_HOLD: Media.REMOTE_HOLD,
    pj.PJSUA_CALL_MEDIA_ERROR: Media.ERROR,
}
_DTMF_GOES_ON = 0b11
"""PJMEDIA_STREAM_DTMF_IS_UPDATE and _IS_END, which the Python binding leaves out."""


class PhoneCall(pj.Call):  # type: ignore[misc]
    """A call that speaks the phone's tone, reports what happens and can be listened to."""

    def __init__(
        self, line: Line, number: int, report: Report, tone: Any, *, pj_id: int = -1
    ) -> None:
        super().__init__(line, pj_id)
        self.number = number
        self.over = False
        self.tap: Tap | None = None
        self._report = report
        self._tone = tone
        self._sound: Any = None
        self._muted = False

    def onCallState(self, prm: Any) -> None:  # noqa: N802 - named by pjsua2
        """Report the state with SIP's last status."""
        at = time.monotonic()
        info = self.getInfo()
        state = _STATES[info.state]
        self.over = state is CallState.DISCONNECTED
        self._tell(EventKind.STATE, at, state, code=info.lastStatusCode, reason=info.lastReason)

    def onCallMediaState(self, prm: Any) -> None:  # noqa: N802 - named by pjsua2
        """Connect tone and ear to the new sound, if there is any."""
        at = time.monotonic()
        self._sound = None
        text = Media.NONE
        info = self.getInfo()  # kept, for what it lists lives only as long as it does
        for media in info.media:
            if media.type == pj.PJMEDIA_TYPE_AUDIO:
                text = _MEDIA.get(media.status, Media.NONE)
                # In a hold one side may still play music.
                if media.audioConfSlot >= 0:
                    self._sound = self.getAudioMedia(media.index)
        self._connect()
        self._tell(EventKind.MEDIA, at, text)

    def onDtmfEvent(self, prm: Any) -> None:  # noqa: N802 - named by pjsua2
        """Report a digit once, when it begins."""
        at = time.monotonic()
        if not prm.flags & _DTMF_GOES_ON:
            self._tell(EventKind.DTMF, at, prm.digit)

    def onCallTransferStatus(self, prm: Any) -> None:  # noqa: N802 - named by pjsua2
        """Report the progress of a REFER (RFC 3515, 2.4.5) and hang up once it has worked."""
        at = time.monotonic()
        final = bool(prm.finalNotify)
        self._tell(
            EventKind.TRANSFER,
            at,
            "final" if final else "progress",
            code=prm.statusCode,
            reason=prm.reason,
        )
        if final and prm.statusCode // 100 == 2:
            self.hangup(pj.CallOpParam())

    def listen(self, tap: Tap) -> None:
        """Let ``tap`` hear this call from now on."""
        self.tap = tap
        self._connect()

    def mute(self, muted: bool) -> None:
        """Stop or resume the tone; packets go on either way."""
        self._muted = muted
        self._connect()

    @property
    def buffered(self) -> int:
        """Frames of 10 ms that wait in the jitter buffer."""
        if self._sound is None or self.over:
            return 0
        try:
            return int(self.getStreamStat(0).jbuf.size)
        except pj.Error:  # the stream is being replaced
            return 0

    def _connect(self) -> None:
        if self._sound is None:
            return
        if self._tone is not None and self._muted:
            self._tone.stopTransmit(self._sound)
        elif self._tone is not None:
            self._tone.startTransmit(self._sound)
        if self.tap is not None:
            self._sound.startTransmit(self.tap)

    def _tell(
        self, kind: EventKind, at: float, text: str, *, code: int = 0, reason: str = ""
    ) -> None:
        self._report(kind, at=at, call=self.number, text=text, code=int(code), reason=reason)
