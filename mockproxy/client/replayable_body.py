"""Bodies that can be sent more than once.

What aiohttp calls a payload may be a stream, and a stream is gone when it was sent: aiohttp then sends an empty body,
or the tail that an early answer left over, as if it were whole.
"""

from typing import Any

from aiohttp import AsyncIterablePayload, ClientPayloadError, ClientRequest, MultipartWriter, Payload
from aiohttp.abc import AbstractStreamWriter

# A stream up to this size is kept in memory for repeats; a proxy's middleware keeps as much.
REPLAY_LIMIT = 1024 * 1024


async def keep_body(request: ClientRequest, limit: int = REPLAY_LIMIT) -> bool:
    """Makes the body of a request repeatable before it is sent; False where it can be sent once.

    A stream is read first, and kept where it is not longer than ``limit`` octets; a longer one still goes out whole.
    Raises ``ClientPayloadError`` for a multipart body with a stream that is too long to be kept.
    """
    body = request.body
    if not isinstance(body, Payload) or _starts_anew(body):
        return True
    if body.consumed:
        return False
    return await _keep(request, body, limit)


def expect_anew(request: ClientRequest) -> None:
    """Lets a repeat wait for a ``100 Continue`` of its own, where it asks for one (RFC 9110 section 10.1.1).

    What aiohttp waits for is cancelled when the answer comes instead, and every further attempt with it.
    """
    request.update_expect_continue()


async def _keep(request: ClientRequest, body: Payload, limit: int) -> bool:
    sink = _Sink(limit)
    declared = request.headers.get("Content-Length")
    size = None if declared is None else int(declared)
    try:
        await body.write(sink)
    except _TooLongError:
        if isinstance(body, MultipartWriter):
            raise ClientPayloadError(
                f"{request.method} {request.url.path}: a multipart body with a stream is kept in memory for repeats, "
                f"and this one is longer than {limit} octets; give files that can be rewound"
            ) from None
        if not holds_stream(body) and not body.consumed:
            return True  # a file, which starts anew by itself
        await request.update_body(LongBody(body, bytes(sink.octets), size))
        return False
    await request.update_body(KeptBody(body, bytes(sink.octets[:size]), size))
    return True


def _starts_anew(body: Payload) -> bool:
    """Whether a body begins from its beginning each time: aiohttp knows the sizes of those, and of no stream."""
    if isinstance(body, KeptBody):
        return True
    return body.size is not None and not isinstance(body, AsyncIterablePayload | LongBody)


def holds_stream(body: Payload) -> bool:
    """Whether a body, or a part of it, can be read once: before 3.14.4 aiohttp calls it consumed at its end only."""
    if isinstance(body, MultipartWriter):
        return any(holds_stream(part) for part, _, _ in body)
    return isinstance(body, AsyncIterablePayload)


class KeptBody(Payload):
    """The octets of a stream, framed as the stream was: an attempt looks like the one before."""

    def __init__(self, stream: Payload, octets: bytes, size: int | None) -> None:
        super().__init__(octets, headers=stream.headers, content_type=stream.content_type)
        self._size = size

    @property
    def autoclose(self) -> bool:
        return True

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        return str(self._value, encoding, errors)

    async def as_bytes(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        return bytes(self._value)

    async def write(self, writer: AbstractStreamWriter) -> None:
        await writer.write(self._value)


class LongBody(Payload):
    """A stream whose beginning was taken before it turned out to be too long: it is sent whole, and once."""

    def __init__(self, stream: Payload, beginning: bytes, size: int | None) -> None:
        super().__init__(stream, headers=stream.headers, content_type=stream.content_type)
        self._beginning = beginning
        self._size = size

    @property
    def autoclose(self) -> bool:
        return True

    @property
    def consumed(self) -> bool:
        return True

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        raise TypeError("a stream that is too long is not in memory")

    async def write(self, writer: AbstractStreamWriter) -> None:
        await writer.write(self._beginning)
        await self._value.write(writer)


class _TooLongError(Exception):
    """The sink is full; the stream stands behind what it holds."""


class _Sink(AbstractStreamWriter):
    """Takes what a payload writes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.octets = bytearray()

    async def write(self, chunk: bytes | bytearray | memoryview) -> None:
        self.octets += chunk
        if len(self.octets) > self._limit:
            raise _TooLongError

    async def write_eof(self, chunk: bytes = b"") -> None:
        await self.write(chunk)

    async def drain(self) -> None:
        """Nothing waits."""

    def enable_compression(self, encoding: str = "deflate", strategy: int | None = None) -> None:
        """The coding of the message is applied when it is sent."""

    def enable_chunking(self) -> None:
        """The framing of the message is applied when it is sent."""

    async def write_headers(self, status_line: str, headers: Any) -> None:
        """There is no head."""
