"""A start takes the site's files up, unless they are what was taken back."""

from pathlib import Path

import pytest

from cc110.app.generation import settle
from cc110.config.restart import only_at_start
from cc110.config.secrets import ensure_secrets
from cc110.pbx.generations import Generations, Intent, State, is_edited, live_site
from cc110.pbx.render import Folders
from tests.unit.config.site_copy import SiteCopy


@pytest.fixture
def site(tmp_path: Path) -> SiteCopy:
    return SiteCopy.under(tmp_path).with_pbx_files()


def start(site: SiteCopy, *, as_is: bool = False) -> Generations:
    """What a start of the PBX does to its configuration."""
    config = site.load()
    folders = Folders.under(config.paths.pbx, modules=Path("/opt/pbx/modules"))
    settle(config, ensure_secrets(config), folders, installation_data=None, as_is=as_is)
    return Generations(config.paths.pbx)


def ring_s(generations: Generations) -> str:
    text = (generations.etc / "tables/globals.conf").read_text()
    return text.partition("CC110_RING_S=")[2].partition("\n")[0]


def change(site: SiteCopy, old: int, new: int) -> None:
    site.edit("site/settings.toml", f"\nring_s = {old}", f"\nring_s = {new}")


def test_a_start_takes_an_edit_up_and_a_second_one_changes_nothing(site: SiteCopy) -> None:
    assert (start(site).live, start(site).live) == (1, 1)
    change(site, 5, 4)
    after = start(site)
    assert (after.live, ring_s(after)) == (2, "4")
    assert after.about(2).state is State.STARTED


def test_prompts_and_music_are_found_through_what_is_live(site: SiteCopy) -> None:
    studio = site.file("site/prompts/id/closing.wav")
    studio.parent.mkdir(parents=True)
    studio.write_bytes(b"studio")
    generations = start(site)
    heard = generations.etc.parent / "data/sounds/id/cc110/closing.wav"
    assert heard.read_bytes() == b"studio"
    studio.write_bytes(b"another")
    assert heard.read_bytes() == b"studio"
    start(site)
    assert heard.read_bytes() == b"another"
    generations.switch(1)
    assert heard.read_bytes() == b"studio"
    assert (generations.etc.parent / "data/moh/wait/wait.wav").is_file()


def test_what_was_taken_back_stays_back_until_somebody_edits_it(site: SiteCopy) -> None:
    start(site)
    change(site, 5, 4)
    generations = start(site)
    generations.switch(1)
    generations.mark(2, State.REFUSED, why="complaints")

    assert ring_s(start(site)) == "5"
    change(site, 4, 3)
    assert ring_s(start(site)) == "3"


def test_a_start_after_a_kill_begins_with_what_was_live(site: SiteCopy) -> None:
    start(site)
    change(site, 5, 4)
    generations = start(site)
    generations.switch(1)
    generations.begin(Intent(before=1, after=2))
    generations.switch(2)

    assert ring_s(start(site)) == "5"
    assert generations.about(2).state is State.REFUSED


def test_a_start_amidst_an_edit_goes_by_what_was_live(site: SiteCopy) -> None:
    """The daemon as well: the site's data lies beside what was made of it."""
    start(site)
    change(site, 5, 4)
    generations = start(site, as_is=True)
    assert ring_s(generations) == "5"
    assert is_edited(generations.etc.parent, site.file("site"))
    change(site, 4, 5)
    assert not is_edited(generations.etc.parent, site.file("site"))
    home = {"CC110_HOME": str(site.root / "var")}
    live = live_site(generations.etc.parent, home)
    assert live
    assert live.settings.transfer.ring_s == 5
    assert live_site(site.root / "nowhere", home) is None


def test_a_full_disk_keeps_no_start_back(site: SiteCopy, monkeypatch: pytest.MonkeyPatch) -> None:
    start(site)
    change(site, 5, 4)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Generations, "stage", full)
    assert ring_s(start(site)) == "5"


@pytest.mark.parametrize(
    ("environ", "waits"),
    [
        ({"CC110_TRANSFER__RING_S": "4"}, ()),
        ({"CC110_QUEUE__WRAP_UP_S": "9", "CC110_GREETING__MENU": "false"}, ()),
        ({"CC110_SIP__PORT": "5070", "CC110_AGI__PORT": "4570"}, ("agi.port", "sip.port")),
        ({"CC110_LOG__LEVEL": "debug", "CC110_TRANSFER__RING_S": "4"}, ("log.level",)),
        ({"CC110_BLOCKLIST__THRESHOLD": "6"}, ()),
        ({"CC110_BLOCKLIST__RANGE_MIN_DIGITS": "9"}, ("blocklist.range_min_digits",)),
    ],
)
def test_what_waits_for_a_start_is_named(
    site: SiteCopy, environ: dict[str, str], waits: tuple[str, ...]
) -> None:
    assert only_at_start(site.load(), site.load(**environ)) == waits
