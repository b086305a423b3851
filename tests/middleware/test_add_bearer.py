import pytest

from mockproxy.errors import ConfigurationError
from mockproxy.messages.message import Request
from mockproxy.middleware import AddBearer
from tests.support.chain import through


def test_the_token_replaces_whatever_the_client_sent():
    fields = [("authorization", "Basic dXNlcjpwYXNz"), ("Accept", "*/*"), ("Authorization", "Bearer forged")]

    crossing = through(AddBearer("t1"), request=Request("GET", "/", fields))

    assert crossing.forwarded.headers.items() == [("Authorization", "Bearer t1"), ("Accept", "*/*")]


def test_a_function_gives_the_token_of_each_exchange():
    crossing = through(AddBearer(lambda ctx: ctx.request.path[1:]), request=Request("GET", "/t7"))

    assert crossing.forwarded.authorization.token == "t7"


@pytest.mark.parametrize("token", ["a\r\nb", None, 7])
def test_a_token_that_cannot_be_sent_is_refused(token):
    with pytest.raises(ConfigurationError):
        AddBearer(token)
