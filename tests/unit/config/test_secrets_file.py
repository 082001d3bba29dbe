"""Passwords are made once, kept to their owner, and never lost."""

import os
import re
import stat
import tomllib
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from cc110.config.load import load
from cc110.config.secrets import (
    NoAccount,
    Secrets,
    SecretsUnreadable,
    SecretsUnsafe,
    account,
    ensure_secrets,
)
from tests.unit.config.site_copy import SiteCopy


def values(secrets: Secrets) -> dict[str, str]:
    """All passwords by name."""
    both = {**secrets.ami, **secrets.sip}
    return {name: secret.get_secret_value() for name, secret in both.items()}


def test_the_first_run_makes_a_password_for_everybody(site: SiteCopy) -> None:
    """Each operator, each Polres, each AMI account and the synthetic call have 128 bits of their own."""
    config = site.load()

    secrets = ensure_secrets(config)

    assert set(secrets.ami) == {"cc110", "cc110-db", "cc110-guard", "cc110-test"}
    phones = len(config.directory.operators) + len(config.polres_units)
    assert phones == 52
    assert len(secrets.sip) == phones + 1
    every = [one.get_secret_value() for part in (secrets.ami, secrets.sip) for one in part.values()]
    assert len(set(every)) == phones + 4 + 1
    assert all(re.fullmatch("[0-9a-f]{32}", value) for value in every)


def test_only_the_owner_can_read_the_passwords(site: SiteCopy) -> None:
    """Whatever the umask is, the file and a fresh home are private."""
    before = os.umask(0)
    try:
        ensure_secrets(site.load())
    finally:
        os.umask(before)

    file = site.file("var/secrets.toml")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert sorted(path.name for path in file.parent.iterdir()) == ["secrets.lock", "secrets.toml"]


def test_a_second_run_changes_nothing(site: SiteCopy) -> None:
    """Phones that know their passwords go on working, and the file is not even written."""
    first = ensure_secrets(site.load())
    before = site.file("var/secrets.toml").stat()

    assert values(ensure_secrets(site.load())) == values(first)
    assert site.file("var/secrets.toml").stat().st_ino == before.st_ino


def test_a_new_operator_gets_a_password_and_the_others_keep_theirs(site: SiteCopy) -> None:
    """Missing passwords are added; those of removed operators stay."""
    first = values(ensure_secrets(site.load()))
    site.edit("site/directory.toml", 'id = "1105"', 'id = "1106"')

    second = values(ensure_secrets(site.load()))

    assert {name: second[name] for name in first} == first
    assert second.keys() - first.keys() == {"1106"}
    assert site.file("var/secrets.toml").stat().st_mode & 0o777 == 0o600


def test_a_deleted_line_is_made_anew(site: SiteCopy) -> None:
    """That is how a password is changed."""
    first = values(ensure_secrets(site.load()))
    site.edit("var/secrets.toml", f'"1101" = "{first["1101"]}"\n', "")

    second = values(ensure_secrets(site.load()))

    assert second["1101"] != first["1101"]
    assert {**second, "1101": first["1101"]} == first


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601])
def test_a_file_that_others_may_use_is_refused(site: SiteCopy, mode: int) -> None:
    """The sentence says what is wrong and what to do; nothing is changed."""
    ensure_secrets(site.load())
    file = site.file("var/secrets.toml")
    before = file.read_bytes()
    file.chmod(mode)

    with pytest.raises(SecretsUnsafe, match=rf"has mode {mode:04o}.*delete it.*chmod 600 {file}"):
        ensure_secrets(site.load())
    assert file.read_bytes() == before


def test_a_file_of_another_user_is_refused(site: SiteCopy) -> None:
    """Who owns the file knows the passwords."""
    if os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    ensure_secrets(site.load())
    os.chown(site.file("var/secrets.toml"), 12345, -1)

    with pytest.raises(SecretsUnsafe, match="another user"):
        ensure_secrets(site.load())


