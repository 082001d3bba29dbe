"""Who has a port, read from the kernel's own tables (proc(5))."""

from __future__ import annotations

import pwd
import re
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from cc110.pbx.embedded.errors import PortInUse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Proto = Literal["udp", "tcp"]
_PROC = Path("/proc")
_LISTENING = "0A"


@dataclass(frozen=True, kw_only=True)
class Listen:
    """An address that the PBX will listen on, and the name of the setting that moves it."""

    proto: Proto
    host: str
    port: int
    setting: str


@dataclass(frozen=True, kw_only=True)
class _Socket:
    host: IPv4Address | IPv6Address
    port: int
    user: int
    inode: str


def require_free(listens: Iterable[Listen]) -> None:
    """Raise PortInUse, one sentence per port, unless all `listens` are free."""
    taken = [
        f"{each.proto.upper()} port {each.host}:{each.port} is in use by {owner}; "
        f"stop it or set {each.setting}."
        for each in listens
        if (owner := port_owner(each.proto, each.host, each.port))
    ]
    if taken:
        raise PortInUse(" ".join(taken))


def port_owner(proto: Proto, host: str, port: int) -> str | None:
    """Return who would stop a program from listening there, such as `asterisk (pid 123)`.

    None if the port is free. Another user's program is named by its user alone.
    """
    wanted = _plain(ip_address(host))
    for found in _sockets(proto):
        if found.port == port and _collide(found.host, wanted):
            return _holder(found.inode) or _of_user(found.user)
    return None


def _sockets(proto: Proto) -> Iterator[_Socket]:
    for table in (proto, f"{proto}6"):
        with suppress(FileNotFoundError):
            for line in (_PROC / "net" / table).read_text().splitlines()[1:]:
                _, local, _, state, *_, user, _, inode = line.split()[:10]
                if proto == "udp" or state == _LISTENING:
                    host, port = local.split(":")
                    yield _Socket(
                        host=_address(host), port=int(port, 16), user=int(user), inode=inode
                    )


def _address(text: str) -> IPv4Address | IPv6Address:
    """Read an address of /proc/net: 32-bit words, each in the machine's byte order."""
    words = (bytes.fromhex(word)[::-1] for word in re.findall("." * 8, text))
    return _plain(ip_address(b"".join(words)))


def _plain(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _collide(one: IPv4Address | IPv6Address, other: IPv4Address | IPv6Address) -> bool:
    """Tell whether two sockets exclude each other; `::` takes IPv4 as well."""
    if one == other:
        return True
    wide = [each for each in (one, other) if each.is_unspecified]
    return any(each.version == 6 for each in wide) or bool(wide and one.version == other.version)


def _holder(inode: str) -> str | None:
    """Return the program that has the socket `inode` open, if this user may see it."""
    for process in _PROC.glob("[0-9]*"):
        with suppress(OSError):
            for descriptor in (process / "fd").iterdir():
                with suppress(OSError):
                    if str(descriptor.readlink()) == f"socket:[{inode}]":
                        return f"{_program(process)} (pid {process.name})"
    return None


def _program(process: Path) -> str:
    """Return the name of a program, also of one started through the loader of its own tree."""
    arguments = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
    if Path(arguments[0]).name.startswith("ld-linux") and "--argv0" in arguments:
        return Path(arguments[arguments.index("--argv0") + 1]).name
    return (process / "comm").read_text().strip()


def _of_user(user: int) -> str:
    try:
        return f"a program of user {pwd.getpwuid(user).pw_name}"
    except KeyError:
        return f"a program of user number {user}"
