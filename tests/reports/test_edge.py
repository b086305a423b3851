import pytest

from mockproxy import Request, Response
from mockproxy.credentials.secret import tag
from mockproxy.reports.edge import credentials, edge, measure


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({}, "4 B"),
        ({"Content-Type": "application/json; charset=utf-8"}, "4 B application/json"),
        ({"Content-Encoding": "gzip"}, "4 B gzip"),
        ({"Content-Encoding": "gzip, br", "Content-Type": "text/plain"}, "4 B gzip+br text/plain"),
        ({"Content-Type": "no media type"}, "4 B"),
    ],
)
def test_a_body_is_told_by_size_codings_and_type(fields, text):
    assert measure(Response(200, None, fields, b"body")) == text


def test_there_is_nothing_to_tell_of_a_body_that_is_not_there():
    assert measure(Response(204, None, {"Content-Type": "text/plain"})) == ""


def test_credentials_are_shown_as_tags_in_the_order_of_the_wire():
    request = Request("GET", "/", {"Cookie": "sid=s3cret", "Accept": "*/*", "Authorization": "Bearer t0ken"})

    assert credentials(request) == [f"Cookie: sid={tag('s3cret')}", f"Authorization: Bearer {tag('t0ken')}"]


def test_an_edge_tells_the_body_and_then_the_credentials():
    response = Response(200, None, {"Set-Cookie": "sid=s3cret; Path=/"}, b"body")

    assert edge(response) == ["4 B", f"Set-Cookie: sid={tag('s3cret')}; Path=/"]


def test_a_message_without_body_and_credentials_has_nothing_to_tell():
    assert edge(Request("GET", "/", {"Host": "a"})) == []
