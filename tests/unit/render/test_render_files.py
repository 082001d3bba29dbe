"""A complete configuration folder, written only where something changed."""

import stat
from pathlib import Path

import pytest

from cc110.config.problem import ConfigInvalid
from cc110.config.secrets import ensure_secrets
from cc110.pbx.render import Folders, Rendered, RenderRefused, render
from cc110.pbx.tables import tables
from tests.unit.config.site_copy import SiteCopy


def folders(site: SiteCopy) -> Folders:
    """Where the PBX of a copied site keeps its things."""
    return Folders.under(site.load().paths.pbx, modules=Path("/opt/pbx/modules"))


def run(site: SiteCopy, **environ: str) -> Rendered:
    """Render a copied site."""
    config = site.load(**environ)
    installation = site.root / "installation"
    (installation / "documentation").mkdir(parents=True, exist_ok=True)
    (installation / "sounds").mkdir(exist_ok=True)
    return render(
        config, ensure_secrets(config), folders=folders(site), installation_data=installation
    )


def names(site: SiteCopy, paths: tuple[Path, ...]) -> set[str]:
    """Paths below the PBX's folder."""
    return {str(path.relative_to(site.root / "var/pbx")) for path in paths}


def test_the_first_run_writes_everything(site: SiteCopy) -> None:
    """Hand-written files, dialplan and tables lie where the PBX looks for them."""
    done = run(site)
    etc = folders(site).etc

    wanted = {file.name for file in site.file("asterisk-conf").glob("*.conf")}
    wanted |= {f"dialplan/{file.name}" for file in site.file("dialplan").glob("*.conf")}
    config = site.load()
    wanted |= {f"tables/{name}" for name in tables(config, ensure_secrets(config))}
    there = {str(path.relative_to(etc)) for path in etc.rglob("*") if path.is_file()}
    assert there == wanted | {".cc110"}
    assert {f"etc/{name}" for name in wanted} <= names(site, done.changed)
    assert done.removed == ()


def test_hand_written_files_are_copied_as_they_are(site: SiteCopy) -> None:
    """What an administrator reads in the checkout is what the PBX reads."""
    run(site)
    etc = folders(site).etc

    for folder, under in (("asterisk-conf", etc), ("dialplan", etc / "dialplan")):
        for file in site.file(folder).glob("*.conf"):
            if file.name != "asterisk.conf":
                assert (under / file.name).read_bytes() == file.read_bytes()


def test_the_pbx_is_told_its_folders(site: SiteCopy) -> None:
    """Every placeholder of asterisk.conf is an absolute path, and the folders are there."""
    run(site)
    where = folders(site)

    text = (where.etc / "asterisk.conf").read_text()
    said = dict(line.split(" => ") for line in text.splitlines() if line.startswith("ast"))
    assert said["astetcdir"] == str(where.etc)
    assert said["astmoddir"] == "/opt/pbx/modules"
    assert said["astdatadir"] == str(where.data)
    assert not [path for path in said.values() if "@" in path or not path.startswith("/")]
    assert all(folder.is_dir() for folder in (where.varlib, where.spool, where.run, where.log))


def test_an_unknown_placeholder_is_refused_with_its_line(site: SiteCopy) -> None:
    """A mistyped placeholder never reaches the PBX."""
    site.edit("asterisk-conf/asterisk.conf", "@SPOOL@", "@SPOL@")
    line = site.line("asterisk-conf/asterisk.conf", "@SPOL@")

    with pytest.raises(ConfigInvalid) as refused:
        run(site)
    assert str(refused.value) == (
        f"asterisk-conf/asterisk.conf:{line}: nothing fills @SPOL@; known are DATA, ETC, LOG, "
        "MODULES, RUN, SPOOL, VARLIB"
    )
    assert not folders(site).etc.exists()


def test_a_missing_main_file_is_refused(site: SiteCopy) -> None:
    """Without asterisk.conf there is nothing to run."""
    site.file("asterisk-conf/asterisk.conf").unlink()

    with pytest.raises(ConfigInvalid, match=r"asterisk-conf/asterisk\.conf: is missing"):
        run(site)


def test_a_second_run_changes_nothing(site: SiteCopy) -> None:
    """Rendering tells honestly whether the PBX has to read anything again."""
    run(site)
    before = {path: path.lstat().st_ino for path in site.file("var/pbx").rglob("*")}

    assert run(site) == Rendered(changed=(), removed=())
    assert {path: path.lstat().st_ino for path in site.file("var/pbx").rglob("*")} == before


def test_only_what_changed_is_written(site: SiteCopy) -> None:
    """A new setting touches the one table that holds it."""
    run(site)

    done = run(site, CC110_TRANSFER__RING_S="4")

    assert names(site, done.changed) == {"etc/tables/globals.conf"}
    assert "CC110_RING_S=4\n" in (folders(site).etc / "tables/globals.conf").read_text()


