from contextlib import asynccontextmanager, suppress
from functools import partial
from http.client import HTTPConnection, IncompleteRead

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from mockproxy.errors import ClientLeft, ConfigurationError, HandlerFailed
from mockproxy.hosting.asgi_host import is_asgi, takes
from mockproxy.servers.target import TargetServer
from tests.support.asking import ask
from tests.support.hosted import hello
from tests.support.raw_client import RawClient


class Application:
    async def __call__(self, scope, receive, send):
        await hello(scope, receive, send)


async def configured(prefix, scope, receive, send):
    await hello({**scope, "path": prefix + scope["path"]}, receive, send)


@pytest.mark.parametrize("app", [hello, Application(), Application().__call__, partial(configured, "/a")])
def test_functions_objects_methods_and_partials_are_applications(app):
    assert is_asgi(app)
    with TargetServer(app) as target:
        assert ask(target, "/x").text.endswith("/x")


@pytest.mark.parametrize("app", [None, "hello", Application, print, lambda scope, receive, send: None, configured])
def test_what_is_not_async_or_takes_something_else_is_none(app):
    assert not is_asgi(app)


def test_what_a_callable_takes():
    assert takes(lambda a, b=1: None, 1)
    assert takes(lambda a, b=1: None, 2)
    assert not takes(lambda a, b=1: None, 3)
    assert not takes(lambda a, *, b: None, 1)
    assert not takes(dict, 1)


def with_lifespan(*, startup="lifespan.startup.complete", events):
    async def app(scope, receive, send):
        if scope["type"] != "lifespan":
            events.append("request")
            await hello(scope, receive, send)
            return
        await receive()
        events.append("startup")
        await send({"type": startup})
        await receive()
        events.append("shutdown")
        await send({"type": "lifespan.shutdown.complete"})

    return app


def test_a_server_that_is_started_again_runs_the_lifespan_again():
    events = []
    target = TargetServer(with_lifespan(events=events))
    for _ in range(2):
        with target:
            assert events[-1] == "startup"
            ask(target)

    assert events == ["startup", "request", "shutdown"] * 2


def test_a_lifespan_that_fails_is_a_clear_error():
    with pytest.raises(ConfigurationError, match="the lifespan of the application failed to start: it said no more"):
        TargetServer(with_lifespan(startup="lifespan.startup.failed", events=[])).start()


def test_what_a_lifespan_raises_is_the_cause_of_the_error():
    @asynccontextmanager
    async def lifespan(app):
        raise LookupError("no database")
        yield

    with pytest.raises(ConfigurationError, match="failed to start: LookupError: no database") as caught:
        TargetServer(Starlette(lifespan=lifespan)).start()
    assert isinstance(caught.value.__cause__, LookupError)


def test_a_lifespan_that_fails_to_end_is_trouble():
    @asynccontextmanager
    async def lifespan(app):
        yield
        raise LookupError("no database")

    target = TargetServer(Starlette(lifespan=lifespan))
    with pytest.raises(AssertionError, match="application failed to end: LookupError: no database"), target:
        pass
    [failure] = target.troubles
    assert isinstance(failure, HandlerFailed)


def test_a_lifespan_that_says_that_it_failed_to_end_is_trouble():
    async def app(scope, receive, send):
        assert scope["type"] == "lifespan"
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.failed", "message": "two connections are left"})

    with pytest.raises(AssertionError, match="failed to end: two connections are left"), TargetServer(app):
        pass


def test_an_application_that_knows_no_lifespan_has_none_that_fails():
    with TargetServer(hello) as target:
        ask(target)

    assert target.troubles == ()


async def upload(request):
    return PlainTextResponse(await request.body())


async def pass_on(request, call_next):
    return await call_next(request)


@pytest.mark.parametrize("middleware", [[], [Middleware(BaseHTTPMiddleware, dispatch=pass_on)]])
@pytest.mark.parametrize("trace", [False, True])
def test_a_client_that_leaves_in_the_middle_of_its_body_is_no_failure_of_the_application(middleware, trace):
    app = Starlette(routes=[Route("/", upload, methods=["POST"])], middleware=middleware)
    target = TargetServer(app, trace=trace).start()
    with RawClient(target.url) as client:
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf")
    [exchange] = target.exchanges.wait_for()
    target.stop()

    assert isinstance(exchange.error, ClientLeft)
    assert target.troubles == ()


def answering_then_raising(status, gate):
    async def app(scope, receive, send):
        assert scope["type"] == "http"
        try:
            raise LookupError("nothing there")
        except LookupError:
            await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body"})
            if gate is not None:
                await gate(receive)
            raise

    return app


def test_the_record_has_a_failure_before_the_client_has_its_answer():
    with TargetServer(answering_then_raising(500, None)) as target:
        for index in range(50):
            with target.expecting(HandlerFailed) as troubles:
                assert ask(target).status == 500
            assert target.exchanges[index].error is troubles[0]


def test_an_error_that_was_answered_is_no_failure():
    async def app(scope, receive, send):
        assert scope["type"] == "http"
        try:
            raise LookupError("nothing there")
        except LookupError:
            await send({"type": "http.response.start", "status": 500, "headers": []})
            await send({"type": "http.response.body", "body": b"sorry"})

    with TargetServer(app) as target:
        assert ask(target).text == "sorry"

    assert target.exchanges.only().error is None


def test_an_application_that_waits_for_the_client_after_its_error_gives_it_the_answer():
    async def client_leaves(receive):
        await receive()
        assert (await receive())["type"] == "http.disconnect"

    with TargetServer(answering_then_raising(500, client_leaves)) as target, target.expecting(HandlerFailed):
        connection = HTTPConnection(target.host, target.port, timeout=5)
        connection.request("GET", "/")
        assert connection.getresponse().status == 500
        connection.close()
        target.exchanges.wait_for()
        target.stop()


async def silent(scope, receive, send):
    assert scope["type"] == "http"


async def half(scope, receive, send):
    assert scope["type"] == "http"
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"9")]})
    await send({"type": "http.response.body", "body": b"half", "more_body": True})


@pytest.mark.parametrize("app", [silent, half])
def test_an_application_that_ends_before_its_answer_has_failed(app):
    with TargetServer(app) as target, target.expecting(HandlerFailed) as troubles:
        with suppress(IncompleteRead):
            assert ask(target).status == 500
        [exchange] = target.exchanges.wait_for()

    assert str(exchange.error) == "the application ended before it had given its whole answer"
    assert exchange.troubles == tuple(troubles)


def test_an_application_that_gives_up_because_the_client_has_left_has_not_failed():
    async def app(scope, receive, send):
        assert scope["type"] == "http"
        while (await receive())["type"] != "http.disconnect":
            pass

    target = TargetServer(app).start()
    with RawClient(target.url) as client:
        client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    target.exchanges.wait_for()
    target.stop()

    assert target.troubles == ()
