import sys
import zlib
from collections.abc import Callable

import brotli
import pytest
import zstandard

from mockproxy.errors import MissingExtra
from mockproxy.messages.compression import (
    GZIP,
    ZLIB,
    brotli_encoder,
    brotli_inflater,
    zlib_encoder,
    zstd_encoder,
    zstd_inflater,
)

TEXT = b"the same words, the same words, and then the same words " * 40


def test_gzip_is_encoded_without_a_time() -> None:
    assert zlib_encoder(GZIP).finish(TEXT)[4:8] == bytes(4)


def test_deflate_is_encoded_in_the_zlib_format() -> None:
    assert zlib_encoder(ZLIB).finish(TEXT) == zlib.compress(TEXT)


def test_each_push_of_gzip_reaches_a_reader_that_is_not_ours_at_once() -> None:
    writer, reader = zlib_encoder(GZIP), zlib.decompressobj(31)
    assert reader.decompress(writer.push(b"first")) == b"first"
    assert reader.decompress(writer.push(b"second")) == b"second"


def test_each_push_of_br_reaches_a_reader_that_is_not_ours_at_once() -> None:
    writer, reader = brotli_encoder(), brotli.Decompressor()
    assert reader.process(writer.push(b"first")) == b"first"
    assert reader.process(writer.push(b"second")) == b"second"


def test_each_push_of_zstd_reaches_a_reader_that_is_not_ours_at_once() -> None:
    writer, reader = zstd_encoder(), zstandard.ZstdDecompressor().decompressobj()
    assert reader.decompress(writer.push(b"first")) == b"first"
    assert reader.decompress(writer.push(b"second")) == b"second"


@pytest.mark.parametrize(
    ("name", "modules", "uses"),
    [
        ("br", ["brotli", "brotlicffi"], [brotli_encoder, lambda: brotli_inflater(b"")]),
        ("zstd", ["zstandard", "compression.zstd"], [zstd_encoder, lambda: zstd_inflater(b"")]),
    ],
)
def test_without_its_library_a_coding_says_which_extra_to_install(
    name: str, modules: list[str], uses: list[Callable[[], object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in modules:
        monkeypatch.setitem(sys.modules, module, None)
    for use in uses:
        with pytest.raises(MissingExtra, match=rf"content coding {name} needs .* 'mockproxy\[{name}\]'") as raised:
            use()
        assert raised.value.extra == name
