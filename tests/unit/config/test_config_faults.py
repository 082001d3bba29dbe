"""Each way to get a site wrong is named with its file, its line and a way out."""

from dataclasses import dataclass
from typing import Final

import pytest

from tests.unit.config.site_copy import SiteCopy

SETTINGS: Final = "site/settings.toml"
DIRECTORY: Final = "site/directory.toml"
WRONG_ID: Final = 'id = "x"'
MABES: Final = 'code = "mabes"'


@dataclass(frozen=True)
class Fault:
    """``old`` becomes ``new``; the one problem is at the line of ``at`` and says ``message``."""

    file: str
    old: str
    new: str
    at: str
    message: str

    def __str__(self) -> str:
        return self.new.strip().replace("\n", " ") or f"no {self.old.strip()}"


WRONG_SETTINGS = [
    Fault(SETTINGS, "\nring_s =", "\nring_sec =", "ring_sec",
          "unknown key `ring_sec` in [transfer]; did you mean `ring_s`?"),
    Fault(SETTINGS, "[transfer]", "[tranfser]", "[tranfser]",
          "unknown key `tranfser`; did you mean `transfer`?"),
    Fault(SETTINGS, 'id = "demo"', "", "[site]", "[site] needs `id`"),
    Fault(SETTINGS, "port = 5060", 'port = "5060"', 'port = "5060"',
          '`port` in [sip] must be a whole number, not "5060"'),
    Fault(SETTINGS, "port = 5060", "port = true", "port = true",
          "`port` in [sip] must be a whole number, not true"),
    Fault(SETTINGS, "port = 5060", "port = 70000", "port = 70000",
          "`port` in [sip] must be at most 65535, not 70000"),
    Fault(SETTINGS, "\nring_s = 5", "\nring_s = 2", "ring_s = 2",
          "`ring_s` in [transfer] must be at least 3, not 2"),
    Fault(SETTINGS, "\nring_s = 5", "\nring_s = 31", "ring_s = 31",
          "`ring_s` in [transfer] must be at most 30, not 31"),
    Fault(SETTINGS, "menu = true", 'menu = "yes"', 'menu = "yes"',
          '`menu` in [greeting] must be true or false, not "yes"'),
    Fault(SETTINGS, "first_word_s = 2.0", 'first_word_s = "2"', "first_word_s",
          '`first_word_s` in [greeting] must be a number, not "2"'),
    Fault(SETTINGS, 'level = "info"', 'level = "inof"', "inof",
          '`level` in [log] must be "debug", "info", "warning" or "error", not "inof"; '
          "did you mean `info`?"),
    Fault(SETTINGS, "[log]", "[[log]]", "[[log]]", "[log] must be a section"),
    Fault(SETTINGS, '"WIB"', '"WIP"', '"WIP"',
          '`time_zone` in [site] must be WIB, WITA, WIT or an IANA zone, not "WIP"; '
          "did you mean `WIT`?"),
    Fault(SETTINGS, '"WIB"', '"Asia/Jakrta"', "Jakrta",
          '`time_zone` in [site] must be WIB, WITA, WIT or an IANA zone, not "Asia/Jakrta"; '
          "did you mean `Asia/Jakarta`?"),
    Fault(SETTINGS, '"WIB"', '"../passwd"', "passwd",
          '`time_zone` in [site] must be WIB, WITA, WIT or an IANA zone, not "../passwd"'),
    Fault(SETTINGS, '"demo"', '"Demo Site"', '"Demo Site"',
          "`id` in [site] must be small letters, digits and single hyphens, "
          'not "Demo Site"'),
    Fault(SETTINGS, 'host = "127.0.0.1"\nport = 5060', 'host = "pbx"\nport = 5060', '"pbx"',
          '`host` in [sip] must be an IP address, not "pbx": a name needs a DNS answer'),
    Fault(SETTINGS, '# url = "postgresql+asyncpg', 'url = "mysql', "mysql",
          "`url` in [journal] must begin with sqlite+aiosqlite:/// or postgresql+asyncpg://"),
    Fault(SETTINGS, "port = 4573", "port = 5038", "port = 5038\n",
          "`port` in [agi] and `port` in [ami] are both 5038"),
    Fault(SETTINGS, "port = 5060", "port = 10999", "port = 10999",
          "`port` in [sip], 10999, lies among the media ports 10000-10999"),
    Fault(SETTINGS, "rtp_last = 10999", "rtp_last = 10000", "rtp_last",
          "`rtp_last` in [sip] must be more than `rtp_first`, 10000"),
    Fault(SETTINGS, 'host = "127.0.0.1"\nport = 5060', 'host = "0.0.0.0"\nport = 5060',
          "0.0.0.0\"\n",
          "`host` in [sip] is 0.0.0.0: say in `registrar` which address phones shall use"),
]  # fmt: skip

