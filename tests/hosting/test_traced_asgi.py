from functools import partial

import httpx
import pytest
from aiohttp import web
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.routing import Mount
from websockets.sync.client import connect

from mockproxy.errors import ConfigurationError
from mockproxy.servers.target import TargetServer
from tests.support.asking import ask
from tests.support.hosted import accepting, hello, traced, traced_handshake


class Passing:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        await self.app(scope, receive, send)


class Prefixing:
    def __init__(self, app, prefix):
        self.app = app
        self.prefix = prefix

    async def __call__(self, scope, receive, send):
        await self.app({**scope, "path": self.prefix + scope["path"], "raw_path": None}, receive, send)


def suffixing(app, suffix):
    async def middleware(scope, receive, send):
        await app({**scope, "path": scope["path"] + suffix, "raw_path": None}, receive, send)

    return middleware


CHAIN = [Passing, partial(suffixing, suffix="/z"), Middleware(Prefixing, prefix="/a"), hello]


def test_a_chain_is_recorded_in_the_order_in_which_it_was_given():
    exchange = traced(CHAIN, "/x")

    assert exchange.response.text == "/a/x/z"
    assert exchange.trace.entered == ["Passing", "suffixing", "Prefixing"]
    assert exchange.trace["suffixing"].changes.path == ("/x", "/x/z")
    assert exchange.trace["Prefixing"].changes.path == ("/x/z", "/a/x/z")


def test_a_path_that_is_changed_and_leaves_the_raw_one_behind_is_a_change():
    """Frameworks choose their routes by ``path``, so that is what many middlewares change, and in place."""

    def renaming(app):
        async def middleware(scope, receive, send):
            scope["path"] = scope["path"].replace("alt", "né w")
            await app(scope, receive, send)

        return middleware

    trace = traced([renaming, Passing, hello], "/alt/%7Eada?x=1").trace

    assert trace["renaming"].changes.path == ("/alt/%7Eada", "/n%C3%A9%20w/~ada")
    assert trace["renaming"].changes.query is None
    assert not trace["Passing"].changes


def test_a_raw_path_that_says_the_same_is_told_as_it_was_sent():
    def adding(app):
        async def middleware(scope, receive, send):
            await app({**scope, "path": scope["path"] + "/z", "raw_path": scope["raw_path"] + b"%2Fz"}, receive, send)

        return middleware

    assert traced([adding, hello], "/a%2Fb").trace["adding"].changes.path == ("/a%2Fb", "/a%2Fb%2Fz")


def test_a_chain_runs_without_trace_too():
    with TargetServer(CHAIN) as target:
        assert ask(target, "/x").text == "/a/x/z"

    assert target.exchanges.only().trace.entered == []


def test_the_middlewares_of_the_application_at_the_end_are_recorded_as_well():
    async def app(scope, receive, send):
        await hello(scope, receive, send)

    starlette = Starlette(middleware=[Middleware(Prefixing, prefix="")])
    starlette.mount("/", app)

    assert traced([Passing, starlette], "/x").trace.entered == ["Passing", "Prefixing"]


def test_one_middleware_may_stand_twice():
    assert traced([Passing, Passing, hello]).trace.left == ["Passing", "Passing"]


def test_one_that_answers_by_itself_is_named():
    exchange = traced([Passing, refusing, Passing, hello])

    assert exchange.response.status == 403
    assert exchange.trace.answered_by == "refusing"
    assert exchange.trace.not_reached == ["Passing"]
    assert exchange.trace.left == ["refusing", "Passing"]


def refusing(app):
    async def middleware(scope, receive, send):
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 403})
        await send({"type": "http.response.body"})

    return middleware


def test_those_behind_one_that_answers_are_named_with_those_of_the_application_at_the_end():
    inner = Starlette(middleware=[Middleware(BaseHTTPMiddleware, dispatch=stamp)])
    eu = Starlette(middleware=[Middleware(Passing)])
    inner.mount("/eu", eu)
    chain = [Passing, refusing, partial(suffixing, suffix="/z"), Middleware(Prefixing, prefix="/a")]

    assert traced([*chain, inner]).trace.not_reached == ["suffixing", "Prefixing", "stamp"]
    assert traced([*chain, Passing(inner)]).trace.not_reached == ["suffixing", "Prefixing", "Passing", "stamp"]
    assert traced([*chain, hello]).trace.not_reached == ["suffixing", "Prefixing"]


def test_those_of_an_application_that_two_servers_watch_are_named_once():
    app = Passing(Starlette(middleware=[Middleware(Prefixing, prefix="")]))
    with TargetServer(app, trace=True):
        exchange = traced([refusing, app])

    assert exchange.trace.not_reached == ["Passing", "Prefixing"]


def test_nobody_was_not_reached_where_nobody_answered():
    exchange = traced([Passing, Passing, hello])

    assert (exchange.trace.answered_by, exchange.trace.not_reached) == (None, [])


