"""What a test is told at its end."""

import re

REQUESTS = "import pytest, requests, unittest\n\n"


def sections(result, title):
    return result.stdout.str().count(f" {title} ")


def test_a_test_that_passes_fails_for_what_its_servers_saw(run):
    result = run(
        REQUESTS
        + """
def test_it(mock_target):
    assert requests.get(f"{mock_target.url}/nowhere").status_code == 501
"""
    )

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*1. unmatched: GET /nowhere at target", "*with server.expecting(Unmatched): ..."])


def test_the_report_comes_without_the_inside_of_the_plugin(run):
    result = run(
        REQUESTS
        + """
def test_it(mock_target):
    requests.get(mock_target.url)
"""
    )

    result.stdout.no_fnmatch_line("*hooks.py*")


def test_a_coroutine_fails_alike(run):
    result = run(
        """
        import aiohttp, pytest

        async def ask(url):
            async with aiohttp.ClientSession() as session, session.get(url) as answer:
                assert answer.status == 501

        @pytest.mark.asyncio
        async def test_asyncio(mock_target):
            await ask(mock_target.url)

        @pytest.mark.anyio
        @pytest.mark.parametrize("anyio_backend", ["asyncio"])
        async def test_anyio(mock_target, anyio_backend):
            await ask(mock_target.url)
        """
    )

    result.assert_outcomes(failed=2)


def test_troubles_of_all_servers_make_one_report(run):
    result = run(
        REQUESTS
        + """
def test_it(make_mock_target):
    for name in ("stock", "payment"):
        requests.get(make_mock_target(name=name).url)
"""
    )

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*2 things went wrong*", "1. *at stock*", "2. *at payment*"])


