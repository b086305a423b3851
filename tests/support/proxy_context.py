"""A context as a middleware is given, and a chain that is run around scripted answers, without a socket."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass

from mockproxy.messages.message import Request, RequestHead, Response
from mockproxy.messages.source import Held, Streamed
from mockproxy.pipeline.context import ProxyContext
from mockproxy.pipeline.entry import BoundEntry
from mockproxy.pipeline.outgoing import OutgoingRequest, OutgoingResponse
from mockproxy.pipeline.run import ChainRun
from mockproxy.servers.answers import response_of_error


def proxy_context(
    request: Request | None = None,
    *,
    pieces: Iterable[bytes] | None = None,
    path_params: dict[str, object] | None = None,
) -> ProxyContext:
    """The context of one request; with ``pieces`` its body streams."""
    request = request or Request("GET", "/")
    head = RequestHead(request.method, request.raw_target, request.headers)
    source = Held(request.body) if pieces is None else Streamed(one_by_one(pieces))
    return ProxyContext(
        incoming=head,
        request=OutgoingRequest(head, request.headers.raw, source, lambda: None),
        path_params=path_params or {},
        client=("127.0.0.1", 50000),
        server=("127.0.0.1", 80),
    )


def response_in_pieces(*pieces: bytes, headers: Iterable[tuple[str, str]] = ()) -> OutgoingResponse:
    """A response as it comes from a target: its body has not been read."""
    fields = tuple((name.encode(), value.encode()) for name, value in headers)
    return OutgoingResponse(200, "OK", fields, Streamed(one_by_one(pieces)))


async def one_by_one(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


@dataclass(frozen=True, slots=True)
class Trips:
    """A chain that was run, and each request that reached its core: the method, the target and the body."""

    run: ChainRun
    forwarded: list[tuple[str, str, bytes]]


def run_around(entries: Sequence[BoundEntry], *answers: Response | Exception, ctx: ProxyContext | None = None) -> Trips:
    """Runs a chain around a target that gives (or fails with) these answers in turn, the last again and again."""
    script = list(answers or [Response(200)])
    forwarded: list[tuple[str, str, bytes]] = []

    async def core(ctx: ProxyContext) -> None:
        source = ctx.request.source()
        body = b""
        while not source.at_end:
            body += source.take() or await source.next()
        forwarded.append((ctx.request.method, ctx.request.raw_target, body))
        answer = script.pop(0) if len(script) > 1 else script[0]
        if isinstance(answer, Exception):
            raise answer
        ctx.response = OutgoingResponse.whole(answer.status, answer.headers, answer.body)

    run = ChainRun(entries, ctx or proxy_context(), core, response_of_error)
    asyncio.run(run.run())
    return Trips(run, forwarded)
