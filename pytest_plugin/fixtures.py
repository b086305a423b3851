"""The fixtures: a few lines each over public names of the library, which they import when a test asks for them."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from .options import SEED, SETTINGS
from .servers import SEED_OF_DATA, SERVERS, TestServers

if TYPE_CHECKING:
    from faker import Faker

    from mockproxy.client.lazy_session import LazySession
    from mockproxy.credentials.bearer import TokenIssuer
    from mockproxy.servers.observation import Observation
    from mockproxy.servers.proxy import ProxyServer
    from mockproxy.servers.routing import Route, TargetGiven
    from mockproxy.servers.target import TargetServer


class MakeTarget(Protocol):
    def __call__(
        self,
        app: object | None = None,
        *,
        trace: bool = False,
        name: str | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        record_limit: int = 1024 * 1024,
    ) -> TargetServer: ...


class MakeProxy(Protocol):
    def __call__(
        self,
        target: TargetGiven | None = None,
        *,
        routes: Iterable[Route] = (),
        interceptors: Iterable[object] = (),
        middlewares: Iterable[object] = (),
        name: str | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        record_limit: int = 1024 * 1024,
        timeout: float = 30.0,
        settings: object | str | None = None,
    ) -> ProxyServer: ...


class MakeObservation(Protocol):
    def __call__(self, app_or_url: object, *, targets: Sequence[TargetServer], trace: bool = False) -> Observation: ...


@pytest.fixture(scope="session")
def _mockproxy_engine() -> Iterator[None]:
    """Keeps the loop of the servers running from the first test that needs it to the end of the session."""
    from mockproxy.wire.engine import shared_engine

    shared_engine.acquire()
    yield
    shared_engine.release()


@pytest.fixture
def _mockproxy_servers(_mockproxy_engine: None, request: pytest.FixtureRequest) -> Iterator[TestServers]:
    """The servers of this test; stopped at its end, within two seconds whatever hangs."""
    servers = request.node.stash[SERVERS] = TestServers()
    yield servers
    servers.stop()
    late = servers.tell()
    if late is not None:
        pytest.fail(late, pytrace=False)


@pytest.fixture
def make_mock_target(_mockproxy_servers: TestServers) -> MakeTarget:
    """Starts targets: ``make_mock_target(app=None, *, name=None, ...)`` takes what ``TargetServer`` takes."""
    from mockproxy.servers.target import TargetServer

    def make(*args: Any, name: str | None = None, **options: Any) -> TargetServer:
        name = _mockproxy_servers.named(name, "target")
        return _mockproxy_servers.add_target(TargetServer(*args, name=name, **options).start())

    return make


@pytest.fixture
def make_mock_proxy(_mockproxy_servers: TestServers, pytestconfig: pytest.Config) -> MakeProxy:
    """Starts proxies: ``make_mock_proxy(target=None, *, routes=(), ...)`` takes what ``ProxyServer`` takes."""
    from mockproxy.servers.proxy import ProxyServer
    from mockproxy.servers.settings import VARIABLE, NamedSettings

    def make(*args: Any, name: str | None = None, settings: object | str | None = None, **options: Any) -> ProxyServer:
        name = _mockproxy_servers.named(name, "proxy")
        # The environment speaks for one run, the ini file for all of them.
        if settings is None and not os.environ.get(VARIABLE) and (path := pytestconfig.getini(SETTINGS)):
            settings = NamedSettings(path, f"named by the ini option {SETTINGS}")
        return _mockproxy_servers.add_proxy(ProxyServer(*args, name=name, settings=settings, **options).start())

    return make


@pytest.fixture
def make_mock_observation(_mockproxy_servers: TestServers) -> MakeObservation:
    """Observes proxies of the user's own: ``make_mock_observation(app_or_url, *, targets=[...], trace=False)``.

    Takes what ``observe`` takes, and starts it.
    """
    from mockproxy.servers.observation import observe

    def make(*args: Any, **options: Any) -> Observation:
        return _mockproxy_servers.add_observation(observe(*args, **options).start())

    return make


@pytest.fixture
def mock_target(make_mock_target: MakeTarget) -> TargetServer:
    """A target that answers what the test declares with ``on`` and ``expect``."""
    return make_mock_target()


@pytest.fixture
def mock_proxy(make_mock_proxy: MakeProxy, mock_target: TargetServer) -> ProxyServer:
    """A proxy in front of ``mock_target``."""
    return make_mock_proxy(mock_target)


@pytest.fixture
def mock_client(mock_proxy: ProxyServer) -> Iterator[LazySession]:
    """The methods of an ``aiohttp.ClientSession`` for async tests; relative URLs go to ``mock_proxy``.

    It needs no ``async with`` and is closed with the test; ``session`` is the session itself, that of the running loop.
    """
    from mockproxy.client.lazy_session import LazySession

    session = LazySession(mock_proxy.url)
    yield session
    session.close()


@pytest.fixture
def mock_issuer() -> TokenIssuer:
    """Issues tokens, good ones and bad ones, and verifies them (HS256)."""
    from mockproxy.credentials.bearer import TokenIssuer

    return TokenIssuer()


@pytest.fixture
def mock_faker(request: pytest.FixtureRequest) -> Faker:
    """A Faker whose data depends on the id of the test and on ``--mockproxy-seed`` alone."""
    from faker import Faker

    seed = request.config.getoption(SEED)
    request.node.stash[SEED_OF_DATA] = seed
    faker = Faker()
    # Not the node id, to which pytest-xdist may add the name of a group.
    file, _, name = request.node.location
    faker.seed_instance(zlib.crc32(f"{seed}:{file}::{name}".encode()))
    return faker
