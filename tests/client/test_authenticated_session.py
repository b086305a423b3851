import asyncio
import io
import warnings
from random import Random

import aiohttp
import pytest

from mockproxy.client import AuthenticatedSession, BasicAuthMiddleware
from mockproxy.errors import ConfigurationError
from tests.support.done import done
from tests.support.gatekeeper import Door
from tests.support.members import Members
from tests.support.raw import message
from tests.support.raw_origin import RawOrigin

pytestmark = pytest.mark.asyncio


@pytest.fixture
def members(mock_target):
    return Members(mock_target)


def session_for(members, **options):
    return AuthenticatedSession(members.url, auth=("user", "pass"), **options)


async def echoed(session, **options):
    async with session.post("/things", **options) as answer:
        return (await answer.json())["body"]


async def status_of(session, path="/things"):
    async with session.get(path) as answer:
        return answer.status


async def test_entering_logs_in_with_basic_credentials_and_requests_carry_the_cookie_alone(members):
    async with session_for(members) as session:
        assert await status_of(session) == 200

    login, request = members.target.exchanges
    assert (login.request.method, login.request.headers["Authorization"]) == ("GET", "Basic dXNlcjpwYXNz")
    assert "Cookie" not in login.request.headers
    assert request.request.headers["Cookie"] == f"sid={login.response.cookies['sid']}"
    assert "Authorization" not in request.request.headers


async def test_the_flow_of_the_article_has_the_right_cookie_at_every_step(members):
    async with session_for(members) as session:
        assert await status_of(session) == 200
        members.expire()
        assert await status_of(session) == 200

    assert members.paths == ["/login", "/things", "/things", "/login", "/things"]
    first, second = (exchange.response.cookies["sid"] for exchange in members.target.exchanges.matching(path="/login"))
    asked = members.target.exchanges.matching(path="/things")
    assert [(exchange.request.cookies["sid"], exchange.response.status) for exchange in asked] == [
        (first, 200),
        (first, 401),
        (second, 200),
    ]


async def test_a_response_that_was_awaited_can_be_read_afterwards(members):
    async with session_for(members) as session:
        members.expire()
        answer = await session.post("/things", data=b"payload")
        assert await answer.json() == {"body": "payload"}


async def test_twenty_refusals_at_once_cause_one_login_on_each_of_200_runs():
    async with Door() as door, AuthenticatedSession(door.url, login="/sell", auth=("user", "pass")) as session:
        for run in range(1, 201):
            door.revoke()
            assert await asyncio.gather(*(status_of(session) for _ in range(20))) == [200] * 20
            assert door.sold == 1 + run


async def test_a_refusal_that_comes_after_the_new_login_does_not_cause_another(members):
    gate = members.target.gate()
    members.target.on("GET", "/slow").hold(gate).reply(401).then(200)
    async with session_for(members) as session:
        slow = asyncio.create_task(status_of(session, "/slow"))
        await asyncio.to_thread(gate.wait_for_held)
        members.expire()
        assert await status_of(session) == 200
        gate.open()
        assert await slow == 200

    assert members.logins == 2


async def test_what_is_refused_after_a_new_login_is_the_answer(members):
    members.target.on("GET", "/never").reply(401, text="no")
    async with session_for(members) as session, session.get("/never") as answer:
        assert (answer.status, await answer.text()) == (401, "no")

    assert members.paths == ["/login", "/never", "/login", "/never"]


async def test_a_login_that_is_refused_is_an_error_with_its_status_and_no_secret(members):
    with pytest.raises(aiohttp.ClientResponseError) as caught:
        async with AuthenticatedSession(members.url, auth=("user", "wrong")):
            pass

    assert caught.value.status == 401
    assert str(caught.value) == (
        f"401, message=\"the login of 'user' failed: Unauthorized\", url='{members.url}/login'"
    )
    assert "dXNlcjp3cm9uZw==" not in repr(caught.value)


async def test_a_new_login_that_fails_is_one_error_for_all_that_wait(mock_target):
    mock_target.on("GET", "/login").reply(200).then(503, reason="Down")
    mock_target.on("GET", "/things").reply(401)
    async with AuthenticatedSession(mock_target.url, auth=("user", "pass")) as session:
        outcomes = await asyncio.gather(*(status_of(session) for _ in range(20)), return_exceptions=True)

    assert {(type(outcome), outcome.status) for outcome in outcomes} == {(aiohttp.ClientResponseError, 503)}
    assert len(mock_target.exchanges.matching(path="/login")) == 2


