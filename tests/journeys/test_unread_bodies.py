"""A request that is answered before its body was read: the record says so, and how much of it there is."""

import time

import pytest
from aiohttp import web

from mockproxy import ClientLeft, ContentError
from tests.support.journey import journey
from tests.support.raw import Wire, chunk, message
from tests.support.raw_origin import answering

OK = message(b"HTTP/1.1 200 OK", b"Content-Length: 2", body=b"ok")
MEBI = 1024 * 1024


async def refusing(ctx):
    raise web.HTTPForbidden
    yield


def upload(size: int, sent: int) -> bytes:
    return message(b"POST / HTTP/1.1", b"Host: h", b"Content-Length: %d" % size, body=bytes(sent))


@pytest.mark.parametrize("size", [100_000, MEBI])
def test_a_refused_body_up_to_the_limit_of_the_record_is_recorded_whole(size):
    with journey(answering(OK), middlewares=[refusing]) as way:
        for _ in range(10):
            way.client.send(upload(size, size))
            assert way.client.response().status == 403
    assert {(each.request.size, each.request.truncated) for each in way.proxy.exchanges} == {(size, False)}


def test_a_refused_body_in_chunks_is_recorded_whole():
    with journey(answering(OK), middlewares=[refusing]) as way:
        way.client.send(message(b"POST / HTTP/1.1", b"Host: h", b"Transfer-Encoding: chunked"), chunk(b"a" * 300_000))
        way.client.send(b"0\r\n\r\n")
        assert way.client.response().status == 403
    assert way.proxy.exchanges.only().request.size == 300_000


def test_a_refused_body_beyond_that_is_not_waited_for_and_says_that_it_is_not_whole():
    with journey(answering(OK), middlewares=[refusing]) as way:
        way.client.send(upload(MEBI + 1, 10))
        assert way.client.response().status == 403
        request = way.proxy.exchanges.only().request
    assert request.truncated
    with pytest.raises(ContentError, match=r"0 bytes of this body were read, and not its end: it was answered"):
        _ = request.content


def test_a_body_without_end_holds_up_its_refusal_but_a_moment():
    with journey(answering(OK), middlewares=[refusing]) as way:
        way.client.send(message(b"POST / HTTP/1.1", b"Host: h", b"Transfer-Encoding: chunked"), chunk(b"abc"))
        begun = time.perf_counter()
        assert way.client.response().status == 403
        assert time.perf_counter() - begun < 0.4
        request = way.proxy.exchanges.only().request
    assert (request.body, request.truncated) == (b"abc", True)


def test_a_client_that_waits_for_leave_has_sent_no_body_and_none_is_missing():
    asked = message(b"POST / HTTP/1.1", b"Host: h", b"Content-Length: 5", b"Expect: 100-continue")
    with journey(answering(OK), middlewares=[refusing]) as way:
        way.client.send(asked)
        assert way.client.response().status == 403
        request = way.proxy.exchanges.only().request
    assert (request.body, request.truncated) == (b"", False)


def test_a_target_that_answers_early_leaves_both_requests_unread():
    def early(peer: Wire) -> None:
        peer.head()
        peer.send(message(b"HTTP/1.1 413 Content Too Large", b"Content-Length: 0", b"Connection: close"))
        peer.rest()

    with journey(early) as way:
        way.client.send(upload(100, 10))
        assert way.client.response().status == 413
        exchange = way.proxy.exchanges.only()
    assert (exchange.request.size, exchange.request.truncated) == (10, True)
    assert (exchange.upstream.request.size, exchange.upstream.request.truncated) == (10, True)


def test_a_client_that_leaves_in_its_body_is_not_taken_for_one_that_has_sent_it():
    with journey(lambda peer: peer.rest()) as way:
        way.client.send(upload(100, 10))
        way.origin.connection()
        way.client.close()
        (exchange,) = way.proxy.exchanges.wait_for()
    assert isinstance(exchange.error, ClientLeft)
    assert exchange.request.truncated
