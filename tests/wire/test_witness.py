from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings, strategies as st

from mockproxy.errors import ClientLeft, MalformedMessage
from mockproxy.messages.connection import Connection
from mockproxy.messages.headers import Headers
from mockproxy.messages.message import RequestHead, ResponseHead
from mockproxy.recording.exchange import Exchange
from mockproxy.recording.journal import Journal
from mockproxy.recording.recorder import Recorder
from mockproxy.wire.limits import DEFAULT_LIMITS
from mockproxy.wire.witness import Witness
from tests.support.frames import CLOSE, TEXT, frame, from_client
from tests.support.raw import message
from tests.support.readings import cut

CONNECTION = Connection(("127.0.0.1", 50000), ("127.0.0.1", 8000))
GET = message(b"GET /a HTTP/1.1", b"Host: h")
POST = message(b"POST /b HTTP/1.1", b"Host: h", b"Content-Length: 3", body=b"abc")
OK = message(b"HTTP/1.1 200 OK", b"Content-Length: 2", body=b"ok")
CHUNKED = message(b"HTTP/1.1 200 OK", b"Transfer-Encoding: chunked", body=b"2\r\nok\r\n0\r\nX: 1\r\n\r\n")
BAD_REQUEST = message(b"HTTP/1.1 400 Bad Request", b"Content-Length: 0")


@dataclass
class Watch:
    """A witness, and the exchanges that it filed."""

    exchanges: Journal = field(default_factory=lambda: Journal(repr))

    def __post_init__(self) -> None:
        self.witness = Witness(self, DEFAULT_LIMITS)

    def open(self, head: RequestHead | None, raw: bytes) -> Recorder:
        return Recorder(self.exchanges, head=head, raw=raw, connection=CONNECTION, place=0, limit=1000)

    def close(self, recorder: Recorder, head: ResponseHead | None) -> None:
        recorder.close(head)

    def exchange(self, client: bytes, server: bytes) -> Exchange:
        self.witness.client_sent(client)
        self.witness.server_sent(server)
        return self.exchanges.only()


def test_a_request_and_its_response_are_one_exchange():
    exchange = Watch().exchange(POST, OK)
    assert (exchange.request.method, exchange.request.path, exchange.request.body) == ("POST", "/b", b"abc")
    assert (exchange.response.status, exchange.response.body, exchange.error) == (200, b"ok", None)


def test_heads_are_kept_as_they_were():
    exchange = Watch().exchange(POST, OK)
    assert (exchange.request.raw_head, exchange.response.raw_head) == (POST[:-3], OK[:-2])


def test_the_exchange_is_filed_with_the_last_octet_of_the_response():
    watch = Watch()
    watch.witness.client_sent(GET)
    watch.witness.server_sent(OK[:-1])
    assert len(watch.exchanges) == 0
    watch.witness.server_sent(OK[-1:])
    assert len(watch.exchanges) == 1


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 500)), st.lists(st.integers(0, 500)))
def test_it_does_not_matter_how_the_octets_are_cut(client_cuts, server_cuts):
    watch = Watch()
    for piece in cut(GET + POST + GET, client_cuts):
        watch.witness.client_sent(piece)
    for piece in cut(OK + CHUNKED + OK, server_cuts):
        watch.witness.server_sent(piece)
    assert [exchange.request.path for exchange in watch.exchanges] == ["/a", "/b", "/a"]
    assert [exchange.response.body for exchange in watch.exchanges] == [b"ok"] * 3


def test_pipelined_requests_are_paired_with_their_responses_in_order():
    watch = Watch()
    watch.witness.client_sent(GET + POST)
    watch.witness.server_sent(OK)
    watch.witness.server_sent(BAD_REQUEST)
    assert [(exchange.request.path, exchange.response.status) for exchange in watch.exchanges] == [
        ("/a", 200),
        ("/b", 400),
    ]


