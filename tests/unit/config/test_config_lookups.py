"""What a site answers about its operators, Polres and areas."""

import pytest

from cc110.config.model import Config
from cc110.core.ids import AgentId, Number, PolresExt, QueueName, UnitId
from tests.unit.config.site_copy import CHECKOUT, SiteCopy

METRO = QueueName("polda-metro-jaya")
SUMUT = QueueName("polda-sumut")


@pytest.fixture(scope="module")
def demo() -> Config:
    """The shipped site."""
    return SiteCopy(CHECKOUT).load()


def test_an_operator_serves_the_queue_of_his_polda(demo: Config) -> None:
    """First level: no penalty."""
    assert demo.queues_of(AgentId("1105")) == ((METRO, 0),)
    assert demo.queues_of(AgentId("1203")) == ((SUMUT, 0),)


def test_a_mabes_operator_serves_all_poldas_one_level_later(demo: Config) -> None:
    """The level above has penalty 10 in each queue below it."""
    assert demo.queues_of(AgentId("1901")) == ((METRO, 10), (SUMUT, 10))


def test_a_stranger_serves_nothing(demo: Config) -> None:
    """Neither an unknown extension nor a Polres is an operator."""
    assert demo.queues_of(AgentId("7101")) == ()
    assert demo.operator(AgentId("7101")) is None
    assert demo.polres(PolresExt("1101")) is None


def test_a_mabes_serves_only_poldas_below_it(site: SiteCopy) -> None:
    """A Polda without a parent is nobody else's."""
    site.edit("site/directory.toml", 'parent = "mabes"\n', "")

    assert site.load().queues_of(AgentId("1902")) == ((SUMUT, 10),)


def test_a_queue_knows_its_members(demo: Config) -> None:
    """The same relation, from the queue's side."""
    assert demo.members_of(SUMUT) == (
        ("1201", 0),
        ("1202", 0),
        ("1203", 0),
        ("1901", 10),
        ("1902", 10),
    )


def test_units_are_found_by_extension_and_code(demo: Config) -> None:
    """A Polres by its desk, any unit by its code."""
    medan = demo.polres(PolresExt("7201"))

    assert medan is not None
    assert medan == demo.unit(UnitId("polres-medan"))
    assert medan.parent == UnitId(SUMUT)
    assert len(demo.polres_units) == 42
    assert demo.queues == (METRO, SUMUT)
    assert demo.unit(UnitId("polres-x")) is None


@pytest.mark.parametrize(
    ("number", "queue"),
    [
        ("62614567890", SUMUT),
        ("62622345678", SUMUT),
        ("6262345678", METRO),
        ("62215678901", METRO),
        ("6281234567890", METRO),
        ("6561234567", METRO),
        (None, METRO),
    ],
)
def test_a_call_belongs_to_the_polda_of_its_area(
    demo: Config, number: str | None, queue: QueueName
) -> None:
    """061 and 0622 are North Sumatra's; all else, and foreign numbers, go to the default."""
    assert demo.queue_of_number(None if number is None else Number(number)) == queue


def test_the_longer_area_code_decides(site: SiteCopy) -> None:
    """0622 may be another Polda's than 062."""
    site.edit("site/directory.toml", '["061", "0622"]', '["0622"]')
    site.append(
        "site/directory.toml", '[[origin.area]]\ncodes = ["062"]\nqueue = "polda-metro-jaya"\n'
    )
    site.edit("site/directory.toml", 'default = "polda-metro-jaya"', 'default = "polda-sumut"')
    config = site.load()

    assert config.queue_of_number(Number("62622345678")) == SUMUT
    assert config.queue_of_number(Number("62621345678")) == METRO
    assert config.queue_of_area("0622") == SUMUT
    assert config.queue_of_area("061") is None


def test_the_policy_holds_the_sites_numbers(site: SiteCopy) -> None:
    """What the core decides by comes from the settings."""
    policy = site.load(
        CC110_TRANSFER__RING_S="4",
        CC110_TRANSFER__AGENT_RETURN_RING_S="7",
        CC110_TRANSFER__POLRES_MIN_TALK_S="12",
    ).policy()

    assert (policy.polres_ring_s, policy.agent_return_ring_s) == (4, 7)
    assert policy.polres_min_talk_s == 12


@pytest.mark.parametrize(
    ("written", "zone"),
    [("WIB", "Asia/Jakarta"), ("WITA", "Asia/Makassar"), ("WIT", "Asia/Jayapura"), ("UTC", "UTC")],
)
def test_a_time_zone_may_have_its_indonesian_name(site: SiteCopy, written: str, zone: str) -> None:
    """WIB, WITA and WIT are understood."""
    assert site.load(CC110_SITE__TIME_ZONE=written).time_zone.key == zone


def test_the_journal_is_sqlite_at_home_by_default(demo: Config) -> None:
    """A site that says nothing gets an embedded database."""
    url = demo.journal_url.get_secret_value()

    assert url == f"sqlite+aiosqlite:///{CHECKOUT}/var/journal.sqlite3"


def test_nothing_in_a_loaded_site_can_be_changed(demo: Config) -> None:
    """Configuration is a value: who wants another loads another."""
    with pytest.raises(ValueError, match="frozen"):
        demo.settings.sip.port = 1
    with pytest.raises(AttributeError):
        demo.settings = demo.settings  # type: ignore[misc]