WARNINGS = [
    Fault(SETTINGS, "\nring_s = 5", "\nring_s = 6", "ring_s = 6",
          "warning: `ring_s` in [transfer] is 6: the SOP has 3 to 5 (S1.10)"),
    Fault(SETTINGS, 'host = "127.0.0.1"\nport = 4573', 'host = "192.0.2.1"\nport = 4573',
          "192.0.2.1\"\n",
          "warning: `host` in [agi] is 192.0.2.1: who reaches it there can steer calls"),
    Fault(DIRECTORY, '# A Polres has an extension',
          '[[unit]]\ncode = "polda-x"\nname = "X"\nkind = "polda"\n\n# A Polres has', '"polda-x"',
          "warning: Polda `polda-x` has no operator of its own"),
]  # fmt: skip

WRONG_ENTRIES = [
    Fault(DIRECTORY, 'kind = "mabes"', 'kind = "maebs"', "maebs",
          '`kind` in [[unit]] must be "mabes", "polda", "polres" or "polsek", not "maebs"; '
          "did you mean `mabes`?"),
    Fault(DIRECTORY, 'name = "Polda Metro Jaya (sample)"', "", "[[unit]]:2",
          "[[unit]] needs `name`"),
    Fault(DIRECTORY, 'parent = "polda-metro-jaya"', 'parent = "polda-metro-jya"', "jya",
          "Polres `polres-jakarta-selatan`: `polda-metro-jya` is no Polda of this directory; "
          "did you mean `polda-metro-jaya`?"),
    Fault(DIRECTORY, 'parent = "polda-metro-jaya"\n', "", "[[unit]]:4",
          "Polres `polres-jakarta-selatan` needs `parent`, its Polda"),
    Fault(DIRECTORY, 'parent = "mabes"', 'parent = "polda-sumut"', 'parent = "polda-sumut"',
          "Polda `polda-metro-jaya`: `polda-sumut` is no Mabes of this directory"),
    Fault(DIRECTORY, 'kind = "mabes"', 'kind = "mabes"\nparent = "polda-sumut"', "parent = ",
          "Mabes `mabes` has nobody above it"),
    Fault(DIRECTORY, 'extension = "7101"', "", "[[unit]]:4",
          "Polres `polres-jakarta-selatan` needs `extension`, its desk (or `sip` or `phone`)"),
    Fault(DIRECTORY, 'kind = "mabes"', 'kind = "mabes"\nextension = "8101"', "8101",
          "Mabes `mabes` has no desk of its own: its operators answer"),
    Fault(DIRECTORY, 'code = "polres-binjai"', 'code = "polres-jakarta-pusat"',
          "polres-jakarta-pusat:2",
          "unit `polres-jakarta-pusat` is there twice, first in line {polres-jakarta-pusat}"),
    Fault(DIRECTORY, 'id = "1103"', 'id = "1102"', 'id = "1102":2',
          'extension 1102 is there twice, first in line {id = "1102"}'),
    Fault(DIRECTORY, 'extension = "7101"', 'extension = "1201"', 'id = "1201"',
          'extension 1201 is there twice, first in line {extension = "1201"}'),
    Fault(DIRECTORY, 'extension = "7201"', 'extension = "021110"', 'extension = "021110"',
          'extension 021110 is what callers dial (line {dialled = })'),
    Fault(DIRECTORY, 'extension = "7201"', 'extension = "71011"', 'extension = "71011"',
          'extension 71011 begins with 7101 (line {extension = "7101"}): phones that dial while '
          "keyed can't reach it"),
    Fault(DIRECTORY, 'id = "1103"', 'id = "*11"', '"*11"',
          '`id` in [[operator]] may not be "*11": "*" begins the codes on an operator\'s phone'),
    Fault(DIRECTORY, 'id = "1103"', 'id = "11 03"', '"11 03"',
          '`id` in [[operator]] must be 3 to 6 digits, not "11 03"'),
    Fault(DIRECTORY, 'id = "1103"', "id = 1103", "id = 1103",
          "`id` in [[operator]] must be text in quotes, not 1103"),
    Fault(DIRECTORY, 'unit = "polda-sumut"', 'unit = "polda-sumutt"', "sumutt",
          "operator 1201: `polda-sumutt` is no unit of this directory; "
          "did you mean `polda-sumut`?"),
    Fault(DIRECTORY, 'unit = "polda-sumut"', 'unit = "polres-medan"', 'unit = "polres-medan"',
          "operator 1201: `polres-medan` is a Polres: operators sit at a Polda or at Mabes"),
    Fault(DIRECTORY, 'code = "polres-binjai"', 'code = "polres_binjai"', "polres_binjai",
          "`code` in [[unit]] must be small letters, digits and single hyphens, "
          'not "polres_binjai"'),
    Fault(DIRECTORY, '"127.0.0.2"', '"127.0.0.1"', "addresses = [",
          "trunk address 127.0.0.1 is where the phones are (`sip.host`): a phone would be taken "
          "for the trunk"),
    Fault(DIRECTORY, '"127.0.0.2"', '"127.0.0.0/8"', "addresses = [",
          "trunk address 127.0.0.0/8 is where the phones are (`sip.host`): a phone would be taken "
          "for the trunk"),
    Fault(DIRECTORY, '"127.0.0.2"', '"sip.example"', "addresses = [",
          "`addresses` in [[trunk]] must be an IP address or network such as \"192.0.2.1\" or "
          '"192.0.2.0/28", not "sip.example"'),
    Fault(DIRECTORY, '["127.0.0.2"]', "[]", "addresses = [",
          "`addresses` in [[trunk]] must not be empty"),
    Fault(DIRECTORY, '["127.0.0.2"]', '"127.0.0.2"', "addresses = ",
          '`addresses` in [[trunk]] must be a list in [ ], not "127.0.0.2"'),
    Fault(DIRECTORY, '"+62110"', '"62 110"', "dialled = ",
          "`dialled` in [[trunk]] must be digits, with or without a + in front, "
          'not "62 110"'),
    Fault(DIRECTORY, '[[trunk]]', '[[trunk]]\nid = "demo"\naddresses = ["192.0.2.1"]\n'
          'dialled = ["110"]\n[[trunk]]', 'id = "demo":2',
          'trunk `demo` is there twice, first in line {id = "demo"}'),
    Fault(DIRECTORY, '[[trunk]]', '[[trunk]]\nid = "b"\naddresses = [\n"192.0.2.1",\n'
          '"127.0.0.2",\n]\ndialled = ["110"]\n[[trunk]]', 'addresses = ["127.0.0.2"]',
          "trunk address 127.0.0.2 overlaps 127.0.0.2 (line {\"127.0.0.2\",})"),
    Fault(DIRECTORY, '["061", "0622"]', '[\n"061",\n"0622",\n"061"\n]', '"061"\n',
          'area code 061 is claimed twice, first in line {"061",}'),
    Fault(DIRECTORY, '"061", "0622"', '"061", "0812"', '"0812"',
          '`codes` in [[origin.area]] may not be "0812": 08 begins mobile numbers, which have no '
          "place"),
    Fault(DIRECTORY, '"061", "0622"', '"061", "622"', '"622"',
          '`codes` in [[origin.area]] must be an area code such as "061" or "0622", not "622"'),
    Fault(DIRECTORY, 'default = "polda-metro-jaya"', 'default = "polda-metro"', "default = ",
          "`polda-metro` is no Polda of this directory; did you mean `polda-metro-jaya`?"),
    Fault(DIRECTORY, 'queue = "polda-sumut"', 'queue = "polres-medan"', "queue = ",
          "`polres-medan` is no Polda of this directory"),
    Fault(DIRECTORY, "[[origin.area]]", "[origin.area]", "[origin.area]",
          "[origin.area] must be written [[origin.area]]"),
]  # fmt: skip

