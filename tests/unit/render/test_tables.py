"""The site's data as the PBX reads it."""

import re

import pytest

from cc110.config.secrets import Secrets, ensure_secrets
from cc110.pbx.tables import Table, call_tables, tables
from tests.unit.config.site_copy import SiteCopy

DIRECTORY = "site/directory.toml"
HEAD = re.compile(
    r"; Rendered by cc110 from [a-z./]+(, [a-z./]+)*( and [a-z./]+)?; do not edit\.\n"
)


def rendered(site: SiteCopy, **environ: str) -> dict[str, Table]:
    """All tables of a site."""
    config = site.load(**environ)
    return dict(tables(config, ensure_secrets(config)))


def body(table: Table) -> str:
    """A table's text below its head."""
    return HEAD.sub("", table.text, count=1).strip()


def secret(site: SiteCopy, name: str) -> str:
    """A password of the site."""
    secrets: Secrets = ensure_secrets(site.load())
    return {**secrets.sip, **secrets.ami}[name].get_secret_value()


def test_each_table_says_where_it_comes_from(site: SiteCopy) -> None:
    """Nobody edits a rendered file by mistake, and everybody finds the place to edit."""
    for name, table in rendered(site).items():
        assert HEAD.match(table.text), name
        assert table.text.endswith("\n")


def test_only_tables_with_passwords_are_secret(site: SiteCopy) -> None:
    """A password is in no file that others may read."""
    found = rendered(site)

    assert {name for name, table in found.items() if table.secret} == {
        "manager-users.conf",
        "pjsip-operators.conf",
        "pjsip-polres.conf",
        "pjsip-test.conf",
    }
    passwords = {secret(site, name) for name in ("cc110", "cc110-db", "1101", "7201")}
    open_text = "".join(table.text for table in found.values() if not table.secret)
    assert not [password for password in passwords if password in open_text]


def test_network_tables_hold_addresses_and_ports(site: SiteCopy) -> None:
    """SIP, media and AMI listen where the settings say."""
    found = rendered(site, CC110_SIP__PORT="5070", CC110_AMI__PORT="5071")

    assert body(found["transport.conf"]) == "bind=127.0.0.1:5070"
    assert body(found["rtp.conf"]) == "rtpstart=10000\nrtpend=10999"
    assert body(found["manager-general.conf"]) == "bindaddr=127.0.0.1\nport=5071"


def test_an_ipv6_address_is_written_in_brackets(site: SiteCopy) -> None:
    """A port can be told from an address with colons."""
    found = rendered(site, CC110_SIP__HOST="::1", CC110_AGI__HOST="::1")

    assert body(found["transport.conf"]) == "bind=[::1]:5060"
    assert "CC110_AGI=agi://[::1]:4573\n" in found["globals.conf"].text


def test_the_daemon_has_four_accounts(site: SiteCopy) -> None:
    """One steers calls, one keeps the blocklist, one hears who was refused, one orders synthetic calls."""
    assert body(rendered(site)["manager-users.conf"]) == (
        f"[cc110](control-account)\nsecret={secret(site, 'cc110')}\n\n"
        f"[cc110-db](database-account)\nsecret={secret(site, 'cc110-db')}\n\n"
        f"[cc110-guard](guard-account)\nsecret={secret(site, 'cc110-guard')}\n\n"
        f"[cc110-test](test-account)\nsecret={secret(site, 'cc110-test')}"
    )


@pytest.mark.parametrize(
    ("host", "own", "bits"),
    [("127.0.0.1", "127.0.0.1", 32), ("0.0.0.0", "127.0.0.1", 32), ("::", "::1", 128)],
)
def test_the_synthetic_call_comes_with_a_password_and_from_the_pbx_itself(
    site: SiteCopy, host: str, own: str, bits: int
) -> None:
    """Nobody from elsewhere, and nobody without the password, makes calls that count for nothing."""
    found = rendered(site, CC110_SIP__HOST=host, CC110_SIP__REGISTRAR="192.0.2.10")
    text = body(found["pjsip-test.conf"])
    password = ensure_secrets(site.load()).sip["cc110-test"].get_secret_value()
    shown = f"[{own}]" if ":" in own else own

    assert f"permit={own}/{bits}\n" in text
    assert "\nauth=cc110-test\n" in text
    assert f"password={password}\n" in text
    assert f"contact=sip:{shown}:5060" in text