def test_those_whom_an_earlier_attempt_reached_are_not_among_those_not_reached():
    attempts = []

    def repeating(app):
        async def middleware(scope, receive, send):
            async def nowhere(message): ...

            await app(scope, receive, nowhere)
            await app(scope, receive, send)

        return middleware

    def tiring(app):
        async def middleware(scope, receive, send):
            attempts.append(scope["path"])
            await (app if len(attempts) == 1 else refusing(app))(scope, receive, send)

        return middleware

    def closed(app):
        return refusing(app)

    trace = traced([repeating, tiring, Passing, closed, Passing, hello]).trace

    assert trace.entered == ["repeating", "tiring", "Passing", "closed", "tiring"]
    assert (trace.answered_by, trace.not_reached) == ("tiring", ["Passing"])


async def stamp(request, call_next):
    return await call_next(request)


def test_one_that_calls_on_twice_shows_those_inside_twice():
    def asking_twice(app):
        async def middleware(scope, receive, send):
            async def nowhere(message): ...

            await app(scope, receive, nowhere)
            await app(scope, receive, send)

        return middleware

    assert traced([asking_twice, Passing, hello]).trace.entered == ["asking_twice", "Passing", "Passing"]


def test_one_that_answered_an_earlier_attempt_did_not_answer_the_last_one():
    attempts = []

    def retrying(app):
        async def middleware(scope, receive, send):
            async def nowhere(message): ...

            await app(scope, receive, nowhere)
            await app(scope, receive, send)

        return middleware

    def busy_at_first(app):
        async def middleware(scope, receive, send):
            attempts.append(scope["path"])
            if len(attempts) > 1:
                await app(scope, receive, send)
                return
            await send({"type": "http.response.start", "status": 503})
            await send({"type": "http.response.body"})

        return middleware

    exchange = traced([retrying, busy_at_first, hello])

    assert exchange.response.status == 200
    assert [step.answered for step in exchange.trace] == [False, True, False]
    assert exchange.trace.answered_by is None


def test_one_that_makes_a_request_to_its_own_application_is_told_from_itself():
    class Asking(Passing):
        async def __call__(self, scope, receive, send):
            if scope["path"] != "/whoami":
                transport = httpx.ASGITransport(app)
                async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
                    await client.get("/whoami")
            await self.app({**scope, "path": "/known"}, receive, send)

    app = Starlette(routes=[Mount("/", hello)], middleware=[Middleware(Asking)])
    trace = traced(app, "/orders").trace

    assert [(step.changes.path, step.answered) for step in trace] == [
        (("/orders", "/known"), False),
        (("/whoami", "/known"), False),
    ]
    assert trace.answered_by is None


def test_times_are_those_of_the_middleware_alone():
    trace = traced([Passing, Passing, hello]).trace
    outer, inner = trace

    assert outer.elapsed >= inner.elapsed >= inner.own > 0
    assert outer.own <= outer.elapsed - inner.own


def test_other_scopes_pass_untouched():
    seen = []

    def noting(app):
        async def middleware(scope, receive, send):
            seen.append((scope["type"], receive, send))
            await app(scope, receive, send)

        return middleware

    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            seen.append((scope["type"], receive, send))
            assert (await receive())["type"] == "lifespan.startup"
            await send({"type": "lifespan.startup.complete"})
            assert (await receive())["type"] == "lifespan.shutdown"
            await send({"type": "lifespan.shutdown.complete"})

    with TargetServer([noting, app], trace=True):
        pass

    assert seen[0] == seen[1]
    assert len(seen) == 2


def test_a_web_socket_passes_and_those_around_its_handshake_are_steps():
    async def pong(scope, receive, send):
        assert (await receive())["type"] == "websocket.connect"
        await send({"type": "websocket.accept"})
        message = await receive()
        await send({"type": "websocket.send", "text": f"pong:{message['text']}"})
        await send({"type": "websocket.close", "code": 1000})

    with (
        TargetServer([Passing, partial(suffixing, suffix="/z"), pong], trace=True) as target,
        connect(target.url.replace("http", "ws") + "/x?y=1") as socket,
    ):
        socket.send("ping")
        assert socket.recv() == "pong:ping"

    (exchange,) = target.exchanges.wait_for()
    assert [(each.sender, each.text) for each in exchange.websocket.messages] == [
        ("client", "ping"),
        ("server", "pong:ping"),
    ]
    assert exchange.trace.entered == ["Passing", "suffixing"]
    assert exchange.trace.left == ["suffixing", "Passing"]
    assert exchange.trace.answered_by is None
    assert exchange.trace["suffixing"].changes.path == ("/x", "/x/z")
    assert not exchange.trace["Passing"].changes


