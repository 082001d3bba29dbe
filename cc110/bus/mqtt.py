"""Events on MQTT: a reader of the journal, so that nothing is lost and no call waits.

At least once: the reader's cursor moves when the broker has acknowledged (QoS 1). In order: one connection,
one reader, and after a break it begins again with the first event that was not acknowledged. An event that
comes twice has the same ``id``. While the broker is away the events stay in the journal.
"""

import asyncio
import json
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final, Never

import structlog
from aiomqtt import Client, MqttError, ProtocolVersion, Will

from cc110.backoff import Backoff
from cc110.bus.settings import BrokerSettings
from cc110.bus.topics import status_topic, topic_of
from cc110.core.events import Recorded

_log = structlog.get_logger("mqtt")
IN_FLIGHT: Final = 20
"""Events on the wire that the broker has not acknowledged."""
_QOS: Final = 1

Encode = Callable[[Recorded], str]
"""The public JSON of an event, one line."""


class MqttBus:
    """Keeps the connection, and publishes what the journal's readers hand to it."""

    name = "mqtt"

    def __init__(self, settings: BrokerSettings, encode: Encode, *, version: str) -> None:
        """Publish to this broker; `version` is what the status says of the daemon."""
        self._settings = settings
        self._encode = encode
        self._version = version
        self._live: Client | None = None
        self._up = asyncio.Event()
        self._broken = asyncio.Event()
        self.trouble = "not connected yet"

    @property
    def is_connected(self) -> bool:
        """True while the broker answers."""
        return self._up.is_set()

    async def run(self) -> Never:
        """Be connected, again and again, until cancelled. Without a broker: try, and say so once."""
        pauses = Backoff(first_s=self._settings.first_pause_s, most_s=self._settings.most_pause_s)
        tls: ssl.SSLContext | None = None
        while True:
            try:
                if self._settings.tls and tls is None:
                    tls = await asyncio.to_thread(self._settings.tls.context)
                async with self._client(tls) as client:
                    pauses.reset()
                    await self._serve(client)
            except (MqttError, OSError) as error:
                self._lost(str(error) or type(error).__name__)
            await asyncio.sleep(pauses.next_s())

    async def handle(self, recorded: Recorded) -> None:
        """As `handle_all`, for one event."""
        await self.handle_all((recorded,))

    async def handle_all(self, batch: Sequence[Recorded]) -> None:
        """Publish these in order; returns when the broker has acknowledged all, however long that takes."""
        done = 0
        while done < len(batch):
            await self._up.wait()
            done += await self._publish(batch[done : done + IN_FLIGHT])

    # --- inside ---------------------------------------------------------------------------------

    def _client(self, tls: ssl.SSLContext | None) -> Client:
        one = self._settings
        client = Client(
            one.host,
            one.port,
            identifier=one.client_id,
            username=one.username,
            password=one.password,
            tls_context=tls,
            protocol=ProtocolVersion.V311,
            will=Will(status_topic(one.site), self._status("offline", "lost"), _QOS, retain=True),
            clean_session=True,
            timeout=one.patience_s,
            keepalive=one.keepalive_s,
            max_inflight_messages=IN_FLIGHT,
            max_queued_incoming_messages=1,
        )
        client.pending_calls_threshold = IN_FLIGHT  # it warns of more
        return client

    async def _serve(self, client: Client) -> None:
        """Say that we are there, let the reader publish, and leave in good order when cancelled."""
        topic = status_topic(self._settings.site)
        await client.publish(topic, self._status("online"), _QOS, retain=True)
        _log.info("the broker is there", host=self._settings.host, port=self._settings.port)
        self._live, self.trouble = client, ""
        self._broken.clear()
        self._up.set()
        try:
            broken = asyncio.create_task(self._broken.wait())
            silent = asyncio.create_task(_until_disconnected(client))
            try:
                await asyncio.wait((broken, silent), return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in (broken, silent):
                    task.cancel()
            self._lost(self.trouble or "the connection was lost")
        except asyncio.CancelledError:
            self._up.clear()
            with suppress(MqttError):
                await client.publish(topic, self._status("offline", "stopped"), _QOS, retain=True)
            raise
        finally:
            self._up.clear()
            self._live = None

    async def _publish(self, some: Sequence[Recorded]) -> int:
        """Returns how many of them are acknowledged without a gap."""
        client = self._live
        if client is None:
            return 0
        sent = (client.publish(topic_of(one), self._encode(one), _QOS) for one in some)
        outcomes = await asyncio.gather(*sent, return_exceptions=True)
        for done, outcome in enumerate(outcomes):
            if isinstance(outcome, MqttError):
                self._refused(some[done], outcome)
                return done
            if isinstance(outcome, BaseException):
                raise outcome
        return len(some)

    def _refused(self, first: Recorded, error: MqttError) -> None:
        """The connection is no good any more: a new one begins with this event."""
        size = len(self._encode(first))
        _log.warning("event not acknowledged", seq=first.seq, type=first.event.type, bytes=size)
        self.trouble = str(error) or "an event was not acknowledged"
        self._up.clear()
        self._broken.set()

    def _lost(self, reason: str) -> None:
        if self.trouble != reason or self._up.is_set():
            _log.warning("the broker is out of reach; events wait in the journal", reason=reason)
        self.trouble = reason
        self._up.clear()

    def _status(self, state: str, reason: str = "") -> str:
        said = {"state": state, "site": self._settings.site, "version": self._version}
        return json.dumps({**said, **({"reason": reason} if reason else {})})


async def _until_disconnected(client: Client) -> None:
    """Nothing is subscribed, so the messages end with the connection."""
    with suppress(MqttError):
        async for _ in client.messages:
            pass
