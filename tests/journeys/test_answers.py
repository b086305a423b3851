"""What a target answers reaches the client unchanged, whatever its status, and framed so that it ends."""

import pytest

from tests.support.journey import journey
from tests.support.raw import chunk, message
from tests.support.raw_origin import answering, answering_once

GET = message(b"GET / HTTP/1.1", b"Host: t")
OK = b"HTTP/1.1 200 OK"


@pytest.mark.parametrize("status", [200, 201, 226, 299, 400, 401, 404, 409, 418, 429, 451, 500, 503, 599, 999])
def test_a_status_crosses_with_its_fields_and_body(status: int) -> None:
    reply = message(
        b"HTTP/1.1 %d Word of the target" % status,
        b"Retry-After: 7",
        b"Content-Type: application/json",
        b"Content-Length: 14",
        body=b'{"code": "no"}',
    )
    with journey(answering(reply)) as (client, proxy, _):
        client.send(GET)
        assert client.response().raw == reply
        exchange = proxy.exchanges.only()
        assert exchange.response.status == exchange.upstream.response.status == status
        assert exchange.response.json() == {"code": "no"}
        assert exchange.error is None


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_the_clients_to_follow(status: int) -> None:
    reply = message(b"HTTP/1.1 %d Elsewhere" % status, b"Location: http://elsewhere.test/x?y#z", b"Content-Length: 0")
    with journey(answering(reply)) as (client, proxy, origin):
        client.send(GET)
        assert client.response().raw == reply
        assert len(origin.requests) == 1
        assert len(proxy.exchanges.only().legs) == 1


@pytest.mark.parametrize("start", [b"HTTP/1.1 200", b"HTTP/1.1 200 "])
def test_a_reason_phrase_may_be_missing(start: bytes) -> None:
    with journey(answering(message(start, b"Content-Length: 2", body=b"ab"))) as (client, proxy, _):
        client.send(GET)
        assert client.response().start == b"HTTP/1.1 200 "
        assert proxy.exchanges.only().response.reason == ""


def test_the_answer_to_head_keeps_its_length_and_has_no_body() -> None:
    reply = message(OK, b"Content-Length: 600")
    with journey(answering(reply)) as (client, proxy, _):
        client.send(message(b"HEAD / HTTP/1.1", b"Host: t"), GET.replace(b"GET", b"HEAD"))
        assert client.response("HEAD").raw == reply
        assert client.response("HEAD").raw == reply
        assert proxy.exchanges[0].response.headers["Content-Length"] == "600"
        assert proxy.exchanges[0].response.body == b""


def test_the_answer_to_head_may_say_chunked() -> None:
    reply = message(OK, b"Transfer-Encoding: chunked")
    with journey(answering(reply)) as (client, _, origin):
        client.send(message(b"HEAD / HTTP/1.1", b"Host: t"), message(b"HEAD / HTTP/1.1", b"Host: t"))
        assert client.response("HEAD").raw == reply
        assert client.response("HEAD").raw == reply
        assert len(origin.connections) == 1


def test_a_304_keeps_its_length_and_has_no_body() -> None:
    reply = message(b"HTTP/1.1 304 Not Modified", b'ETag: "x"', b"Content-Length: 600")
    with journey(answering(reply)) as (client, proxy, _):
        client.send(GET, GET)
        assert client.response().raw == reply
        assert client.response().raw == reply
        assert proxy.exchanges[0].response.body == b""


def test_a_204_has_no_transfer_coding() -> None:
    """RFC 9112 section 6.1 forbids it, and some clients would wait for the chunks."""
    reply = message(b"HTTP/1.1 204 No Content", b"Transfer-Encoding: chunked", b"X: 1")
    with journey(answering(reply)) as (client, proxy, _):
        client.send(GET, GET)
        assert client.response().raw == message(b"HTTP/1.1 204 No Content", b"X: 1")
        assert client.response().status == 204
        exchange = proxy.exchanges[0]
        assert exchange.upstream.response.headers["Transfer-Encoding"] == "chunked"
        assert exchange.response.headers.items() == [("X", "1")]


def test_a_204_that_names_a_length_has_no_body() -> None:
    reply = message(b"HTTP/1.1 204 No Content", b"Content-Length: 0")
    with journey(answering(reply)) as (client, _, origin):
        client.send(GET, GET)
        assert client.response().raw == reply
        assert client.response().raw == reply
        assert len(origin.connections) == 1


def test_octets_behind_a_204_are_no_answer_to_the_next_request() -> None:
    stuffed = message(b"HTTP/1.1 204 No Content", b"Content-Length: 4", body=message(b"HTTP/1.1 666 Evil"))
    with journey(answering(stuffed)) as (client, proxy, origin):
        client.send(GET)
        assert client.response().status == 204
        client.send(GET)
        assert client.response().status == 204
        assert len(origin.connections) == 2
        assert [exchange.response.status for exchange in proxy.exchanges] == [204, 204]


