"""How the body of a message that we send is framed (RFC 9112 section 6), and how it is written."""

import asyncio
from enum import Enum, auto

from mockproxy.errors import ContentError
from mockproxy.messages.headers import RawFields
from mockproxy.wire.fields import encode_fields
from mockproxy.wire.waiting import bounded


class Framing(Enum):
    """What tells the receiver where the body ends."""

    NO_BODY = auto()
    LENGTH = auto()
    CHUNKED = auto()
    CLOSE = auto()


def frame_response(
    fields: RawFields, *, status: int, method: str, version: str, length: int | None
) -> tuple[Framing, RawFields]:
    """Framing for the answer to a request of this method and version.

    Fields that frame already are kept as they are, unless the client could not understand them; ``length`` is that of
    a body which is known whole.
    """
    if method == "HEAD" or status in (204, 304):
        return Framing.NO_BODY, _of_no_content(fields, length) if status == 204 else fields
    has_length, chunked = _declared(fields)
    if has_length:
        return Framing.LENGTH, fields
    if version == "1.0":
        fields = _without(b"transfer-encoding", fields) if chunked else fields
        return (Framing.CLOSE, fields) if length is None else (Framing.LENGTH, _with_length(fields, length))
    if chunked:
        return Framing.CHUNKED, fields
    if length is not None:
        return Framing.LENGTH, _with_length(fields, length)
    return Framing.CHUNKED, (*fields, (b"Transfer-Encoding", b"chunked"))


def frame_request(fields: RawFields, *, length: int | None) -> tuple[Framing, RawFields]:
    """Framing for a request; no field is added to one without a body that has none (RFC 9110 section 8.6).

    Raises ``ContentError`` for one that could be read in two ways.
    """
    has_length, chunked = _declared(fields)
    if has_length:
        _check_only_length(fields, chunked=chunked)
        return Framing.LENGTH, fields
    if chunked:
        return Framing.CHUNKED, fields
    if length is None:
        return Framing.CHUNKED, (*fields, (b"Transfer-Encoding", b"chunked"))
    if length == 0:
        return Framing.NO_BODY, fields
    return Framing.LENGTH, _with_length(fields, length)


def _check_only_length(fields: RawFields, *, chunked: bool) -> None:
    """RFC 9112 section 6.3: whoever sends this on would be read otherwise by the next."""
    if chunked:
        raise ContentError("both Content-Length and Transfer-Encoding (RFC 9112 section 6.1)")
    lengths = [value for name, value in fields if name.lower() == b"content-length"]
    if len(lengths) > 1 or not lengths[0].isdigit():
        shown = ", ".join(length.decode("latin-1") for length in lengths)
        raise ContentError(f"Content-Length: {shown} is not one number (RFC 9110 section 8.6)")


def _declared(fields: RawFields) -> tuple[bool, bool]:
    names = {name.lower() for name, _ in fields if len(name) in (14, 17)}
    return b"content-length" in names, b"transfer-encoding" in names


def _with_length(fields: RawFields, length: int) -> RawFields:
    return (*fields, (b"Content-Length", b"%d" % length))


def without_content(fields: RawFields) -> RawFields:
    """The fields of a message that must not say a word of content, as 101 (RFC 9110 section 8.6)."""
    return _without(b"transfer-encoding", _without(b"content-length", fields))


def _of_no_content(fields: RawFields, length: int | None) -> RawFields:
    """What may stand in a 204; the length that a target declares is left as it is, since no body follows it."""
    # RFC 9112 section 6.1 forbids a transfer coding in 204; Go drops it, since some clients wait for the chunks.
    fields = _without(b"transfer-encoding", fields)
    # RFC 9110 section 8.6: it has no length either, least of all that of content which a middleware gave it in vain.
    return _without(b"content-length", fields) if length else fields


def _without(lowered: bytes, fields: RawFields) -> RawFields:
    return tuple(line for line in fields if line[0].lower() != lowered)


def encode_piece(framing: Framing, data: bytes) -> bytes:
    if framing is Framing.CHUNKED:
        return b"%x\r\n%b\r\n" % (len(data), data) if data else b""
    return b"" if framing is Framing.NO_BODY else data


def encode_end(framing: Framing, trailers: RawFields) -> bytes:
    return b"0\r\n" + encode_fields(trailers) if framing is Framing.CHUNKED else b""


class WriteFlow:
    """The writing side of a transport: lets a task wait while the peer does not read."""

    __slots__ = ("_lost", "_paused", "_stall_time", "_waiter")

    def __init__(self, stall_time: float) -> None:
        self._stall_time = stall_time
        self._paused = False
        self._lost: Exception | None = None
        self._waiter: asyncio.Future[None] | None = None

    def pause(self) -> None:
        self._paused = True

    def resume(self) -> None:
        self._paused = False
        self._wake()

    def lose(self, error: Exception) -> None:
        """The connection is gone: nobody waits for it any longer."""
        self._lost = error
        self._wake()

    async def drain(self) -> None:
        """Returns when the peer has room; raises what ended the connection, or ``TimeoutError``."""
        while self._paused and self._lost is None:
            self._waiter = asyncio.get_running_loop().create_future()
            await bounded(
                self._waiter, self._stall_time, TimeoutError(f"the peer read nothing for {self._stall_time:g} s")
            )
        if self._lost is not None:
            raise self._lost

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
