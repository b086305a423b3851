import pytest

from mockproxy.messages.connection import Connection

FIRST = Connection(("127.0.0.1", 50000), ("127.0.0.1", 8000))
SECOND = Connection(("127.0.0.1", 50001), ("127.0.0.1", 8000))


def test_both_ends_name_a_connection_the_same():
    assert Connection(("127.0.0.1", 50000), ("127.0.0.1", 8000)) == FIRST


def test_connections_of_two_clients_differ():
    assert len({FIRST, SECOND, FIRST}) == 2


def test_connections_can_be_sorted():
    assert sorted([SECOND, FIRST]) == [FIRST, SECOND]


def test_a_connection_reads_from_the_client_to_the_server():
    assert str(FIRST) == "127.0.0.1:50000 -> 127.0.0.1:8000"


def test_a_connection_never_changes():
    with pytest.raises(AttributeError):
        FIRST.client = ("127.0.0.1", 1)
