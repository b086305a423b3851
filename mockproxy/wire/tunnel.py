"""Octets that pass between two connections, whatever protocol they speak now."""

import asyncio
from collections.abc import Callable

from mockproxy.wire.incoming import IncomingBody
from mockproxy.wire.sending import WriteFlow


class TunnelEnd:
    """A connection that has left HTTP behind: what comes on it, and the means to send."""

    def __init__(self, transport: asyncio.Transport, flow: WriteFlow, incoming: IncomingBody) -> None:
        self._transport = transport
        self._flow = flow
        self.incoming = incoming

    async def send(self, data: bytes) -> None:
        """Raises what ended the connection, or ``TimeoutError`` where the peer does not read."""
        self._transport.write(data)
        await self._flow.drain()

    def finish(self) -> None:
        """Says that nothing more will be sent."""
        if not self._transport.is_closing():
            self._transport.write_eof()


class Tunnel:
    """Two ends, and who hears what passes before it goes on.

    ``half_close_time`` is how long the target may go on when the client has finished, in seconds.
    """

    def __init__(
        self,
        client: TunnelEnd,
        target: TunnelEnd,
        *,
        client_sent: Callable[[bytes], None],
        target_sent: Callable[[bytes], None],
        half_close_time: float,
    ) -> None:
        self._client = client
        self._target = target
        self._client_sent = client_sent
        self._target_sent = target_sent
        self._half_close_time = half_close_time
        self.client_ended_first = False

    async def run(self) -> None:
        """Returns when the target has ended its connection, or the client has long enough ended its own.

        Raises what broke either connection.
        """
        loop = asyncio.get_running_loop()
        up = loop.create_task(_pass_on(self._client, self._target, self._client_sent))
        down = loop.create_task(_pass_on(self._target, self._client, self._target_sent))
        try:
            await asyncio.wait({up, down}, return_when=asyncio.FIRST_COMPLETED)
            if not down.done() and up.exception() is None:
                self.client_ended_first = True
                self._target.finish()
                await asyncio.wait({down}, timeout=self._half_close_time)
        finally:
            up.cancel()
            down.cancel()
            await asyncio.wait({up, down})
        for task in (down, up):
            if not task.cancelled():
                task.result()


async def _pass_on(source: TunnelEnd, to: TunnelEnd, heard: Callable[[bytes], None]) -> None:
    incoming = source.incoming
    while not incoming.at_end:
        data = incoming.take() or await incoming.next()
        if data:
            heard(data)
            await to.send(data)
