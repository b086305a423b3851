import asyncio
import gzip
import zlib

import pytest

from mockproxy.errors import ConfigurationError, ContentError
from mockproxy.messages.headers import Headers, raw_fields
from mockproxy.messages.message import Request, RequestHead
from mockproxy.messages.source import Held, Streamed
from mockproxy.pipeline.outgoing import OutgoingRequest, OutgoingResponse
from tests.support.proxy_context import one_by_one, proxy_context, response_in_pieces


def request(url="/a?x=1", headers=(), body=b"", pieces=None):
    return proxy_context(Request("POST", url, headers, body), pieces=pieces).request


def response(headers=(), body=b""):
    return OutgoingResponse(200, "OK", raw_fields(headers), Held(b""), body)


def taken(message):
    """The octets that would go on."""

    async def take():
        source, pieces = message.source(), []
        while not source.at_end:
            pieces.append(source.take() or await source.next())
        return b"".join(pieces)

    return asyncio.run(take())


def test_setting_the_path_leaves_the_query_alone():
    outgoing = request("/a?q=%zz&flag")
    outgoing.path = "/b%2Fc"

    assert outgoing.raw_target == "/b%2Fc?q=%zz&flag"
    assert outgoing.path_was_set


def test_a_mark_without_a_query_stays():
    outgoing = request("/a?")
    outgoing.path = "/b"

    assert outgoing.raw_target == "/b?"


@pytest.mark.parametrize("path", ["relative", "/with space", "/with?query", "/line\r\nbreak", "/€"])
def test_a_path_that_cannot_be_sent_is_refused(path):
    with pytest.raises(ConfigurationError):
        request().path = path


@pytest.mark.parametrize("method", ["GET /admin", "GET\r\nX: 1", "", "Ü", None])
def test_a_method_that_cannot_be_sent_is_refused(method):
    with pytest.raises(ConfigurationError, match="method"):
        request().method = method


@pytest.mark.parametrize(
    ("query", "target"),
    [
        ("y=%zz", "/a?y=%zz"),
        ({"y": ["1", "2 3"]}, "/a?y=1&y=2+3"),
        ([("y", "1"), ("z", "&")], "/a?y=1&z=%26"),
        ("", "/a"),
    ],
)
def test_setting_the_query_leaves_the_path_alone(query, target):
    outgoing = request()
    outgoing.query = query

    assert outgoing.raw_target == target
    assert not outgoing.path_was_set


def test_basic_credentials_are_encoded_into_one_field():
    outgoing = request(headers=[("Authorization", "Bearer a"), ("authorization", "Bearer b")])
    outgoing.set_basic_auth("user", "pass")

    assert outgoing.headers.all("Authorization") == ["Basic dXNlcjpwYXNz"]


def test_a_bearer_token_is_set_as_it_is():
    outgoing = request()
    outgoing.set_bearer_auth("t0ken")

    assert outgoing.headers["Authorization"] == "Bearer t0ken"


@pytest.mark.parametrize(
    ("coding", "encoded"), [("gzip", gzip.compress(b"content", mtime=0)), ("deflate", zlib.compress(b"content"))]
)
def test_read_gives_the_decoded_content_and_leaves_the_octets_alone(coding, encoded):
    outgoing = request(headers={"Content-Encoding": coding}, body=encoded)

    assert asyncio.run(outgoing.read()) == b"content"
    assert taken(outgoing) == encoded
    assert outgoing.edits == 0


def test_reading_twice_gives_the_same():
    outgoing = response_in_pieces(b"a", b"b")

    async def twice():
        return await outgoing.read(), await outgoing.read()

    assert asyncio.run(twice()) == (b"ab", b"ab")


def test_a_body_that_is_not_what_its_coding_says_cannot_be_read():
    with pytest.raises(ContentError):
        asyncio.run(response({"Content-Encoding": "gzip"}, b"plain").read())


def test_set_content_keeps_the_coding_and_corrects_the_length():
    outgoing = response({"Content-Encoding": "gzip", "Content-Length": "3"}, b"old")
    outgoing.set_content("née")

    assert gzip.decompress(taken(outgoing)) == "née".encode()
    assert outgoing.headers["Content-Encoding"] == "gzip"
    assert outgoing.headers["Content-Length"] == str(len(taken(outgoing)))
    assert "Vary" not in outgoing.headers


def test_set_body_labels_the_octets_as_they_are_given():
    outgoing = response({"Content-Length": "3"}, b"old")
    outgoing.set_body(b"\x1f\x8b whatever", coding="gzip")

    assert taken(outgoing) == b"\x1f\x8b whatever"
    assert outgoing.headers["Content-Encoding"] == "gzip"
    assert outgoing.headers["Content-Length"] == "11"


