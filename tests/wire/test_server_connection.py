import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import ExitStack, suppress

import pytest

from mockproxy.errors import ClientLeft, MalformedMessage, RefusedRequest, ServerStopped
from mockproxy.messages.source import Streamed, read_all
from mockproxy.wire.engine import shared_engine
from mockproxy.wire.limits import Limits
from mockproxy.wire.transaction import Transaction
from tests.support.raw import StreamEnded
from tests.support.raw_client import RawClient
from tests.support.serving import GET, respond, serving


class Service:
    """Answers each request with its target, and keeps it; a target of ``/wait`` is never answered."""

    def __init__(self) -> None:
        self.seen: list[Transaction] = []
        self.bodies: list[bytes] = []
        self.waiting = threading.Event()
        self.over = threading.Event()

    async def __call__(self, transaction: Transaction) -> None:
        self.seen.append(transaction)
        try:
            await self._answer(transaction)
        finally:
            self.over.set()

    async def _answer(self, transaction: Transaction) -> None:
        if transaction.head is None:
            await respond(transaction, str(transaction.finding).encode(), status=400)
            return
        if transaction.head.path == "/wait":
            self.waiting.set()
            await asyncio.get_running_loop().create_future()
        self.bodies.append(await read_all(transaction.body))
        await respond(transaction, transaction.head.raw_target.encode("latin-1"))


def get(target: str, *lines: str) -> bytes:
    return "\r\n".join([f"GET {target} HTTP/1.1", "Host: h", *lines, "", ""]).encode()


WAIT = get("/wait")


