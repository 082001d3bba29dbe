"""What must be true between settings, and between settings and the directory."""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address
from itertools import combinations
from pathlib import Path
from typing import Final

from cc110.config.cross_trunks import plainly, trunk_networks
from cc110.config.explain import fields_of, label, part_at
from cc110.config.layers import Source
from cc110.config.locate import Key
from cc110.config.problem import Problem, Severity
from cc110.config.settings import Settings

SYNTHETIC_S: Final = 30
"""The longest that a synthetic call may take, its judgement included."""
SOP_RING_S: Final = 5
"""The longest ring time at a Polres that the SOP knows (S1.10: 3-5 s)."""
_LOOPBACK: Final = (IPv4Address("127.0.0.1"), IPv6Address("::1"))
_PORTS: Final = (
    ("sip", "port"),
    ("ami", "port"),
    ("agi", "port"),
    ("sip", "tls_port"),
    ("watch", "metrics_port"),
)


def settings_problems(source: Source) -> Iterator[Problem]:
    """Every broken rule of the settings."""
    yield from _ports(source)
    yield from _media(source)
    yield from _registrar(source)
    yield from _certificate(source)
    yield from _control(source)
    yield from _rings(source)
    yield from _mqtt(source)
    yield from _evidence(source)
    yield from _watch(source)


def joint_problems(settings: Source, directory: Source) -> Iterator[Problem]:
    """Every broken rule between the two files."""
    phones = _text(settings, ("sip", "host"))
    if phones is not None and ip_address(phones).is_unspecified:
        is_on = bool(_number(settings, ("watch", "synthetic_every_s")))
        yield from _own_trunk(directory, Severity.ERROR if is_on else Severity.WARNING)
    for key, trunk in trunk_networks(directory):
        if phones is not None and ip_address(phones) in trunk:
            message = f"trunk address {plainly(trunk)} is where the phones are (`sip.host`)"
            yield directory.problem(key, f"{message}: a phone would be taken for the trunk")


def _own_trunk(directory: Source, severity: Severity) -> Iterator[Problem]:
    """The PBX's own call comes from loopback: as a trunk's it would ring operators."""
    for key, trunk in trunk_networks(directory):
        if any(own in trunk for own in _LOOPBACK if own.version == trunk.version):
            message = f"trunk address {plainly(trunk)} is the PBX's own"
            yield directory.problem(
                key, f"{message}: its synthetic calls would be real ones", severity
            )


_GOES_WITH: Final = (
    ("password", "username"),
    ("cert_file", "key_file"),
    ("key_file", "cert_file"),
    ("ca_file", "tls"),
    ("cert_file", "tls"),
)
"""In [mqtt], what makes no sense without what."""


def _mqtt(source: Source) -> Iterator[Problem]:
    for name, needed in _GOES_WITH:
        if source.value(("mqtt", name)) is not None and not source.value(("mqtt", needed)):
            yield source.problem(("mqtt", name), f"`{name}` in [mqtt] needs `{needed}`")
    for name in ("ca_file", "cert_file", "key_file"):
        path = _text(source, ("mqtt", name))
        if path is not None and not Path(path).is_file():
            yield source.problem(("mqtt", name), f"`{name}` in [mqtt]: there is no file {path}")


def _ports(source: Source) -> Iterator[Problem]:
    for one, other in combinations(_PORTS, 2):
        port = _number(source, one)
        if port is not None and port == _number(source, other):
            culprit, friend = (one, other) if _comes_first(source, other) else (other, one)
            yield source.problem(culprit, f"{label(culprit)} and {label(friend)} are both {port:g}")


def _media(source: Source) -> Iterator[Problem]:
    first, last = (_number(source, ("sip", name)) for name in ("rtp_first", "rtp_last"))
    if first is None or last is None:
        return
    culprit = ("sip", "rtp_first" if source.value(("sip", "rtp_last")) is None else "rtp_last")
    if last <= first:
        message = f"`rtp_last` in [sip] must be more than `rtp_first`, {first:g}"
        yield source.problem(culprit, message)
    port = _number(source, ("sip", "port"))
    if port is not None and first <= port <= last:
        key = ("sip", "port") if source.value(("sip", "port")) is not None else culprit
        message = f"`port` in [sip], {port:g}, lies among the media ports {first:g}-{last:g}"
        yield source.problem(key, message)


