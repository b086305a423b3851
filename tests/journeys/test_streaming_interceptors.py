"""Interceptors whose own answer takes its time: it reaches the client while it is made."""

import asyncio
import contextlib
import hashlib
import sys
import threading
import time
import zlib

import pytest
import starlette.responses

from mockproxy import Forward, Include, ProxyServer, TargetServer
from mockproxy.errors import ClientLeft, MiddlewareFailed, ServerStopped
from mockproxy.middleware.compress import Compress
from mockproxy.routes.gate import Gate
from tests.support.raw import message
from tests.support.raw_client import RawClient

GET = message(b"GET / HTTP/1.1", b"Host: t")
MEBI = 1024 * 1024
BLOCK = bytes(range(256)) * 256


def start(status=200, *headers):
    return {"type": "http.response.start", "status": status, "headers": headers}


def piece(body, *, more=True):
    return {"type": "http.response.body", "body": body, "more_body": more}


class Streaming:
    """Answers "one" before the gate, "two" behind it, and then does what ``last`` does."""

    def __init__(self, *headers, last=None):
        self.headers = headers
        self.last = last
        self.gate = Gate()
        self.ended = threading.Event()
        self.received = None

    async def intercept(self, scope, receive, send):
        try:
            await send(start(200, *self.headers))
            await send(piece(b"one"))
            await self.gate.passed()
            await send(piece(b"two", more=self.last is not None))
            if self.last is not None:
                await self.last(receive, send)
        finally:
            self.received = await receive()
            self.ended.set()


@contextlib.contextmanager
def asked(*interceptors, request=GET, middlewares=()):
    with ProxyServer(middlewares=middlewares, interceptors=interceptors) as proxy, RawClient(proxy.url) as client:
        client.send(request)
        yield proxy, client


def test_the_first_piece_reaches_the_client_before_the_second_is_sent():
    streaming = Streaming()
    with asked(streaming) as (proxy, client):
        assert client.head().all(b"Transfer-Encoding") == [b"chunked"]
        assert client.until(b"one\r\n") == b"3\r\none\r\n"
        streaming.gate.open()
        assert client.until(b"0\r\n\r\n") == b"3\r\ntwo\r\n0\r\n\r\n"

    exchange = proxy.exchanges.only()
    assert exchange.response.body == b"onetwo"
    assert exchange.trace.answered_by == "Streaming"
    assert exchange.error is None
    assert proxy.troubles == ()


def test_an_empty_first_piece_sends_the_head():
    class Silent:
        gate = Gate()

        async def intercept(self, scope, receive, send):
            await send(start(202))
            await send(piece(b""))
            await self.gate.passed()
            await send(piece(b"", more=False))

    with asked(Silent) as (_, client):
        assert client.head().status == 202
        Silent.gate.open()
        assert client.until(b"\r\n\r\n") == b"0\r\n\r\n"


def test_an_answer_that_does_not_wait_is_held_and_its_length_known():
    class AtOnce:
        async def intercept(self, scope, receive, send):
            await send(start())
            for _ in range(10):
                await send(piece(b"x"))
                await asyncio.sleep(0)
            await send(piece(b"", more=False))

    with asked(AtOnce) as (_, client):
        answer = client.response()

    assert (answer.all(b"Content-Length"), answer.body) == ([b"10"], b"x" * 10)


def test_a_declared_length_is_kept_and_the_last_octet_comes_when_the_interceptor_has_ended():
    async def wait(receive, send):
        await send(piece(b"", more=False))
        await behind.passed()

    behind = Gate()
    streaming = Streaming((b"content-length", b"6"), last=wait)
    with asked(streaming) as (proxy, client):
        assert client.head().all(b"Content-Length") == [b"6"]
        assert client.exactly(3) == b"one"
        streaming.gate.open()
        assert client.exactly(2) == b"tw"
        behind.wait_for_held()
        assert proxy.exchanges.open
        behind.open()
        assert client.exactly(1) == b"o"
        client.send(GET)
        assert client.message(answers="GET").body == b"onetwo"

    assert proxy.troubles == ()


