"""What the fixtures give, in every kind of test, and what they leave behind: nothing."""

import threading

import pytest
from aiohttp import web

from mockproxy import ConfigurationError

# Notes what a process still holds at its end.
LEFTOVERS = """
import gc, os, pathlib, socket, threading

import pytest

@pytest.hookimpl(trylast=True)
def pytest_sessionfinish():
    gc.collect()
    threads = [thread.name for thread in threading.enumerate() if thread.name == "mockproxy"]
    sockets = [thing for thing in gc.get_objects() if isinstance(thing, socket.socket) and thing.fileno() != -1]
    pathlib.Path(f"left-{os.getpid()}").write_text(repr(threads + sockets))
"""

EVERY_KIND = """
import asyncio, subprocess, sys, unittest

import aiohttp, httpx, pytest, requests
from aiohttp import web

WORLD = {"hello": "world"}

@pytest.fixture
def hello(mock_target):
    mock_target.expect("GET", "/hello").reply(json=WORLD)

async def ask(url):
    async with aiohttp.ClientSession() as session, session.get(f"{url}/hello") as answer:
        return await answer.json()

async def ask_by(client):
    async with client.get("/hello") as answer:
        return await answer.json()

def test_blocking(hello, mock_proxy):
    assert requests.get(f"{mock_proxy.url}/hello").json() == WORLD

def test_asyncio_run(hello, mock_proxy):
    assert asyncio.run(ask(mock_proxy.url)) == WORLD

def test_the_ready_client_on_a_loop_of_ones_own(hello, mock_client):
    assert asyncio.run(ask_by(mock_client)) == WORLD

@pytest.mark.asyncio
async def test_function_loop(hello, mock_proxy):
    assert await ask(mock_proxy.url) == WORLD

@pytest.mark.asyncio(loop_scope="module")
async def test_module_loop(hello, mock_client):
    assert await ask_by(mock_client) == WORLD

@pytest.mark.asyncio(loop_scope="session")
async def test_session_loop(hello, mock_client):
    assert await ask_by(mock_client) == WORLD

@pytest.mark.asyncio(loop_scope="session")
async def test_session_loop_again(hello, mock_client):
    assert await ask_by(mock_client) == WORLD

@pytest.mark.asyncio
async def test_a_blocking_client_cannot_starve_the_servers(hello, mock_proxy):
    assert requests.get(f"{mock_proxy.url}/hello", timeout=5).json() == WORLD

@pytest.mark.asyncio
async def test_beside_the_fixtures_of_pytest_aiohttp(hello, mock_proxy, aiohttp_client):
    async def forward(request):
        return web.json_response(await ask(mock_proxy.url))

    app = web.Application()
    app.router.add_get("/", forward)
    client = await aiohttp_client(app)
    assert await (await client.get("/")).json() == WORLD

@pytest.mark.anyio
async def test_anyio(hello, mock_proxy, anyio_backend):
    async with httpx.AsyncClient() as client:
        assert (await client.get(f"{mock_proxy.url}/hello")).json() == WORLD

@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_the_ready_client_under_anyio(hello, mock_client, anyio_backend):
    assert await ask_by(mock_client) == WORLD

class TestClass(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def take(self, hello, mock_proxy):
        self.url = mock_proxy.url

    def test_it(self):
        self.assertEqual(requests.get(f"{self.url}/hello").json(), WORLD)

class TestCoroutines(unittest.IsolatedAsyncioTestCase):
    @pytest.fixture(autouse=True)
    def take(self, hello, mock_client):
        self.client = mock_client

    async def test_it(self):
        self.assertEqual(await ask_by(self.client), WORLD)

def test_subprocess(hello, mock_proxy):
    code = f"import urllib.request as u; u.urlopen('{mock_proxy.url}/hello').read()"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)
    assert mock_proxy.exchanges.only().request.headers["user-agent"].startswith("Python-urllib")
"""


def leftovers(pytester):
    return {file.read_text() for file in pytester.path.glob("left-*")}


@pytest.mark.parametrize("arguments", [(), ("-o", "asyncio_mode=auto"), ("-n", "2")], ids=["strict", "auto", "xdist"])
def test_they_serve_every_kind_of_test_and_leave_nothing(run_apart, pytester, arguments):
    pytester.makeconftest(LEFTOVERS)
    result = run_apart(EVERY_KIND, *arguments)

    result.assert_outcomes(passed=15)
    assert leftovers(pytester) == {"[]"}


def test_many_tests_on_workers_leave_nothing(run_apart, pytester):
    pytester.makeconftest(LEFTOVERS)
    result = run_apart(
        """
        import pytest, requests

        @pytest.mark.parametrize("n", range(20))
        def test_it(mock_target, mock_proxy, n):
            mock_target.expect("GET", "/{n}").reply(text=str(n))
            assert requests.get(f"{mock_proxy.url}/{n}").text == str(n)
        """,
        "-n",
        "2",
    )

    result.assert_outcomes(passed=20)
    assert leftovers(pytester) == {"[]"}


def test_two_hundred_targets_in_one_test(make_mock_target):
    targets = [make_mock_target() for _ in range(200)]

    assert len({target.port for target in targets}) == 200


def test_factories_give_what_runs_already(make_mock_target, make_mock_proxy):
    target = make_mock_target(name="stock")
    proxy = make_mock_proxy(target, name="gateway")

    assert [(server.name, server.running) for server in (target, proxy)] == [("stock", True), ("gateway", True)]


