"""A body on its way: octets that are taken as they come."""

from collections.abc import AsyncIterator
from typing import Protocol

from mockproxy.messages.headers import RawFields


class ByteSource(Protocol):
    """Where the octets of one body come from; each is taken once."""

    @property
    def at_end(self) -> bool:
        """The body is known to be over and everything has been taken."""

    @property
    def trailers(self) -> RawFields:
        """The trailer section, once ``at_end``."""

    def take(self) -> bytes:
        """What is there now; empty where that is nothing."""

    async def next(self) -> bytes:
        """Waits for more; empty only at the end.  Raises what broke the body."""


class Held:
    """A body that is whole already."""

    __slots__ = ("_data", "trailers")

    def __init__(self, data: bytes, trailers: RawFields = ()) -> None:
        self._data = data
        self.trailers = trailers

    @property
    def at_end(self) -> bool:
        return not self._data

    def take(self) -> bytes:
        data, self._data = self._data, b""
        return data

    async def next(self) -> bytes:
        return self.take()


class Streamed:
    """A body made piece by piece by an async iterator; its end is known only when it has come."""

    __slots__ = ("_pieces", "at_end", "trailers")

    def __init__(self, pieces: AsyncIterator[bytes], trailers: RawFields = ()) -> None:
        self._pieces = pieces
        self.at_end = False
        self.trailers = trailers

    def take(self) -> bytes:
        return b""

    async def next(self) -> bytes:
        async for piece in self._pieces:
            if piece:
                return piece
        self.at_end = True
        return b""


class Resumed:
    """A body of which the beginning was taken already, and is there again."""

    __slots__ = ("_beginning", "_rest")

    def __init__(self, beginning: bytes, rest: ByteSource) -> None:
        self._beginning = beginning
        self._rest = rest

    @property
    def at_end(self) -> bool:
        return not self._beginning and self._rest.at_end

    @property
    def trailers(self) -> RawFields:
        return self._rest.trailers

    def take(self) -> bytes:
        data, self._beginning = self._beginning, b""
        return data or self._rest.take()

    async def next(self) -> bytes:
        return self.take() or await self._rest.next()


async def read_all(source: ByteSource, pieces: list[bytes] | None = None) -> bytes:
    """The rest of a body, kept in memory whole; ``pieces`` has what was taken of one that is not read to its end."""
    pieces = [] if pieces is None else pieces
    while not source.at_end:
        pieces.append(source.take() or await source.next())
    return b"".join(pieces)
