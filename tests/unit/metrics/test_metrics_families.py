"""The figures as Prometheus reads them."""

import re
from datetime import UTC, datetime

from prometheus_client.parser import text_string_to_metric_families

from cc110.config.load import checkout
from cc110.core.events import Event
from cc110.core.ids import PolresExt
from cc110.core.synthetic import Result, StageResult
from cc110.core.tally import QueueLook, Tally
from cc110.core.words import AgentState, SyntheticFault, SyntheticStage
from cc110.journal.samples import samples
from cc110.metrics.snapshot import LinkLook, ShiftLook, Snapshot, SyntheticLook
from cc110.metrics.text import figures_text

NOW = datetime(2026, 8, 17, 3, 4, 5, tzinfo=UTC)
BROKEN = Result(
    begun_at=NOW,
    stages=(
        StageResult(stage=SyntheticStage.TRUNK, took_s=0.1),
        StageResult(stage=SyntheticStage.GREETING, fault=SyntheticFault.NOT_GREETED),
    ),
)
EVERYTHING = Snapshot(
    site='a "site"\n',
    version="1",
    queues={"polda": QueueLook(waiting=3, oldest_s=12.5)},
    operators=dict.fromkeys(AgentState, 1),
    shifts={"polda": ShiftLook(there=2, missing=1, off_shift=1, empty=False)},
    links={"control": LinkLook(up=True, losses=2)},
    readers={"astdb": 4},
    bus_lag=7,
    drift={"missing": 1},
    drift_at=NOW,
    synthetic=SyntheticLook(last=BROKEN, passed=5, failed=1, passed_at=NOW),
)


def totals() -> Tally:
    """One event of each kind."""
    made = Tally(trunks=["trunk-demo"], polres=[PolresExt("7101")])
    for recorded in samples().values():
        made.take(recorded.event)
    return made


def values(text: bytes) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Every sample, by name and labels; a text that Prometheus refuses is an error."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def test_prometheus_reads_every_figure_back() -> None:
    """Totals, states, the histogram's buckets, and what the system says of the process."""
    found = values(figures_text(totals(), lambda: EVERYTHING)())

    assert found["cc110_queue_waiting", (("queue", "polda"),)] == 3
    assert found["cc110_queue_oldest_wait_seconds", (("queue", "polda"),)] == 12.5
    assert found["cc110_calls_ended_total", (("outcome", "rejected"),)] == 1
    assert found["cc110_answer_seconds_bucket", (("le", "5.0"),)] == 1
    assert found["cc110_answer_seconds_bucket", (("le", "2.0"),)] == 0
    assert found["cc110_answer_seconds_count", ()] == 1
    assert found["cc110_bus_lag_events", ()] == 7
    assert found["cc110_synthetic_broken", (("stage", "greeting"),)] == 1
    assert found["cc110_synthetic_broken", (("stage", "trunk"),)] == 0
    assert found["process_open_fds", ()] > 0


def test_a_site_without_broker_and_calls_has_fewer_figures_and_no_lie() -> None:
    """What nobody knows is left out, or is zero where zero is true."""
    found = values(
        figures_text(Tally(trunks=[], polres=[]), lambda: Snapshot(site="a", version="1"))()
    )
    names = {name for name, _ in found}

    assert "cc110_bus_lag_events" not in names
    assert "cc110_synthetic_broken" not in names
    assert found["cc110_events_lost_total", ()] == 0


def test_every_figure_is_described_and_every_described_one_is_there() -> None:
    """``docs/metrics.md`` and the code name the same."""
    text = (checkout() / "docs" / "metrics.md").read_text()
    described = set(re.findall(r"^\| `(cc110_[a-z_]+)`", text, re.MULTILINE))
    served = {
        name.removesuffix("_bucket").removesuffix("_sum").removesuffix("_count")
        for name, _ in values(figures_text(totals(), lambda: EVERYTHING)())
        if name.startswith("cc110_") and not name.endswith("_created")
    }

    assert described == served


def test_an_alert_asks_only_for_figures_that_there_are() -> None:
    """A rule on a name that nobody serves never fires."""
    rules = (checkout() / "docs" / "metrics.md").read_text().partition("```yaml")[2]
    asked = set(re.findall(r"\bcc110_[a-z_]+", rules.partition("```")[0]))
    served = {name for name, _ in values(figures_text(totals(), lambda: EVERYTHING)())}

    assert asked
    assert asked <= served


def test_no_figure_tells_of_a_person() -> None:
    """Neither numbers nor calls nor operators are in it."""
    text = figures_text(totals(), lambda: EVERYTHING)().decode()
    told = [one.event for one in samples().values()]

    for secret in {_number(event) for event in told} | {str(event.call_id) for event in told}:
        assert not secret or secret == "None" or secret not in text


def _number(event: Event) -> str:
    return str(getattr(event.data, "number", "") or "")
