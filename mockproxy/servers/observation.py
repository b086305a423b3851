"""A reverse proxy of the user's own, between two recorders: what came to it, paired with what it sent on."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Self

from mockproxy.errors import ConfigurationError, Trouble
from mockproxy.matching.template import ANY_PATH
from mockproxy.recording.exchange import Exchange
from mockproxy.recording.journal import Journal
from mockproxy.recording.journal_view import JournalView
from mockproxy.recording.pairing import TargetExchange, paired
from mockproxy.servers.proxy import ProxyServer
from mockproxy.servers.routing import Forward
from mockproxy.servers.server import Server
from mockproxy.servers.target import TargetServer


class Observation:
    """Watches a proxy that knows nothing of us; a context manager, sync or async as the servers are.

    ``start`` and ``stop`` do what ``with`` does, without its report of lost failures.
    """

    def __init__(self, front: Server, targets: Sequence[TargetServer]) -> None:
        self.front = front
        """The server that stands between the clients and the observed proxy, or hosts it."""
        self._targets = tuple(dict.fromkeys(targets))
        self._exchanges = JournalView(front.exchanges, lambda: self._paired()[0])

    @property
    def url(self) -> str:
        """Where clients reach the observed proxy; raises ``ConfigurationError`` while the observation does not run."""
        if not self.front.running:
            raise ConfigurationError(
                "the observation is not running: use it inside `with observe(...)`, or have it from the fixture "
                "make_mock_observation, which starts it"
            )
        return self.front.url

    @property
    def exchanges(self) -> Journal:
        """Each exchange at the proxy, its ``legs`` those of targets that it caused.

        It is live as that of a target is; a target that answers behind the proxy's own answer adds its leg then.
        Each question to it raises ``RecordError`` where requests that ran at once are too much alike to be told apart.
        """
        return self._exchanges

    @property
    def unpaired(self) -> tuple[Exchange, ...]:
        """What the targets were asked while no client waited for the proxy, such as a health check."""
        return tuple(self._paired()[1])

    def expecting(self, *kinds: type[Trouble]) -> AbstractContextManager[list[Trouble]]:
        """As that of a server: declares that the observed application raises, or a client sends what is no HTTP."""
        return self.front.expecting(*kinds)

    def _paired(self) -> tuple[list[Exchange], list[Exchange]]:
        # Targets first: what has come to one of them by now has come to the proxy, too.
        backs = [TargetExchange(target.name, exchange) for target in self._targets for exchange in target.exchanges]
        fronts, still_open = self.front.exchanges.all_so_far
        return paired(fronts, backs, still_open)

    def _check_targets(self) -> None:
        for target in self._targets:
            if not target.running:
                raise ConfigurationError(
                    f"{target.name} is not running, so the observed proxy cannot reach it: start the targets first"
                )

    def start(self) -> Self:
        """Listens, on the loop in the background; raises ``ConfigurationError`` where a target does not run."""
        self._check_targets()
        self.front.start()
        return self

    def stop(self) -> None:
        """As that of a server; the targets go on."""
        self.front.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.front.__exit__(kind, error, traceback)

    async def __aenter__(self) -> Self:
        self._check_targets()
        await self.front.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.front.__aexit__(kind, error, traceback)


def _check_observed(given: object) -> None:
    if given is None:
        raise ConfigurationError(
            "there is no proxy to observe, but None: give its application or its URL; a function that makes the "
            "application has to return it"
        )
    if isinstance(given, Server | Observation):
        raise ConfigurationError(f"a {type(given).__name__} is no application and no URL: give its `.url` when it runs")


def observe(app_or_url: object, *, targets: Sequence[TargetServer], trace: bool = False) -> Observation:
    """Puts a user's own reverse proxy between a recorder and the ``targets`` that it forwards to.

    An application (aiohttp, ASGI, WSGI) is hosted as it is, with ``trace`` as in ``TargetServer``; a URL is that of a
    proxy that runs already, which is then reached through ``url``.
    The targets must be running, and the proxy be set up to use their URLs.
    Raises ``ConfigurationError`` and ``TypeError`` for what cannot be observed.
    """
    _check_observed(app_or_url)
    if not isinstance(targets, list | tuple) or not targets:
        raise ConfigurationError(f"targets is a list of the TargetServers that the proxy forwards to, not {targets!r}")
    for target in targets:
        if not isinstance(target, TargetServer):
            raise ConfigurationError(f"targets are TargetServers, which record what they are asked, not {target!r}")
    if isinstance(app_or_url, str):
        if trace:
            raise ConfigurationError("trace=True looks into an application, and a URL leads to another process")
        through = Forward(ANY_PATH, to=app_or_url, forwarded=False, preserve_host=True)
        return Observation(ProxyServer(routes=[through], name="observed"), targets)
    return Observation(TargetServer(app_or_url, name="observed", trace=trace), targets)
