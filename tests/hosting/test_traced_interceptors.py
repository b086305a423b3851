import json

import pytest
from ravyn import (
    ChildRavyn,
    Gateway,
    Include,
    JSONResponse,
    Ravyn,
    RavynInterceptor,
    WebSocket,
    WebSocketGateway,
    get,
    websocket,
)
from ravyn.exceptions import NotAuthorized
from starlette.middleware import Middleware

from mockproxy.errors import ConfigurationError
from mockproxy.hosting.traced_interceptors import has_interceptors
from mockproxy.servers.proxy import ProxyServer
from mockproxy.servers.target import TargetServer
from tests.support.asking import ask
from tests.support.hosted import hello, steps, traced_handshake


class Audit(RavynInterceptor):
    async def intercept(self, scope, receive, send):
        scope["state"]["audited"] = True


class Tenant(RavynInterceptor):
    async def intercept(self, scope, receive, send):
        scope["headers"] = [*scope["headers"], (b"x-tenant", b"acme")]


class Members(RavynInterceptor):
    async def intercept(self, scope, receive, send):
        if (b"cookie", b"member=1") not in scope["headers"]:
            raise NotAuthorized("members only")


class Inherited(Members): ...


class Renamed(RavynInterceptor):
    async def intercept(self, scope, receive, send):
        scope["path_params"]["name"] = "intercept"


class Blocking:
    """Runs in a thread, as Ravyn runs what is not async."""

    def intercept(self, scope, receive, send): ...


def shop(*, app=(), include=(), child=(), gateway=()):
    """Its handlers are its own: Ravyn writes the interceptors of a gateway onto its handler."""

    @get("/{name}")
    async def person(name: str) -> JSONResponse:
        return JSONResponse({"name": name})

    @get("/health")
    async def health() -> JSONResponse:
        return JSONResponse({})

    people = ChildRavyn(
        routes=[Gateway("/people", handler=person, interceptors=list(gateway))], interceptors=list(child)
    )
    routes = [Include("/eu", routes=[Include("/shop", app=people)], interceptors=list(include))]
    return Ravyn(routes=[*routes, Gateway(handler=health)], interceptors=list(app))


ADA = "/eu/shop/people/ada"
OURS = {cls.__name__ for cls in (Audit, Tenant, Members, Inherited, Renamed, Blocking)}


def interceptors_of(exchange):
    """Without the middlewares that Ravyn declares by itself."""
    return [step for step in steps(exchange) if step[0] in OURS]


def asked(app, *paths, **kwargs):
    with TargetServer(app, trace=True) as target:
        for path in paths:
            ask(target, path, **kwargs)
    return list(target.exchanges)


def test_they_are_recorded_on_every_level_the_same_for_each_request():
    app = shop(app=[Audit], include=[Tenant], child=[Members], gateway=[Renamed])
    exchanges = asked(app, ADA, ADA, ADA, "/health", headers={"Cookie": "member=1"})

    way = [("Audit", ""), ("Tenant", "/eu"), ("Members", "/eu/shop"), ("Renamed", "/eu/shop/people/{name}")]
    assert [interceptors_of(exchange) for exchange in exchanges[:3]] == [way] * 3
    assert interceptors_of(exchanges[3]) == [("Audit", "")]


class Forgetful:
    """As Esmerald 3.9.4 does, it runs the interceptors of an application once more on every further request."""

    def __init__(self, interceptors):
        self.interceptors = interceptors
        self.routes = []
        self.times = 0

    async def __call__(self, scope, receive, send):
        assert scope["type"] == "http"
        scope["state"] = {}
        self.times += 1
        for interceptor in self.interceptors * self.times:
            await interceptor().intercept(scope, receive, send)
        await hello(scope, receive, send)


def test_what_the_framework_makes_of_its_lists_is_what_is_recorded():
    exchanges = asked(Forgetful([Audit, Tenant]), "/", "/", "/")

    assert [exchange.trace.entered for exchange in exchanges] == [["Audit", "Tenant"] * times for times in (1, 2, 3)]


