from dataclasses import replace

import pytest

from mockproxy.errors import RecordError
from mockproxy.messages.connection import Connection
from mockproxy.messages.message import Request
from mockproxy.recording.exchange import Exchange
from mockproxy.recording.pairing import TargetExchange, paired
from mockproxy.reports.story import story
from tests.support.exchanges import exchange


def front(index=0, request=None, *, started=0.0, elapsed=10.0):
    return exchange(index, request, started=started, elapsed=elapsed)


def back(request=None, *, started, target="orders", **kwargs):
    return TargetExchange(target, exchange(0, request, started=started, elapsed=1.0, **kwargs))


def legs(fronts, backs):
    """For each front the raw targets that it caused; then those that none did."""
    exchanges, unpaired = paired(fronts, backs)
    caused = [[leg.request.raw_target for leg in exchange.legs] for exchange in exchanges]
    return caused, [exchange.request.raw_target for exchange in unpaired]


def test_what_came_while_a_request_was_under_way_was_caused_by_it():
    fronts = [front(0, started=0.0), front(1, started=20.0)]
    backs = [back(Request("GET", "/b"), started=21.0), back(Request("GET", "/a"), started=1.0)]

    assert legs(fronts, backs) == ([["/a"], ["/b"]], [])


def test_several_legs_are_in_the_order_in_which_they_began():
    backs = [back(Request("GET", "/2"), started=2.0), back(Request("GET", "/1"), started=1.0, target="users")]

    assert legs([front()], backs) == ([["/1", "/2"]], [])


@pytest.mark.parametrize("started", [-1.0, 10.5])
def test_what_came_while_no_request_was_under_way_is_not_paired(started):
    assert legs([front()], [back(Request("GET", "/health"), started=started)]) == ([[]], ["/health"])


def test_what_an_open_request_has_caused_is_neither_a_leg_of_another_nor_unpaired():
    slow = front(1, Request("GET", "/v1/slow"), started=1.0)
    backs = [back(Request("GET", "/internal/slow"), started=2.0), back(Request("GET", "/events"), started=11.0)]
    exchanges, unpaired = paired([front(0, Request("GET", "/v1/quick"))], backs, [slow])

    assert [exchange.legs for exchange in exchanges] == [()]
    assert unpaired == []


def test_an_open_request_that_came_later_is_no_cause():
    slow = front(1, started=3.0)
    [exchange], _ = paired([front(0)], [back(started=2.0)], [slow])

    assert len(exchange.legs) == 1


def malformed(*, started):
    """What a target got that was no request."""
    return TargetExchange("orders", replace(exchange(0, started=started), received=None, raw=b"GARBAGE\r\n\r\n"))


def test_what_the_target_could_not_read_is_a_leg_too():
    [exchange], _ = paired([front()], [malformed(started=1.0)])
    [leg] = exchange.legs

    assert leg.request is None
    assert repr(leg) == "<Leg malformed request -> orders 200>"
    assert "-> orders malformed request" in story(exchange)
    assert leg.changes.added.items() == []


def test_what_the_target_could_not_read_is_not_guessed_either():
    with pytest.raises(RecordError, match="cannot tell which of 2 requests under way at once caused <Exchange #0 malf"):
        paired([front(0), front(1)], [malformed(started=1.0)])


def test_without_any_request_nothing_is_paired():
    assert legs([], [back(Request("GET", "/health"), started=1.0)]) == ([], ["/health"])


TOLD_APART = {
    "path": (Request("GET", "/v1/7"), Request("GET", "/v1/8"), Request("GET", "/internal/users/8")),
    "query": (Request("GET", "/a?x=1"), Request("GET", "/a?x=2"), Request("GET", "/b?x=2")),
    "body": (Request("POST", "/a", (), b"1"), Request("POST", "/a", (), b"2"), Request("POST", "/b", (), b"2")),
    "field": (
        Request("GET", "/a", {"X-Request-Id": "1"}),
        Request("GET", "/a", {"X-Request-Id": "2"}),
        Request("GET", "/b", {"x-request-id": "2"}),
    ),
    "method": (Request("GET", "/a"), Request("PUT", "/a"), Request("PUT", "/b")),
}


@pytest.mark.parametrize(("first", "second", "sent"), TOLD_APART.values(), ids=TOLD_APART.keys())
def test_requests_under_way_at_once_are_told_apart_by_what_they_carry(first, second, sent):
    fronts = [front(0, first), front(1, second)]

    assert legs(fronts, [back(sent, started=1.0)]) == ([[], [sent.raw_target]], [])


def test_the_same_body_says_more_than_the_same_path():
    fronts = [front(0, Request("POST", "/a", (), b"1")), front(1, Request("POST", "/b", (), b"2"))]

    assert legs(fronts, [back(Request("POST", "/a", (), b"2"), started=1.0)]) == ([[], ["/a"]], [])


@pytest.mark.parametrize(
    "fields", [{}, {"User-Agent": "client", "Accept": "*/*"}, {"Date": "Sat, 21 Nov 2026 12:00:00 GMT"}]
)
def test_requests_that_are_alike_are_not_told_apart(fields):
    alike = Request("GET", "/a", fields)
    with pytest.raises(RecordError, match=r"cannot tell which of 2 requests under way at once caused .*GET /a"):
        paired([front(0, alike), front(1, alike)], [back(alike, started=1.0)])


def test_requests_that_are_alike_and_came_one_after_the_other_are_told_apart():
    alike = Request("GET", "/a")
    fronts = [front(0, alike, started=0.0, elapsed=1.0), front(1, alike, started=2.0, elapsed=1.0)]

    assert legs(fronts, [back(alike, started=0.5), back(alike, started=2.5)]) == ([["/a"], ["/a"]], [])


def test_octets_that_were_no_request_have_caused_nothing():
    malformed = Exchange(
        index=1, received=None, given=None, connection=exchange().connection, place=0, started=0.0, elapsed=10.0
    )

    assert legs([front(), malformed], [back(Request("GET", "/a"), started=1.0)]) == ([["/a"], []], [])


def test_a_leg_tells_what_the_target_has_recorded():
    sent = Request("GET", "/b", {"Host": "orders", "X-Key": "k"})
    came = Request("GET", "/a", {"Host": "shop", "Connection": "X-Secret", "X-Secret": "s"})
    seen = back(sent, started=1.0)
    [observed], _ = paired([front(0, came)], [seen])

    leg = observed.upstream
    assert (leg.target, leg.request, leg.response) == ("orders", sent, seen.exchange.response)
    assert (leg.connection, leg.place) == (seen.exchange.connection, seen.exchange.place)
    assert (leg.started, leg.elapsed, leg.reached_target) == (1.0, 1.0, True)
    assert isinstance(leg.connection, Connection)
    assert leg.request.path == "/b"


def test_the_front_is_left_as_it_was():
    given = front()
    [observed], _ = paired([given], [back(started=1.0)])

    assert given.legs == ()
    assert len(observed.legs) == 1


def test_a_leg_without_an_answer_says_why():
    [observed], _ = paired([front()], [back(started=1.0, error=TimeoutError("too slow"))])

    with pytest.raises(RecordError, match="orders gave no answer: too slow"):
        _ = observed.upstream.response