def test_an_operator_is_a_phone_with_a_password(site: SiteCopy) -> None:
    """Endpoint, auth and aor inherit what the hand-written file says about operators."""
    text = body(rendered(site)["pjsip-operators.conf"])

    assert text.startswith(
        '[1101](operator-endpoint)\nauth=1101\naors=1101\ncallerid="Operator 1101" <1101>\n'
        "rtp_timeout=10\n\n"
        f"[1101](operator-auth)\nusername=1101\npassword={secret(site, '1101')}\n\n"
        "[1101](operator-aor)\n\n[1102]"
    )
    assert text.count("(operator-endpoint)") == 10


def test_a_polres_is_a_phone_of_its_own_kind(site: SiteCopy) -> None:
    """Polres desks inherit from their own templates."""
    text = body(rendered(site)["pjsip-polres.conf"])

    assert text.startswith('[7101](polres-endpoint)\nauth=7101\naors=7101\ncallerid="Polres 7101"')
    expected = [*(str(n) for n in range(7101, 7114)), *(str(n) for n in range(7201, 7230))]
    assert re.findall(r"\[(\d+)\]\(polres-aor\)", text) == expected


def test_a_trunk_is_told_by_all_its_addresses(site: SiteCopy) -> None:
    """Addresses and networks, one line each."""
    site.edit(DIRECTORY, '["127.0.0.2"]', '["127.0.0.2", "192.0.2.0/28"]')

    assert body(rendered(site)["pjsip-trunks.conf"]) == (
        "[trunk-demo](trunk-endpoint)\n\n"
        "[trunk-demo](trunk-identify)\nendpoint=trunk-demo\nmatch=127.0.0.2\nmatch=192.0.2.0/28\n\n"
        "[trunk-demo](trunk-aor)"
    )


def test_each_polda_has_a_queue_with_the_sites_numbers(site: SiteCopy) -> None:
    """What a site may set is in the table, all else in the hand-written template."""
    text = body(rendered(site, CC110_QUEUE__WRAP_UP_S="7")["queues.conf"])

    assert text.split("\n\n") == [
        f"[{queue}](polda)\ntimeout=4\nretry=1\nwrapuptime=7\nperiodic-announce-frequency=20"
        for queue in ("polda-metro-jaya", "polda-sumut")
    ]


def test_the_dialplan_knows_the_sites_numbers(site: SiteCopy) -> None:
    """Global variables, area codes as the caller's number has them."""
    found = body(rendered(site, CC110_GREETING__MENU="off")["globals.conf"])

    assert found.splitlines() == [
        "CC110_SITE=demo",
        "CC110_LANGUAGE=id",
        "CC110_RING_S=5",
        "CC110_AGENT_RETURN_S=8",
        "CC110_MIN_TALK_S=10",
        "CC110_AGI=agi://127.0.0.1:4573",
        "CC110_FIRST_WORD_S=2",
        "CC110_MENU=0",
        "CC110_WAY_OUT=verify",
        "CC110_VERIFY_A_DAY=1",
        "CC110_VERIFY_AT_ONCE=3",
        "CC110_VERIFY_AN_HOUR=60",
        "CC110_ANNOUNCE_AT_ONCE=10",
        "CC110_TELL_SUPERVISED=1",
        "CC110_LEVELS=2",
        "CC110_DESK_LEVELS=",
        "CC110_RETRY_MS=1000",
        f"CC110_RECORDINGS={site.root}/var/recordings",
        "CC110_OUT=",
        "CC110_CALLBACK_S=30",
        "CC110_PLACE_S=0.5",
        "CC110_SHIFT_LOGIN=allow",
        "CC110_ORIGIN_DEFAULT=polda-metro-jaya",
        "CC110_ORIGIN_ORDER=dialled&location&area-code&trunk",
        "CC110_ORIGIN_6261=polda-sumut",
        "CC110_ORIGIN_62622=polda-sumut",
    ]


def test_only_a_trunk_for_calls_that_go_out_has_a_contact(site: SiteCopy) -> None:
    """Always with 110 as caller; the dialplan knows the first one's name."""
    said = '[[trunk]]\nid = "{0}"\naddresses = ["192.0.2.{1}"]\ndialled = ["110"]\n'
    out = 'outbound = "192.0.2.9:5062"\n'
    site.append(DIRECTORY, said.format("in", 8) + said.format("out", 9) + out)
    tables = rendered(site)

    trunks = body(tables["pjsip-trunks.conf"])
    assert trunks.count("contact=") == trunks.count("aors=") == trunks.count("from_user=110") == 1
    assert "[trunk-out](trunk-aor)\ncontact=sip:192.0.2.9:5062" in trunks
    assert "CC110_OUT=trunk-out\n" in body(tables["globals.conf"])


