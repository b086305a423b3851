import asyncio
import gzip
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import aiohttp
import httpx
import pytest
from aiohttp import web

from mockproxy.errors import ConfigurationError, MalformedMessage, RecordError
from mockproxy.servers.observation import observe
from mockproxy.servers.proxy import ProxyServer
from mockproxy.servers.target import TargetServer


@pytest.fixture
def users():
    with TargetServer(name="users") as target:
        target.on().reply_with(lambda request: {"path": request.path})
        yield target


@pytest.fixture
def orders():
    with TargetServer(name="orders") as target:
        yield target


def ask(observed, path="/", method="GET", *, headers=None, body=None):
    return httpx.request(method, observed.url + path, headers=headers, content=body, trust_env=False, timeout=5)


def aiohttp_gateway(to, *, attempts=1, middlewares=()):
    """A proxy as people write it: it strips a prefix, adds a key, repeats what failed, and compresses its answers."""

    async def forward(request):
        body = await request.read()
        async with aiohttp.ClientSession() as session:
            for _ in range(attempts):
                answer = await session.request(
                    request.method,
                    to.url + request.path_qs.removeprefix("/api"),
                    headers={"Authorization": "Bearer k-1", "X-Request-Id": request.headers.get("X-Request-Id", "")},
                    data=body,
                )
                content = await answer.read()
                if answer.status < 500:
                    break
        response = web.Response(body=content, status=answer.status, content_type=answer.content_type)
        response.enable_compression(web.ContentCoding.gzip)
        return response

    app = web.Application(middlewares=middlewares)
    app.router.add_route("*", "/{tail:.*}", forward)
    return app


def asgi_gateway(to):
    """A proxy in plain ASGI; its client is httpx."""

    async def app(scope, receive, send):
        assert scope["type"] == "http"
        body = (await receive()).get("body", b"")
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.request(scope["method"], f"{to.url}/v2{scope['path']}", content=body)
        await send({"type": "http.response.start", "status": answer.status_code, "headers": []})
        await send({"type": "http.response.body", "body": answer.content})

    return app


def test_what_came_to_an_aiohttp_gateway_is_paired_with_what_it_sent_on(users):
    with observe(aiohttp_gateway(users), targets=[users]) as observed:
        answer = ask(observed, "/api/users/7?x=1&x=2")

    exchange = observed.exchanges.only()
    assert exchange.request.raw_target == "/api/users/7?x=1&x=2"
    assert exchange.upstream.request.raw_target == "/users/7?x=1&x=2"
    assert exchange.upstream.target == "users"
    assert exchange.request.authorization is None
    assert exchange.upstream.request.authorization.token == "k-1"
    assert exchange.upstream.response.json() == answer.json() == {"path": "/users/7"}


def test_a_body_that_it_compresses_can_be_compared_on_both_sides(users):
    with observe(aiohttp_gateway(users), targets=[users]) as observed:
        ask(observed, "/api/users")

    exchange = observed.exchanges.only()
    assert exchange.upstream.response.codings == ()
    assert exchange.response.codings == ("gzip",)
    assert gzip.decompress(exchange.response.body) == exchange.upstream.response.body


def test_what_it_changed_in_the_header_fields_is_told(users):
    with observe(aiohttp_gateway(users), targets=[users]) as observed:
        ask(observed, "/api/users", headers={"X-Request-Id": "r1", "X-Lost": "1"})

    changes = observed.exchanges.only().upstream.changes
    assert changes.added["Authorization"] == "Bearer k-1"
    assert changes.removed["X-Lost"] == "1"
    assert "X-Request-Id" not in changes.added


def test_an_asgi_gateway_is_observed_as_well(users):
    with observe(asgi_gateway(users), targets=[users]) as observed:
        assert ask(observed, "/people", "POST", body=b"ada").json() == {"path": "/v2/people"}

    exchange = observed.exchanges.only()
    assert exchange.upstream.request.body == exchange.request.body == b"ada"


@pytest.mark.asyncio
async def test_it_lives_on_the_loop_of_the_test_where_that_is_asked():
    async with TargetServer(name="users") as users:
        users.on().reply(204)
        async with observe(aiohttp_gateway(users), targets=[users]) as observed:
            assert (await asyncio.to_thread(ask, observed)).status_code == 204

    assert len(observed.exchanges.only().legs) == 1