def test_a_failure_of_its_own_stands_and_the_report_is_added(run):
    result = run(
        REQUESTS
        + """
def test_it(mock_target):
    requests.get(mock_target.url)
    raise LookupError("my own")
"""
    )

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E*LookupError: my own", "*- mockproxy troubles -*", "1. unmatched: GET /*"])
    result.stdout.fnmatch_lines(["FAILED *::test_it*"])


def test_an_expectation_that_is_not_met_is_told_once(run):
    result = run(
        """
        def test_it(mock_target):
            mock_target.expect("GET", "/health").reply(200)
        """
    )

    result.assert_outcomes(failed=1)
    assert result.stdout.str().count("expected GET /health 1 time, was requested 0 times") == 1


def test_trouble_before_the_test_itself_goes_to_the_failure_there(run):
    result = run(
        REQUESTS
        + """
@pytest.fixture
def broken(mock_target):
    mock_target.expect("GET", "/never-asked-for")
    requests.get(mock_target.url)
    raise LookupError("my own")

def test_it(broken):
    pass
"""
    )

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["E*LookupError: my own", "*- mockproxy troubles -*", "1. unmatched: GET /*"])
    result.stdout.no_fnmatch_line("*unmet expectation*")


def test_trouble_before_a_test_that_runs_fails_it(run):
    result = run(
        REQUESTS
        + """
@pytest.fixture
def asked(mock_target):
    requests.get(mock_target.url)

def test_it(asked):
    pass
"""
    )

    result.assert_outcomes(failed=1)


def test_trouble_that_comes_late_is_an_error_of_the_teardown(run):
    result = run(
        REQUESTS
        + """
@pytest.fixture
def asks_at_its_end(mock_target):
    yield
    requests.get(f"{mock_target.url}/late")

def test_it(asks_at_its_end):
    pass
"""
    )

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*ERROR at teardown of test_it*", "1. unmatched: GET /late at target"])


def test_trouble_that_was_told_at_the_end_of_the_test_is_not_told_again_by_the_teardown(run):
    result = run(
        REQUESTS
        + """
@pytest.fixture
def fails_at_its_end(mock_target):
    yield
    raise LookupError("of the teardown")

def test_it(fails_at_its_end, mock_target):
    requests.get(mock_target.url)
"""
    )

    result.assert_outcomes(failed=1, errors=1)
    assert result.stdout.str().count("1. unmatched: GET /") == 1
    assert sections(result, "mockproxy exchanges") == 1


def test_declared_trouble_fails_nothing(run):
    result = run(
        REQUESTS
        + """
from mockproxy import Unmatched

def test_it(mock_target):
    with mock_target.expecting(Unmatched) as troubles:
        requests.get(mock_target.url)
    assert len(troubles) == 1
"""
    )

    result.assert_outcomes(passed=1)


def test_a_test_that_is_skipped_or_meant_to_fail_stays_so(run):
    result = run(
        REQUESTS
        + """
def test_skipped(mock_target):
    mock_target.expect("GET", "/health")
    requests.get(mock_target.url)
    pytest.skip("no")

@pytest.fixture
def skips(mock_target):
    requests.get(mock_target.url)
    pytest.skip("no")

def test_skipped_before_it_began(skips):
    pass

@pytest.mark.xfail(strict=True)
def test_meant_to_fail(mock_target):
    requests.get(mock_target.url)
"""
    )

    result.assert_outcomes(skipped=2, xfailed=1)


def test_a_subtest_neither_tells_nor_swallows_what_belongs_to_its_test(run):
    result = run(
        REQUESTS
        + """
def test_it(mock_target, subtests):
    requests.get(mock_target.url)
    with subtests.test("a"):
        pytest.skip("no")
"""
    )

    assert result.ret == 1
    result.stdout.fnmatch_lines(["*_ test_it _*", "1. unmatched: GET /*"])


def test_unittest_classes_are_judged_alike(run):
    result = run(
        REQUESTS
        + """
class TestIt(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def take(self, mock_target):
        self.target = mock_target

    def test_passes(self):
        pass

    def test_in_trouble(self):
        requests.get(self.target.url)

    def test_fails_by_itself(self):
        requests.get(self.target.url)
        self.fail("my own")

    def test_skipped(self):
        requests.get(self.target.url)
        self.skipTest("no")

class TestCoroutines(unittest.IsolatedAsyncioTestCase):
    @pytest.fixture(autouse=True)
    def take(self, mock_target, mock_client):
        self.target, self.client = mock_target, mock_client

    async def test_in_trouble(self):
        async with self.client.get(f"{self.target.url}/nowhere") as answer:
            self.assertEqual(answer.status, 501)
"""
    )

    result.assert_outcomes(passed=1, failed=3, skipped=1)
    result.stdout.fnmatch_lines(["E*AssertionError: my own", "*- mockproxy troubles -*", "1. unmatched: GET /*"])


ASKS_AND_FAILS = (
    REQUESTS
    + """
def test_it(mock_target, mock_proxy):
    mock_target.on("GET").reply(json={"n": 1})
    requests.get(f"{mock_proxy.url}/through")
    requests.get(f"{mock_target.url}/direct")
    assert mock_proxy.exchanges.only().trace.entered == ["authenticate", "rewrite"]
"""
)


def test_a_test_that_fails_shows_its_exchanges_each_of_them_once(run):
    result = run(ASKS_AND_FAILS)

    told = result.stdout.str().split("- mockproxy exchanges -")[1]
    assert re.findall(r"#\d GET (\S+)(?: -> target)?  200", told) == ["/through", "/direct"]


OBSERVED = (
    REQUESTS
    + """
import aiohttp
from aiohttp import web
from concurrent.futures import ThreadPoolExecutor

def gateway(target):
    async def forward(request):
        if request.path == "/broken":
            raise LookupError("no route")
        async with aiohttp.ClientSession() as session, session.get(f"{target.url}/v2{request.path}") as answer:
            return web.Response(body=await answer.read(), status=answer.status)

    app = web.Application()
    app.router.add_get("/{tail:.*}", forward)
    return app

@pytest.fixture
def observed(make_mock_observation, mock_target):
    mock_target.on("GET").reply(json={"n": 1})
    return make_mock_observation(gateway(mock_target), targets=[mock_target])
"""
)


def test_a_test_that_fails_shows_what_an_observed_proxy_made_of_its_requests(run):
    result = run(
        OBSERVED
        + """
def test_it(observed, mock_target):
    requests.get(f"{observed.url}/through")
    requests.get(f"{mock_target.url}/direct")
    assert observed.exchanges.only().upstream.request.path == "/v3/through"
"""
    )

    told = result.stdout.str().split("- mockproxy exchanges -")[1]
    assert re.findall(r"#\d GET (\S+(?: -> \S+ \S+)?)  200", told) == ["/through -> target /v2/through", "/direct"]


def test_a_proxy_that_is_observed_by_its_url_is_told_once(run):
    result = run(
        OBSERVED
        + """
def test_it(make_mock_observation, make_mock_target, mock_target):
    mock_target.on("GET").reply(json={"n": 1})
    running = make_mock_target(gateway(mock_target))
    requests.get(f"{make_mock_observation(running.url, targets=[mock_target]).url}/through")
    assert False
"""
    )

    told = result.stdout.str().split("- mockproxy exchanges -")[1]
    assert re.findall(r"#\d GET (\S+(?: -> \S+ \S+)?)  200", told) == ["/through -> target /v2/through"]


def test_requests_that_are_too_much_alike_are_told_on_each_side(run):
    result = run(
        OBSERVED
        + """
def test_it(make_mock_observation, mock_target):
    gate = mock_target.gate()
    mock_target.on("GET").hold(gate).reply(json={"n": 1})
    observed = make_mock_observation(gateway(mock_target), targets=[mock_target])
    with ThreadPoolExecutor(2) as clients:
        for _ in range(2):
            clients.submit(requests.get, f"{observed.url}/alike")
        gate.wait_for_held(2)
        gate.open()
    observed.exchanges.only()
"""
    )

    result.stdout.fnmatch_lines(["*RecordError: cannot tell which of 2 requests under way at once*"])
    told = result.stdout.str().split("- mockproxy exchanges -")[1]
    assert sorted(re.findall(r"#\d GET (\S+)  200", told)) == ["/alike", "/alike", "/v2/alike", "/v2/alike"]


def test_what_an_observed_application_raises_fails_the_test_itself(run):
    result = run(
        OBSERVED
        + """
def test_it(observed):
    requests.get(f"{observed.url}/broken")

def test_declared(observed):
    from mockproxy import HandlerFailed

    with observed.expecting(HandlerFailed):
        requests.get(f"{observed.url}/broken")
"""
    )

    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(["*handler failed: the application raised LookupError: no route*"])


def test_a_request_that_an_observed_proxy_still_answers_is_named_and_the_result_stands(run):
    result = run(
        OBSERVED
        + """
import threading
from contextlib import suppress

def ask(url):
    with suppress(requests.RequestException):
        requests.get(url)

def test_it(make_mock_observation, mock_target):
    gate = mock_target.gate()
    mock_target.on("GET").hold(gate).reply()
    observed = make_mock_observation(gateway(mock_target), targets=[mock_target])
    threading.Thread(target=ask, args=[f"{observed.url}/held"]).start()
    gate.wait_for_held()
"""
    )

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*mockproxy open requests*", "*::test_it: GET /held at observed*"])


def test_the_exchanges_take_at_most_a_screen(run):
    result = run(
        REQUESTS
        + """
def test_it(mock_target, mock_proxy):
    mock_target.on("GET").reply(json={"n": 1})
    for n in range(100):
        requests.get(f"{mock_proxy.url}/{n}")
    assert False
"""
    )

    told = result.stdout.str().split("- mockproxy exchanges -")[1].split("\n====")[0]
    assert 30 < len(told.splitlines()) <= 41


def test_a_test_that_passes_prints_nothing(run):
    result = run(
        REQUESTS
        + """
def test_it(mock_target, mock_proxy):
    mock_target.on("GET").reply(json={"n": 1})
    requests.get(mock_proxy.url)
"""
    )

    assert "mockproxy" not in re.sub(r"plugins: .*", "", result.stdout.str())


def test_the_seed_stands_in_the_report_of_a_failure(run):
    result = run("def test_it(mock_faker):\n    assert mock_faker.name() == ''\n", "--mockproxy-seed", "7")

    result.stdout.fnmatch_lines(["*- mockproxy seed of mock_faker -*", "--mockproxy-seed 7"])


OPEN = (
    REQUESTS
    + """
import asyncio, threading

def test_it(mock_target, mock_proxy):
    gate = mock_target.gate()
    mock_target.on("GET", "/feed").hold(gate)

    def ask():
        with pytest.raises(requests.ConnectionError):
            requests.get(f"{mock_proxy.url}/feed")

    thread = threading.Thread(target=ask)
    thread.start()
    gate.wait_for_held()
    mock_target.thread = thread

@pytest.fixture(autouse=True)
def no_client_hangs():
    yield
    for thread in set(threading.enumerate()) - {threading.main_thread()}:
        if thread.name.startswith("Thread-"):
            thread.join(5)
            assert not thread.is_alive()
"""
)


def test_requests_that_are_still_open_are_named_and_the_result_stands(run_apart):
    result = run_apart(OPEN)

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*= mockproxy open requests =*", "*::test_it: GET /feed at *"])


def test_workers_hand_their_reports_on(run_apart):
    result = run_apart(OPEN + ASKS_AND_FAILS.replace("test_it", "test_failing"), "-n", "2")

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*- mockproxy exchanges -*", "proxy #0 GET /through -> target*"])
    result.stdout.fnmatch_lines(["*= mockproxy open requests =*", "*::test_it: GET /feed at *"])


def test_the_exchanges_of_all_servers_stand_in_the_order_of_their_time_with_the_steps_of_applications(run):
    result = run(
        """
        import requests
        from aiohttp import web

        @web.middleware
        async def inside(request, handler):
            return await handler(request)

        async def hello(request):
            return web.Response(text="hello")

        async def outside(ctx):
            yield

        def test_it(make_mock_target, make_mock_proxy):
            app = web.Application(middlewares=[inside])
            app.router.add_get("/", hello)
            target = make_mock_target(app, trace=True)
            requests.get(target.url)
            requests.get(make_mock_proxy(target, middlewares=[outside]).url)
            requests.get(make_mock_proxy(target).url)
            assert False
        """
    )

    told = result.stdout.str().partition(" mockproxy exchanges ")[2].splitlines()
    assert [line.split(" -> ")[0].split("  ")[0] for line in told if "#" in line] == [
        "target #0 GET /",
        "proxy #0 GET /",
        "proxy-2 #0 GET /",
    ]
    entered = [line for line in told if line.endswith(" ms") and "(no change)" in line]
    steps = [name for line in entered for name in ("inside", "outside") if f" {name} " in line]
    assert steps == ["inside", "outside", "inside", "inside"]


def test_an_unmet_expectation_names_its_server(run):
    result = run(
        REQUESTS
        + """
def test_it(make_mock_target):
    make_mock_target()
    make_mock_target().expect("GET", "/health").reply(200)
"""
    )

    result.stdout.fnmatch_lines(
        ["*expected GET /health 1 time, was requested 0 times", "*seen at target-2, declared at *"]
    )


def test_a_failing_order_shows_the_expected_and_the_recorded_one(run):
    result = run(
        """
        import requests

        async def refuse_strangers_at_the_door(ctx):
            yield

        async def rewrite_the_path_for_the_second_version(ctx):
            yield

        def test_it(mock_target, mock_proxy):
            mock_target.on("GET").reply(200)
            mock_proxy.use(refuse_strangers_at_the_door)
            mock_proxy.use(rewrite_the_path_for_the_second_version)
            requests.get(mock_proxy.url)
            entered = mock_proxy.exchanges.only().trace.entered
            assert entered == ["rewrite_the_path_for_the_second_version", "refuse_strangers_at_the_door"]
        """
    )

    result.stdout.fnmatch_lines(
        [
            "E *assert the recorded order is not the expected one",
            "E * expected: rewrite_the_path_for_the_second_version, refuse_strangers_at_the_door",
            "E * recorded: refuse_strangers_at_the_door, rewrite_the_path_for_the_second_version",
            "E * place 1: expected rewrite_the_path_for_the_second_version, recorded refuse_strangers_at_the_door",
        ]
    )


def test_all_that_a_test_has_to_say_fits_on_a_page(run):
    result = run(
        """
        import requests

        def test_it(mock_target, mock_proxy):
            async def flaky(ctx):
                if ctx.request.path == "/40":
                    raise LookupError("no such shop")
                yield

            mock_target.on("GET").reply(200)
            mock_proxy.use(flaky)
            for number in range(80):
                requests.get(f"{mock_proxy.url}/{number}")
            assert False
        """
    )

    told = result.stdout.str().partition(" mockproxy troubles ")[2].partition(" short test summary ")[0].splitlines()
    assert "LookupError: no such shop" in " ".join(told)
    assert told[-2].endswith(" exchanges left out")
    assert len(told) <= 44  # with the lines that begin the sections
