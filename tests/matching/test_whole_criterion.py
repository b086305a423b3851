import gzip

import pytest

from mockproxy.matching import Absent, Contains, InstanceOf, Matches, RequestPattern, StartsWith
from mockproxy.messages.message import Request


def accepted(request, **criteria):
    return RequestPattern.of(**criteria).match(request) is not None


@pytest.mark.parametrize(
    ("expected", "matches"),
    [
        ("a=1&b=%20", True),
        ("a=1&b=+", False),
        ("b=%20&a=1", False),
        (Contains("%20"), True),
        ("", False),
    ],
)
def test_a_query_as_text_is_the_raw_query(expected, matches):
    assert accepted(Request("GET", "/?a=1&b=%20"), query=expected) is matches


@pytest.mark.parametrize(
    ("expected", "matches"),
    [
        ({"name": "a"}, True),
        ({"name": "b"}, False),
        ({"count": True}, False),
        ({"count": 1.0}, True),
        ({"tags": ["x"]}, False),
        ({"tags": ["x", InstanceOf(str)]}, True),
        ({"error": Absent()}, True),
        ({}, True),
        ([], False),
    ],
)
def test_json_is_compared_as_a_subset(expected, matches):
    body = b'{"name": "a", "count": 1, "tags": ["x", "y"]}'
    assert accepted(Request("POST", "/", (), body), json=expected) is matches


def test_json_null_can_be_asked_for():
    assert accepted(Request("POST", "/", (), b"null"), json=None)
    assert not accepted(Request("POST", "/", (), b"{}"), json=None)


def test_json_is_read_from_decoded_content():
    request = Request("POST", "/", {"Content-Encoding": "gzip"}, gzip.compress(b'{"a": 1}'))
    assert accepted(request, json={"a": 1})


def test_a_body_that_is_no_json_does_not_match():
    assert not accepted(Request("POST", "/", (), b"a=1"), json={})


@pytest.mark.parametrize(("expected", "matches"), [("grüße", True), (StartsWith("grü"), True), ("gr", False)])
def test_text_is_decoded_by_its_charset(expected, matches):
    request = Request("POST", "/", {"Content-Type": "text/plain; charset=iso-8859-1"}, "grüße".encode("latin-1"))
    assert accepted(request, text=expected) is matches


@pytest.mark.parametrize(("expected", "matches"), [(b"\x00\xff", True), (Matches(b"(?s).."), True), (b"\x00", False)])
def test_body_is_the_decoded_bytes(expected, matches):
    request = Request("POST", "/", {"Content-Encoding": "gzip"}, gzip.compress(b"\x00\xff"))
    assert accepted(request, body=expected) is matches


def test_a_function_is_asked_of_the_request():
    assert accepted(Request("GET", "/abc"), where=lambda request: len(request.path) == 4)
    assert not accepted(Request("GET", "/ab"), where=lambda request: len(request.path) == 4)


def test_a_function_that_cannot_read_the_body_does_not_match():
    assert not accepted(Request("POST", "/", (), b"not JSON"), where=lambda request: request.json())