def test_interim_responses_belong_to_the_response_behind_them():
    hints = message(b"HTTP/1.1 103 Early Hints", b"Link: </a>")
    exchange = Watch().exchange(GET, hints + OK)
    assert [head.raw for head in exchange.response.informational] == [hints]
    assert exchange.response.status == 200


def test_trailers_are_kept_on_both_sides():
    upload = message(b"POST / HTTP/1.1", b"Host: h", b"Transfer-Encoding: chunked", body=b"0\r\nY: 2\r\n\r\n")
    exchange = Watch().exchange(upload, CHUNKED)
    assert (exchange.request.trailers, exchange.response.trailers) == (Headers({"Y": "2"}), Headers({"X": "1"}))


@pytest.mark.parametrize(
    ("method", "server"),
    [(b"HEAD", OK[:-2]), (b"GET", message(b"HTTP/1.1 304 Not Modified", b"Content-Length: 2"))],
)
def test_a_response_without_a_body_ends_with_its_head(method, server):
    exchange = Watch().exchange(method + GET[3:], server)
    assert exchange.response.headers["Content-Length"] == "2"
    assert exchange.response.size == 0


def test_the_current_record_is_that_of_the_request_being_answered():
    watch = Watch()
    before = watch.witness.current
    watch.witness.client_sent(GET + POST)
    first = watch.witness.current
    watch.witness.server_sent(OK)
    second = watch.witness.current
    watch.witness.server_sent(OK)
    assert first is not None
    assert second is not None
    assert (before, first.index, second.index, watch.witness.current) == (None, 0, 1, None)


# What is never complete.


def test_a_request_that_is_not_answered_is_filed_with_the_cause():
    watch = Watch()
    watch.witness.client_sent(GET)
    watch.witness.ended(ClientLeft("gone"))
    exchange = watch.exchanges.only()
    assert (exchange.given, str(exchange.error)) == (None, "gone")


def test_a_response_that_breaks_off_is_filed_as_far_as_it_came():
    watch = Watch()
    watch.witness.client_sent(GET)
    watch.witness.server_sent(OK[:-1])
    watch.witness.ended(ClientLeft("gone"))
    exchange = watch.exchanges.only()
    assert (exchange.response.body, str(exchange.error)) == (b"o", "gone")


def test_a_response_that_ends_with_the_connection_is_complete():
    watch = Watch()
    watch.witness.client_sent(GET)
    watch.witness.server_sent(message(b"HTTP/1.1 200 OK", body=b"ok"))
    watch.witness.ended(ClientLeft("gone"))
    exchange = watch.exchanges.only()
    assert (exchange.response.body, exchange.error) == (b"ok", None)


def test_a_connection_that_ends_between_requests_leaves_no_exchange():
    watch = Watch()
    watch.exchange(GET, OK)
    watch.witness.ended(ClientLeft("gone"))
    assert len(watch.exchanges) == 1


# What cannot be read.


def test_octets_that_are_no_request_are_filed_with_the_finding_and_the_answer():
    exchange = Watch().exchange(b"GET  / HTTP/1.1\r\n\r\n", BAD_REQUEST)
    assert (exchange.received, exchange.raw, exchange.response.status) == (None, b"GET  / HTTP/1.1\r\n\r\n", 400)
    assert isinstance(exchange.error, MalformedMessage)
    assert exchange.troubles == (exchange.error,)


def test_a_body_that_is_malformed_is_a_finding_of_its_request():
    upload = message(b"POST /b HTTP/1.1", b"Host: h", b"Transfer-Encoding: chunked", body=b"1\r\na\r\nx\r\n")
    exchange = Watch().exchange(upload, BAD_REQUEST)
    assert (exchange.request.path, exchange.response.status) == ("/b", 400)
    assert "bad chunk size" in str(exchange.error)


def test_octets_that_are_no_request_leave_the_request_before_them_alone():
    watch = Watch()
    watch.witness.client_sent(GET + b"\x00\x00\r\n\r\n")
    watch.witness.server_sent(OK + BAD_REQUEST)
    first, second = watch.exchanges
    assert (first.request.path, first.response.status, first.error) == ("/a", 200, None)
    assert (second.received, second.response.status) == (None, 400)


