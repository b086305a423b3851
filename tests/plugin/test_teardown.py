"""The end of a test whose peers hang."""

import pytest

# A second more than the promise, which a slow machine may need.
CONFTEST = """
import socket

import pytest

@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if call.when == "teardown":
        assert call.duration < 3, f"the teardown of {item.name} took {call.duration} s"
    return report

@pytest.fixture
def begin():
    clients = []

    def begin(server):
        client = socket.create_connection((server.host, server.port), timeout=10)
        client.sendall(b"GET /slow HTTP/1.1\\r\\nHost: h\\r\\n\\r\\n")
        clients.append(client)

    yield begin
    for client in clients:
        assert client.recv(1) == b""
        client.close()
"""

HANGING = """
import asyncio, contextlib, threading

import pytest
from aiohttp import web

@pytest.fixture
def called():
    return threading.Event()

@pytest.fixture
def let_go():
    event = threading.Event()
    yield event
    event.set()

def test_held(begin, mock_target, mock_proxy):
    gate = mock_target.gate()
    mock_target.on("GET", "/slow").hold(gate)
    begin(mock_proxy)
    gate.wait_for_held()

def test_coroutine(begin, called, mock_target):
    async def handler(request):
        called.set()
        await asyncio.sleep(3600)

    mock_target.on("GET", "/slow").reply_with(handler)
    begin(mock_target)
    assert called.wait(5)

def test_plain_function(begin, called, let_go, mock_target, mock_proxy):
    def handler(request):
        called.set()
        let_go.wait()

    mock_target.on("GET", "/slow").reply_with(handler)
    begin(mock_proxy)
    assert called.wait(5)

def test_coroutine_that_ignores_its_end(begin, called, let_go, mock_target, mock_proxy):
    async def handler(request):
        called.set()
        while not let_go.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(0.01)

    mock_target.on("GET", "/slow").reply_with(handler)
    begin(mock_proxy)
    assert called.wait(5)

def test_middleware(begin, called, mock_target, mock_proxy):
    @mock_proxy.use
    async def middleware(ctx):
        called.set()
        await asyncio.sleep(3600)
        yield

    begin(mock_proxy)
    assert called.wait(5)

def test_aiohttp(begin, called, make_mock_target):
    async def handler(request):
        called.set()
        await asyncio.sleep(3600)

    app = web.Application()
    app.router.add_get("/slow", handler)
    begin(make_mock_target(app, name="hosted"))
    assert called.wait(5)

def test_asgi(begin, called, make_mock_target):
    async def app(scope, receive, send):
        if scope["type"] == "http":
            called.set()
        await asyncio.sleep(0 if scope["type"] == "lifespan" else 3600)

    begin(make_mock_target(app, name="hosted"))
    assert called.wait(5)
"""


def open_requests(result):
    return [line.partition("::")[2] for line in result.outlines if "::" in line and ": GET" in line]


def test_nothing_that_hangs_holds_it_up(run_apart, pytester):
    pytester.makeconftest(CONFTEST)
    result = run_apart(HANGING)

    result.assert_outcomes(passed=7)
    assert open_requests(result) == [
        "test_held: GET /slow at proxy, which waits for target",
        "test_coroutine: GET /slow at target",
        "test_plain_function: GET /slow at proxy, which waits for target",
        "test_coroutine_that_ignores_its_end: GET /slow at proxy, which waits for target",
        "test_middleware: GET /slow at proxy",
        "test_aiohttp: GET /slow at hosted",
        "test_asgi: GET /slow at hosted",
    ]


@pytest.mark.parametrize("client", ["mock_client", "client_of_its_own"])
def test_a_coroutine_that_still_waits_is_named(run_apart, client):
    result = run_apart(
        f"""
        import asyncio

        import aiohttp, pytest, pytest_asyncio

        @pytest_asyncio.fixture
        async def client_of_its_own(mock_proxy):
            async with aiohttp.ClientSession(mock_proxy.url) as session:
                yield session

        async def ask(client):
            with pytest.raises(aiohttp.ClientError):
                await client.get("/slow")

        @pytest.mark.asyncio
        async def test_it(mock_target, {client}):
            gate = mock_target.gate()
            mock_target.on("GET", "/slow").hold(gate)
            mock_target.task = asyncio.create_task(ask({client}))
            await asyncio.to_thread(gate.wait_for_held)
        """
    )

    result.assert_outcomes(passed=1)
    assert open_requests(result) == ["test_it: GET /slow at proxy, which waits for target"]


def test_a_client_that_did_not_wait_any_longer_is_not_named(run_apart):
    result = run_apart(
        """
        import pytest, requests

        def test_it(mock_target, mock_proxy):
            mock_target.on("GET", "/slow").hold(mock_target.gate())
            with pytest.raises(requests.Timeout):
                requests.get(f"{mock_proxy.url}/slow", timeout=0.1)
        """
    )

    result.assert_outcomes(passed=1)
    assert "open requests" not in result.stdout.str()
