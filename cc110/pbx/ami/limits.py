"""A time limit that says what took too long."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from cc110.pbx.ami.errors import AmiTimeout


@asynccontextmanager
async def within(seconds: float, what: str) -> AsyncIterator[None]:
    """Run a block for at most so many seconds.

    Raises:
        AmiTimeout: the block took longer; the text names it.
    """
    try:
        async with asyncio.timeout(seconds) as limit:
            yield
    except TimeoutError as error:
        if not limit.expired():
            raise  # the block's own
        raise AmiTimeout(f"{what}: not done within {seconds:g} s") from error