def test_one_for_http_1_0_ends_with_the_connection():
    streaming = Streaming()
    with asked(streaming, request=message(b"GET / HTTP/1.0", b"Host: t")) as (_, client):
        assert client.head().all(b"Content-Length") == []
        assert client.exactly(3) == b"one"
        streaming.gate.open()
        assert client.rest() == b"two"


# Memory.


class Blocks:
    """64 MiB in blocks, and never waits for anything but room."""

    def __init__(self, count=1024):
        self.count = count
        self.sent = 0

    async def intercept(self, scope, receive, send):
        await send(start())
        for _ in range(self.count):
            await send(piece(BLOCK))
            self.sent += 1
        await send(piece(b"", more=False))


def peak_rss():
    with open("/proc/self/status") as status:
        return 1024 * next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak of memory from /proc")
def test_64_mebibytes_stream_to_a_slow_reader_in_bounded_memory():
    expected = hashlib.sha256()
    for _ in range(1024):
        expected.update(BLOCK)
    blocks = Blocks()
    with ProxyServer(interceptors=[blocks]) as proxy, RawClient(proxy.url, receive_buffer=65536) as client:
        with open("/proc/self/clear_refs", "w") as refs:
            refs.write("5")
        before = peak_rss()
        client.send(message(b"GET / HTTP/1.0", b"Host: t"))
        client.until(b"\r\n\r\n")
        assert blocks.sent < 512
        assert client.digest(64 * MEBI) == expected.hexdigest()
        assert client.rest() == b""
        assert peak_rss() - before < 16 * MEBI

    assert proxy.exchanges.only().response.size == 64 * MEBI


def test_send_waits_for_a_client_that_does_not_read():
    blocks = Blocks()
    with ProxyServer(interceptors=[blocks]) as proxy, RawClient(proxy.url, receive_buffer=65536) as client:
        client.send(GET)
        client.head()
        stalled = -1
        while stalled != blocks.sent:
            stalled = blocks.sent
            time.sleep(0.1)
        assert blocks.sent < 512
        client.close()
        assert isinstance(proxy.exchanges.wait_for()[0].error, ClientLeft)

    assert proxy.troubles == ()


# What goes wrong in the middle.


async def returns(receive, send): ...


async def breaks(receive, send):
    raise LookupError("lost")


async def starts_again(receive, send):
    await send(start())


async def is_cancelled(receive, send):
    raise asyncio.CancelledError


async def fails(receive, send):
    pytest.fail("seen")


async def sends_more_than_it_said(receive, send):
    await send(piece(b"three", more=False))


async def breaks_behind_the_last(receive, send):
    await send(piece(b"", more=False))
    raise LookupError("late")


@pytest.mark.parametrize(
    ("last", "finding"),
    [
        (returns, "left its response unfinished: the last http.response.body says more_body=False"),
        (breaks, "raised LookupError after it had begun to answer: lost"),
        (starts_again, "started a second response"),
        (is_cancelled, "raised CancelledError after it had begun to answer: "),
        (fails, "raised Failed after it had begun to answer: seen"),
        (breaks_behind_the_last, "raised LookupError after it had begun to answer: late"),
    ],
)
@pytest.mark.parametrize("length", [None, b"6"])
def test_what_goes_wrong_breaks_the_body_off_and_is_trouble(last, finding, length):
    streaming = Streaming(*([] if length is None else [(b"content-length", length)]), last=last)
    forward = Forward("/{rest:.*}", to="http://127.0.0.1:9", interceptors=[streaming])
    with (
        ProxyServer(routes=[Include("/shop", routes=[forward])]) as proxy,
        RawClient(proxy.url) as client,
        proxy.expecting(MiddlewareFailed) as troubles,
    ):
        client.send(message(b"GET /shop/a HTTP/1.1", b"Host: t"))
        client.until(b"one")
        streaming.gate.open()
        assert client.rest() == (b"\r\n3\r\ntwo\r\n" if length is None else b"tw")

    [trouble] = troubles
    level = "/shop/{rest:.*}"
    assert str(trouble) == f"interceptor Streaming (client edge, level {level!r}) {finding}"
    assert trouble.place == forward.level.entries[0].place
    exchange = proxy.exchanges.only()
    assert exchange.error is trouble
    assert exchange.troubles == (trouble,)
    assert exchange.response.body.startswith(b"onetw")


