"""One synthetic call, made by the process that changes the site, while no daemon runs."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from cc110.app.wiring import ami_settings, background, open_archive
from cc110.config.model import Config
from cc110.config.secrets import CONTROL, TEST, Secrets
from cc110.core.events import Event
from cc110.core.synthetic import Result
from cc110.pbx.ami import AmiClient
from cc110.pbx.testcall import AmiSyntheticCaller, sign_of
from cc110.ports import PbxUnavailable
from cc110.service.clock import SystemClock
from cc110.service.synthetic import SyntheticCalls

_LINK_S = 5.0


class _Nowhere:
    """It is no alarm: who ordered it hears the result."""

    def put(self, events: Sequence[Event]) -> None:
        """Keep nothing."""


async def call_once(config: Config, secrets: Secrets) -> Result:
    """Let the PBX call itself, and judge it.

    Raises:
        PbxUnavailable: it does not answer.
    """
    link = AmiClient(ami_settings(config, secrets, CONTROL))
    ordered = AmiClient(replace(ami_settings(config, secrets, TEST), wants_events=False))
    calls = SyntheticCalls(
        caller=AmiSyntheticCaller(ordered, link, config.dialled[0]),
        recordings=open_archive(config),
        outbox=_Nowhere(),
        clock=SystemClock(),
        is_linked=lambda: True,
    )

    async def hear() -> None:
        async for message in link.events:
            if sign := sign_of(message):
                calls.submit(sign)

    async with background() as begin:
        begin("ami", link.run())
        begin("ami-synthetic", ordered.run())
        begin("signs", hear())
        try:
            async with asyncio.timeout(_LINK_S):
                await link.await_live()
                await ordered.await_live()
        except TimeoutError as error:
            raise PbxUnavailable(f"the PBX does not answer: {link.trouble}") from error
        return await calls.once()
