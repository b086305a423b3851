import asyncio

import h11
import pytest
from hypothesis import given, settings, strategies as st

from mockproxy.errors import ClientLeft
from mockproxy.messages.headers import Headers
from mockproxy.wire.sending import Framing, WriteFlow, encode_end, encode_piece, frame_request, frame_response

LENGTH = {"Content-Length": "3"}
CHUNKED = {"Transfer-Encoding": "chunked"}
A = {"A": "1"}

# method, status, version of the client, fields given, length known -> framing, fields sent
RESPONSES = [
    ("GET", 200, "1.1", A, 3, Framing.LENGTH, {**A, **LENGTH}),
    ("GET", 200, "1.1", A, 0, Framing.LENGTH, {**A, "Content-Length": "0"}),
    ("GET", 200, "1.1", A, None, Framing.CHUNKED, {**A, **CHUNKED}),
    ("GET", 200, "1.1", LENGTH, None, Framing.LENGTH, LENGTH),
    ("GET", 200, "1.1", {"content-length": "9"}, 3, Framing.LENGTH, {"content-length": "9"}),
    ("GET", 200, "1.1", CHUNKED, 3, Framing.CHUNKED, CHUNKED),
    # RFC 9112 section 6.1: no transfer coding for a client of HTTP/1.0.
    ("GET", 200, "1.0", A, 3, Framing.LENGTH, {**A, **LENGTH}),
    ("GET", 200, "1.0", A, None, Framing.CLOSE, A),
    ("GET", 200, "1.0", CHUNKED, None, Framing.CLOSE, {}),
    ("GET", 200, "1.0", CHUNKED, 3, Framing.LENGTH, LENGTH),
    ("GET", 200, "1.0", LENGTH, None, Framing.LENGTH, LENGTH),
    # RFC 9110 section 8.6: what the fields say of a body that does not follow is left alone.
    ("HEAD", 200, "1.1", LENGTH, 0, Framing.NO_BODY, LENGTH),
    ("HEAD", 200, "1.1", CHUNKED, None, Framing.NO_BODY, CHUNKED),
    ("HEAD", 200, "1.1", A, None, Framing.NO_BODY, A),
    ("GET", 304, "1.1", LENGTH, None, Framing.NO_BODY, LENGTH),
    ("GET", 204, "1.1", A, 0, Framing.NO_BODY, A),
    # RFC 9112 section 6.1: no transfer coding in 204.
    ("GET", 204, "1.1", CHUNKED, None, Framing.NO_BODY, {}),
    # RFC 9110 section 8.6: no length of a body that was made here and is not sent; what a target says is left alone.
    ("GET", 204, "1.1", LENGTH, 3, Framing.NO_BODY, {}),
    ("GET", 204, "1.1", LENGTH, 0, Framing.NO_BODY, LENGTH),
]

REQUESTS = [
    (A, 3, Framing.LENGTH, {**A, **LENGTH}),
    (A, 0, Framing.NO_BODY, A),
    (A, None, Framing.CHUNKED, {**A, **CHUNKED}),
    (LENGTH, 3, Framing.LENGTH, LENGTH),
    ({"Content-Length": "0"}, 0, Framing.LENGTH, {"Content-Length": "0"}),
    (CHUNKED, 3, Framing.CHUNKED, CHUNKED),
]


@pytest.mark.parametrize(("method", "status", "version", "given", "length", "framing", "sent"), RESPONSES)
def test_a_response_is_framed_for_its_client(method, status, version, given, length, framing, sent):
    framed = frame_response(Headers(given).raw, status=status, method=method, version=version, length=length)
    assert framed == (framing, Headers(sent).raw)


@pytest.mark.parametrize(("given", "length", "framing", "sent"), REQUESTS)
def test_a_request_is_framed_by_what_is_known_of_its_body(given, length, framing, sent):
    assert frame_request(Headers(given).raw, length=length) == (framing, Headers(sent).raw)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.binary(max_size=20)))
def test_what_is_sent_in_chunks_is_read_by_h11(pieces):
    server = h11.Connection(h11.SERVER)
    server.receive_data(b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
    sent = [encode_piece(Framing.CHUNKED, piece) for piece in pieces]
    server.receive_data(b"".join([*sent, encode_end(Framing.CHUNKED, ((b"x-sum", b"1"),))]))
    body = b""
    while not isinstance(event := server.next_event(), h11.EndOfMessage):
        body += event.data if isinstance(event, h11.Data) else b""
    assert (body, event.headers.raw_items()) == (b"".join(pieces), [(b"x-sum", b"1")])


@pytest.mark.parametrize("framing", [Framing.LENGTH, Framing.CLOSE])
def test_a_body_that_is_not_chunked_is_sent_as_it_is(framing):
    assert encode_piece(framing, b"abc") + encode_end(framing, ((b"X", b"1"),)) == b"abc"


def test_a_message_without_a_body_sends_none():
    assert encode_piece(Framing.NO_BODY, b"abc") + encode_end(Framing.NO_BODY, ()) == b""


def test_an_empty_piece_would_end_a_chunked_body_and_is_not_sent():
    assert encode_piece(Framing.CHUNKED, b"") == b""


async def drained(flow: WriteFlow, *then: object) -> str:
    """Waits for the flow while each of these is called."""
    loop = asyncio.get_running_loop()
    for call in then:
        loop.call_soon(call)
    await flow.drain()
    return "drained"


def test_a_flow_that_is_not_paused_lets_pass():
    assert asyncio.run(drained(WriteFlow(5))) == "drained"


def test_a_paused_flow_waits_until_the_peer_has_room():
    flow = WriteFlow(5)
    flow.pause()
    assert asyncio.run(drained(flow, flow.resume)) == "drained"


def test_a_peer_that_reads_nothing_is_a_timeout():
    flow = WriteFlow(0.001)
    flow.pause()
    with pytest.raises(TimeoutError, match=r"the peer read nothing for 0\.001 s"):
        asyncio.run(drained(flow))


def test_who_waits_is_told_that_the_connection_was_lost():
    flow = WriteFlow(5)
    flow.pause()
    with pytest.raises(ClientLeft, match="gone"):
        asyncio.run(drained(flow, lambda: flow.lose(ClientLeft("gone"))))


def test_a_flow_that_was_lost_lets_nobody_pass():
    flow = WriteFlow(5)
    flow.lose(ClientLeft("gone"))
    with pytest.raises(ClientLeft, match="gone"):
        asyncio.run(drained(flow))
