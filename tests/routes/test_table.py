import pytest

from mockproxy.matching.pattern import RequestPattern
from mockproxy.messages.message import Request
from mockproxy.routes.table import StubTable


@pytest.fixture
def table():
    return StubTable(lambda result: None)


def add(table, method, path, times=None, **criteria):
    return table.add(RequestPattern.of(method, path, **criteria), times)


def test_the_first_that_accepts_wins(table):
    add(table, "POST", "/a")
    first = add(table, "GET", "/{name}")
    add(table, "GET", "/a")

    assert table.find(Request("GET", "/a")) == (first, {"name": "a"})


def test_path_parameters_are_raw(table):
    add(table, "GET", "/{name}")

    assert table.find(Request("GET", "/a%2Fb%20c"))[1] == {"name": "a%2Fb%20c"}


def test_nothing_is_found_where_none_accepts(table):
    add(table, "GET", "/a")

    assert table.find(Request("GET", "/b")) is None


def test_what_is_unmatched_names_the_closest_and_its_place(table):
    add(table, "DELETE", "/unlike/this")
    closest = add(table, "POST", "/users", json={"name": "a"})
    text = str(table.unmatched(Request("POST", "/users", (), b'{"name": "b"}'), "orders"))

    assert text.startswith("unmatched: POST /users at orders\n")
    assert f"closest: {closest.describe()}  ({closest.place})" in text
    assert "$.name" in text
    assert "'a'" in text
    assert "'b'" in text


def test_a_table_without_stubs_says_what_to_do(table):
    assert str(table.unmatched(Request("GET", "/a"), "orders")) == (
        "unmatched: GET /a at orders\nnothing is declared there; on(method, path).reply(...) answers it"
    )


def test_expectations_that_are_not_met_are_listed_with_their_places(table):
    add(table, "GET", "/stub")
    expected = add(table, "GET", "/expected", times=1)

    [complaint] = table.unmet()
    assert str(complaint) == "expected GET /expected 1 time, was requested 0 times"
    assert complaint.place == expected.place


def test_a_body_is_needed_where_any_stub_needs_it(table):
    add(table, "GET", "/a").reply(200)
    assert not table.needs_body

    add(table, "GET", "/b").reply_with(lambda request: None)
    assert table.needs_body
    assert not table.chooses_by_body

    add(table, "POST", "/c", body=b"x")
    assert table.chooses_by_body
