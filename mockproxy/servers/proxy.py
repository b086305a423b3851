"""The interceptor proxy: routes, the chain around each of them, and the record of every edge."""

import asyncio
from collections.abc import Callable, Iterable

from mockproxy.errors import ConfigurationError
from mockproxy.pipeline.level import Level
from mockproxy.servers.handling import Handling, ProxyParts
from mockproxy.servers.intake import open_recorder
from mockproxy.servers.routing import Found, Route, RouteGroup, Routes, TargetGiven, catch_all, find_route
from mockproxy.servers.server import Server
from mockproxy.servers.settings import default_level, named_settings
from mockproxy.servers.target import RECORD_LIMIT
from mockproxy.wire.limits import DEFAULT_LIMITS
from mockproxy.wire.pool import UpstreamPool
from mockproxy.wire.server_connection import ServerConnection
from mockproxy.wire.transaction import Transaction


class ProxyServer(Server, RouteGroup):
    """A reverse proxy that runs middlewares, forwards to targets, and records.

    With a ``target`` it forwards everything there; with ``routes`` it chooses, and answers 501 where none matches.
    ``interceptors`` and ``middlewares`` are those of the outermost level, ``record_limit`` is how many bytes of each
    body the record keeps, ``timeout`` bounds in seconds every wait for a target.
    ``settings`` is an object with default ``interceptors`` and ``middlewares`` for the outermost level, or its dotted
    path; without it the environment variable ``MOCKPROXY_SETTINGS_MODULE`` may name one.
    """

    def __init__(
        self,
        target: TargetGiven | None = None,
        *,
        routes: Iterable[Route] = (),
        interceptors: Iterable[object] = (),
        middlewares: Iterable[object] = (),
        name: str | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        record_limit: int = RECORD_LIMIT,
        timeout: float = 30.0,
        settings: object | str | None = None,
    ) -> None:
        super().__init__(name=name or "proxy", host=host, port=port, record_limit=record_limit)
        if timeout <= 0:
            raise ConfigurationError(f"timeout={timeout!r}: the wait for a target is bounded by more than 0 seconds")
        self.level = Level(interceptors, middlewares)
        self._settings = settings
        self.routes = Routes(routes)
        self._last_route = None if target is None else catch_all(target)
        self._timeout = timeout
        self._pool = UpstreamPool(DEFAULT_LIMITS)

    def _make_connection(self) -> Callable[[], asyncio.BaseProtocol]:
        return lambda: ServerConnection(self._serve, DEFAULT_LIMITS, self._listener.live)

    async def _tear_down(self) -> None:
        self._pool.close()

    @property
    def _opens_at_once(self) -> bool:
        return named_settings(self._settings) is None

    async def _set_up(self) -> None:
        self._outermost = (("", await default_level(self._settings)), ("", self.level))
        self._parts = ProxyParts(
            name=self.name,
            table=self._table,
            outermost=self._outermost,
            route=self._route,
            pool=self._pool,
            timeout=self._timeout,
            record_limit=self._record_limit,
            filed=self._filed,
            note=self._note,
        )

    async def _serve(self, transaction: Transaction) -> None:
        recorder = open_recorder(self.exchanges, transaction, self._record_limit)
        await Handling(self._parts, transaction, recorder).serve()

    def _route(self, path: str) -> Found | None:
        found = find_route(self.routes, path, self._outermost) if self.routes.items else None
        if found is None and self._last_route is not None:
            return Found(self._last_route, self._outermost, {})
        return found
