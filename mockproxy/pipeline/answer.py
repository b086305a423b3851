"""What an interceptor answers by itself: the messages of an ASGI response, checked one by one as they are sent."""

from collections.abc import Mapping
from typing import Any

from mockproxy.errors import ConfigurationError, MiddlewareFailed
from mockproxy.messages.headers import RawFields, raw_fields
from mockproxy.messages.message import Response, checked_status
from mockproxy.messages.source import ByteSource
from mockproxy.pipeline.outgoing import OutgoingResponse
from mockproxy.pipeline.scope import pairs_of_bytes

# Messages of ASGI are open mappings (ASGI specification, "Events").
Message = dict[str, Any]


class Answer:
    """The response so far; every break of the ASGI contract is a ``MiddlewareFailed`` that begins with ``who``.

    ``begun`` once there is a head, ``complete`` once the last piece has come; ``untaken`` counts the octets that were
    sent and not taken.
    """

    __slots__ = ("_declared", "_method", "_pieces", "_size", "_start", "_who", "complete", "untaken")

    def __init__(self, who: str, method: str) -> None:
        self._who = who
        self._method = method
        self._start: tuple[int, RawFields] | None = None
        self._declared: int | None = None
        self._pieces: list[bytes] = []
        self._size = 0
        self.untaken = 0
        self.complete = False

    @property
    def begun(self) -> bool:
        return self._start is not None

    # What is sent.

    def note(self, message: Message) -> None:
        self._check(_is_message(message), f"sent what is no message, a dict with a 'type': {_shown(message)}")
        kind = message["type"]
        if kind == "http.response.start":
            self._check(not self.begun, "started a second response")
            self._start = self._status_and_fields(message)
            self._declared = self._declared_length()
        elif kind == "http.response.body":
            self._check(self.begun, "sent a body before http.response.start")
            self._check(not self.complete, "sent a body after the response was complete")
            self._note_piece(message.get("body", b""))
            self.complete = not message.get("more_body", False)
        else:
            self._check(False, f"sent {kind!r}, which is no message of an HTTP response")

    def _note_piece(self, body: object) -> None:
        if not isinstance(body, bytes | bytearray | memoryview):
            raise self.failed(f"sent a body of {type(body).__name__}, not of bytes")
        piece = bytes(body)
        self._size += len(piece)
        if self._declared is not None and self._size > self._declared:
            raise self._of_another_length()
        self._pieces.append(piece)
        self.untaken += len(piece)

    def failed(self, finding: str) -> MiddlewareFailed:
        return MiddlewareFailed(f"{self._who} {finding}")

    def raised(self, error: BaseException) -> MiddlewareFailed:
        """An error asks for a response of its own, and there is but one."""
        failure = self.failed(f"raised {type(error).__name__} after it had begun to answer: {error}")
        failure.__cause__ = error
        return failure

    def unfinished(self) -> MiddlewareFailed | None:
        """What is missing when the interceptor has ended."""
        if not self.complete:
            return self.failed("left its response unfinished: the last http.response.body says more_body=False")
        return None if self._declared in (None, self._size) else self._of_another_length()

    # What becomes of it.

    def response(self) -> Response:
        """The whole response."""
        assert self._start is not None
        missing = self.unfinished()
        if missing is not None:
            raise missing
        status, fields = self._start
        return Response(status, None, _unframed(fields), self.take(whole=True))

    def streamed(self, source: ByteSource) -> OutgoingResponse:
        """The response with a body that comes from there."""
        assert self._start is not None
        status, fields = self._start
        return OutgoingResponse(status, None, _unframed(fields), source)

    def take(self, *, whole: bool) -> bytes:
        """What was sent and not taken; of a declared length the last octet only once it is known to be ``whole``.

        With that octet the client has its answer, and nobody asks what goes wrong behind it.
        """
        data = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        self._pieces.clear()
        if data and not whole and self._declared is not None and self._size >= self._declared:
            self._pieces.append(data[-1:])
            data = data[:-1]
        self.untaken -= len(data)
        return data

    def _status_and_fields(self, start: Message) -> tuple[int, RawFields]:
        try:
            status: Any = start.get("status")
            return checked_status(status), raw_fields(pairs_of_bytes("its headers", start.get("headers", ())))
        except ConfigurationError as error:
            raise self.failed(f"sent a response that cannot be given: {error}") from error

    def _declared_length(self) -> int | None:
        """None also where a length speaks of a body that is not sent (RFC 9110 section 8.6)."""
        assert self._start is not None
        status, fields = self._start
        lengths = {value for name, value in fields if name.lower() == b"content-length"}
        if not lengths or self._method == "HEAD" or status in (204, 304):
            return None
        shown = ", ".join(sorted(length.decode("latin-1") for length in lengths))
        self._check(shown.isascii() and shown.isdigit(), f"declared Content-Length {shown}, which is not one number")
        return int(shown)

    def _of_another_length(self) -> MiddlewareFailed:
        return self.failed(f"declared Content-Length {self._declared} and sent {self._size} octets")

    def _check(self, holds: bool, finding: str) -> None:
        if not holds:
            raise self.failed(finding)


def _is_message(message: object) -> bool:
    return isinstance(message, Mapping) and "type" in message


def _shown(message: object) -> str:
    """Keys without their values, which may hold secrets."""
    if not isinstance(message, Mapping):
        return type(message).__name__
    return f"one with the keys {', '.join(map(repr, message))}" if message else "an empty one"


def _unframed(fields: RawFields) -> RawFields:
    """How an answer is framed is up to the server, in ASGI as in WSGI (PEP 3333, "Other HTTP Features")."""
    return tuple(line for line in fields if line[0].lower() != b"transfer-encoding")