def test_it_starts_and_stops_without_a_block_and_leaves_its_troubles_to_who_asks(users):
    async def broken(request):
        raise LookupError("nothing there")

    app = web.Application()
    app.router.add_get("/", broken)
    observed = observe(app, targets=[users]).start()
    ask(observed)
    observed.stop()
    observed.stop()

    assert [str(trouble) for trouble in observed.front.troubles] == [
        "the application raised LookupError: nothing there"
    ]
    assert users.running


PROXY = """
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.request import Request, urlopen

class Proxy(BaseHTTPRequestHandler):
    def do_GET(self):
        with urlopen(Request(sys.argv[1] + "/v2" + self.path, headers={"X-Seen-Host": self.headers["Host"]})) as answer:
            body = answer.read()
        self.send_response(answer.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args): ...

server = HTTPServer(("127.0.0.1", 0), Proxy)
print(server.server_port, flush=True)
server.serve_forever()
"""


@contextmanager
def proxy_in_a_process(to):
    process = subprocess.Popen([sys.executable, "-c", PROXY, to.url], stdout=subprocess.PIPE, text=True)
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
    finally:
        process.terminate()
        process.wait(5)
        process.stdout.close()


def test_a_proxy_in_a_process_of_its_own_is_observed_by_its_url(users):
    with proxy_in_a_process(users) as url, observe(url, targets=[users]) as observed:
        assert ask(observed, "/people?x=1").json() == {"path": "/v2/people"}
        exchange = observed.exchanges.only()
        assert [leg.request.raw_target for leg in exchange.legs] == ["/v2/people?x=1"]
        # What clients say goes to the proxy as they said it.
        assert exchange.upstream.request.headers["X-Seen-Host"] == observed.url.removeprefix("http://")


def test_repeats_of_the_proxy_are_legs_of_one_exchange(orders):
    orders.on("POST").reply(503).then(201)
    with observe(aiohttp_gateway(orders, attempts=3), targets=[orders]) as observed:
        assert ask(observed, "/orders", "POST", body=b"1").status_code == 201

    exchange = observed.exchanges.only()
    assert [leg.response.status for leg in exchange.legs] == [503, 201]
    assert [leg.request.body for leg in exchange.legs] == [b"1", b"1"]


def test_each_leg_names_its_target(users, orders):
    orders.on().reply(json=[])

    async def both(request):
        async with aiohttp.ClientSession() as session:
            for target in (users, orders):
                async with session.get(target.url):
                    pass
        return web.Response()

    app = web.Application()
    app.router.add_get("/", both)
    with observe(app, targets=[users, orders]) as observed:
        ask(observed)

    assert [leg.target for leg in observed.exchanges.only().legs] == ["users", "orders"]


def test_requests_one_after_the_other_are_paired_even_where_they_are_alike(users):
    with observe(aiohttp_gateway(users), targets=[users]) as observed:
        for _ in range(3):
            ask(observed, "/api/users")

    assert [len(exchange.legs) for exchange in observed.exchanges] == [1, 1, 1]


def ask_at_once(observed, held, requests):
    """Every one is at its target before any is answered."""
    with ThreadPoolExecutor(len(requests)) as clients:
        running = [clients.submit(ask, observed, *request, **kwargs) for request, kwargs in requests]
        held.wait_for_held(len(requests))
        held.open()
        assert all(each.result().status_code == 200 for each in running)


AT_ONCE = {
    "path": [((f"/api/users/{number}",), {}) for number in range(5)],
    "query": [((f"/api/users?n={number}",), {}) for number in range(5)],
    "body": [(("/api/users", "POST"), {"body": b"%d" % number}) for number in range(5)],
    "field": [(("/api/users",), {"headers": {"X-Request-Id": str(number)}}) for number in range(5)],
}


@pytest.mark.parametrize("requests", AT_ONCE.values(), ids=AT_ONCE.keys())
def test_requests_at_once_are_told_apart_by_what_they_carry(orders, requests):
    gate = orders.gate()
    orders.on().hold(gate).reply(200)
    with observe(aiohttp_gateway(orders), targets=[orders]) as observed:
        ask_at_once(observed, gate, requests)

    for exchange in observed.exchanges:
        [leg] = exchange.legs
        assert leg.request.raw_target == exchange.request.raw_target.removeprefix("/api")
        assert leg.request.body == exchange.request.body
        assert leg.request.headers.get("X-Request-Id", "") == exchange.request.headers.get("X-Request-Id", "")


