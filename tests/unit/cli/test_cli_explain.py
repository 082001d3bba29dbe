"""`cc110 explain --at-place`: which Polres, and why."""

import pytest

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
