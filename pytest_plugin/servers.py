"""The servers of one test: what they have to say at its end, and their own end."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from mockproxy.errors import Trouble
    from mockproxy.recording.exchange import Exchange
    from mockproxy.servers.proxy import ProxyServer
    from mockproxy.servers.server import Server
    from mockproxy.servers.target import TargetServer


class TestServers:
    """Every server that the fixtures of one test have started, in order."""

    __test__ = False

    def __init__(self) -> None:
        self.targets: list[TargetServer] = []
        self.proxies: list[ProxyServer] = []
        self.open_at_end: list[str] = []
        """What was still waited for when the servers were stopped: the request, and who has not answered it."""
        self.judged = False
        self._started: list[Server] = []
        self._unmet: list[Trouble] = []
        self._told: set[Trouble] = set()
        self._transcribed = 0

    def add_target(self, target: TargetServer) -> TargetServer:
        self.targets.append(target)
        self._started.append(target)
        return target

    def add_proxy(self, proxy: ProxyServer) -> ProxyServer:
        self.proxies.append(proxy)
        self._started.append(proxy)
        return proxy

    def judge(self) -> None:
        """Judges the expectations, at the end of the test itself and only there: a test that never ran meets none."""
        from mockproxy.errors import UnmetExpectation

        self.judged = True
        troubles = [trouble for server in self._started for trouble in server.troubles]
        self._unmet = [trouble for trouble in troubles if isinstance(trouble, UnmetExpectation)]

    def tell(self) -> str | None:
        """The report of all troubles of which nobody was told yet; each of them is told once."""
        unexpected = [trouble for server in self._started for trouble in server.unexpected]
        fresh = [trouble for trouble in unexpected + self._unmet if trouble not in self._told]
        if not fresh:
            return None
        from mockproxy.reports.trouble import trouble_report

        self._told.update(fresh)
        return trouble_report(fresh)

    def transcript(self) -> str | None:
        """The exchanges of the proxies, and of the targets those that came through no proxy; None without new ones."""
        exchanges = self._exchanges()
        if len(exchanges) == self._transcribed:
            return None
        from mockproxy.reports.transcript import transcript

        self._transcribed = len(exchanges)
        return transcript(exchanges)

    def _exchanges(self) -> list[Exchange]:
        at_proxies = [exchange for proxy in self.proxies for exchange in proxy.exchanges]
        legs = {(leg.connection, leg.place) for exchange in at_proxies for leg in exchange.legs}
        at_targets = [exchange for target in self.targets for exchange in target.exchanges]
        return at_proxies + [exchange for exchange in at_targets if (exchange.connection, exchange.place) not in legs]

    def stop(self) -> None:
        """Stops all, the last one first; one that fails to stop does not keep the others alive."""
        self.open_at_end = [
            f"{request} at {server.name}" for server in self._started for request in server.exchanges.open
        ]
        with ExitStack() as stack:
            for server in self._started:
                stack.callback(server.stop)


SERVERS = pytest.StashKey[TestServers]()
SEED_OF_DATA = pytest.StashKey[int]()
