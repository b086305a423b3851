import aiohttp
import pytest
from yarl import URL

from mockproxy.client import RecordedSession
from mockproxy.client.origin import Origins, absolute_url, base_url
from mockproxy.errors import ConfigurationError


def request(session, url):
    return aiohttp.ClientRequest("GET", URL(url), session=session)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("url", "admitted"),
    [
        ("http://a.test/x", True),
        ("http://a.test:80/y", True),
        ("http://A.test/", True),
        ("ws://a.test/socket", True),
        ("wss://a.test/socket", False),
        ("http://a.test:81/", False),
        ("https://a.test/", False),
        ("http://b.test/", False),
        ("http://a.test.b.test/", False),
    ],
)
async def test_credentials_go_to_the_origins_that_are_given(url, admitted):
    async with aiohttp.ClientSession() as session:
        assert Origins(["http://a.test/api"]).admit(request(session, url)) is admitted


@pytest.mark.asyncio
async def test_without_any_the_first_request_of_each_session_decides():
    origins = Origins()
    async with aiohttp.ClientSession() as one, aiohttp.ClientSession() as two:
        assert origins.admit(request(one, "http://a.test/"))
        assert not origins.admit(request(one, "http://b.test/"))
        assert origins.admit(request(two, "http://b.test/"))
        assert origins.admit(request(one, "http://a.test/other"))


@pytest.mark.parametrize("url", ["/path", "a.test", "ftp://a.test", "http://", ""])
def test_what_names_no_server_is_refused(url):
    with pytest.raises(ConfigurationError, match="is no absolute URL"):
        absolute_url(url)


def test_what_is_no_url_is_refused_with_what_to_give_instead(mock_target):
    with pytest.raises(TypeError, match=r"TargetServer is no URL: give its `\.url`"):
        RecordedSession(mock_target)
    with pytest.raises(TypeError, match="int is no URL: give one such as"):
        absolute_url(8080)


def test_a_server_instead_of_a_list_of_origins_is_refused(mock_target):
    with pytest.raises(TypeError, match="must be a list of URLs"):
        Origins(mock_target)


def test_one_url_instead_of_a_list_is_refused():
    with pytest.raises(TypeError, match="must be a list of URLs"):
        Origins("http://a.test")


@pytest.mark.parametrize("url", ["http://a.test", "http://a.test/", "http://a.test/api/"])
def test_a_base_url_ends_with_a_slash_where_it_has_a_path(url):
    assert base_url(url) == URL(url)


def test_a_base_url_whose_last_segment_would_be_lost_is_refused():
    with pytest.raises(ConfigurationError, match="must end with a '/'"):
        base_url("http://a.test/api")


@pytest.mark.parametrize("url", ["http://a.test/?x=1", "http://a.test/api/#x"])
def test_a_base_url_whose_query_or_fragment_would_be_lost_is_refused(url):
    with pytest.raises(ConfigurationError, match="must end with its path"):
        base_url(url)


@pytest.mark.parametrize(
    "url", ["http://user:hunter2@a.test/api", "http://a.test/?token=hunter2", "ftp://user:hunter2@a.test/"]
)
def test_a_url_that_is_refused_is_shown_without_its_secrets(url):
    with pytest.raises(ConfigurationError, match="sha") as caught:
        base_url(url)

    assert "hunter2" not in str(caught.value)
