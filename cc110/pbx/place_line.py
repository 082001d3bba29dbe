"""A caller whose place is asked for, over FastAGI (``AGI(.../place,call id,points)``, ``dialplan/origin.conf``)."""

from cc110.core.origin import Placed
from cc110.pbx import names
from cc110.pbx.agi import AgiSession


class AgiPlaceLine:
    """`service.locating.PlaceLine` over one FastAGI session."""

    def __init__(self, session: AgiSession) -> None:
        """Answer this session."""
        self._session = session
        self.points = session.env.get("agi_arg_2", "")

    async def tell(self, placed: Placed) -> None:
        """The queue last: a session that breaks before it says nothing that counts."""
        await self._session.set_variable(names.VAR_PLACE, placed.name)
        await self._session.set_variable(names.VAR_PLACE_UNIT, placed.unit or "")
        if placed.polsek:
            await self._session.set_variable(names.VAR_PLACE_DESK, placed.polsek)
        await self._session.set_variable(names.VAR_PLACE_QUEUE, placed.queue)