BREAKOUTS: Final = [
    ";",
    ",",
    "&",
    "|",
    "$",
    '\\"',
    "`",
    "\\\\",
    "{",
    "[",
    "<",
    "#",
    "%",
    "=",
    "\\n",
]


def line_of(site: SiteCopy, file: str, at: str) -> int:
    """The first line with a text; ``text:2`` the second; a text with its line end the last."""
    text, _, nth = at.rpartition(":") if at[-2:-1] == ":" else (at, "", "1")
    lines = [line + "\n" for line in site.file(file).read_text().splitlines()]
    found = [number for number, line in enumerate(lines, 1) if text in line]
    return found[int(nth) - 1] if not at.endswith("\n") else found[-1]


def expected(site: SiteCopy, fault: Fault) -> str:
    """The problem as it prints; ``{text}`` in the message stands for the line of that text."""
    message = fault.message
    if "{" in message:
        inner = message[message.index("{") + 1 : message.rindex("}")]
        message = message.replace(f"{{{inner}}}", str(line_of(site, fault.file, inner)))
    return f"{fault.file}:{line_of(site, fault.file, fault.at)}: {message}"


@pytest.mark.parametrize("fault", [*WRONG_SETTINGS, *WRONG_ENTRIES], ids=str)
def test_a_fault_is_one_problem_at_its_own_line(site: SiteCopy, fault: Fault) -> None:
    """Nothing is loaded, and the one problem says what to mend where."""
    site.edit(fault.file, fault.old, fault.new)

    assert site.problems() == [expected(site, fault)]
    assert site.examine().config is None


