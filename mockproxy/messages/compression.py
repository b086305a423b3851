"""The compressed formats behind the content codings, all in the shape of the standard library's compressors.

A library that is optional is imported when it is asked for.
"""

import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Final, Protocol

from mockproxy.errors import MissingExtra

# The window bits that select a format (the manual of zlib, inflateInit2).
_RAW: Final = -zlib.MAX_WBITS
ZLIB: Final = zlib.MAX_WBITS
GZIP: Final = 16 + zlib.MAX_WBITS


class Encoder(Protocol):
    def push(self, data: bytes) -> bytes:
        """Encode data and flush, so that the peer can decode all of it at once."""

    def finish(self, last: bytes = b"") -> bytes:
        """Encode the last of the data, unflushed, and end the body."""


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
class _Encoding:
    compress: Callable[[bytes], bytes]
    flush: Callable[[], bytes]
    end: Callable[[], bytes]

    def push(self, data: bytes) -> bytes:
        # A flush without data would write an empty block each time.
        return self.compress(data) + self.flush() if data else b""

    def finish(self, last: bytes = b"") -> bytes:
        return self.compress(last) + self.end()


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


def zlib_inflater(wbits: int) -> tuple[Inflater, type[Exception]]:
    return zlib.decompressobj(wbits), zlib.error


def deflate_inflater(head: bytes) -> tuple[Inflater, type[Exception]]:
    # RFC 9110, 8.4.1.2: "deflate" is the zlib format, but some send raw deflate data under that name. A zlib header
    # starts with the low bits 1000 (RFC 1950, 2.2); as raw data these were a stored block with a padding bit set
    # (RFC 1951, 3.2.4), which no encoder writes.
    return zlib_inflater(ZLIB if head[0] & 0x0F == zlib.DEFLATED else _RAW)


def zlib_encoder(wbits: int) -> Encoder:
    # zlib writes no time and no file name into the header, so that equal data gives equal bytes.
    stream = zlib.compressobj(wbits=wbits)
    return _Encoding(stream.compress, partial(stream.flush, zlib.Z_SYNC_FLUSH), stream.flush)


def brotli_inflater(_: bytes) -> tuple[Inflater, type[Exception]]:
    brotli = _brotli()
    return _BrotliInflater(brotli), brotli.error


def brotli_encoder() -> Encoder:
    # The library's own default of 11 takes a hundred times longer: it is meant for files that are encoded once.
    stream = _brotli().Compressor(quality=4)
    return _Encoding(stream.process, stream.flush, stream.finish)


def _brotli() -> ModuleType:
    brotli = _optional("br", "brotli", "brotlicffi")
    # Without this method it is older than 1.2, where nothing limits what a small input inflates to.
    if not hasattr(brotli.Decompressor, "can_accept_more_data"):
        raise MissingExtra("content coding br", "br")
    return brotli


def zstd_inflater(_: bytes) -> tuple[Inflater, type[Exception]]:
    zstd = _zstd()
    if zstd.__name__ == "zstandard":
        return _ZstandardInflater(zstd), zstd.ZstdError
    return zstd.ZstdDecompressor(), zstd.ZstdError


def zstd_encoder() -> Encoder:
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