def test_a_chunked_answer_is_chunked_at_the_client() -> None:
    reply = message(OK, b"Transfer-Encoding: chunked", body=chunk(b"abc") + chunk(b"de") + b"0\r\n\r\n")
    with journey(answering(reply)) as (client, proxy, _):
        client.send(GET)
        answer = client.response()
        assert answer.fields == [(b"Transfer-Encoding", b"chunked")]
        assert answer.body == b"abcde"
        assert proxy.exchanges.only().response.body == b"abcde"


def test_chunk_extensions_are_dropped_and_sizes_read_in_any_case() -> None:
    body = b'00A;name=value;q="a;b"\r\n0123456789\r\nb ; x\r\n0123456789a\r\n000;last\r\n\r\n'
    with journey(answering(message(OK, b"Transfer-Encoding: Chunked", body=body))) as (client, _, _):
        client.send(GET)
        client.until(b"\r\n\r\n")
        assert client.until(b"\r\n0\r\n\r\n").replace(b"15\r\n", b"") == b"01234567890123456789a\r\n0\r\n\r\n"


def test_trailers_cross_both_ways_and_are_recorded() -> None:
    reply = message(
        OK,
        b"Trailer: X-Sum",
        b"Transfer-Encoding: chunked",
        body=chunk(b"abc") + b"0\r\nX-Sum: 6\r\nx-unannounced: \xe9\r\n\r\n",
    )
    with journey(answering(reply)) as (client, proxy, origin):
        client.send(
            message(
                b"POST / HTTP/1.1",
                b"Host: t",
                b"TE: trailers",
                b"Trailer: X-Digest",
                b"Transfer-Encoding: chunked",
                body=chunk(b"12") + b"0\r\nX-Digest: 3\r\n\r\n",
            )
        )
        answer = client.response()
        assert answer.trailers == ((b"X-Sum", b"6"), (b"x-unannounced", b"\xe9"))
        assert answer.all(b"Trailer") == [b"X-Sum"]
        assert origin.request.trailers == ((b"X-Digest", b"3"),)
        assert origin.request.all(b"Trailer") == [b"X-Digest"]
        exchange = proxy.exchanges.only()
        assert exchange.request.trailers.items() == [("X-Digest", "3")]
        assert exchange.upstream.request.trailers.items() == [("X-Digest", "3")]
        assert exchange.upstream.response.trailers.items() == [("X-Sum", "6"), ("x-unannounced", "\xe9")]
        assert exchange.response.trailers.items() == [("X-Sum", "6"), ("x-unannounced", "\xe9")]


def test_an_empty_chunked_body_with_trailers_keeps_them() -> None:
    with journey(answering(message(OK, b"Content-Length: 0"))) as (client, _, origin):
        client.send(
            message(b"POST / HTTP/1.1", b"Host: t", b"Transfer-Encoding: chunked", body=b"0\r\nX-Only: 1\r\n\r\n")
        )
        client.response()
        assert origin.request.trailers == ((b"X-Only", b"1"),)


def test_an_answer_that_ends_with_the_connection_is_chunked_for_a_client_that_goes_on() -> None:
    with journey(answering_once(message(OK, b"X: 1", body=b"all of it"))) as (client, proxy, _):
        client.send(GET)
        answer = client.response()
        assert answer.fields == [(b"X", b"1"), (b"Transfer-Encoding", b"chunked")]
        assert answer.body == b"all of it"
        client.send(GET)
        assert client.response().body == b"all of it"
        assert proxy.exchanges[0].response.body == b"all of it"
        assert proxy.exchanges[0].error is None


@pytest.mark.parametrize(
    "method", ["DELETE", "OPTIONS", "PROPFIND", "GET", "BREW", "get", "M-SEARCH", "a!#$%&'*+.^_`|~"]
)
def test_any_method_crosses_with_its_body(method: str) -> None:
    with journey(answering(message(OK, b"Content-Length: 2", body=b"ok"))) as (client, proxy, origin):
        client.send(message(f"{method} /x HTTP/1.1".encode(), b"Host: t", b"Content-Length: 5", body=b"whole"))
        assert client.response(method).body == b"ok"
        assert origin.request.start == f"{method} /x HTTP/1.1".encode()
        assert origin.request.body == b"whole"
        exchange = proxy.exchanges.only()
        assert (exchange.request.method, exchange.request.body) == (method, b"whole")


def test_no_length_is_invented_for_a_request_without_a_body() -> None:
    with journey(answering(message(OK, b"Content-Length: 0"))) as (client, _, origin):
        client.send(message(b"POST / HTTP/1.1", b"Host: t"))
        client.response()
        assert origin.request.all(b"Content-Length") == []
        assert origin.request.all(b"Transfer-Encoding") == []


def test_a_length_of_zero_stays_one() -> None:
    with journey(answering(message(OK, b"Content-Length: 0"))) as (client, _, origin):
        client.send(message(b"POST / HTTP/1.1", b"Host: t", b"Content-Length: 0"))
        client.response()
        assert origin.request.all(b"Content-Length") == [b"0"]
