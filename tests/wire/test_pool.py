import asyncio

import pytest

from mockproxy.errors import UpstreamError
from mockproxy.messages.source import read_all
from mockproxy.messages.url import Origin
from mockproxy.wire.limits import DEFAULT_LIMITS
from mockproxy.wire.pool import UpstreamPool
from tests.support.raw import Wire, message
from tests.support.raw_origin import RawOrigin, answering, silent
from tests.support.upstream import OK, asking

pytestmark = pytest.mark.asyncio


async def test_a_connection_that_was_given_back_serves_again_and_counts_its_exchanges():
    async with asking(answering(OK)) as client:
        first = await client.connect()
        await read_all((await client.begin(first))[1])
        await client.give_back(first)
        second = await client.connect()
        await client.begin(second)
        assert (second is first, second.place) == (True, 1)


async def test_exchanges_at_once_have_connections_of_their_own():
    async with asking(answering(OK)) as client:
        first, second = await client.connect(), await client.connect()
        assert first.connection != second.connection


@pytest.mark.parametrize(
    "answer",
    [
        message(b"HTTP/1.1 200 OK", b"Content-Length: 2", b"Connection: close", body=b"ok"),
        message(b"HTTP/1.0 200 OK", b"Content-Length: 2", body=b"ok"),
        OK + b"more",
    ],
)
async def test_a_connection_that_cannot_be_trusted_serves_once(answer):
    async with asking(answering(answer)) as client:
        assert [await client.ask(), await client.ask()] == [b"ok", b"ok"]
        assert len(client.origin.connections) == 2


async def test_a_connection_that_is_given_back_in_the_middle_of_an_answer_is_reset():
    def script(peer: Wire) -> None:
        peer.message()
        peer.send(message(b"HTTP/1.1 200 OK", b"Content-Length: 9", body=b"a"))
        peer.rest()

    async with asking(script) as client:
        connection = await client.connect()
        await client.begin(connection)
        await client.give_back(connection)
        assert await asyncio.to_thread(client.origin.ending) == "RST"


async def test_a_closed_pool_ends_its_connections():
    async with asking(silent) as client:
        await client.connect()
        client.pool.close()
        assert await asyncio.to_thread(client.origin.ending) is not None


async def test_a_target_that_is_not_there_cannot_be_asked():
    with RawOrigin(silent) as origin:
        port = origin.port
    with pytest.raises(UpstreamError, match=rf"cannot connect to 127\.0\.0\.1:{port}: Connect"):
        await UpstreamPool(DEFAULT_LIMITS).connect(Origin("127.0.0.1", port), timeout=5)
