import pytest

from mockproxy.errors import ClientLeft
from mockproxy.messages.message import Request, Response
from mockproxy.recording.attempts import Attempts
from tests.support.exchanges import exchange


def attempts(*requests):
    return Attempts(tuple(exchange(index, request) for index, request in enumerate(requests)))


def charge(key="k1", body=b"42"):
    return Request("POST", "/charge", [("Idempotency-Key", key)] if key else [], body)


def test_they_are_counted():
    assert attempts(charge(), charge()).count == 2


def test_the_status_of_each_is_0_where_there_was_no_answer():
    made = (exchange(0, response=Response(503)), exchange(1, error=ClientLeft("left")), exchange(2))

    assert Attempts(made).statuses == (503, 0, 200)


def test_delays_are_from_the_end_of_one_to_the_start_of_the_next():
    made = (exchange(0, started=10, elapsed=1), exchange(1, started=11.5, elapsed=2), exchange(2, started=17))

    assert Attempts(made).delays == (0.5, 3.5)


def test_one_attempt_has_no_delay():
    assert attempts(charge()).delays == ()


def test_equal_bodies_are_the_same():
    assert attempts(charge(), charge()).same_body
    assert not attempts(charge(), charge(body=b"43")).same_body


@pytest.mark.parametrize(
    ("keys", "same"), [(["k1", "k1"], True), (["k1", "k2"], False), (["k1", ""], False), (["", ""], False)]
)
def test_a_header_is_the_same_where_every_attempt_sent_its_lines(keys, same):
    assert attempts(*(charge(key) for key in keys)).same_header("idempotency-key") == same
