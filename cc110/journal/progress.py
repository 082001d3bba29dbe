"""How far the journal is: wakes its readers without polling."""

import asyncio


class Progress:
    """The seq of the last durable event, and a way to wait until it moves. For one event loop."""

    def __init__(self, seq: int = 0) -> None:
        self.seq = seq
        self._moved = asyncio.Event()

    def reach(self, seq: int) -> None:
        """Tell everyone who waits that the journal has come to ``seq``."""
        self.seq = seq
        self.wake()

    def wake(self) -> None:
        """Let everyone look again, although the journal has not moved."""
        self._moved.set()
        self._moved = asyncio.Event()

    def next_move(self) -> asyncio.Event:
        """Set at the next ``reach`` or ``wake``: take it, look, then wait for it, and no move is
        missed.
        """
        return self._moved

    async def beyond(self, seq: int) -> None:
        """Return once there is an event after ``seq``."""
        while self.seq <= seq:
            await self._moved.wait()
