"""Where octets are read into.

asyncio allocates 256 KiB for each read of a plain protocol, which costs several times as much as the read itself; a
buffered protocol says where they go.
"""

import asyncio
import threading
from typing import Final

READ_SIZE: Final = 64 * 1024


class _Buffer(threading.local):
    """One for all connections of a thread: its loop reads from one socket at a time, and what came is taken at once."""

    def __init__(self) -> None:
        self.view = memoryview(bytearray(READ_SIZE))


_BUFFER = _Buffer()


def read_buffer() -> memoryview:
    """Where the next read of this thread goes."""
    return _BUFFER.view


def octets_read(count: int) -> bytes:
    """What has just been read."""
    return bytes(_BUFFER.view[:count])


class BufferedReading(asyncio.BufferedProtocol):
    """A protocol that reads there, and is told what came as a plain one is."""

    def get_buffer(self, sizehint: int) -> memoryview:
        return read_buffer()

    def buffer_updated(self, nbytes: int) -> None:
        self.data_received(octets_read(nbytes))

    def data_received(self, data: bytes) -> None:
        raise NotImplementedError
