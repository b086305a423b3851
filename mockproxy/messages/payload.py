"""The body of a message as the record keeps it."""

import hashlib
from dataclasses import dataclass

from mockproxy.messages.headers import RawFields


@dataclass(frozen=True, slots=True)
class Payload:
    """The first part of a body as it was on the wire, and the measure of the whole.

    ``size`` counts the octets of the whole body, without transfer coding; ``digest`` is the SHA-256 of the whole where
    only its beginning was kept.
    Of a body that is ``unread`` they speak of as much as was read: the rest of it nobody took.
    """

    data: bytes = b""
    size: int = 0
    digest: str | None = None
    trailers: RawFields = ()
    unread: bool = False

    @classmethod
    def whole(cls, data: bytes, trailers: RawFields = ()) -> "Payload":
        return cls(data, len(data), None, trailers)

    @property
    def truncated(self) -> bool:
        return self.unread or self.size > len(self.data)

    @property
    def sha256(self) -> str:
        return self.digest or hashlib.sha256(self.data).hexdigest()


EMPTY = Payload()