def test_requests_at_once_that_are_alike_are_not_guessed(orders):
    gate = orders.gate()
    orders.on().hold(gate).reply(200)
    with observe(aiohttp_gateway(orders), targets=[orders]) as observed:
        ask_at_once(observed, gate, [(("/api/orders",), {})] * 2)

    with pytest.raises(RecordError, match="cannot tell which of 2 requests under way at once"):
        observed.exchanges.matching()
    assert len(observed.exchanges) == 2


def test_the_journal_is_live_and_one_as_that_of_a_target(users):
    with observe(aiohttp_gateway(users), targets=[users]) as observed, ThreadPoolExecutor(1) as client:
        exchanges = observed.exchanges
        assert (len(exchanges), exchanges is observed.exchanges) == (0, True)
        client.submit(ask, observed, "/api/users/7")
        [exchange] = exchanges.wait_for(path="/api/users/7")
        assert [leg.request.path for leg in exchange.legs] == ["/users/7"]
        ask(observed, "/api/users/8")

    assert [exchange.upstream.request.path for exchange in exchanges] == ["/users/7", "/users/8"]


@pytest.mark.asyncio
async def test_an_exchange_is_awaited_on_the_loop_of_the_test():
    async with TargetServer(name="users") as users:
        users.on().reply(204)
        async with observe(aiohttp_gateway(users), targets=[users]) as observed:
            with pytest.raises(RecordError, match=r"use `await exchanges.arrival\(...\)`"):
                observed.exchanges.wait_for()
            asked = asyncio.ensure_future(asyncio.to_thread(ask, observed))
            [exchange] = await observed.exchanges.arrival()
            await asked

    assert exchange.upstream.response.status == 204


def test_what_an_open_request_has_caused_is_taken_for_nobody_elses(users):
    gates = {"/quick": users.gate(), "/slow": users.gate()}

    async def forward(request):
        async with aiohttp.ClientSession() as session, session.get(f"{users.url}/v1{request.path}"):
            await gates[request.path].passed()
            return web.Response()

    app = web.Application()
    app.router.add_get("/{name}", forward)
    with observe(app, targets=[users]) as observed, ThreadPoolExecutor(2) as clients:
        running = []
        for path, gate in gates.items():
            running.append(clients.submit(ask, observed, path))
            gate.wait_for_held()
        gates["/quick"].open()
        [quick] = observed.exchanges.wait_for()
        assert [leg.request.path for leg in quick.legs] == ["/v1/quick"]
        assert (observed.exchanges.open, observed.unpaired) == (["GET /slow"], ())
        gates["/slow"].open()

    assert [exchange.upstream.request.path for exchange in observed.exchanges] == ["/v1/quick", "/v1/slow"]


def test_what_a_proxy_sends_that_is_no_request_is_a_leg_with_its_octets_in_the_journal_of_the_target(orders):
    async def garbage(request):
        reader, writer = await asyncio.open_connection(orders.host, orders.port)
        writer.write(b"GARBAGE\r\n\r\n")
        await reader.read()
        writer.close()
        return web.Response(status=502)

    app = web.Application()
    app.router.add_get("/", garbage)
    with orders.expecting(MalformedMessage), observe(app, targets=[orders]) as observed:
        ask(observed)

    [leg] = observed.exchanges.only().legs
    assert leg.request is None
    assert isinstance(leg.error, MalformedMessage)
    assert orders.exchanges.only().raw == b"GARBAGE\r\n\r\n"


def test_a_proxy_that_answers_by_itself_is_named_as_the_one_who_did(users):
    async def cached(request):
        return web.Response(text="from the cache")

    app = web.Application()
    app.router.add_get("/", cached)
    with observe(app, targets=[users]) as observed:
        ask(observed)

    with pytest.raises(RecordError, match="the server that recorded this answered by itself with 200"):
        _ = observed.exchanges.only().upstream


def test_a_proxy_that_cannot_be_reached_by_its_url_is_named(users):
    with observe("http://127.0.0.1:1", targets=[users]) as observed:
        assert ask(observed).status_code == 502

    with pytest.raises(RecordError, match=r"nothing was forwarded: .* cannot connect to 127.0.0.1:1"):
        _ = observed.exchanges.only().upstream


def test_a_target_that_is_named_twice_is_one(users):
    with observe(aiohttp_gateway(users), targets=[users, users]) as observed:
        ask(observed)

    assert len(observed.exchanges.only().legs) == 1


def test_a_target_that_does_not_run_is_refused_where_the_proxy_starts(users):
    with pytest.raises(ConfigurationError, match="orders is not running, so the observed proxy"):
        observe(web.Application(), targets=[users, TargetServer(name="orders")]).__enter__()


