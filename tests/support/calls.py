"""Calls of a client, attempts and exchanges as values, without a network."""

from mockproxy.client.attempt import Attempt, CallAttempts
from mockproxy.client.call import Call
from mockproxy.messages.connection import Connection
from mockproxy.messages.headers import Headers
from mockproxy.messages.message import RequestHead, ResponseHead
from mockproxy.pipeline.trace import Trace
from mockproxy.recording.exchange import Exchange

CONNECTION = Connection(("127.0.0.1", 50001), ("127.0.0.1", 8080))
OTHER_CONNECTION = Connection(("127.0.0.1", 50002), ("127.0.0.1", 8080))


def request_head(method="GET", target="/", headers=()):
    return RequestHead(method, target, Headers(headers))


def response_head(status=200, headers=()):
    return ResponseHead(status, Headers(headers))


def attempt(status=200, *, started=100.0, acquired_at=None, elapsed=1.0, connection=CONNECTION, error=None, **request):
    return Attempt(
        url="http://127.0.0.1:8080/",
        request=request_head(**request),
        answer=None if status is None else response_head(status),
        connection=connection,
        acquired_at=started if acquired_at is None else acquired_at,
        started=started,
        elapsed=elapsed,
        error=error,
    )


def call(index=0, status=200, *, attempts=(), error=None, url="http://127.0.0.1:8080/", **request):
    return Call(
        index=index,
        url=url,
        request=request_head(**request),
        answer=None if status is None else response_head(status),
        trace=Trace(),
        attempts=CallAttempts(tuple(attempts)),
        started=100.0,
        elapsed=1.0,
        error=error,
    )


def exchange(*, started=100.5, connection=CONNECTION, index=0):
    return Exchange(
        index=index, received=None, given=None, connection=connection, place=0, started=started, elapsed=0.1
    )
