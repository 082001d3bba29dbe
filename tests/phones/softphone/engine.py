"""PJSIP's endpoint without a sound card: one transport, one tone, few codecs."""

import ctypes
from typing import Any

import pjsua2 as pj

from ..wire import PTIME_S, SAMPLE_RATE
from .settings import Settings

TONE_AMPLITUDE = 7400
JITTER_FRAME_MS = 10
MOST_CALLS = 8
MOST_PORTS = 64
_KINDS = {
    "udp": pj.PJSIP_TRANSPORT_UDP,
    "tcp": pj.PJSIP_TRANSPORT_TCP,
    "tls": pj.PJSIP_TRANSPORT_TLS,
}
_DISCARD_NONE = 0
"""PJMEDIA_JB_DISCARD_NONE, which the Python binding leaves out."""


def start_endpoint(settings: Settings) -> Any:
    """Start PJSIP on the phone's own address. Raises pj.Error when the port is taken."""
    endpoint = pj.Endpoint()
    endpoint.libCreate()
    endpoint.libInit(_endpoint_config(settings))
    transport = pj.TransportConfig()
    transport.boundAddress = settings.host
    transport.port = settings.port
    kind = _KINDS[settings.transport]
    if settings.transport == "tls":
        transport.tlsConfig.CaListFile = settings.trusted
        transport.tlsConfig.verifyServer = True
    endpoint.transportCreate(kind, transport)
    # Digest authentication looks its hash up in OpenSSL, which this alone initialises.
    endpoint.utilSslGetAvailableCiphers()
    endpoint.libStart()
    endpoint.audDevManager().setNullDev()
    _choose_codecs(endpoint, settings.codecs)
    return endpoint


def _endpoint_config(settings: Settings) -> Any:
    config = pj.EpConfig()
    config.uaConfig.threadCnt = 0
    config.uaConfig.mainThreadOnly = True
    config.uaConfig.maxCalls = MOST_CALLS
    config.uaConfig.userAgent = settings.name
    config.logConfig.consoleLevel = 0
    config.logConfig.level = 5 if settings.log else 0
    config.logConfig.filename = settings.log
    _set_media(config.medConfig)
    return config


def _set_media(media: Any) -> None:
    """No processing and no prefetching: what arrives is heard with the next tick, or not at all.

    A jitter buffer that fills up first would hide gaps shorter than itself. One that starts empty
    and never discards grows by itself when the machine is too busy to be on time.
    """
    media.clockRate = SAMPLE_RATE
    media.sndClockRate = SAMPLE_RATE
    media.audioFramePtime = int(PTIME_S * 1000)
    media.maxMediaPorts = MOST_PORTS
    media.noVad = True
    media.ecTailLen = 0
    media.sndAutoCloseTime = -1
    media.jbInit = 0
    media.jbMinPre = JITTER_FRAME_MS
    media.jbMaxPre = JITTER_FRAME_MS
    media.jbMax = 500
    _never_discard(media)


def _never_discard(media: Any) -> None:
    """Let the jitter buffer grow; the binding shows the enumeration only as a bare pointer."""
    algorithm = media.jbDiscardAlgo
    ctypes.c_int.from_address(int(algorithm)).value = _DISCARD_NONE
    media.jbDiscardAlgo = algorithm


def _choose_codecs(endpoint: Any, wanted: tuple[str, ...]) -> None:
    """Offer only the wanted codecs, in this order, and never paint over lost packets."""
    for info in endpoint.codecEnum2():
        name = info.codecId.partition("/")[0]
        if name not in wanted:
            endpoint.codecSetPriority(info.codecId, 0)
            continue
        endpoint.codecSetPriority(info.codecId, 250 - wanted.index(name))
        parameters = endpoint.codecGetParam(info.codecId)
        parameters.setting.plc = False
        parameters.setting.vad = False
        parameters.setting.cng = False
        endpoint.codecSetParam(info.codecId, parameters)


def make_tone(hertz: int) -> Any:
    """A sine that never pauses; a multiple of 50 Hz joins up seamlessly when it repeats."""
    generator = pj.ToneGenerator()
    generator.createToneGenerator(SAMPLE_RATE, 1)
    tone = pj.ToneDesc()
    tone.freq1 = hertz
    tone.freq2 = 0
    tone.on_msec = 20_000
    tone.off_msec = 0
    tone.volume = TONE_AMPLITUDE
    tone.flags = 0
    tones = pj.ToneDescVector()
    tones.append(tone)
    generator.play(tones, True)
    return generator
