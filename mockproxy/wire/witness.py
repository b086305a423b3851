"""Reading along on a connection that somebody else serves.

The witness sees the octets of both directions, pairs requests with responses, and touches nothing.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from mockproxy.errors import MalformedMessage, MockProxyError, RefusedRequest
from mockproxy.messages.headers import RawFields
from mockproxy.messages.message import RequestHead, ResponseHead
from mockproxy.messages.websocket import opens_websocket
from mockproxy.recording.recorder import Recorder
from mockproxy.wire.framing import BodyDecoder, NoBody, UntilClose, request_body, response_body
from mockproxy.wire.heads import REQUEST_START, RESPONSE_START, parse_request_head, parse_response_head
from mockproxy.wire.limits import Limits
from mockproxy.wire.overheard import OverheardWebSocket
from mockproxy.wire.reader import MessageReader

Write = Callable[[bytes], None]


class Ledger(Protocol):
    """Who opens a record for each request, and takes it back when the exchange is over."""

    def open(self, head: RequestHead | None, raw: bytes) -> Recorder: ...

    def close(self, recorder: Recorder, head: ResponseHead | None) -> None: ...


@dataclass(slots=True)
class _Pending:
    """An exchange whose response is not complete."""

    recorder: Recorder
    method: str
    head: ResponseHead | None = None
    informational: list[ResponseHead] = field(default_factory=list)


class Witness:
    """Keeps the record of one connection, also of a WebSocket that is opened on it.

    After an upgrade to anything else, or octets that it cannot read, it sees nothing more.
    """

    def __init__(self, ledger: Ledger, limits: Limits) -> None:
        self._ledger = ledger
        self._pending: deque[_Pending] = deque()
        self._requests = _RequestSide(self, limits)
        self._responses = _ResponseSide(self, limits)
        self._reads_requests = True
        self._reads_responses = True
        self._overheard: OverheardWebSocket | None = None

    def client_sent(self, data: bytes) -> None:
        if self._overheard is not None:
            self._overheard.client_sent(data)
            return
        if not self._reads_requests:
            return
        try:
            self._requests.feed(data)
        except (MalformedMessage, RefusedRequest) as finding:
            # The server decides what it makes of such octets; the record says what they were, and what it answered.
            self._reads_requests = False
            (self._requests.under_way or self._begin(None, self._requests.raw)).note_error(finding)

    def server_sent(self, data: bytes) -> None:
        """Must be told before the octets are on their way: the record is complete before the client is."""
        if not self._reads_responses:
            return
        try:
            self._responses.feed(data)
        except (MalformedMessage, RefusedRequest) as finding:
            self._go_blind()
            if self._pending:
                self._pending[0].recorder.note_error(finding)
                self._file_first()

    def ended(self, cause: MockProxyError | None) -> None:
        """The connection is over; what is not complete stays so, for this cause."""
        if self._overheard is not None:
            # Whoever said Close may end the connection; nobody else may (RFC 6455 section 7.1.6).
            said = self._overheard.conversation
            cause = None if said.client.closed or said.server.closed else cause
        elif self._reads_responses:
            self._responses.finish()
        if self._requests.under_way is not None:
            self._requests.under_way.received.unread = True
        while self._pending:
            recorder = self._pending[0].recorder
            recorder.error = recorder.error or cause
            self._file_first()

    @property
    def current(self) -> Recorder | None:
        """The record of the request that is being answered."""
        return self._pending[0].recorder if self._pending else None

    def _begin(self, head: RequestHead | None, raw: bytes) -> Recorder:
        recorder = self._ledger.open(head, raw)
        self._pending.append(_Pending(recorder, "GET" if head is None else head.method))
        return recorder

    def _file_first(self) -> None:
        pending = self._pending.popleft()
        self._ledger.close(pending.recorder, pending.head)

    def _go_blind(self) -> None:
        self._reads_requests = self._reads_responses = False

    # What the two sides tell.

    def request_begun(self, head: RequestHead) -> Recorder:
        return self._begin(head, head.raw)

    def response_begun(self, head: ResponseHead) -> tuple[Write, str]:
        if not self._pending:
            return _drop, "GET"
        pending = self._pending[0]
        if head.status < 200 and head.status != 101:
            pending.recorder.informational.append(head)
        else:
            pending.head = head
        if opens_websocket(head):
            self._overheard = OverheardWebSocket(pending.recorder, head, self._file_first)
            return self._overheard.server_sent, pending.method
        return pending.recorder.given.write, pending.method

    def response_complete(self, trailers: RawFields) -> None:
        if not self._pending or self._pending[0].head is None:
            return
        pending = self._pending[0]
        assert pending.head is not None
        pending.recorder.given.trailers = trailers
        self._file_first()
        if pending.head.status == 101 or (pending.method == "CONNECT" and pending.head.status < 300):
            self._go_blind()


def _drop(_: bytes) -> None:
    """What nobody asked for."""


class _RequestSide:
    """What the client sends: messages that follow one another, whoever answers them."""

    def __init__(self, witness: Witness, limits: Limits) -> None:
        self._witness = witness
        self._limits = limits
        self._reader = MessageReader(self, REQUEST_START, limits.head)
        self._recorder: Recorder | None = None
        self._ended = False
        self.raw = b""

    @property
    def under_way(self) -> Recorder | None:
        """The open record of the request whose body is being read."""
        return None if self._recorder is None or self._recorder.closed else self._recorder

    def feed(self, data: bytes) -> None:
        self.raw = data if not self._reader.unread else self._reader.unread + data
        self._reader.feed(data)
        while self._ended:
            self._ended = False
            self._reader.read_next()

    def head_read(self, raw: bytes) -> BodyDecoder:
        self.raw = raw
        head = parse_request_head(raw, self._limits.fields)
        decoder = request_body(head, self._limits.head)
        self._recorder = self._witness.request_begun(head)
        return decoder

    def body_read(self, data: bytes) -> None:
        assert self._recorder is not None
        self._recorder.received.write(data)

    def message_read(self, trailers: RawFields) -> None:
        assert self._recorder is not None
        self._recorder.received.trailers = trailers
        self._recorder = None
        self._ended = True


class _ResponseSide:
    """What the server sends."""

    def __init__(self, witness: Witness, limits: Limits) -> None:
        self._witness = witness
        self._limits = limits
        self._reader = MessageReader(self, RESPONSE_START, limits.head)
        self._write: Write = _drop
        self._ended = False

    def feed(self, data: bytes) -> None:
        self._reader.feed(data)
        while self._ended:
            self._ended = False
            self._reader.read_next()

    def finish(self) -> None:
        self._reader.finish()

    def head_read(self, raw: bytes) -> BodyDecoder:
        head = parse_response_head(raw, self._limits.fields)
        self._write, method = self._witness.response_begun(head)
        if method == "CONNECT" and head.status < 300:
            return NoBody()
        if opens_websocket(head):
            return UntilClose()
        return response_body(head, method, self._limits.head)

    def body_read(self, data: bytes) -> None:
        self._write(data)

    def message_read(self, trailers: RawFields) -> None:
        self._ended = True
        self._witness.response_complete(trailers)
