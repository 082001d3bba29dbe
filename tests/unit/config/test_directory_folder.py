"""The directory split over files."""

from cc110.config.model import Config
from cc110.core.ids import AgentId, UnitId
from tests.unit.config.site_copy import SiteCopy

DIRECTORY = "site/directory.toml"


def split(site: SiteCopy) -> str:
    """Polda Sumut's Polres and all operators in files of their own."""
    lines = site.file(DIRECTORY).read_text().splitlines(keepends=True)
    medan = next(n for n, line in enumerate(lines) if '"polres-medan"' in line) - 1
    operators = next(n for n, line in enumerate(lines) if line.startswith("# --- operators"))
    shifts = next(n for n, line in enumerate(lines) if line.startswith("# --- shifts"))
    site.file("site/directory").mkdir()
    site.file("site/directory/b-sumut.toml").write_text("".join(lines[medan:operators]))
    site.file("site/directory/c-operators.toml").write_text("".join(lines[operators:shifts]))
    site.file(DIRECTORY).write_text("".join((*lines[:medan], *lines[shifts:])))
    return "site/directory/b-sumut.toml"


def units(config: Config) -> list[str]:
    return [unit.code for unit in config.directory.units]


def test_a_folder_says_the_same_as_one_file(site: SiteCopy) -> None:
    """File by file in the order of their names."""
    before = site.load()
    split(site)

    after = site.load()

    assert after.directory == before.directory
    assert after.operator(AgentId("1203"))


def test_the_folder_alone_is_enough(site: SiteCopy) -> None:
    """There need not be a directory.toml then."""
    split(site)
    site.file(DIRECTORY).rename(site.file("site/directory/a-first.toml"))

    assert site.load().unit(UnitId("polsek-medan-baru"))


def test_a_fault_has_its_own_file_and_line(site: SiteCopy) -> None:
    """Wrong values as well as wrong references, and what they refer to in another file."""
    sumut = split(site)
    site.edit(sumut, 'extension = "7203"', 'extension = "1101"')
    site.edit(sumut, 'kind = "polres"', 'kind = "polre"')
    kind, desk = site.line(sumut, '"polre"'), site.line("site/directory/c-operators.toml", '"1101"')

    assert site.problems() == [
        f"{sumut}:{kind}: `kind` in [[unit]] must be "
        '"mabes", "polda", "polres" or "polsek", not "polre"; did you mean `polres`?',
        f"site/directory/c-operators.toml:{desk}: extension 1101 is there twice, first in "
        f"{sumut}:{site.line(sumut, '1101')}",
    ]


def test_what_there_is_once_stands_in_one_file(site: SiteCopy) -> None:
    """A second [origin] is named with the place of the first."""
    sumut = split(site)
    site.append(sumut, '[origin]\ndefault = "polda-sumut"\n')
    first = site.line(DIRECTORY, "[origin]")

    assert site.problems() == [
        f"{sumut}:{site.line(sumut, '[origin]')}: `origin` is in {DIRECTORY}:{first} already"
    ]


def test_a_file_that_is_no_toml_is_named_alone(site: SiteCopy) -> None:
    """Nothing is concluded from the rest of a directory that was not read whole."""
    sumut = split(site)
    site.append(sumut, "x = \n")

    (problem,) = site.problems()

    assert problem.startswith(f"{sumut}:")
    assert "is not TOML" in problem
