"""A body that arrives on a socket, with back-pressure."""

import asyncio
from typing import Protocol

from mockproxy.messages.headers import RawFields
from mockproxy.wire.waiting import bounded


class Flow(Protocol):
    """The reading side of a transport."""

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


class IncomingBody:
    """Octets between the protocol that reads them and the task that takes them.

    The sender is paused while more than ``limit`` octets wait, and goes on when they were taken.
    """

    __slots__ = ("_buffered", "_ended", "_error", "_flow", "_limit", "_paused", "_pieces", "_stall_time",
                 "_waiter", "trailers")  # fmt: skip

    def __init__(self, flow: Flow, *, limit: int, stall_time: float) -> None:
        self._flow = flow
        self._limit = limit
        self._stall_time = stall_time
        self._pieces: list[bytes] = []
        self._buffered = 0
        self._paused = False
        self._ended = False
        self._error: Exception | None = None
        self._waiter: asyncio.Future[None] | None = None
        self.trailers: RawFields = ()

    @property
    def complete(self) -> bool:
        """The last octet has come, taken or not."""
        return self._ended

    @property
    def at_end(self) -> bool:
        return self._ended and not self._pieces

    def take(self) -> bytes:
        if not self._pieces:
            return b""
        data = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        self._pieces.clear()
        self._buffered = 0
        if self._paused:
            self._paused = False
            self._flow.resume_reading()
        return data

    async def next(self) -> bytes:
        while not self._pieces and not self._ended:
            if self._error is not None:
                raise self._error
            self._waiter = asyncio.get_running_loop().create_future()
            stalled = TimeoutError(f"no octet of the body came for {self._stall_time:g} s")
            await bounded(self._waiter, self._stall_time, stalled)
        return self.take()

    def feed(self, data: bytes) -> None:
        self._pieces.append(data)
        self._buffered += len(data)
        if self._buffered > self._limit and not self._paused:
            self._paused = True
            self._flow.pause_reading()
        self._wake()

    def end(self, trailers: RawFields = ()) -> None:
        self._ended = True
        self.trailers = trailers
        self._wake()

    def fail(self, error: Exception) -> None:
        """No more will come, and what came is not the whole; what waits can still be taken."""
        if not self._ended and self._error is None:
            self._error = error
            self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