def test_a_file_changed_by_hand_is_put_right(site: SiteCopy) -> None:
    """The rendered folder is the site's data and nothing else."""
    run(site)
    (folders(site).etc / "queues.conf").write_text("[general]\n")

    assert names(site, run(site).changed) == {"etc/queues.conf"}


def test_files_no_longer_wanted_go(site: SiteCopy) -> None:
    """What was removed from the checkout, or never was ours, is not read by the PBX."""
    site.file("dialplan/extra.conf").write_text("[x]\n")
    run(site)
    (folders(site).etc / "tables/stray.conf").write_text("[y]\n")
    site.file("dialplan/extra.conf").unlink()

    done = run(site)

    assert names(site, done.removed) == {"etc/dialplan/extra.conf", "etc/tables/stray.conf"}
    assert not [path for path in done.removed if path.exists()]


def test_a_folder_of_somebody_else_is_left_alone(site: SiteCopy) -> None:
    """An administrator's /etc/asterisk is neither emptied nor mixed with ours."""
    etc = folders(site).etc
    etc.mkdir(parents=True)
    (etc / "sip.conf").write_text("theirs")

    with pytest.raises(RenderRefused, match=r"was not made by cc110 \(it holds sip\.conf\)"):
        run(site)
    assert [path.name for path in etc.iterdir()] == ["sip.conf"]


def test_files_with_passwords_are_private(site: SiteCopy) -> None:
    """Mode 0600 from the first byte, and again if somebody opened them."""
    run(site)
    users = folders(site).etc / "tables/manager-users.conf"
    queues = folders(site).etc / "tables/queues.conf"
    assert stat.S_IMODE(users.stat().st_mode) == 0o600
    assert stat.S_IMODE(queues.stat().st_mode) == 0o644
    users.chmod(0o644)

    assert names(site, run(site).changed) == {"etc/tables/manager-users.conf"}
    assert stat.S_IMODE(users.stat().st_mode) == 0o600


def test_the_pbx_finds_prompts_and_music(site: SiteCopy) -> None:
    """Both languages as cc110/<key>, each music class in a folder of its own."""
    run(site)
    data = folders(site).data

    for language in ("id", "en"):
        shipped = site.file(f"dialplan/prompts/{language}")
        linked = data / "sounds" / language / "cc110"
        assert {file.name for file in linked.iterdir()} == {f.name for f in shipped.glob("*.wav")}
        assert (linked / "closing.wav").read_bytes() == (shipped / "closing.wav").read_bytes()
    assert (data / "moh/wait/wait.wav").samefile(site.file("dialplan/prompts/moh/wait.wav"))


def test_a_sites_own_recording_is_heard_instead(site: SiteCopy) -> None:
    """A studio voice replaces one prompt in one language; without it the shipped one is back."""
    studio = site.file("site/prompts/id/closing.wav")
    studio.parent.mkdir(parents=True)
    studio.write_bytes(b"studio")
    run(site)
    heard = folders(site).data / "sounds/id/cc110/closing.wav"
    assert heard.read_bytes() == b"studio"
    assert (folders(site).data / "sounds/en/cc110/closing.wav").read_bytes() != b"studio"
    studio.unlink()

    assert names(site, run(site).changed) == {"data/sounds/id/cc110/closing.wav"}
    assert heard.samefile(site.file("dialplan/prompts/id/closing.wav"))


def test_prompts_no_longer_there_are_gone(site: SiteCopy) -> None:
    """No link leads nowhere."""
    run(site)
    site.file("dialplan/prompts/en/menu.wav").unlink()

    assert names(site, run(site).removed) == {"data/sounds/en/cc110/menu.wav"}


def test_the_installations_documentation_is_found(site: SiteCopy) -> None:
    """Asterisk refuses to start without it; the installation's own sounds stay out."""
    run(site)
    data = folders(site).data

    assert (data / "documentation").samefile(site.root / "installation/documentation")
    assert not (data / "sounds").is_symlink()


def test_what_the_pbx_itself_wrote_stays(site: SiteCopy) -> None:
    """Only links are ours in the data folder."""
    run(site)
    own = folders(site).data / "sounds/recording.wav"
    own.write_bytes(b"x")

    assert run(site).removed == ()
    assert own.exists()


def test_a_sites_own_dialplan_is_taken_along(site: SiteCopy) -> None:
    """local.conf of the site lies where extensions.conf includes it, and goes with its source."""
    site.file("site/local.conf").write_text("[local]\n")
    run(site)
    local = folders(site).etc / "local.conf"
    assert local.read_text() == "[local]\n"
    site.file("site/local.conf").unlink()

    assert names(site, run(site).removed) == {"etc/local.conf"}