async def test_the_next_request_after_a_failed_login_logs_in_again(mock_target):
    mock_target.on("GET", "/login").reply(200).then(503).then(200)
    mock_target.on("GET", "/things").reply(401).then(401).then(200)
    async with AuthenticatedSession(mock_target.url, auth=("user", "pass")) as session:
        with pytest.raises(aiohttp.ClientResponseError, match="503"):
            await done(session.get("/things"))
        assert await status_of(session) == 200


async def test_requests_that_are_cancelled_cause_no_second_login_on_each_of_200_runs():
    refused, released = asyncio.Semaphore(0), asyncio.Event()
    chance, logins = Random(11), []
    released.set()

    async def login(session):
        logins.append(session)
        await released.wait()
        await done(session.get("/sell"))

    async def count_refusals(request, handler):
        response = await handler(request)
        if response.status == 401:
            refused.release()
        return response

    async with Door() as door, AuthenticatedSession(door.url, login=login, middlewares=[count_refusals]) as session:
        for run in range(1, 201):
            door.revoke()
            released.clear()
            tasks = [asyncio.create_task(status_of(session)) for _ in range(10)]
            for _ in tasks:
                await refused.acquire()
            for _ in range(10):
                await asyncio.sleep(0)  # from the refusal to the wait for the login
            lost = chance.sample(tasks, chance.randint(1, 9))
            for task in lost:
                task.cancel()
                if chance.random() < 0.3:
                    await asyncio.sleep(0)
            released.set()
            outcomes = await asyncio.gather(*tasks, return_exceptions=True)
            assert [outcome == 200 for outcome in outcomes] == [task not in lost for task in tasks]
            assert (len(logins), door.sold) == (1 + run, 1 + run)


async def test_a_login_that_is_cancelled_from_inside_leaves_those_that_wait_unharmed(members):
    logins = []
    begun = asyncio.Event()

    async def login(session):
        logins.append(asyncio.current_task())
        if len(logins) == 2:
            begun.set()
            await asyncio.Event().wait()
        async with session.get("/login", headers={"Authorization": "Basic dXNlcjpwYXNz"}):
            pass

    async with AuthenticatedSession(members.url, login=login) as session:
        members.expire()
        tasks = [asyncio.create_task(status_of(session)) for _ in range(5)]
        await begun.wait()
        logins[1].cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["CancelledError", "int", "int", "int", "int"]
    assert len(logins) == 3


@pytest.mark.parametrize("given", ["request", "session"])
async def test_the_total_of_a_request_bounds_the_login_that_it_waits_for(members, given):
    logged_in = []

    async def login(session):
        logged_in.append(session)
        if len(logged_in) == 2:
            await asyncio.Event().wait()
        await done(session.get("/login", headers={"Authorization": "Basic dXNlcjpwYXNz"}))

    limit = {"timeout": aiohttp.ClientTimeout(total=0.1)}
    async with AuthenticatedSession(members.url, login=login, **(limit if given == "session" else {})) as session:
        members.expire()
        async with asyncio.timeout(5):
            with pytest.raises(TimeoutError, match=r"GET /things waited for a new login: the total of 0\.1 s was over"):
                await session.get("/things", **(limit if given == "request" else {}))
        assert await status_of(session) == 200

    assert len(logged_in) == 3


async def test_one_whose_time_is_over_leaves_the_login_to_those_that_wait_longer(members):
    released, logged_in = asyncio.Event(), []
    released.set()

    async def login(session):
        logged_in.append(session)
        await released.wait()
        await done(session.get("/login", headers={"Authorization": "Basic dXNlcjpwYXNz"}))

    async with AuthenticatedSession(members.url, login=login) as session:
        members.expire()
        released.clear()
        hasty, patient = (
            asyncio.create_task(done(session.get("/things", timeout=aiohttp.ClientTimeout(total=total))))
            for total in (0.1, None)
        )
        await asyncio.wait([hasty])
        released.set()
        await patient

    assert isinstance(hasty.exception(), TimeoutError)
    assert len(logged_in) == 2


