"""Nothing in the PBX's files runs a program or lets somebody in whom nobody knows (X5, X6)."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted([*(ROOT / "dialplan").glob("*.conf"), *(ROOT / "asterisk-conf").glob("*.conf")])
RUNS = re.compile(
    r"\b(?:Try)?System\(|\bSHELL\(|\bFILE\(|\bENV\(|\bCURL\(|\bExternalIVR\(|\bExec\(|\bEAGI\(|\bMacro\("
)


def lines(path: Path) -> list[str]:
    """A file without comments."""
    return [line.split(";")[0].strip() for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_x5_no_line_runs_a_program(path: Path) -> None:
    """Neither an application nor a function; a recorder has no command after it."""
    assert [line for line in lines(path) if RUNS.search(line)] == []
    for line in lines(path):
        if recorder := re.search(r"MixMonitor\((.*)\)", line):
            assert recorder[1].count(",") < 2, (
                "a third argument of MixMonitor is a command for a shell"
            )


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_x6_no_pattern_takes_whatever_is_dialled(path: Path) -> None:
    """``_X.`` and ``_!`` would take ``500&PJSIP/...``; exact lengths of digits do not."""
    patterns = [line for line in lines(path) if re.match(r"exten\s*=>\s*_[^,]*[.!]", line)]
    assert patterns == []


def test_x5_the_pbx_s_switches_are_off() -> None:
    """No dangerous functions from outside, no web, no guests, no modules by themselves."""
    conf = ROOT / "asterisk-conf"
    assert "live_dangerously = no" in lines(conf / "asterisk.conf")
    assert "webenabled = no" in lines(conf / "manager.conf")
    assert "autoload = no" in lines(conf / "modules.conf")
    assert not (conf / "http.conf").exists()
    pjsip = (conf / "pjsip.conf").read_text(encoding="utf-8")
    assert "anonymous" not in pjsip
    trunk = pjsip[pjsip.index("[trunk-endpoint]") :]
    assert "allow_transfer = no" in trunk
    assert "trust_id_inbound = no" in trunk
