import pytest

from mockproxy.client.attempt import CallAttempts
from mockproxy.errors import RecordError
from tests.support.calls import OTHER_CONNECTION, attempt, exchange


@pytest.mark.parametrize(
    ("started", "caused"), [(99.9, False), (100.0, True), (100.5, True), (101.0, True), (101.1, False)]
)
def test_it_caused_what_began_on_its_connection_while_it_was_under_way(started, caused):
    assert attempt(started=100.0, elapsed=1.0).caused(exchange(started=started)) is caused


def test_what_its_connection_did_before_it_was_free_another_caused():
    assert not attempt(started=100.0, acquired_at=100.5).caused(exchange(started=100.4))


def test_what_came_on_another_connection_it_did_not_cause():
    assert not attempt().caused(exchange(connection=OTHER_CONNECTION))


def test_without_a_connection_it_caused_nothing():
    assert not attempt(None, connection=None).caused(exchange())


def test_a_server_may_notice_a_request_after_the_client_has_given_up():
    assert attempt(None, started=100.0, elapsed=1.0, error=TimeoutError()).caused(exchange(started=105.0))


def test_asking_for_a_response_that_did_not_come_names_the_error():
    with pytest.raises(RecordError, match=r"<Attempt GET http://127.0.0.1:8080/ -> TimeoutError> was not answered"):
        _ = attempt(None, error=TimeoutError()).response


def test_attempts_are_counted_with_their_statuses():
    attempts = CallAttempts((attempt(503), attempt(None), attempt(200)))

    assert (attempts.count, attempts.statuses) == (3, (503, 0, 200))


def test_delays_reach_from_the_end_of_one_to_the_start_of_the_next():
    attempts = CallAttempts(
        (attempt(started=1.0, elapsed=0.5), attempt(started=2.0, elapsed=1.0), attempt(started=7.0))
    )

    assert attempts.delays == (0.5, 4.0)


@pytest.mark.parametrize(
    ("values", "same"), [(["k", "k"], True), (["k", "l"], False), (["k", None], False), ([None, None], False)]
)
def test_a_header_is_the_same_where_each_attempt_sent_the_same_lines(values, same):
    sent = [attempt(headers=[("X-Key", value)] if value else []) for value in values]

    assert CallAttempts(tuple(sent)).same_header("x-key") == same
