import pytest

from mockproxy.errors import ConfigurationError
from mockproxy.messages.message import Request, Response
from mockproxy.middleware import RemoveHeader
from tests.support.chain import through


def test_no_line_of_these_names_reaches_the_target():
    fields = [("authorization", "Bearer a"), ("Accept", "*/*"), ("Cookie", "a=1"), ("Authorization", "Bearer b")]

    crossing = through(RemoveHeader("Authorization", "cookie"), request=Request("GET", "/", fields))

    assert crossing.forwarded.headers.items() == [("Accept", "*/*")]


def test_no_line_of_these_names_reaches_the_client():
    answer = Response(200, None, [("Server", "x"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])

    crossing = through(RemoveHeader("set-cookie", on="response"), answer=answer)

    assert crossing.response.headers.items() == [("Server", "x")]


def test_a_field_that_is_not_there_is_no_error():
    assert through(RemoveHeader("X-None")).trace["RemoveHeader"].error is None


@pytest.mark.parametrize("names", [(), ("X A",), ("X-A", "")])
def test_names_that_no_field_has_are_refused(names):
    with pytest.raises(ConfigurationError):
        RemoveHeader(*names)


def test_an_unknown_side_is_refused():
    with pytest.raises(ConfigurationError, match="on='both'"):
        RemoveHeader("X-A", on="both")
