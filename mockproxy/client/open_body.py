"""The body of a request that may be made again by the session."""

from typing import Any

from aiohttp import FormData, Payload, get_payload
from aiohttp.abc import AbstractStreamWriter
from aiohttp.payload import LookupError as UnknownPayloadError

from mockproxy.client.replayable_body import holds_stream


class OpenBody(Payload):
    """A body that stays open from one request to the next: aiohttp closes the files of each when it is answered.

    ``consumed`` says whether it was a stream that is gone, or half gone, ``kind`` what the application gave.
    """

    def __init__(self, payload: Payload, kind: str) -> None:
        super().__init__(payload, headers=payload.headers, content_type=payload.content_type)
        self.kind = kind
        self._begun = False

    @classmethod
    def of(cls, data: Any) -> "OpenBody":
        """The body that aiohttp makes of ``data=``."""
        made: Any = data() if isinstance(data, FormData) else data
        try:
            payload = get_payload(made, disposition=None)
        except UnknownPayloadError:
            payload = FormData(made)()
        return cls(payload, type(data).__name__)

    @property
    def size(self) -> int | None:
        size: int | None = self._value.size
        return size

    @property
    def autoclose(self) -> bool:
        return True

    @property
    def consumed(self) -> bool:
        return bool(self._value.consumed) or (self._begun and holds_stream(self._value))

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        return str(self._value.decode(encoding, errors))

    async def as_bytes(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        return bytes(await self._value.as_bytes(encoding, errors))

    async def write(self, writer: AbstractStreamWriter) -> None:
        self._begun = True
        await self._value.write(writer)

    async def write_with_length(self, writer: AbstractStreamWriter, content_length: int | None) -> None:
        self._begun = True
        await self._value.write_with_length(writer, content_length)

    async def settle(self) -> None:
        """No request will be made of it any more."""
        await self._value.close()