def test_a_request_is_handed_on_with_its_head_its_body_and_its_connection():
    service = Service()
    with serving(service) as url, RawClient(url) as client:
        client.send(b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc")
        assert client.response().body == b"/a"
        (seen,) = service.seen
        assert seen.head is not None
        assert (seen.head.method, seen.head.path, service.bodies) == ("POST", "/a", [b"abc"])
        assert (seen.connection.client, f"http://127.0.0.1:{seen.connection.server[1]}") == (client.address, url)


def test_requests_on_one_connection_are_counted():
    service = Service()
    with serving(service) as url, RawClient(url) as client:
        for _ in range(3):
            client.send(GET)
            client.response()
    assert [seen.place for seen in service.seen] == [0, 1, 2]
    assert len({seen.connection for seen in service.seen}) == 1


def test_many_pipelined_requests_are_answered_in_order():
    targets = [f"/{number}" for number in range(1000)]
    with serving(Service()) as url, RawClient(url) as client:
        client.send(*(get(target) for target in targets))
        assert [client.response().body.decode() for _ in targets] == targets


def test_a_pipelined_request_is_served_when_the_one_before_is_answered():
    service = Service()
    with serving(service) as url, RawClient(url) as client:
        client.send(WAIT, GET)
        assert service.waiting.wait(5)
        assert len(service.seen) == 1


def test_requests_on_two_connections_are_served_at_once():
    service = Service()
    with serving(service) as url, RawClient(url) as first, RawClient(url) as second:
        first.send(WAIT)
        assert service.waiting.wait(5)
        second.send(GET)
        assert second.response().status == 200


@pytest.mark.parametrize(
    ("octets", "finding"),
    [
        (b"GET  / HTTP/1.1\r\n\r\n", "bad request line"),
        (b"\x16\x03\x01\x00", "a TLS handshake"),
        (b"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n", "bad Content-Length"),
    ],
)
def test_octets_that_are_no_request_are_handed_on_with_the_finding(octets, finding):
    service = Service()
    with serving(service) as url, RawClient(url) as client:
        client.send(octets)
        assert finding in client.response().body.decode()
        assert client.rest() == b""
        (seen,) = service.seen
        assert (type(seen.finding), seen.head, seen.raw, seen.body.at_end) == (MalformedMessage, None, octets, True)


def test_a_head_beyond_the_limit_is_handed_on_as_refused():
    service = Service()
    with serving(service, Limits(head=100)) as url, RawClient(url) as client:
        client.send(get("/", "A: " + "x" * 100))
        client.response()
    assert isinstance(service.seen[0].finding, RefusedRequest)


def test_a_body_that_is_malformed_is_told_to_whoever_reads_it():
    findings = []

    async def serve(transaction: Transaction) -> None:
        with pytest.raises(MalformedMessage) as finding:
            await read_all(transaction.body)
        findings.append(str(finding.value))
        await respond(transaction, status=400)

    with serving(serve) as url, RawClient(url) as client:
        client.send(get("/", "Transfer-Encoding: chunked"))
        client.send(b"x\r\n")
        assert client.response().first(b"Connection") == b"close"
        assert client.rest() == b""
    assert findings == ["bad chunk size b'x' (RFC 9112 section 7.1)"]


def test_one_request_that_raises_ends_its_connection_and_no_other():
    async def serve(transaction: Transaction) -> None:
        assert transaction.head is not None
        if transaction.head.path == "/bad":
            raise LookupError("a defect of the server")
        await respond(transaction)

    with serving(serve) as url, RawClient(url) as bad, RawClient(url) as good:
        bad.send(get("/bad"))
        assert bad.rest() == b""
        good.send(GET)
        assert good.response().status == 200


def test_a_client_that_leaves_aborts_its_request():
    service = Service()
    with serving(service) as url, RawClient(url) as client:
        client.send(WAIT)
        assert service.waiting.wait(5)
        client.reset()
        assert service.over.wait(5)
    assert isinstance(service.seen[0].aborted, ClientLeft)


def test_a_client_that_leaves_in_its_body_aborts_its_request():
    service = Service()
    with serving(service) as url, RawClient(url) as client:
        client.send(get("/", "Content-Length: 9"), b"abc")
        client.half_close()
        assert client.rest() == b""
        assert service.over.wait(5)
    assert "before it had sent its whole request" in str(service.seen[0].aborted)


def test_a_client_that_leaves_in_a_head_is_handed_on():
    service = Service()
    with serving(service) as url, RawClient(url) as client:
        client.send(GET[:9])
        client.half_close()
        client.rest()
    (seen,) = service.seen
    assert (type(seen.finding), seen.raw) == (ClientLeft, GET[:9])


def test_a_client_that_leaves_between_requests_is_nobodys_business():
    service = Service()
    with serving(service) as url, RawClient(url) as client:
        client.half_close()
        assert (client.rest(), client.ended) == (b"", "FIN")
    assert service.seen == []


def test_a_client_that_has_finished_sending_is_answered():
    with serving(Service()) as url, RawClient(url) as client:
        client.send(GET)
        client.half_close()
        assert client.response().status == 200
        assert client.rest() == b""


def test_a_client_that_has_finished_sending_is_taken_for_gone_in_the_end():
    service = Service()
    with serving(service, Limits(half_close_time=0.001)) as url, RawClient(url) as client:
        client.send(WAIT)
        client.half_close()
        assert client.rest() == b""
        assert service.over.wait(5)
    assert isinstance(service.seen[0].aborted, ClientLeft)


def test_an_idle_connection_is_closed_in_the_end():
    with serving(Service(), Limits(idle_time=0.001)) as url, RawClient(url) as client:
        assert (client.rest(), client.ended) == (b"", "FIN")


def test_a_head_that_does_not_come_is_refused_with_408():
    service = Service()
    with serving(service, Limits(head_time=0.001)) as url, RawClient(url) as client:
        client.send(GET[:9])
        assert client.response().body == b"the head did not come within 0.001 s"
    finding = service.seen[0].finding
    assert isinstance(finding, RefusedRequest)
    assert finding.status_code == 408


def test_an_answer_to_a_client_that_still_sends_is_not_lost_in_a_reset():
    async def refuse(transaction: Transaction) -> None:
        await respond(transaction, b"too large", status=413)

    with serving(refuse) as url, RawClient(url) as client:
        client.send(get("/", "Content-Length: 8000000"))
        client.send(bytes(8_000_000))
        assert client.response().body == b"too large"
        assert (client.rest(), client.ended) == (b"", "FIN")


def test_a_client_that_sends_for_ever_is_left_in_the_end():
    async def refuse(transaction: Transaction) -> None:
        await respond(transaction, status=413)

    with serving(refuse, Limits(linger_time=0.001)) as url, RawClient(url) as client:
        client.send(get("/", "Transfer-Encoding: chunked"))
        assert client.response().status == 413
        client.rest()
        with pytest.raises(StreamEnded):
            client.send(bytes(64_000_000))


def test_stopping_aborts_what_is_under_way():
    service = Service()
    with ExitStack() as running, RawClient(running.enter_context(serving(service))) as client:
        client.send(WAIT)
        assert service.waiting.wait(5)
        running.close()
        assert isinstance(service.seen[0].aborted, ServerStopped)
        assert client.rest() == b""


def test_a_request_whose_task_ignores_that_it_is_cancelled_holds_up_nobody():
    waiting, let_go = threading.Event(), threading.Event()

    async def ignore(transaction: Transaction) -> None:
        waiting.set()
        while not let_go.is_set():
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(0.01)

    engine = shared_engine.acquire()
    try:
        with ExitStack() as running, RawClient(running.enter_context(serving(ignore))) as client:
            client.send(WAIT)
            assert waiting.wait(5)
            running.close()
            assert client.rest() == b""
    finally:
        let_go.set()
        engine.call(others_done())
        shared_engine.release()


async def others_done() -> None:
    await asyncio.wait(asyncio.all_tasks() - {asyncio.current_task()})


def test_closing_waits_for_what_a_request_does_when_its_client_has_left():
    waiting, leaving, cleared = threading.Event(), threading.Event(), threading.Event()

    async def clear_up(transaction: Transaction) -> None:
        waiting.set()
        try:
            await asyncio.Event().wait()
        finally:
            leaving.set()
            await asyncio.sleep(0.01)
            cleared.set()

    with serving(clear_up, Limits(half_close_time=0.001)) as url:
        with RawClient(url) as client:
            client.send(WAIT)
            assert waiting.wait(5)
        assert leaving.wait(5)
    assert cleared.is_set()


def test_no_more_is_made_than_fits_on_the_way_to_a_client_that_reads_nothing():
    made: list[int] = []
    over = threading.Event()

    async def pieces() -> AsyncIterator[bytes]:
        for number in range(2000):
            made.append(number)
            yield bytes(64 * 1024)

    async def serve(transaction: Transaction) -> None:
        with pytest.raises(TimeoutError, match="the peer read nothing"):
            await respond(transaction, Streamed(pieces()))
        over.set()

    with serving(serve, Limits(stall_time=0.05)) as url, RawClient(url) as client:
        client.send(GET)
        assert over.wait(5)
    assert 0 < len(made) < 500


def test_what_is_made_for_a_slow_client_arrives_whole():
    async def pieces() -> AsyncIterator[bytes]:
        for number in range(100):
            yield bytes([number]) * 64 * 1024

    async def serve(transaction: Transaction) -> None:
        await respond(transaction, Streamed(pieces()))

    with serving(serve) as url, RawClient(url, receive_buffer=65536) as client:
        client.send(GET)
        assert client.response().body == b"".join(bytes([number]) * 64 * 1024 for number in range(100))