def test_a_link_in_place_of_the_file_is_refused(site: SiteCopy, tmp_path: Path) -> None:
    """Passwords are neither read nor written through a link."""
    site.file("var").mkdir()
    (tmp_path / "target").touch(mode=0o600)
    site.file("var/secrets.toml").symlink_to(tmp_path / "target")

    with pytest.raises(SecretsUnreadable, match="can't be opened"):
        ensure_secrets(site.load())
    assert (tmp_path / "target").read_bytes() == b""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[sip]\n"1101" = "short"\n', r":2: the password of 1101 must be 22 to 64"),
        ('[sip]\n\n"1101" = "aaaaaaaaaaaaaaaaaaaaaaaa;b"\n', r":3: the password of 1101"),
        ('[sip]\n"1101" = 5\n', r":2: the password of 1101"),
        ("[ami]\n[smtp]\n", r":2: only \[ami\] and \[sip\]"),
        ("sip = 5\n", r":1: only \[ami\] and \[sip\]"),
        ("[sip\n", r"is not TOML: .*line 1"),
    ],
)
def test_a_file_of_something_else_is_refused(site: SiteCopy, text: str, message: str) -> None:
    """A weak password, or one that could break out of its line, is named with its line."""
    file = site.file("var/secrets.toml")
    file.parent.mkdir()
    file.write_text(text)
    file.chmod(0o600)

    with pytest.raises(SecretsUnreadable, match=message):
        ensure_secrets(site.load())
    assert file.read_text() == text


def test_a_refused_password_is_not_told(site: SiteCopy) -> None:
    """Messages go to logs, passwords do not."""
    file = site.file("var/secrets.toml")
    file.parent.mkdir()
    file.write_text('[sip]\n"1101" = "hush"\n')
    file.chmod(0o600)

    with pytest.raises(SecretsUnreadable) as refused:
        ensure_secrets(site.load())
    assert "hush" not in str(refused.value)


def test_passwords_do_not_print(site: SiteCopy) -> None:
    """Neither all of them nor an account shows them by accident."""
    config = site.load()
    secrets = ensure_secrets(config)
    shown = f"{secrets!r} {secrets} {account(config, secrets, '1101')!r}"

    assert not [value for value in values(secrets).values() if value in shown]


def _passwords(root: Path) -> dict[str, str]:
    return values(ensure_secrets(load(environ={}, root=root)))


def test_two_first_starts_at_once_make_one_set(site: SiteCopy) -> None:
    """Whoever comes second reads what the first has made."""
    with ProcessPoolExecutor(4, mp_context=get_context("fork")) as pool:
        found = list(pool.map(_passwords, [site.root] * 8))

    assert all(each == found[0] for each in found)
    written = tomllib.loads(site.file("var/secrets.toml").read_text())
    assert {**written["ami"], **written["sip"]} == found[0]


def test_an_account_is_what_a_softphone_asks_for(site: SiteCopy) -> None:
    """User, password, registrar: for an operator and for a Polres."""
    config = site.load(CC110_SIP__PORT="5070")
    secrets = ensure_secrets(config)

    operator, desk = account(config, secrets, "1101"), account(config, secrets, "7201")

    assert (operator.user, operator.registrar) == ("1101", "sip:127.0.0.1:5070")
    assert operator.password == secrets.sip["1101"]
    assert (operator.transport, operator.display_name) == ("udp", "Contoh Satu")
    assert desk.display_name == "Polrestabes Medan (sample)"


def test_an_account_names_the_registrar_that_phones_can_reach(site: SiteCopy) -> None:
    """A PBX that listens everywhere has an address for phones."""
    config = site.load(CC110_SIP__HOST="::", CC110_SIP__REGISTRAR="2001:db8::1")

    assert account(config, ensure_secrets(config), "1101").registrar == "sip:[2001:db8::1]:5060"


@pytest.mark.parametrize("name", ["1199", "cc110", ""])
def test_there_is_no_account_for_a_stranger(site: SiteCopy, name: str) -> None:
    """Neither an unknown extension nor an AMI account is a phone."""
    config = site.load()

    with pytest.raises(NoAccount, match=f"no phone {name}"):
        account(config, ensure_secrets(config), name)
