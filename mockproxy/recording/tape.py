"""What is noted of a body while it passes."""

import hashlib

from mockproxy.messages.headers import RawFields
from mockproxy.messages.payload import EMPTY, Payload


class Tape:
    """Keeps the first ``limit`` octets of a body and measures the whole; memory stays bounded, the body streams on."""

    __slots__ = ("_digest", "_limit", "_pieces", "size", "trailers", "unread")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._pieces: list[bytes] = []
        self._digest: hashlib._Hash | None = None
        self.size = 0
        self.trailers: RawFields = ()
        self.unread = False
        """The body was longer than what was read of it."""

    def write(self, data: bytes) -> None:
        self.size += len(data)
        if self._digest is not None:
            self._digest.update(data)
            return
        if self.size <= self._limit:
            self._pieces.append(data)
            return
        # From here on only the measure of the whole is kept; up to here it can be taken from what was kept.
        kept = b"".join(self._pieces)
        self._digest = hashlib.sha256(kept)
        self._digest.update(data)
        self._pieces = [(kept + data)[: self._limit]]

    def payload(self) -> Payload:
        if not self.size and not self.trailers and not self.unread:
            return EMPTY
        data = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        digest = None if self._digest is None else self._digest.hexdigest()
        return Payload(data, self.size, digest, self.trailers, self.unread)