def test_octets_that_are_no_request_are_filed_where_the_server_only_closes():
    watch = Watch()
    watch.witness.client_sent(b"\x16\x03\x01")
    watch.witness.ended(ClientLeft("gone"))
    exchange = watch.exchanges.only()
    assert (exchange.given, exchange.raw) == (None, b"\x16\x03\x01")
    assert "a TLS handshake" in str(exchange.error)


def test_octets_that_are_no_response_are_a_finding_of_the_request():
    exchange = Watch().exchange(GET, b"ICY 200 OK\r\n\r\n")
    assert (exchange.request.path, exchange.given) == ("/a", None)
    assert isinstance(exchange.error, MalformedMessage)


def test_octets_that_nobody_asked_for_leave_no_exchange():
    watch = Watch()
    watch.witness.server_sent(b"ICY 200 OK\r\n\r\n")
    assert len(watch.exchanges) == 0


@pytest.mark.parametrize(
    ("client", "server"),
    [
        (GET, message(b"HTTP/1.1 101 Switching Protocols", b"Connection: Upgrade", b"Upgrade: h2c")),
        (message(b"CONNECT h:443 HTTP/1.1", b"Host: h:443"), message(b"HTTP/1.1 200 OK")),
    ],
)
def test_nothing_is_read_behind_an_upgrade_to_something_unknown(client, server):
    watch = Watch()
    watch.exchange(client, server)
    watch.witness.client_sent(b"\x81\x85")
    watch.witness.server_sent(b"\x81\x05hello")
    watch.witness.ended(ClientLeft("gone"))
    assert [exchange.error for exchange in watch.exchanges] == [None]


GRANTED = message(b"HTTP/1.1 101 Switching Protocols", b"Connection: Upgrade", b"Upgrade: websocket")


def opened(*, said: bytes = b"") -> Watch:
    watch = Watch()
    watch.witness.client_sent(GET)
    watch.witness.server_sent(GRANTED + said)
    return watch


def test_a_websocket_is_one_exchange_until_both_have_closed_it():
    watch = opened(said=frame(TEXT, b"hi"))
    watch.witness.client_sent(from_client(CLOSE))
    assert len(watch.exchanges) == 0
    watch.witness.server_sent(frame(CLOSE))
    exchange = watch.exchanges.only()
    watch.witness.ended(ClientLeft("gone"))
    assert watch.exchanges.only() is exchange
    assert [each.text for each in exchange.websocket.messages] == ["hi"]
    assert (exchange.response.status, exchange.response.size, exchange.error) == (101, 0, None)


def test_a_websocket_that_breaks_off_says_why():
    watch = opened()
    watch.witness.client_sent(from_client(TEXT, b"ping"))
    gone = ClientLeft("gone")
    watch.witness.ended(gone)
    exchange = watch.exchanges.only()
    assert (exchange.error, exchange.websocket.close_code) == (gone, 1006)
    assert [each.text for each in exchange.websocket.messages] == ["ping"]


def test_who_has_said_close_may_end_the_connection():
    watch = opened(said=frame(CLOSE))
    watch.witness.ended(ClientLeft("gone"))
    assert watch.exchanges.only().error is None


def test_what_is_no_frame_is_trouble():
    watch = opened(said=b"HTTP/1.1 200 OK")
    watch.witness.ended(ClientLeft("gone"))
    (trouble,) = watch.exchanges.only().troubles
    assert isinstance(trouble, MalformedMessage)


def test_a_request_that_breaks_off_is_not_taken_for_a_whole_one():
    watch = Watch()
    watch.witness.client_sent(POST[:-1])
    watch.witness.ended(ClientLeft("gone"))
    request = watch.exchanges.only().request
    assert (request.body, request.truncated) == (b"ab", True)
