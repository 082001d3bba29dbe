"""`cc110 explain`: what would become of a call; with `--at-place` alone: which Polres, and why."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from cc110.config.load import checkout
from tests.unit.cli.shell import Shell


def test_a_place_within_a_border(shell: Shell) -> None:
    """With the Polsek that is nearest, and whom to ask for there."""
    answer = shell("explain", "--at-place=-6.25,106.8", "--lang", "en")

    assert answer.code == 0
    assert answer.lines[0].split() == ["Polres", "polres-jakarta-selatan"]
    assert any("the place is within its border" in line for line in answer.lines)
    assert any("SPKT Aiptu Contoh Sebelas" in line for line in answer.lines)


def test_a_place_outside_every_border(shell: Shell) -> None:
    """The nearest office, with its distance."""
    found = shell("explain", "--at-place", "3.6, 98.68", "--json").object["found"]

    assert [(one["unit"], one["extension"], one["by"]) for one in found] == [
        ("polres-medan", "7201", "centre")
    ]
    assert found[0]["distance_km"] == pytest.approx(1.02, abs=0.01)
    assert found[0]["polsek"] == "polsek-medan-baru"


def test_a_regency_by_name(shell: Shell) -> None:
    """One, or several of that name, which is said."""
    one = shell("explain", "--at-place", "kab. deli serdang", "--json").object["found"]
    two = shell("explain", "--at-place", "Bekasi")

    assert [(found["unit"], found["by"]) for found in one] == [("polres-deli-serdang", "regency")]
    assert [line for line in two.lines if line.startswith("Polres")] == [
        "Polres     polres-bekasi-kota",
        "Polres     polres-bekasi",
    ]
    assert two.err == "Beberapa unit memegang wilayah itu: tanyakan tempatnya.\n"


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("Kota Medn", "did you mean `Kota Medan`; or give `latitude,longitude`"),
        ("106.8,-6.2", "106.8,-6.2 is no place; latitude comes first"),
        ("", "no Polres has the regency ``"),
    ],
)
def test_what_is_no_place_is_refused(shell: Shell, place: str, said: str) -> None:
    """In one sentence."""
    answer = shell("explain", f"--at-place={place}")

    assert answer.code == 1
    assert said in answer.err


def test_a_call_is_walked_step_by_step(shell: Shell) -> None:
    """Number, block, Polda with its reason, greeting by the time of day, queue, who rings, the roster."""
    answer = shell("explain", "--from", "0614567890", "--at", "2026-08-17T10:00", "--lang", "en")

    assert answer.code == 0
    for part in (
        "17 Aug 2026 10:00:00",
        "110 through trunk-demo",
        "62614567890 (0614-5678-90), vouched for by the trunk",
        "not blocked",
        "polda-sumut, by area code 061",
        "greeting-pagi, notice-recorded, warning-prank, menu",
        "priority 5 if he presses nothing; emergency 5",
        "from 0 s, polda: nobody of 3 logged in",
    ):
        assert part in answer.out, part


def test_a_call_as_json(shell: Shell) -> None:
    """The same for programs; a place that the carrier sends decides before the area code."""
    found = shell(
        "explain", "--from=021-5551234", "--at-place=3.5952,98.6722", "--trunk", "demo", "--json"
    ).object

    assert (found["fate"], found["queue"], found["polres"]) == (
        "let-in",
        "polda-sumut",
        "polres-medan",
    )
    assert found["origin"] == {"by": "location", "of": "Polrestabes Medan"}
    assert [level["who"] for level in found["levels"]] == ["polda", "mabes"]


def test_a_call_where_the_climb_begins_below_the_polda(shell: Shell, tmp_path: Path) -> None:
    """Whose desk rings, by the place; and that nobody's does where none is known."""
    shutil.copytree(checkout() / "site", tmp_path / "site")
    file = tmp_path / "site" / "directory.toml"
    level = '\n[[climb.level]]\nafter_s = {}\nwho = "{}"\n'
    file.write_text(file.read_text() + level.format(0, "polres") + level.format(10, "polda"))
    call = ("explain", "--from=0812-0000-0001")
    where = "--at-place=3.5952,98.6722"
    below = {"CC110_SITE": str(file.parent)}

    assert shell(*call, where, "--json", **below).object["desk"] == "polres-medan"
    said = shell(*call, where, "--lang", "en", **below).out
    assert "polres: desk 7201 (there is no PBX's list)" in said
    unknown = shell(*call, **below).out
    assert "dari 0 s, polres: tidak ada mejanya: asalnya tidak diketahui" in unknown


def test_a_call_that_gets_nowhere(shell: Shell) -> None:
    """What no trunk dials; and in Indonesian as all else."""
    assert (
        "SIP 404: tidak ada trunk yang memakai nomor itu"
        in shell("explain", "--from", "0812", "--to", "112").out
    )
    anonymous = shell("explain", "--from", "")
    assert "tidak dikenal: tidak dihitung, tidak bisa diblokir" in anonymous.out
    assert "TIDAK DIKETAHUI" not in anonymous.out
    london = shell("explain", "--from", "0812", "--at-place=51.5,-0.1", "--lang", "en")
    assert "51.5,-0.1: far from every office, decides nothing" in london.out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), 2, "say --from NUMBER, or --at-place"),
        (("--from", "0812", "--at", "tomorrow"), 2, "is no time"),
        (
            ("--from", "0812", "--trunk", "other"),
            1,
            "there is no trunk `other`; the directory has: demo",
        ),
        (("--from", "0812", "--at-place", "Kota Medn"), 1, "did you mean `Kota Medan`"),
    ],
)
def test_a_call_that_can_t_be_walked_is_refused(
    shell: Shell, words: tuple[str, ...], code: int, said: str
) -> None:
    """Wrong usage is 2, what the site does not know is 1."""
    answer = shell("explain", *words)

    assert answer.code == code
    assert said in " ".join(answer.err.split())


def test_a_block_is_told_by_the_pbx_s_list_or_else_by_the_journal(shell: Shell) -> None:
    """Who says so stands beside it."""
    assert "TIDAK DIKETAHUI" in shell("explain", "--from", "081200000001").out
    file = shell.config.paths.pbx / "lib" / "astdb.sqlite3"
    file.parent.mkdir(parents=True)
    with closing(sqlite3.connect(file)) as db, db:
        db.execute("create table astdb (key text primary key, value text)")
        db.execute("insert into astdb values ('/cc110-block/6281200000001', '0')")

    blocked = shell("explain", "--from", "081200000001")

    assert "DIBLOKIR selamanya (menurut daftar PBX)" in blocked.out
    assert "satu pengumuman tanpa dijawab" in blocked.out
    file.write_bytes(b"no database" * 100)
    broken = shell("explain", "--from", "081200000001")
    assert (broken.code, "can't be read" in broken.err) == (1, True)


def test_a_block_is_told_by_the_journal_where_there_is_no_pbx(shell: Shell) -> None:
    """A number's own, and a range's."""
    by = ("--reason", "sample", "--by", "Padal Contoh")
    shell("blocklist", "add", "081200000001", *by)
    shell("blocklist", "range", "add", "62812000077", *by)
    shell("blocklist", "range", "confirm", "62812000077", "--by", "Kanit Contoh")

    own = shell("explain", "--from", "081200000001", "--json").object
    ranged = shell("explain", "--from", "081200007788", "--json").object
    free = shell("explain", "--from", "081200000002", "--json").object

    assert (own["blocked"]["range"], own["list_by"], own["fate"]) == ("", "journal", "offered")
    assert ranged["blocked"]["range"] == "62812000077"
    assert free["blocked"] is None