def test_what_was_raised_is_the_cause_with_the_place_where_it_was():
    streaming = Streaming(last=breaks)
    with asked(streaming) as (proxy, client), proxy.expecting(MiddlewareFailed) as troubles:
        streaming.gate.open()
        proxy.exchanges.wait_for()
        client.close()

    cause = troubles[0].__cause__
    assert isinstance(cause, LookupError)
    names = []
    traceback = cause.__traceback__
    while traceback is not None:
        names.append(traceback.tb_frame.f_code.co_name)
        traceback = traceback.tb_next
    assert names[-2:] == ["intercept", "breaks"]


@pytest.mark.parametrize(
    ("length", "sent"), [(b"4", "declared Content-Length 4 and sent 6 octets"), (b"9", "declared Content-Length 9 and")]
)
def test_another_length_than_was_declared_is_trouble(length, sent):
    streaming = Streaming((b"content-length", length))
    with asked(streaming) as (proxy, client), proxy.expecting(MiddlewareFailed) as troubles:
        client.head()
        assert client.exactly(3) == b"one"
        streaming.gate.open()
        client.rest()
        assert client.ended is not None

    assert str(troubles[0]).startswith(f"interceptor Streaming (client edge) {sent}")
    assert proxy.exchanges.only().response.size < int(length)


def test_more_than_was_declared_is_trouble_where_it_comes_behind_the_whole():
    streaming = Streaming((b"content-length", b"6"), last=sends_more_than_it_said)
    with asked(streaming) as (proxy, client), proxy.expecting(MiddlewareFailed) as troubles:
        client.until(b"one")
        streaming.gate.open()
        assert client.rest() == b"tw"

    assert str(troubles[0]).endswith("declared Content-Length 6 and sent 11 octets")


# Who ends it.


def test_a_client_that_leaves_ends_the_interceptor():
    streaming = Streaming()
    with asked(streaming) as (proxy, client):
        client.until(b"one")
        client.reset()
        assert streaming.ended.wait(1)
        [exchange] = proxy.exchanges.wait_for()

    assert streaming.received == {"type": "http.disconnect"}
    assert isinstance(exchange.error, ClientLeft)
    assert proxy.troubles == ()


def test_one_that_listens_is_told_that_the_client_has_left():
    heard = []

    class Listening:
        async def intercept(self, scope, receive, send):
            await receive()
            await send(start())
            await send(piece(b"one"))
            listening = asyncio.create_task(receive())
            try:
                await asyncio.Event().wait()
            finally:
                heard.append(await listening)

    with asked(Listening) as (proxy, client):
        client.until(b"one")
        client.close()
        proxy.exchanges.wait_for()

    assert heard == [{"type": "http.disconnect"}]


def test_what_it_sends_to_nobody_is_refused_as_the_specification_has_it():
    refused = []

    class Stubborn:
        async def intercept(self, scope, receive, send):
            await send(start())
            await send(piece(b"one"))
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
            try:
                await send(piece(b"two"))
            except OSError as error:
                refused.append(str(error))
                raise

    with asked(Stubborn) as (proxy, client):
        client.until(b"one")
        client.reset()
        proxy.exchanges.wait_for()

    assert refused == ["nobody waits for this answer any more"]
    assert proxy.troubles == ()