@pytest.mark.parametrize("fault", WARNINGS, ids=str)
def test_what_is_only_doubtful_warns_and_loads(site: SiteCopy, fault: Fault) -> None:
    """A warning names its line and does not keep the site from starting."""
    site.edit(fault.file, fault.old, fault.new)

    assert site.problems() == [expected(site, fault)]
    assert site.examine().config is not None


@pytest.mark.parametrize("char", BREAKOUTS)
def test_no_name_can_break_out_of_a_configuration_line(site: SiteCopy, char: str) -> None:
    """A name with a character that means something to the PBX is refused at its line."""
    site.edit(DIRECTORY, "Contoh Satu", f"Contoh{char}Satu")

    (problem,) = site.problems()

    assert problem.startswith(f"{DIRECTORY}:{site.line(DIRECTORY, 'Contoh' + char)}: `name` in")
    assert "may not contain" in problem


def test_five_faults_of_one_file_are_named_at_once(site: SiteCopy) -> None:
    """Wrong values, wrong references and wrong keys come together, in the order of the file."""
    site.edit(DIRECTORY, 'kind = "mabes"', 'kind = "mabez"')
    site.edit(DIRECTORY, 'extension = "7102"', 'extension = "7101"')
    site.edit(DIRECTORY, "Contoh Dua", "Contoh; Dua")
    site.edit(DIRECTORY, 'unit = "polda-sumut"', 'unti = "polda-sumut"')
    site.edit(DIRECTORY, 'default = "polda-metro-jaya"', 'default = "polda-riau"')
    second = line_of(site, DIRECTORY, 'extension = "7101":2')

    assert [problem.partition(": ")[0] for problem in site.problems()] == [
        f"{DIRECTORY}:{site.line(DIRECTORY, 'mabez')}",
        f"{DIRECTORY}:{second}",
        f"{DIRECTORY}:{site.line(DIRECTORY, 'Contoh; Dua')}",
        f"{DIRECTORY}:{site.line(DIRECTORY, 'unti') - 2}",
        f"{DIRECTORY}:{site.line(DIRECTORY, 'unti')}",
        f"{DIRECTORY}:{site.line(DIRECTORY, 'default =')}",
    ]


