"""Which settings a running PBX and daemon take up at once, and which only at their next start."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from cc110.config.model import Config

_AT_ONCE: Final = frozenset(
    {"queue", "transfer", "greeting", "guard", "callbacks", "supervision", "shifts"}
)
"""Whole sections of ``settings.toml``."""
_ALSO_AT_ONCE: Final = frozenset(
    {
        "site.name",
        "site.language",
        "site.time_zone",
        "sip.dead_after_s",
        "sip.registrar",
        "sip.outbound_prefix",
        "agi.place_s",
        "blocklist.threshold",
        "blocklist.window_days",
        "blocklist.decay_days",
        "blocklist.lengths_days",
        "blocklist.trust",
        "blocklist.way_out",
        "blocklist.requests_per_day",
        "blocklist.verify_at_once",
        "blocklist.verify_per_hour",
        "blocklist.announce_at_once",
    }
)


def only_at_start(before: Config, after: Config) -> tuple[str, ...]:
    """Names of changed settings, such as ``sip.port``, that only a start takes up."""
    old, new = (dict(_flat(one.settings.model_dump())) for one in (before, after))
    changed = (name for name in sorted({*old, *new}) if old.get(name) != new.get(name))
    return tuple(name for name in changed if not _is_taken_at_once(name))


def _is_taken_at_once(name: str) -> bool:
    return name.partition(".")[0] in _AT_ONCE or name in _ALSO_AT_ONCE


def _flat(said: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, object]]:
    for name, value in said.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value
