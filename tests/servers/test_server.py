import asyncio
import re
import socket
import threading

import pytest
from aiohttp import web

from mockproxy.errors import (
    ConfigurationError,
    HandlerFailed,
    RecordError,
    ServerStopped,
    UnexpectedTrouble,
    Unmatched,
    UnmetExpectation,
)
from mockproxy.servers.proxy import ProxyServer
from mockproxy.servers.target import TargetServer
from tests.support.asking import ask


@pytest.fixture(params=[TargetServer, ProxyServer])
def kind(request):
    return request.param


def test_it_runs_inside_the_block_on_a_port_of_the_system(kind):
    with kind() as server:
        assert server.running
        assert server.url == f"http://127.0.0.1:{server.port}"
        server.on("GET", "/").reply(text="here")
        assert ask(server).text == "here"

    assert not server.running


def test_start_and_stop_do_what_the_block_does(kind):
    server = kind().start()
    port = server.port
    server.stop()
    server.stop()

    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
        pass


def test_it_can_be_started_again(kind):
    server = kind().start()
    server.stop()
    with server:
        server.on("GET", "/").reply(204)
        assert ask(server).status == 204


@pytest.mark.parametrize("name", ["port", "url"])
def test_before_it_runs_it_has_no_address(kind, name):
    with pytest.raises(
        ConfigurationError, match=r"is not running: use it inside `with (Target|Proxy)Server\(\.\.\.\)`"
    ):
        getattr(kind(), name)


def test_it_cannot_be_started_twice(kind):
    with kind(name="mine") as server, pytest.raises(ConfigurationError, match="mine is running already"):
        server.start()


def test_a_port_in_use_is_refused_with_what_to_do(kind):
    with (
        kind() as first,
        pytest.raises(ConfigurationError, match=rf"cannot listen on 127\.0\.0\.1:{first.port}.*port=0"),
    ):
        kind(port=first.port).start()


def engine_threads():
    return [thread.name for thread in threading.enumerate()].count("mockproxy")


def test_a_port_that_was_refused_leaves_no_thread_behind(kind):
    before = engine_threads()
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(ConfigurationError):
        kind(port=taken.getsockname()[1]).start()

    assert engine_threads() == before


@pytest.mark.parametrize("host", ["0.0.0.0", "", "example.test", "127.0.0.1.example.test", "192.168.0.1", "::1"])
def test_a_host_that_others_could_reach_is_refused(kind, host):
    with pytest.raises(ConfigurationError, match=rf"host='{re.escape(host)}' is not a loopback address"):
        kind(host=host)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1.2.3"])
def test_any_loopback_address_will_do(kind, host):
    with kind(host=host) as server:
        server.on("GET", "/").reply(204)
        assert server.url.startswith(f"http://{host}:")
        assert ask(server).status == 204


def test_a_record_limit_below_zero_is_refused(kind):
    with pytest.raises(ConfigurationError, match="record_limit=-1"):
        kind(record_limit=-1)


def test_the_record_keeps_as_much_of_each_body_as_it_is_told():
    with TargetServer(record_limit=4) as target:
        target.on("POST", "/").reply(text="answered")
        ask(target, "/", "POST", body=b"question")

    exchange = target.exchanges.only()
    assert (exchange.request.body, exchange.request.size) == (b"ques", 8)
    assert (exchange.response.body, exchange.response.size) == (b"answ", 8)


def test_it_runs_on_the_loop_of_the_caller(kind):
    seen = []

    async def main():
        async with kind() as server:

            async def handler(request):
                seen.append(asyncio.get_running_loop())

            server.on("GET", "/").reply_with(handler)
            answer = await asyncio.to_thread(ask, server)
            assert seen == [asyncio.get_running_loop()]
            with pytest.raises(RecordError, match="would block the loop"):
                server.exchanges.wait_for()
            assert len(await server.exchanges.arrival()) == 1
            return answer.status

    assert asyncio.run(main()) == 204


def test_on_the_loop_of_the_caller_trouble_is_raised_as_well(kind):
    async def main():
        async with kind() as server:
            await asyncio.to_thread(ask, server)

    with pytest.raises(UnexpectedTrouble):
        asyncio.run(main())