def test_faults_of_both_files_and_the_environment_are_named_at_once(site: SiteCopy) -> None:
    """Nobody has to mend one file to see the faults of the next."""
    site.edit(SETTINGS, "menu = true", "menu = 1")
    site.edit(DIRECTORY, 'id = "1103"', 'id = "x"')

    places = [problem.partition(": ")[0] for problem in site.problems(CC110_SIPP__PORT="1")]

    assert places == [
        "CC110_SIPP__PORT",
        f"{DIRECTORY}:{site.line(DIRECTORY, WRONG_ID)}",
        f"{SETTINGS}:{site.line(SETTINGS, 'menu = 1')}",
    ]


def test_broken_toml_is_named_with_its_line(site: SiteCopy) -> None:
    """A file that is no TOML says where it stops being that, and the other file is still read."""
    site.edit(SETTINGS, "[sip]", "[sip")
    site.edit(DIRECTORY, 'id = "1103"', "id = 7")

    assert site.problems() == [
        f"{DIRECTORY}:{site.line(DIRECTORY, 'id = 7')}: `id` in [[operator]] must be text in "
        "quotes, not 7",
        f"{SETTINGS}:{site.line(SETTINGS, '[sip')}: is not TOML: Expected ']' at the end of a "
        "table declaration",
    ]


def test_an_unfinished_file_is_named_with_its_last_line(site: SiteCopy) -> None:
    """A text that ends in the middle of a value is wrong at its end."""
    site.append(DIRECTORY, 'more = [ "a"\n')

    assert site.problems() == [
        f"{DIRECTORY}:{site.line(DIRECTORY, 'more =')}: is not TOML: Unclosed array"
    ]


def test_bytes_that_are_no_text_are_named_with_their_line(site: SiteCopy) -> None:
    """A file in an old encoding is refused where it is not UTF-8."""
    file = site.file(DIRECTORY)
    file.write_bytes(file.read_bytes().replace(b"Contoh Dua", b"Contoh D\xfca"))

    line = 1 + file.read_bytes().partition(b"\xfc")[0].count(b"\n")
    assert site.problems() == [f"{DIRECTORY}:{line}: is not UTF-8 text"]


def test_a_missing_file_is_named(site: SiteCopy) -> None:
    """Without its directory a site does not start."""
    site.file(DIRECTORY).unlink()

    assert site.problems() == [
        f"{DIRECTORY}: can't be read: No such file or directory; CC110_SITE names the site's folder"
    ]


def test_operators_above_no_polda_are_noticed(site: SiteCopy) -> None:
    """Mabes operators whose Mabes backs up nobody serve no queue."""
    text = site.file(DIRECTORY).read_text().replace('parent = "mabes"\n', "")
    site.file(DIRECTORY).write_text(text)

    assert site.problems() == [
        f"{DIRECTORY}:{site.line(DIRECTORY, MABES)}: warning: operators of `mabes` "
        "serve no queue: no Polda has it as `parent`"
    ]


def test_a_site_without_a_trunk_is_noticed(site: SiteCopy) -> None:
    """A site that nobody can call may be checked, with a warning."""
    site.edit(DIRECTORY, "[[trunk]]", "[[operator]]")
    site.edit(DIRECTORY, 'id = "demo"', 'id = "1106"\nname = "Contoh"\nunit = "mabes"')
    site.edit(DIRECTORY, 'addresses = ["127.0.0.2"]', "")
    site.edit(DIRECTORY, 'dialled = ["110", "+62110", "021110"]', "")

    assert site.problems() == [
        f"{DIRECTORY}:1: warning: there is no [[trunk]]: nobody can call 110"
    ]


def test_a_trunk_may_have_addresses_of_both_kinds(site: SiteCopy) -> None:
    """IPv4 and IPv6 never overlap."""
    site.edit(DIRECTORY, '["127.0.0.2"]', '["0.0.0.0/1", "::/1"]')
    site.edit(SETTINGS, 'host = "127.0.0.1"', 'host = "203.0.113.1"')

    assert site.problems() == []
