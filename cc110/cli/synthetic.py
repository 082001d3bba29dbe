"""``cc110 test-call``: one synthetic call now, stage by stage."""

import asyncio
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import typer

from cc110.cli.context import invocation, quiet_logs
from cc110.cli.options import Json, Lang, example
from cc110.cli.screen import Screen, print_json
from cc110.cli.spoken import seconds_text
from cc110.cli.words import Pair, pick, word
from cc110.core.words import Language, SyntheticFault, SyntheticStage
from cc110.ports import Cc110Error

if TYPE_CHECKING:
    from cc110.config.model import Config

EXAMPLE: Final = example("cc110 test-call", "cc110 test-call --json")
_THROUGH: Final[Pair] = (
    "Panggilan uji berhasil melewati semua tahap.",
    "The test call came through every stage.",
)
_OK: Final[Pair] = ("baik", "ok")
_BROKEN: Final[Pair] = ("RUSAK", "BROKEN")
_NOT_TRIED: Final[Pair] = ("belum teruji", "not tried")
_WIDTH: Final = 13


class CameNotThrough(Cc110Error):
    """The test call did not come through."""


def place(ctx: typer.Context, *, json: Json = False, lang: Lang = None) -> None:
    """Let the PBX dial 110 at itself, and say which stage works.

    Through SIP, intake, greeting, queue, answer and recording, in about ten seconds. No operator is rung, and
    it is no call in any statistics. Needs the running daemon. Exit code 1 if a stage does not work.
    """
    said = invocation(ctx, lang)
    quiet_logs(said)
    told = asyncio.run(_call(said.config()))
    if json:
        print_json(told)
    else:
        _show(Screen(), told, said.lang)
    if told["broken"]:
        stage = word(SyntheticStage(told["broken"]), Language.ENGLISH)
        raise CameNotThrough(f"the test call broke at: {stage}")


async def _call(config: "Config") -> Mapping[str, Any]:
    from cc110.app import control_socket
    from cc110.service.control import ControlClient

    found: Mapping[str, Any] = json.loads(await ControlClient(control_socket(config)).test_call())
    return found


def _show(screen: Screen, told: Mapping[str, Any], lang: Language) -> None:
    known = {one["stage"]: one for one in told["stages"]}
    for stage in SyntheticStage:
        found = known.get(stage.value)
        screen.say(_line(stage, found, lang), _style(found))
    if not told["broken"]:
        screen.say(pick(_THROUGH, lang), "green")


def _line(stage: SyntheticStage, found: Mapping[str, Any] | None, lang: Language) -> str:
    name = f"{word(stage, lang):<{_WIDTH}}"
    if found is None:
        return f"{name}{pick(_NOT_TRIED, lang)}"
    if found["fault"]:
        detail = f" ({found['detail']})" if found["detail"] else ""
        fault = word(SyntheticFault(found["fault"]), lang)
        return f"{name}{pick(_BROKEN, lang)}: {fault}{detail}"
    return f"{name}{pick(_OK, lang)}, {seconds_text(found['took_s'] or 0.0, lang)}"


def _style(found: Mapping[str, Any] | None) -> str:
    if found is None:
        return "dim"
    return "bold red" if found["fault"] else ""
