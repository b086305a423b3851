from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from mockproxy.errors import HandlerFailed
from mockproxy.hosting.failure import note_failure
from mockproxy.servers.target import TargetServer
from tests.support.asking import ask


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
