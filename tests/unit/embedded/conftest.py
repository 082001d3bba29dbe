"""What the tests of the embedded PBX share."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from cc110.pbx.embedded.bundles import ASTERISK, SIPP, Bundle
from cc110.pbx.embedded.machine import this_cpu
from cc110.pbx.embedded.store import Store
from tests.unit.embedded.mini_archive import Mirror, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENCE = 30.0


@dataclass(kw_only=True)
class Recorder:
    """A Progress that remembers, and lets a test wait for a phase."""

    phases: list[tuple[str, int | None]] = field(default_factory=list)
    done: list[int] = field(default_factory=list)
    news: threading.Condition = field(default_factory=threading.Condition)

    def phase(self, name: str, total: int | None = None) -> None:
        """Remember a phase."""
        with self.news:
            self.phases.append((name, total))
            self.done.append(0)
            self.news.notify_all()

    def advance(self, n: int = 1) -> None:
        """Remember progress."""
        self.done[-1] += n

    def wait_for(self, words: str) -> str:
        """Return the first phase that has `words` in its name, once there is one."""
        with self.news:
            assert self.news.wait_for(lambda: self.find(words), PATIENCE), self.phases
        return self.find(words) or ""

    def find(self, words: str) -> str | None:
        """Return the first phase that has `words` in its name, if any."""
        return next((name for name, _ in self.phases if words in name), None)


@dataclass(kw_only=True)
class Lab:
    """A cache of its own and the sample mirror."""

    cache: Path
    mirror: Mirror
    progress: Recorder = field(default_factory=Recorder)

    @property
    def home(self) -> Path:
        """Where the store keeps everything."""
        return self.cache / "pbx"

    def store(self, suite: str = "forky") -> Store:
        """A new store, as another process would make it."""
        return Store(self.cache, self.mirror.source(suite=suite), this_cpu())

    def install(self, *bundles: Bundle) -> Store:
        """Install and return the store."""
        store = self.store()
        store.ensure(bundles or (ASTERISK,), self.progress)
        return store

    def left_over(self) -> list[Path]:
        """What is in the cache beside the packages, the lock and complete programs."""
        return list(self.home.glob(".*"))


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    """A running sample mirror."""
    with serving() as running:
        yield running


@pytest.fixture
def lab(tmp_path: Path, mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """A cache and a mirror; no proxy of this machine stands between apt and 127.0.0.1."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return Lab(cache=tmp_path / "cache", mirror=mirror)


__all__ = ["ASTERISK", "SIPP", "Lab", "Recorder"]
