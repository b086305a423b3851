import pytest

from mockproxy.errors import RecordError, RefusedRequest, Unmatched, UpstreamError
from mockproxy.messages.headers import Headers
from mockproxy.messages.message import RequestHead, ResponseHead
from mockproxy.pipeline.trace import Trace
from mockproxy.recording.journal import Journal
from mockproxy.recording.recorder import LegRecorder, Recorder
from tests.support.exchanges import CONNECTION

HEAD = RequestHead("POST", "/a?x=1", Headers({"Host": "shop.test"}))
OK = ResponseHead(200, Headers({"X-A": "1"}), "OK")


@pytest.fixture
def journal():
    return Journal(lambda exchanges: f"{len(exchanges)} exchanges")


def recorder(journal, head=HEAD, raw=b"", limit=100):
    return Recorder(journal, head=head, raw=raw, connection=CONNECTION, place=3, limit=limit)


def leg(target="orders"):
    return LegRecorder(target, "127.0.0.1:81", HEAD, ((), (), ()), 100)


def test_an_exchange_is_open_until_it_is_closed(journal):
    opened = recorder(journal)
    assert journal.open == ["POST /a?x=1"]
    assert not opened.closed

    exchange = opened.close(OK)
    assert journal.open == []
    assert opened.closed
    assert list(journal) == [exchange]


def test_it_gathers_both_messages(journal):
    opened = recorder(journal)
    opened.received.write(b"question")
    opened.given.write(b"answer")
    opened.informational.append(ResponseHead(103, Headers({"Link": "<x>"})))
    exchange = opened.close(OK)

    assert (exchange.request.method, exchange.request.raw_target, exchange.request.body) == (
        "POST",
        "/a?x=1",
        b"question",
    )
    assert exchange.request.url == "http://127.0.0.1:80/a?x=1"
    assert (exchange.response.status, exchange.response.body) == (200, b"answer")
    assert [head.status for head in exchange.response.informational] == [103]
    assert (exchange.connection, exchange.place) == (CONNECTION, 3)


def test_it_keeps_the_trace_and_a_copy_of_the_state(journal):
    trace, state = Trace(answered_by="me"), {"user": "ada"}
    exchange = recorder(journal).close(OK, trace=trace, state=state)
    state["user"] = "eve"

    assert exchange.trace is trace
    assert exchange.state == {"user": "ada"}


def test_what_was_no_request_is_kept_as_octets(journal):
    exchange = recorder(journal, head=None, raw=b"\x16\x03\x01").close(None)

    assert exchange.request is None
    assert exchange.response is None
    assert exchange.raw == b"\x16\x03\x01"


def test_an_open_exchange_without_a_head_is_named(journal):
    recorder(journal, head=None)

    assert journal.open == ["malformed request"]


def test_legs_stand_in_order_with_what_each_sent_and_got(journal):
    opened, first, second = recorder(journal), leg("first"), leg("second")
    first.error = UpstreamError("refused")
    second.sent.write(b"question")
    second.received.write(b"answer")
    second.response_head = OK
    opened.legs += [first, second]
    exchange = opened.close(OK)

    assert [each.target for each in exchange.legs] == ["first", "second"]
    assert exchange.upstream.request.body == b"question"
    assert exchange.upstream.request.url == "http://127.0.0.1:81/a?x=1"
    assert exchange.upstream.response.body == b"answer"
    with pytest.raises(RecordError, match="first gave no answer: refused"):
        _ = exchange.legs[0].response


def test_a_leg_ends_once():
    ended = leg()
    ended.end()
    first = ended.leg()

    assert ended.leg().elapsed == first.elapsed


@pytest.mark.parametrize(("error", "trouble"), [(Unmatched("no"), True), (RefusedRequest("no"), False)])
def test_every_error_is_noted_and_only_trouble_is_trouble(journal, error, trouble):
    opened = recorder(journal)
    opened.note_error(error)

    assert opened.error is error
    assert opened.troubles == ([error] if trouble else [])
