"""`cc110 directory`: units read, and changed with a spreadsheet."""

import csv
import io
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cc110.cli import sheet
from cc110.config import directory_edit
from cc110.config.directory import Unit
from cc110.config.load import checkout
from tests.unit.cli.shell import Answer, Shell

Run = Callable[..., Answer]


@pytest.fixture
def site(home: Path) -> Path:
    """The demo site, free to be changed."""
    return Path(shutil.copytree(checkout() / "site", home / "site"))


@pytest.fixture
def run(shell: Shell, site: Path) -> Run:
    """A command on that site."""
    return lambda *words: shell("--site", str(site), "directory", *words)


@pytest.fixture
def sheet_of(run: Run, home: Path) -> Callable[[], Path]:
    """The exported sheet."""

    def exported() -> Path:
        path = home / "units.csv"
        assert run("export", str(path)).code == 0
        return path

    return exported


def edit(path: Path, old: str, new: str) -> int:
    """Replace the first ``old``; returns its line."""
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return text[: text.index(old)].count("\n") + 1


def test_units_are_listed_by_kind_and_parent(run: Run) -> None:
    """With what they are reached at."""
    answer = run("list", "--kind", "polres", "--parent", "polda-sumut", "--lang", "en")

    assert answer.lines[0].split() == ["CODE", "NAME", "KIND", "PARENT", "REACHED", "AT"]
    assert len(answer.lines) == 1 + 29
    assert (answer.lines[1].split()[0], answer.lines[1].split()[-1]) == ("polres-medan", "7201")
    assert {one["parent"] for one in run("list", "--kind", "polda", "--json").objects} == {"mabes"}


def test_a_unit_is_shown_with_its_officers(run: Run) -> None:
    """By code or extension; SOP S2 IX wants the names of SPKT and Kapolsek at hand."""
    answer = run("show", "polsek-medan-baru")

    assert "SPKT Aipda Contoh Tiga Belas +6280000000304" in answer.out
    assert "KAPOLSEK Kompol Contoh Empat Belas, S.I.K." in answer.out
    assert run("show", "7202", "--json").object["above"] == ["polda-sumut", "mabes"]


def test_an_unknown_unit_is_refused_with_a_hint(run: Run) -> None:
    """One sentence."""
    answer = run("show", "polres-medn")

    assert answer.code == 1
    assert answer.err == (
        "cc110: there is no unit `polres-medn` in this directory; did you mean `polres-medan`.\n"
    )


def test_a_sheet_that_was_only_exported_changes_nothing(
    run: Run, site: Path, sheet_of: Callable[[], Path]
) -> None:
    """Not a byte."""
    before = (site / "directory.toml").read_bytes()
    answer = run("import", str(sheet_of()), "--json")

    assert answer.object["same"] == 47
    assert answer.object["files"] == []
    assert (site / "directory.toml").read_bytes() == before


def test_changed_and_new_rows_are_written_where_they_belong(
    run: Run, site: Path, sheet_of: Callable[[], Path]
) -> None:
    """What people wrote around them stays: comments, order, the forms of other values."""
    path = sheet_of()
    edit(path, "Polres Binjai (sample)", "Polres Kota Binjai (sample)")
    with path.open("a") as file:
        file.write('polres-x,Polres X,polres,polda-sumut,7300,,,,,,,,061,Kota X,"3,5",98,,,2,\n')
    before = (site / "directory.toml").read_text().splitlines()

    dry = run("import", str(path), "--dry-run")
    assert (site / "directory.toml").read_text().splitlines() == before
    done = run("import", str(path))

    assert dry.out.replace("would be", "were") == done.out
    after = (site / "directory.toml").read_text().splitlines()
    assert [line for line in before if line not in after] == ['name = "Polres Binjai (sample)"']
    assert [line for line in after if line not in before] == [
        'name = "Polres Kota Binjai (sample)"',
        'code = "polres-x"',
        'name = "Polres X"',
        'extension = "7300"',
        "seats = 2",
        'area = {codes = ["061"], regencies = ["Kota X"], centre = [3.5, 98.0]}',
    ]
    shown = run("show", "polres-x", "--json").object
    assert shown["area"]["centre"] == [3.5, 98.0]


def test_every_bad_row_is_named_and_nothing_is_written(
    run: Run, site: Path, sheet_of: Callable[[], Path]
) -> None:
    """Values, references between units, and rows that are none, all at once with their lines."""
    path = sheet_of()
    before = (site / "directory.toml").read_bytes()
    lines = [
        edit(path, ",7104,", ",71o4,"),
        edit(path, ",7105,", ",7106,"),
        edit(path, "polres-nias,Polres Nias (sample),polres,polda-sumut", "polres-nias,X,polres,"),
    ]
    with path.open("a") as file:
        file.write("polres-toba,again,polres,polda-sumut" + "," * 16 + "\nshort,row\n")
    answer = run("import", str(path))

    named = [line.partition(": ") for line in answer.err.splitlines()]
    assert answer.code == 1
    assert (site / "directory.toml").read_bytes() == before
    assert [place for place, _, _ in named] == [
        f"{path}:{lines[0]}",
        f"{path}:{lines[1]}",
        f"{path}:{lines[2]}",
        f"{path}:49",
        f"{path}:50",
        "cc110",
    ]
    assert "5 problems in 49 rows, so nothing has changed" in answer.err


