from dataclasses import FrozenInstanceError, replace

import pytest

from mockproxy.errors import ClientLeft, ConfigurationError, MalformedMessage, RecordError, Unmatched, UpstreamError
from mockproxy.messages.message import Request, Response
from mockproxy.pipeline.trace import Trace
from mockproxy.recording.exchange import Leg
from mockproxy.servers.target import TargetServer
from tests.support.exchanges import CONNECTION, exchange


def leg(*, answer=None, error=None, reached=True):
    return Leg(
        target="orders",
        request=Request("GET", "/v2/orders"),
        answer=answer,
        fields_on_the_way=((), (), ()),
        connection=CONNECTION,
        place=0,
        reached_target=reached,
        started=0.0,
        elapsed=0.0,
        error=error,
    )


def test_the_upstream_is_the_last_leg():
    first, last = leg(answer=Response(503)), leg(answer=Response(200))

    assert replace(exchange(), legs=(first, last)).upstream is last


@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        (
            {"trace": Trace(answered_by="authenticate"), "given": Response(401)},
            "nothing was forwarded: authenticate answered with 401",
        ),
        (
            {"error": Unmatched("no route leads there"), "given": Response(501)},
            "nothing was forwarded: Unmatched with 501: no route leads there",
        ),
        (
            {"error": ClientLeft("the client left"), "given": None},
            "nothing was forwarded: ClientLeft: the client left",
        ),
        ({}, "nothing was forwarded: the server that recorded this answered by itself with 200"),
    ],
)
def test_asking_for_an_upstream_that_there_was_not_names_who_answered(what, sentence):
    with pytest.raises(RecordError) as refusal:
        _ = replace(exchange(), **what).upstream

    assert str(refusal.value) == sentence


def test_a_leg_without_an_answer_says_why():
    with pytest.raises(RecordError, match="orders gave no answer: refused"):
        _ = leg(error=UpstreamError("refused")).response


def test_a_target_was_reached_where_any_leg_reached_it():
    assert not replace(exchange(), legs=(leg(reached=False),)).reached_target
    assert replace(exchange(), legs=(leg(reached=False), leg())).reached_target


def exchange_with(*legs):
    return replace(exchange(), legs=legs)


@pytest.mark.parametrize("reached", [True, False])
def test_a_trace_goes_through_to_what_every_leg_that_reached_a_target_caused(reached):
    caused = replace(exchange(), trace=Trace(answered_by="authenticate"))

    assert exchange_with(leg()).trace_through([], [caused]).answered_by == "authenticate"
    assert exchange_with(leg(), leg(reached=reached)).trace_through([caused]).answered_by == "authenticate"


def test_a_trace_does_not_go_through_to_what_is_in_none_of_the_journals():
    with pytest.raises(RecordError) as refusal:
        exchange_with(leg(reached=False), leg()).trace_through([], [exchange(7)])

    assert str(refusal.value) == (
        "orders was asked for GET /v2/orders, and what came of it is in none of the journals given: give the exchanges "
        "of that server, too, or wait for them where it is not complete yet (`exchanges.wait_for()`)"
    )


def test_a_trace_without_any_journal_is_that_of_the_exchange():
    assert exchange_with(leg()).trace_through().steps == ()


@pytest.mark.parametrize("wrong", [TargetServer(name="orders"), exchange(), [5], "orders", None])
def test_what_is_no_journal_is_refused(wrong):
    with pytest.raises(ConfigurationError, match="is no journal: give the exchanges of a server"):
        exchange().trace_through([exchange()], wrong)


def test_an_exchange_is_frozen():
    with pytest.raises(FrozenInstanceError):
        exchange().index = 3


@pytest.mark.parametrize(
    ("record", "text"),
    [
        (exchange(3, Request("GET", "/a?token=s3cret"), Response(404)), "<Exchange #3 GET /a -> 404>"),
        (exchange(0, error=ClientLeft("the client left")), "<Exchange #0 GET / -> the client left>"),
        (
            replace(exchange(0, error=MalformedMessage("bad request line")), received=None),
            "<Exchange #0 malformed request -> bad request line>",
        ),
        (leg(answer=Response(200)), "<Leg GET /v2/orders -> orders 200>"),
    ],
)
def test_its_repr_is_one_line_that_tells_what_came_of_it(record, text):
    assert repr(record) == text
