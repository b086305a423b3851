import asyncio
import threading

import pytest

from mockproxy.errors import ConfigurationError
from mockproxy.messages.message import Request, Response
from mockproxy.routes.handler import Computed
from mockproxy.routes.reply import make_reply


def computed(function, params=(), convert=lambda result: None):
    return Computed(function, list(params), convert)


def replied(function, convert=lambda result: None, **path_params):
    handler = computed(function, path_params, convert)
    return asyncio.run(handler.reply(Request("GET", "/"), path_params))


def plain(request, shop):
    return f"{request.method} {shop}"


async def coroutine(request, shop):
    await asyncio.sleep(0)
    return f"{request.method} {shop}"


class Handler:
    async def __call__(self, request, shop):
        return f"{request.method} {shop}"


@pytest.mark.parametrize("function", [plain, coroutine, Handler(), lambda request, *, shop: f"{request.method} {shop}"])
def test_any_kind_of_function_gets_the_request_and_its_path_parameters_by_name(function):
    assert replied(function, shop="WAL", other="x").body == b"GET WAL"


def test_path_parameters_come_decoded():
    assert replied(lambda request, name: name, name="gr%C3%BC%C3%9Fe%2Fa+b").body == "grüße/a+b".encode()


def test_a_function_that_takes_any_keyword_gets_all_of_them():
    assert replied(lambda request, **params: params, a="1", b="2").body == b'{"a": "1", "b": "2"}'


def test_a_default_is_used_for_what_is_no_path_parameter():
    assert replied(lambda request, user, page=1: [user, page], user="7").body == b'["7", 1]'


@pytest.mark.parametrize(
    "function", [lambda: None, lambda request, other: None, lambda request, a, b: None, lambda request, *, other: None]
)
def test_a_function_that_cannot_be_called_so_is_refused_at_once(function):
    with pytest.raises(TypeError, match=r"cannot be called with the request and the path parameters \(a\)"):
        computed(function, ["a"])


@pytest.mark.parametrize("given", [None, {"a": 1}, "text"])
def test_what_is_no_function_is_refused_at_once(given):
    with pytest.raises(TypeError, match="reply_with takes a function, not"):
        computed(given)


@pytest.mark.parametrize(
    ("result", "status", "body"),
    [
        (None, 204, b""),
        ("grüß", 200, "grüß".encode()),
        (b"\x00\xff", 200, b"\x00\xff"),
        ({"a": 1}, 200, b'{"a": 1}'),
        ([1, "b"], 200, b'[1, "b"]'),
        (False, 200, b"false"),
        (0, 200, b"0"),
        (Response(418, "Teapot", {"X-A": "1"}, b"short"), 418, b"short"),
        (make_reply(202, text="later"), 202, b"later"),
    ],
)
def test_a_result_becomes_a_reply(result, status, body):
    reply = replied(lambda request: result)

    assert (reply.status, reply.body) == (status, body)


def test_a_response_keeps_its_reason_and_its_fields():
    reply = replied(lambda request: Response(200, "Fine", [("X-b", "1"), ("X-b", "2")]))

    assert (reply.reason, reply.fields) == ("Fine", ((b"X-b", b"1"), (b"X-b", b"2")))


def test_a_result_of_another_library_is_converted():
    class Theirs: ...

    def convert(result):
        return make_reply(203) if isinstance(result, Theirs) else None

    assert replied(lambda request: Theirs(), convert).status == 203


def test_a_result_that_is_nothing_of_that_is_refused():
    with pytest.raises(ConfigurationError, match="cannot be written as JSON"):
        replied(lambda request: object())


def test_a_plain_function_may_block_since_it_has_a_thread_of_its_own():
    threads = []
    replied(lambda request: threads.append(threading.current_thread()))

    assert threads[0] is not threading.current_thread()
    assert threads[0].daemon


def test_a_coroutine_function_runs_on_the_loop():
    threads = []

    async def on_the_loop(request):
        threads.append(threading.current_thread())

    replied(on_the_loop)

    assert threads == [threading.current_thread()]


@pytest.mark.parametrize("error", [LookupError("lost"), SystemExit(3), KeyError()])
def test_what_a_plain_function_raises_is_raised(error):
    def broken(request):
        raise error

    with pytest.raises(type(error)) as raised:
        replied(broken)

    assert raised.value is error


def test_a_plain_function_that_ran_out_of_answers_raises_too():
    answers = iter([])

    with pytest.raises(RuntimeError) as raised:
        replied(lambda request: next(answers))

    assert isinstance(raised.value.__cause__, StopIteration)


def test_it_is_called_by_the_name_of_the_function_or_of_its_class():
    assert computed(plain, ["shop"]).name == "plain"
    assert computed(Handler(), ["shop"]).name == "Handler"
