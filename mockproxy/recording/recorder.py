"""Gathers one exchange while it happens, and files it when it is over."""

from collections.abc import Callable, Mapping

from mockproxy.errors import Trouble
from mockproxy.messages.connection import Connection
from mockproxy.messages.message import Request, RequestHead, Response, ResponseHead
from mockproxy.messages.source import ByteSource
from mockproxy.pipeline.trace import StepLog, Trace
from mockproxy.recording.clock import now
from mockproxy.recording.conversation import Conversation
from mockproxy.recording.exchange import Exchange, FieldsOnTheWay, Leg
from mockproxy.recording.journal import Journal
from mockproxy.recording.tape import Tape


class LegRecorder:
    """Gathers one trip to a target."""

    def __init__(
        self, target: str, authority: str, head: RequestHead, fields_on_the_way: FieldsOnTheWay, limit: int
    ) -> None:
        self.target = target
        self.authority = authority
        self.head = head
        self.fields_on_the_way = fields_on_the_way
        self.sent = Tape(limit)
        self.received = Tape(limit)
        self.informational: list[ResponseHead] = []
        self.response_head: ResponseHead | None = None
        self.connection: Connection | None = None
        self.place = 0
        self.reached_target = False
        self.error: BaseException | None = None
        self.source: ByteSource | None = None
        """Where the body that is sent comes from."""
        self._started = now()
        self._ended: float | None = None

    def end(self) -> None:
        """The answer is whole, or will never be."""
        if self._ended is None:
            self._ended = now()

    def leg(self) -> Leg:
        self.end()
        self.sent.unread = self.source is not None and not self.source.at_end
        answer = None
        if self.response_head is not None:
            answer = Response.recorded(self.response_head, self.received.payload(), tuple(self.informational))
        return Leg(
            target=self.target,
            request=Request.recorded(self.head, self.sent.payload(), self.authority),
            answer=answer,
            fields_on_the_way=self.fields_on_the_way,
            connection=self.connection,
            place=self.place,
            reached_target=self.reached_target,
            started=self._started,
            elapsed=(self._ended or now()) - self._started,
            error=self.error,
        )


class Recorder:
    """Gathers one exchange of a server; ``close`` may be called once.

    ``awaited`` tells whether the client still waits for the answer.
    """

    def __init__(
        self,
        journal: Journal,
        *,
        head: RequestHead | None,
        raw: bytes,
        connection: Connection,
        place: int,
        limit: int,
        awaited: Callable[[], bool] = lambda: True,
    ) -> None:
        self._journal = journal
        self._started = now()
        self._raw = raw
        self._connection = connection
        self._place = place
        self.head = head
        self.limit = limit
        self.received = Tape(limit)
        self.given = Tape(limit)
        self.legs: list[LegRecorder] = []
        self.informational: list[ResponseHead] = []
        self.troubles: list[Trouble] = []
        self.error: BaseException | None = None
        self.conversation: Conversation | None = None
        """What is said over a WebSocket, once one is open."""
        self.steps: StepLog | None = None
        """The steps inside of a hosted application, where they are traced."""
        self.closed = False
        request = "malformed request" if head is None else f"{head.method} {head.raw_target}"
        self.index = 0
        self.index = journal.begin(request, awaited, self.so_far)

    def note_error(self, error: BaseException) -> None:
        """Keeps why a request was not served as it should; trouble fails the test."""
        self.error = error
        if isinstance(error, Trouble):
            self.troubles.append(error)

    def so_far(self) -> Exchange:
        """What is known while the exchange goes on."""
        return Exchange(
            server=self._journal.server,
            index=self.index,
            received=self._request(),
            given=None,
            connection=self._connection,
            place=self._place,
            started=self._started,
            elapsed=now() - self._started,
        )

    def close(
        self, response: ResponseHead | None, *, trace: Trace | None = None, state: Mapping[str, object] | None = None
    ) -> Exchange:
        """Files the exchange; everything about it is known, or never will be."""
        self.closed = True
        exchange = Exchange(
            server=self._journal.server,
            index=self.index,
            received=self._request(),
            given=None if response is None else self._response(response),
            legs=tuple([leg.leg() for leg in self.legs]),
            trace=self._traced() if trace is None else trace,
            state=dict(state) if state else {},
            connection=self._connection,
            place=self._place,
            started=self._started,
            elapsed=now() - self._started,
            error=self.error,
            troubles=tuple(self.troubles),
            raw=self._raw if self.head is None else b"",
            upgraded=None if self.conversation is None else self.conversation.websocket(),
        )
        self._journal.file(exchange)
        return exchange

    def _traced(self) -> Trace:
        return _NO_TRACE if self.steps is None else self.steps.trace_of_application()

    def _request(self) -> Request | None:
        if self.head is None:
            return None
        server, port = self._connection.server
        return Request.recorded(self.head, self.received.payload(), f"{server}:{port}")

    def _response(self, head: ResponseHead) -> Response:
        return Response.recorded(head, self.given.payload(), tuple(self.informational))


_NO_TRACE = Trace()