# Troubles.


def test_trouble_that_nobody_declared_is_raised_at_the_end_of_the_block(kind):
    with pytest.raises(UnexpectedTrouble, match="unmatched: GET /lost") as raised, kind() as server:
        assert ask(server, "/lost").status == 501

    assert [type(trouble) for trouble in raised.value.troubles] == [Unmatched]


def test_an_exception_that_is_on_its_way_is_not_hidden_by_trouble(kind):
    with pytest.raises(LookupError), kind() as server:  # noqa: PT012 - the block is what is tested
        ask(server, "/lost")
        raise LookupError


def test_start_and_stop_raise_no_trouble_until_they_are_asked(kind):
    server = kind().start()
    ask(server)
    server.stop()

    with pytest.raises(UnexpectedTrouble):
        server.raise_troubles()


def test_trouble_that_was_declared_fails_nothing(kind):
    with kind() as server, server.expecting(Unmatched) as troubles:
        ask(server, "/lost")

    assert ["/lost" in str(trouble) for trouble in troubles] == [True]
    assert server.troubles == ()


def test_trouble_that_was_declared_must_come(kind):
    with (
        kind() as server,
        pytest.raises(RecordError, match="expected trouble of kind HandlerFailed, and none came"),
        server.expecting(HandlerFailed),
    ):
        pass


def test_an_expectation_that_was_not_met_is_trouble(kind):
    with pytest.raises(UnexpectedTrouble, match="expected GET /health 1 time, was requested 0 times") as raised:  # noqa: SIM117
        with kind() as server:
            expected = server.expect("GET", "/health").reply(200)

    [trouble] = raised.value.troubles
    assert isinstance(trouble, UnmetExpectation)
    assert trouble.place == expected.place


@pytest.mark.parametrize(("times", "count"), [(1, 1), (2, 2), ((1, None), 2), (0, 0)])
def test_an_expectation_that_was_met_is_no_trouble(kind, times, count):
    with kind() as server:
        server.expect("GET", "/health", times=times).reply(204)
        for _ in range(count):
            ask(server, "/health")


def test_a_stub_may_stay_unused(kind):
    with kind() as server:
        server.on("GET", "/health").reply(200)


# Its end.


def test_stopping_ends_a_request_that_waits_and_records_it(kind):
    server = kind().start()
    gate = server.gate()
    server.on("GET", "/slow").reply(200).hold(gate)
    with socket.create_connection((server.host, server.port), timeout=5) as client:
        client.sendall(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
        gate.wait_for_held()
        assert server.exchanges.open == ["GET /slow"]
        server.stop()
        assert client.recv(1) == b""

    exchange = server.exchanges.only()
    assert exchange.response is None
    assert isinstance(exchange.error, ServerStopped)
    assert gate.held == 0


def test_the_last_server_takes_its_thread_along(kind):
    # The fixtures of other tests may keep the engine of this process running; else there is none.
    before = engine_threads()
    with kind(), kind():
        assert engine_threads() == 1

    assert engine_threads() == before


def test_a_server_cannot_be_stopped_by_its_own_handler(kind):
    with pytest.raises(UnexpectedTrouble, match="cannot be started or stopped from the loop"), kind() as server:  # noqa: PT012

        async def stop(request):
            server.stop()

        server.on("GET", "/").reply_with(stop)
        assert ask(server).status == 500


def test_an_application_cannot_be_started_by_a_handler_which_would_wait_for_itself():
    with TargetServer() as server, server.expecting(HandlerFailed) as troubles:

        async def start(request):
            TargetServer(web.Application()).start()

        server.on("GET", "/").reply_with(start)
        assert ask(server).status == 500

    assert "cannot be started or stopped from the loop" in str(troubles[0])


def test_its_repr_tells_where_it_is(kind):
    server = kind(name="orders")
    assert repr(server) == f"<{kind.__name__} 'orders' stopped>"
    with server:
        assert repr(server) == f"<{kind.__name__} 'orders' at 127.0.0.1:{server.port}>"
