"""One exchange through a chain of middlewares, without a socket."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass

from mockproxy.errors import Trouble
from mockproxy.messages.headers import Headers
from mockproxy.messages.message import Request, RequestHead, Response
from mockproxy.messages.source import ByteSource, Held, Streamed
from mockproxy.pipeline.context import ProxyContext
from mockproxy.pipeline.entry import BoundEntry, adapt
from mockproxy.pipeline.outgoing import OutgoingRequest, OutgoingResponse
from mockproxy.pipeline.phase import Phase
from mockproxy.pipeline.run import ChainRun
from mockproxy.pipeline.trace import Trace
from mockproxy.servers.answers import response_of_error


@dataclass(frozen=True, slots=True)
class Crossing:
    """What came of it.

    ``forwarded`` is None where no target was asked; ``sent`` and ``given`` are the bodies of the request and of the
    response in the pieces in which they went.
    """

    forwarded: Request | None
    sent: tuple[bytes, ...]
    response: Response
    given: tuple[bytes, ...]
    trace: Trace
    state: dict[str, object]
    error: BaseException | None
    troubles: tuple[Trouble, ...]


def through(
    *middlewares: object,
    request: Request | None = None,
    request_in: Iterable[bytes] | None = None,
    answer: Response | None = None,
    answer_in: Iterable[bytes] | None = None,
) -> Crossing:
    """Sends a request through the middlewares to a target with this answer.

    A body given in pieces (``request_in``, ``answer_in``) streams, and each piece is made when it is asked for.
    """
    request = request or Request("GET", "/")
    answer = answer or Response(200)
    return asyncio.run(_cross(middlewares, request, request_in, answer, answer_in))


async def _cross(
    middlewares: tuple[object, ...],
    request: Request,
    request_in: Iterable[bytes] | None,
    answer: Response,
    answer_in: Iterable[bytes] | None,
) -> Crossing:
    head = RequestHead(request.method, request.raw_target, request.headers)
    outgoing = OutgoingRequest(head, request.headers.raw, _source(request.body, request_in), lambda: None)
    ctx = ProxyContext(
        incoming=head, request=outgoing, path_params={}, client=("127.0.0.1", 50000), server=("127.0.0.1", 80)
    )
    forwarded: list[tuple[Request, tuple[bytes, ...]]] = []

    async def core(ctx: ProxyContext) -> None:
        pieces = await _pieces(ctx.request.source())
        headers = Headers.of_wire(ctx.request.headers.raw)
        forwarded.append((Request(ctx.request.method, ctx.request.raw_target, headers, b"".join(pieces)), pieces))
        body = _source(answer.body, answer_in)
        fields = answer.headers.raw
        ctx.response = OutgoingResponse(answer.status, answer.reason, fields, body, b"" if body.at_end else None)

    entries = [BoundEntry(adapt(middleware, Phase.PROXY), "") for middleware in middlewares]
    run = ChainRun(entries, ctx, core, response_of_error)
    await run.run()
    response = ctx.response
    given = await _pieces(response.source())
    sent_request, sent = forwarded[-1] if forwarded else (None, ())
    return Crossing(
        forwarded=sent_request,
        sent=sent,
        response=Response(response.status, response.reason, response.headers.raw, b"".join(given)),
        given=given,
        trace=run.trace(),
        state=ctx.state,
        error=ctx.error,
        troubles=tuple(run.troubles),
    )


def _source(body: bytes, pieces: Iterable[bytes] | None) -> ByteSource:
    return Held(body) if pieces is None else Streamed(_one_by_one(pieces))


async def _one_by_one(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def _pieces(source: ByteSource) -> tuple[bytes, ...]:
    pieces: list[bytes] = []
    while not source.at_end:
        pieces.append(source.take() or await source.next())
    return tuple(piece for piece in pieces if piece)
