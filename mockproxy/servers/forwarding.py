"""The core of the chain: one request to one target and back, every octet of it on the record."""

from collections.abc import Callable

from mockproxy.errors import ConfigurationError
from mockproxy.messages.confinement import confined
from mockproxy.messages.forwarding import asks_for_websocket, end_to_end, with_forwarded, with_host
from mockproxy.messages.headers import Headers, RawFields
from mockproxy.messages.length import declared_length
from mockproxy.messages.message import RequestHead, ResponseHead
from mockproxy.messages.source import Held
from mockproxy.messages.url import Origin, path_and_query
from mockproxy.pipeline.context import ProxyContext
from mockproxy.pipeline.outgoing import OutgoingResponse
from mockproxy.recording.exchange import FieldsOnTheWay
from mockproxy.recording.recorder import LegRecorder, Recorder
from mockproxy.servers.routing import Found
from mockproxy.wire.heads import encode_request_head, encode_response_head
from mockproxy.wire.incoming import IncomingBody
from mockproxy.wire.pool import UpstreamPool
from mockproxy.wire.sending import Framing, frame_request
from mockproxy.wire.tunnel import TunnelEnd
from mockproxy.wire.upstream import Sending, UpstreamConnection


class Trips:
    """The trips of one exchange to its target: more than one where a middleware calls on again."""

    def __init__(
        self,
        found: Found,
        *,
        pool: UpstreamPool,
        recorder: Recorder,
        record_limit: int,
        timeout: float,
        interim: Callable[[ResponseHead], None],
    ) -> None:
        self._forward = found.forward
        self._segments = found.segments
        self._pool = pool
        self._recorder = recorder
        self._record_limit = record_limit
        self._timeout = timeout
        self._interim = interim
        self.switched: TunnelEnd | None = None
        """The target's side of the WebSocket that the last trip opened."""
        self._under_way: tuple[Origin, UpstreamConnection, LegRecorder] | None = None

    async def forward(self, ctx: ProxyContext) -> None:
        """Sends the request as the middlewares left it and sets ``ctx.response``.

        Raises ``UpstreamError`` where there is no answer to give.
        """
        await self.end()
        self._expand_path(ctx)
        origin = self._forward.target.origin
        source, length = ctx.request.source(), ctx.request.length
        upgrades = _upgrades(ctx)
        head, framing, fields_on_the_way = self._outgoing(ctx, origin, length, upgrades=upgrades)
        leg = LegRecorder(self._forward.target.name, origin.authority, head, fields_on_the_way, self._record_limit)
        self._recorder.legs.append(leg)
        try:
            connection = await self._pool.connect(origin, timeout=self._timeout)
            self._under_way = (origin, connection, leg)
            leg.connection = connection.connection
            leg.place = connection.place + 1
            leg.reached_target = True
            leg.source = source
            answer, body = await connection.ask(
                Sending(
                    head.method,
                    head.raw,
                    framing,
                    source,
                    leg.sent,
                    length=declared_length(head.headers) if framing is Framing.LENGTH else None,
                    expects_continue="100-continue" in head.headers.tokens("Expect"),
                    upgrades=upgrades,
                ),
                timeout=self._timeout,
                interim=lambda interim: self._note_interim(leg, interim),
            )
        except Exception as error:
            leg.error = error
            leg.end()
            raise
        leg.response_head = answer
        fields = end_to_end(answer.headers.raw)
        if answer.status == 101:
            self.switched = connection.switched()
            ctx.response = OutgoingResponse(101, answer.reason, fields, Held(b""), b"")
            return
        taped = _Taped(body, leg)
        ctx.response = OutgoingResponse(answer.status, answer.reason, fields, taped, b"" if taped.at_end else None)

    async def end(self) -> None:
        """Gives the connection of the trip under way back, or closes it where its answer was not read to the end."""
        if self._under_way is not None:
            origin, connection, leg = self._under_way
            self._under_way = self.switched = None
            leg.end()
            await self._pool.give_back(origin, connection)

    def _note_interim(self, leg: LegRecorder, interim: ResponseHead) -> None:
        leg.informational.append(interim)
        fields = end_to_end(interim.headers.raw)
        raw = encode_response_head(interim.status, interim.reason, fields)
        self._interim(ResponseHead(interim.status, Headers.of_wire(fields), interim.reason, "1.1", raw))

    def _expand_path(self, ctx: ProxyContext) -> None:
        """``Forward(path=...)`` is expanded after the chain, unless a middleware has set the path."""
        template = self._forward.path
        if template is None or ctx.request.path_was_set:
            return
        path = template.expand({name: self._rendered(name, str(value)) for name, value in ctx.path_params.items()})
        ctx.request.path = confined(path, template.literal_prefix)

    def _rendered(self, name: str, value: str) -> str:
        """What stood for one segment of the path goes on as one."""
        if name not in self._segments:
            return value
        if not value:
            raise ConfigurationError(f"the path parameter {name!r} is empty, and stands for a segment that is not")
        return value.replace("/", "%2F")

    def _outgoing(
        self, ctx: ProxyContext, origin: Origin, length: int | None, *, upgrades: bool
    ) -> tuple[RequestHead, Framing, FieldsOnTheWay]:
        request, incoming = ctx.request, ctx.incoming
        asked = request.headers.raw
        fields = end_to_end(asked, upgrade=upgrades)
        if not self._forward.preserve_host:
            fields = with_host(fields, origin.authority.encode())
        if self._forward.forwarded:
            host = incoming.headers.get("Host")
            fields = with_forwarded(
                fields, peer=ctx.client[0].encode(), host=host.encode("latin-1") if host else None, scheme=b"http"
            )
        framing, fields = frame_request(fields, length=length)
        path, query = path_and_query(request.raw_target)
        path = origin.full_path(path)
        if origin.base_path:
            path = confined(path, f"{origin.base_path}/")
        target = path if query is None else f"{path}?{query}"
        raw = encode_request_head(request.method, target, fields)
        head = RequestHead(request.method, target, Headers.of_wire(fields), "1.1", raw)
        return head, framing, (incoming.headers.raw, asked, fields)


def _upgrades(ctx: ProxyContext) -> bool:
    """Whether the target is asked for a WebSocket: where the client does so, and no middleware took that away.

    HTTP/1.0 knows no upgrade (RFC 9110 section 7.8), and behind content of a request none is needed.
    """
    request, incoming = ctx.request, ctx.incoming
    if request.method != "GET" or request.length != 0 or incoming.version == "1.0":
        return False
    return asks_for_websocket(request.headers.raw) and asks_for_websocket(incoming.headers.raw)


class _Taped:
    """The body of a target's answer, noted while it is taken."""

    __slots__ = ("_body", "_leg")

    def __init__(self, body: IncomingBody, leg: LegRecorder) -> None:
        self._body = body
        self._leg = leg

    @property
    def at_end(self) -> bool:
        return self._body.at_end

    @property
    def trailers(self) -> RawFields:
        return self._body.trailers

    def take(self) -> bytes:
        return self._noted(self._body.take())

    async def next(self) -> bytes:
        try:
            return self._noted(await self._body.next())
        except Exception as error:
            self._leg.error = error
            raise

    def _noted(self, data: bytes) -> bytes:
        leg = self._leg
        if data:
            leg.received.write(data)
        if self._body.at_end:
            leg.received.trailers = self._body.trailers
            leg.end()
        return data
