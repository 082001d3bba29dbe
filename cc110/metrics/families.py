"""Figures as Prometheus reads them. Each is described, with its unit and an alert, in ``docs/metrics.md``."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate
from typing import Any

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from cc110.core.synthetic import Result
from cc110.core.tally import Spread, Tally
from cc110.metrics.snapshot import Snapshot, SyntheticLook

Values = Mapping[Any, float]
"""By the values of the labels, a tuple."""


def families(tally: Tally, now: Snapshot) -> Iterator[Metric]:
    """All of cc110's own figures; how many there are depends on the site's directory alone."""
    info = {(now.site, now.version): 1}
    yield _gauges("cc110_info", "The site and the version that runs.", info, "site", "version")
    yield from _totals(tally)
    yield from _calls(now)
    yield from _pbx(now)
    yield from _journal(now)
    yield from _synthetic(now.synthetic)
    yield _gauge("cc110_tasks", "Tasks of the daemon's event loop.", now.tasks)
    said = "The longest that the event loop was late within the last half minute."
    yield _gauge("cc110_loop_lag_seconds", said, now.loop_lag_s)


def _totals(tally: Tally) -> Iterator[Metric]:
    said = "Calls that were let in, by trunk."
    yield _counters("cc110_calls_arrived", said, _one(tally.arrived), "trunk")
    said = "Calls that are over, by outcome."
    yield _counters("cc110_calls_ended", said, _one(tally.outcomes), "outcome")
    said = "From the arrival, or the return to the queue, to an operator's answer."
    yield _histogram("cc110_answer_seconds", said, tally.answers)
    said = "How long those had waited who hung up before anybody answered."
    yield _histogram("cc110_abandoned_seconds", said, tally.abandoned)
    yield _counters("cc110_verdicts", "Verdicts given.", _one(tally.verdicts), "verdict")
    said = "Times that a Polres was brought in."
    yield _counters("cc110_transfers", said, _one(tally.transfers), "polres")
    said = "Times that it answered."
    yield _counters("cc110_transfers_answered", said, _one(tally.transfers_answered), "polres")
    said = "Times that it did not take the call, by reason."
    yield _counters("cc110_transfers_returned", said, tally.returns, "polres", "reason")
    said = "Callers who had hung up waiting and were called back, by outcome."
    yield _counters("cc110_callbacks", said, _one(tally.callbacks), "outcome")
    said = "Steps of calls that nobody had answered, by who rings then as well."
    yield _counters("cc110_calls_climbed", said, _one(tally.climbed), "level")
    said = "Times that a waiting caller was told that nobody can take the call."
    yield _counter("cc110_calls_overflowed", said, tally.overflowed)
    yield _counter("cc110_calls_requeued", "Callers who were put first again.", tally.requeued)
    yield _counter("cc110_calls_rescued", "Callers whom nobody had.", tally.rescued)
    said = "Recordings that are final or missing; times that a live call was not recorded."
    yield _counters("cc110_recordings", said, _one(tally.recordings), "result")
    yield _counters("cc110_numbers_blocked", "Blocks made.", _one(tally.blocked), "cause")
    yield _counter("cc110_numbers_unblocked", "Blocks lifted.", tally.unblocked)
    yield _counter("cc110_pbx_lost", "Times that the link to the PBX was lost.", tally.pbx_lost)
    yield _counter("cc110_events_counted", "Events in these totals.", tally.events)


def _calls(now: Snapshot) -> Iterator[Metric]:
    yield _gauge("cc110_calls_live", "Calls that go on.", now.calls_live)
    said = "Of these, calls that are not being recorded."
    yield _gauge("cc110_calls_unrecorded", said, now.calls_unrecorded)
    said = "Free space for recordings; -1: nobody can say."
    yield _gauge("cc110_recordings_free_bytes", said, now.disk_free)
    waiting = {(queue,): look.waiting for queue, look in now.queues.items()}
    oldest = {(queue,): look.oldest_s for queue, look in now.queues.items()}
    unattended = {(queue,): int(queue in now.unattended) for queue in now.queues}
    yield _gauges("cc110_queue_waiting", "Callers in the queue.", waiting, "queue")
    said = "How long the first of them has waited there."
    yield _gauges("cc110_queue_oldest_wait_seconds", said, oldest, "queue")
    said = "1: callers waited, and nobody could be rung."
    yield _gauges("cc110_queue_unattended", said, unattended, "queue")
    said = "Operators who are logged in, by what they do."
    yield _gauges("cc110_operators", said, _one(now.operators), "state")
    said = "People who hung up waiting and were not reached since."
    yield _gauge("cc110_callbacks_waiting", said, now.callbacks_waiting)
    yield from _shifts(now)


def _shifts(now: Snapshot) -> Iterator[Metric]:
    said = "Operators by the roster: there, missing, or logged in outside of their shift."
    counts = {
        (unit, kind): count
        for unit, look in now.shifts.items()
        for kind, count in (
            ("there", look.there),
            ("missing", look.missing),
            ("off-shift", look.off_shift),
        )
    }
    yield _gauges("cc110_shift_operators", said, counts, "unit", "kind")
    empty = {(unit,): int(look.empty) for unit, look in now.shifts.items()}
    yield _gauges("cc110_shift_empty", "1: a shift is on that nobody serves.", empty, "unit")
    said = "1: the directory's files are wrong, so shifts are those before."
    yield _gauge("cc110_roster_refused", said, int(now.roster_refused))


def _pbx(now: Snapshot) -> Iterator[Metric]:
    up = {(name,): int(link.up) for name, link in now.links.items()}
    losses = {(name,): link.losses for name, link in now.links.items()}
    yield _gauges("cc110_ami_up", "1: the link to the PBX is up.", up, "link")
    yield _counters("cc110_ami_losses", "Links that were lost.", losses, "link")
    said = "How old the PBX's newest event was when the daemon took it."
    yield _gauge("cc110_ami_event_lag_seconds", said, now.event_lag_s)
    said = "How long the PBX's newest answer to a ping took."
    yield _gauge("cc110_ami_roundtrip_seconds", said, now.roundtrip_s)
    yield _gauge("cc110_ami_events_waiting", "Events not yet taken.", now.events_unheard)
    if now.drift is not None and now.drift_at:
        said = "Entries of the PBX's blocklist that differed at the last look, and were repaired."
        yield _gauges("cc110_blocklist_drift", said, _one(now.drift), "kind")
        said = "When the PBX's blocklist was looked at last."
        yield _gauge("cc110_blocklist_compared_timestamp_seconds", said, now.drift_at.timestamp())


def _journal(now: Snapshot) -> Iterator[Metric]:
    yield _gauge("cc110_journal_seq", "The journal's newest event.", now.journal_seq)
    said = "Events that are not yet in the journal."
    yield _gauge("cc110_journal_waiting_events", said, now.journal_waiting)
    said = "How long the oldest of them waits."
    yield _gauge("cc110_journal_lag_seconds", said, now.journal_lag_s)
    yield _gauge("cc110_spool_events", "Those of them that are in the spool.", now.spooled)
    said = "Events that had no room anywhere."
    yield _counter("cc110_events_lost", said, now.lost)
    said = "How many events a reader is behind the journal."
    yield _gauges("cc110_reader_lag_events", said, _one(now.readers), "reader")
    if now.bus_lag is not None:
        said = "How many events the broker is behind the journal."
        yield _gauge("cc110_bus_lag_events", said, now.bus_lag)


def _synthetic(calls: SyntheticLook) -> Iterator[Metric]:
    made = {("passed",): calls.passed, ("failed",): calls.failed}
    yield _counters("cc110_synthetic_calls", "Synthetic calls made.", made, "result")
    if calls.passed_at:
        said = "When the last one began that came through."
        yield _gauge("cc110_synthetic_passed_timestamp_seconds", said, calls.passed_at.timestamp())
    if calls.last:
        yield from _stages(calls.last)


def _stages(last: Result) -> Iterator[Metric]:
    broken = {(one.stage.value,): int(one.fault is not None) for one in last.stages}
    took = {(one.stage.value,): one.took_s for one in last.stages if one.took_s is not None}
    said = "1: the last synthetic call broke here. Stages behind are left out."
    yield _gauges("cc110_synthetic_broken", said, broken, "stage")
    said = "How long the stage took; of the recording, its length."
    yield _gauges("cc110_synthetic_stage_seconds", said, took, "stage")


def _one(values: Mapping[str, float]) -> Values:
    return {(str(name),): value for name, value in values.items()}


def _gauge(name: str, said: str, value: float) -> Metric:
    return GaugeMetricFamily(name, said, value=value)


def _counter(name: str, said: str, value: float) -> Metric:
    return CounterMetricFamily(name, said, value=value)


def _gauges(name: str, said: str, values: Values, *labels: str) -> Metric:
    return _labelled(GaugeMetricFamily(name, said, labels=labels), values)


def _counters(name: str, said: str, values: Values, *labels: str) -> Metric:
    return _labelled(CounterMetricFamily(name, said, labels=labels), values)


def _labelled(family: GaugeMetricFamily | CounterMetricFamily, values: Values) -> Metric:
    for labels, value in sorted(values.items()):
        family.add_metric([str(one) for one in labels], value)
    return family


def _histogram(name: str, said: str, spread: Spread) -> Metric:
    bounds: Iterable[str] = (*(str(bound) for bound in spread.bounds), "+Inf")
    buckets = list(zip(bounds, accumulate(spread.within), strict=True))
    return HistogramMetricFamily(name, said, buckets=buckets, sum_value=spread.total)
