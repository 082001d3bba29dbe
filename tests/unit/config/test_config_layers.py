"""Defaults < files < environment < options."""

from pathlib import Path
from typing import Final

import pytest

from cc110.config.load import load
from cc110.config.problem import ConfigInvalid
from tests.unit.config.site_copy import CHECKOUT, SiteCopy

SETTINGS: Final = "site/settings.toml"


def test_the_demo_site_has_no_problem() -> None:
    """What is shipped is right."""
    assert SiteCopy(CHECKOUT).problems() == []


def test_what_no_file_says_has_its_default(site: SiteCopy) -> None:
    """A settings file need only say who the site is; the demo site's file says the defaults."""
    shipped = site.load().settings
    site.file(SETTINGS).write_text('[site]\nid = "demo"\nname = "cc110 demo site (sample)"\n')

    assert site.load().settings == shipped


def test_the_file_wins_over_the_default(site: SiteCopy) -> None:
    """What the file says counts."""
    site.edit(SETTINGS, "wrap_up_s = 5", "wrap_up_s = 9")

    assert site.load().settings.queue.wrap_up_s == 9


def test_the_environment_wins_over_the_file(site: SiteCopy) -> None:
    """Values of each kind are read from text."""
    config = site.load(
        CC110_SIP__PORT="5070",
        CC110_GREETING__MENU="off",
        CC110_GREETING__FIRST_WORD_S="1.5",
        CC110_SITE__NAME="110",
        CC110_SIP__REGISTRAR="192.0.2.7",
        CC110_JOURNAL__URL="postgresql+asyncpg://u:secret@127.0.0.1/x",
    )

    assert config.settings.sip.port == 5070
    assert config.settings.sip.registrar == "192.0.2.7"
    assert config.settings.greeting.menu is False
    assert config.settings.greeting.first_word_s == 1.5
    assert config.settings.site.name == "110"
    assert config.journal_url.get_secret_value() == "postgresql+asyncpg://u:secret@127.0.0.1/x"


def test_the_environment_can_say_a_section_that_the_file_lacks(site: SiteCopy) -> None:
    """A section need not be in the file to have a value."""
    site.file(SETTINGS).write_text('[site]\nid = "demo"\nname = "x"\n')

    assert site.load(CC110_QUEUE__RETRY_S="2").settings.queue.retry_s == 2


def test_an_option_wins_over_the_environment(site: SiteCopy) -> None:
    """The command line has the last word, in text or as a value."""
    config = load(
        environ={"CC110_SIP__PORT": "5070", "CC110_AMI__PORT": "5071"},
        root=site.root,
        overrides={"sip.port": "5080", "ami.port": 5081},
    )

    assert (config.settings.sip.port, config.settings.ami.port) == (5080, 5081)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("CC110_SIP__PROT", "1", "names no setting; did you mean `CC110_SIP__PORT`?"),
        ("CC110_HOEM", "/x", "names no setting; did you mean `CC110_HOME`?"),
        ("CC110_OPERATOR__0__UNIT", "x", "names no setting"),
        ("CC110_SIP__PORT", "sip", '`port` in [sip] must be a whole number, not "sip"'),
        ("CC110_SIP__PORT", "", '`port` in [sip] must be a whole number, not ""'),
        ("CC110_SIP__PORT", "5038", "`port` in [sip] and `port` in [ami] are both 5038"),
        ("CC110_TRANSFER__RING_S", "40", "`ring_s` in [transfer] must be at most 30, not 40"),
        ("CC110_HOME", "/x;y", "the path `/x;y` may not contain ';'"),
        ("CC110_HOME", "/x@ETC@", "the path `/x@ETC@` may not contain '@ETC@'"),
        ("CC110_CACHE", "/x,y", "the path `/x,y` may not contain ','"),
        ("CC110_HOME", "/" + "a" * 86,
         f"the path `/{'a' * 86}` is 1 bytes too long for the PBX's socket"),
    ],
)  # fmt: skip
def test_a_fault_in_the_environment_is_named_with_its_variable(
    site: SiteCopy, name: str, text: str, message: str
) -> None:
    """Whoever set the variable finds it."""
    assert site.problems(**{name: text}) == [f"{name}: {message}"]


def test_a_journal_address_never_prints(site: SiteCopy) -> None:
    """It may hold a password: neither a problem nor the configuration shows it."""
    (problem,) = site.problems(CC110_JOURNAL__URL="mysql://u:hush@db/x")
    config = site.load(CC110_JOURNAL__URL="postgresql+asyncpg://u:hush@db/x")

    assert "hush" not in problem
    assert "hush" not in repr(config) + str(config.journal_url)


def test_a_fault_in_an_option_is_named_with_its_name(site: SiteCopy) -> None:
    """A mistyped option is refused like a mistyped variable."""
    with pytest.raises(ConfigInvalid) as refused:
        load(environ={}, root=site.root, overrides={"sip.prt": 1, "ami.port": "x"})

    assert str(refused.value).splitlines() == [
        'option ami.port: `port` in [ami] must be a whole number, not "x"',
        "option sip.prt: names no setting; did you mean `sip.port`?",
    ]


def test_variables_for_tests_and_of_others_are_no_settings(site: SiteCopy) -> None:
    """CC110_TEST_... belongs to the tests, and what is not ours is not looked at."""
    assert site.problems(CC110_TEST_SPEED="1", HOME="/root", CC1100="x") == []


def test_everything_lies_in_the_checkout_unless_told(site: SiteCopy) -> None:
    """By default nothing is written outside of it."""
    paths = site.load().paths

    assert paths.home == site.root / "var"
    assert paths.cache == site.root / ".cache"
    assert paths.recordings == site.root / "var" / "recordings"
    assert paths.secrets == site.root / "var" / "secrets.toml"
    assert paths.prompts == site.root / "dialplan" / "prompts"


def test_the_places_are_taken_from_the_environment(site: SiteCopy, tmp_path: Path) -> None:
    """Home, cache and site may lie anywhere; recordings follow home unless they have a place."""
    elsewhere = SiteCopy.under(tmp_path / "elsewhere")
    elsewhere.edit(SETTINGS, 'folder = "recordings"', 'folder = "/srv/recordings"')

    paths = site.load(CC110_HOME="/srv/cc110/../home", CC110_SITE=str(elsewhere.file("site"))).paths

    assert paths.home == Path("/srv/home")
    assert paths.recordings == Path("/srv/recordings")
    assert paths.site == elsewhere.file("site")


def test_faults_of_a_site_elsewhere_have_their_full_path(
    site: SiteCopy, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A path that is not in the checkout is shown as a whole."""
    other = SiteCopy.under(tmp_path_factory.mktemp("other"))
    other.edit(SETTINGS, "menu = true", "menu = 3")
    file = other.file(SETTINGS)

    (problem,) = site.problems(CC110_SITE=str(file.parent))

    assert problem.startswith(f"{file}:{other.line(SETTINGS, 'menu = 3')}: ")
