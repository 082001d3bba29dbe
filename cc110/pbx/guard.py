"""Refused and good log-ins in the PBX's words, and the list of banned addresses that it reads.

Asterisk tells of log-ins by events of the class ``security`` (docs.asterisk.org, Asterisk Security Event Logger).
``InvalidAccountID`` holds a stranger's From user raw, line breaks included: with it anybody forges headers and
whole events (seen on 22.10.1). So it is not asked for (``asterisk-conf/manager.conf``), and not needed: a wrong
password for an unknown account is a ``ChallengeResponseFailed`` of ``<unknown>``. What has a header twice, or lacks one
that Asterisk always writes, is not believed either.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from cc110.core.guarding import LoginDone, LoginFact, LoginFailed, Source, source_of, text_of
from cc110.pbx.ami import AmiClient, AmiError, AmiMessage, AmiRefused
from cc110.pbx.translate import happened_at
from cc110.ports import PbxRefused, PbxUnavailable

BANS_FILE: Final = "bans.conf"
"""In the PBX's folder ``lib``; ``asterisk-conf/acl.conf`` includes it."""
_PHONES: Final = "PJSIP"
_CONNECTED: Final = frozenset({"TCP", "TLS", "WS", "WSS"})
_ALWAYS: Final = frozenset({"Privilege", "Severity", "Service", "AccountID", "RemoteAddress"})
_REFUSED: Final = frozenset({"ChallengeResponseFailed", "InvalidPassword"})
_RELOAD_S: Final = 10.0


def login_fact(message: AmiMessage) -> LoginFact | None:
    """What a security event says of a phone; None = nothing, or of somebody else."""
    if message.get("Service") != _PHONES or not _is_whole(message):
        return None
    at = happened_at(message)
    try:
        _, transport, address, _ = message.get("RemoteAddress").split("/")
        source = source_of(address)
    except ValueError:
        return None
    if message.name == "SuccessfulAuth" and message.get("UsingPassword") == "1":
        return LoginDone(at=at, source=source)
    if message.name in _REFUSED:
        return LoginFailed(at=at, source=source, proven=transport in _CONNECTED)
    return None


def _is_whole(message: AmiMessage) -> bool:
    """True when it can be Asterisk's own."""
    names = [name for name, _ in message.headers]
    return len(names) == len(set(names)) and _ALWAYS.issubset(names)


class BanFile:
    """`ports.BanList`: a file that the PBX includes, and the order to read it anew."""

    def __init__(self, path: Path, client: AmiClient) -> None:
        """Write here, and order over this link (``write = system``)."""
        self._path = path
        self._client = client

    async def apply(self, banned: Iterable[Source]) -> None:
        """Make exactly these sources banned.

        Raises:
            PbxUnavailable: no link; the file is written all the same.
            PbxRefused: the PBX said no, or the file can't be written.
        """
        text = bans_text(banned)
        if text == self._there() and "deny" not in text:
            return
        try:
            self._write(text)
        except OSError as error:
            raise PbxRefused(f"{self._path} can't be written: {error.strerror}") from error
        reload = {"Action": "Reload", "Module": "acl"}
        try:
            answer = await self._client.send(reload, timeout=_RELOAD_S)
        except AmiError as error:
            raise PbxUnavailable(f"the PBX does not answer: {error}") from error
        if not answer.ok:
            raise PbxRefused(f"Reload: {answer.get('Message') or 'refused'}")

    async def phones(self) -> tuple[Source, ...]:
        """Where phones are registered now.

        Raises:
            PbxUnavailable: no link.
        """
        try:
            contacts = await self._client.send_list({"Action": "PJSIPShowContacts"})
        except AmiRefused:
            return ()  # "No Contacts found"
        except AmiError as error:
            raise PbxUnavailable(f"the PBX does not answer: {error}") from error
        return tuple(dict.fromkeys(it for row in contacts for it in _source_in(row.get("Uri"))))

    def _there(self) -> str:
        try:
            return self._path.read_text(encoding="ascii", errors="replace")
        except OSError:
            return bans_text(())

    def _write(self, text: str) -> None:
        """As a whole, so that the PBX never reads half of it."""
        fresh = self._path.with_name(f".{self._path.name}.new")
        fresh.unlink(missing_ok=True)
        with fresh.open("x", encoding="ascii") as out:
            os.fchmod(out.fileno(), 0o644)
            out.write(text)
        fresh.replace(self._path)


def bans_text(banned: Iterable[Source]) -> str:
    """The lines inside ``[cc110-banned]``."""
    lines = (f"deny = {text_of(source)}\n" for source in banned)
    return "".join(("; Written by cc110: addresses from which passwords were guessed.\n", *lines))


def _source_in(uri: str) -> Iterable[Source]:
    """The host of ``sip:1101@192.0.2.7:5060;transport=tls`` or of ``sip:1101@[2001:db8::7]``."""
    host = uri.rpartition("@")[2].partition(";")[0]
    address = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    try:
        yield source_of(address)
    except ValueError:
        return
