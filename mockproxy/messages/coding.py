"""Content codings (RFC 9110, section 8.4): reading, undoing and applying them.

What lives here is pure: bytes in, bytes out, with no I/O and no knowledge of messages.
A new coding is one entry in ``CODINGS``; nothing else knows a coding by name.

Decoding is strict: what does not decode to its very last byte raises ``ContentError``.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from mockproxy.errors import ContentError
from mockproxy.messages.compression import (
    GZIP,
    ZLIB,
    Encoder,
    Inflater,
    brotli_encoder,
    brotli_inflater,
    deflate_inflater,
    zlib_encoder,
    zlib_inflater,
    zstd_encoder,
    zstd_inflater,
)

DECODED_LIMIT: Final = 256 * 1024 * 1024
"""The most that is inflated at once where the caller sets no limit.

Deflate expands up to 1032 times and brotli and zstd far more, so a body of a few kilobytes can exhaust the machine.
256 MiB is beyond what a test sends on purpose, and four parallel workers that hit it still fit in a CI container.
"""


class Decoder(Protocol):
    def push(self, data: bytes) -> bytes:
        """Decode as much as data and what came before allow."""

    def finish(self, last: bytes = b"") -> bytes:
        """Decode the last of the data; a body that is not complete then is an error."""


@dataclass(frozen=True, slots=True)
class Coding:
    """How to undo and apply one coding; optional libraries are imported when a factory is called.

    ``inflater`` is given the first bytes of the data, and answers with what its library raises for corrupt data too.
    ``concatenates`` is true where several complete encodings in a row are one body.
    """

    inflater: Callable[[bytes], tuple[Inflater, type[Exception]]]
    encoder: Callable[[], Encoder]
    concatenates: bool = False


def parse_codings(field_values: Sequence[str]) -> tuple[str, ...]:
    """The codings of all ``Content-Encoding`` lines in order of application, in lower case, without ``identity``."""
    # RFC 9110, 5.6.1.2: a recipient ignores empty list members. 8.4.1: codings are case-insensitive.
    members = [member.strip(" \t").lower() for value in field_values for member in value.split(",")]
    return tuple(member for member in members if member not in ("", "identity"))


def decode(data: bytes, codings: Sequence[str], *, limit: int | None = None) -> bytes:
    """Undo codings, which are given in order of application; no data at all decodes to no data (HEAD, 304)."""
    return decoder(codings, limit).finish(data)


def encode(data: bytes, codings: Sequence[str]) -> bytes:
    """Apply codings in order; equal data gives equal bytes."""
    return encoder(codings).finish(data)


def decoder(codings: Sequence[str], limit: int | None = None) -> Decoder:
    """A streaming decoder that undoes codings.

    No layer yields more than ``limit`` bytes in total.
    Without a limit, one push yields at most ``DECODED_LIMIT`` bytes, and an endless body passes.
    """
    return _Chain(tuple(_Decoding(name, coding, limit) for name, coding in reversed(_look_up(codings))))


def encoder(codings: Sequence[str]) -> Encoder:
    """A streaming encoder that applies codings in order."""
    return _Chain(tuple(coding.encoder() for _, coding in _look_up(codings)))


@dataclass(frozen=True, slots=True)
class _Chain:
    layers: tuple[Encoder | Decoder, ...]

    def push(self, data: bytes) -> bytes:
        for layer in self.layers:
            data = layer.push(data)
        return data

    def finish(self, last: bytes = b"") -> bytes:
        for layer in self.layers:
            last = layer.finish(last)
        return last


class _Decoding:
    """One layer: what it read and wrote so far, and the member it is in, which starts at ``start`` of what it reads."""

    def __init__(self, name: str, coding: Coding, limit: int | None) -> None:
        self.name = name
        self.coding = coding
        self.limit = limit
        self.read = self.written = self.start = 0
        self.member: tuple[Inflater, type[Exception]] | None = None

    def push(self, data: bytes) -> bytes:
        self.read += len(data)
        room = DECODED_LIMIT if self.limit is None else self.limit - self.written
        output: list[bytes] = []
        while data:
            # With room for one byte more, an inflater stops early only on what is refused next, and so it never holds
            # input back.
            decoded, data = self._inflate(data, room + 1)
            output.append(decoded)
            room -= len(decoded)
            if room < 0:
                limit = DECODED_LIMIT if self.limit is None else self.limit
                raise ContentError(f"the {self.name} data decodes to more than the limit of {limit} bytes")
        whole = b"".join(output)
        self.written += len(whole)
        return whole

    def finish(self, last: bytes = b"") -> bytes:
        whole = self.push(last)
        if self.member is not None:
            raise ContentError(f"{self._place} is truncated: it ends at byte {self.read}")
        return whole

    def _inflate(self, data: bytes, max_length: int) -> tuple[bytes, bytes]:
        """What data decodes to, and what of it belongs to a next member."""
        if self.member is None:
            self.member = self._begin(data)
        inflater, fault = self.member
        try:
            decoded = inflater.decompress(data, max_length)
        except fault as error:
            raise ContentError(f"{self._place} cannot be decoded: {error}") from error
        if not inflater.eof:
            return decoded, b""
        self.member = None
        return decoded, inflater.unused_data

    def _begin(self, data: bytes) -> tuple[Inflater, type[Exception]]:
        self.start = self.read - len(data)
        if self.start > 0 and not self.coding.concatenates:
            raise ContentError(f"the {self.name} data is complete at byte {self.start}, but garbage follows")
        return self.coding.inflater(data)

    @property
    def _place(self) -> str:
        return f"the {self.name} data that starts at byte {self.start}"


# RFC 1952, 2.2, and RFC 8878, 3.1: members and frames follow each other; zlib and brotli data ends once.
_GZIP_CODING: Final = Coding(lambda _: zlib_inflater(GZIP), lambda: zlib_encoder(GZIP), concatenates=True)

CODINGS: Final[Mapping[str, Coding]] = {
    "gzip": _GZIP_CODING,
    "x-gzip": _GZIP_CODING,  # RFC 9110, 8.4.1.3: equivalent to gzip
    "deflate": Coding(deflate_inflater, lambda: zlib_encoder(ZLIB)),
    "br": Coding(brotli_inflater, brotli_encoder),
    "zstd": Coding(zstd_inflater, zstd_encoder, concatenates=True),
}


def _look_up(codings: Sequence[str]) -> list[tuple[str, Coding]]:
    found: list[tuple[str, Coding]] = []
    for coding in codings:
        name = coding.lower()
        if name == "identity":
            continue
        if name not in CODINGS:
            raise ContentError(f"unknown content coding {coding!r}; known are {', '.join(CODINGS)} and identity")
        found.append((name, CODINGS[name]))
    return found