def test_each_server_of_a_test_has_a_name_of_its_own(make_mock_target, make_mock_proxy):
    targets = [make_mock_target(), make_mock_target(name="target-2"), make_mock_target()]
    proxies = [make_mock_proxy(), make_mock_proxy()]

    assert [server.name for server in targets] == ["target", "target-2", "target-3"]
    assert [server.name for server in proxies] == ["proxy", "proxy-2"]


def test_an_observation_runs_already_and_takes_what_observe_takes(make_mock_observation, mock_target):
    app = web.Application()
    observed = make_mock_observation(app, targets=[mock_target], trace=True)

    assert observed.front.running
    with pytest.raises(ConfigurationError, match="targets is a list of the TargetServers"):
        make_mock_observation(app, targets=mock_target)


def test_an_observation_ends_with_its_test(run):
    result = run(
        """
        from aiohttp import web

        seen = []

        def test_first(make_mock_observation, mock_target):
            seen.append(make_mock_observation(web.Application(), targets=[mock_target]))

        def test_second():
            assert not seen[0].front.running
        """
    )

    result.assert_outcomes(passed=2)


def test_each_call_of_a_factory_gives_another_server(make_mock_target):
    assert make_mock_target().url != make_mock_target().url


def test_all_servers_of_a_test_share_one_thread(make_mock_target, make_mock_proxy):
    before = threading.active_count()
    make_mock_proxy(make_mock_target())
    assert threading.active_count() == before


def test_servers_are_fresh_for_every_test(run):
    result = run(
        """
        import pytest, requests

        @pytest.mark.parametrize("n", range(2))
        def test_it(mock_target, n):
            assert not mock_target.exchanges
            mock_target.expect("GET", "/").reply(200)
            assert requests.get(mock_target.url).status_code == 200
        """
    )

    result.assert_outcomes(passed=2)


def test_a_wrong_argument_is_an_error_where_it_is_given(run):
    result = run(
        """
        import pytest

        def test_it(make_mock_target):
            with pytest.raises(TypeError, match="prot"):
                make_mock_target(prot=80)
        """
    )

    result.assert_outcomes(passed=1)


@pytest.mark.parametrize("never", ["asyncio.sleep(3600)", "asyncio.get_running_loop().create_future()"])
def test_a_handler_that_never_answers_holds_up_no_teardown(run_apart, never):
    result = run_apart(
        f"""
        import asyncio, threading, time

        import pytest, requests

        @pytest.fixture
        def client():
            threads = []

            def ask(url):
                with pytest.raises(requests.ConnectionError):
                    requests.get(url)

            def start(url):
                threads.append(threading.Thread(target=ask, args=(url,)))
                threads[0].start()

            yield start
            threads[0].join()

        def test_it(client, mock_target, mock_proxy):
            called = threading.Event()

            async def handler(request):
                called.set()
                await {never}

            mock_target.on("GET", "/slow").reply_with(handler)
            client(f"{{mock_proxy.url}}/slow")
            assert called.wait(5)
        """
    )

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*::test_it: GET /slow at proxy, which waits for target"])


def test_the_ready_client_leads_to_the_proxy(run):
    result = run(
        """
        import pytest

        @pytest.mark.asyncio
        async def test_it(mock_target, mock_proxy, mock_client):
            mock_target.on("GET", "/hello").reply(text="hello")
            async with mock_client.get("/hello") as answer:
                assert await answer.text() == "hello"
            assert mock_proxy.exchanges.only().request.path == "/hello"
        """
    )

    result.assert_outcomes(passed=1)


def test_the_ready_client_reaches_a_target_at_its_own_url(run):
    result = run(
        """
        import pytest

        @pytest.mark.asyncio
        async def test_it(mock_target, mock_proxy, mock_client):
            mock_target.on("GET", "/login").reply(headers={"Set-Cookie": "sid=1"})
            for _ in range(2):
                async with mock_client.get(f"{mock_target.url}/login") as answer:
                    assert answer.status == 200
            assert [dict(exchange.request.cookies) for exchange in mock_target.exchanges] == [{}, {"sid": "1"}]
            assert not mock_proxy.exchanges
        """
    )

    result.assert_outcomes(passed=1)


def test_the_issuer_verifies_what_it_issues(mock_issuer):
    assert mock_issuer.verify(mock_issuer.token(sub="ada"))["sub"] == "ada"


PEOPLE = """
import pathlib

import pytest

@pytest.mark.parametrize("group", [1, 2])
@pytest.mark.xdist_group("a")
def test_people(mock_faker, group, request):
    names = [mock_faker.name() for _ in range(20)]
    pathlib.Path(f"people-{group}").write_text(" ".join(names))
"""


def people(run, pytester, *arguments):
    run(PEOPLE, *arguments).assert_outcomes(passed=2)
    return [(pytester.path / f"people-{group}").read_text() for group in (1, 2)]


def test_data_depends_on_the_test(run, pytester):
    first, second = people(run, pytester)

    assert first != second


def test_data_depends_neither_on_order_nor_on_workers(run, run_apart, pytester):
    file = f"{pytester.path.name[:-1]}.py"
    alone = people(run, pytester)

    assert people(run, pytester, f"{file}::test_people[2]", f"{file}::test_people[1]") == alone
    assert people(run_apart, pytester, "-n", "2", "--dist", "loadgroup") == alone