async def test_the_repeat_has_what_is_left_of_the_total(members):
    gate = members.target.gate()
    members.target.on("GET", "/slow").reply(401).then(200, stream=[b"half", gate, b"rest"])
    async with session_for(members) as session:
        loop = asyncio.get_running_loop()
        began = loop.time()
        with pytest.raises(TimeoutError):
            async with session.get("/slow", timeout=aiohttp.ClientTimeout(total=0.4)) as answer:
                await answer.read()
        gate.open()

    assert 0.3 < loop.time() - began < 1


async def test_one_connection_is_enough_for_refusals_with_long_bodies(members):
    members.target.on("GET", "/long").reply(401, body=bytes(2_000_000)).then(200, text="done")
    async with session_for(members, connector=aiohttp.TCPConnector(limit=1)) as session:
        async with asyncio.timeout(5), session.get("/long") as answer:
            assert await answer.text() == "done"
        assert await status_of(session) == 200


async def test_a_cookie_that_came_with_the_refusal_is_sent_with_the_repeat(members):
    members.target.on("GET", "/hinted").reply(401, headers={"Set-Cookie": "hint=1; Path=/"}).then(200)
    async with session_for(members) as session:
        await done(session.get("/hinted"))

    assert members.target.exchanges[-1].request.cookies.keys() == {"hint", "sid"}


async def test_cookies_of_one_port_are_not_sent_to_another(members, make_mock_target):
    stranger = make_mock_target()
    stranger.on("GET", "/")
    async with session_for(members) as session:
        await done(session.get(f"{stranger.url}/"))

    assert "Cookie" not in stranger.exchanges.only().request.headers


async def test_a_refusal_by_another_origin_is_left_alone(members, make_mock_target):
    stranger = make_mock_target()
    stranger.on("GET", "/").reply(401)
    async with session_for(members) as session:
        assert await status_of(session, f"{stranger.url}/") == 401

    assert (members.paths, stranger.exchanges.only().request.authorization) == (["/login"], None)


async def test_a_redirect_takes_no_credentials_to_another_origin(members, make_mock_target):
    stranger = make_mock_target()
    stranger.on("GET", "/in").reply(401)
    members.target.on("GET", "/out").reply(302, headers={"Location": f"{stranger.url}/in"})
    async with session_for(members) as session:
        assert await status_of(session, "/out") == 401

    assert members.paths == ["/login", "/out"]
    assert {"Authorization", "Cookie"}.isdisjoint(stranger.exchanges.only().request.headers)


async def test_a_login_that_redirects_to_another_origin_does_not_take_the_password_there(make_mock_target):
    home, stranger = make_mock_target(), make_mock_target()
    stranger.on("GET", "/")
    home.on("GET", "/login").reply(302, headers={"Location": f"{stranger.url}/"})
    async with AuthenticatedSession(home.url, auth=("user", "pass")):
        pass

    assert "Authorization" not in stranger.exchanges.only().request.headers


async def test_a_request_with_an_authorization_of_its_own_is_left_alone(members):
    async with session_for(members) as session:
        members.expire()
        async with session.get("/things", headers={"Authorization": "Bearer own"}) as answer:
            assert answer.status == 401

    assert members.paths == ["/login", "/things"]
    assert members.target.exchanges[-1].request.headers["Authorization"] == "Bearer own"


def form():
    data = aiohttp.FormData()
    data.add_field("note", io.BytesIO(b"payload"), filename="note.txt")
    return data


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"data": b"payload"}, "payload"),
        ({"data": "payload"}, "payload"),
        ({"json": {"a": 1}}, '{"a": 1}'),
        ({"data": io.BytesIO(b"payload")}, "payload"),
        ({"data": {"a": "1", "b": "2"}}, "a=1&b=2"),
        ({"data": [("a", "1"), ("a", "2")]}, "a=1&a=2"),
    ],
    ids=["bytes", "str", "json", "BytesIO", "dict", "pairs"],
)
async def test_a_body_that_can_be_repeated_is(members, body, expected):
    async with session_for(members) as session:
        members.expire()
        assert await echoed(session, **body) == expected

    refused, repeated = members.target.exchanges.matching(path="/things")
    assert refused.request.body == repeated.request.body
    assert refused.request.headers.get("Content-Type") == repeated.request.headers.get("Content-Type")


