"""The doctor's whole round, one finding after the other."""

from collections.abc import AsyncIterator, Mapping

from cc110.cli.health.finding import Finding
from cc110.cli.health.machine import look_at_machine
from cc110.cli.health.running import look_at_running
from cc110.cli.health.site import (
    look_at_configuration,
    look_at_data,
    look_at_journal,
    look_at_secrets,
)
from cc110.config.load import examine


async def look(environ: Mapping[str, str]) -> AsyncIterator[Finding]:
    """Machine, site, what runs; without a valid site nobody knows where to look for the rest."""
    found = examine(environ=environ)
    for finding in look_at_machine(found.paths):
        yield finding
    for finding in look_at_data(found):
        yield finding
    if found.config is None:
        return
    yield look_at_configuration(found.config)
    finding, secrets = look_at_secrets(found.config)
    yield finding
    yield await look_at_journal(found.config)
    async for finding in look_at_running(found.config, secrets):
        yield finding
