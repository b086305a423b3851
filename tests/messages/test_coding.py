import gzip
import tracemalloc
import zlib
from collections.abc import Callable

import brotli
import pytest
import zstandard
from hypothesis import given, settings, strategies as st

from mockproxy.errors import ContentError
from mockproxy.messages import coding
from mockproxy.messages.coding import decode, decoder, encode, encoder, parse_codings

TEXT = b"the same words, the same words, and then the same words " * 40


def zlib_wrapped(data: bytes) -> bytes:
    return zlib.compress(data)


def raw_deflate(data: bytes) -> bytes:
    return zlib.compress(data, wbits=-15)


def zstd_frame(data: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(data)


def zstd_content(data: bytes) -> bytes:
    return zstandard.ZstdDecompressor().stream_reader(data).read()


ENCODED_BY_OTHERS = [
    pytest.param("gzip", gzip.compress, id="gzip"),
    pytest.param("x-gzip", gzip.compress, id="x-gzip"),
    pytest.param("deflate", zlib_wrapped, id="deflate, zlib format"),
    pytest.param("deflate", raw_deflate, id="deflate, raw"),
    pytest.param("br", brotli.compress, id="br"),
    pytest.param("zstd", zstd_frame, id="zstd"),
]

DECODED_BY_OTHERS = [
    pytest.param("gzip", gzip.decompress, id="gzip"),
    pytest.param("x-gzip", gzip.decompress, id="x-gzip"),
    pytest.param("deflate", zlib.decompress, id="deflate"),
    pytest.param("br", brotli.decompress, id="br"),
    pytest.param("zstd", zstd_content, id="zstd"),
]

CODINGS = ["gzip", "x-gzip", "deflate", "br", "zstd"]


@pytest.mark.parametrize(
    ("lines", "codings"),
    [
        ([], ()),
        ([""], ()),
        (["gzip"], ("gzip",)),
        (["GZip, BR"], ("gzip", "br")),
        (["gzip", "br,\tzstd"], ("gzip", "br", "zstd")),
        ([", gzip,, identity , "], ("gzip",)),
        (["x-gzip"], ("x-gzip",)),
        (["gzip, gzip"], ("gzip", "gzip")),
    ],
)
def test_content_encoding_lines_are_codings_in_order_of_application(lines: list[str], codings: tuple[str, ...]) -> None:
    assert parse_codings(lines) == codings


@pytest.mark.parametrize(("name", "encoded_by_other"), ENCODED_BY_OTHERS)
def test_decodes_what_another_library_encoded(name: str, encoded_by_other: Callable[[bytes], bytes]) -> None:
    assert decode(encoded_by_other(TEXT), [name]) == TEXT


@pytest.mark.parametrize(("name", "encoded_by_other"), ENCODED_BY_OTHERS)
def test_decodes_what_comes_one_byte_at_a_time(name: str, encoded_by_other: Callable[[bytes], bytes]) -> None:
    stream = decoder([name])
    pieces = [stream.push(bytes([byte])) for byte in encoded_by_other(TEXT)]
    assert b"".join(pieces) + stream.finish() == TEXT


@pytest.mark.parametrize(("name", "decoded_by_other"), DECODED_BY_OTHERS)
def test_encodes_what_another_library_decodes(name: str, decoded_by_other: Callable[[bytes], bytes]) -> None:
    assert decoded_by_other(encode(TEXT, [name])) == TEXT


def test_x_gzip_is_encoded_as_gzip() -> None:
    assert encode(TEXT, ["x-gzip"]) == encode(TEXT, ["gzip"])


def test_several_codings_are_applied_in_order() -> None:
    assert gzip.decompress(brotli.decompress(encode(TEXT, ["gzip", "br"]))) == TEXT


def test_several_codings_are_undone_in_reverse() -> None:
    assert decode(brotli.compress(gzip.compress(zlib.compress(TEXT))), ["deflate", "gzip", "br"]) == TEXT


def test_names_of_codings_are_case_insensitive() -> None:
    assert decode(gzip.compress(TEXT), ["GZIP"]) == TEXT


@pytest.mark.parametrize("codings", [[], ["identity"]])
def test_without_a_coding_data_stays_as_it_is(codings: list[str]) -> None:
    assert (decode(TEXT, codings), encode(TEXT, codings)) == (TEXT, TEXT)


@pytest.mark.parametrize("name", CODINGS)
def test_no_data_decodes_to_no_data(name: str) -> None:
    assert decode(b"", [name, "gzip"]) == b""


@pytest.mark.parametrize(("name", "decoded_by_other"), DECODED_BY_OTHERS)
def test_no_data_encodes_to_a_complete_body(name: str, decoded_by_other: Callable[[bytes], bytes]) -> None:
    encoded = encode(b"", [name])
    assert encoded != b""
    assert decoded_by_other(encoded) == b""


@settings(max_examples=50, deadline=None)
@given(pieces=st.lists(st.binary(max_size=300)), codings=st.lists(st.sampled_from(CODINGS), max_size=3))
def test_what_is_encoded_in_pieces_is_decoded_in_pieces(pieces: list[bytes], codings: list[str]) -> None:
    writer, reader = encoder(codings), decoder(codings)
    received = [reader.push(writer.push(piece)) for piece in pieces]
    assert received == pieces
    assert reader.finish(writer.finish()) == b""


@pytest.mark.parametrize("name", CODINGS)
def test_a_push_without_data_sends_nothing(name: str) -> None:
    assert encoder([name]).push(b"") == b""


def test_gzip_members_in_a_row_are_one_body() -> None:
    assert decode(gzip.compress(b"one ") + gzip.compress(b"") + gzip.compress(b"two"), ["gzip"]) == b"one two"


def test_zstd_frames_in_a_row_are_one_body() -> None:
    skippable = b"\x50\x2a\x4d\x18" + (4).to_bytes(4, "little") + b"skip"  # RFC 8878, 3.1.2
    assert decode(zstd_frame(b"one ") + skippable + zstd_frame(b"two"), ["zstd"]) == b"one two"


def test_a_member_may_end_exactly_where_a_piece_ends() -> None:
    stream = decoder(["gzip"])
    assert stream.push(gzip.compress(b"one ")) == b"one "
    assert stream.push(gzip.compress(b"two")) == b"two"
    assert stream.finish() == b""


@pytest.mark.parametrize("name", CODINGS)
@pytest.mark.parametrize("garbage", [b"\x00", b"\xff" * 20])
def test_garbage_after_the_end_is_an_error(name: str, garbage: bytes) -> None:
    with pytest.raises(ContentError):
        decode(encode(TEXT, [name]) + garbage, [name])


@pytest.mark.parametrize("name", ["deflate", "br"])
def test_garbage_in_a_later_piece_is_an_error_that_says_where(name: str) -> None:
    encoded = encode(TEXT, [name])
    stream = decoder([name])
    stream.push(encoded)
    with pytest.raises(ContentError, match=f"the {name} data is complete at byte {len(encoded)}, but garbage follows"):
        stream.push(b"junk")


def test_garbage_after_gzip_is_said_to_start_after_the_last_member() -> None:
    encoded = gzip.compress(TEXT)
    with pytest.raises(ContentError, match=f"the gzip data that starts at byte {len(encoded)} cannot be decoded"):
        decode(encoded + b"junk", ["gzip"])


@pytest.mark.parametrize("name", CODINGS)
def test_a_truncated_body_is_an_error_that_says_where_it_ends(name: str) -> None:
    encoded = encode(TEXT, [name])[:-1]
    end = len(encoded)
    with pytest.raises(
        ContentError, match=f"the {name} data that starts at byte 0 is truncated: it ends at byte {end}"
    ):
        decode(encoded, [name])


@pytest.mark.parametrize("size", range(1, len(gzip.compress(b"abc"))))
def test_gzip_is_complete_with_its_last_byte_only(size: int) -> None:
    with pytest.raises(ContentError, match=f"it ends at byte {size}"):
        decode(gzip.compress(b"abc")[:size], ["gzip"])


@pytest.mark.parametrize("name", CODINGS)
def test_data_in_no_such_format_is_an_error_that_names_the_coding(name: str) -> None:
    with pytest.raises(ContentError, match=f"the {name} data that starts at byte 0"):
        decode(b"\xffthis was never encoded", [name])


def test_a_wrong_checksum_is_an_error() -> None:
    encoded = bytearray(gzip.compress(TEXT))
    encoded[-8] ^= 1
    with pytest.raises(ContentError, match="incorrect data check"):
        decode(bytes(encoded), ["gzip"])


def test_an_unknown_coding_is_an_error_that_names_the_known_ones() -> None:
    expected = "unknown content coding 'compress'; known are gzip, x-gzip, deflate, br, zstd and identity"
    with pytest.raises(ContentError, match=expected):
        decode(b"", ["compress"])
    with pytest.raises(ContentError, match=expected):
        encode(b"", ["gzip", "compress"])


@pytest.mark.parametrize("name", CODINGS)
def test_a_body_as_large_as_the_limit_is_decoded(name: str) -> None:
    assert decode(encode(TEXT, [name]), [name], limit=len(TEXT)) == TEXT


@pytest.mark.parametrize("name", CODINGS)
def test_a_body_beyond_the_limit_is_an_error_that_says_the_limit(name: str) -> None:
    limit = len(TEXT) - 1
    with pytest.raises(ContentError, match=f"the {name} data decodes to more than the limit of {limit} bytes"):
        decode(encode(TEXT, [name]), [name], limit=limit)


@pytest.mark.parametrize(
    ("name", "bomb"),
    [
        ("gzip", gzip.compress(bytes(16 * 1024 * 1024), 1)),
        ("deflate", zlib.compress(bytes(16 * 1024 * 1024), 1)),
        ("br", brotli.compress(bytes(16 * 1024 * 1024), quality=1)),
        ("zstd", zstandard.ZstdCompressor(level=1).compress(bytes(16 * 1024 * 1024))),
    ],
)
def test_a_bomb_is_not_inflated_beyond_the_limit(name: str, bomb: bytes) -> None:
    assert peak_of(lambda: refused(bomb, [name])) < 1024 * 1024


def test_the_limit_holds_in_the_layers_between() -> None:
    inner = gzip.compress(bytes(16 * 1024 * 1024))
    assert len(inner) > 1000
    assert peak_of(lambda: refused(gzip.compress(inner), ["gzip", "gzip"])) < 1024 * 1024


def test_the_limit_of_a_stream_counts_all_pushes() -> None:
    writer, reader = encoder(["gzip"]), decoder(["gzip"], limit=10)
    reader.push(writer.push(b"12345"))
    reader.push(writer.push(b"67890"))
    with pytest.raises(ContentError, match="more than the limit of 10 bytes"):
        reader.push(writer.push(b"!"))


def test_without_a_limit_only_a_single_push_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coding, "DECODED_LIMIT", 10)
    writer, reader = encoder(["gzip"]), decoder(["gzip"])
    assert [reader.push(writer.push(b"1234567890")) for _ in range(3)] == [b"1234567890"] * 3
    with pytest.raises(ContentError, match="more than the limit of 10 bytes"):
        reader.push(writer.push(b"12345678901"))


def refused(data: bytes, codings: list[str]) -> None:
    with pytest.raises(ContentError, match="more than the limit of 1000 bytes"):
        decode(data, codings, limit=1000)


def peak_of(run: Callable[[], object]) -> int:
    """The most memory that running it took, in bytes."""
    tracemalloc.start()
    try:
        run()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
