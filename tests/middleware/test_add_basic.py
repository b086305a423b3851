import pytest
from requests.auth import _basic_auth_str

from mockproxy.errors import ConfigurationError
from mockproxy.messages.message import Request
from mockproxy.middleware import AddBasic
from tests.support.chain import through


def test_the_credentials_replace_whatever_the_client_sent():
    request = Request("GET", "/", [("Authorization", "Bearer a"), ("authorization", "Bearer b")])

    crossing = through(AddBasic("inventory", "s3cret"), request=request)

    assert crossing.forwarded.headers.all("Authorization") == [_basic_auth_str("inventory", "s3cret")]


def test_credentials_are_sent_in_utf_8():
    crossing = through(AddBasic("test", "123£"))

    assert crossing.forwarded.headers["Authorization"] == "Basic dGVzdDoxMjPCow=="  # RFC 7617 section 2.1


def test_a_name_with_a_colon_is_refused():
    with pytest.raises(ConfigurationError, match="colon"):
        AddBasic("a:b", "c")
