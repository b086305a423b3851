"""The accepting side of HTTP/1.1: one protocol a connection, one task a request, strictly one after the other."""

import asyncio
from collections.abc import Awaitable, Callable

from mockproxy.errors import ClientLeft, MalformedMessage, MockProxyError, RefusedRequest, ServerStopped
from mockproxy.messages.headers import RawFields
from mockproxy.messages.message import RequestHead
from mockproxy.pipeline.run import ends_task
from mockproxy.wire.framing import BodyDecoder, request_body
from mockproxy.wire.heads import REQUEST_START, parse_request_head
from mockproxy.wire.incoming import IncomingBody
from mockproxy.wire.limits import Limits
from mockproxy.wire.listener import AcceptedConnection, connection_of
from mockproxy.wire.read_buffer import BufferedReading
from mockproxy.wire.reader import MessageReader
from mockproxy.wire.sending import WriteFlow
from mockproxy.wire.transaction import Transaction

Serve = Callable[[Transaction], Awaitable[None]]

_LEFT = "the client closed the connection before it had its answer"
# As long as a hosted application is given, so that a target and a proxy in front of it end within two seconds.
_STOP_TIME = 0.5


class ServerConnection(BufferedReading):
    """Reads requests and has each of them served, the next one when the one before is answered.

    ``serve`` is run in a task for every request, for octets that are none too (``transaction.finding``); it must call
    ``transaction.respond`` unless it raises.
    """

    def __init__(self, serve: Serve, limits: Limits, live: set[AcceptedConnection]) -> None:
        self._serve = serve
        self._limits = limits
        self._live = live
        self._reader = MessageReader(self, REQUEST_START, limits.head)
        self._flow = WriteFlow(limits.stall_time)
        self._current: Transaction | None = None
        self._task: asyncio.Task[None] | None = None
        self._place = 0
        self._tunnelled: IncomingBody | None = None
        self._raw_head = b""
        self._timer: asyncio.TimerHandle | None = None
        self._idle_timer: asyncio.TimerHandle | None = None
        self._idle_since = 0.0
        self._reading_paused = False
        self._half_closed = False
        self._lingering = False
        self._lost = False

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._connection = connection_of(transport, accepted=True)
        self._live.add(self)
        self._wait_for_request()

    def data_received(self, data: bytes) -> None:
        if self._lingering:
            return
        if self._tunnelled is not None:
            self._tunnelled.feed(data)
            return
        begun = bool(self._reader.unread)
        self._read(self._reader.feed, data)
        if not self._reader.unread:
            return
        if self._current is None:
            if not begun:
                self._set_timer(self._limits.head_time, self._head_timed_out)
        else:
            # Said again after the body has been taken, which sets reading going.
            self._reading_paused = True
            self._transport.pause_reading()

    def eof_received(self) -> bool:
        self._half_closed = True
        current = self._current
        if current is None:
            self._no_more_requests()
            return False
        current.half_closed = True
        if self._tunnelled is not None:
            self._tunnelled.end()
            return True
        if not current.body.complete:
            self._abort(ClientLeft("the client left before it had sent its whole request"))
            return False
        self._set_timer(self._limits.half_close_time, self._half_close_timed_out)
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost = True
        if self._task is None:
            self._live.discard(self)
        self._clear_timers()
        left = ClientLeft(_LEFT)
        self._flow.lose(left)
        self._abort(left)

    def pause_writing(self) -> None:
        self._flow.pause()

    def resume_writing(self) -> None:
        self._flow.resume()

    # What the reader calls.

    def head_read(self, raw: bytes) -> BodyDecoder:
        self._raw_head = raw
        head = parse_request_head(raw, self._limits.fields)
        decoder = request_body(head, self._limits.head)
        self._begin(head, raw, self._incoming_body())
        return decoder

    def body_read(self, data: bytes) -> None:
        if self._current is not None:
            self._current.body.feed(data)

    def message_read(self, trailers: RawFields) -> None:
        if self._current is not None:
            self._current.body.end(trailers)

    # The life of a request.

    def _read(self, step: Callable[..., None], *data: bytes) -> None:
        try:
            step(*data)
        except (MalformedMessage, RefusedRequest) as finding:
            if self._current is None:
                self._refuse(finding)
            else:
                # Where the body came with its head, the task has not begun, and nothing of this is served.
                self._current.finding = finding
                self._current.closes = True
                self._current.body.fail(finding)

    def _begin(
        self, head: RequestHead | None, raw: bytes, body: IncomingBody, finding: MockProxyError | None = None
    ) -> None:
        self._clear_timer()
        if self._half_closed:
            self._set_timer(self._limits.half_close_time, self._half_close_timed_out)
        transaction = Transaction(
            transport=self._transport,
            flow=self._flow,
            connection=self._connection,
            place=self._place,
            head=head,
            raw=raw,
            body=body,
            switch=self._switch_protocols,
            finding=finding,
        )
        transaction.half_closed = self._half_closed
        self._place += 1
        self._current = transaction
        self._task = self._loop.create_task(self._run(transaction))

    def _switch_protocols(self) -> IncomingBody:
        """From here on what the client sends is no HTTP; what it has sent already is the beginning of that."""
        limits = self._limits
        self._tunnelled = IncomingBody(self._transport, limit=limits.buffered, stall_time=limits.tunnel_time)
        if self._reader.unread:
            self._tunnelled.feed(self._reader.unread)
        if self._reading_paused:
            self._reading_paused = False
            self._transport.resume_reading()
        if self._half_closed:
            self._tunnelled.end()
        return self._tunnelled

    def _refuse(self, finding: MockProxyError) -> None:
        body = self._incoming_body()
        body.end()
        self._begin(None, self._raw_head or self._reader.unread, body, finding)

    async def _run(self, transaction: Transaction) -> None:
        try:
            await self._serve(transaction)
        except BaseException as error:
            if ends_task(error):
                self._transport.close()
                raise
            # Nothing true can be said to the client any more; the server has recorded why.
            transaction.closes = True
        finally:
            self._current = None
            self._task = None
            self._raw_head = b""
            if self._lost:
                self._live.discard(self)
        self._go_on(transaction)

    def _go_on(self, answered: Transaction) -> None:
        if self._transport.is_closing():
            return
        if answered.closes or not answered.body.complete:
            self._close(linger=self._may_still_send(answered))
            return
        if self._reading_paused:
            self._reading_paused = False
            self._transport.resume_reading()
        self._wait_for_request()
        self._read(self._reader.read_next)
        if self._half_closed and self._current is None:
            self._no_more_requests()

    def _may_still_send(self, answered: Transaction) -> bool:
        unfinished = not answered.body.complete or answered.head is None or bool(self._reader.unread)
        return unfinished or self._tunnelled is not None

    def _no_more_requests(self) -> None:
        """The client has finished sending and was answered; a head that it has begun will never be whole."""
        if self._reader.unread and not self._lingering:
            self._refuse(ClientLeft("the client left in the middle of a head"))
        else:
            self._transport.close()

    def _abort(self, cause: MockProxyError) -> None:
        current = self._current
        if current is not None and current.aborted is None and self._task is not None:
            current.aborted = cause
            current.body.fail(cause)
            self._task.cancel()

    async def stop(self) -> None:
        """Ends what is under way and the connection; a task that goes on though it was cancelled holds up nobody."""
        self._lingering = True
        task = self._task
        stopped = ServerStopped("the server was stopped before it had answered")
        self._abort(ClientLeft(_LEFT) if self._half_closed else stopped)
        if task is not None:
            await asyncio.wait({task}, timeout=_STOP_TIME)
        self._clear_timers()
        self._transport.close()
        if self._transport.get_write_buffer_size():
            self._transport.abort()

    def _close(self, *, linger: bool) -> None:
        """Closes; where the client may still be sending, only after what it sends was read and dropped.

        Unread octets would turn the end of the connection into a reset, which can overtake the answer
        (RFC 9112 section 9.6).
        """
        if not linger:
            self._transport.close()
            return
        self._lingering = True
        try:
            if self._transport.can_write_eof():
                self._transport.write_eof()
        except OSError:
            # The client has left, which nobody saw while reading was paused.
            self._transport.abort()
            return
        if self._reading_paused or not self._transport.is_reading():
            self._transport.resume_reading()
        self._set_timer(self._limits.linger_time, self._transport.close)

    # Waits with a bound.

    def _wait_for_request(self) -> None:
        # One timer a connection, put off when it fires: a request must not pay for one of its own.
        self._idle_since = self._loop.time()
        if self._idle_timer is None:
            self._idle_timer = self._loop.call_later(self._limits.idle_time, self._check_idle)

    def _check_idle(self) -> None:
        idle_for = 0.0 if self._current is not None else self._loop.time() - self._idle_since
        if idle_for >= self._limits.idle_time:
            self._transport.close()
        else:
            self._idle_timer = self._loop.call_later(self._limits.idle_time - idle_for, self._check_idle)

    def _head_timed_out(self) -> None:
        seconds = self._limits.head_time
        self._refuse(RefusedRequest(f"the head did not come within {seconds:g} s", status_code=408))

    def _half_close_timed_out(self) -> None:
        self._abort(ClientLeft(_LEFT))

    def _set_timer(self, seconds: float, then: Callable[[], None]) -> None:
        self._clear_timer()
        self._timer = self._loop.call_later(seconds, then)

    def _clear_timers(self) -> None:
        self._clear_timer()
        if self._idle_timer is not None:
            self._idle_timer.cancel()
            self._idle_timer = None

    def _clear_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _incoming_body(self) -> IncomingBody:
        return IncomingBody(self._transport, limit=self._limits.buffered, stall_time=self._limits.stall_time)
