import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from mockproxy.errors import ClientLeft, UpstreamError, UpstreamTimeout
from mockproxy.messages.message import ResponseHead
from mockproxy.messages.source import ByteSource, Held, Streamed, read_all
from mockproxy.messages.url import Origin
from mockproxy.recording.tape import Tape
from mockproxy.wire.incoming import IncomingBody
from mockproxy.wire.limits import DEFAULT_LIMITS
from mockproxy.wire.sending import Framing
from mockproxy.wire.upstream import Sending, UpstreamConnection, UpstreamPool
from tests.support.raw import Wire, message
from tests.support.raw_origin import RawOrigin, Script, answering, answering_once, silent

pytestmark = pytest.mark.asyncio

HEAD = message(b"GET /a HTTP/1.1", b"Host: h")
OK = message(b"HTTP/1.1 200 OK", b"Content-Length: 2", body=b"ok")
CHUNKED = message(b"HTTP/1.1 200 OK", b"Transfer-Encoding: chunked")


@dataclass
class Client:
    """Asks one origin, as a proxy does."""

    origin: RawOrigin
    pool: UpstreamPool
    interim: list[int] = field(default_factory=list)
    sent: Tape = field(default_factory=lambda: Tape(1000))

    async def connect(self) -> UpstreamConnection:
        return await self.pool.connect(Origin("127.0.0.1", self.origin.port), timeout=5)

    async def give_back(self, connection: UpstreamConnection) -> None:
        await self.pool.give_back(Origin("127.0.0.1", self.origin.port), connection)

    async def begin(
        self,
        connection: UpstreamConnection,
        source: ByteSource | None = None,
        *,
        framing: Framing = Framing.NO_BODY,
        method: str = "GET",
        timeout: float = 5.0,
    ) -> tuple[ResponseHead, IncomingBody]:
        sending = Sending(method, HEAD, framing, source or Held(b""), self.sent)
        return await connection.ask(sending, timeout=timeout, interim=lambda head: self.interim.append(head.status))

    async def ask(
        self,
        source: ByteSource | None = None,
        *,
        framing: Framing = Framing.NO_BODY,
        method: str = "GET",
        timeout: float = 5.0,
    ) -> bytes:
        """One whole exchange; gives the body of the answer."""
        connection = await self.connect()
        try:
            _, body = await self.begin(connection, source, framing=framing, method=method, timeout=timeout)
            return await read_all(body)
        finally:
            await self.give_back(connection)


@asynccontextmanager
async def asking(script: Script) -> AsyncIterator[Client]:
    pool = UpstreamPool(DEFAULT_LIMITS)
    with RawOrigin(script) as origin:
        try:
            yield Client(origin, pool)
        finally:
            pool.close()
            # One turn of the loop, in which the transports leave it.
            await asyncio.sleep(0)


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


# Which connections serve again.


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


async def test_both_ends_name_the_connection_alike():
    async with asking(answering(OK)) as client:
        connection = (await client.connect()).connection
        assert connection.client == client.origin.connection().sock.getpeername()
        assert connection.server == ("127.0.0.1", client.origin.port)


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


# What goes wrong.


async def test_a_target_that_is_not_there_cannot_be_asked():
    with RawOrigin(silent) as origin:
        port = origin.port
    with pytest.raises(UpstreamError, match=rf"cannot connect to 127\.0\.0\.1:{port}: Connect"):
        await UpstreamPool(DEFAULT_LIMITS).connect(Origin("127.0.0.1", port), timeout=5)


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
