import aiohttp
import pytest

from mockproxy.client import AuthenticatedSession, RecordedSession
from mockproxy.errors import ConfigurationError
from tests.support.done import done


def recorded(url, **options):
    return RecordedSession(url, **options)


def authenticated(url, **options):
    return AuthenticatedSession(url, auth=("user", "pass"), **options)


both = pytest.mark.parametrize("made", [recorded, authenticated])


@pytest.fixture
def service(mock_target):
    mock_target.on("GET", "/login").reply(headers={"Set-Cookie": "sid=1; Path=/"})
    mock_target.on("GET", "/gone").reply(410)
    mock_target.on("GET", "/there")
    return mock_target


@both
@pytest.mark.asyncio
async def test_it_tells_what_the_session_behind_it_would(service, made):
    timeout = aiohttp.ClientTimeout(total=7)
    async with made(service.url, headers={"X-Own": "1"}, timeout=timeout) as session:
        await done(session.get("/login"))
        assert (session.closed, session.headers["X-Own"], session.timeout) == (False, "1", timeout)
        assert [(cookie.key, cookie.value) for cookie in session.cookie_jar] == [("sid", "1")]
        assert session.cookie_jar is session.session.cookie_jar

    assert session.closed


@both
@pytest.mark.asyncio
async def test_there_is_nothing_to_tell_before_it_is_entered(made):
    with pytest.raises(ConfigurationError, match="async with"):
        _ = made("http://127.0.0.1:1").closed


@both
@pytest.mark.asyncio
async def test_options_of_aiohttps_session_mean_what_they_mean_there(service, made):
    options = {
        "cookies": {"given": "1"},
        "skip_auto_headers": ["User-Agent"],
        "read_bufsize": 1024,
        "version": aiohttp.HttpVersion10,
        "raise_for_status": True,
    }
    async with made(service.url, **options) as session:
        with pytest.raises(aiohttp.ClientResponseError, match="410"):
            await session.get("/gone")
        async with session.get("/gone", raise_for_status=False) as answer:
            assert answer.status == 410

    request = service.exchanges[-1].request
    assert (request.version, request.cookies["given"], "User-Agent" in request.headers) == ("1.0", "1", False)


@pytest.mark.asyncio
async def test_a_status_that_is_raised_is_the_error_of_the_call_and_the_answer_of_its_attempt(service):
    async with recorded(service.url, raise_for_status=True) as session:
        with pytest.raises(aiohttp.ClientResponseError):
            await session.get("/gone")

    call = session.calls.only()
    assert (type(call.error), call.attempts.statuses) == (aiohttp.ClientResponseError, (410,))


@pytest.mark.asyncio
async def test_mock_client_tells_it_of_the_session_of_the_running_loop(mock_client, mock_target):
    mock_target.on("GET", "/").reply(headers={"Set-Cookie": "sid=1; Path=/"})
    async with mock_client.get("/") as answer:
        await answer.read()

    assert (mock_client.closed, dict(mock_client.headers)) == (False, {})
    assert mock_client.timeout == mock_client.session.timeout
    assert [cookie.key for cookie in mock_client.cookie_jar] == ["sid"]


@pytest.mark.parametrize("name", ["closed", "cookie_jar", "headers", "timeout"])
def test_without_a_loop_mock_client_says_that_it_is_for_async_tests(mock_client, name):
    with pytest.raises(ConfigurationError, match="for async tests"):
        getattr(mock_client, name)
