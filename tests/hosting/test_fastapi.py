"""A FastAPI application as target, with all that people put around its handlers."""

import asyncio
from contextlib import asynccontextmanager
from typing import Annotated

import pytest
from fastapi import APIRouter, BackgroundTasks, Depends, FastAPI, HTTPException, Request
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse, PlainTextResponse, StreamingResponse
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.routing import Mount

from mockproxy.errors import HandlerFailed
from mockproxy.servers.proxy import ProxyServer
from mockproxy.servers.target import TargetServer
from tests.support.asking import ask
from tests.support.hosted import first_and_rest, steps, traced


class Tenant:
    def __init__(self, app, name):
        self.app = app
        self.name = name

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http":
            scope["headers"] = [*scope["headers"], (b"x-tenant", self.name.encode())]
        await self.app(scope, receive, send)


class Members(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        if request.headers.get("x-member") == "none":
            return PlainTextResponse("members only", status_code=403)
        return await call_next(request)


def shop(events=None):
    """What was added last is outermost: ``stamp``, ``Members``, ``Tenant``."""
    events = [] if events is None else events

    @asynccontextmanager
    async def lifespan(app):
        events.append("start")
        yield {"price": 12}
        events.append("end")

    app = FastAPI(lifespan=lifespan)
    app.add_middleware(Tenant, name="acme")
    app.add_middleware(Members)

    @app.middleware("http")
    async def stamp(request, call_next):
        response = await call_next(request)
        response.headers["X-Stamp"] = "1"
        return response

    async def connection():
        events.append("connect")
        yield "connected"
        events.append("disconnect")

    @app.get("/books/{isbn}")
    async def book(isbn: str, request: Request, state: Annotated[str, Depends(connection)]):
        return {"isbn": isbn, "price": request.state.price, "tenant": request.headers["x-tenant"], "state": state}

    return app


THREE = ["stamp", "Members", "Tenant"]


def test_middlewares_are_recorded_in_the_order_in_which_they_ran():
    exchange = traced(shop(), "/books/7")

    assert exchange.response.json() == {"isbn": "7", "price": 12, "tenant": "acme", "state": "connected"}
    assert exchange.trace.entered == THREE
    assert exchange.trace.left == THREE[::-1]
    assert exchange.trace["Tenant"].changes.headers.added.items() == [("x-tenant", "acme")]
    assert exchange.trace["stamp"].changes.response.headers.added.items() == [("x-stamp", "1")]
    assert not exchange.trace["Members"].changes


def test_lifespan_and_dependencies_run_as_without_a_trace():
    recorded = []
    for trace in (False, True):
        events = []
        with TargetServer(shop(events), trace=trace) as target:
            ask(target, "/books/7")
        recorded.append(events)

    assert recorded == [["start", "connect", "disconnect", "end"]] * 2


def test_one_that_answers_by_itself_is_named():
    exchange = traced(shop(), "/books/7", headers={"X-Member": "none"})

    assert (exchange.response.status, exchange.response.text) == (403, "members only")
    assert exchange.trace.entered == ["stamp", "Members"]
    assert exchange.trace.answered_by == "Members"


def test_what_handlers_of_exceptions_answer_is_a_response_to_the_middlewares():
    app = shop()

    @app.exception_handler(LookupError)
    async def nowhere(request, error):
        return JSONResponse({"error": str(error)}, status_code=409)

    @app.get("/lost")
    async def lost():
        raise LookupError("sold out")

    @app.get("/teapot")
    async def teapot():
        raise HTTPException(418)

    with TargetServer(app, trace=True) as target:
        statuses = [ask(target, path).status for path in ("/lost", "/teapot", "/nowhere")]

    assert statuses == [409, 418, 404]
    for exchange in target.exchanges:
        assert exchange.trace.left == THREE[::-1]
        assert [step.error for step in exchange.trace] == [None, None, None]
        assert exchange.response.headers["X-Stamp"] == "1"


def test_what_a_handler_raises_is_trouble_in_its_exchange_and_no_error_of_a_middleware():
    app = shop()

    @app.get("/broken")
    async def broken():
        raise RuntimeError("boom")

    with TargetServer(app, trace=True) as target, target.expecting(HandlerFailed) as troubles:
        assert ask(target, "/broken").status == 500

    exchange = target.exchanges.only()
    assert exchange.error is troubles[0]
    assert exchange.trace.left == THREE[::-1]
    assert [step.error for step in exchange.trace] == [None, None, None]


def test_a_background_task_runs_behind_the_answer_and_its_error_fails_the_test():
    app = shop()
    done = []

    @app.get("/order")
    async def order(tasks: BackgroundTasks, fail: bool = False):
        tasks.add_task(done.append, "mail")
        if fail:
            tasks.add_task([].remove, "mail")

    target = TargetServer(app, trace=True).start()
    ask(target, "/order")
    assert ask(target, "/order?fail=1").status == 200
    target.stop()

    assert done == ["mail", "mail"]
    assert [type(trouble.__cause__) for trouble in target.troubles] == [ValueError]
    assert [exchange.trace.left for exchange in target.exchanges] == [THREE[::-1]] * 2


def test_a_stream_arrives_while_it_is_made():
    app = shop()

    @app.get("/")
    async def stream():
        async def pieces():
            yield b"first"
            await gate.passed()
            yield b"second"

        return StreamingResponse(pieces())

    with TargetServer(app, trace=True) as target:
        gate = target.gate()
        assert first_and_rest(target, gate) == [b"first", b"second"]

    exchange = target.exchanges.only()
    assert exchange.trace.left == THREE[::-1]
    assert exchange.trace["stamp"].changes.response.body is None


def test_mounted_applications_and_mounts_bear_their_levels():
    admin = FastAPI()

    @admin.middleware("http")
    async def audit(request, call_next):
        return await call_next(request)

    @admin.get("/users")
    async def users():
        return []

    router = APIRouter(prefix="/orders")

    @router.get("/{order}")
    async def order(order: int):
        return order

    app = shop()
    app.include_router(router)
    app.mount("/admin", admin)
    app.router.routes.append(Mount("/open", admin, middleware=[Middleware(Tenant, name="open")]))
    with TargetServer(app, trace=True) as target:
        answers = [ask(target, path).text for path in ("/orders/7", "/admin/users", "/open/users")]

    both = "/admin | /open"
    outside = [(name, "") for name in THREE]
    assert answers == ["7", "[]", "[]"]
    assert [steps(exchange) for exchange in target.exchanges] == [
        outside,
        [*outside, ("audit", both)],
        [*outside, ("Tenant", "/open"), ("audit", both)],
    ]


def test_the_middleware_that_answers_a_preflight_is_named():
    app = FastAPI()
    app.add_middleware(CORSMiddleware, allow_origins=["https://shop.test"])

    headers = {"Origin": "https://shop.test", "Access-Control-Request-Method": "GET"}
    exchange = traced(app, "/", "OPTIONS", headers=headers)

    assert exchange.trace.answered_by == "CORSMiddleware"
    assert exchange.response.headers["Access-Control-Allow-Origin"] == "https://shop.test"


def test_requests_at_once_have_each_their_own_steps():
    app = FastAPI()

    @app.middleware("http")
    async def number(request, call_next):
        response = await call_next(request)
        response.headers["X-Number"] = request.url.path
        return response

    @app.get("/{number}")
    async def held(number: int):
        await gate.passed()
        return number

    async def ask_all(target):
        return await asyncio.gather(*(asyncio.to_thread(ask, target, f"/{each}") for each in range(5)))

    with TargetServer(app, trace=True) as target, ProxyServer(target) as proxy:
        gate = target.gate()

        async def ask_at_once():
            asked = asyncio.ensure_future(ask_all(proxy))
            await asyncio.to_thread(gate.wait_for_held, 5)
            gate.open()
            await asked

        asyncio.run(ask_at_once())

    for exchange in proxy.exchanges:
        [step] = exchange.trace_through(target.exchanges)
        assert step.changes.response.headers.added["x-number"] == exchange.request.path


@pytest.mark.parametrize("traces", [(True, True), (False, True, False)])
def test_an_application_of_many_tests_is_left_as_it_was_by_each(traces):
    app = shop()
    declared = list(app.user_middleware)
    for trace in traces:
        with TargetServer(app, trace=trace) as target:
            ask(target, "/books/7")
        assert target.exchanges.only().trace.entered == (THREE if trace else [])
        assert app.user_middleware == declared
    assert (app.middleware_stack is None) == all(traces)