def test_a_url_of_a_scheme_that_is_not_spoken_is_refused(users):
    with pytest.raises(ConfigurationError, match=r"'https://gateway\.test' must start with 'http://'"):
        observe("https://gateway.test", targets=[users])


def test_what_no_client_waits_for_is_not_paired(users):
    async def check_health(app):
        async with aiohttp.ClientSession() as session, session.get(f"{users.url}/health"):
            yield

    app = aiohttp_gateway(users)
    app.cleanup_ctx.append(check_health)
    with observe(app, targets=[users]) as observed:
        ask(observed, "/api/users")

    assert [exchange.request.path for exchange in observed.unpaired] == ["/health"]
    assert [leg.request.path for leg in observed.exchanges.only().legs] == ["/users"]


def test_one_trace_shows_what_ran_inside_of_the_proxy_and_behind_it(users):
    @web.middleware
    async def gateway_middleware(request, handler):
        return await handler(request)

    @web.middleware
    async def service_middleware(request, handler):
        return await handler(request)

    async def home(request):
        return web.Response(text="home")

    service = web.Application(middlewares=[service_middleware])
    service.router.add_get("/home", home)
    with TargetServer(service, trace=True) as target:
        gateway = aiohttp_gateway(target, middlewares=[gateway_middleware])
        with observe(gateway, targets=[target], trace=True) as observed:
            ask(observed, "/api/home")

    exchange = observed.exchanges.only()
    assert exchange.trace.entered == ["gateway_middleware"]
    trace = exchange.trace_through(target.exchanges)
    assert trace.entered == ["gateway_middleware", "service_middleware"]
    assert trace.left == ["service_middleware", "gateway_middleware"]


@pytest.mark.parametrize("targets", ["http://127.0.0.1:1", None, [], {}])
def test_targets_that_are_no_list_are_refused(targets):
    with pytest.raises(ConfigurationError, match="targets is a list of the TargetServers that the proxy forwards to"):
        observe(web.Application(), targets=targets)


def test_one_target_outside_of_a_list_is_refused(users):
    with pytest.raises(ConfigurationError, match="targets is a list of the TargetServers"):
        observe(web.Application(), targets=users)


def test_a_target_that_records_nothing_is_refused(users):
    with pytest.raises(ConfigurationError, match="targets are TargetServers, which record what they are asked, not '"):
        observe(web.Application(), targets=[users.url])


def test_a_url_cannot_be_looked_into(users):
    with pytest.raises(ConfigurationError, match="trace=True looks into an application, and a URL leads to another"):
        observe("http://127.0.0.1:1", targets=[users], trace=True)


@pytest.mark.parametrize("app", [5, object()])
def test_what_is_neither_an_application_nor_a_url_is_refused(users, app):
    with pytest.raises(TypeError, match="is no application that can be hosted"):
        observe(app, targets=[users])


def test_nothing_at_all_is_refused(users):
    with pytest.raises(ConfigurationError, match=r"no proxy to observe, but None: .* has to return it"):
        observe(None, targets=[users])


def test_a_server_in_the_place_of_its_url_is_refused(users):
    observed = observe(web.Application(), targets=[users])
    for server in (users, ProxyServer(users), observed):
        with pytest.raises(ConfigurationError, match=r"(Server|Observation) is no application and no URL: give its"):
            observe(server, targets=[users])


def test_a_server_is_observed_by_its_url(users):
    with ProxyServer(users) as proxy, observe(proxy.url, targets=[users]) as observed:
        ask(observed, "/api/users")

    assert observed.exchanges.only().upstream.request.path == "/api/users"


def test_its_url_is_there_while_it_runs(users):
    observed = observe(web.Application(), targets=[users])
    for _ in range(2):
        with pytest.raises(ConfigurationError, match=r"inside `with observe\(\.\.\.\)`, or .* make_mock_observation"):
            _ = observed.url
        with observed:
            assert observed.url.startswith("http://127.0.0.1:")


def test_a_url_that_is_none_is_refused(users):
    with pytest.raises(ConfigurationError, match="gateway"):
        observe("gateway", targets=[users])


def test_trouble_inside_of_the_observed_application_fails_the_test(users):
    async def broken(request):
        raise LookupError("nothing there")

    app = web.Application()
    app.router.add_get("/", broken)
    observed = observe(app, targets=[users])
    with pytest.raises(AssertionError, match="nothing there"), observed:
        ask(observed)
