import asyncio
import threading
from collections.abc import AsyncIterator

import pytest

from mockproxy.errors import ClientLeft, UpstreamError, UpstreamTimeout
from mockproxy.messages.source import Held, Streamed, read_all
from mockproxy.wire.sending import Framing
from tests.support.raw import Wire, message
from tests.support.raw_origin import answering, answering_once, silent
from tests.support.upstream import HEAD, OK, asking

pytestmark = pytest.mark.asyncio

CHUNKED = message(b"HTTP/1.1 200 OK", b"Transfer-Encoding: chunked")


async def pieces(*data: bytes) -> AsyncIterator[bytes]:
    for piece in data:
        yield piece


async def breaking() -> AsyncIterator[bytes]:
    yield b"a"
    raise ClientLeft("the client left")


# What goes out and what comes back.


async def test_the_head_is_sent_as_it_was_given():
    async with asking(answering(OK)) as client:
        assert await client.ask() == b"ok"
        assert client.origin.request.raw == HEAD


async def test_the_answer_has_its_head_as_it_came():
    raw = message(b"HTTP/1.1 299 F\xfcr", b"x-a:1", b"Content-Length: 0")
    async with asking(answering(raw)) as client:
        head, body = await client.begin(await client.connect())
        assert (head.status, head.reason, head.raw, body.at_end) == (299, "Für", raw, True)


async def test_a_body_is_sent_piece_by_piece_with_its_trailers_and_noted():
    source = Streamed(pieces(b"a", b"bc"), ((b"X", b"1"),))
    seen = []

    def script(peer: Wire) -> None:
        seen.extend([peer.head().raw, peer.until(b"\r\n\r\n")])
        peer.send(OK)

    async with asking(script) as client:
        await client.ask(source, framing=Framing.CHUNKED)
        assert seen == [HEAD, b"1\r\na\r\n2\r\nbc\r\n0\r\nX: 1\r\n\r\n"]
        assert (client.sent.payload().data, client.sent.trailers) == (b"abc", ((b"X", b"1"),))


async def test_a_body_that_is_there_goes_out_with_its_head():
    def script(peer: Wire) -> None:
        assert peer.exactly(len(HEAD) + 3) == HEAD + b"abc"
        peer.send(OK)

    async with asking(script) as client:
        assert await client.ask(Held(b"abc"), framing=Framing.LENGTH) == b"ok"
        assert client.sent.payload().data == b"abc"


async def test_interim_responses_are_told_in_order_and_are_no_answer():
    early = message(b"HTTP/1.1 103 Early Hints", b"Link: </a>")
    async with asking(answering(early + early + message(b"HTTP/1.1 102 Processing") + OK)) as client:
        assert (await client.ask(), client.interim) == (b"ok", [103, 103, 102])


async def test_a_chunked_answer_has_its_trailers():
    async with asking(answering(CHUNKED + b"2\r\nok\r\n0\r\nX: 1\r\n\r\n")) as client:
        _, body = await client.begin(await client.connect())
        assert (await read_all(body), body.trailers) == (b"ok", ((b"X", b"1"),))


async def test_an_answer_may_end_with_the_connection():
    async with asking(answering_once(message(b"HTTP/1.1 200 OK", body=b"ok"))) as client:
        assert await client.ask() == b"ok"


async def test_the_answer_to_head_has_no_body():
    head = message(b"HTTP/1.1 200 OK", b"Content-Length: 2")
    async with asking(answering(head)) as client:
        assert [await client.ask(method="HEAD"), await client.ask(method="HEAD")] == [b"", b""]
        assert len(client.origin.connections) == 1


async def test_an_answer_may_come_before_the_whole_request_was_sent():
    never = asyncio.get_running_loop().create_future()

    async def endless() -> AsyncIterator[bytes]:
        yield b"a"
        await never

    def script(peer: Wire) -> None:
        peer.until(b"\r\n\r\n1\r\na\r\n")
        peer.send(OK)
        peer.rest()

    async with asking(script) as client:
        assert await client.ask(Streamed(endless()), framing=Framing.CHUNKED) == b"ok"


async def test_both_ends_name_the_connection_alike():
    async with asking(answering(OK)) as client:
        connection = (await client.connect()).connection
        assert connection.client == client.origin.connection().sock.getpeername()
        assert connection.server == ("127.0.0.1", client.origin.port)


# What goes wrong.


@pytest.mark.parametrize(
    ("octets", "finding"),
    [
        (b"", "closed the connection without an answer"),
        (b"HTTP/1.1 200 OK\r\nA", "closed the connection in the middle of its answer"),
        (b"SSH-2.0-x\r\n", "is not HTTP: not HTTP: it starts with"),
        (b"HTTP/1.1 200 OK\r\nA\r\n\r\n", "is not HTTP: a field line without a colon"),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", "101 Switching Protocols, though nothing asked for it"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "bad Content-Length"),
    ],
)
async def test_an_answer_that_is_none_is_an_error_of_the_target(octets, finding):
    async with asking(answering_once(octets)) as client:
        with pytest.raises(UpstreamError, match=finding):
            await client.ask()


async def test_a_target_that_resets_the_connection_is_told_apart():
    def script(peer: Wire) -> None:
        peer.message()
        peer.reset()

    async with asking(script) as client:
        with pytest.raises(UpstreamError, match="the target reset the connection without an answer"):
            await client.ask()


@pytest.mark.parametrize(
    ("octets", "finding"),
    [
        (OK[:-1], "closed the connection in the middle of its answer"),
        (CHUNKED + b"2\r\nok\r\n", "closed the connection in the middle of its answer"),
        (CHUNKED + b"x\r\n", "is not HTTP: bad chunk size"),
    ],
)
async def test_an_answer_that_breaks_off_is_told_to_whoever_reads_its_body(octets, finding):
    async with asking(answering_once(octets)) as client:
        _, body = await client.begin(await client.connect())
        with pytest.raises(UpstreamError, match=finding):
            await read_all(body)


async def test_a_target_that_does_not_answer_is_late():
    async with asking(silent) as client:
        with pytest.raises(UpstreamTimeout, match=r"did not answer within 0\.001 s"):
            await client.ask(timeout=0.001)


async def test_what_breaks_the_body_of_a_request_is_told_to_both_ends():
    rests = []
    async with asking(lambda peer: rests.append(peer.rest())) as client:
        with pytest.raises(ClientLeft, match="the client left"):
            await client.ask(Streamed(breaking()), framing=Framing.CHUNKED)
        assert await asyncio.to_thread(client.origin.ending) is not None
    assert rests == [HEAD + b"1\r\na\r\n"]


async def test_no_more_is_taken_than_fits_on_the_way_to_a_target_that_reads_nothing():
    taken: list[int] = []
    released = threading.Event()

    async def endless() -> AsyncIterator[bytes]:
        while True:
            taken.append(1)
            yield bytes(64 * 1024)

    async with asking(lambda peer: released.wait(5)) as client:
        with pytest.raises(UpstreamTimeout):
            await client.ask(Streamed(endless()), framing=Framing.CHUNKED, timeout=0.2)
        released.set()
    assert 0 < len(taken) < 500
