"""Content codings are the business of the client and the target: coded octets pass as they are."""

import gzip
import json
import zlib

import brotli
import pytest
import zstandard

from mockproxy import ProxyContext, ProxyServer, TargetServer
from mockproxy.middleware import Compress
from tests.support.journey import journey
from tests.support.raw import RawMessage, chunk, message
from tests.support.raw_client import RawClient
from tests.support.raw_origin import answering

OK = b"HTTP/1.1 200 OK"
ROWS = [{"id": number, "name": "Zoë"} for number in range(100)]
PLAIN = json.dumps(ROWS).encode()
CODED = {
    "gzip": gzip.compress(PLAIN),
    "deflate": zlib.compress(PLAIN),
    "br": brotli.compress(PLAIN),
    "zstd": zstandard.compress(PLAIN),
}


@pytest.mark.parametrize("coding", CODED)
def test_a_coded_answer_passes_untouched_and_is_recorded_in_both_forms(coding: str) -> None:
    body = CODED[coding]
    reply = message(OK, b"Content-Encoding: " + coding.encode(), b"Content-Length: %d" % len(body), body=body)
    with journey(answering(reply)) as (client, proxy, origin):
        client.send(message(b"GET / HTTP/1.1", b"Host: t", b"Accept-Encoding: " + coding.encode()))
        assert client.response().raw == reply
        assert origin.request.all(b"Accept-Encoding") == [coding.encode()]
        response = proxy.exchanges.only().response
        assert (response.body, response.size, response.codings) == (body, len(body), (coding,))
        assert response.content == PLAIN
        assert response.json() == ROWS


@pytest.mark.parametrize("coding", CODED)
def test_a_coded_request_passes_untouched_and_is_recorded_in_both_forms(coding: str) -> None:
    body = CODED[coding]
    with journey(answering(message(OK, b"Content-Length: 0"))) as (client, proxy, origin):
        client.send(
            message(
                b"POST / HTTP/1.1",
                b"Host: t",
                b"Content-Encoding: " + coding.encode(),
                b"Content-Length: %d" % len(body),
                body=body,
            )
        )
        client.response()
        assert origin.request.body == body
        assert origin.request.all(b"Content-Length") == [b"%d" % len(body)]
        request = proxy.exchanges.only().upstream.request
        assert (request.body, request.json()) == (body, ROWS)


def test_a_chunked_coded_answer_keeps_its_coding() -> None:
    body = CODED["gzip"]
    reply = message(
        OK,
        b"Content-Encoding: gzip",
        b"Transfer-Encoding: chunked",
        body=chunk(body[:50]) + chunk(body[50:]) + b"0\r\n\r\n",
    )
    with journey(answering(reply)) as (client, proxy, _):
        client.send(message(b"GET / HTTP/1.1", b"Host: t", b"Accept-Encoding: gzip"))
        answer = client.response()
        assert answer.body == body
        assert answer.all(b"Content-Encoding") == [b"gzip"]
        assert proxy.exchanges.only().response.json() == ROWS


def test_two_codings_in_a_row_pass_and_are_read() -> None:
    body = gzip.compress(CODED["br"])
    reply = message(
        OK, b"Content-Encoding: br", b"Content-Encoding: gzip", b"Content-Length: %d" % len(body), body=body
    )
    with journey(answering(reply)) as (client, proxy, _):
        client.send(message(b"GET / HTTP/1.1", b"Host: t"))
        assert client.response().raw == reply
        assert proxy.exchanges.only().response.json() == ROWS


def test_an_edited_request_keeps_its_coding_and_gets_a_true_length() -> None:
    async def adds_a_row(ctx: ProxyContext):
        rows = json.loads(await ctx.request.read())
        ctx.request.set_content(json.dumps([*rows, {"id": 100}]))
        yield

    with journey(answering(message(OK, b"Content-Length: 0")), middlewares=[adds_a_row]) as (client, _, origin):
        body = CODED["gzip"]
        client.send(
            message(
                b"POST / HTTP/1.1",
                b"Host: t",
                b"Content-Encoding: gzip",
                b"Content-Length: %d" % len(body),
                body=body,
            )
        )
        client.response()
        sent = origin.request
        assert sent.all(b"Content-Length") == [b"%d" % len(sent.body)]
        assert sent.all(b"Content-Encoding") == [b"gzip"]
        assert json.loads(gzip.decompress(sent.body)) == [*ROWS, {"id": 100}]


def ask_for_list(accept: bytes | None) -> RawMessage:
    with TargetServer() as target:
        target.on("GET", "/rows").reply(json=ROWS)
        with ProxyServer(target, middlewares=[Compress()]) as proxy, RawClient(proxy.url) as client:
            fields = [] if accept is None else [b"Accept-Encoding: " + accept]
            client.send(message(b"GET /rows HTTP/1.1", b"Host: t", *fields))
            answer = client.response()
            assert proxy.exchanges.only().response.json() == ROWS
            assert proxy.exchanges.only().upstream.response.codings == ()
            return answer


def test_a_list_is_compressed_once_for_a_client_that_accepts_gzip() -> None:
    answer = ask_for_list(b"gzip")
    assert answer.all(b"Content-Encoding") == [b"gzip"]
    assert json.loads(gzip.decompress(answer.body)) == ROWS
    assert answer.all(b"Content-Length") in ([b"%d" % len(answer.payload)], [])


@pytest.mark.parametrize("accept", [None, b"identity", b"gzip;q=0", b"br"])
def test_a_list_is_plain_for_a_client_that_does_not(accept: bytes | None) -> None:
    answer = ask_for_list(accept)
    assert answer.all(b"Content-Encoding") == []
    assert json.loads(answer.body) == ROWS
    assert answer.all(b"Content-Length") == [b"%d" % len(answer.body)]
