import asyncio
from collections.abc import AsyncIterator

import pytest

from mockproxy.messages.headers import Headers
from mockproxy.messages.message import ResponseHead
from mockproxy.messages.source import Held, Streamed, read_all
from mockproxy.recording.tape import Tape
from mockproxy.wire.server_connection import Serve
from mockproxy.wire.transaction import Transaction, reset
from tests.support.raw import RawMessage, message
from tests.support.raw_client import RawClient
from tests.support.serving import GET, respond, serving

GET_1_0 = b"GET / HTTP/1.0\r\n\r\n"
HINTS = ResponseHead(103, Headers({"Link": "</a.css>"}), "Early Hints")


async def pieces(*data: bytes) -> AsyncIterator[bytes]:
    for piece in data:
        yield piece


async def breaking() -> AsyncIterator[bytes]:
    yield b"a"
    raise LookupError("no more")


def streamed(*data: bytes) -> Streamed:
    return Streamed(pieces(*data), ((b"X-Sum", b"1"),))


def answered(serve: Serve, request: bytes = GET) -> RawMessage:
    with serving(serve) as url, RawClient(url) as client:
        client.send(request)
        return client.response(request.partition(b" ")[0].decode())


def test_an_answer_goes_out_as_it_was_recorded():
    recorded = []

    async def serve(transaction: Transaction) -> None:
        recorded.append(await respond(transaction, b"abc", status=404, fields=((b"a", b"1"), (b"A", b"2"))))

    given = answered(serve)
    ((head, tape),) = recorded
    assert given.head == b"HTTP/1.1 404 Not Found\r\na: 1\r\nA: 2\r\nContent-Length: 3\r\n\r\n" == head.raw
    assert given.body == b"abc" == tape.payload().data


def test_a_reason_may_be_chosen_and_may_be_empty():
    async def serve(transaction: Transaction) -> None:
        await respond(transaction, reason="")

    assert answered(serve).start == b"HTTP/1.1 200 "


def test_a_body_of_unknown_length_is_chunked_piece_by_piece():
    tapes = []

    async def serve(transaction: Transaction) -> None:
        tapes.append((await respond(transaction, streamed(b"a", b"bc")))[1])

    given = answered(serve)
    assert given.payload == b"1\r\na\r\n2\r\nbc\r\n0\r\nX-Sum: 1\r\n\r\n"
    assert (tapes[0].payload().data, tapes[0].trailers) == (b"abc", ((b"X-Sum", b"1"),))


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_a_body_sends_none(status):
    async def serve(transaction: Transaction) -> None:
        await respond(transaction, b"", status=status)

    with serving(serve) as url, RawClient(url) as client:
        client.send(GET, GET)
        assert [client.response().status, client.response().status] == [status, status]


def test_the_answer_to_head_keeps_its_length_and_sends_no_body():
    async def serve(transaction: Transaction) -> None:
        await respond(transaction, b"abc", fields=((b"Content-Length", b"3"),))

    head = b"HEAD / HTTP/1.1\r\nHost: h\r\n\r\n"
    with serving(serve) as url, RawClient(url) as client:
        client.send(head, head)
        assert [client.response("HEAD").first(b"Content-Length") for _ in range(2)] == [b"3", b"3"]


def test_an_old_client_gets_a_body_of_unknown_length_up_to_the_end_of_the_connection():
    async def serve(transaction: Transaction) -> None:
        await respond(transaction, streamed(b"a", b"bc"))

    with serving(serve) as url, RawClient(url) as client:
        client.send(GET_1_0)
        given = client.response()
        assert (given.fields, given.body, client.ended) == ([(b"Connection", b"close")], b"abc", "FIN")


@pytest.mark.parametrize(
    ("request_octets", "option"),
    [
        (GET, None),
        (message(b"GET / HTTP/1.1", b"Host: h", b"Connection: close"), b"close"),
        (GET_1_0, b"close"),
        (message(b"GET / HTTP/1.0", b"Connection: keep-alive"), b"keep-alive"),
    ],
)
def test_the_client_is_told_whether_the_connection_goes_on(request_octets, option):
    async def serve(transaction: Transaction) -> None:
        await respond(transaction)

    assert answered(serve, request_octets).first(b"Connection") == option


def test_an_answer_that_says_close_itself_closes():
    async def serve(transaction: Transaction) -> None:
        await respond(transaction, fields=((b"Connection", b"close"),))

    with serving(serve) as url, RawClient(url) as client:
        client.send(GET)
        assert client.response().all(b"Connection") == [b"close"]
        assert (client.rest(), client.ended) == (b"", "FIN")


def test_the_record_is_complete_before_the_last_octet_goes_out():
    def refuse(head: ResponseHead) -> None:
        raise LookupError("the record cannot be closed")

    async def serve(transaction: Transaction) -> None:
        await transaction.respond(200, None, (), streamed(b"abc"), tape=Tape(9), length=None, recorded=refuse)

    with serving(serve) as url, RawClient(url) as client:
        client.send(GET)
        assert client.rest().endswith(b"\r\n\r\n3\r\nabc\r\n")