def test_what_one_changes_in_the_handshake_of_a_web_socket():
    def renegotiating(app):
        async def middleware(scope, receive, send):
            async def sending(message):
                if message["type"] == "websocket.accept":
                    message = {**message, "subprotocol": "chat", "headers": [(b"x-room", b"7")]}
                await send(message)

            headers = [*scope["headers"], (b"x-tenant", b"acme")]
            await app({**scope, "query_string": b"room=7", "headers": headers}, receive, sending)

        return middleware

    exchange = traced_handshake([renegotiating, accepting], "/?room=8", subprotocols=["chat"])
    changes = exchange.trace["renegotiating"].changes

    assert (changes.method, changes.path, changes.query) == (None, None, ("room=8", "room=7"))
    assert changes.headers.added.items() == [("x-tenant", "acme")]
    assert changes.response.status is None
    assert changes.response.headers.added.items() == [("x-room", "7"), ("sec-websocket-protocol", "chat")]


def closing(app):
    async def middleware(scope, receive, send):
        await send({"type": "websocket.close", "code": 1008})

    return middleware


def denying(app):
    async def middleware(scope, receive, send):
        await send({"type": "websocket.http.response.start", "status": 401, "headers": [(b"x-by", b"us")]})
        await send({"type": "websocket.http.response.body", "body": b"members only"})

    return middleware


@pytest.mark.parametrize(("refusing", "status"), [(closing, 403), (denying, 401)])
def test_one_that_refuses_a_web_socket_is_named(refusing, status):
    exchange = traced_handshake([Passing, refusing, Passing, accepting])

    assert (exchange.response.status, exchange.upgraded) == (status, None)
    assert exchange.trace.entered == ["Passing", refusing.__name__]
    assert exchange.trace.left == [refusing.__name__, "Passing"]
    assert exchange.trace.answered_by == refusing.__name__
    assert exchange.trace.not_reached == ["Passing"]


def test_one_that_hides_why_a_web_socket_was_refused():
    def hiding(app):
        async def middleware(scope, receive, send):
            async def sending(message):
                if message["type"] == "websocket.http.response.body":
                    await send({"type": "websocket.close"})

            await app(scope, receive, sending)

        return middleware

    exchange = traced_handshake([hiding, denying, accepting])

    assert exchange.response.status == 403
    assert exchange.trace["hiding"].changes.response.status == (401, 403)
    assert exchange.trace.answered_by == "denying"


def test_one_that_accepts_a_web_socket_before_it_passes_it_on_has_not_answered():
    def first(app):
        async def middleware(scope, receive, send):
            async def sending(message):
                if message["type"] != "websocket.accept":
                    await send(message)

            async def receiving():
                return pending.pop() if pending else await receive()

            pending = [await receive()]
            await send({"type": "websocket.accept"})
            await app(scope, receiving, sending)

        return middleware

    trace = traced_handshake([first, Passing, accepting]).trace

    assert trace.entered == ["first", "Passing"]
    assert trace.answered_by is None


def test_one_that_keeps_an_opened_web_socket_to_itself_has_answered():
    def keeping(app):
        return accepting

    exchange = traced_handshake([Passing, keeping, hello])

    assert exchange.response.status == 101
    assert exchange.trace.answered_by == "keeping"
    assert exchange.trace.left == ["keeping", "Passing"]


async def no_middleware(app):
    return app


@pytest.mark.parametrize("trace", [False, True])
@pytest.mark.parametrize(
    ("parts", "finding"),
    [
        ([], "the chain is empty: give ASGI middlewares and the ASGI application as the last part"),
        ([None], "the last part of a chain is the ASGI application itself, not None"),
        ([Passing], "the last part of a chain is the ASGI application itself"),
        ([Passing, web.Application()], "the last part of a chain is the ASGI application itself"),
        ([Passing, lambda environ, start_response: []], "the last part of a chain is the ASGI application itself"),
        ([5, hello], "at index 0 of the chain, 5 is no ASGI middleware: give its class"),
        ([Passing, [Passing], hello], "at index 1 of the chain, .* is no ASGI middleware: give its class"),
        ([print, hello], "at index 0 of the chain, .*print> is no ASGI middleware: it made None of an application"),
        (
            [Passing, Passing(None), hello],
            "index 1 of the chain, <.*Passing object at .*> cannot be put .* missing 2 required .* give its class",
        ),
        (
            [Middleware(Prefixing, nope=1), Passing, hello],
            r"index 0 of the chain, Middleware\(Prefixing, nope=1\) cannot be put .* TypeError: .* argument 'nope'",
        ),
        (
            [Passing, Prefixing, hello],
            "index 1 of the chain, <class .*Prefixing'> cannot be put around .* TypeError: .* argument: 'prefix'",
        ),
        ([no_middleware, hello], "at index 0 of the chain, .* is no ASGI middleware: it made <coroutine"),
    ],
)
def test_what_is_no_chain_is_refused(parts, finding, trace):
    with pytest.raises(ConfigurationError, match=finding):
        TargetServer(parts, trace=trace)
