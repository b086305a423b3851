"""A client of one origin, over the asking side of the wire."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from mockproxy.messages.message import ResponseHead
from mockproxy.messages.source import ByteSource, Held, read_all
from mockproxy.messages.url import Origin
from mockproxy.recording.tape import Tape
from mockproxy.wire.incoming import IncomingBody
from mockproxy.wire.limits import DEFAULT_LIMITS
from mockproxy.wire.pool import UpstreamPool
from mockproxy.wire.sending import Framing
from mockproxy.wire.upstream import Sending, UpstreamConnection
from tests.support.raw import message
from tests.support.raw_origin import RawOrigin, Script

HEAD = message(b"GET /a HTTP/1.1", b"Host: h")
OK = message(b"HTTP/1.1 200 OK", b"Content-Length: 2", body=b"ok")


@dataclass
class Client:
    """Asks one origin, as a proxy does."""

    origin: RawOrigin
    pool: UpstreamPool
    interim: list[int] = field(default_factory=list)
    sent: Tape = field(default_factory=lambda: Tape(1000))

    async def connect(self) -> UpstreamConnection:
        return await self.pool.connect(Origin("127.0.0.1", self.origin.port), timeout=5)

    async def give_back(self, connection: UpstreamConnection) -> None:
        await self.pool.give_back(Origin("127.0.0.1", self.origin.port), connection)

    async def begin(
        self,
        connection: UpstreamConnection,
        source: ByteSource | None = None,
        *,
        framing: Framing = Framing.NO_BODY,
        method: str = "GET",
        timeout: float = 5.0,
    ) -> tuple[ResponseHead, IncomingBody]:
        sending = Sending(method, HEAD, framing, source or Held(b""), self.sent)
        return await connection.ask(sending, timeout=timeout, interim=lambda head: self.interim.append(head.status))

    async def ask(
        self,
        source: ByteSource | None = None,
        *,
        framing: Framing = Framing.NO_BODY,
        method: str = "GET",
        timeout: float = 5.0,
    ) -> bytes:
        """One whole exchange; gives the body of the answer."""
        connection = await self.connect()
        try:
            _, body = await self.begin(connection, source, framing=framing, method=method, timeout=timeout)
            return await read_all(body)
        finally:
            await self.give_back(connection)


@asynccontextmanager
async def asking(script: Script) -> AsyncIterator[Client]:
    pool = UpstreamPool(DEFAULT_LIMITS)
    with RawOrigin(script) as origin:
        try:
            yield Client(origin, pool)
        finally:
            pool.close()
            # One turn of the loop, in which the transports leave it.
            await asyncio.sleep(0)