def test_operators_have_a_sheet_of_their_own(run: Run, site: Path, home: Path) -> None:
    """With a semicolon between the columns, as spreadsheets in Indonesia write it."""
    path = home / "operators.csv"
    path.write_text("id;unit;name\n1204;polda-sumut;Contoh Lagi\n1203;polda-sumut;Contoh Baru\n")
    answer = run("import", str(path))

    assert answer.lines[:2] == ["1204: new", "1203: name Contoh Delapan -> Contoh Baru"]
    rows = list(csv.reader(run("export", "--operators").out.splitlines()))
    assert ["1204", "polda-sumut", "Contoh Lagi"] in rows


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("nama,telepon", "no column `code`"),
        ("code,nme", "no column `nme` for a unit; did you mean `name`?"),
        ("code,name,name", "the column `name` comes twice"),
    ],
)
def test_a_header_that_is_none_is_refused(run: Run, home: Path, header: str, said: str) -> None:
    """Before any row is looked at."""
    path = home / "x.csv"
    path.write_text(header + "\n")

    assert said in run("import", str(path)).err


def test_a_file_of_a_folder_gets_its_own_units(run: Run, site: Path, home: Path) -> None:
    """A new Polres goes where the others of its Polda are."""
    (site / "directory").mkdir()
    (site / "directory" / "riau.toml").write_text(
        '[[unit]]\ncode = "polda-riau"\nname = "Polda Riau"\nkind = "polda"\nparent = "mabes"\n'
        '[[unit]]\ncode = "polres-a"\nname = "A"\nkind = "polres"\nparent = "polda-riau"\n'
        'extension = "7401"\n[[operator]]\nid = "1301"\nunit = "polda-riau"\nname = "Contoh"\n'
    )
    path = home / "x.csv"
    path.write_text(
        "code,name,kind,parent,extension\npolres-b,B,polres,polda-riau,7402\n"
        "polres-c,C,polres,polda-sumut,7300\n"
    )

    assert run("import", str(path), "--json").object["new"] == 2
    assert '"polres-b"' in (site / "directory" / "riau.toml").read_text()
    assert '"polres-c"' in (site / "directory.toml").read_text()


NAMES = st.text(
    st.characters(exclude_categories=("C", "Zl", "Zp"), exclude_characters=";<>|"), max_size=20
).map(str.strip)
OFFICERS = st.builds(
    lambda role, name, phone: {"role": role, "name": name} | ({"phone": phone} if phone else {}),
    st.sampled_from(("spkt", "kapolsek", "kapolres", "padal")),
    NAMES.filter(bool).filter(lambda name: not name.startswith("'")),
    st.sampled_from(("+6280000000001", "061123", None)),
)


@given(
    st.lists(OFFICERS, max_size=4),
    st.lists(NAMES.filter(bool).filter(lambda name: not name.startswith("'")), max_size=3),
    st.none() | st.tuples(st.floats(-11, 6), st.floats(95, 141)),
    st.none() | st.integers(1, 500),
)
def test_a_unit_comes_back_from_its_sheet_as_it_was(
    officers: list[dict[str, str]],
    regencies: list[str],
    centre: tuple[float, float] | None,
    seats: int | None,
) -> None:
    """Whatever names people have; and no cell could be run by a spreadsheet."""
    area = {"regencies": regencies} | ({"centre": list(centre)} if centre else {})
    unit = Unit.model_validate(
        {"code": "polres-x", "name": "-X", "kind": "polres", "officers": officers, "area": area}
        | ({"seats": seats} if seats else {})
    )
    out = io.StringIO(newline="")
    sheet.write_units(out, [unit])

    [row] = sheet._sheet(io.StringIO(out.getvalue(), newline=""), "x.csv").rows
    found = Unit.model_validate(sheet.merged("unit", {}, row.said))

    roles = [
        one.role for one in sorted(unit.officers, key=lambda one: sheet._ROLES.index(one.role))
    ]
    assert found.model_copy(update={"officers": ()}) == unit.model_copy(update={"officers": ()})
    assert sorted(found.officers, key=str) == sorted(unit.officers, key=str)
    assert [one.role for one in found.officers] == roles
    for cell in next(csv.reader(out.getvalue().splitlines()[1:])):
        assert not cell.startswith(("=", "+", "@", "\t")), cell
        assert not cell.startswith("-") or float(cell) <= 0


def test_a_text_that_would_say_something_else_is_never_written(
    run: Run, site: Path, sheet_of: Callable[[], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was written is read again first: here the editor loses every new entry."""
    path = sheet_of()
    with path.open("a") as file:
        file.write("polres-x,X,polres,polda-sumut,7300" + "," * 15 + "\n")
    before = (site / "directory.toml").read_bytes()
    monkeypatch.setattr(directory_edit, "_inserted", lambda text, *_: text)
    answer = run("import", str(path))

    assert answer.code == 1
    assert "the new text would not say what was meant" in answer.err
    assert (site / "directory.toml").read_bytes() == before


def test_sub_tables_and_comments_within_a_unit_are_kept(run: Run, site: Path, home: Path) -> None:
    """However a person wrote it."""
    with (site / "directory.toml").open("a") as file:
        file.write(
            '\n[[unit]] # here\ncode = "polres-y"\nname = "Y"\nkind = "polres"\n'
            'parent = "polda-sumut"\nextension = "7301"\n[unit.area] # there\n'
            'regencies = [\n  "Kota Y", # its own\n]\n[[unit.officers]]\nrole = "spkt"\nname = "A"\n'
        )
    path = home / "y.csv"
    path.write_text("code,name,phone,lat,lon,kapolres\npolres-y,Why,061110,3,98,B\n")
    answer = run("import", str(path))
    text = (site / "directory.toml").read_text()

    assert answer.code == 0, answer.err
    assert all(one in text for one in ("[[unit]] # here", "[unit.area] # there", "# its own"))
    shown = run("show", "polres-y", "--json").object
    assert (shown["name"], shown["phone"], shown["area"]["centre"]) == ("Why", "061110", [3, 98])
    assert [one["name"] for one in shown["officers"]] == ["A", "B"]
