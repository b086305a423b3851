import pytest

from mockproxy.errors import ConfigurationError, RecordError
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


def test_asking_for_a_response_that_did_not_come_names_the_error():
    with pytest.raises(RecordError, match=r"<Call #0 GET .* -> OSError> had no response: OSError\('gone'\)"):
        _ = call(status=None, error=OSError("gone")).response


def test_it_shows_no_secret():
    assert "hunter2" not in repr(call(url="http://127.0.0.1:8080/?token=hunter2"))
