import asyncio
from types import SimpleNamespace

import pytest

from mockproxy.errors import ClientLeft, RefusedRequest
from mockproxy.messages.headers import Headers
from mockproxy.messages.message import RequestHead
from mockproxy.messages.source import Held
from mockproxy.recording.journal import Journal
from mockproxy.recording.recorder import Recorder
from mockproxy.servers.intake import TapedRequest, open_recorder, take_body
from tests.support.exchanges import CONNECTION

HEAD = RequestHead("POST", "/a", Headers({"Host": "a"}))


class Breaking:
    """A body that breaks before anything of it has come."""

    at_end = False
    trailers = ()

    def __init__(self, error):
        self.error = error

    def take(self):
        return b""

    async def next(self):
        raise self.error


@pytest.fixture
def recorder():
    return Recorder(Journal(str), head=HEAD, raw=b"", connection=CONNECTION, place=0, limit=100)


def taped(body, recorder):
    return TapedRequest(SimpleNamespace(body=body), recorder)


def test_a_record_is_opened_with_the_place_of_the_request_on_its_connection():
    journal = Journal(str)
    transaction = SimpleNamespace(head=HEAD, raw=b"", connection=CONNECTION, place=4)
    exchange = open_recorder(journal, transaction, 100).close(None)

    assert (exchange.connection, exchange.place, exchange.index) == (CONNECTION, 4, 0)
    assert exchange.request.method == "POST"


def test_what_is_taken_of_a_body_is_on_the_tape(recorder):
    source = taped(Held(b"body", trailers=((b"X-Sum", b"1"),)), recorder)

    assert asyncio.run(take_body(source, keep=True)) == b"body"
    assert recorder.received.payload().data == b"body"
    assert recorder.received.payload().trailers == ((b"X-Sum", b"1"),)


def test_a_body_that_nobody_keeps_is_on_the_tape_all_the_same(recorder):
    assert asyncio.run(take_body(taped(Held(b"body"), recorder), keep=False)) == b""
    assert recorder.received.payload().data == b"body"


def test_a_body_that_stalls_is_refused_with_408(recorder):
    with pytest.raises(RefusedRequest, match="no octet came") as refusal:
        asyncio.run(take_body(taped(Breaking(TimeoutError("no octet came")), recorder), keep=True))

    assert refusal.value.status_code == 408


def test_a_body_that_breaks_off_says_so(recorder):
    with pytest.raises(ClientLeft):
        asyncio.run(take_body(taped(Breaking(ClientLeft("left")), recorder), keep=True))
