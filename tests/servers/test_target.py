import gzip
import threading
from asyncio import CancelledError
from concurrent.futures import ThreadPoolExecutor
from http.client import IncompleteRead

import pytest
from aiohttp import web

from mockproxy.errors import HandlerFailed, Unmatched
from mockproxy.messages.message import Response
from mockproxy.servers.target import TargetServer
from tests.support.asking import ask


@pytest.fixture
def target():
    with TargetServer(name="orders") as target:
        yield target


def test_the_first_stub_that_accepts_a_request_answers_it(target):
    target.on("GET", "/a", headers={"X-Tenant": "acme"}).reply(text="acme's")
    target.on("GET", "/a").reply(text="everybody's")
    target.on("GET", "/a").reply(text="never reached")

    assert ask(target, "/a").text == "everybody's"
    assert ask(target, "/a", headers={"X-Tenant": "acme"}).text == "acme's"


def test_replies_come_in_turn_and_the_last_repeats(target):
    target.on("GET", "/flaky").reply(503).then(503).then(200)

    assert [ask(target, "/flaky").status for _ in range(4)] == [503, 503, 200, 200]


def test_a_request_that_no_stub_accepts_is_501_and_the_client_is_told_why(target):
    target.on("GET", "/known").reply(200)
    with target.expecting(Unmatched) as troubles:
        answer = ask(target, "/unknown")

    assert answer.status == 501
    assert answer.text.startswith("unmatched: GET /unknown at orders")
    assert target.exchanges.only().error is troubles[0]


def test_a_handler_gets_path_parameters_decoded_while_the_record_keeps_them_raw(target):
    target.on("GET", "/people/{name}").reply_with(lambda request, name: {"name": name})

    assert ask(target, "/people/J%C3%BCrgen%2FX").text == '{"name": "J\\u00fcrgen/X"}'
    assert target.exchanges.only().request.path == "/people/J%C3%BCrgen%2FX"


def test_a_handler_may_be_a_coroutine_function(target):
    @target.on("POST", "/echo").reply_with
    async def echo(request):
        return request.body

    assert ask(target, "/echo", "POST", body=b"\x00\xff").body == b"\x00\xff"


def test_a_handler_reads_the_request_decoded(target):
    target.on("POST", "/").reply_with(lambda request: request.json()["n"] + 1)
    answer = ask(
        target,
        "/",
        "POST",
        headers={"Content-Encoding": "gzip", "Content-Type": "application/json"},
        body=gzip.compress(b'{"n": 1}'),
    )

    assert answer.text == "2"


def test_a_handler_that_cannot_be_called_is_refused_where_it_is_declared(target):
    with pytest.raises(TypeError, match="cannot be called with the request and the path parameters"):
        target.on("GET", "/{id}").reply_with(lambda: None)


def test_a_handler_may_return_a_response_of_aiohttp_with_cookies(target):
    @target.on("GET", "/").reply_with
    def login(request):
        response = web.json_response({"ok": True}, status=201, headers={"X-A": "1"})
        response.set_cookie("sid", "s1", httponly=True)
        response.set_cookie("theme", "dark")
        return response

    answer = ask(target)

    assert (answer.status, answer.text) == (201, '{"ok": true}')
    assert answer.all("Content-Type") == ["application/json; charset=utf-8"]
    assert answer.all("Set-Cookie") == ["sid=s1; HttpOnly; Path=/", "theme=dark; Path=/"]


def test_a_streaming_response_of_aiohttp_is_refused_and_says_what_to_do(target):
    target.on("GET", "/").reply_with(lambda request: web.StreamResponse())
    with target.expecting(HandlerFailed) as troubles:
        assert ask(target).status == 500

    assert "StreamResponse streams its body and cannot be sent from here" in str(troubles[0])
    assert "reply(stream=...)" in str(troubles[0])


class TeapotError(Exception):
    status_code = 418
    detail = "short and stout"
    headers = {"X-Kind": "brown"}  # noqa: RUF012 - as a framework has it


@pytest.mark.parametrize(
    ("error", "status", "text"),
    [
        (web.HTTPUnauthorized(text="who are you?"), 401, "who are you?"),
        (web.HTTPFound("/elsewhere"), 302, "302: Found"),
        (TeapotError(), 418, "short and stout\n"),
    ],
)
def test_an_error_that_means_a_response_is_that_response_and_no_trouble(target, error, status, text):
    @target.on("GET", "/").reply_with
    def refuse(request):
        raise error

    answer = ask(target)

    assert (answer.status, answer.text) == (status, text)
    assert target.exchanges.only().error is error
    assert target.troubles == ()


def test_the_headers_of_such_an_error_are_sent(target):
    @target.on("GET", "/moved").reply_with
    def moved(request):
        raise web.HTTPFound("/elsewhere")

    @target.on("GET", "/tea").reply_with
    def tea(request):
        raise TeapotError

    assert ask(target, "/moved").all("Location") == ["/elsewhere"]
    assert ask(target, "/tea").all("X-Kind") == ["brown"]


class Outcome(BaseException):
    """As ``pytest.fail()`` raises."""


