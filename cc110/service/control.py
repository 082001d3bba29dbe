"""The running daemon's door for the CLI: a Unix socket (mode 0600), one JSON line each way.

The journal has one writer. While the daemon runs, what the CLI wants written goes through this door.
"""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import asdict, astuple
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import structlog

from cc110.core.ids import Number
from cc110.core.importing import Listed, Unsaid
from cc110.ports import Cc110Error
from cc110.service.importing import BlockImport, Taken
from cc110.service.ranges import RangeDesk
from cc110.service.usecases import Desk

_log = structlog.get_logger("control")
_LINE: Final = 512 * 1024
"""Room for a batch of an import with its longest texts."""
_PATIENCE_S: Final = 10.0
_REFILL_S: Final = 300.0
_TEST_CALL_S: Final = 90.0
"""One that is under way comes first, and a broken one takes half a minute."""


class DaemonSilent(Cc110Error):
    """The daemon does not answer at its control socket."""


class DaemonRefused(Cc110Error):
    """The daemon refused."""


class ControlServer:
    """Answers at the socket as long as the daemon runs."""

    def __init__(
        self,
        path: Path,
        desk: Desk,
        *,
        ranges: RangeDesk | None = None,
        imports: BlockImport | None = None,
        doors: Mapping[str, Callable[..., Awaitable[str]]] = MappingProxyType({}),
    ) -> None:
        """Serve these use cases at `path`, the bulk door if there is one, and more by name."""
        self._path = path
        self._imports = imports
        self._doors: Mapping[str, Callable[..., Awaitable[str]]] = {
            "block": desk.block,
            "unblock": desk.unblock,
            "close_case": desk.close_case,
            "withdraw_verdict": desk.withdraw_verdict,
            **(_range_doors(ranges) if ranges else {}),
            **({"import_blocks": self._import, "finish_import": self._finish} if imports else {}),
            **doors,
        }
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Open the socket in place of a dead one.

        Raises:
            OSError: the folder can't be written.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            self._path.unlink()
        mask = os.umask(0o177)
        try:
            self._server = await asyncio.start_unix_server(
                self._serve, path=str(self._path), limit=_LINE
            )
        finally:
            os.umask(mask)

    async def aclose(self) -> None:
        """Close the socket and remove it."""
        if self._server:
            self._server.close()
            await self._server.wait_closed()
        with suppress(FileNotFoundError):
            self._path.unlink()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_PATIENCE_S) as deadline:
                line = await reader.readline()
                deadline.reschedule(asyncio.get_running_loop().time() + _REFILL_S)
                answer = await self._answer(line)
                writer.write(json.dumps(answer).encode() + b"\n")
                await writer.drain()
        except (TimeoutError, ValueError, OSError) as error:
            _log.warning("control client dropped", error=str(error) or type(error).__name__)
        finally:
            writer.close()

    async def _answer(self, line: bytes) -> Mapping[str, str]:
        try:
            asked = json.loads(line)
            door = self._doors[asked.pop("do")]
        except (ValueError, KeyError, AttributeError, TypeError):
            return {"error": "not understood"}
        try:
            return {"done": await door(**asked)}
        except Cc110Error as error:
            return {"error": str(error)}
        except (TypeError, ValueError):
            return {"error": "not understood"}

    async def _import(self, rows: Sequence[Sequence[Any]], until: int, reason: str, by: str) -> str:
        assert self._imports
        unsaid = Unsaid(until=int(until), reason=str(reason))
        taken = await self._imports.take([_listed(*row) for row in rows], unsaid, by=str(by))
        return json.dumps(asdict(taken))

    async def _finish(self) -> str:
        assert self._imports
        await self._imports.finished()
        return ""


def _range_doors(ranges: RangeDesk) -> Mapping[str, Callable[..., Awaitable[str]]]:
    return {
        "propose_range": ranges.propose,
        "confirm_range": ranges.confirm,
        "lift_range": ranges.lift,
    }


