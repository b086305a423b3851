import asyncio
from abc import ABC, abstractmethod
from functools import wraps
from unittest.mock import AsyncMock

import lilya.requests
import pytest
import starlette.requests
import starlette.responses
from starlette.exceptions import HTTPException

from mockproxy.errors import MiddlewareFailed
from mockproxy.messages.message import Request, Response
from mockproxy.pipeline.entry import BoundEntry, adapt_interceptor
from mockproxy.pipeline.interceptor import may_answer
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
        ([{}], "sent what is no message, a dict with a 'type': an empty one"),
        (
            [{"status": 200, "token": "s3cret"}],
            "sent what is no message, a dict with a 'type': one with the keys 'status', 'token'",
        ),
        (["http.response.start"], "sent what is no message, a dict with a 'type': str"),
        ([START, BODY | {"body": "whole"}], "sent a body of str, not of bytes"),
        ([{"type": "http.response.start"}, BODY], "sent a response that cannot be given: the status of a response"),
        ([START | {"status": 103}, BODY], "sent a response that cannot be given: the status of a response"),
        (
            [START | {"headers": [("x-a", "1")]}, BODY],
            "sent a response that cannot be given: its headers must be pairs of bytes such as (b'x-name', b'value'),",
        ),
        ([START | {"headers": [(b"x a", b"1")]}, BODY], "sent a response that cannot be given: header name b'x a'"),
        ([START | {"headers": [(b"content-length", b"9")]}, BODY], "declared Content-Length 9 and sent 5 octets"),
        (
            [START | {"headers": [(b"content-length", b"5x")]}, BODY],
            "declared Content-Length 5x, which is not one number",
        ),
        ([START | {"headers": [(b"content-length", b"1")]}, BODY], "declared Content-Length 1 and sent 5 octets"),
    ],
)
def test_a_break_of_the_contract_is_trouble_that_names_it(messages, finding):
    crossing = through(Sending(*messages))

    assert crossing.response.status == 500
    [trouble] = crossing.troubles
    assert isinstance(trouble, MiddlewareFailed)
    assert str(trouble).startswith(f"interceptor sending (proxy) {finding}")
    assert trouble.place is not None


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 304)])
def test_the_length_of_a_body_that_is_not_sent_may_be_declared(method, status):
    start = START | {"status": status, "headers": [(b"content-length", b"600")]}
    crossing = through(Sending(start, BODY | {"body": b""}), request=Request(method, "/"))

    assert crossing.response.headers["Content-Length"] == "600"
    assert crossing.troubles == ()


def test_a_response_is_framed_by_the_server():
    framed = [(b"transfer-encoding", b"chunked"), (b"content-length", b"5"), (b"x-a", b"1")]
    crossing = through(Sending(START | {"headers": framed}, BODY))

    assert crossing.response.headers.items() == [("content-length", "5"), ("x-a", "1")]


@pytest.mark.parametrize("messages", [[START], [START, BODY]])
@pytest.mark.parametrize("error", [RuntimeError("boom"), HTTPException(401)])
def test_one_that_raises_when_it_has_begun_to_answer_has_answered_twice(messages, error):
    class Raising(Sending):
        async def intercept(self, scope, receive, send):
            await super().intercept(scope, receive, send)
            raise error

    crossing = through(Raising(*messages))

    assert crossing.response.status == 500
    [trouble] = crossing.troubles
    finding = f"raised {type(error).__name__} after it had begun to answer: {error}"
    assert str(trouble) == f"interceptor sending (proxy) {finding}"
    assert trouble.__cause__ is error


def test_a_scope_that_cannot_be_forwarded_is_trouble_that_names_who_left_it():
    class Wrong:
        async def intercept(self, scope, receive, send):
            scope["path"] = "no slash"

    crossing = through(Wrong())

    assert crossing.forwarded is None
    assert [str(trouble) for trouble in crossing.troubles] == [
        "interceptor Wrong (proxy) left a scope that cannot be forwarded: the path 'no%20slash' must start with '/'"
    ]


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


