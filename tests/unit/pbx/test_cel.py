"""The PBX's own record, read from a moment on: the same facts that AMI tells, with their true times."""

import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cc110.core import facts as f
from cc110.core.ids import AgentId, CallId, ChannelId, Number, PolresExt
from cc110.core.words import EndedBy, NumberSource
from cc110.pbx import record
from cc110.pbx.cel import CelFile

START = 1795364087


def at(seconds: float) -> datetime:
    """So many seconds after the record begins."""
    return datetime.fromtimestamp(START + seconds, UTC)


def line(
    kind: str,
    seconds: float,
    channel: str,
    linked: str,
    name: str,
    *,
    said: str = "",
    extra: str = "",
) -> str:
    """One line as cel_custom writes it."""
    told = f'{{""extra"":""{said}""}}' if said else extra
    user = kind if kind.startswith("CC110-") else ""
    return f'"{kind}","{START + seconds:.6f}","{channel}","{linked}","{name}","{told}","{user}"\n'


def rejected(seconds: int) -> str:
    """Three lines of a call that was rejected."""
    who = (f"{START}.{seconds}", f"{START}.{seconds}", f"PJSIP/trunk-{seconds:08x}")
    said = f"call-{seconds}|number=6284000000777|source=asserted|until=0"
    return (
        line("CHAN_START", seconds + 0.5, *who)
        + line("CC110-rejected", seconds + 0.5, *who, said=said)
        + line("HANGUP", seconds + 0.5, *who, extra='{""hangupcause"":21}')
    )


async def facts(path: Path, since: float, until: float) -> list[f.Fact]:
    """What is read back."""
    return [fact async for batch in CelFile(path).facts(at(since), at(until)) for fact in batch]


