"""Reading along on a WebSocket that others speak."""

from collections.abc import Callable

from mockproxy.errors import MalformedMessage
from mockproxy.messages.message import ResponseHead
from mockproxy.messages.websocket import deflates
from mockproxy.recording.conversation import Conversation
from mockproxy.recording.recorder import Recorder
from mockproxy.wire.frames import FrameReader


class OverheardWebSocket:
    """Keeps what both sides say on the record, and touches nothing; who sends no frames is not heard any more.

    ``granted`` is the head of the 101.
    Calls ``file`` once both sides have said their Close, before that octet may be passed on.
    A malformed frame is trouble, as any other malformed message is.
    """

    def __init__(self, recorder: Recorder, granted: ResponseHead, file: Callable[[], None]) -> None:
        self._recorder = recorder
        self._file = file
        self.conversation = Conversation(recorder.limit, deflated=deflates(granted))
        recorder.conversation = self.conversation
        self._client: FrameReader | None = FrameReader(self.conversation.client, masked=True)
        self._server: FrameReader | None = FrameReader(self.conversation.server, masked=False)

    def client_sent(self, data: bytes) -> None:
        if self._client is not None and not self._heard(self._client, data):
            self._client = None

    def server_sent(self, data: bytes) -> None:
        if self._server is not None and not self._heard(self._server, data):
            self._server = None

    def _heard(self, reader: FrameReader, data: bytes) -> bool:
        """Whether these octets could be read."""
        recorder = self._recorder
        try:
            reader.feed(data)
        except MalformedMessage as finding:
            recorder.error = recorder.error or finding
            recorder.troubles.append(finding)
            return False
        if self.conversation.closed and not recorder.closed:
            self._file()
        return True