@pytest.mark.skipif(not hasattr(aiohttp, "UploadTracker"), reason="this aiohttp tracks no uploads")
async def test_a_tracked_upload_is_repeated_and_tracked_the_first_time(members):
    async with session_for(members) as session:
        members.expire()
        tracker = aiohttp.UploadTracker()
        assert await echoed(session, data=b"payload", upload_tracker=tracker) == "payload"

    assert (tracker.attempts, tracker.upload_complete.done()) == (1, True)


async def test_a_file_is_repeated_from_where_it_stood(members, tmp_path):
    (tmp_path / "upload").write_bytes(b"skipped payload")
    file = (tmp_path / "upload").open("rb")
    file.seek(8)
    async with session_for(members) as session:
        members.expire()
        assert await echoed(session, data=file) == "payload"
    assert [exchange.request.body for exchange in members.target.exchanges.matching(path="/things")] == [b"payload"] * 2


async def test_a_form_with_files_is_repeated(members):
    async with session_for(members) as session:
        members.expire()
        await echoed(session, data=form())

    refused, repeated = members.target.exchanges.matching(path="/things")
    assert b"payload" in refused.request.body
    assert refused.request.body == repeated.request.body


async def pieces():
    yield b"pay"
    yield b"load"


async def test_a_stream_that_is_gone_is_an_error_that_names_it_and_the_next_request_is_logged_in(members):
    async with session_for(members) as session:
        members.expire()
        with pytest.raises(
            aiohttp.ClientPayloadError, match=r"POST /things .* 401 .* cannot be repeated: .* async_generator"
        ):
            await done(session.post("/things", data=pieces()))
        assert await echoed(session, data=pieces()) == "payload"

    assert members.paths == ["/login", "/things", "/login", "/things"]


async def test_a_form_with_a_stream_that_is_gone_is_an_error(members):
    data = aiohttp.FormData()
    data.add_field("note", pieces(), filename="note.txt")
    async with session_for(members) as session:
        members.expire()
        with pytest.raises(aiohttp.ClientPayloadError, match="FormData, is a stream and is gone"):
            await done(session.post("/things", data=data))

    assert members.paths == ["/login", "/things", "/login"]


async def test_a_stream_that_is_half_gone_when_the_refusal_comes_is_an_error():
    def script(peer):
        if peer.head().target == b"/login":
            peer.send(message(b"HTTP/1.1 200 OK", b"Content-Length: 0", b"Connection: close"))
        else:
            peer.send(message(b"HTTP/1.1 401 Unauthorized", b"Content-Length: 0", b"Connection: close"))
            peer.rest()

    async def long():
        for _ in range(500):
            yield bytes(40_000)

    with RawOrigin(script) as origin:
        async with AuthenticatedSession(origin.url, auth=("user", "pass")) as session:
            with pytest.raises(aiohttp.ClientPayloadError, match=r"PUT /film .* cannot be repeated"):
                await done(session.put("/film", data=long()))


async def test_a_stream_goes_out_once_where_nothing_is_refused(members):
    async with session_for(members) as session:
        assert await echoed(session, data=pieces()) == "payload"


async def test_a_login_may_be_any_coroutine_function(members):
    async def login(session):
        async with session.post("/login", headers={"Authorization": "Basic dXNlcjpwYXNz"}) as answer:
            answer.raise_for_status()

    async with AuthenticatedSession(members.url, login=login) as session:
        assert await status_of(session) == 200

    assert members.target.exchanges[0].request.method == "POST"


async def test_a_login_that_is_no_coroutine_function_is_an_error_that_names_it(members):
    def log_in_plainly(session):
        return {"user": "ada"}

    with pytest.raises(
        TypeError, match=r"login must be a coroutine function: log_in_plainly gave dict, .* `async def`"
    ):
        await AuthenticatedSession(members.url, login=log_in_plainly).__aenter__()


async def test_a_login_may_be_a_plain_function_of_what_is_awaited(members):
    authorization = {"Authorization": "Basic dXNlcjpwYXNz"}
    async with AuthenticatedSession(members.url, login=lambda s: s.get("/login", headers=authorization)) as session:
        assert await status_of(session) == 200


