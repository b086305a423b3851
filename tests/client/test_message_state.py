import asyncio

import aiohttp
import pytest
from multidict import CIMultiDict
from yarl import URL

from mockproxy.client.message_state import Bodies, connection_of, raw_fields, request_head, state_of_request
from mockproxy.messages.connection import Connection


def test_a_body_has_a_number_of_its_own():
    bodies, one, other = Bodies(), b"a" * 10, bytearray(b"a" * 10)

    assert [bodies.number(body) for body in (one, other, one)] == [0, 1, 0]


def test_fields_keep_order_repeats_and_case():
    assert raw_fields(CIMultiDict([("X-B", "1"), ("x-a", "é"), ("X-B", "2")])) == (
        (b"X-B", b"1"),
        (b"x-a", "é".encode()),
        (b"X-B", b"2"),
    )


def test_a_head_has_the_target_as_it_is_sent():
    head = request_head("GET", URL("http://a.test/p%20q?x=%2B", encoded=True), CIMultiDict())

    assert head.raw_target == "/p%20q?x=%2B"


@pytest.mark.asyncio
@pytest.mark.parametrize(("data", "length"), [(None, 0), (b"abc", 3), ({"a": "1"}, 3)])
async def test_the_state_of_a_request_knows_the_length_of_its_body(data, length):
    async with aiohttp.ClientSession() as session:
        request = aiohttp.ClientRequest("POST", URL("http://a.test/"), data=data, session=session)

    state = state_of_request(request, Bodies())
    assert (state.method, state.raw_target, state.length) == ("POST", "/", length)


async def closed(writer, server):
    writer.close()
    await writer.wait_closed()
    server.close()
    await server.wait_closed()


@pytest.mark.asyncio
async def test_a_connection_is_named_by_its_two_addresses():
    server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
    address = server.sockets[0].getsockname()
    _, writer = await asyncio.open_connection(*address)
    assert connection_of(writer.transport) == Connection(writer.get_extra_info("sockname"), address)
    await closed(writer, server)


@pytest.mark.asyncio
async def test_a_unix_socket_has_no_addresses(tmp_path):
    server = await asyncio.start_unix_server(lambda reader, writer: writer.close(), tmp_path / "socket")
    _, writer = await asyncio.open_unix_connection(tmp_path / "socket")
    assert connection_of(writer.transport) is None
    await closed(writer, server)
