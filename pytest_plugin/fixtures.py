"""The fixtures."""

import pytest


@pytest.fixture
def make_mock_target():
    from mockproxy import TargetServer

    servers = []

    def make(*args, **kwargs):
        servers.append(TargetServer(*args, **kwargs).start())
        return servers[-1]

    yield make
    for server in reversed(servers):
        server.stop()


@pytest.fixture
def make_mock_proxy():
    from mockproxy import ProxyServer

    servers = []

    def make(*args, **kwargs):
        servers.append(ProxyServer(*args, **kwargs).start())
        return servers[-1]

    yield make
    for server in reversed(servers):
        server.stop()


@pytest.fixture
def mock_target(make_mock_target):
    return make_mock_target()


@pytest.fixture
def mock_proxy(make_mock_proxy, mock_target):
    return make_mock_proxy(mock_target)


@pytest.fixture
def mock_issuer():
    from mockproxy.credentials import TokenIssuer

    return TokenIssuer()
