import pytest

from mockproxy.client import Call
from mockproxy.errors import ConfigurationError, RecordError
from mockproxy.messages.connection import Connection
from mockproxy.recording.journal import Journal
from mockproxy.servers.target import TargetServer
from tests.support.calls import OTHER_CONNECTION, attempt, call, exchange


def test_it_finds_the_exchanges_that_its_attempts_caused():
    made = call(attempts=[attempt(503, started=1.0), attempt(200, started=3.0, connection=OTHER_CONNECTION)])
    mine = [exchange(started=1.5), exchange(started=3.5, connection=OTHER_CONNECTION, index=2)]
    others = [exchange(started=2.5, index=1), exchange(started=1.5, connection=OTHER_CONNECTION, index=3)]

    assert list(made.exchanges_in([mine[0], others[0], mine[1], others[1]])) == mine


def test_what_is_no_journal_is_refused():
    with pytest.raises(ConfigurationError, match=r"orders.* is no journal: give the exchanges of a server"):
        call().trace_through(TargetServer(name="orders"))


def journal(*exchanges):
    filed = Journal(lambda exchanges: "")
    for each in exchanges:
        filed.begin("GET /")
        filed.file(each)
    return filed


ANOTHER_SERVER = Connection(("127.0.0.1", 50003), ("127.0.0.1", 9090))


@pytest.mark.parametrize(
    "given",
    [
        journal(),
        journal(exchange(connection=OTHER_CONNECTION)),
        journal(exchange(connection=ANOTHER_SERVER)),
        [exchange(connection=ANOTHER_SERVER)],
    ],
    ids=["empty", "other connection", "other server", "chosen from another server"],
)
@pytest.mark.parametrize("ask", [Call.exchanges_in, Call.trace_through])
def test_a_journal_without_what_it_caused_is_refused_with_the_address_that_it_spoke_to(given, ask):
    made = call(attempts=[attempt(None, connection=None), attempt(200)])
    with pytest.raises(RecordError, match=r"<Call #0 .*> spoke to 127\.0\.0\.1:8080, and none of .*wait_for"):
        ask(made, given)


def test_of_exchanges_that_were_chosen_from_the_right_journal_none_need_be_its_own():
    made = call(attempts=[attempt(200)])

    assert made.exchanges_in([exchange(connection=OTHER_CONNECTION)]) == made.exchanges_in([]) == ()


def test_a_call_that_had_no_answer_may_have_caused_nothing():
    nowhere = call(status=None, attempts=[attempt(None), attempt(None, connection=None)])

    assert nowhere.exchanges_in(journal()) == call().exchanges_in(journal(exchange())) == ()


def test_of_a_call_that_was_redirected_each_server_has_its_part():
    made = call(attempts=[attempt(302), attempt(200, connection=ANOTHER_SERVER)])
    first, second = exchange(), exchange(connection=ANOTHER_SERVER)

    assert made.exchanges_in(journal(first)) == (first,)
    assert made.exchanges_in(journal(second)) == (second,)


def test_asking_for_a_response_that_did_not_come_names_the_error():
    with pytest.raises(RecordError, match=r"<Call #0 GET .* -> OSError> had no response: OSError\('gone'\)"):
        _ = call(status=None, error=OSError("gone")).response


def test_it_shows_no_secret():
    assert "hunter2" not in repr(call(url="http://127.0.0.1:8080/?token=hunter2"))
