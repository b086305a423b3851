from abc import ABC, abstractmethod

import pytest
import starlette.requests
import starlette.responses

from mockproxy.errors import MiddlewareFailed
from mockproxy.messages.message import Request, Response
from mockproxy.pipeline.entry import BoundEntry, adapt_interceptor
from tests.support.chain import through
from tests.support.proxy_context import proxy_context, run_around

START = {"type": "http.response.start", "status": 200, "headers": []}
BODY = {"type": "http.response.body", "body": b"whole"}


class Sending:
    """Sends these messages."""

    name = "sending"

    def __init__(self, *messages):
        self.messages = messages

    async def intercept(self, scope, receive, send):
        for message in self.messages:
            await send(message)


class Reading:
    def __init__(self):
        self.bodies = []

    async def intercept(self, scope, receive, send):
        self.bodies.append((await receive())["body"])


def test_a_class_is_made_anew_for_each_request():
    made = []

    class Counting:
        def __init__(self):
            made.append(self)

        async def intercept(self, scope, receive, send): ...

    entry = [BoundEntry(adapt_interceptor(Counting), "")]
    run_around(entry)
    run_around(entry)

    assert len(made) == 2


def test_an_instance_is_kept():
    reading = Reading()
    entry = [BoundEntry(adapt_interceptor(reading), "")]
    run_around(entry, ctx=proxy_context(Request("POST", "/", (), b"one")))
    run_around(entry, ctx=proxy_context(Request("POST", "/", (), b"two")))

    assert reading.bodies == [b"one", b"two"]


def test_one_that_does_nothing_passes_on():
    crossing = through(Sending(), answer=Response(201))

    assert crossing.response.status == 201
    assert crossing.trace.left == ["sending"]
    assert crossing.trace.answered_by is None


def test_it_can_answer_through_send():
    crossing = through(
        Sending(
            {"type": "http.response.start", "status": 418, "headers": [(b"x-kind", b"teapot"), (b"x-kind", b"brown")]},
            {"type": "http.response.body", "body": b"sho", "more_body": True},
            {"type": "http.response.body", "body": b"rt"},
        )
    )

    assert crossing.forwarded is None
    assert crossing.response.status == 418
    assert crossing.response.headers.all("X-Kind") == ["teapot", "brown"]
    assert crossing.response.body == b"short"
    assert crossing.trace.answered_by == "sending"


@pytest.mark.parametrize(
    ("messages", "finding"),
    [
        ([START], "left its response unfinished"),
        ([START, BODY | {"more_body": True}], "left its response unfinished"),
        ([START, BODY, START], "started a second response"),
        ([START, BODY, BODY], "sent a body after the response was complete"),
        ([BODY], "sent a body before http.response.start"),
        ([{"type": "websocket.accept"}], "sent 'websocket.accept', which is no message of an HTTP response"),
    ],
)
def test_a_break_of_the_contract_is_trouble_that_names_it(messages, finding):
    crossing = through(Sending(*messages))

    assert crossing.response.status == 500
    [trouble] = crossing.troubles
    assert isinstance(trouble, MiddlewareFailed)
    assert str(trouble).startswith(f"interceptor sending {finding}")
    assert trouble.place is not None


def test_several_can_read_the_body_and_it_is_still_forwarded():
    first, second = Reading(), Reading()
    crossing = through(first, second, request=Request("POST", "/", (), b"body"))

    assert first.bodies == second.bodies == [b"body"]
    assert crossing.forwarded.body == b"body"


def test_a_body_that_streams_can_be_read_and_goes_on():
    reading = Reading()
    crossing = through(reading, request=Request("POST", "/"), request_in=[b"bo", b"dy"])

    assert reading.bodies == [b"body"]
    assert crossing.forwarded.body == b"body"


def test_a_request_of_starlette_works_on_the_scope():
    seen = {}

    class Starlettish:
        async def intercept(self, scope, receive, send):
            request = starlette.requests.Request(scope, receive)
            seen["path"] = request.url.path
            seen["query"] = request.query_params.getlist("x")
            seen["cookie"] = request.cookies["sid"]
            seen["json"] = await request.json()
            seen["client"] = request.client.host
            request.state.user = "ada"

    crossing = through(
        Starlettish(),
        request=Request("POST", "/a%20b?x=1&x=2", {"Host": "shop.test", "Cookie": "sid=s1"}, b'{"n": 1}'),
    )

    assert seen == {"path": "/a b", "query": ["1", "2"], "cookie": "s1", "json": {"n": 1}, "client": "127.0.0.1"}
    assert crossing.state == {"user": "ada"}
    assert crossing.forwarded.body == b'{"n": 1}'


@pytest.mark.parametrize(
    "response",
    [
        starlette.responses.JSONResponse({"no": "entry"}, status_code=403),
        starlette.responses.StreamingResponse(iter([b'{"no":', b'"entry"}']), 403, media_type="application/json"),
    ],
)
def test_a_response_of_starlette_can_be_sent(response):
    class Starlettish:
        async def intercept(self, scope, receive, send):
            await response(scope, receive, send)

    crossing = through(Starlettish())

    assert crossing.response.status == 403
    assert crossing.response.json() == {"no": "entry"}


def test_it_can_refuse_by_raising_and_nothing_inside_runs():
    class NotAuthorized(Exception):
        status_code = 401
        detail = "max_length must be a number"

    class Refusing:
        async def intercept(self, scope, receive, send):
            raise NotAuthorized

    crossing = through(Refusing(), Sending())

    assert (crossing.response.status, crossing.response.text) == (401, "max_length must be a number\n")
    assert crossing.trace.entered == ["Refusing"]
    assert crossing.trace.not_reached == ["sending"]
    assert crossing.troubles == ()


def test_one_that_breaks_is_trouble_and_tells_the_client_nothing():
    class Broken:
        async def intercept(self, scope, receive, send):
            raise RuntimeError("boom")

    crossing = through(Broken())

    assert crossing.response.status == 500
    assert b"boom" not in crossing.response.body
    [trouble] = crossing.troubles
    assert str(trouble) == "Broken (proxy) raised RuntimeError: boom"


class Abstract(ABC):
    @abstractmethod
    async def intercept(self, scope, receive, send): ...


class WithArguments:
    def __init__(self, limit): ...

    async def intercept(self, scope, receive, send): ...


class TooFew:
    async def intercept(self, scope, receive): ...


class TooMany:
    async def intercept(self, scope, receive, send, call_next): ...


@pytest.mark.parametrize(
    ("interceptor", "finding"),
    [
        (Abstract, "is abstract"),
        (WithArguments, r"missing a required argument: 'limit'\): register an instance"),
        (TooFew, r"not callable as intercept\(scope, receive, send\): too many positional arguments"),
        (TooFew(), r"not callable as intercept\(scope, receive, send\): too many positional arguments"),
        (TooMany, r"not callable as intercept\(scope, receive, send\): missing a required argument: 'call_next'"),
        (TooMany(), r"not callable as intercept\(scope, receive, send\): missing a required argument: 'call_next'"),
    ],
)
def test_one_that_could_not_run_is_refused_when_it_is_registered(interceptor, finding):
    with pytest.raises(TypeError, match=finding):
        adapt_interceptor(interceptor)


class Static:
    @staticmethod
    async def intercept(scope, receive, send): ...


@pytest.mark.parametrize("interceptor", [Static, Static(), WithArguments(limit=5)])
def test_whatever_can_be_called_with_the_three_is_taken(interceptor):
    assert through(interceptor).response.status == 200