def test_what_breaks_when_it_is_ended_is_trouble():
    class Breaking:
        async def intercept(self, scope, receive, send):
            await send(start())
            await send(piece(b"one"))
            try:
                await asyncio.Event().wait()
            finally:
                raise LookupError("not closed")

    with asked(Breaking) as (proxy, client), proxy.expecting(MiddlewareFailed) as troubles:
        client.until(b"one")
        client.reset()
        proxy.exchanges.wait_for()

    assert [str(trouble) for trouble in troubles] == [
        "interceptor Breaking (client edge) raised LookupError after it had begun to answer: not closed"
    ]
    assert proxy.exchanges.only().troubles == tuple(troubles)


class Unstoppable:
    def __init__(self):
        self.gate = Gate()
        self.ended = threading.Event()

    async def intercept(self, scope, receive, send):
        await send(start())
        await send(piece(b"one"))
        while not self.gate.is_open:
            with contextlib.suppress(asyncio.CancelledError):
                await self.gate.passed()
        self.ended.set()


@pytest.mark.parametrize("kind", [Streaming, Unstoppable])
def test_the_stop_of_the_server_is_not_held_up(kind):
    interceptor = kind()
    # Another server keeps the loop, on which one that cannot be stopped goes on.
    with TargetServer(), asked(interceptor) as (proxy, client):
        client.until(b"one")
        before = time.monotonic()
        proxy.stop()
        assert time.monotonic() - before < 1.5
        assert interceptor.ended.is_set() == (kind is Streaming)
        interceptor.gate.open()
        assert interceptor.ended.wait(1)

    assert isinstance(proxy.exchanges.only().error, ServerStopped)
    assert proxy.troubles == ()


@pytest.mark.parametrize("left", ["running", "waiting for room"])
def test_no_task_is_left_behind_an_answer_that_was_replaced(left):
    async def replace(ctx):
        yield
        ctx.response.set_body(b"instead")

    ended = threading.Event()

    class Going:
        async def intercept(self, scope, receive, send):
            try:
                await send(start())
                await send(piece(BLOCK * 2 if left == "waiting for room" else b"one"))
                await asyncio.Event().wait()
            finally:
                ended.set()

    with ProxyServer() as proxy, RawClient(proxy.url) as client:
        proxy.use(replace)
        proxy.use(Going())
        client.send(GET)
        assert client.response().body == b"instead"
        assert ended.wait(1)

    assert proxy.troubles == ()


def test_what_breaks_behind_an_answer_that_was_replaced_is_trouble():
    async def replace(ctx):
        yield
        gate.open()
        await broken.passed()
        ctx.response.set_body(b"instead")

    gate, broken = Gate(), Gate()

    class Breaking:
        async def intercept(self, scope, receive, send):
            await send(start())
            await send(piece(b"one"))
            await gate.passed()
            broken.open()
            raise LookupError("lost")

    with ProxyServer() as proxy, RawClient(proxy.url) as client, proxy.expecting(MiddlewareFailed) as troubles:
        proxy.use(replace)
        proxy.use(Breaking())
        client.send(GET)
        assert client.response().body == b"instead"
        proxy.stop()

    assert [str(trouble) for trouble in troubles] == [
        "interceptor Breaking (proxy) raised LookupError after it had begun to answer: lost"
    ]
    assert troubles[0].server == proxy.name


def test_the_answer_to_head_has_no_body_to_wait_for():
    streaming = Streaming()
    with asked(streaming, request=message(b"HEAD / HTTP/1.1", b"Host: t")) as (proxy, client):
        assert client.response("HEAD").status == 200
        assert streaming.ended.wait(1)

    assert proxy.troubles == ()


# With what stands around it.


