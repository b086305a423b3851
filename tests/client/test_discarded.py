import asyncio
import io

import aiohttp
import pytest

from mockproxy.client.discarded import discard
from tests.support.raw import message
from tests.support.raw_origin import RawOrigin

pytestmark = pytest.mark.asyncio


def one_connection(url):
    return aiohttp.ClientSession(url, connector=aiohttp.TCPConnector(limit=1))


async def test_a_short_body_is_read_and_its_connection_kept(mock_target):
    mock_target.on("GET", "/").reply(503, body=bytes(10_000))
    async with one_connection(mock_target.url) as session:
        await discard(await session.get("/"))
        await discard(await session.get("/"))

    assert [exchange.place for exchange in mock_target.exchanges] == [0, 1]


async def test_a_long_body_is_left_and_another_connection_opened(mock_target):
    mock_target.on("GET", "/").reply(503, body=bytes(2_000_000))
    mock_target.on("GET", "/next")
    async with one_connection(mock_target.url) as session, asyncio.timeout(5):
        await discard(await session.get("/"))
        await discard(await session.get("/next"))

    assert mock_target.exchanges.only(path="/next").place == 0


async def test_a_body_that_stalls_is_left(mock_target):
    gate = mock_target.gate()
    mock_target.on("GET", "/").reply(503, stream=[b"begin", gate])
    mock_target.on("GET", "/next")
    async with one_connection(mock_target.url) as session, asyncio.timeout(5):
        await discard(await session.get("/"))
        await discard(await session.get("/next"))
    gate.open()


async def test_the_timeout_of_the_whole_call_is_not_swallowed(mock_target):
    gate = mock_target.gate()
    mock_target.on("GET", "/").reply(503, stream=[b"begin", gate])
    timeout = aiohttp.ClientTimeout(total=0.2)
    async with aiohttp.ClientSession(mock_target.url, timeout=timeout) as session:
        with pytest.raises(TimeoutError):
            await discard(await session.get("/"))
    gate.open()


async def test_a_body_that_breaks_off_is_thrown_away_like_any_other():
    def breaks_off(peer):
        peer.message()
        peer.send(message(b"HTTP/1.1 503 Busy", b"Content-Length: 100", body=b"begin"))

    with RawOrigin(breaks_off) as origin:
        async with one_connection(origin.url) as session:
            await discard(await session.get("/"))


async def test_it_waits_for_what_still_sends_the_request():
    def answers_early(peer):
        peer.head()
        peer.send(message(b"HTTP/1.1 413 Too Large", b"Content-Length: 0"))
        peer.rest()

    file = io.BytesIO(bytes(20_000_000))
    with RawOrigin(answers_early) as origin:
        async with one_connection(origin.url) as session:
            await discard(await session.post("/", data=file))
            stood = file.tell()
            for _ in range(10):
                await asyncio.sleep(0)
            assert file.tell() == stood