def test_within_a_level_the_order_is_what_the_framework_makes_of_it():
    """Ravyn puts each interceptor of an application before those that it has put there already."""
    [exchange] = asked(shop(app=[Audit, Tenant], gateway=[]), ADA)

    assert [name for name, _ in interceptors_of(exchange)] == ["Tenant", "Audit"]


def test_they_are_left_before_the_handler_runs():
    [exchange] = asked(shop(app=[Audit], include=[Tenant]), ADA)

    assert [name for name in exchange.trace.left if name in OURS] == ["Audit", "Tenant"]
    assert exchange.trace.answered_by is None


def test_what_one_changes_in_the_scope():
    [exchange] = asked(shop(app=[Tenant], gateway=[Renamed]), ADA)

    assert json.loads(exchange.response.body) == {"name": "intercept"}
    assert exchange.trace["Renamed"].changes.path_params == {"name": ("ada", "intercept")}
    assert exchange.trace["Tenant"].changes.headers.added.items() == [("x-tenant", "acme")]


def test_one_that_raises_an_http_error_is_the_one_that_answered():
    [exchange] = asked(shop(app=[Audit], child=[Members], gateway=[Renamed]), ADA)

    assert exchange.response.status == 401
    assert [name for name, _ in interceptors_of(exchange)] == ["Audit", "Members"]
    assert isinstance(exchange.trace["Members"].error, NotAuthorized)
    assert exchange.trace["Audit"].error is None
    assert exchange.trace.answered_by == "Members"
    # Who would have run behind it is up to the framework.
    assert exchange.trace.not_reached == []
    assert exchange.troubles == ()


def test_a_middleware_of_ravyn_that_answers_names_the_middlewares_behind_it_and_no_interceptor():
    class Passing:
        def __init__(self, app):
            self.app = app

        async def __call__(self, scope, receive, send):
            await self.app(scope, receive, send)

    class Closed(Passing):
        async def __call__(self, scope, receive, send):
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
                return
            await send({"type": "http.response.start", "status": 503})
            await send({"type": "http.response.body"})

    [exchange] = asked(Ravyn(middleware=[Closed, Passing], interceptors=[Audit]), "/")

    assert (exchange.trace.answered_by, exchange.trace.not_reached) == ("Closed", ["Passing"])


def test_one_that_runs_in_a_thread_is_recorded_as_well():
    [exchange] = asked(shop(app=[Blocking]), ADA)

    assert interceptors_of(exchange) == [("Blocking", "")]


def test_a_class_and_its_subclass_are_told_apart():
    [exchange] = asked(shop(app=[Members], child=[Inherited]), ADA, headers={"Cookie": "member=1"})

    assert interceptors_of(exchange) == [("Members", ""), ("Inherited", "/eu/shop")]


def test_a_class_on_several_levels_bears_the_names_of_all():
    [exchange] = asked(shop(include=[Audit], gateway=[Audit]), ADA)

    assert interceptors_of(exchange) == [("Audit", "/eu | /eu/shop/people/{name}")] * 2


def test_middlewares_and_interceptors_share_one_trace():
    class Passing:
        def __init__(self, app):
            self.app = app

        async def __call__(self, scope, receive, send):
            await self.app(scope, receive, send)

    with TargetServer([Middleware(Passing), shop(app=[Audit])], trace=True) as target:
        ask(target, ADA)

    entered = target.exchanges.only().trace.entered
    assert [name for name in entered if name in {"Passing", "Audit"}] == ["Passing", "Audit"]


def test_a_middleware_of_ravyn_may_take_the_application_by_name_only():
    class Named:
        def __init__(self, *, app):
            self.app = app

        async def __call__(self, scope, receive, send):
            await self.app(scope, receive, send)

    [exchange] = asked(Ravyn(middleware=[Named]), "/")

    assert "Named" in exchange.trace.entered


