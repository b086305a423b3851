"""Gathers one call while it happens.

Which call that is, a context variable knows: aiohttp's signal at the start of a request runs in the task of the
request, and so do its middlewares; a request that a middleware makes by itself is a call of its own, inside.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import SimpleNamespace

from aiohttp import (
    ClientResponse,
    ClientSession,
    RequestInfo,
    TraceConfig,
    TraceRequestEndParams,
    TraceRequestExceptionParams,
    TraceRequestStartParams,
)
from aiohttp.connector import Connection as ClientConnection

from mockproxy.client.attempt import Attempt, CallAttempts
from mockproxy.client.call import Call
from mockproxy.client.calls import Calls
from mockproxy.client.message_state import Bodies, connection_of, request_head, response_head
from mockproxy.messages.connection import Connection
from mockproxy.messages.message import ResponseHead
from mockproxy.pipeline.trace import StepLog
from mockproxy.recording.clock import now


class AttemptRecorder:
    """Gathers one request that is sent, and its answer."""

    def __init__(self, info: RequestInfo) -> None:
        self._info = info
        self._started = now()
        self.acquired_at: float | None = None
        self._connection: Connection | None = None
        self._answer: ResponseHead | None = None
        self.error: BaseException | None = None

    def connected(self, connection: ClientConnection) -> None:
        self._connection = connection_of(connection.transport)

    def answered(self, response: ClientResponse) -> None:
        self._answer = response_head(response)

    def attempt(self) -> Attempt:
        return Attempt(
            url=str(self._info.real_url),
            request=request_head(self._info.method, self._info.url, self._info.headers),
            answer=self._answer,
            connection=self._connection,
            acquired_at=self.acquired_at,
            started=self._started,
            elapsed=now() - self._started,
            error=self.error,
        )


class CallRecorder:
    """Gathers one call; ``steps`` and the fields behind it are written by its middlewares."""

    def __init__(self, index: int, params: TraceRequestStartParams) -> None:
        self._index = index
        self._url = str(params.url)
        self._request = request_head(params.method, params.url, params.headers)
        self._started = now()
        self._attempts: list[Attempt] = []
        self.acquired_at: float | None = None
        self.bodies = Bodies()
        self.steps = StepLog()
        self.answered_by: str | None = None
        self.not_reached: tuple[str, ...] | None = None

    @contextmanager
    def attempting(self, info: RequestInfo) -> Iterator[AttemptRecorder]:
        """A request is sent, or tried to, as long as this lasts."""
        recorder = AttemptRecorder(info)
        token = _place.set((self, recorder))
        try:
            yield recorder
        except BaseException as error:
            recorder.error = error
            raise
        finally:
            _place.reset(token)
            self._attempts.append(recorder.attempt())

    def call(self, response: ClientResponse | None, error: BaseException | None) -> Call:
        return Call(
            index=self._index,
            url=self._url,
            request=self._request,
            answer=None if response is None else response_head(response),
            trace=self.steps.trace(self.answered_by, self.not_reached or ()),
            attempts=CallAttempts(tuple(sorted(self._attempts, key=lambda attempt: attempt.started))),
            started=self._started,
            elapsed=now() - self._started,
            error=error,
        )


_place: ContextVar[tuple[CallRecorder, AttemptRecorder | None] | None] = ContextVar("_place", default=None)


def current_call() -> CallRecorder | None:
    place = _place.get()
    return None if place is None else place[0]


@contextmanager
def current_attempt(info: RequestInfo) -> Iterator[AttemptRecorder]:
    """The attempt that is under way, or one that begins with this: nothing behind the middlewares announced it."""
    place = _place.get()
    if place is None:
        yield AttemptRecorder(info)
    elif place[1] is not None:
        yield place[1]
    else:
        with place[0].attempting(info) as attempt:
            attempt.acquired_at = place[0].acquired_at
            yield attempt


class CallSignals:
    """aiohttp's signals around each request of a session, and the calls that they file."""

    def __init__(self) -> None:
        self.calls = Calls()
        self._begun = 0

    def trace_config(self) -> TraceConfig:
        config = TraceConfig()
        config.on_request_start.append(self._started)
        config.on_connection_reuseconn.append(self._acquired)
        config.on_connection_create_end.append(self._acquired)
        config.on_request_end.append(self._ended)
        config.on_request_exception.append(self._failed)
        config.freeze()
        return config

    async def _started(self, session: ClientSession, ctx: SimpleNamespace, params: TraceRequestStartParams) -> None:
        ctx.recorder = CallRecorder(self._begun, params)
        ctx.token = _place.set((ctx.recorder, None))
        self._begun += 1

    async def _acquired(self, session: ClientSession, ctx: SimpleNamespace, params: object) -> None:
        """The request has a connection, and nothing of it was sent."""
        place = _place.get()
        assert place is not None
        (place[1] or place[0]).acquired_at = now()

    async def _ended(self, session: ClientSession, ctx: SimpleNamespace, params: TraceRequestEndParams) -> None:
        self._file(ctx, params.response, None)

    async def _failed(self, session: ClientSession, ctx: SimpleNamespace, params: TraceRequestExceptionParams) -> None:
        """Comes after ``_ended`` as well, where the same signal of somebody else raised."""
        self._file(ctx, None, params.exception)

    def _file(self, ctx: SimpleNamespace, response: ClientResponse | None, error: BaseException | None) -> None:
        if ctx.token is not None:
            _place.reset(ctx.token)
            ctx.token = None
        self.calls.file(ctx.recorder.call(response, error))
