"""36 Poldas, 500 Polres and 2,000 operators are no special case."""

import time
from pathlib import Path

from cc110.config.load import examine
from cc110.config.problem import errors_of
from tests.big_directory import OPERATORS, POLDAS, POLRES, write_site
from tests.unit.config.site_copy import CHECKOUT


def test_a_directory_of_national_size_loads(tmp_path: Path) -> None:
    """Without a warning, and every queue has its members."""
    write_site(tmp_path / "site", CHECKOUT / "site")
    found = examine(environ={}, root=tmp_path)

    assert found.problems == ()
    assert found.config
    assert len(found.config.poldas) == POLDAS
    assert len(found.config.polres_units) == POLRES
    assert len(found.config.directory.operators) == OPERATORS
    assert sum(len(found.config.members_of(queue)) for queue in found.config.queues) == OPERATORS


def test_its_errors_come_all_at_once_and_soon(tmp_path: Path) -> None:
    """Twenty times the time that it takes would be something that is not linear."""
    write_site(tmp_path / "site", CHECKOUT / "site", faults=POLRES)
    began = time.process_time()
    found = examine(environ={}, root=tmp_path)

    assert len(errors_of(found.problems)) == POLRES
    assert time.process_time() - began < 30