def test_intake_takes_exactly_what_callers_dial(site: SiteCopy) -> None:
    """Each form once, whichever trunks send it; no patterns."""
    site.append(
        DIRECTORY,
        '[[trunk]]\nid = "b"\naddresses = ["192.0.2.9"]\ndialled = ["110", "0110"]\n',
    )

    assert body(rendered(site)["intake.conf"]).splitlines() == [
        f"exten => {form},1,Goto(cc110-intake,s,1)" for form in ("110", "+62110", "021110", "0110")
    ]


def test_regencies_are_rendered_by_their_letters(site: SiteCopy) -> None:
    """In every usual form, with the Polres if it is one."""
    text = body(rendered(site)["places.conf"])

    assert text.startswith("[cc110-table-places]\nexten => 0,1,Return()\n")

    for form in ("kotamedan", "medan", "kotaadmmedan"):
        assert (
            f"exten => {form},1,Set(CC110_PLACE=Kota Medan)\n"
            " same => n,Set(CC110_PLACE_UNIT=polres-medan)\n"
            " same => n,Set(CC110_PLACE_QUEUE=polda-sumut)\n same => n,Return()"
        ) in text


def test_each_operator_has_his_queues_and_penalties(site: SiteCopy) -> None:
    """Several queues are joined; a level above has penalty 10."""
    text = body(rendered(site)["agents.conf"])

    assert text.startswith(
        "[cc110-table-agents]\n"
        "exten => 1101,1,MSet(CC110_MY_QUEUES=polda-metro-jaya:0,CC110_MY_UNIT=polda-metro-jaya,CC110_SUPERVISES=)\n"
        " same => n,Return()\n"
    )
    assert (
        "exten => 1901,1,MSet(CC110_MY_QUEUES=polda-metro-jaya:10&polda-sumut:10,CC110_MY_UNIT=mabes,"
        "CC110_SUPERVISES=mabes&polda-metro-jaya&polda-sumut)\n"
        " same => n,Return()"
    ) in text


def test_each_polres_can_be_rung(site: SiteCopy) -> None:
    """Its extension says which phone."""
    assert body(rendered(site)["polres.conf"]).startswith(
        "[cc110-table-polres]\n"
        "exten => 7101,1,Set(CC110_POLRES_DIAL=PJSIP/7101)\n same => n,Return()\n"
    )


def test_tables_of_the_dialplan_need_no_password(site: SiteCopy) -> None:
    """They can be looked at before a site was ever started."""
    config = site.load()

    found = call_tables(config)

    assert not config.paths.secrets.exists()
    assert found == {name: table for name, table in rendered(site).items() if name in found}


def test_phones_over_tls_have_a_transport_of_their_own_and_udp_phones_are_nobody(
    site: SiteCopy,
) -> None:
    """The certificate is the site's, or ours; without the setting nothing of it is there."""
    assert body(rendered(site)["transport-tls.conf"]) == ""
    assert "media_encryption" not in rendered(site)["pjsip-operators.conf"].text

    found = rendered(site, CC110_SIP__PHONES="tls", CC110_SIP__TLS_PORT="5071")
    text = found["transport-tls.conf"].text
    home = site.load(CC110_SIP__PHONES="tls").paths.home
    assert f"cert_file={home}/pbx/tls/phones.pem\npriv_key_file={home}/pbx/tls/phones.key" in text
    assert "bind=127.0.0.1:5071" in text
    assert "[udp-nobody](nobody-by-udp)" in text
    for table in ("pjsip-operators.conf", "pjsip-polres.conf"):
        phones = found[table].text.count("-endpoint)")
        assert phones == found[table].text.count("media_encryption=sdes\n")
        assert phones == found[table].text.count("transport=transport-tls\n")
    assert "tls" not in found["pjsip-trunks.conf"].text


def test_trunks_and_named_addresses_are_never_banned(site: SiteCopy) -> None:
    """They have the last word in the list."""
    site.edit("site/settings.toml", "# never = [", "never = [")
    lines = body(rendered(site)["acl-never.conf"]).split()
    assert lines == ["permit=192.0.2.0/24", "permit=127.0.0.2/32"]
