import pytest

from mockproxy.errors import MalformedMessage
from mockproxy.messages.connection import Connection
from mockproxy.messages.headers import Headers
from mockproxy.messages.message import ResponseHead
from mockproxy.recording.journal import Journal
from mockproxy.recording.recorder import Recorder
from mockproxy.wire.overheard import OverheardWebSocket
from tests.support.frames import CLOSE, TEXT, close, frame, from_client

GRANTED = ResponseHead(101, Headers([("Connection", "Upgrade"), ("Upgrade", "websocket")]))


class Watch:
    """A WebSocket that is overheard, and its record."""

    def __init__(self, limit: int = 1000) -> None:
        self.exchanges = Journal(repr)
        connection = Connection(("127.0.0.1", 50000), ("127.0.0.1", 8000))
        self.recorder = Recorder(self.exchanges, head=None, raw=b"", connection=connection, place=0, limit=limit)
        self.filings = 0
        self.overheard = OverheardWebSocket(self.recorder, GRANTED, self.file)

    def file(self) -> None:
        self.filings += 1
        self.recorder.close(GRANTED)

    @property
    def said(self) -> list[tuple[str, str]]:
        return [(message.sender, message.text) for message in self.overheard.conversation.messages]


def test_both_sides_are_heard():
    watch = Watch()
    watch.overheard.client_sent(from_client(TEXT, b"ping"))
    watch.overheard.server_sent(frame(TEXT, b"pong"))
    assert watch.said == [("client", "ping"), ("server", "pong")]


@pytest.mark.parametrize("client_first", [True, False])
def test_it_is_filed_once_both_sides_have_said_close(client_first):
    watch = Watch()
    tell = [
        lambda: watch.overheard.client_sent(from_client(CLOSE, close())),
        lambda: watch.overheard.server_sent(frame(CLOSE, close())),
    ]
    first, second = tell if client_first else tell[::-1]
    first()
    assert watch.filings == 0
    second()
    websocket = watch.exchanges.only().websocket
    assert websocket.closed_by == ("client" if client_first else "server")


def test_what_comes_behind_the_end_files_nothing_again():
    watch = Watch()
    watch.overheard.client_sent(from_client(CLOSE))
    watch.overheard.server_sent(frame(CLOSE))
    watch.overheard.server_sent(frame(TEXT, b"more"))
    assert watch.filings == 1


def test_who_sends_no_frames_is_trouble_and_the_other_is_still_heard():
    watch = Watch()
    watch.overheard.client_sent(frame(TEXT, b"bare"))
    watch.overheard.client_sent(from_client(TEXT, b"late"))
    watch.overheard.server_sent(frame(TEXT, b"pong"))
    assert watch.said == [("server", "pong")]
    (trouble,) = watch.recorder.troubles
    assert isinstance(trouble, MalformedMessage)
    assert watch.recorder.error is trouble


def test_the_limit_is_that_of_the_record():
    watch = Watch(limit=2)
    watch.overheard.server_sent(frame(TEXT, b"pong"))
    assert watch.overheard.conversation.messages[0].data == b"po"