def test_the_record_of_an_answer_without_a_body_is_complete_before_its_head_goes_out():
    def refuse(head: ResponseHead) -> None:
        raise LookupError("the record cannot be closed")

    async def serve(transaction: Transaction) -> None:
        await transaction.respond(204, None, (), Held(b""), tape=Tape(9), length=0, recorded=refuse)

    with serving(serve) as url, RawClient(url) as client:
        client.send(GET)
        assert client.rest() == b""


def test_a_head_is_recorded_as_sent_once_its_sending_has_begun():
    seen = []

    async def watched(transaction: Transaction) -> AsyncIterator[bytes]:
        seen.append(transaction.sent_head)
        yield b"a"

    async def serve(transaction: Transaction) -> None:
        before = transaction.sent_head
        head, _ = await respond(transaction, Streamed(watched(transaction)))
        assert (before, seen) == (None, [head])

    assert answered(serve).status == 200


def test_an_answer_that_breaks_off_does_not_look_complete():
    raised = []

    async def serve(transaction: Transaction) -> None:
        with pytest.raises(LookupError) as error:
            await respond(transaction, Streamed(breaking()))
        raised.append(str(error.value))

    with serving(serve) as url, RawClient(url) as client:
        client.send(GET)
        assert client.rest().endswith(b"\r\n\r\n1\r\na\r\n")
    assert raised == ["no more"]


def test_an_old_client_learns_by_a_reset_that_its_answer_broke_off():
    async def serve(transaction: Transaction) -> None:
        await respond(transaction, Streamed(breaking()))

    with serving(serve) as url, RawClient(url) as client:
        client.send(GET_1_0)
        client.rest()
        assert client.ended == "RST"


@pytest.mark.parametrize("length", [b"2", b"4"])
def test_a_length_that_does_not_hold_ends_the_connection(length):
    async def serve(transaction: Transaction) -> None:
        await respond(transaction, b"abc", fields=((b"Content-Length", length),))

    with serving(serve) as url, RawClient(url) as client:
        client.send(GET)
        assert client.rest().endswith(b"Content-Length: " + length + b"\r\n\r\nabc")


def test_interim_responses_go_out_at_once():
    async def serve(transaction: Transaction) -> None:
        assert transaction.send_interim(HINTS)
        assert transaction.send_interim(HINTS)
        await respond(transaction)

    with serving(serve) as url, RawClient(url) as client:
        client.send(GET)
        assert client.response().raw == b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"
        assert [client.response().status, client.response().status] == [103, 200]


def test_an_old_client_gets_no_interim_response():
    async def serve(transaction: Transaction) -> None:
        assert not transaction.send_interim(HINTS)
        await respond(transaction)

    assert answered(serve, GET_1_0).status == 200


UPLOAD = message(b"POST / HTTP/1.1", b"Host: h", b"Expect: 100-continue", b"Content-Length: 3")


async def read_and_answer(transaction: Transaction) -> None:
    awaited = transaction.awaits_continue
    transaction.send_continue()
    transaction.send_continue()
    await respond(transaction, b"%r %b" % (awaited, await read_all(transaction.body)))


def test_a_client_that_waits_for_leave_gets_it_once():
    with serving(read_and_answer) as url, RawClient(url) as client:
        client.send(UPLOAD)
        assert client.response().raw == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.send(b"abc")
        assert client.response().body == b"True abc"


def test_a_client_that_has_sent_its_body_already_gets_no_leave():
    assert answered(read_and_answer, UPLOAD + b"abc").body == b"False abc"


@pytest.mark.parametrize(
    "request_octets",
    [
        message(b"POST / HTTP/1.0", b"Expect: 100-continue", b"Content-Length: 3", body=b"abc"),
        message(b"POST / HTTP/1.1", b"Host: h", b"Expect: something", b"Content-Length: 3", body=b"abc"),
        message(b"POST / HTTP/1.1", b"Host: h", b"Content-Length: 3", body=b"abc"),
    ],
)
def test_other_clients_get_no_leave(request_octets):
    with serving(read_and_answer) as url, RawClient(url) as client:
        client.send(request_octets[:-3])
        client.send(request_octets[-3:])
        assert client.response().body == b"False abc"


@pytest.mark.parametrize("status", [200, 417])
def test_a_client_that_never_got_leave_is_not_read_on(status):
    async def refuse(transaction: Transaction) -> None:
        await respond(transaction, status=status)

    with serving(refuse) as url, RawClient(url) as client:
        client.send(UPLOAD)
        given = client.response()
        assert (given.status, given.first(b"Connection")) == (status, b"close")
        assert client.rest() == b""


def test_a_request_that_was_refused_before_it_was_read_ends_the_connection():
    async def refuse(transaction: Transaction) -> None:
        await respond(transaction, status=413)

    assert (
        answered(refuse, message(b"POST / HTTP/1.1", b"Host: h", b"Content-Length: 9")).first(b"Connection") == b"close"
    )


def test_a_connection_is_ended_by_a_reset_and_not_by_fin():
    async def script() -> str | None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readexactly(len(GET))
            transport = writer.transport
            assert isinstance(transport, asyncio.Transport)
            reset(transport)

        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            return await asyncio.to_thread(ending_of, f"http://127.0.0.1:{port}")

    assert asyncio.run(script()) == "RST"


def ending_of(url: str) -> str | None:
    with RawClient(url) as client:
        client.send(GET)
        client.rest()
        return client.ended