async def read(path: Path, since: float, until: float) -> list[str]:
    """The calls that are found."""
    return [one.call_id for one in await facts(path, since, until)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A record of twenty rejected calls, one each second."""
    path = tmp_path / "cel.csv"
    path.write_text("".join(rejected(n) for n in range(20)))
    return path


async def test_a_rejected_call_is_read_as_it_was_told(path: Path) -> None:
    """Number, source, expiry and the true time; marked as recovered."""
    (one,) = await facts(path, 7, 8)

    assert one == f.Rejected(
        at=at(7.5),
        call_id=CallId("call-7"),
        number=Number("6284000000777"),
        source=NumberSource.ASSERTED,
        until=0,
        recovered=True,
    )


CALLER = ("1.0", "1.0", "PJSIP/trunk-demo-00000000")
AGENT = ("1.1", "1.0", "PJSIP/1101-00000001")
HELPER = ("1.3", "1.2", "Local/7101@cc110-polres-ring-00000000;2")
POLRES = ("1.4", "1.2", "PJSIP/7101-00000002")


async def test_who_rings_is_told_by_the_channels_that_are_dialled(tmp_path: Path) -> None:
    """An operator's belongs to the caller's kin at once; a Polres's only by what is told of it later."""
    path = tmp_path / "cel.csv"
    path.write_text(
        line("CHAN_START", 0, *CALLER)
        + line("CC110-queued", 1, *CALLER, said="c|queue=q|priority=5")
        + line("CHAN_START", 2, *AGENT)
        + line("CC110-agent-took", 3, *AGENT, said="c|agent=1101")
        + line("CC110-transfer", 4, *AGENT, said="c|agent=1101|polres=7101|kind=join|ring=5")
        + line("CHAN_START", 4.1, *HELPER)
        + line("CHAN_START", 4.2, *POLRES)
        + line("CC110-transfer-failed", 9, *HELPER, said="c|polres=7101|reason=no-answer")
    )

    told = await facts(path, 0, 10)

    call = CallId("c")
    assert f.AgentRinging(at=at(2), call_id=call, agent=AgentId("1101"), recovered=True) in told
    assert (
        f.PolresRinging(at=at(4.2), call_id=call, polres=PolresExt("7101"), recovered=True) in told
    )
    assert [one.at for one in told] == sorted(one.at for one in told)


async def test_an_attended_transfer_brings_the_polres_into_the_call(tmp_path: Path) -> None:
    """The operator's phone completed it: nobody in the dialplan told."""
    path = tmp_path / "cel.csv"
    target = '{""transfer_target_channel_name"":""PJSIP/7101-00000005"",""transfer_target_channel_uniqueid"":""1.5""}'
    path.write_text(
        line("CC110-queued", 1, *CALLER, said="c|queue=q|priority=5")
        + line("CC110-transfer", 4, *AGENT, said="c|agent=1101|polres=7101|kind=attended|ring=5")
        + line("ATTENDEDTRANSFER", 6, *AGENT, extra=target)
    )

    last = (await facts(path, 0, 10))[-1]

    took = f.PolresTook(
        at=at(6),
        call_id=CallId("c"),
        polres=PolresExt("7101"),
        channel=ChannelId("1.5"),
        recovered=True,
    )
    assert last == took


async def test_what_was_written_down_in_any_order_is_told_in_time(tmp_path: Path) -> None:
    """Two channels write at once."""
    path = tmp_path / "cel.csv"
    path.write_text(
        line("CC110-caller-gone", 5, *CALLER, said="c|by=agent|q850=16")
        + line("CC110-agent-gone", 4.9, *AGENT, said="c|agent=1101|cause=normal|q850=16")
    )

    left, over = await facts(path, 0, 10)

    assert isinstance(left, f.AgentGone)
    assert over == f.CallerGone(at=at(5), call_id=CallId("c"), by=EndedBy.AGENT, recovered=True)


@pytest.mark.parametrize("block", [1, 7, 100, 300, 10_000_000])
async def test_only_what_was_missed_is_read_wherever_the_file_is_cut(
    path: Path, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In order, whatever the size of what is read at once."""
    monkeypatch.setattr(record, "BLOCK", block)

    assert await read(path, 3, 18) == [f"call-{n}" for n in range(3, 18)]
    assert await read(path, -100, 100) == [f"call-{n}" for n in range(20)]
    assert await read(path, 50, 100) == []


async def test_a_rotated_record_is_read_as_one(path: Path) -> None:
    """As far back as the outage goes, and no farther."""
    path.rename(path.with_name("cel.csv.2"))
    path.with_name("cel.csv.1").write_text("".join(rejected(n) for n in range(20, 40)))
    path.write_text("".join(rejected(n) for n in range(40, 50)))

    assert await read(path, 18, 45) == [f"call-{n}" for n in range(18, 45)]
    assert await CelFile(path).begins_at() == at(0.5)


async def test_a_line_without_an_end_is_not_read_yet(path: Path) -> None:
    """The PBX is still writing it, or died while it did."""
    path.write_text(path.read_text() + rejected(20)[:-40].rpartition("\n")[0][:-9])

    assert (await read(path, 18, 100)) == ["call-18", "call-19"]


async def test_what_follows_a_torn_line_is_read(path: Path) -> None:
    """The PBX was killed while it wrote, and wrote on behind it when it was back."""
    torn = line("CC110-rejected", 19.9, *CALLER, said="call-x|number=6284000000777")[:70]
    whole = rejected(20).splitlines(keepends=True)[1]
    path.write_text(path.read_text() + torn + whole)

    assert await read(path, 18, 100) == ["call-18", "call-19", "call-20"]


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
    assert await CelFile(tmp_path / "cel.csv").begins_at() is None


async def test_the_last_word_before_a_restart_is_found(path: Path) -> None:
    """By it the calls are closed that died with the PBX."""
    assert await CelFile(path).silent_since(at(12.1)) == at(11.5)
    assert await CelFile(path).silent_since(at(0)) is None


async def test_a_huge_record_takes_no_more_memory_than_a_small_one(tmp_path: Path) -> None:
    """Nine thousand lines before the outage, and as many in it: more than two megabytes."""
    path = tmp_path / "cel.csv"
    with path.open("w") as file:
        file.writelines(rejected(n) for n in range(6000))
    tracemalloc.start()
    try:
        found = 0
        async for batch in CelFile(path).facts(at(3000), at(9000)):
            found += len(batch)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert found == 3000
    assert peak < 2_500_000


async def test_a_leg_that_was_begun_and_skipped_is_no_ring(path: Path) -> None:
    """The climb looks at a member's leg before his phone rings; only what rang is told."""
    caller = (f"{START}.1", f"{START}.1", "PJSIP/trunk-demo-00000001")
    said = "call-1|number=6284000000777|source=asserted|dialled=110|trunk=demo|queue=polda-x"
    skipped = (f"{START}.2", f"{START}.1", "PJSIP/1901-00000002")
    rung = (f"{START}.3", f"{START}.1", "PJSIP/1101-00000003")
    outside = (f"{START}.4", f"{START}.1", "PJSIP/cc110-outside-00000004")
    path.write_text(
        line("CHAN_START", 0.5, *caller)
        + line("CC110-arrived", 0.5, *caller, said=said)
        + line("CHAN_START", 1.0, *skipped)
        + line("CC110-skipped", 1.01, *skipped, said="call-1|")
        + line("CHAN_START", 1.02, *rung)
        + line("CHAN_START", 1.03, *outside)
    )

    found = [one for one in await facts(path, 0, 60) if isinstance(one, f.AgentRinging)]

    assert [(one.agent, one.at) for one in found] == [("1101", at(1.02))]