@pytest.mark.parametrize("request_class", [starlette.requests.Request, lilya.requests.Request])
@pytest.mark.parametrize("pieces", [None, [b"bo", b"dy"]])
def test_a_question_whether_the_client_is_gone_costs_no_body(request_class, pieces):
    seen = []

    class Asking:
        async def intercept(self, scope, receive, send):
            request = request_class(scope, receive)
            seen.append(await request.is_disconnected())
            async with asyncio.timeout(5):
                seen.append(await request.body())
            seen.append(await request.is_disconnected())

    crossing = through(Asking(), request=Request("POST", "/", (), b"body"), request_in=pieces)

    assert crossing.troubles == ()
    assert seen == [False, b"body", False]
    assert crossing.forwarded.body == b"body"


def test_two_tasks_that_receive_at_once_get_the_body_once():
    kinds = []

    class Listening:
        async def intercept(self, scope, receive, send):
            both = [asyncio.create_task(receive()) for _ in range(2)]
            async with asyncio.timeout(5):
                await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
                await send(START)
                await send(BODY)
                kinds.extend([(await task)["type"] for task in both])

    crossing = through(Listening(), request=Request("POST", "/"), request_in=[b"bo", b"dy"])

    assert crossing.troubles == ()
    assert kinds == ["http.request", "http.disconnect"]


def test_a_task_that_outlives_its_interceptor_finds_all_over():
    came, refused = [], []

    class Leaving:
        async def intercept(self, scope, receive, send):
            self.tasks = [asyncio.create_task(self.late(receive, send, first)) for first in (True, False)]
            await asyncio.sleep(0)

        async def late(self, receive, send, first):
            if first:
                await receive()
            await ended.wait()
            came.append((await receive())["type"])
            with pytest.raises(MiddlewareFailed) as refusal:
                await send(START)
            refused.append(str(refusal.value))

    class Inside:
        async def intercept(self, scope, receive, send):
            ended.set()
            async with asyncio.timeout(5):
                await asyncio.gather(*leaving.tasks)

    leaving, ended = Leaving(), asyncio.Event()
    crossing = through(leaving, Inside(), request=Request("POST", "/", (), b"body"))

    assert crossing.troubles == ()
    assert came == ["http.disconnect"] * 2
    assert refused == ["interceptor Leaving (proxy) sent 'http.response.start' after it had ended"] * 2


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


class OnBuiltIn(dict):
    async def intercept(self, scope, receive, send): ...


def logged(function):
    @wraps(function)
    def wrapper(*arguments):
        return function(*arguments)

    return wrapper


class Decorated:
    @logged
    async def intercept(self, scope, receive, send): ...


class Overriding(Decorated):
    async def intercept(self, scope, receive, send):
        await super().intercept(scope, receive, send)


class WithHelper:
    async def intercept(self, scope, receive, send):
        async def refuse():
            await send(START)

        scope["refuse"] = refuse


class Looking:
    async def intercept(self, scope, receive, send):
        locals()["send"]


class Passing:
    async def intercept(self, scope, receive, send):
        await receive()


class WithAnotherSend:
    @staticmethod
    async def intercept(scope, receive, answer):
        scope["send"] = "send"


@pytest.mark.parametrize("interceptor", [Sending(), Sending, Decorated, Decorated(), Overriding, WithHelper, Looking])
def test_one_whose_code_touches_send_may_answer(interceptor):
    assert may_answer(interceptor)


@pytest.mark.parametrize("interceptor", [Passing, Passing(), Static, Static(), WithAnotherSend, WithAnotherSend()])
def test_one_whose_code_does_not_touch_send_is_spared_a_task(interceptor):
    assert not may_answer(interceptor)


TAKEN = [Static, Static(), WithArguments(limit=5), OnBuiltIn, OnBuiltIn(), Decorated, Decorated(), AsyncMock()]


@pytest.mark.parametrize("interceptor", TAKEN)
def test_whatever_can_be_called_with_the_three_is_taken(interceptor):
    assert through(interceptor).response.status == 200
