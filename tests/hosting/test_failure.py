import threading

import pytest
from aiohttp import web
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from mockproxy.errors import HandlerFailed, ServerStopped
from mockproxy.hosting.failure import note_failure
from mockproxy.servers.target import TargetServer
from tests.support.asking import ask
from tests.support.raw_client import RawClient


def test_what_belongs_to_no_exchange_is_noted_with_its_cause():
    noted = []
    error = LookupError("nothing there")
    note_failure(error, noted.append)

    [failure] = noted
    assert isinstance(failure, HandlerFailed)
    assert str(failure) == "the application raised LookupError: nothing there"
    assert failure.__cause__ is error


def test_what_belongs_to_an_exchange_stands_in_it_and_is_noted_once():
    async def broken(request):
        raise LookupError("nothing there")

    with TargetServer(Starlette(routes=[Route("/", broken)])) as target, target.expecting(HandlerFailed) as noted:
        ask(target)

    exchange = target.exchanges.only()
    assert exchange.troubles == tuple(noted) == (exchange.error,)
    assert len(noted) == 1


def test_what_is_raised_when_the_answer_is_out_is_noted_as_well():
    def broken():
        raise LookupError("nothing there")

    async def answering(request):
        return PlainTextResponse("done", background=BackgroundTask(broken))

    target = TargetServer(Starlette(routes=[Route("/", answering)])).start()
    try:
        assert ask(target).status == 200
    finally:
        target.stop()

    [failure] = target.troubles
    assert isinstance(failure.__cause__, LookupError)
    assert target.exchanges.only().error is None


@pytest.mark.parametrize("kind", ["aiohttp", "asgi"])
def test_what_comes_of_an_answer_that_the_end_of_the_server_cuts_off_is_no_failure(kind):
    """As of a gateway that waits for a target, which stops as well."""
    gate = TargetServer().gate()
    ended = threading.Event()

    async def waiting(request):
        try:
            await gate.passed()
        finally:
            ended.set()
            raise LookupError("the target has gone")

    async def release(app):
        gate.open()

    if kind == "aiohttp":
        app = web.Application()
        app.router.add_get("/", waiting)
        app.on_cleanup.append(release)
    else:
        app = Starlette(routes=[Route("/", waiting)])
    target = TargetServer(app).start()
    with RawClient(target.url) as client:
        client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        gate.wait_for_held()
        with TargetServer():
            target.stop()
            assert ended.wait(5)

    assert isinstance(target.exchanges.only().error, ServerStopped)
    assert target.troubles == ()
