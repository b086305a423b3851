import asyncio

import pytest

from mockproxy.errors import ConfigurationError
from mockproxy.routes.gate import Gate
from mockproxy.routes.reply import make_reply


def sent(reply):
    async def read():
        source, length = reply.begun().source()
        pieces = []
        while not source.at_end:
            pieces.append(source.take() or await source.next())
        return [piece for piece in pieces if piece], length

    return asyncio.run(read())


@pytest.mark.parametrize(
    ("body", "octets", "media_type"),
    [
        ({"json": {"é": [1, None]}}, b'{"\\u00e9": [1, null]}', "application/json"),
        ({"json": None}, b"null", "application/json"),
        ({"text": "grüß"}, "grüß".encode(), "text/plain; charset=utf-8"),
        ({"body": b"\x00\xff"}, b"\x00\xff", None),
        ({}, b"", None),
    ],
)
def test_each_kind_of_body_has_its_media_type(body, octets, media_type):
    reply = make_reply(**body)

    assert b"".join(sent(reply)[0]) == octets
    assert sent(reply)[1] == len(octets)
    assert dict(reply.fields).get(b"Content-Type") == (media_type and media_type.encode())


def test_a_media_type_of_ones_own_is_kept():
    reply = make_reply(json=[], headers=[("content-type", "application/problem+json")])

    assert reply.fields == ((b"content-type", b"application/problem+json"),)


def test_header_fields_keep_case_order_and_repeats():
    reply = make_reply(headers=[("X-b", "1"), ("x-A", "2"), ("X-b", "3")])

    assert reply.fields == ((b"X-b", b"1"), (b"x-A", b"2"), (b"X-b", b"3"))


def test_a_reply_has_one_body():
    with pytest.raises(ConfigurationError, match="has one body, this one is given json and text"):
        make_reply(json={}, text="")


@pytest.mark.parametrize(
    ("given", "finding"),
    [
        ({"status": 99}, "status of a response must be a number from 200 to 999"),
        ({"json": {1, 2}}, "cannot be written as JSON"),
        ({"body": "text"}, "body= takes bytes, not str; json= and text= encode for you"),
        ({"text": 5}, "text= takes str, not int"),
        ({"stream": b"whole"}, "stream= takes pieces of bytes or text, or a function that makes them, not bytes"),
        ({"stream": "whole"}, "not str; body= and text= take a whole"),
        ({"stream": 5}, "not int"),
        ({"reason": "OK\r\nX: 1"}, "holds a line break or NUL"),
        ({"headers": {"X-A": "1\r\nX-B: 2"}}, "holds a line break or NUL"),
    ],
)
def test_what_cannot_be_sent_is_refused_at_once(given, finding):
    with pytest.raises(ConfigurationError, match=finding):
        make_reply(**given)


async def counted():
    for piece in ("a", b"b"):
        yield piece


@pytest.mark.parametrize("stream", [[b"a", "b"], (b"a", b"b"), iter([b"a", "b"]), lambda: iter([b"a", "b"]), counted])
def test_a_stream_is_sent_piece_by_piece_and_its_length_is_not_known(stream):
    assert sent(make_reply(stream=stream)) == ([b"a", b"b"], None)


@pytest.mark.parametrize("stream", [[b"a"], lambda: iter([b"a"]), counted])
def test_a_list_or_a_function_serves_every_request(stream):
    reply = make_reply(stream=stream)

    assert sent(reply) == sent(reply)


@pytest.mark.parametrize("stream", [(piece for piece in [b"a"]), counted()])
def test_an_iterator_serves_one_request_and_a_second_is_told_so(stream):
    reply = make_reply(stream=stream)
    sent(reply)

    with pytest.raises(ConfigurationError, match="is an iterator and was used up by an earlier request"):
        reply.begun()


def test_a_stream_waits_at_a_gate():
    gate = Gate()
    source, _ = make_reply(stream=[b"a", gate, b"b"]).source()

    async def read():
        first = await source.next()
        second = asyncio.create_task(source.next())
        await asyncio.sleep(0)
        held = gate.held
        gate.open()
        return first, held, await second

    assert asyncio.run(read()) == (b"a", 1, b"b")
