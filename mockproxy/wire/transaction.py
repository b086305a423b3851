"""One request on a connection that a listener accepted, and the one answer to it."""

import asyncio
import socket
import struct
from collections.abc import Callable

from mockproxy.errors import MockProxyError
from mockproxy.messages.connection import Connection
from mockproxy.messages.headers import Headers, RawFields
from mockproxy.messages.message import RequestHead, ResponseHead, reason_of
from mockproxy.messages.source import ByteSource
from mockproxy.recording.tape import Tape
from mockproxy.wire.framing import persists
from mockproxy.wire.heads import encode_response_head
from mockproxy.wire.incoming import IncomingBody
from mockproxy.wire.sending import Framing, WriteFlow, encode_end, encode_piece, frame_response, without_content
from mockproxy.wire.tunnel import TunnelEnd

_NO_FIELDS = Headers()


class Transaction:
    """A request that has come, and the means to answer it once.

    ``finding`` says why the octets were no request; where not even a head could be read, ``head`` is None and ``raw``
    holds them.
    ``aborted`` is set, and the serving task cancelled, when the client leaves or the server stops; ``sent_head`` is
    that of the final response, once its sending has begun.
    ``half_closed`` is set when the client has finished sending, or has left, which looks the same.
    """

    __slots__ = ("_flow", "_pending_continue", "_switch", "_transport", "aborted", "body", "closes", "connection",
                 "finding", "half_closed", "head", "place", "raw", "sent_head")  # fmt: skip

    def __init__(
        self,
        *,
        transport: asyncio.Transport,
        flow: WriteFlow,
        connection: Connection,
        place: int,
        head: RequestHead | None,
        raw: bytes,
        body: IncomingBody,
        switch: Callable[[], IncomingBody],
        finding: MockProxyError | None = None,
    ) -> None:
        self._transport = transport
        self._flow = flow
        self.connection = connection
        self.place = place
        self.head = head
        self.raw = raw
        self.body = body
        self._switch = switch
        self.finding = finding
        self.aborted: MockProxyError | None = None
        self.half_closed = False
        self.sent_head: ResponseHead | None = None
        self.closes = head is None or not persists(head.headers, head.version)
        self._pending_continue = head is not None and _expects_continue(head)

    @property
    def awaits_continue(self) -> bool:
        """The client sends no body before it is told to (RFC 9110 section 10.1.1)."""
        return self._pending_continue and not self.body.complete

    def send_continue(self) -> None:
        """Tells a client that waits for it to send its body."""
        if self.awaits_continue:
            self.send_interim(ResponseHead(100, _NO_FIELDS, "Continue"))

    def send_interim(self, head: ResponseHead) -> bool:
        """Sends an interim response; False where the client is too old for one (RFC 9110 section 15.2)."""
        if self.head is None or self.head.version == "1.0":
            return False
        if head.status == 100:
            self._pending_continue = False
        self._transport.write(encode_response_head(head.status, head.reason, head.headers.raw))
        return True

    def switch_protocols(self, reason: str | None, fields: RawFields) -> TunnelEnd:
        """Sends 101 (RFC 9110 section 15.2.2) and leaves the connection to the protocol that its fields name."""
        fields = without_content(fields)
        phrase = reason_of(101) if reason is None else reason
        raw = encode_response_head(101, phrase, fields)
        self.sent_head = ResponseHead(101, Headers.of_wire(fields), phrase, "1.1", raw)
        self.closes = True
        self._transport.write(raw)
        return TunnelEnd(self._transport, self._flow, self._switch())

    async def respond(
        self,
        status: int,
        reason: str | None,
        fields: RawFields,
        source: ByteSource,
        *,
        tape: Tape,
        length: int | None,
        recorded: Callable[[ResponseHead], None],
    ) -> None:
        """Sends the final response; calls ``recorded`` with its head as sent, right before the last octet goes out.

        ``length`` is that of a body which is known whole.
        Raises what breaks the source, or ends the connection; then the client does not see a complete message
        (RFC 9112 section 8).
        """
        method, version = (self.head.method, self.head.version) if self.head else ("GET", "1.1")
        framing, fields = frame_response(fields, status=status, method=method, version=version, length=length)
        headers = Headers.of_wire(fields)
        announced = not persists(headers, "1.1")
        self.closes = self.closes or announced or framing is Framing.CLOSE or self._leaves_body_unread(status)
        headers = headers if announced else self._with_connection_option(headers, version)
        phrase = reason_of(status) if reason is None else reason
        raw = encode_response_head(status, phrase, headers.raw)
        head = ResponseHead(status, headers, phrase, "1.1", raw)
        self.sent_head = head
        declared = int(headers["Content-Length"]) if framing is Framing.LENGTH else None
        if framing is Framing.NO_BODY or declared == 0:
            recorded(head)
            self._transport.write(raw)
            return
        try:
            last = await self._send_body(raw, source, framing, declared, tape)
        except BaseException:
            self._break_off(framing)
            raise
        tape.trailers = source.trailers
        recorded(head)
        self._transport.write(last + encode_end(framing, source.trailers))
        if declared is not None and tape.size != declared:
            self.closes = True

    async def _send_body(
        self, pending: bytes, source: ByteSource, framing: Framing, declared: int | None, tape: Tape
    ) -> bytes:
        """Everything but the last write, which is returned: the record is closed before it."""
        while True:
            data = source.take()
            if not data and not source.at_end:
                if pending:
                    self._transport.write(pending)
                    pending = b""
                data = await source.next()
            tape.write(data)
            pending += encode_piece(framing, data)
            if source.at_end or (declared is not None and tape.size >= declared):
                return pending
            if pending:
                self._transport.write(pending)
                pending = b""
                await self._flow.drain()

    def _break_off(self, framing: Framing) -> None:
        """Ends the connection so that the client can tell: by a reset where only its end would end the message."""
        self.closes = True
        if framing is Framing.CLOSE:
            reset(self._transport)

    def _leaves_body_unread(self, status: int) -> bool:
        return not self.body.complete and (status >= 400 or self._pending_continue)

    def _with_connection_option(self, headers: Headers, version: str) -> Headers:
        if self.closes:
            return Headers.of_wire((*headers.raw, (b"Connection", b"close")))
        return Headers.of_wire((*headers.raw, (b"Connection", b"keep-alive"))) if version == "1.0" else headers


def reset(transport: asyncio.Transport) -> None:
    """Closes a connection with a reset instead of an orderly end.

    ``abort()`` alone sends FIN, which a client takes for the end of the message.
    """
    sock = transport.get_extra_info("socket")
    if sock is not None and not transport.is_closing():
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


def _expects_continue(head: RequestHead) -> bool:
    return head.version != "1.0" and "100-continue" in head.headers.tokens("Expect")
