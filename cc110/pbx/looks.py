"""What ``cc110 check`` looks at beyond the site's data: the PBX's files, the dialplan, the prompts.

``cc110.config.check`` knows nothing of the PBX; the application hands it ``LOOKS``.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from cc110.config.check import Look
from cc110.config.load import Examined
from cc110.config.model import Paths
from cc110.config.problem import Problem
from cc110.pbx.dialplan.lines import Text
from cc110.pbx.dialplan_check import dialplan_problems
from cc110.pbx.prompt_manifest import read_manifest
from cc110.pbx.prompts import read_prompts
from cc110.pbx.render import SITE_ADDITIONS, SITE_DIALPLAN, placeholder_problems
from cc110.pbx.tables import call_tables

_TABLES: Final = frozenset(
    f"tables/{name}.conf" for name in ("globals", "intake", "agents", "polres", "places", "climb")
)
_TABLE_CONTEXTS: Final = frozenset(
    {
        "cc110-table-agents",
        "cc110-table-polres",
        "cc110-table-places",
        "cc110-table-climb",
        "cc110-table-desks",
        "cc110-outside",
    }
)


def look_at_dialplan(found: Examined) -> Iterator[Problem]:
    """The dialplan with the site's tables; without them as far as that goes, if the site is bad."""
    manifest = read_manifest(found.paths.prompts / "prompts.toml")
    files = {**_hand_written(found.paths), **_tables(found)}
    yield from dialplan_problems(
        files,
        prompts=manifest.lines.keys() if manifest.readable else None,
        queues=frozenset(found.config.queues) if found.config else None,
        coming=frozenset() if found.config else _TABLES,
        coming_contexts=frozenset() if found.config else _TABLE_CONTEXTS,
    )


def look_at_prompts(found: Examined) -> Iterator[Problem]:
    """The manifest of prompts and the audio beside it."""
    _, problems = read_prompts(found.paths.prompts / "prompts.toml")
    for problem in problems:
        shown = found.paths.shown(Path(problem.file))
        yield Problem(file=shown, line=problem.line, message=problem.message)


def look_at_pbx_files(found: Examined) -> Iterator[Problem]:
    """What rendering would refuse."""
    yield from placeholder_problems(found.paths)


LOOKS: Final[tuple[Look, ...]] = (look_at_pbx_files, look_at_dialplan, look_at_prompts)


def _hand_written(paths: Paths) -> Mapping[str, Text]:
    found = {file.name: file for file in paths.asterisk_conf.glob("*.conf")}
    found |= {f"dialplan/{file.name}": file for file in paths.dialplan.glob("*.conf")}
    found |= {f"{SITE_DIALPLAN}/{file.name}": file for file in paths.additions.glob("*.conf")}
    if (additions := paths.site / SITE_ADDITIONS).is_file():
        found[SITE_ADDITIONS] = additions
    return {name: _text(paths, file) for name, file in sorted(found.items())}


def _text(paths: Paths, file: Path) -> Text:
    content = file.read_text(encoding="utf-8", errors="replace")
    return Text(shown=paths.shown(file), content=content)


def _tables(found: Examined) -> Mapping[str, Text]:
    if found.config is None:
        return {}
    return {
        f"tables/{name}": Text(shown=f"tables/{name} (rendered)", content=table.text)
        for name, table in call_tables(found.config).items()
    }