def test_set_body_without_a_coding_takes_the_label_off():
    outgoing = response({"Content-Encoding": "gzip"}, b"old")
    outgoing.set_body(b"plain")

    assert "Content-Encoding" not in outgoing.headers


def test_a_whole_body_is_framed_by_its_length_alone():
    outgoing = response({"Transfer-Encoding": "chunked", "Trailer": "X-Sum"}, b"old")
    outgoing.set_content(b"new")

    assert outgoing.headers.items() == [("Content-Length", "3")]


def test_digests_of_the_old_octets_go():
    outgoing = response({"Content-MD5": "a", "Content-Digest": "b", "Repr-Digest": "c", "X-Kept": "d"}, b"old")
    outgoing.set_content(b"new")

    assert outgoing.headers.keys() == ["X-Kept", "Content-Length"]


@pytest.mark.parametrize("body", [None, 3, {"a": 1}, bytearray(b"a")])
def test_a_body_is_bytes_or_text(body):
    with pytest.raises(ConfigurationError, match="a body is bytes or str, not"):
        response().set_content(body)


def test_set_stream_sends_pieces_of_unknown_length():
    outgoing = response({"Content-Length": "3", "Content-Encoding": "gzip", "ETag": '"v1"'}, b"old")
    outgoing.set_stream(one_by_one([b"ne", b"w"]))

    assert taken(outgoing) == b"new"
    assert outgoing.length is None
    assert "Content-Length" not in outgoing.headers
    assert "Content-Encoding" not in outgoing.headers
    assert outgoing.headers["ETag"] == 'W/"v1"'


def test_a_stream_can_be_taken_changed_and_put_back():
    outgoing = response_in_pieces(b"a", b"b")

    async def loud(pieces):
        async for piece in pieces:
            yield piece.upper()

    outgoing.set_stream(loud(outgoing.stream()))

    assert taken(outgoing) == b"AB"


def test_a_stream_that_is_taken_and_not_put_back_does_not_go_on_as_an_empty_body():
    outgoing = response_in_pieces(b"a")
    outgoing.stream()

    with pytest.raises(ContentError, match=r"taken with stream\(\) and not put back: set_stream\(\.\.\.\) says"):
        taken(outgoing)


def test_a_stream_that_is_taken_can_be_replaced_by_a_whole():
    outgoing = response_in_pieces(b"a")
    outgoing.stream()
    outgoing.set_content(b"other")

    assert taken(outgoing) == b"other"


@pytest.mark.parametrize(("tag", "after"), [('"v1"', 'W/"v1"'), ('W/"v1"', 'W/"v1"')])
def test_other_content_may_not_claim_a_strong_tag(tag, after):
    outgoing = response({"ETag": tag}, b"old")
    outgoing.set_content(b"new")

    assert outgoing.headers["ETag"] == after


@pytest.mark.parametrize(
    ("vary", "after"),
    [
        ([], ["Accept-Encoding"]),
        ([("Vary", "Origin")], ["Origin", "Accept-Encoding"]),
        ([("Vary", "origin, accept-encoding")], ["origin, accept-encoding"]),
        ([("Vary", "*")], ["*"]),
    ],
)
def test_a_response_whose_coding_was_chosen_varies_by_what_is_accepted(vary, after):
    outgoing = response(vary, b"old")
    outgoing.set_body(gzip.compress(b"old"), coding="gzip")

    assert outgoing.headers.all("Vary") == after


def test_a_request_does_not_vary():
    outgoing = request(body=b"old")
    outgoing.set_body(gzip.compress(b"old"), coding="gzip")

    assert "Vary" not in outgoing.headers


def test_a_status_brings_its_reason_along():
    outgoing = response()
    outgoing.status = 404

    assert (outgoing.status, outgoing.reason) == (404, "Not Found")


@pytest.mark.parametrize("status", [100, 99, 1000, "200", None, True])
def test_a_status_that_cannot_be_sent_is_refused(status):
    with pytest.raises(ConfigurationError, match="status of a response"):
        response().status = status


def test_a_body_that_was_asked_for_tells_so():
    asked = []
    ctx = proxy_context(Request("POST", "/"), pieces=[b"a"])
    ctx.request._asked_for_body = lambda: asked.append(True)

    asyncio.run(ctx.request.read())
    asyncio.run(ctx.request.read())
    assert asked == [True]


def test_two_that_read_a_request_at_once_both_have_it_whole():
    async def slowly():
        for piece in (b"bo", b"dy"):
            await asyncio.sleep(0)
            yield piece

    async def both():
        head = RequestHead("POST", "/", Headers.of_wire(()))
        outgoing = OutgoingRequest(head, (), Streamed(slowly()), lambda: None)
        return await asyncio.gather(outgoing.hold(), outgoing.hold())

    assert asyncio.run(both()) == [b"body", b"body"]
