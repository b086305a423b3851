"""The asking side of HTTP/1.1: a connection to a target.

What is sent is what it was given: nothing is added, decoded, redirected or repeated.
A connection that broke is an error of the exchange, never a silent second attempt.
"""

import asyncio
import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass

from mockproxy.errors import ContentError, MalformedMessage, RefusedRequest, UpstreamError, UpstreamTimeout
from mockproxy.messages.headers import RawFields
from mockproxy.messages.message import ResponseHead
from mockproxy.messages.source import ByteSource
from mockproxy.messages.websocket import opens_websocket
from mockproxy.recording.tape import Tape
from mockproxy.wire.framing import BodyDecoder, NoBody, UntilClose, persists, response_body
from mockproxy.wire.heads import RESPONSE_START, parse_response_head
from mockproxy.wire.incoming import IncomingBody
from mockproxy.wire.limits import Limits
from mockproxy.wire.listener import connection_of
from mockproxy.wire.read_buffer import BufferedReading
from mockproxy.wire.reader import MessageReader
from mockproxy.wire.sending import Framing, WriteFlow, encode_end, encode_piece
from mockproxy.wire.transaction import reset
from mockproxy.wire.tunnel import TunnelEnd
from mockproxy.wire.waiting import bounded


@dataclass(frozen=True, slots=True)
class Sending:
    """A request as it goes out: its head in octets, and the body behind it."""

    method: str
    head: bytes
    framing: Framing
    source: ByteSource
    tape: Tape
    length: int | None = None
    """The octets of the body that the head declares."""
    expects_continue: bool = False
    upgrades: bool = False
    """It asks for a WebSocket, and so may be answered 101."""


