"""All figures of this process as text: cc110's own, and what the system says of the process."""

from collections.abc import Callable, Iterator

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector
from prometheus_client.core import Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from cc110.core.tally import Tally
from cc110.metrics.families import families
from cc110.metrics.snapshot import Snapshot

CONTENT_TYPE = CONTENT_TYPE_LATEST


class _Own(Collector):
    def __init__(self, tally: Tally, look: Callable[[], Snapshot]) -> None:
        self._tally = tally
        self._look = look

    def describe(self) -> Iterator[Metric]:
        """Nothing before it is asked for: a look at the state needs a running daemon."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """All figures, now."""
        return families(self._tally, self._look())


def figures_text(tally: Tally, look: Callable[[], Snapshot]) -> Callable[[], bytes]:
    """What writes the figures whenever it is called."""
    registry = CollectorRegistry()
    registry.register(_Own(tally, look))
    ProcessCollector(registry=registry)
    return lambda: generate_latest(registry)