def _registrar(source: Source) -> Iterator[Problem]:
    host = _text(source, ("sip", "host"))
    asked = source.value(("sip", "registrar")) or ("sip", "registrar") in source.bad
    if host is not None and ip_address(host).is_unspecified and not asked:
        message = f"`host` in [sip] is {host}: say in `registrar` which address phones shall use"
        yield source.problem(("sip", "host"), message)


def _certificate(source: Source) -> Iterator[Problem]:
    for name, other in (("tls_certificate", "tls_key"), ("tls_key", "tls_certificate")):
        path = _text(source, ("sip", name))
        if path is None:
            continue
        if source.value(("sip", other)) is None:
            yield source.problem(("sip", name), f"`{name}` in [sip] needs `{other}`")
        if not Path(path).is_file():
            yield source.problem(("sip", name), f"`{name}` in [sip]: there is no file {path}")


def _control(source: Source) -> Iterator[Problem]:
    for section in ("ami", "agi"):
        host = _text(source, (section, "host"))
        if host is not None and not ip_address(host).is_loopback:
            message = f"`host` in [{section}] is {host}: who reaches it there can steer calls"
            yield source.problem((section, "host"), message, Severity.WARNING)


def _watch(source: Source) -> Iterator[Problem]:
    host = _text(source, ("watch", "metrics_host"))
    if host is not None and not ip_address(host).is_loopback:
        message = f"`metrics_host` in [watch] is {host}: the figures have no password"
        yield source.problem(("watch", "metrics_host"), message, Severity.WARNING)
    every = _number(source, ("watch", "synthetic_every_s"))
    if every and every < SYNTHETIC_S:
        message = f"`synthetic_every_s` in [watch] is {every:g}: a call takes up to {SYNTHETIC_S}"
        yield source.problem(("watch", "synthetic_every_s"), message)


def _rings(source: Source) -> Iterator[Problem]:
    ring = _number(source, ("transfer", "ring_s"))
    if ring is not None and ring > SOP_RING_S:
        message = f"`ring_s` in [transfer] is {ring:g}: the SOP has 3 to {SOP_RING_S} (S1.10)"
        yield source.problem(("transfer", "ring_s"), message, Severity.WARNING)


def _evidence(source: Source) -> Iterator[Problem]:
    """A block must be defensible for as long as it lasts."""
    keep = _number(source, ("recordings", "keep_days_prank"))
    lengths = _said(source, ("blocklist", "lengths_days"))
    longest = max((one for one in _numbers(lengths)), default=0)
    if keep and keep < longest:
        message = (
            f"`keep_days_prank` in [recordings] is {keep:g}: a block may last {longest:g} days, and "
            "its evidence would be erased before"
        )
        yield source.problem(("recordings", "keep_days_prank"), message, Severity.WARNING)


def _numbers(value: object) -> Iterator[int]:
    if isinstance(value, list | tuple):
        yield from (one for one in value if isinstance(one, int))


def _said(source: Source, key: Key) -> object:
    """What was said, or the default; None for what can't be believed."""
    if any(key[:end] in source.bad for end in range(1, len(key) + 1)):
        return None
    value = source.value(key)
    if value is not None:
        return value
    part = part_at(Settings, key[:-1])
    default: object = fields_of(part)[str(key[-1])].default if part else None
    return default


def _comes_first(source: Source, key: Key) -> bool:
    """Whether a value is a default or the file's, so that a clash with it is the other's fault."""
    return source.value(key) is None or (bool(source.said_by) and key not in source.said_by)


def _number(source: Source, key: Key) -> float | None:
    value = _said(source, key)
    return value if isinstance(value, int | float) else None


def _text(source: Source, key: Key) -> str | None:
    value = _said(source, key)
    return value if isinstance(value, str) else None
