"""Which Polda a call belongs to, and by what."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cc110.core.ids import Number, QueueName, UnitId
from cc110.core.origin import (
    Claim,
    Origins,
    Placed,
    civic_key,
    middle,
    origin_of,
    place_table,
    shown,
)
from cc110.core.places import Point
from cc110.core.words import OriginBy

A, B, C = QueueName("polda-a"), QueueName("polda-b"), QueueName("polda-c")
EVERY = (OriginBy.DIALLED, OriginBy.LOCATION, OriginBy.AREA_CODE, OriginBy.TRUNK)


def site(*order: OriginBy) -> Origins:
    """Evidence that contradicts itself."""
    return Origins(
        order=order,
        default=A,
        dialled={"061110": B},
        trunks={"trunk-west": C},
        areas={"061": B, "0622": C},
    )


@pytest.mark.parametrize(
    ("order", "queue", "by", "of"),
    [
        (EVERY, B, OriginBy.DIALLED, "061110"),
        (EVERY[1:], C, OriginBy.LOCATION, "Kota C"),
        (EVERY[2:], C, OriginBy.AREA_CODE, "0622"),
        (EVERY[3:], C, OriginBy.TRUNK, "trunk-west"),
        ((), A, OriginBy.DEFAULT, ""),
    ],
)
def test_the_first_evidence_in_the_order_decides(
    order: tuple[OriginBy, ...], queue: QueueName, by: OriginBy, of: str
) -> None:
    """What is left out of the order is not looked at."""
    found = origin_of(
        site(*order),
        number=Number("62622555001"),
        dialled="061110",
        trunk="trunk-west",
        place=Placed(queue=C, name="Kota C"),
    )

    assert (found.queue, found.by, found.of) == (queue, by, of)


def test_evidence_that_knows_nothing_gives_way() -> None:
    """A mobile number, 110, an unknown trunk: the default."""
    found = origin_of(site(*EVERY), number=Number("6281200000001"), dialled="110", trunk="trunk-x")

    assert (found.queue, found.by) == (A, OriginBy.DEFAULT)


def test_a_regency_is_known_by_every_usual_form_of_its_name() -> None:
    """With its kind, shortened, or bare, where only one Polda has that name."""
    table = place_table(
        [
            Claim(name="Kota Medan", queue=B, unit=UnitId("polres-medan")),
            Claim(name="Kab. Bekasi", queue=A, unit=UnitId("polres-a")),
            Claim(name="Kota Bekasi", queue=A, unit=UnitId("polres-b")),
            Claim(name="Kota Serang", queue=A),
            Claim(name="Kabupaten Serang", queue=B),
        ],
        [Claim(name="Sumatera Utara", queue=B)],
    )

    for text in ("Kota Medan", "KOTA MEDAN", "medan", "Kota Adm. Medan", "Kodya Medan"):
        assert table[civic_key(text)] == Placed(
            queue=B, name="Kota Medan", unit=UnitId("polres-medan")
        )
    assert table["kabbekasi"].unit == "polres-a"
    assert table["bekasi"] == Placed(queue=A, name="Bekasi")
    assert (table["kotaserang"].queue, table["kabserang"].queue) == (A, B)
    assert "serang" not in table
    assert table["provinsisumaterautara"] == table["sumaterautara"]


def test_points_come_to_their_middle_and_what_is_none_is_left_out() -> None:
    """A radius, a height, figures that are none."""
    assert middle("-6.2615 106.8106:500") == Point(-6.2615, 106.8106)
    assert middle("1 100:3 102:2 104") == Point(2.0, 102.0)
    assert middle("-6.2 106.8 12.5") == Point(-6.2, 106.8)
    for text in ("", "500", "910 1066", "1e999 5", "nan 3", "1 2 3 4", ":" * 900):
        assert middle(text) is None


@given(st.text())
def test_nothing_that_a_carrier_sends_raises_or_steers_a_display(text: str) -> None:
    """Whatever it is."""
    assert set(civic_key(text)) <= set("abcdefghijklmnopqrstuvwxyz")
    assert set(shown(text)) <= set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .'-"
    )
    middle(text)
