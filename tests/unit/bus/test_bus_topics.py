"""Topics: where an event goes, and that nothing in it leads anywhere else."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cc110.bus.topics import status_topic, topic_of
from cc110.core.events import AgentPaused, Event, NumberBlocked, PbxLost, Recorded
from cc110.core.ids import AgentId, CallId, CaseId, Number, QueueName
from cc110.journal.samples import samples

AT = datetime(2026, 8, 17, 12, 0, tzinfo=UTC)


def recorded(event: Event, site: str = "sample") -> Recorded:
    return Recorded(id="01", seq=1, site=site, event=event)


def test_events_outside_of_calls_have_places_of_their_own() -> None:
    """An operator's, the blocklist's without its number, a case's, and the site's."""
    pause = AgentPaused(agent=AgentId("1101"), queue=QueueName("polda-a"), reason="phone")
    block = NumberBlocked(number=Number("6284000000001"), until=0, reason="x", by="padal")
    lost = PbxLost(reason="x")

    assert topic_of(recorded(Event(at=AT, data=pause))) == "cc110/v1/sample/agent/1101/AgentPaused"
    assert topic_of(recorded(Event(at=AT, data=block))) == "cc110/v1/sample/blocklist/NumberBlocked"
    assert topic_of(recorded(Event(at=AT, data=lost))) == "cc110/v1/sample/site/PbxLost"
    case = Event(at=AT, case_id=CaseId("K-1"), data=lost)
    assert topic_of(recorded(case)) == "cc110/v1/sample/case/K-1/PbxLost"
    assert status_topic("sample") == "cc110/v1/sample/status"


@pytest.mark.parametrize("kind", samples(), ids=str)
def test_every_event_has_a_topic_without_a_caller_s_number(kind: str) -> None:
    """Brokers log topics."""
    topic = topic_of(samples()[kind])

    assert topic.endswith(f"/{kind}")
    assert "62840" not in topic


@given(site=st.text(), call=st.text())
def test_no_text_adds_a_level_or_a_wildcard(site: str, call: str) -> None:
    """Whatever somebody managed to write into a name."""
    topic = topic_of(recorded(Event(at=AT, call_id=CallId(call), data=PbxLost(reason="x")), site))

    assert len(topic.split("/")) == 6
    assert all(topic.split("/"))
    assert not set(topic) & set("+#\0 ")
    assert topic.isascii()
