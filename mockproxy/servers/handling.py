"""One exchange at the proxy: the choice of a route, the chain around it, the answer, the record."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from mockproxy.errors import (
    ClientLeft,
    HandlerFailed,
    MalformedMessage,
    MiddlewareFailed,
    RefusedRequest,
    Trouble,
    Unmatched,
    UpstreamError,
)
from mockproxy.messages.forwarding import end_to_end
from mockproxy.messages.headers import Headers
from mockproxy.messages.length import declared_length
from mockproxy.messages.message import Request, RequestHead, ResponseHead
from mockproxy.messages.payload import Payload
from mockproxy.pipeline.context import ProxyContext
from mockproxy.pipeline.level import Levels, chain_of
from mockproxy.pipeline.outgoing import OutgoingRequest, OutgoingResponse
from mockproxy.pipeline.run import ChainRun, Core
from mockproxy.recording.exchange import Exchange
from mockproxy.recording.recorder import Recorder
from mockproxy.routes.reply import Reply
from mockproxy.routes.stub import Stub
from mockproxy.routes.table import StubTable
from mockproxy.servers.answers import response_of_error
from mockproxy.servers.conversing import converse
from mockproxy.servers.forwarding import Trips
from mockproxy.servers.intake import TapedRequest, note_unread, take_body
from mockproxy.servers.routing import Found
from mockproxy.servers.stubs import handler_failed, reply_from
from mockproxy.wire.pool import UpstreamPool
from mockproxy.wire.transaction import Transaction

# A client that waits for its refusal before it sends the rest of its request gets it after this time, in seconds; one
# that has not said how long the rest is may mean to go on for ever.
_REST_TIME = 0.5
_ENDLESS_REST_TIME = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyParts:
    """What all exchanges of one proxy share."""

    name: str
    table: StubTable
    outermost: Levels
    route: Callable[[str], Found | None]
    pool: UpstreamPool
    timeout: float
    record_limit: int
    filed: Callable[[Exchange], None]
    note: Callable[[Trouble], None]


class Handling:
    """Serves one request; whatever happens, its exchange is filed."""

    def __init__(self, parts: ProxyParts, transaction: Transaction, recorder: Recorder) -> None:
        self._parts = parts
        self._transaction = transaction
        self._recorder = recorder
        self._run: ChainRun | None = None
        self._trips: Trips | None = None
        self._answering_stub: Stub | None = None

    async def serve(self) -> None:
        recorder, transaction = self._recorder, self._transaction
        try:
            response = await self._response()
            if response.status == 101:
                await self._converse(response)
                return
            await transaction.respond(
                response.status,
                response.reason,
                response.headers.raw,
                response.source(),
                tape=recorder.given,
                length=response.length,
                recorded=self._record,
            )
        except asyncio.CancelledError:
            recorder.error = transaction.aborted
            raise
        except BaseException as error:
            self._note_break(error)
            raise
        finally:
            try:
                await self._end()
            finally:
                if not recorder.closed:
                    self._record(transaction.sent_head)

    async def _end(self) -> None:
        try:
            if self._run is not None and self._run.running:
                await self._end_run(self._run)
        finally:
            if self._trips is not None:
                await self._trips.end()

    async def _end_run(self, run: ChainRun) -> None:
        """What went wrong with a body that nobody took was on no record when the answer was given."""
        recorder = self._recorder
        try:
            await run.end()
        finally:
            for trouble in run.late_troubles():
                if trouble in (*recorder.troubles, *run.troubles):
                    continue
                if recorder.closed:
                    self._parts.note(trouble)
                else:
                    recorder.troubles.append(trouble)

    async def _converse(self, response: OutgoingResponse) -> None:
        recorder, transaction = self._recorder, self._transaction
        assert self._trips is not None
        assert self._trips.switched is not None
        if response.edits:
            error = MiddlewareFailed("a middleware gave content to 101 Switching Protocols, which has none")
            recorder.troubles.append(error)
        await converse(
            transaction, self._trips.switched, response, recorder, lambda: self._record(transaction.sent_head)
        )

    async def _response(self) -> OutgoingResponse:
        transaction = self._transaction
        if isinstance(transaction.finding, ClientLeft):
            raise transaction.finding
        if transaction.finding is not None:
            self._recorder.note_error(transaction.finding)
            return _answer_to(transaction.finding)
        assert transaction.head is not None
        source = TapedRequest(transaction, self._recorder)
        ctx = self._context(transaction.head, source)
        levels, core = await self._choose(ctx)
        self._run = ChainRun(chain_of(levels), ctx, core, response_of_error)
        await self._run.run()
        if not self._run.running:
            await self._take_rest(source, transaction.head)
        elif transaction.body.complete:
            # Who still answers may still ask for it.
            await ctx.request.hold()
        return ctx.response

    def _context(self, head: RequestHead, source: TapedRequest) -> ProxyContext:
        connection = self._transaction.connection
        fields = end_to_end(head.headers.raw)
        request = OutgoingRequest(head, fields, source, lambda: self._ask_for_body(request))
        return ProxyContext(
            incoming=head, request=request, path_params={}, client=connection.client, server=connection.server
        )

    # Who answers.

    async def _choose(self, ctx: ProxyContext) -> tuple[Levels, Core]:
        """The levels that the request passes and what stands at their core: chosen once, from the path as received."""
        outermost = self._parts.outermost
        try:
            _check_method(ctx.incoming)
            own = await self._own_stub(ctx)
            if own is not None:
                ctx.path_params = dict(own[1])
                return outermost, self._answering(own[0])
            found = self._parts.route(ctx.incoming.path)
        except (RefusedRequest, MalformedMessage, HandlerFailed) as refusal:
            return outermost, _raising(refusal)
        if found is None:
            return outermost, _raising(self._unmatched(ctx))
        ctx.path_params = dict(found.path_params)
        self._trips = Trips(
            found,
            pool=self._parts.pool,
            recorder=self._recorder,
            record_limit=self._parts.record_limit,
            timeout=self._parts.timeout,
            interim=self._pass_interim,
        )
        return found.levels, self._trips.forward

    async def _own_stub(self, ctx: ProxyContext) -> tuple[Stub, dict[str, str]] | None:
        table = self._parts.table
        if table.empty:
            return None
        return table.find(await self._request(ctx, with_body=table.chooses_by_body))

    def _answering(self, stub: Stub) -> Core:
        async def answer(ctx: ProxyContext) -> None:
            assert self._run is not None
            self._run.answered_by = stub.describe()
            self._answering_stub = stub
            request = await self._request(ctx, with_body=stub.needs_body)
            path_params = {name: str(value) for name, value in ctx.path_params.items()}
            ctx.response = _outgoing(await reply_from(stub, request, path_params))

        return answer

    async def _request(self, ctx: ProxyContext, *, with_body: bool) -> Request:
        outgoing = ctx.request
        body = await outgoing.hold() if with_body else b""
        head = RequestHead(outgoing.method, outgoing.raw_target, Headers.of_wire(outgoing.headers.raw))
        host, port = ctx.server
        return Request.recorded(head, Payload.whole(body), f"{host}:{port}")

    def _unmatched(self, ctx: ProxyContext) -> Unmatched:
        head = ctx.incoming
        return Unmatched(f"unmatched: {head.method} {head.path} at {self._parts.name}: no route leads there")

    # The body of the request.

    def _ask_for_body(self, request: OutgoingRequest) -> None:
        """The body is needed here: a client that waits for leave to send it gets that here, not from the target."""
        if self._transaction.awaits_continue:
            self._transaction.send_continue()
            del request.headers["Expect"]

    async def _take_rest(self, source: TapedRequest, head: RequestHead) -> None:
        """Reads what is left of a request that nobody forwarded, so that it is recorded whole if that can be."""
        if self._recorder.legs or source.at_end or self._transaction.awaits_continue:
            return
        declared, limit = declared_length(head.headers), self._recorder.limit
        if declared is None or declared <= limit:
            with suppress(TimeoutError):
                async with asyncio.timeout(_ENDLESS_REST_TIME if declared is None else _REST_TIME):
                    await take_body(source, keep=False, limit=limit)

    # The record.

    def _pass_interim(self, head: ResponseHead) -> None:
        if self._transaction.send_interim(head):
            self._recorder.informational.append(head)

    def _record(self, head: ResponseHead | None) -> None:
        recorder, run = self._recorder, self._run
        note_unread(recorder, self._transaction)
        if run is None:
            self._parts.filed(recorder.close(head))
            return
        recorder.error = recorder.error or run.ctx.error
        recorder.troubles += run.troubles
        self._parts.filed(recorder.close(head, trace=run.trace(), state=run.ctx.state))

    def _note_break(self, error: BaseException) -> None:
        """The response broke off behind its head: what a stub or a middleware did wrong there is trouble, too."""
        self._recorder.error = error
        if isinstance(error, MalformedMessage):
            self._recorder.note_error(error)
        elif not isinstance(error, ClientLeft | UpstreamError | TimeoutError):
            self._recorder.troubles.append(self._broken_stream(error))

    def _broken_stream(self, error: BaseException) -> Trouble:
        if isinstance(error, Trouble):
            return error
        if self._answering_stub is not None:
            stub = self._answering_stub
            return handler_failed(f"the stream of {stub.describe()}", error, stub.place)
        trouble = MiddlewareFailed(f"the body that a middleware streams raised {type(error).__name__}: {error}")
        trouble.__cause__ = error
        return trouble


def _check_method(head: RequestHead) -> None:
    """A reverse proxy opens no tunnels (RFC 9110 section 9.3.6)."""
    if head.method == "CONNECT":
        # RFC 9110 section 15.5.6 demands the field; empty, it says that no method leads there (section 10.2.1).
        raise RefusedRequest(
            "CONNECT is not spoken here: this proxy forwards to declared targets",
            status_code=405,
            headers={"Allow": ""},
        )


def _raising(error: Exception) -> Core:
    async def refuse(_: ProxyContext) -> None:
        raise error

    return refuse


def _answer_to(error: Exception) -> OutgoingResponse:
    answer = response_of_error(error)
    assert answer is not None
    return OutgoingResponse.whole(answer.status, answer.headers, answer.body, answer.reason)


def _outgoing(reply: Reply) -> OutgoingResponse:
    source, length = reply.source()
    held = None if length is None else reply.body
    return OutgoingResponse(reply.status, reply.reason, reply.fields, source, held)
