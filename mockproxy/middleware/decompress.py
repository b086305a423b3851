from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from mockproxy.errors import ContentError, RefusedRequest, UpstreamError
from mockproxy.messages.coding import Decoder, decoder, parse_codings
from mockproxy.middleware.recoding import recode, request_may_change, response_may_change, size_of
from mockproxy.middleware.side import Side, checked_side
from mockproxy.pipeline.context import ProxyContext
from mockproxy.pipeline.outgoing import OutgoingContent

Blame = type[RefusedRequest] | type[UpstreamError]


class Decompress:
    """Undoes the content codings of a body, whatever its receiver accepts.

    A body that is not what its ``Content-Encoding`` says is the fault of its sender: 400 for a request, 502 for a
    response.
    Left as it is: what has no body or only a range of one, and what says ``no-transform``.
    A body that streams goes on streaming, each piece as soon as it comes.
    """

    def __init__(self, *, on: Side = "response", name: str | None = None) -> None:
        self.name = name or type(self).__name__
        self._on = checked_side(on)

    async def __call__(self, ctx: ProxyContext) -> AsyncGenerator[None, None]:
        if self._on == "request" and request_may_change(ctx):
            await _undo(ctx.request, RefusedRequest)
        yield
        if self._on == "response" and response_may_change(ctx):
            await _undo(ctx.response, UpstreamError)


async def _undo(message: OutgoingContent, blame: Blame) -> None:
    codings = parse_codings(message.headers.all("Content-Encoding"))
    if not codings or size_of(message) == 0:
        return
    with _blamed_on(blame):
        undoing = decoder(codings)
    await recode(message, _Blaming(undoing, blame), None)


@contextmanager
def _blamed_on(blame: Blame) -> Iterator[None]:
    try:
        yield
    except ContentError as error:
        raise blame(str(error)) from error


@dataclass(frozen=True, slots=True)
class _Blaming:
    """A decoder whose findings are raised as the fault of the sender."""

    decoder: Decoder
    blame: Blame

    def push(self, data: bytes) -> bytes:
        with _blamed_on(self.blame):
            return self.decoder.push(data)

    def finish(self, last: bytes = b"") -> bytes:
        with _blamed_on(self.blame):
            return self.decoder.finish(last)
