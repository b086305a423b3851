"""The servers of one test, and their end."""

from importlib import import_module

import pytest

from mockproxy import ProxyServer, TargetServer

TestServers = import_module("mockproxy.pytest_plugin.servers").TestServers


@pytest.fixture
def servers():
    servers = TestServers()
    yield servers
    servers.stop()


def test_all_of_them_are_stopped(servers):
    target = servers.add_target(TargetServer().start())
    proxy = servers.add_proxy(ProxyServer(target).start())

    servers.stop()
    assert (proxy.running, target.running) == (False, False)


def test_the_last_one_is_stopped_first(servers):
    stopped = []

    class Noting(TargetServer):
        async def _tear_down(self):
            stopped.append(self.name)

    for name in ("first", "second", "third"):
        servers.add_target(Noting(name=name).start())
    servers.stop()

    assert stopped == ["third", "second", "first"]


def test_one_that_fails_to_stop_keeps_no_other_alive(servers):
    class Failing(TargetServer):
        async def _tear_down(self):
            raise OSError("no")

    target = servers.add_target(TargetServer().start())
    servers.add_target(Failing().start())

    with pytest.raises(OSError, match="no"):
        servers.stop()
    assert not target.running
    servers._started.clear()


def test_without_servers_there_is_nothing_to_say():
    servers = TestServers()
    servers.judge()

    assert (servers.tell(), servers.transcript(), servers.open_at_end) == (None, None, [])


def test_expectations_count_only_where_the_test_was_judged(servers):
    servers.add_target(TargetServer().start()).expect("GET", "/health")

    assert servers.tell() is None
    servers.judge()
    assert "expected GET /health" in servers.tell()
    assert servers.tell() is None
