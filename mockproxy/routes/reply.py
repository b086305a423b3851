"""What a stub answers with, as a value."""

import json as jsonlib
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from mockproxy.errors import ConfigurationError
from mockproxy.matching.pattern import UNSET, Unset
from mockproxy.messages.headers import FieldsGiven, RawFields, raw_fields
from mockproxy.messages.media import JSON
from mockproxy.messages.message import checked_reason, checked_status
from mockproxy.messages.source import ByteSource, Held, Streamed
from mockproxy.routes.gate import Gate

StreamPiece = bytes | str | Gate
Pieces = Iterable[StreamPiece] | AsyncIterable[StreamPiece]
StreamGiven = Pieces | Callable[[], Pieces]


@dataclass(frozen=True, slots=True)
class Reply:
    """A status, header fields, and a body that is whole or a stream."""

    status: int
    reason: str | None
    fields: RawFields
    body: bytes = b""
    stream: StreamGiven | None = None

    def begun(self) -> "Reply":
        """The reply to one request: where a function makes the stream, it is called, and may raise."""
        return replace(self, stream=self.stream()) if callable(self.stream) else self

    def source(self) -> tuple[ByteSource, int | None]:
        """Where the body comes from, and its length where that is known."""
        if self.stream is None:
            return Held(self.body), len(self.body)
        assert not callable(self.stream)
        return Streamed(_pieces(self.stream)), None


def make_reply(
    status: int = 200,
    *,
    json: JSON | Unset = UNSET,
    text: str | None = None,
    body: bytes | None = None,
    stream: StreamGiven | None = None,
    headers: FieldsGiven = (),
    reason: str | None = None,
) -> Reply:
    """Raises ``ConfigurationError`` for more than one kind of body, and for what cannot be sent."""
    given = [
        name
        for name, there in {
            "json": json is not UNSET,
            "text": text is not None,
            "body": body is not None,
            "stream": stream is not None,
        }.items()
        if there
    ]
    if len(given) > 1:
        raise ConfigurationError(f"a reply has one body, this one is given {' and '.join(given)}")
    fields = raw_fields(headers)
    if reason is not None:
        checked_reason(reason)
    checked_status(status)
    if body is not None and not isinstance(body, bytes):
        raise ConfigurationError(f"body= takes bytes, not {type(body).__name__}; json= and text= encode for you")
    if text is not None and not isinstance(text, str):
        raise ConfigurationError(f"text= takes str, not {type(text).__name__}; json= and body= take other kinds")
    if json is not UNSET:
        return Reply(status, reason, _typed(fields, b"application/json"), _dumped(json))
    if text is not None:
        return Reply(status, reason, _typed(fields, b"text/plain; charset=utf-8"), text.encode())
    if stream is not None:
        return Reply(status, reason, fields, stream=_checked_stream(stream))
    return Reply(status, reason, fields, body or b"")


def _checked_stream(stream: StreamGiven) -> StreamGiven:
    if isinstance(stream, str | bytes) or not (callable(stream) or isinstance(stream, Iterable | AsyncIterable)):
        raise ConfigurationError(
            f"stream= takes pieces of bytes or text, or a function that makes them, not {type(stream).__name__}; "
            "body= and text= take a whole"
        )
    return _Once(stream) if isinstance(stream, Iterator | AsyncIterator) else stream


def _dumped(value: object) -> bytes:
    try:
        return jsonlib.dumps(value).encode()
    except (TypeError, ValueError) as error:
        raise ConfigurationError(f"this reply cannot be written as JSON: {error}") from error


def _typed(fields: RawFields, media_type: bytes) -> RawFields:
    if any(name.lower() == b"content-type" for name, _ in fields):
        return fields
    return (*fields, (b"Content-Type", media_type))


class _Once:
    """An iterator serves one request; a second one is told so instead of getting an empty body."""

    def __init__(self, pieces: Pieces) -> None:
        self._pieces = pieces
        self._used = False

    def __call__(self) -> Pieces:
        if self._used:
            raise ConfigurationError(
                "the stream of this reply is an iterator and was used up by an earlier request: "
                "give a list, or a function that makes a new iterator"
            )
        self._used = True
        return self._pieces


async def _pieces(pieces: Pieces) -> AsyncIterator[bytes]:
    if isinstance(pieces, AsyncIterable):
        async for piece in pieces:
            yield await _octets(piece)
    else:
        for piece in pieces:
            yield await _octets(piece)


async def _octets(piece: StreamPiece) -> bytes:
    if isinstance(piece, Gate):
        await piece.passed()
        return b""
    return piece.encode() if isinstance(piece, str) else piece
