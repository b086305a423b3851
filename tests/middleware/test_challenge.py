import pytest
from requests.utils import parse_dict_header

from mockproxy.errors import ConfigurationError, CredentialError
from mockproxy.messages.message import Request
from mockproxy.middleware.challenge import challenge, presented, unauthorized
from tests.support.chain import through


def test_a_challenge_reads_as_in_rfc_7617():
    assert challenge("Basic", realm="foo", charset="UTF-8") == 'Basic realm="foo", charset="UTF-8"'


def test_quotes_in_a_realm_are_escaped():
    written = challenge("Basic", realm='the "inner" C:\\')

    assert written == r'Basic realm="the \"inner\" C:\\"'
    assert parse_dict_header(written.removeprefix("Basic ")) == {"realm": 'the "inner" C:\\'}


def test_a_realm_that_would_end_the_field_is_refused():
    with pytest.raises(ConfigurationError, match="line break"):
        challenge("Basic", realm="a\r\nSet-Cookie: b=c")


def test_a_refusal_is_a_401_that_carries_its_challenge():
    async def refuse(ctx):
        raise unauthorized("who are you?", 'Bearer realm="shop"')
        yield

    crossing = through(refuse)

    assert (crossing.response.status, crossing.response.text) == (401, "who are you?\n")
    assert crossing.response.headers["WWW-Authenticate"] == 'Bearer realm="shop"'
    assert crossing.trace.answered_by == "refuse"
    assert isinstance(crossing.error, CredentialError)
    assert crossing.troubles == ()


def credential_of(*lines):
    seen = []

    async def look(ctx):
        ctx.request.headers["Authorization"] = "Bearer added-on-the-way"
        seen.append(presented(ctx))
        yield

    through(look, request=Request("GET", "/", [("Authorization", line) for line in lines]))
    return seen[0]


def test_the_credential_is_the_one_that_the_client_sent():
    assert credential_of("Bearer of-the-client").token == "of-the-client"


@pytest.mark.parametrize("lines", [(), ("Bearer a", "Bearer a")])
def test_none_and_two_are_no_credential(lines):
    assert credential_of(*lines) is None
