import pytest

from mockproxy.credentials.secret import tag
from mockproxy.reports.difference import request_difference, response_difference
from tests.support.stories import request_state, response_state, step


def request_phrases(before, after):
    return request_difference(step("s", before, after))


def response_phrases(before, after):
    return response_difference(step("s", response=(before, after)))


def test_a_step_that_left_both_messages_alone_has_no_phrases():
    assert request_difference(step("s")) == []
    assert response_difference(step("s")) == []


def test_a_step_that_saw_no_response_has_no_phrases_for_it():
    assert response_difference(step("s", answered=True)) == []


@pytest.mark.parametrize(
    ("before", "after", "phrases"),
    [
        ({"method": "GET"}, {"method": "POST"}, ["method GET -> POST"]),
        ({"target": "/a?x=1"}, {"target": "/b?x=1"}, ["path /a -> /b"]),
        ({"target": "/a?x=1"}, {"target": "/a"}, ["query x=1 -> (none)"]),
        ({"params": {"name": "ada"}}, {"params": {"name": "intercept"}}, ["path_params name: ada -> intercept"]),
        ({}, {"params": {"id": 7}}, ["path_params id: (none) -> 7"]),
        ({"length": 2000}, {"length": 212, "edits": 1}, ["body 2000 B -> 212 B"]),
        ({"length": None}, {"length": 212, "edits": 1}, ["body streamed -> 212 B"]),
        ({}, {"fields": {"X-Id": "7"}}, ["+X-Id: 7"]),
        ({"fields": {"X-Id": "7"}}, {}, ["-X-Id"]),
        ({"fields": {"Host": "a"}}, {"fields": {"Host": "b"}}, ["~Host: a -> b"]),
    ],
)
def test_each_change_of_a_request_is_one_phrase(before, after, phrases):
    assert request_phrases(request_state(**before), request_state(**after)) == phrases


def test_the_phrases_stand_in_the_order_of_a_message():
    before = request_state("GET", "/a", {"Host": "a"})
    after = request_state("PUT", "/b?q", {"Host": "b", "X-Id": "7"}, edits=1, length=3)

    assert request_phrases(before, after) == [
        "method GET -> PUT",
        "path /a -> /b",
        "query (none) -> q",
        "+X-Id: 7",
        "~Host: a -> b",
        "body 0 B -> 3 B",
    ]


def test_the_status_the_fields_and_the_body_of_a_response_are_told():
    before = response_state(200, {"Content-Length": "2000"}, length=2000)
    after = response_state(203, {"Content-Length": "212", "Content-Encoding": "gzip"}, edits=1, length=212)

    assert response_phrases(before, after) == [
        "status 200 -> 203",
        "+Content-Encoding: gzip",
        "~Content-Length: 2000 -> 212",
        "body 2000 B -> 212 B",
    ]


def test_lines_of_one_field_that_are_removed_are_named_once():
    before = response_state(200, [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])

    assert response_phrases(before, response_state()) == ["-Set-Cookie"]


def test_credentials_are_told_apart_by_their_tags():
    before = request_state(fields={"Authorization": "Bearer old"})
    after = request_state(fields={"Authorization": "Bearer new", "X-API-Key": "k3y"})

    assert request_phrases(before, after) == [
        f"+X-API-Key: {tag('k3y')}",
        f"~Authorization: Bearer {tag('old')} -> Bearer {tag('new')}",
    ]


def test_each_of_several_cookies_is_a_secret_of_its_own():
    before = response_state(200, [("Set-Cookie", "a=1; Path=/"), ("Set-Cookie", "b=2; Path=/")])
    after = response_state(200, [("Set-Cookie", "c=3")])

    assert response_phrases(before, after) == [
        f"~Set-Cookie: a={tag('1')}; Path=/, b={tag('2')}; Path=/ -> c={tag('3')}"
    ]


def test_secrets_in_queries_and_path_parameters_are_tags():
    before = request_state(target="/a?token=t0ken", params={"token": "t0ken"})

    assert request_phrases(before, request_state(target="/a")) == [
        f"query token={tag('t0ken')} -> (none)",
        f"path_params token: {tag('t0ken')} -> (none)",
    ]