class UpstreamConnection(BufferedReading):
    """One connection to a target; one exchange at a time."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._reader = MessageReader(self, RESPONSE_START, limits.head)
        self._flow = WriteFlow(limits.stall_time)
        self._method = ""
        self._upgrades = False
        self._response: asyncio.Future[ResponseHead] | None = None
        self._interim: Callable[[ResponseHead], None] | None = None
        self._in_interim = False
        self._upload: asyncio.Task[None] | None = None
        self._progress = 0.0
        self._asks_client = False
        self._withheld = False
        self._body: IncomingBody | None = None
        self._reusable = True
        self._lost = False
        self.place = -1

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self.connection = connection_of(transport, accepted=False)

    def data_received(self, data: bytes) -> None:
        if self._response is None:
            # An answer that nobody asked for: it must never be taken for that to a later request.
            self.close()
            return
        try:
            self._reader.feed(data)
            while self._in_interim:
                self._in_interim = False
                self._reader.read_next()
        except (MalformedMessage, RefusedRequest) as finding:
            self._fail(UpstreamError(f"the target's answer is not HTTP: {finding}"), finding)
            return
        if self._body is not None and self._body.complete and self._reader.unread:
            # The same holds behind an answer that is whole.
            self.close()

    def eof_received(self) -> bool:
        if self._body is not None:
            # A body that ends with the connection ends here, and not with a reset (RFC 9112 section 8).
            self._reader.finish()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is not None and self._response is not None:
            self._read_last_words()
        self._lost = True
        how = "reset" if isinstance(exc, ConnectionResetError) else "closed"
        when = "in the middle of its answer" if self._body is not None or self._reader.unread else "without an answer"
        self._fail(UpstreamError(f"the target {how} the connection {when}"), exc)

    def _read_last_words(self) -> None:
        """Reads what had come when sending failed.

        A target that refuses a large upload answers and closes; its reset makes the next write fail, and asyncio then
        drops the answer unread.
        """
        with contextlib.suppress(OSError):
            while data := os.read(self._transport.get_extra_info("socket").fileno(), 65536):
                self.data_received(data)

    def pause_writing(self) -> None:
        self._flow.pause()

    def resume_writing(self) -> None:
        self._flow.resume()

    # What the reader calls.

    def head_read(self, raw: bytes) -> BodyDecoder:
        head = parse_response_head(raw, self._limits.fields)
        if head.status == 101:
            self._check_switch(head)
        elif head.status < 200:
            self._in_interim = True
            if head.status == 100:
                self._withheld = False
            if self._interim is not None:
                self._interim(head)
            return NoBody()
        switched = head.status == 101
        # Behind 101 come octets of another protocol, until the connection ends.
        decoder = UntilClose() if switched else response_body(head, self._method, self._limits.head)
        stall_time = self._limits.tunnel_time if switched else self._limits.stall_time
        self._body = IncomingBody(self._transport, limit=self._limits.buffered, stall_time=stall_time)
        self._reusable = self._reusable and not switched and persists(head.headers, head.version)
        if self._response is not None and not self._response.done():
            self._response.set_result(head)
        return decoder

    def _check_switch(self, head: ResponseHead) -> None:
        if not self._upgrades:
            raise MalformedMessage("101 Switching Protocols, though nothing asked for it")
        if not opens_websocket(head):
            named = head.headers.get("Upgrade")
            raise MalformedMessage(f"101 Switching Protocols to {named!r}, though a WebSocket was asked for")

    def body_read(self, data: bytes) -> None:
        assert self._body is not None
        self._body.feed(data)

    def message_read(self, trailers: RawFields) -> None:
        if not self._in_interim and self._body is not None:
            self._body.end(trailers)

    # What the owner calls.

    @property
    def idle(self) -> bool:
        """Whether another request may be sent on it."""
        return not self._lost and self._reusable and not self._transport.is_closing()

    async def ask(
        self, sending: Sending, *, timeout: float, interim: Callable[[ResponseHead], None]
    ) -> tuple[ResponseHead, IncomingBody]:
        """Sends a request and returns the head of its answer, with the body that follows it.

        The body of the request goes on being sent while the answer is awaited and read.
        ``timeout`` bounds the wait for the head, from the last octet sent.  A client that is slow to send its body is
        no delay of the target, unless it waits for the target's leave.
        """
        self.place += 1
        self._method = sending.method
        self._upgrades = sending.upgrades
        self._interim = interim
        self._body = None
        self._response = self._loop.create_future()
        self._reader.read_next()
        self._start_sending(sending)
        head = await self._awaited_head(timeout)
        assert self._body is not None
        return head, self._body

    async def _awaited_head(self, timeout: float) -> ResponseHead:
        assert self._response is not None
        late = UpstreamTimeout(f"the target did not answer within {timeout:g} s")
        if self._upload is None:
            return await bounded(self._response, timeout, late)
        while True:
            waited_until = self._progress + timeout
            done, _ = await asyncio.wait({self._response}, timeout=max(0.0, waited_until - self._loop.time()))
            if done:
                return self._response.result()
            if self._asks_client and not self._withheld:
                self._progress = self._loop.time()
            if self._progress + timeout <= self._loop.time():
                raise late

    def _start_sending(self, sending: Sending) -> None:
        data = sending.source.take()
        if data or sending.source.at_end:
            _note(sending, data)
        first = sending.head + encode_piece(sending.framing, data)
        if sending.source.at_end:
            self._write_end(sending, first)
            return
        self._transport.write(first)
        self._progress = self._loop.time()
        self._withheld = sending.expects_continue and not data
        self._upload = self._loop.create_task(self._send_rest(sending))

    async def _send_rest(self, sending: Sending) -> None:
        try:
            while True:
                await self._flow.drain()
                self._asks_client = True
                data = await sending.source.next()
                self._asks_client = self._withheld = False
                self._progress = self._loop.time()
                _note(sending, data)
                piece = encode_piece(sending.framing, data)
                if sending.source.at_end:
                    break
                self._transport.write(piece)
            self._write_end(sending, piece)
        except UpstreamError:
            # The connection was lost: who waits for the answer is told of it there.
            return
        except Exception as error:  # noqa: BLE001 - whoever waits for the answer is told
            self._fail(error, error)

    def _write_end(self, sending: Sending, last: bytes) -> None:
        sending.tape.trailers = sending.source.trailers
        self._transport.write(last + encode_end(sending.framing, sending.source.trailers))

    def switched(self) -> TunnelEnd:
        """This connection behind an answer of 101."""
        assert self._body is not None
        return TunnelEnd(self._transport, self._flow, self._body)

    async def finish(self) -> bool:
        """Ends the exchange; False where it was not complete in both directions."""
        complete = self._body is not None and self._body.complete
        if self._upload is not None:
            complete = complete and self._upload.done()
            self._upload.cancel()
            await asyncio.wait({self._upload})
            self._upload = None
        self._response = None
        self._interim = None
        if not complete or self._reader.unread:
            self._reusable = False
        return complete

    def close(self) -> None:
        self._reusable = False
        self._transport.abort()

    def cut(self) -> None:
        """Ends a connection in the middle of an exchange: by a reset, so that the target need not go on with it.

        An orderly end would look to the target like a client that has only finished sending.
        """
        self._reusable = False
        reset(self._transport)

    def _fail(self, error: Exception, cause: BaseException | None) -> None:
        if cause is not error:
            error.__cause__ = cause
        self._reusable = False
        self._flow.lose(error)
        if self._response is not None and not self._response.done():
            self._response.set_exception(error)
            # Whoever has left no longer asks for it.
            self._response.exception()
        if self._body is not None:
            self._body.fail(error)
        self._transport.abort()


def _note(sending: Sending, data: bytes) -> None:
    """Puts on the tape what is about to be sent; raises ``ContentError`` where that is not what the head declares.

    What is too much would begin the next request on the connection, and for what is missing the target would wait.
    """
    sending.tape.write(data)
    size, declared = sending.tape.size, sending.length
    if declared is not None and (size > declared or (size < declared and sending.source.at_end)):
        more = "" if sending.source.at_end else " or more"
        raise ContentError(f"the head declares Content-Length: {declared}, and the body has {size}{more} octets")
