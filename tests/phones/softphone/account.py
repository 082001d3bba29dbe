"""The phone's line: a registered extension, or a trunk that registers nowhere."""

import time
from collections.abc import Callable
from typing import Any

import pjsua2 as pj

from ..wire import EventKind
from .settings import Settings

Report = Callable[..., None]


class Line(pj.Account):  # type: ignore[misc]
    """One SIP account; incoming calls go to ``arrived(call_id, message)``."""

    def __init__(
        self, settings: Settings, report: Report, arrived: Callable[[int, str], None]
    ) -> None:
        super().__init__()
        self._report = report
        self._arrived = arrived
        self.create(_account_config(settings))

    def onIncomingCall(self, prm: Any) -> None:  # noqa: N802 - named by pjsua2
        """Hand a call on."""
        self._arrived(prm.callId, prm.rdata.wholeMsg)

    def onRegState(self, prm: Any) -> None:  # noqa: N802 - named by pjsua2
        """Report what the registrar said."""
        at = time.monotonic()
        self._report(
            EventKind.REGISTRATION,
            at=at,
            text="active" if self.getInfo().regIsActive else "inactive",
            code=int(prm.code),
            reason=prm.reason or str(prm.status),
        )


def _account_config(settings: Settings) -> Any:
    config = pj.AccountConfig()
    config.idUri = f"sip:{settings.user}@{settings.host}"
    if settings.registrar:
        config.idUri = f"sip:{settings.user}@{settings.registrar.partition(':')[0]}"
        config.regConfig.registrarUri = f"sip:{settings.registrar}{settings.transport_parameter}"
    config.regConfig.registerOnAdd = False
    config.regConfig.retryIntervalSec = 0
    if settings.password:
        credentials = pj.AuthCredInfo("digest", "*", settings.user, 0, settings.password)
        config.sipConfig.authCreds.append(credentials)
    _stay_put(config.natConfig)
    if settings.transport == "tls" and settings.srtp:
        config.mediaConfig.srtpUse = pj.PJMEDIA_SRTP_MANDATORY
        config.mediaConfig.srtpSecureSignaling = 1
    media = config.mediaConfig.transportConfig
    media.boundAddress = settings.host
    media.port = settings.rtp_first
    media.portRange = settings.rtp_last - settings.rtp_first
    return config


def _stay_put(nat: Any) -> None:
    """Announce the addresses the phone is bound to; nobody here sits behind a translator."""
    nat.contactRewriteUse = 0
    nat.viaRewriteUse = 0
    nat.sdpNatRewriteUse = 0
    nat.sipOutboundUse = 0
    nat.iceEnabled = False