@pytest.mark.parametrize(
    "error",
    [
        LookupError("a secret"),
        StopIteration("a secret"),
        Outcome("a secret"),
        SystemExit("a secret"),
        CancelledError("a secret"),
    ],
)
@pytest.mark.parametrize("coroutine", [True, False])
def test_a_handler_that_raises_is_trouble_and_a_500_that_says_nothing(target, error, coroutine):
    def broken(request):
        raise error

    async def broken_on_the_loop(request):
        raise error

    stub = target.on("GET", "/")
    stub.reply_with(broken_on_the_loop if coroutine else broken)
    with target.expecting(HandlerFailed) as troubles:
        answer = ask(target)

    assert answer.status == 500
    assert "secret" not in answer.text
    [trouble] = troubles
    assert trouble.place == stub.place
    assert error in (trouble.__cause__, trouble.__cause__.__cause__)


def test_a_handler_that_raises_is_named_with_its_stub(target):
    @target.on("GET", "/shops/{id}").reply_with
    def shop(request, id):  # noqa: A002 - named as the path has it
        raise LookupError(id)

    with target.expecting(HandlerFailed) as troubles:
        ask(target, "/shops/7")

    assert str(troubles[0]) == "handler shop of GET /shops/{id} raised LookupError: 7"


def test_a_criterion_that_raises_is_trouble_and_a_500(target):
    def broken(request):
        raise LookupError("no such tenant")

    stub = target.on("GET", "/", where=broken)
    with target.expecting(HandlerFailed) as troubles:
        answer = ask(target)

    assert (answer.status, answer.text) == (500, "Internal Server Error\n")
    assert troubles[0].place == stub.place
    assert isinstance(troubles[0].__cause__, LookupError)
    assert target.exchanges.only().troubles == tuple(troubles)


def test_a_stream_is_sent_as_it_comes_and_can_be_made_anew_by_a_function(target):
    target.on("GET", "/feed").reply(stream=lambda: (f"piece {n}\n" for n in range(3)))

    assert [ask(target, "/feed").text for _ in range(2)] == ["piece 0\npiece 1\npiece 2\n"] * 2


def test_an_iterator_that_was_used_up_is_trouble_and_not_an_empty_body(target):
    stub = target.on("GET", "/feed").reply(stream=(piece for piece in [b"once"]))
    assert ask(target, "/feed").text == "once"

    with target.expecting(HandlerFailed) as troubles:
        assert ask(target, "/feed").status == 500

    assert "was used up by an earlier request: give a list, or a function" in str(troubles[0])
    assert troubles[0].place == stub.place


def test_a_stream_that_breaks_ends_the_connection_and_is_trouble_with_its_cause(target):
    def breaking():
        yield b"first"
        raise LookupError("lost")

    target.on("GET", "/feed").reply(stream=breaking)
    with target.expecting(HandlerFailed) as troubles, pytest.raises(IncompleteRead):
        ask(target, "/feed")

    assert isinstance(troubles[0].__cause__, LookupError)
    assert target.exchanges.only().response.body == b"first"


def test_requests_that_are_held_are_in_flight_at_once(target):
    gate = target.gate()
    target.on("GET", "/slow").reply(text="done").hold(gate)
    target.on("GET", "/quick").reply(text="quick")
    with ThreadPoolExecutor(3) as clients:
        waiting = [clients.submit(ask, target, "/slow") for _ in range(3)]
        gate.wait_for_held(3)
        assert ask(target, "/quick").text == "quick"
        assert len(target.exchanges) == 1
        gate.open()
        assert [answer.result().text for answer in waiting] == ["done"] * 3

    assert [exchange.request.path for exchange in target.exchanges] == ["/slow"] * 3 + ["/quick"]


def test_a_handler_that_blocks_holds_up_nobody_else(target):
    blocked, go_on = threading.Event(), threading.Event()

    @target.on("GET", "/blocking").reply_with
    def blocking(request):
        blocked.set()
        go_on.wait(5)
        return "done"

    target.on("GET", "/quick").reply(text="quick")
    with ThreadPoolExecutor(1) as client:
        waiting = client.submit(ask, target, "/blocking")
        assert blocked.wait(5)
        assert ask(target, "/quick").text == "quick"
        go_on.set()
        assert waiting.result().text == "done"


def test_a_response_of_the_library_is_sent_as_it_is(target):
    target.on("GET", "/").reply_with(lambda request: Response(203, "Fine", [("X-b", "1"), ("X-b", "2")], b"body"))
    answer = ask(target)

    assert (answer.status, answer.body, answer.all("x-b")) == (203, b"body", ["1", "2"])
    assert target.exchanges.only().response.reason == "Fine"


def test_a_body_of_the_request_is_recorded_though_nobody_asked_for_it(target):
    target.on("POST", "/").reply(204)
    ask(target, "/", "POST", body=b"x" * 100_000)

    assert target.exchanges.only().request.size == 100_000


def test_a_targets_own_exchange_has_no_upstream(target):
    target.on("GET", "/").reply(204)
    ask(target)

    assert target.exchanges.only().legs == ()
    assert target.exchanges.only().trace.entered == []
