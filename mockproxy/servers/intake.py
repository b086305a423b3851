"""What every server does with a request before it thinks about it: open the record, take the body."""

import sys

from mockproxy.errors import RefusedRequest
from mockproxy.messages.headers import RawFields
from mockproxy.recording.journal import Journal
from mockproxy.recording.recorder import Recorder
from mockproxy.wire.transaction import Transaction


def open_recorder(journal: Journal, transaction: Transaction, limit: int) -> Recorder:
    return Recorder(
        journal,
        head=transaction.head,
        raw=transaction.raw,
        connection=transaction.connection,
        place=transaction.place,
        limit=limit,
        awaited=lambda: not transaction.half_closed,
    )


def note_unread(recorder: Recorder, transaction: Transaction) -> None:
    """Keeps whether the client has sent, or would have sent, more of its body than was read."""
    recorder.received.unread = not transaction.body.at_end and not transaction.awaits_continue


class TapedRequest:
    """The body of a client's request, noted while it is taken."""

    __slots__ = ("_body", "_tape")

    def __init__(self, transaction: Transaction, recorder: Recorder) -> None:
        self._body = transaction.body
        self._tape = recorder.received

    @property
    def at_end(self) -> bool:
        return self._body.at_end

    @property
    def trailers(self) -> RawFields:
        return self._body.trailers

    def take(self) -> bytes:
        return self._noted(self._body.take())

    async def next(self) -> bytes:
        """Raises ``RefusedRequest`` (408) for a body that stalls, and what else breaks it."""
        try:
            return self._noted(await self._body.next())
        except TimeoutError as stalled:
            raise RefusedRequest(str(stalled), status_code=408) from None

    def _noted(self, data: bytes) -> bytes:
        if data:
            self._tape.write(data)
        if self._body.at_end:
            self._tape.trailers = self._body.trailers
        return data


async def take_body(source: TapedRequest, *, keep: bool, limit: int = sys.maxsize) -> bytes:
    """Reads the rest of a body onto the tape, and returns it where it is to be kept in memory.

    Ends before the end where it has read more than ``limit`` octets.
    Raises ``MalformedMessage`` for a body that is not framed as it says, ``RefusedRequest`` (408) for one that stalls,
    ``ClientLeft`` for one that breaks off.
    """
    pieces: list[bytes] = []
    taken = 0
    while not source.at_end and taken <= limit:
        data = source.take() or await source.next()
        taken += len(data)
        if keep:
            pieces.append(data)
    return b"".join(pieces)
