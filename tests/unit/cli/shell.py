"""Runs cc110 as people do: in this process for speed, or as a process of its own."""

import fcntl
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import typer.testing
from typer.testing import CliRunner

from cc110.cli.main import app
from cc110.config.load import checkout, load
from cc110.config.model import Config

FIRST_PORT: Final = 15800
_BLOCK: Final = 20
_BLOCKS: Final = 5

# Not all of the commands anew for each that is run.
typer.testing._get_command = cache(typer.testing._get_command)  # type: ignore[attr-defined]


@contextmanager
def ports() -> Iterator[Mapping[str, str]]:
    """A block of ports for one test, also while another test run is on this machine."""
    with ExitStack() as stack:
        for number in range(_BLOCKS):
            lock = stack.enter_context(
                Path(tempfile.gettempdir(), f"cc110-test-ports-{number}").open("w")
            )
            with suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                yield _settings(FIRST_PORT + number * _BLOCK)
                return
        raise OSError("no free block of ports")


def _settings(first: int) -> Mapping[str, str]:
    return {
        "CC110_SIP__PORT": str(first),
        "CC110_AMI__PORT": str(first + 1),
        "CC110_AGI__PORT": str(first + 2),
        "CC110_WATCH__METRICS_PORT": str(first + 3),
        "CC110_SIP__RTP_FIRST": str(first + 10),
        "CC110_SIP__RTP_LAST": str(first + _BLOCK - 1),
    }


@dataclass(frozen=True)
class Answer:
    """What a command said."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """What it printed, line by line."""
        return self.out.splitlines()

    @property
    def objects(self) -> list[Any]:
        """What it printed, as JSON lines."""
        return [json.loads(line) for line in self.lines]

    @property
    def object(self) -> Any:
        """What it printed, as one JSON document."""
        return json.loads(self.out)


@dataclass(frozen=True)
class Shell:
    """A shell with the environment of one home."""

    home: Path
    ports: Mapping[str, str]

    @property
    def environ(self) -> dict[str, str]:
        """Nothing of the caller's own cc110."""
        plain = {k: v for k, v in os.environ.items() if not k.startswith("CC110_")}
        cache = os.environ.get("CC110_CACHE") or str(checkout() / ".cache")
        return {**plain, **self.ports, "CC110_HOME": str(self.home), "CC110_CACHE": cache}

    @property
    def sip_port(self) -> int:
        """Where its PBX listens."""
        return int(self.ports["CC110_SIP__PORT"])

    @property
    def config(self) -> Config:
        """The configuration that commands see."""
        return load(environ=self.environ)

    def __call__(self, *words: str, **environ: str) -> Answer:
        """Run a command in this process."""
        gone = {name: None for name in os.environ if name.startswith("CC110_")}
        overrides = {**gone, **self.environ, **environ}
        result = CliRunner().invoke(app, list(words), env=overrides, prog_name="cc110")
        return Answer(result.exit_code, result.stdout, result.stderr)

    def start(self, *words: str, **environ: str) -> subprocess.Popen[str]:
        """Start a command as a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "cc110.cli.main", *words],
            env={**self.environ, **environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=checkout(),
        )
