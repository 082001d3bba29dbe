"""Passwords: made at first run, kept in ``CC110_HOME/secrets.toml``, read by their owner alone.

There is no default password: a site that was never started has none. What is there never changes
by itself; a new operator gets a new password, a removed one's stays until somebody deletes it.
"""

import fcntl
import os
import re
import secrets
import stat
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from pydantic import SecretStr

from cc110.config.locate import line_of, locate
from cc110.config.model import Config
from cc110.core.ids import AgentId, PolresExt
from cc110.ports import Cc110Error

CONTROL: Final = "cc110"
"""The AMI account that steers calls."""
DATABASE: Final = "cc110-db"
"""The AMI account that keeps the blocklist's mirror."""
GUARD: Final = "cc110-guard"
"""The AMI account that hears of refused log-ins, and may do nothing."""
TEST: Final = "cc110-test"
"""The AMI account and the SIP account of the synthetic call."""
SECRET_BYTES: Final = 16
_FINE: Final = re.compile(r"[A-Za-z0-9]{22,64}")
"""128 bits need 22 characters of this kind; none of them means anything to Asterisk."""
_HEAD: Final = """\
# Passwords of this site, made by cc110. Keep this file to yourself (mode 0600).
# Delete a line to have a new password made at the next start; the phone needs it then, too.
"""


class SecretsUnsafe(Cc110Error):
    """Somebody else may have read the passwords."""


class SecretsUnreadable(Cc110Error):
    """The file of passwords can't be read."""


class NoAccount(Cc110Error):
    """There is no such phone in the directory."""


@dataclass(frozen=True, kw_only=True)
class Secrets:
    """All passwords. They do not print."""

    ami: Mapping[str, SecretStr]
    """By AMI account."""
    sip: Mapping[str, SecretStr]
    """By the extension of an operator or a Polres; and the synthetic call's."""


@dataclass(frozen=True, kw_only=True)
class SoftphoneAccount:
    """What a person types into a softphone."""

    user: str
    password: SecretStr
    registrar: str
    """A SIP URI, such as ``sip:127.0.0.1:5060``."""
    transport: str
    display_name: str


def ensure_secrets(config: Config) -> Secrets:
    """The passwords of the site, with those made and kept that were missing.

    Raises:
        SecretsUnsafe: others may read or write the file, or it is not ours.
        SecretsUnreadable: it is no file of passwords.
    """
    path = config.paths.secrets
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(path.with_suffix(".lock")):
        known = _read(path)
        wanted = _with_missing(known, _names(config))
        if wanted != known:
            _write(path, wanted)
    return _typed(wanted)


def account(config: Config, passwords: Secrets, agent: str) -> SoftphoneAccount:
    """The softphone settings of an operator or of a Polres's desk.

    Raises:
        NoAccount: the directory has no such extension, or it has no password yet.
    """
    seat = config.operator(AgentId(agent)) or config.polres(PolresExt(agent))
    password = passwords.sip.get(agent)
    if seat is None or password is None:
        raise NoAccount(f"there is no phone {agent} in {config.paths.directory}")
    sip = config.settings.sip
    host = sip.registrar or sip.host
    address = f"[{host}]" if ":" in host else host
    return SoftphoneAccount(
        user=agent,
        password=password,
        registrar=f"sip:{address}:{sip.tls_port if sip.phones == 'tls' else sip.port}",
        transport=sip.phones,
        display_name=seat.name,
    )


def _names(config: Config) -> Mapping[str, tuple[str, ...]]:
    operators = (operator.id for operator in config.directory.operators)
    desks = (extension for extension, _ in config.polres_units)
    return {"ami": (CONTROL, DATABASE, GUARD, TEST), "sip": (*operators, *desks, TEST)}


def _with_missing(
    known: Mapping[str, Mapping[str, str]], names: Mapping[str, tuple[str, ...]]
) -> Mapping[str, Mapping[str, str]]:
    return {
        section: {
            **{name: secrets.token_hex(SECRET_BYTES) for name in wanted},
            **known.get(section, {}),
        }
        for section, wanted in names.items()
    }


def _typed(known: Mapping[str, Mapping[str, str]]) -> Secrets:
    def hidden(section: str) -> Mapping[str, SecretStr]:
        return MappingProxyType({k: SecretStr(v) for k, v in known[section].items()})

    return Secrets(ami=hidden("ami"), sip=hidden("sip"))


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Two first starts at once make one set of passwords."""
    handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _read(path: Path) -> Mapping[str, Mapping[str, str]]:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return {}
    except OSError as fault:
        raise SecretsUnreadable(f"{path} can't be opened: {fault.strerror}") from fault
    with os.fdopen(handle, "rb") as file:
        _refuse_unsafe(path, os.fstat(file.fileno()))
        return _parsed(path, file.read())


def _refuse_unsafe(path: Path, state: os.stat_result) -> None:
    mode = stat.S_IMODE(state.st_mode)
    if not stat.S_ISREG(state.st_mode):
        raise SecretsUnreadable(f"{path} is not a plain file")
    if state.st_uid != os.geteuid():
        raise SecretsUnsafe(f"{path} belongs to another user (uid {state.st_uid})")
    if mode & 0o077:
        raise SecretsUnsafe(
            f"{path} has mode {mode:04o}, so others may have read the passwords: delete it to have "
            f"new ones made, or run `chmod 600 {path}` if you know that nobody has"
        )


def _parsed(path: Path, raw: bytes) -> Mapping[str, Mapping[str, str]]:
    try:
        text = raw.decode()
        data: Mapping[str, Any] = tomllib.loads(text)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise SecretsUnreadable(f"{path} is not TOML: {fault}") from None
    for section, values in data.items():
        if section not in {"ami", "sip"} or not isinstance(values, Mapping):
            raise SecretsUnreadable(f"{_at(path, text, section)}: only [ami] and [sip] belong here")
        for name, value in values.items():
            if not isinstance(value, str) or not _FINE.fullmatch(value):
                place = _at(path, text, section, name)
                raise SecretsUnreadable(
                    f"{place}: the password of {name} must be 22 to 64 letters and digits; "
                    "delete the line to have one made"
                )
    return data


def _at(path: Path, text: str, *key: str) -> str:
    return f"{path}:{line_of(locate(text), key)}"


def _write(path: Path, known: Mapping[str, Mapping[str, str]]) -> None:
    lines = [_HEAD]
    for section, values in known.items():
        lines.append(f"\n[{section}]\n")
        lines += [f'"{name}" = "{value}"\n' for name, value in sorted(values.items())]
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write("".join(lines))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