async def test_a_login_that_nobody_answers_is_an_error_that_says_so(unused_tcp_port):
    with pytest.raises(aiohttp.ClientConnectionError, match="the login of 'user' failed: ClientConnectorError: "):
        await AuthenticatedSession(f"http://127.0.0.1:{unused_tcp_port}", auth=("user", "pass")).__aenter__()


async def test_a_login_that_takes_too_long_is_an_error_that_says_so(members):
    members.target.on("GET", "/slow").hold(members.target.gate())
    session = session_for(members, login="/slow", timeout=aiohttp.ClientTimeout(sock_read=0.05))
    with pytest.raises(aiohttp.ClientConnectionError, match="the login of 'user' failed: SocketTimeoutError: "):
        await session.__aenter__()


async def test_a_login_that_waits_for_itself_is_an_error(members):
    async def login(session):
        if members.paths:
            await outer.get("/things")
        else:
            await done(session.get("/login", headers={"Authorization": "Basic dXNlcjpwYXNz"}))

    async with AuthenticatedSession(members.url, login=login) as outer:
        members.expire()
        with pytest.raises(RuntimeError, match="waits for itself"):
            await outer.get("/things")


async def test_raising_for_status_waits_for_the_repeat(members):
    members.target.on("GET", "/gone").reply(410)
    async with session_for(members, raise_for_status=True) as session:
        members.expire()
        assert await status_of(session) == 200
        with pytest.raises(aiohttp.ClientResponseError, match="410"):
            await done(session.get("/gone"))
        async with session.get("/gone", raise_for_status=False) as answer:
            assert answer.status == 410


async def test_a_function_that_judges_the_status_judges_the_last_answer(members):
    judged = []

    async def judge(answer):
        judged.append(answer.status)

    async with session_for(members) as session:
        members.expire()
        await done(session.get("/things", raise_for_status=judge))

    assert judged == [200]


async def test_client_middlewares_run_for_logins_and_requests(members):
    chain = [BasicAuthMiddleware("user", "pass")]
    async with session_for(members, middlewares=chain) as session:
        await done(session.get("/things"))

    assert all(exchange.request.authorization for exchange in members.target.exchanges)


async def test_a_failed_login_closes_what_was_opened(members):
    connector = aiohttp.TCPConnector()
    with pytest.raises(aiohttp.ClientResponseError):
        async with AuthenticatedSession(members.url, auth=("user", "wrong"), connector=connector):
            pass

    assert connector.closed


async def test_leaving_closes_the_connector_unless_it_belongs_to_another(members):
    async with aiohttp.TCPConnector() as shared:
        async with session_for(members, connector=shared, connector_owner=False) as session:
            pass
        assert (session.session.closed, shared.closed) == (True, False)


async def test_it_is_entered_once_at_a_time_and_can_be_entered_again(members):
    session = session_for(members)
    async with session:
        with pytest.raises(ConfigurationError, match="open already"):
            await session.__aenter__()
        assert await status_of(session) == 200
    async with session:
        assert await status_of(session) == 200

    assert members.logins == 2


async def test_it_must_be_entered_first(members):
    with pytest.raises(ConfigurationError, match="async with"):
        await session_for(members).get("/things")


with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    BASIC_AUTH = aiohttp.BasicAuth("user", "pass")


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({}, ConfigurationError, r"needs auth=\(user, password\)"),
        ({"login": "/in?token=hunter2"}, ConfigurationError, r"login at /in\?token=\*+\(sha .* needs auth"),
        ({"auth": "ab"}, ConfigurationError, r"needs auth=\(user, password\), not str"),
        ({"auth": BASIC_AUTH}, ConfigurationError, r"not BasicAuth: give \(auth\.login, auth\.password\)"),
        ({"login": 3}, TypeError, "login must be a path or a coroutine function, not int"),
        ({"login": print, "auth": ("a", "b")}, ConfigurationError, "auth= is for a login that is a path"),
        ({"auth": ("a:b", "c")}, ConfigurationError, "colon"),
        ({"auth": ("a", "b"), "response_class": int}, TypeError, "takes no option 'response_class'"),
    ],
)
async def test_what_cannot_log_in_is_refused_when_it_is_made(options, error, words):
    with pytest.raises(error, match=words):
        AuthenticatedSession("http://127.0.0.1:1", **options)
