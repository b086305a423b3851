import asyncio
import socket
from contextlib import suppress
from urllib.parse import urlsplit

import pytest

from mockproxy.errors import ConfigurationError
from mockproxy.wire.engine import shared_engine
from mockproxy.wire.limits import Limits
from mockproxy.wire.listener import Listener
from mockproxy.wire.server_connection import ServerConnection
from tests.support.raw_client import RawClient
from tests.support.serving import GET, respond, serving


# asyncio needs several turns of its loop for a connection.
@pytest.mark.parametrize("turns", range(6))
def test_a_connection_that_is_accepted_while_the_listener_closes_ends_with_it(turns):
    async def connect_and_close():
        listener = Listener("127.0.0.1", 0)
        listener.bind()
        await listener.accept(lambda: ServerConnection(respond, Limits(), listener.live))
        with socket.create_connection(("127.0.0.1", listener.port), timeout=5) as client:
            for _ in range(turns):
                await asyncio.sleep(0)
            await listener.close()
            with suppress(ConnectionResetError):
                assert await asyncio.to_thread(client.recv, 1) == b""

    asyncio.run(connect_and_close())


def test_a_closed_listener_accepts_nothing():
    with serving(respond) as url:
        port = urlsplit(url).port
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)


def test_a_port_that_is_taken_is_refused_with_advice():
    engine = shared_engine.acquire()
    first = Listener("127.0.0.1", 0)
    try:
        first.bind()
        engine.call(first.accept(asyncio.Protocol))
        second = Listener("127.0.0.1", first.port)
        with pytest.raises(ConfigurationError, match=r"cannot listen on .*; port=0 lets the system choose"):
            second.bind()
    finally:
        engine.call(first.close())
        shared_engine.release()


def test_closing_a_listener_that_was_never_bound_does_nothing():
    asyncio.run(Listener("127.0.0.1", 0).close())


def test_a_listener_knows_its_living_connections():
    engine = shared_engine.acquire()
    listener = Listener("127.0.0.1", 0)
    try:
        listener.bind()
        engine.call(listener.accept(lambda: ServerConnection(respond, Limits(), listener.live)))
        with RawClient(f"http://127.0.0.1:{listener.port}") as client:
            client.send(GET)
            client.response()
            assert len(listener.live) == 1
        engine.call(listener.close())
        assert listener.live == set()
    finally:
        shared_engine.release()
