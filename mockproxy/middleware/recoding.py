"""Giving a body in another content coding: whether that is allowed, and how it goes on streaming."""

from collections.abc import AsyncIterator
from typing import Final

from mockproxy.messages.coding import Decoder
from mockproxy.messages.compression import Encoder
from mockproxy.messages.headers import FieldReading
from mockproxy.messages.length import declared_length
from mockproxy.pipeline.context import ProxyContext
from mockproxy.pipeline.outgoing import OutgoingContent

# A body that is announced with up to this many octets is recoded whole, so that its new length can be announced, too;
# as many as a record keeps by default.
WHOLE_SIZE: Final = 1024 * 1024

_WITHOUT_BODY = (204, 304)


def request_may_change(ctx: ProxyContext) -> bool:
    """Whether the coding of the request's body may be another than the client's."""
    return _may_change(ctx.request.headers)


def response_may_change(ctx: ProxyContext) -> bool:
    """Whether there is a body on the response and its coding may be another than the target's."""
    if ctx.incoming.method == "HEAD" or ctx.response.status in _WITHOUT_BODY:
        return False
    # RFC 9111 section 5.2.1.6: a client, too, may ask that nothing be transformed.
    return not _forbids_transforming(ctx.incoming.headers) and _may_change(ctx.response.headers)


def size_of(message: OutgoingContent) -> int | None:
    """The octets of a body as far as they are known without reading it."""
    return declared_length(message.headers) if message.length is None else message.length


async def recode(message: OutgoingContent, coder: Encoder | Decoder, coding: str | None) -> None:
    """Passes a body through a coder and labels it; a long one while it is sent, each piece as soon as it comes."""
    size = size_of(message)
    if message.length is not None or (size is not None and size <= WHOLE_SIZE):
        message.set_body(coder.finish(await message.hold()), coding)
    else:
        message.set_stream(_recoded(message.stream(), coder), coding)


async def _recoded(pieces: AsyncIterator[bytes], coder: Encoder | Decoder) -> AsyncIterator[bytes]:
    async for piece in pieces:
        yield coder.push(piece)
    yield coder.finish()


def _may_change(headers: FieldReading) -> bool:
    """RFC 9110 section 14.4: what is a part of a representation is one of its octets as they were coded."""
    return "Content-Range" not in headers and not _forbids_transforming(headers)


def _forbids_transforming(headers: FieldReading) -> bool:
    """RFC 9110 section 7.7."""
    return "no-transform" in headers.tokens("Cache-Control")
