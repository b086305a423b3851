import asyncio
from collections.abc import AsyncIterator

import pytest

from mockproxy.messages.source import ByteSource, Held, Resumed, Streamed, read_all

TRAILERS = ((b"X-Sum", b"1"),)


async def pieces(*data: bytes) -> AsyncIterator[bytes]:
    for piece in data:
        yield piece


async def one_by_one(source: ByteSource) -> list[bytes]:
    taken = []
    while not source.at_end:
        taken.append(await source.next())
    return taken


def test_a_held_body_is_taken_once():
    source = Held(b"abc")
    assert (source.at_end, source.take(), source.at_end, source.take()) == (False, b"abc", True, b"")


def test_a_held_body_comes_in_one_piece():
    assert asyncio.run(one_by_one(Held(b"abc"))) == [b"abc"]


def test_an_empty_held_body_is_at_its_end():
    assert Held(b"").at_end


def test_a_streamed_body_comes_piece_by_piece_and_ends_with_an_empty_one():
    assert asyncio.run(one_by_one(Streamed(pieces(b"a", b"b")))) == [b"a", b"b", b""]


def test_an_empty_piece_is_not_the_end_of_a_streamed_body():
    assert asyncio.run(one_by_one(Streamed(pieces(b"", b"a", b"", b"b", b"")))) == [b"a", b"b", b""]


def test_nothing_of_a_streamed_body_is_there_before_it_is_waited_for():
    source = Streamed(pieces(b"a"))
    assert (source.take(), source.at_end) == (b"", False)


@pytest.mark.parametrize(
    ("make", "data"),
    [
        (lambda: Held(b"abc"), b"abc"),
        (lambda: Held(b""), b""),
        (lambda: Streamed(pieces(b"a", b"bc")), b"abc"),
        (lambda: Streamed(pieces()), b""),
    ],
)
def test_reading_all_of_a_source_leaves_it_at_its_end(make, data):
    source = make()
    assert asyncio.run(read_all(source)) == data
    assert source.at_end


def test_reading_all_joins_what_is_left():
    async def rest() -> bytes:
        source = Streamed(pieces(b"a", b"b", b"c"))
        await source.next()
        return await read_all(source)

    assert asyncio.run(rest()) == b"bc"


def test_what_breaks_a_stream_reaches_the_reader():
    async def broken() -> AsyncIterator[bytes]:
        yield b"a"
        raise OSError("no more")

    with pytest.raises(OSError, match="no more"):
        asyncio.run(read_all(Streamed(broken())))


@pytest.mark.parametrize("source", [Held(b"abc", TRAILERS), Streamed(pieces(), TRAILERS)])
def test_a_source_knows_its_trailers(source):
    assert source.trailers == TRAILERS


def test_what_was_taken_before_a_body_broke_is_not_lost():
    async def broken() -> AsyncIterator[bytes]:
        yield b"a"
        yield b"b"
        raise OSError("no more")

    taken: list[bytes] = []
    with pytest.raises(OSError, match="no more"):
        asyncio.run(read_all(Streamed(broken()), taken))

    assert taken == [b"a", b"b"]


def test_a_resumed_body_begins_with_what_was_taken():
    source = Resumed(b"a", Streamed(pieces(b"b", b"c"), TRAILERS))

    assert asyncio.run(one_by_one(source)) == [b"a", b"b", b"c", b""]
    assert (source.at_end, source.trailers) == (True, TRAILERS)


def test_a_resumed_body_of_which_nothing_was_taken_is_the_body():
    source = Resumed(b"", Held(b"abc"))

    assert (source.take(), source.take(), source.at_end) == (b"abc", b"", True)