def _listed(number: str, until: int | None, *texts: str | None) -> Listed:
    """A row as it came over the wire.

    Raises:
        TypeError: it is none.
    """
    reason, note, owner = (None if text is None else str(text) for text in texts)
    end = None if until is None else int(until)
    return Listed(number=Number(str(number)), until=end, reason=reason, note=note, owner=owner)


class ControlClient:
    """The same use cases as `Desk`, done by the running daemon."""

    batch: Final = 400
    """Rows of an import at once: small, because the daemon has callers to serve."""

    def __init__(self, path: Path) -> None:
        """Ask at `path`."""
        self._path = path

    async def block(
        self, number: str, *, until: int, reason: str, by: str, note: str = "", owner: str = ""
    ) -> str:
        """As `Desk.block`; raises DaemonRefused or DaemonSilent."""
        return await self._ask(
            do="block", number=number, until=until, reason=reason, by=by, note=note, owner=owner
        )

    async def unblock(self, number: str, *, reason: str, by: str) -> str:
        """As `Desk.unblock`; raises DaemonRefused or DaemonSilent."""
        return await self._ask(do="unblock", number=number, reason=reason, by=by)

    async def close_case(self, case_id: str, *, by: str) -> str:
        """As `Desk.close_case`; raises DaemonRefused or DaemonSilent."""
        return await self._ask(do="close_case", case_id=case_id, by=by)

    async def withdraw_verdict(self, call_id: str, *, reason: str, by: str) -> str:
        """As `Desk.withdraw_verdict`; raises DaemonRefused or DaemonSilent."""
        return await self._ask(do="withdraw_verdict", call_id=call_id, reason=reason, by=by)

    async def propose(self, text: str, *, until: int, reason: str, by: str, note: str = "") -> str:
        """As `RangeDesk.propose`; raises DaemonRefused or DaemonSilent."""
        return await self._ask(
            do="propose_range", text=text, until=until, reason=reason, by=by, note=note
        )

    async def confirm(self, text: str, *, by: str) -> str:
        """As `RangeDesk.confirm`; raises DaemonRefused or DaemonSilent."""
        return await self._ask(do="confirm_range", text=text, by=by)

    async def lift(self, text: str, *, reason: str, by: str) -> str:
        """As `RangeDesk.lift`; raises DaemonRefused or DaemonSilent."""
        return await self._ask(do="lift_range", text=text, reason=reason, by=by)

    async def take(self, rows: Sequence[Listed], unsaid: Unsaid, *, by: str) -> Taken:
        """As `BlockImport.take`; raises DaemonRefused or DaemonSilent."""
        wire = [astuple(row) for row in rows]
        done = await self._ask(
            do="import_blocks", rows=wire, until=unsaid.until, reason=unsaid.reason, by=by
        )
        return Taken(**json.loads(done))

    async def finished(self) -> None:
        """As `BlockImport.finished`; raises DaemonRefused or DaemonSilent."""
        await self._ask(do="finish_import", patience_s=_REFILL_S)

    async def refill(self) -> str:
        """As `MirrorReader.refill`; raises DaemonRefused or DaemonSilent."""
        return await self._ask(do="refill", patience_s=_REFILL_S)

    async def drift(self) -> str:
        """The last comparison with the PBX as JSON; raises DaemonRefused or DaemonSilent."""
        return await self._ask(do="drift")

    async def lift_ban(self, address: str, *, reason: str, by: str) -> str:
        """As `BanDesk.lift`; raises DaemonRefused or DaemonSilent."""
        return await self._ask(do="lift_ban", address=address, reason=reason, by=by)

    async def is_there(self) -> bool:
        """Whether a daemon answers."""
        try:
            _, writer = await asyncio.open_unix_connection(str(self._path))
        except OSError:
            return False
        writer.close()
        return True

    async def claim_callback(self, key: str, *, agent: str, by: str) -> str:
        """As `Callbacks.claim`; raises DaemonRefused or DaemonSilent."""
        return await self._ask(do="claim_callback", key=key, agent=agent, by=by)

    async def call_back(self, key: str, *, agent: str, by: str) -> str:
        """As `Callbacks.call`; raises DaemonRefused or DaemonSilent."""
        return await self._ask(do="call_back", key=key, agent=agent, by=by)

    async def drop_callback(self, key: str, *, reason: str, by: str) -> str:
        """As `Callbacks.drop`; raises DaemonRefused or DaemonSilent."""
        return await self._ask(do="drop_callback", key=key, reason=reason, by=by)

    async def callbacks(self) -> str:
        """How many wait to be called back, as JSON; raises DaemonRefused or DaemonSilent."""
        return await self._ask(do="callbacks")

    async def shifts(self) -> str:
        """What is wrong with shifts as JSON; raises DaemonRefused or DaemonSilent."""
        return await self._ask(do="shifts")

    async def unattended(self) -> str:
        """The queues without an operator as JSON; raises DaemonRefused or DaemonSilent."""
        return await self._ask(do="unattended")

    async def watch(self) -> str:
        """How far journal, spool and broker are, and the last synthetic call, as JSON."""
        return await self._ask(do="watch")

    async def test_call(self) -> str:
        """As `SyntheticCalls.once`, as JSON; raises DaemonRefused or DaemonSilent."""
        return await self._ask(do="test_call", patience_s=_TEST_CALL_S)

    async def read_site(self, generation: int) -> str:
        """As `SiteAgain.read_ahead`; raises DaemonRefused or DaemonSilent."""
        return await self._ask(do="read_site", generation=generation)

    async def take_site(self, generation: int | None = None) -> str:
        """Go by the site that the PBX has now; raises DaemonRefused or DaemonSilent."""
        return await self._ask(do="take_site", generation=generation)

    async def applied(
        self,
        generation: int,
        *,
        before: int,
        files: Sequence[str],
        verified: bool,
        reason: str,
        by: str,
    ) -> str:
        """As `SiteDesk.applied`; raises DaemonRefused or DaemonSilent."""
        return await self._ask(
            do="site_applied",
            generation=generation,
            before=before,
            files=list(files),
            verified=verified,
            reason=reason,
            by=by,
        )

    async def rolled_back(
        self, generation: int, *, before: int, automatic: bool, reason: str, by: str
    ) -> str:
        """As `SiteDesk.rolled_back`; raises DaemonRefused or DaemonSilent."""
        return await self._ask(
            do="site_rolled_back",
            generation=generation,
            before=before,
            automatic=automatic,
            reason=reason,
            by=by,
        )

    async def _ask(self, *, patience_s: float = _PATIENCE_S, **what: object) -> str:
        try:
            async with asyncio.timeout(patience_s):
                reader, writer = await asyncio.open_unix_connection(str(self._path), limit=_LINE)
                with closing(writer):
                    writer.write(json.dumps(what).encode() + b"\n")
                    answer = json.loads(await reader.readline())
        except (OSError, TimeoutError, ValueError) as error:
            raise DaemonSilent from error
        if "done" not in answer:
            raise DaemonRefused(str(answer.get("error")))
        return str(answer["done"])


class RecordingsClient(ControlClient):
    """The same use cases as `Keeping`, done by the running daemon."""

    async def hold(self, call_id: str, *, reason: str, by: str) -> str:
        """As `Keeping.hold`; raises DaemonRefused or DaemonSilent."""
        return await self._ask(do="hold_recording", call_id=call_id, reason=reason, by=by)

    async def release(self, call_id: str, *, reason: str, by: str) -> str:
        """As `Keeping.release`; raises DaemonRefused or DaemonSilent."""
        return await self._ask(do="release_recording", call_id=call_id, reason=reason, by=by)

    async def exporting(self, call_id: str, *, reason: str, by: str) -> str:
        """As `Keeping.exporting`; raises DaemonRefused or DaemonSilent."""
        return await self._ask(do="exporting_recording", call_id=call_id, reason=reason, by=by)

    async def purge(self, *, by: str) -> str:
        """As `Keeping.purge`; raises DaemonRefused or DaemonSilent."""
        return await self._ask(do="purge_recordings", by=by, patience_s=_REFILL_S)

    async def recorder(self) -> str:
        """What the watch over live recordings sees, as JSON; raises DaemonRefused or DaemonSilent."""
        return await self._ask(do="recorder")
