"""The one place where things are wired together.

| module | wires |
|---|---|
| `door` | the running daemon, for a command that asks it |
| `applying`, `orders`, `generation`, `trying` | a changed site into the running PBX |
| `wiring` | what all of them share: journal, AMI links, background parts |
| `daemon` | the daemon |
| `pbx` | the embedded PBX, and PBX and daemon in one |
| `desk` | the use cases for one command of the CLI |
| `recordings` | recordings: what the daemon does with them, and the CLI's use cases |
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
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
    from cc110.app.door import control_socket
    from cc110.app.pbx import embedded_pbx, prepare_pbx, run_all
    from cc110.app.recordings import KeepingPort, open_keeping

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

_PLACES: Final = {
    "control_socket": "door",
    "run_daemon": "daemon",
    "embedded_pbx": "pbx",
    "prepare_pbx": "pbx",
    "run_all": "pbx",
    "KeepingPort": "recordings",
    "open_keeping": "recordings",
}
"""Where what is; all else is in ``desk``. A command brings in no more than it needs."""


def __getattr__(name: str) -> object:
    """What is asked for, from its module (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"{__name__} has no {name}")
    return getattr(import_module(f"{__name__}.{_PLACES.get(name, 'desk')}"), name)
