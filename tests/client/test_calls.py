import pytest

from mockproxy.client import Calls
from mockproxy.errors import ConfigurationError, RecordError
from mockproxy.matching import StartsWith
from tests.support.calls import call


def calls(*made):
    filed = Calls()
    for each in made:
        filed.file(each)
    return filed


GET = call(0, 200, target="/things?x=1", headers=[("X-Tag", "a"), ("Cookie", "sid=s1")])
POST = call(1, 201, method="POST", target="/things")
FAILED = call(2, None, target="/gone", error=OSError("gone"))


def test_they_stand_in_the_order_in_which_they_began():
    assert list(calls(FAILED, GET, POST)) == [GET, POST, FAILED]


def test_one_that_ended_otherwise_after_all_replaces_what_was_filed_of_it():
    again = call(0, None)

    assert list(calls(GET, POST, again)) == [again, POST]


@pytest.mark.parametrize(
    ("criteria", "found"),
    [
        ({}, [GET, POST, FAILED]),
        ({"method": "POST"}, [POST]),
        ({"path": "/things"}, [GET, POST]),
        ({"path": "/{name}", "query": {"x": "1"}}, [GET]),
        ({"headers": {"x-tag": "a"}}, [GET]),
        ({"cookies": {"sid": StartsWith("s")}}, [GET]),
        ({"status": 201}, [POST]),
        ({"status": [200, 201]}, [GET, POST]),
        ({"where": lambda made: made.error is not None}, [FAILED]),
    ],
)
def test_they_are_chosen_by_what_their_heads_say(criteria, found):
    assert list(calls(GET, POST, FAILED).matching(**criteria)) == found


def test_the_only_one_is_given():
    assert calls(GET, POST).only(method="GET") is GET


def test_where_there_are_more_the_error_lists_all():
    with pytest.raises(RecordError) as caught:
        calls(GET, FAILED).only()

    assert str(caught.value) == (
        "expected exactly one call, found 2\n"
        "  <Call #0 GET http://127.0.0.1:8080/ -> 200>\n"
        "  <Call #2 GET http://127.0.0.1:8080/ -> OSError>"
    )


def test_where_there_is_none_the_error_says_so():
    with pytest.raises(RecordError, match="found 0\n  no call was recorded"):
        calls().only()


def test_an_unknown_criterion_is_refused_with_the_nearest_one():
    with pytest.raises(ConfigurationError, match="a call cannot be chosen by 'stauts'; did you mean 'status'"):
        calls().matching(stauts=200)
    with pytest.raises(ConfigurationError, match="there are method, path, query, headers, cookies, status, where"):
        calls().only(xyz=200)


@pytest.mark.parametrize("criteria", [{"json": {}}, {"body": b""}, {"text": None}, {"form": {"a": "1"}}])
def test_a_criterion_of_the_body_is_refused_since_a_call_keeps_none(criteria):
    with pytest.raises(ConfigurationError, match=rf"by '{min(criteria)}', since it keeps no body: .*exchanges_in"):
        calls(GET).matching(**criteria)
