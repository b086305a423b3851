"""A connection whose protocol is another server's: its octets are handed on, and read along in both directions."""

import asyncio
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from mockproxy.errors import ClientLeft, ServerStopped
from mockproxy.messages.message import RequestHead, ResponseHead
from mockproxy.recording.exchange import Exchange
from mockproxy.recording.journal import Journal
from mockproxy.recording.recorder import Recorder
from mockproxy.wire.limits import Limits
from mockproxy.wire.listener import AcceptedConnection, connection_of
from mockproxy.wire.read_buffer import BufferedReading
from mockproxy.wire.witness import Witness

current_connection: ContextVar["HostedConnection"] = ContextVar("current_connection")
"""The connection whose request the running code of an application answers."""


class HostedConnection(BufferedReading):
    """Stands between a socket and the protocol of the server that an application is made for."""

    def __init__(
        self,
        make_protocol: Callable[[], asyncio.Protocol],
        *,
        journal: Journal,
        filed: Callable[[Exchange], None],
        record_limit: int,
        limits: Limits,
        live: set[AcceptedConnection],
    ) -> None:
        self.inner = make_protocol()
        self._journal = journal
        self._filed = filed
        self._record_limit = record_limit
        self._witness = Witness(self, limits)
        self._live = live
        self._place = 0
        self._stopped = False

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._connection = connection_of(transport, accepted=True)
        self._live.add(self)
        current_connection.set(self)
        self.inner.connection_made(_ReadAlong(transport, self, self._witness))

    def data_received(self, data: bytes) -> None:
        current_connection.set(self)
        self._witness.client_sent(data)
        self.inner.data_received(data)

    def eof_received(self) -> bool | None:
        return self.inner.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        self._live.discard(self)
        self._witness.ended(
            ServerStopped("the server was stopped before it had answered")
            if self._stopped
            else ClientLeft("the connection ended before the answer was complete")
        )
        self.inner.connection_lost(exc)

    def pause_writing(self) -> None:
        self.inner.pause_writing()

    def resume_writing(self) -> None:
        self.inner.resume_writing()

    def replace_inner(self, protocol: asyncio.Protocol) -> None:
        """The server goes on with another protocol, as it does for a WebSocket."""
        self.inner = protocol

    # What the witness asks.

    def open(self, head: RequestHead | None, raw: bytes) -> Recorder:
        recorder = Recorder(
            self._journal,
            head=head,
            raw=raw,
            connection=self._connection,
            place=self._place,
            limit=self._record_limit,
        )
        self._place += 1
        return recorder

    def close(self, recorder: Recorder, head: ResponseHead | None) -> None:
        self._filed(recorder.close(head))

    # What the owner asks.

    @property
    def recorder(self) -> Recorder | None:
        """The record of the request that is being answered."""
        return self._witness.current

    @property
    def lost(self) -> bool:
        """Whether the connection has ended, whoever ended it; asyncio tells that before it calls."""
        return self._transport.is_closing()

    async def stop(self) -> None:
        self._stopped = True
        self._transport.close()
        if self._transport.get_write_buffer_size():
            self._transport.abort()
        # One turn of the loop, in which the transport says so.
        await asyncio.sleep(0)


class _ReadAlong(asyncio.Transport):
    """The transport that the server of the application is given: what is written is witnessed first."""

    def __init__(self, transport: asyncio.Transport, connection: HostedConnection, witness: Witness) -> None:
        super().__init__()
        self._transport = transport
        self._connection = connection
        self._witness = witness

    @property
    def _sendfile_compatible(self) -> Any:
        # asyncio's sendfile writes to the socket itself, past the record; aiohttp falls back to write() on this.
        raise NotImplementedError("octets that are read along cannot be sent by the kernel")

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self._witness.server_sent(bytes(data))
        self._transport.write(data)

    def writelines(self, list_of_data: Any) -> None:
        self.write(b"".join(list_of_data))

    def write_eof(self) -> None:
        self._transport.write_eof()

    def can_write_eof(self) -> bool:
        return self._transport.can_write_eof()

    def close(self) -> None:
        self._transport.close()

    def abort(self) -> None:
        self._transport.abort()

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def is_reading(self) -> bool:
        return self._transport.is_reading()

    def pause_reading(self) -> None:
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        self._transport.resume_reading()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._transport.get_extra_info(name, default)

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._transport.set_write_buffer_limits(high, low)

    def get_write_buffer_size(self) -> int:
        return self._transport.get_write_buffer_size()

    def get_write_buffer_limits(self) -> tuple[int, int]:
        return self._transport.get_write_buffer_limits()

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        assert isinstance(protocol, asyncio.Protocol)
        self._connection.replace_inner(protocol)

    def get_protocol(self) -> asyncio.BaseProtocol:
        return self._connection.inner
