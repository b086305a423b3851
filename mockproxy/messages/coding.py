"""Content codings (RFC 9110, section 8.4): reading, undoing and applying them.

What lives here is pure: bytes in, bytes out, with no I/O and no knowledge of messages.
A new coding is one entry in ``CODINGS``; nothing else knows a coding by name.

Decoding is strict: what does not decode to its very last byte raises ``ContentError``.
"""

import sys
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Final, Protocol

from mockproxy.errors import ContentError, MissingExtra

DECODED_LIMIT: Final = 256 * 1024 * 1024
"""The most that is inflated at once where the caller sets no limit.

Deflate expands up to 1032 times and brotli and zstd far more, so a body of a few kilobytes can exhaust the machine.
256 MiB is beyond what a test sends on purpose, and four parallel workers that hit it still fit in a CI container.
"""


class Encoder(Protocol):
    def push(self, data: bytes) -> bytes:
        """Encode data and flush, so that the peer can decode all of it at once."""

    def finish(self, last: bytes = b"") -> bytes:
        """Encode the last of the data, unflushed, and end the body."""


class Decoder(Protocol):
    def push(self, data: bytes) -> bytes:
        """Decode as much as data and what came before allow."""

    def finish(self, last: bytes = b"") -> bytes:
        """Decode the last of the data; a body that is not complete then is an error."""


class Inflater(Protocol):
    """One gzip member or zstd frame, in the shape of the standard library's decompressors."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes:
        """The input that follows the end."""

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        """Decode data; stops early only when at least ``max_length`` bytes came out."""


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


@dataclass(frozen=True, slots=True)
class _Encoding:
    compress: Callable[[bytes], bytes]
    flush: Callable[[], bytes]
    end: Callable[[], bytes]

    def push(self, data: bytes) -> bytes:
        # A flush without data would write an empty block each time.
        return self.compress(data) + self.flush() if data else b""

    def finish(self, last: bytes = b"") -> bytes:
        return self.compress(last) + self.end()


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


class _BrotliInflater:
    """Brotli as an ``Inflater``; its library refuses input that follows the end."""

    unused_data = b""

    def __init__(self, brotli: ModuleType) -> None:
        self.decompressor = brotli.Decompressor()

    @property
    def eof(self) -> bool:
        return bool(self.decompressor.is_finished())

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        return bytes(self.decompressor.process(data, output_buffer_limit=max_length))


class _ZstandardInflater:
    """A frame read by the package zstandard, which cannot limit its output, fed with as little as keeps the limit."""

    # RFC 8878, 3.1.1.2: four bytes (a header of three and one to repeat) make a block of at most 128 KiB.
    GREATEST_RATIO = 32 * 1024

    def __init__(self, zstandard: ModuleType) -> None:
        self.decompressor = zstandard.ZstdDecompressor().decompressobj()
        self.unused_data = b""

    @property
    def eof(self) -> bool:
        return bool(self.decompressor.eof)

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        output: list[bytes] = []
        position = 0
        while position < len(data) and max_length > 0 and not self.eof:
            step = max_length // self.GREATEST_RATIO + 1
            output.append(self.decompressor.decompress(data[position : position + step]))
            max_length -= len(output[-1])
            position += step
        self.unused_data = self.decompressor.unused_data + data[position:]
        return b"".join(output)


def _zlib_inflater(wbits: int) -> tuple[Inflater, type[Exception]]:
    return zlib.decompressobj(wbits), zlib.error


def _deflate_inflater(head: bytes) -> tuple[Inflater, type[Exception]]:
    # RFC 9110, 8.4.1.2: "deflate" is the zlib format, but some send raw deflate data under that name. A zlib header
    # starts with the low bits 1000 (RFC 1950, 2.2); as raw data these were a stored block with a padding bit set
    # (RFC 1951, 3.2.4), which no encoder writes.
    return _zlib_inflater(_ZLIB if head[0] & 0x0F == zlib.DEFLATED else _RAW)


def _zlib_encoder(wbits: int) -> Encoder:
    # zlib writes no time and no file name into the header, so that equal data gives equal bytes.
    stream = zlib.compressobj(wbits=wbits)
    return _Encoding(stream.compress, partial(stream.flush, zlib.Z_SYNC_FLUSH), stream.flush)


def _brotli_inflater(_: bytes) -> tuple[Inflater, type[Exception]]:
    brotli = _brotli()
    return _BrotliInflater(brotli), brotli.error


def _brotli_encoder() -> Encoder:
    # The library's own default of 11 takes a hundred times longer: it is meant for files that are encoded once.
    stream = _brotli().Compressor(quality=4)
    return _Encoding(stream.process, stream.flush, stream.finish)


def _brotli() -> ModuleType:
    brotli = _optional("br", "brotli", "brotlicffi")
    # Without this method it is older than 1.2, where nothing limits what a small input inflates to.
    if not hasattr(brotli.Decompressor, "can_accept_more_data"):
        raise MissingExtra("content coding br", "br")
    return brotli


def _zstd_inflater(_: bytes) -> tuple[Inflater, type[Exception]]:
    zstd = _zstd()
    if zstd.__name__ == "zstandard":
        return _ZstandardInflater(zstd), zstd.ZstdError
    return zstd.ZstdDecompressor(), zstd.ZstdError


def _zstd_encoder() -> Encoder:
    zstd = _zstd()
    if zstd.__name__ == "zstandard":
        stream = zstd.ZstdCompressor().compressobj()
        return _Encoding(stream.compress, partial(stream.flush, zstd.COMPRESSOBJ_FLUSH_BLOCK), stream.flush)
    stream = zstd.ZstdCompressor()
    return _Encoding(stream.compress, partial(stream.flush, stream.FLUSH_BLOCK), stream.flush)


def _zstd() -> ModuleType:
    # Since Python 3.14 the standard library has it.
    return _optional("zstd", "compression.zstd" if sys.version_info >= (3, 14) else "zstandard")


def _optional(coding: str, *modules: str) -> ModuleType:
    for module in modules:
        if find_spec(module) is not None:
            return import_module(module)
    raise MissingExtra(f"content coding {coding}", coding)


# The window bits that select a format (the manual of zlib, inflateInit2).
_RAW: Final = -zlib.MAX_WBITS
_ZLIB: Final = zlib.MAX_WBITS
_GZIP: Final = 16 + zlib.MAX_WBITS

# RFC 1952, 2.2, and RFC 8878, 3.1: members and frames follow each other; zlib and brotli data ends once.
_GZIP_CODING: Final = Coding(lambda _: _zlib_inflater(_GZIP), lambda: _zlib_encoder(_GZIP), concatenates=True)

CODINGS: Final[Mapping[str, Coding]] = {
    "gzip": _GZIP_CODING,
    "x-gzip": _GZIP_CODING,  # RFC 9110, 8.4.1.3: equivalent to gzip
    "deflate": Coding(_deflate_inflater, lambda: _zlib_encoder(_ZLIB)),
    "br": Coding(_brotli_inflater, _brotli_encoder),
    "zstd": Coding(_zstd_inflater, _zstd_encoder, concatenates=True),
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
