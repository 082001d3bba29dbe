"""Everything that is wrong with a site, in one list."""

from collections.abc import Iterator

from cc110.config.check import check
from cc110.config.load import Examined
from cc110.config.problem import Problem, Severity
from tests.unit.config.site_copy import SiteCopy


def test_all_looks_and_the_sites_own_faults_come_in_one_order(site: SiteCopy) -> None:
    """By file, then by line, whoever found them."""
    site.edit("site/settings.toml", "menu = true", "menu = 1")
    line = site.line("site/settings.toml", "menu = 1")

    def first(_: Examined) -> Iterator[Problem]:
        yield Problem(file="site/settings.toml", line=line + 1, message="later")
        yield Problem(file="dialplan/x.conf", line=2, message="b")

    def second(_: Examined) -> Iterator[Problem]:
        yield Problem(file="dialplan/x.conf", line=1, message="a", severity=Severity.WARNING)

    problems = check(environ={}, root=site.root, looks=(first, second))

    assert [str(problem) for problem in problems] == [
        "dialplan/x.conf:1: warning: a",
        "dialplan/x.conf:2: b",
        f"site/settings.toml:{line}: `menu` in [greeting] must be true or false, not 1",
        f"site/settings.toml:{line + 1}: later",
    ]


def test_looks_see_what_could_be_read(site: SiteCopy) -> None:
    """A look gets the configuration, or at least the paths if there is a fault."""
    seen: list[Examined] = []

    def look(found: Examined) -> Iterator[Problem]:
        seen.append(found)
        yield from ()

    assert check(environ={}, root=site.root, looks=(look,)) == ()
    check(environ={"CC110_NOPE": "1"}, root=site.root, looks=(look,))

    assert [found.config is None for found in seen] == [False, True]
    assert seen[1].paths.dialplan == site.root / "dialplan"
