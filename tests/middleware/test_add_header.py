import pytest

from mockproxy.errors import ConfigurationError
from mockproxy.messages.message import Request, Response
from mockproxy.middleware import AddHeader
from tests.support.chain import through


def test_one_line_is_left_whatever_the_client_sent():
    fields = [("x-api-key", "forged"), ("Accept", "*/*"), ("X-API-KEY", "forged too")]

    crossing = through(AddHeader("X-API-Key", "own"), request=Request("GET", "/", fields))

    assert crossing.forwarded.headers.items() == [("X-API-Key", "own"), ("Accept", "*/*")]


def test_one_line_more_is_appended():
    crossing = through(AddHeader("X-Via", "b", append=True), request=Request("GET", "/", {"X-Via": "a"}))

    assert crossing.forwarded.headers.all("X-Via") == ["a", "b"]


def test_a_response_gets_it_too():
    answer = Response(200, None, [("X-Seen", "0"), ("X-Seen", "00")])

    crossing = through(AddHeader("X-Seen", "1", on="response"), answer=answer)

    assert crossing.response.headers.all("X-Seen") == ["1"]
    assert "X-Seen" not in crossing.forwarded.headers


def test_the_refusal_of_an_inner_middleware_gets_it_too():
    async def refuse(ctx):
        ctx.answer(Response(403))
        yield

    crossing = through(AddHeader("X-Seen", "1", on="response"), refuse)

    assert (crossing.response.status, crossing.response.headers["X-Seen"]) == (403, "1")


def test_a_function_gives_the_value_of_each_exchange():
    crossing = through(AddHeader("X-Path", lambda ctx: ctx.incoming.path), request=Request("GET", "/a?x=1"))

    assert crossing.forwarded.headers["X-Path"] == "/a"


def test_two_of_them_are_told_apart_by_their_names():
    crossing = through(AddHeader("X-A", "1", name="a"), AddHeader("X-B", "2"))

    assert crossing.trace.entered == ["a", "AddHeader"]
    assert "X-A" in crossing.trace["a"].changes.headers.added


@pytest.mark.parametrize(
    ("header", "value"), [("X A", "1"), ("", "1"), ("X-A", "a\nb"), ("X-A", 1), ("X-A", "€"), ("X A", lambda ctx: "1")]
)
def test_a_field_that_cannot_be_sent_is_refused(header, value):
    with pytest.raises(ConfigurationError):
        AddHeader(header, value)


def test_an_unknown_side_is_refused():
    with pytest.raises(ConfigurationError, match="on='reply'"):
        AddHeader("X-A", "1", on="reply")
