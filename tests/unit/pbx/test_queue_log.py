"""What operators did while nobody listened, from the queues' own log."""

from datetime import UTC, datetime
from pathlib import Path

from cc110.core import facts as f
from cc110.pbx.queue_log import QueueLog

START = 1795788000


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(START + seconds, UTC)


LOG = f"""{START}|NONE|NONE|NONE|QUEUESTART|
{START + 1}|1.2|polda-sumut|1201|ADDMEMBER|
{START + 2}|1.2|polda-sumut|1201|PAUSE|phone
{START + 2}|1.2|NONE|1201|PAUSEALL|
damaged
|||||
{START + 3}|1.2|polda-sumut|1201|UNPAUSE|
{START + 4}|1.2|polda-sumut|NONE|ENTERQUEUE||6281|1
{START + 5}|1.2|polda-sumut|1201|REMOVEMEMBER|
{START + 6}|1.2|polda-sumut|1201|ADDMEM"""


async def test_log_ins_pauses_and_log_outs_are_read_in_order(tmp_path: Path) -> None:
    """Everything else in the log is none of ours, damaged lines included."""
    path = tmp_path / "queue_log"
    path.write_text(LOG)

    told = await QueueLog(path).members(at(1), at(9))

    assert [type(one) for one in told] == [
        f.MemberAdded,
        f.MemberPaused,
        f.MemberPaused,
        f.MemberRemoved,
    ]
    assert [one.paused for one in told[1:3] if isinstance(one, f.MemberPaused)] == [True, False]
    assert all(one.recovered for one in told)


async def test_only_the_time_that_is_asked_for_is_read(tmp_path: Path) -> None:
    """A pause that was heard is not to come again."""
    path = tmp_path / "queue_log"
    path.write_text(LOG)

    assert [one.at for one in await QueueLog(path).members(at(3), at(4))] == [at(3)]
    assert await QueueLog(tmp_path / "none").members(at(0), at(9)) == []
