"""Which processor this is, in the words of the kernel, Debian and the GNU loader."""

from __future__ import annotations

import os
from dataclasses import dataclass

from cc110.pbx.embedded.errors import WrongCpu


@dataclass(frozen=True, kw_only=True)
class Cpu:
    """A processor family that Debian's packages can run on.

    `debian` is dpkg's architecture, `triplet` the directory of its libraries, `loader` the file
    name of the dynamic loader inside that directory (Debian multiarch tuples).
    """

    debian: str
    triplet: str
    loader: str


_CPUS = {
    "x86_64": Cpu(debian="amd64", triplet="x86_64-linux-gnu", loader="ld-linux-x86-64.so.2"),
    "aarch64": Cpu(debian="arm64", triplet="aarch64-linux-gnu", loader="ld-linux-aarch64.so.1"),
}


def this_cpu(machine: str | None = None) -> Cpu:
    """Return the processor of this machine, or of the one `uname -m` calls `machine`.

    Raises WrongCpu for a processor that the embedded PBX is not made for.
    """
    name = machine or os.uname().machine
    try:
        return _CPUS[name]
    except KeyError:
        msg = (
            f"The embedded PBX runs on {' and '.join(_CPUS)} only and this machine is {name}: "
            "install Asterisk 22.10.1 or later."
        )
        raise WrongCpu(msg) from None
