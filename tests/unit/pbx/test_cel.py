"""The PBX's own record, read from its end backwards."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from cc110.core.facts import Rejected
from cc110.core.ids import CallId, Number
from cc110.core.words import NumberSource
from cc110.pbx import cel
from cc110.pbx.cel import CelFile

START = 1795364087


def at(seconds: float) -> datetime:
    """So many seconds after the record begins."""
    return datetime.fromtimestamp(START + seconds, UTC)


def rejected(seconds: int) -> str:
    """Three lines of a call that was rejected."""
    head = f'"{START + seconds}.500000","{START}.{seconds}","{START}.{seconds}","PJSIP/trunk-{seconds}"'
    extra = f'{{""extra"":""call-{seconds}|number=6284000000777|source=asserted|until=0""}}'
    return (
        f'"CHAN_START",{head},"",""\n'
        f'"CC110-rejected",{head},"{extra}","CC110-rejected"\n'
        f'"HANGUP",{head},"{{""hangupcause"":21}}",""\n'
    )


async def read(path: Path, since: float, until: float) -> list[str]:
    """The calls that are found."""
    return [one.call_id for one in await CelFile(path).rejections(at(since), at(until))]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A record of twenty rejected calls, one each second."""
    path = tmp_path / "cel.csv"
    path.write_text("".join(rejected(n) for n in range(20)))
    return path


async def test_a_rejected_call_is_read_as_it_was_told(path: Path) -> None:
    """Number, source, expiry and the true time; marked as recovered."""
    (one,) = await CelFile(path).rejections(at(7), at(8))

    assert one == Rejected(
        at=at(7.5),
        call_id=CallId("call-7"),
        number=Number("6284000000777"),
        source=NumberSource.ASSERTED,
        until=0,
        recovered=True,
    )


@pytest.mark.parametrize("block", [1, 7, 100, 300, 10_000_000])
async def test_only_what_was_missed_is_read_wherever_the_file_is_cut(
    path: Path, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In order, whatever the size of what is read at once."""
    monkeypatch.setattr(cel, "_BLOCK", block)

    assert await read(path, 3, 18) == [f"call-{n}" for n in range(3, 18)]
    assert await read(path, -100, 100) == [f"call-{n}" for n in range(20)]
    assert await read(path, 50, 100) == []


async def test_a_line_without_an_end_is_not_read_yet(path: Path) -> None:
    """The PBX is still writing it, or died while it did."""
    path.write_text(path.read_text() + rejected(20)[:-40].rpartition("\n")[0][:-9])

    assert (await read(path, 18, 100)) == ["call-18", "call-19"]


@pytest.mark.parametrize(
    "damage",
    [
        "\n",
        "no record at all\n",
        '"CC110-rejected","soon","1","1","x","{}","CC110-rejected"\n',
        f'"CC110-rejected","{START + 18}.9","1","1","x","[]","CC110-rejected"\n',
        f'"CC110-rejected","{START + 18}.9","1","1","x","{{""extra"":""call-x|number=""}}","x"\n',
        '"' + "x" * 200_000 + "\n",
        "\x00\xff\n",
    ],
)
async def test_a_damaged_line_costs_nothing_but_itself(path: Path, damage: str) -> None:
    """What stands before and after it is read."""
    path.write_text(path.read_text() + damage + rejected(20))

    assert await read(path, 18, 100) == ["call-18", "call-19", "call-20"]


async def test_where_there_is_no_record_nothing_was_missed(tmp_path: Path) -> None:
    """An Asterisk that runs elsewhere."""
    assert await read(tmp_path / "cel.csv", 0, 100) == []