def test_afterwards_the_classes_are_as_they_were_and_a_second_start_records_the_same():
    classes = (Audit, Members, Inherited, Renamed)
    before = [dict(vars(cls)) for cls in classes]
    app = shop(app=[Audit], include=[Members], child=[Inherited], gateway=[Renamed])
    runs = [asked(app, ADA, headers={"Cookie": "member=1"}) for _ in range(2)]

    assert [dict(vars(cls)) for cls in classes] == before
    assert interceptors_of(runs[0][0]) == interceptors_of(runs[1][0])
    assert len(interceptors_of(runs[0][0])) == 4


def test_two_applications_that_share_a_class_record_their_own_runs_in_whatever_order_they_end():
    before = dict(vars(Audit))
    first, second = TargetServer(shop(app=[Audit]), trace=True), TargetServer(shop(child=[Audit]), trace=True)
    first.start()
    second.start()
    ask(first, ADA)
    ask(second, ADA)
    first.stop()
    ask(second, ADA)
    second.stop()

    assert interceptors_of(first.exchanges.only()) == [("Audit", "")]
    assert [interceptors_of(exchange) for exchange in second.exchanges] == [[("Audit", "/eu/shop")]] * 2
    assert dict(vars(Audit)) == before


def test_a_class_that_stands_on_a_proxy_as_well_is_recorded_by_each_for_itself():
    with (
        TargetServer(shop(app=[Tenant]), trace=True) as target,
        ProxyServer(target, interceptors=[Tenant]) as proxy,
    ):
        ask(proxy, ADA)

    exchange = proxy.exchanges.only()
    assert exchange.trace.entered == ["Tenant"]
    assert interceptors_of(target.exchanges.only()) == [("Tenant", "")]
    assert len(exchange.trace_through(target.exchanges).all("Tenant")) == 2


def test_a_middleware_around_such_an_application_is_not_left_out_of_the_record():
    class Around:
        def __init__(self, app):
            self.app = app

        async def __call__(self, scope, receive, send):
            await self.app(scope, receive, send)

    for app in (Around(shop(app=[Audit])), [Around, shop(app=[Audit])]):
        [exchange] = asked(app, ADA)
        assert [name for name in exchange.trace.entered if name in {"Around", "Audit"}] == ["Around", "Audit"]


def test_one_that_does_not_tell_what_it_stands_around_is_refused():
    class Around:
        def __init__(self, app):
            self.app = None
            self.router = app

        async def __call__(self, scope, receive, send):
            await self.router(scope, receive, send)

    with pytest.raises(ConfigurationError, match="as a list of its middlewares with the application last"):
        TargetServer(Around(shop(app=[Audit])), trace=True)


def test_an_application_without_any_has_none():
    assert has_interceptors(shop(gateway=[Audit]))
    assert not has_interceptors(hello)


@pytest.mark.parametrize("trace", [False, True])
def test_a_path_that_no_route_takes_has_been_seen_by_those_of_the_application(trace):
    seen = []

    class Noting(RavynInterceptor):
        async def intercept(self, scope, receive, send):
            seen.append(scope["path"])

    with TargetServer(shop(app=[Noting]), trace=trace) as target:
        assert ask(target, "/nowhere").status == 404

    assert seen == ["/nowhere"]


@pytest.mark.parametrize("cookie", ["member=1", "member=2"])
def test_the_handshake_of_a_web_socket_passes_those_on_all_levels(cookie):
    @websocket("/{name}")
    async def room(socket: WebSocket, name: str) -> None:
        await socket.accept()
        await socket.receive()

    rooms = WebSocketGateway("/rooms", handler=room, interceptors=[Renamed])
    app = Ravyn(
        routes=[Include("/eu", routes=[rooms], interceptors=[Tenant])],
        interceptors=[Members],
    )
    exchange = traced_handshake(app, "/eu/rooms/7", additional_headers={"Cookie": cookie})

    way = [("Members", ""), ("Tenant", "/eu"), ("Renamed", "/eu/rooms/{name}")]
    if cookie == "member=1":
        assert interceptors_of(exchange) == way
        assert exchange.trace["Renamed"].changes.path_params == {"name": ("7", "intercept")}
    else:
        assert interceptors_of(exchange) == way[:1]
        assert exchange.trace.answered_by == "Members"
        assert exchange.upgraded is None
