"""The journal in memory."""

import pytest

from cc110.journal.memory import MemoryJournal
from cc110.journal.samples import sample_event
from cc110.ports import JournalUnavailable


@pytest.mark.asyncio
async def test_trouble_makes_appends_fail_until_it_is_over() -> None:
    """Tests of the service can take the journal away and give it back."""
    journal = MemoryJournal()
    journal.trouble = "no disk"
    with pytest.raises(JournalUnavailable, match="no disk"):
        await journal.append([sample_event("CallArrived")])
    assert () == journal.recorded

    journal.trouble = None
    recorded = await journal.append([sample_event("CallArrived")])

    assert recorded == journal.recorded
    assert 1 == journal.progress.seq
