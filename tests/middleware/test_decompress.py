import gzip
import zlib

import brotli
import pytest
import zstandard

from mockproxy.errors import ContentError, RefusedRequest, UpstreamError
from mockproxy.messages.message import Request, Response
from mockproxy.middleware import Decompress
from tests.support.chain import through

PLAIN = b'{"stock": 7}' * 50
RAW_DEFLATE = zlib.compressobj(wbits=-15)
CODED = {
    "gzip": gzip.compress(PLAIN),
    "deflate": zlib.compress(PLAIN),
    "raw deflate": RAW_DEFLATE.compress(PLAIN) + RAW_DEFLATE.flush(),
    "br": brotli.compress(PLAIN),
    "zstd": zstandard.compress(PLAIN),
    "deflate, gzip": gzip.compress(zlib.compress(PLAIN)),
}


def fields_of(coding, body, **more):
    fields = {"Content-Encoding": coding.removeprefix("raw "), "Content-Length": str(len(body))}
    return fields | {name.replace("_", "-"): value for name, value in more.items()}


def answered(coding, body, **more):
    return Response(200, None, fields_of(coding, body, **more), body)


@pytest.mark.parametrize("coding", CODED)
def test_the_client_gets_the_plain_body_with_its_length(coding):
    response = through(Decompress(), answer=answered(coding, CODED[coding])).response

    assert response.body == PLAIN
    assert "Content-Encoding" not in response.headers
    assert response.headers.all("Content-Length") == [str(len(PLAIN))]
    assert response.headers.all("Vary") == ["Accept-Encoding"]


@pytest.mark.parametrize("coding", CODED)
def test_the_target_gets_the_plain_body_with_its_length(coding):
    request = Request("POST", "/", fields_of(coding, CODED[coding]), CODED[coding])

    forwarded = through(Decompress(on="request"), request=request).forwarded

    assert forwarded.body == PLAIN
    assert forwarded.headers.items() == [("Content-Length", str(len(PLAIN)))]


def test_a_response_streams_on_as_its_pieces_come():
    wire = zlib.compressobj(wbits=31)
    pieces = [wire.compress(b"first") + wire.flush(zlib.Z_SYNC_FLUSH), wire.compress(b"second") + wire.flush()]

    crossing = through(Decompress(), answer=Response(200, None, {"Content-Encoding": "gzip"}), answer_in=pieces)

    assert crossing.given == (b"first", b"second")
    assert crossing.response.headers.items() == [("Vary", "Accept-Encoding")]


def test_a_request_streams_on_as_its_pieces_come():
    wire = zlib.compressobj(wbits=31)
    pieces = [wire.compress(b"first") + wire.flush(zlib.Z_SYNC_FLUSH), wire.compress(b"second") + wire.flush()]
    request = Request("POST", "/", {"Content-Encoding": "gzip", "Transfer-Encoding": "chunked"})

    crossing = through(Decompress(on="request"), request=request, request_in=pieces)

    assert crossing.sent == (b"first", b"second")
    assert crossing.forwarded.headers.items() == [("Transfer-Encoding", "chunked")]


@pytest.mark.parametrize(
    "answer",
    [
        Response(200, None, {"Content-Length": "5"}, b"plain"),
        Response(200, None, {"Content-Encoding": "gzip", "Content-Length": "0"}),
        Response(304, None, {"Content-Encoding": "gzip", "Content-Length": "600"}),
        answered("gzip", CODED["gzip"], Cache_Control="no-transform"),
        Response(206, None, {"Content-Encoding": "gzip", "Content-Range": "bytes 0-1/99"}, b"\x1f\x8b"),
    ],
    ids=["plain", "empty", "304", "no-transform", "range"],
)
def test_a_response_that_must_not_change_is_left_as_it_is(answer):
    response = through(Decompress(), answer=answer).response

    assert (response.headers, response.body) == (answer.headers, answer.body)


def test_the_answer_to_head_is_left_as_it_is():
    answer = Response(200, None, {"Content-Encoding": "gzip", "Content-Length": "600"})

    assert through(Decompress(), request=Request("HEAD", "/"), answer=answer).response.headers == answer.headers


def test_the_other_side_is_left_as_it_is():
    request = Request("POST", "/", fields_of("gzip", CODED["gzip"]), CODED["gzip"])

    crossing = through(Decompress(), request=request, answer=Response(200))

    assert (crossing.forwarded.headers, crossing.forwarded.body) == (request.headers, request.body)


@pytest.mark.parametrize(
    ("coding", "finding"),
    [("gzip", "the gzip data that starts at byte 0 cannot be decoded"), ("lzma", "unknown content coding 'lzma'")],
)
def test_a_target_that_answers_garbage_is_a_broken_target(coding, finding):
    crossing = through(Decompress(), answer=answered(coding, b"garbage"))

    assert crossing.response.status == 502
    assert finding in crossing.response.text
    assert isinstance(crossing.error.__cause__, ContentError)
    assert crossing.troubles == ()


@pytest.mark.parametrize("coding", ["gzip", "lzma"])
def test_a_client_that_sends_garbage_is_told_and_no_target_asked(coding):
    request = Request("POST", "/", fields_of(coding, b"garbage"), b"garbage")

    crossing = through(Decompress(on="request"), request=request)

    assert crossing.response.status == 400
    assert crossing.forwarded is None
    assert crossing.trace.answered_by == "Decompress"
    assert crossing.troubles == ()


def test_a_streamed_request_that_breaks_its_coding_is_refused_where_it_breaks():
    request = Request("POST", "/", {"Content-Encoding": "gzip"})

    crossing = through(Decompress(on="request"), request=request, request_in=[CODED["gzip"], b"garbage"])

    assert crossing.response.status == 400
    assert isinstance(crossing.error, RefusedRequest)


def test_a_streamed_response_that_ends_too_soon_is_the_fault_of_the_target():
    answer = Response(200, None, {"Content-Encoding": "gzip"})

    with pytest.raises(UpstreamError, match="truncated"):
        through(Decompress(), answer=answer, answer_in=[CODED["gzip"][:-1]])
