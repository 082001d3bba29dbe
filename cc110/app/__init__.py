"""The one place where things are wired together.

| module | wires |
|---|---|
| `wiring` | what all of them share: journal, AMI links, background parts |
| `daemon` | the daemon |
| `pbx` | the embedded PBX, and PBX and daemon in one |
| `desk` | the use cases for one command of the CLI |
| `recordings` | recordings: what the daemon does with them, and the CLI's use cases |
"""

from cc110.app.daemon import run_daemon
from cc110.app.desk import (
    BanDeskPort,
    DeskPort,
    OperatorDesk,
    RangeDeskPort,
    open_bans,
    open_desk,
    open_import,
    open_mirror,
    open_operators,
    open_range_mirror,
    open_ranges,
    refill_pbx,
)
from cc110.app.pbx import embedded_pbx, prepare_pbx, run_all
from cc110.app.recordings import KeepingPort, open_keeping
from cc110.app.wiring import control_socket

__all__ = [
    "BanDeskPort",
    "DeskPort",
    "KeepingPort",
    "OperatorDesk",
    "RangeDeskPort",
    "control_socket",
    "embedded_pbx",
    "open_bans",
    "open_desk",
    "open_import",
    "open_keeping",
    "open_mirror",
    "open_operators",
    "open_range_mirror",
    "open_ranges",
    "prepare_pbx",
    "refill_pbx",
    "run_all",
    "run_daemon",
]
