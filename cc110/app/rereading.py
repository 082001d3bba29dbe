"""The site that the PBX goes by, read again by a running daemon: in time, while the PBX still reads its part."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from cc110.app.scripts import prompts_of
from cc110.config.model import Config
from cc110.pbx.prompts import Prompts
from cc110.ports import Cc110Error

Reread = Callable[[], Config]
"""Reads the site that the PBX now goes by; raises ConfigInvalid."""


class SiteNotTaken(Cc110Error):
    """The daemon goes on by the site that it had."""


@dataclass(frozen=True, kw_only=True)
class Site:
    """What a daemon takes from the site's files."""

    config: Config
    prompts: Prompts


class SiteAgain:
    """Reads a site in a thread, so that no caller waits for it; some tenths of a second for a national one."""

    def __init__(self, reread: Reread | None) -> None:
        """`reread` is None where a daemon can't read its site again."""
        self._reread = reread
        self._ahead: tuple[int, asyncio.Task[Site]] | None = None

    async def read_ahead(self, generation: int) -> str:
        """Read what the PBX begins to go by; whoever takes that generation then waits for nothing.

        Raises:
            SiteNotTaken, ConfigInvalid: as `taken`.
        """
        self._ahead = (generation, asyncio.create_task(self._read()))
        await asyncio.shield(self._ahead[1])
        return str(generation)

    async def taken(self, generation: int | None) -> Site:
        """The site as it is now; what was read ahead counts only for the same generation, and once.

        Raises:
            SiteNotTaken: this daemon can't read it.
            ConfigInvalid: it has errors.
        """
        ahead, self._ahead = self._ahead, None
        if ahead and ahead[0] == generation:
            return await ahead[1]
        return await self._read()

    async def _read(self) -> Site:
        if self._reread is None:
            raise SiteNotTaken("this daemon can't read its site again: start it anew")
        config = await asyncio.to_thread(self._reread)
        # Each prompt is measured: nobody is to be greeted late for it.
        return Site(config=config, prompts=await asyncio.to_thread(prompts_of, config))
