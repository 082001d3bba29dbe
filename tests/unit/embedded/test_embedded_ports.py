"""Who has a port: asked of the kernel about real sockets."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cc110.pbx.embedded.errors import PortInUse
from cc110.pbx.embedded.ports import Listen, Proto, port_owner, require_free

if TYPE_CHECKING:
    pass

PORTS = iter(range(15050, 15090))
KINDS: dict[Proto, socket.SocketKind] = {"udp": socket.SOCK_DGRAM, "tcp": socket.SOCK_STREAM}
ME = f"(pid {os.getpid()})"
ASKING = """
from cc110.pbx.embedded.ports import port_owner
print(port_owner("tcp", "127.0.0.1", {port}))
"""


def bound(proto: Proto, host: str) -> tuple[socket.socket, int]:
    """Return a socket that has a port on `host`, listening if it is TCP, and the port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for port in PORTS:
        opened = socket.socket(family, KINDS[proto])
        try:
            opened.bind((host, port))
        except OSError:
            opened.close()
            continue
        if proto == "tcp":
            opened.listen()
        return opened, port
    raise AssertionError


@pytest.fixture(params=["udp", "tcp"])
def proto(request: pytest.FixtureRequest) -> Proto:
    """Each protocol in turn."""
    found: Proto = request.param
    return found


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "::"])
def test_the_owner_is_named_with_its_number(proto: Proto, host: str) -> None:
    """A port taken on the address itself or on all addresses is taken."""
    opened, port = bound(proto, host)
    with closing(opened):
        owner = port_owner(proto, "127.0.0.1", port)

    assert owner
    assert owner.endswith(ME)
    assert owner.startswith(Path("/proc/self/comm").read_text().strip())


def test_a_free_port_has_no_owner(proto: Proto) -> None:
    """A port just given back is free."""
    opened, port = bound(proto, "127.0.0.1")
    opened.close()

    assert port_owner(proto, "127.0.0.1", port) is None


def test_another_address_of_this_machine_does_not_matter(proto: Proto) -> None:
    """127.0.0.2 and 127.0.0.1 may each have a program on one port."""
    opened, port = bound(proto, "127.0.0.2")
    with closing(opened):
        assert port_owner(proto, "127.0.0.1", port) is None


def test_listening_on_all_addresses_finds_a_program_on_one(proto: Proto) -> None:
    """0.0.0.0 cannot be had while somebody has 127.0.0.1."""
    opened, port = bound(proto, "127.0.0.1")
    with closing(opened):
        assert port_owner(proto, "0.0.0.0", port)


def test_the_other_protocol_does_not_matter() -> None:
    """A UDP socket does not take the TCP port of that number."""
    opened, port = bound("udp", "127.0.0.1")
    with closing(opened):
        assert port_owner("tcp", "127.0.0.1", port) is None


def test_a_connection_does_not_take_its_port() -> None:
    """The client's end of a connection does not listen."""
    opened, port = bound("tcp", "127.0.0.1")
    with closing(opened), socket.create_connection(("127.0.0.1", port)) as client:
        assert port_owner("tcp", "127.0.0.1", client.getsockname()[1]) is None


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="needs root")
def test_another_users_program_is_named_by_its_user() -> None:
    """Who may not look into a process still learns whose it is."""
    opened, port = bound("tcp", "127.0.0.1")
    as_nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    with closing(opened):
        said = subprocess.run(
            [*as_nobody, sys.executable, "-c", ASKING.format(port=port)],
            capture_output=True,
            text=True,
            check=False,
        )
    if "Permission denied" in said.stderr or "No module" in said.stderr:
        pytest.skip("another user may not read this checkout")

    assert said.stdout.strip() == "a program of user root"


def test_every_port_in_use_is_in_one_message_with_its_setting() -> None:
    """The message says what to stop or to set, for each port at once."""
    one, port = bound("udp", "127.0.0.1")
    two, other = bound("tcp", "127.0.0.1")
    sip = Listen(proto="udp", host="127.0.0.1", port=port, setting="sip.port")
    ami = Listen(proto="tcp", host="127.0.0.1", port=other, setting="ami.port")
    with closing(one), closing(two), pytest.raises(PortInUse) as error:
        require_free([sip, ami])

    assert f"UDP port 127.0.0.1:{port} is in use by" in str(error.value)
    assert f"{ME}; stop it or set sip.port. TCP port 127.0.0.1:{other}" in str(error.value)


def test_free_ports_raise_nothing() -> None:
    """No list of ports and a list of free ones are both fine."""
    require_free([])