def test_a_coding_streams_too():
    streaming = Streaming()
    request = message(b"GET / HTTP/1.1", b"Host: t", b"Accept-Encoding: gzip")
    with ProxyServer() as proxy, RawClient(proxy.url) as client:
        proxy.use(Compress())
        proxy.use(streaming)
        client.send(request)
        assert client.head().all(b"Content-Encoding") == [b"gzip"]
        decoder = zlib.decompressobj(wbits=31)
        decoded = b""
        while decoded != b"one":
            decoded += decoder.decompress(client.exactly(int(client.until(b"\r\n"), 16)))
            client.until(b"\r\n")
        streaming.gate.open()
        while size := int(client.until(b"\r\n"), 16):
            decoded += decoder.decompress(client.exactly(size))
            client.until(b"\r\n")
        assert decoded == b"onetwo"


def test_a_middleware_that_reads_the_body_waits_for_its_end():
    read = []

    async def reading(ctx):
        yield
        streaming.gate.open()
        read.append(await ctx.response.read())

    streaming = Streaming()
    with ProxyServer() as proxy, RawClient(proxy.url) as client:
        proxy.use(reading)
        proxy.use(streaming)
        client.send(GET)
        answer = client.response()

    assert read == [b"onetwo"]
    assert (answer.all(b"Content-Length"), answer.body) == ([b"6"], b"onetwo")


def test_a_middleware_that_reads_a_body_that_breaks_off_gets_the_error_and_the_client_500():
    caught = []

    async def reading(ctx):
        yield
        streaming.gate.open()
        try:
            await ctx.response.read()
        except MiddlewareFailed as error:
            caught.append(error)
            raise

    streaming = Streaming(last=breaks)
    with ProxyServer() as proxy, RawClient(proxy.url) as client, proxy.expecting(MiddlewareFailed) as troubles:
        proxy.use(reading)
        proxy.use(streaming)
        client.send(GET)
        assert client.response().status == 500

    assert troubles == caught
    assert [str(trouble) for trouble in troubles] == [
        "interceptor Streaming (proxy) raised LookupError after it had begun to answer: lost"
    ]


@pytest.mark.parametrize("late", [b"", b"dy"])
def test_the_body_of_the_request_can_be_read_while_the_answer_streams(late):
    class Echoing:
        gate = Gate()

        async def intercept(self, scope, receive, send):
            await send(start())
            await send(piece(b"you sent: "))
            await self.gate.passed()
            await send(piece((await receive())["body"], more=False))

    early = b"body".removesuffix(late)
    with asked(Echoing, request=message(b"POST / HTTP/1.1", b"Host: t", b"Content-Length: 4") + early) as (
        proxy,
        client,
    ):
        client.until(b"you sent: \r\n")
        client.send(late)
        Echoing.gate.open()
        assert client.until(b"0\r\n\r\n") == b"4\r\nbody\r\n0\r\n\r\n"

    assert proxy.exchanges.only().request.body == b"body"


def test_a_small_request_that_nobody_reads_is_recorded_whole():
    streaming = Streaming()
    request = message(b"POST / HTTP/1.1", b"Host: t", b"Content-Length: 4", body=b"body")
    with asked(streaming, request=request) as (proxy, client):
        client.until(b"one")
        streaming.gate.open()
        client.until(b"0\r\n\r\n")

    assert proxy.exchanges.only().request.body == b"body"


def test_a_streaming_response_of_starlette_streams():
    gate = Gate()

    async def events():
        yield b"data: 1\n\n"
        await gate.passed()
        yield b"data: 2\n\n"

    class Events:
        async def intercept(self, scope, receive, send):
            await starlette.responses.StreamingResponse(events(), media_type="text/event-stream")(scope, receive, send)

    with asked(Events) as (proxy, client):
        client.until(b"data: 1\n\n")
        gate.open()
        assert client.until(b"0\r\n\r\n").endswith(b"data: 2\n\n\r\n0\r\n\r\n")

    assert proxy.troubles == ()
