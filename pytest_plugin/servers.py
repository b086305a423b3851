"""The servers of one test: what they have to say at its end, and their own end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from mockproxy.errors import Trouble
    from mockproxy.recording.exchange import Exchange
    from mockproxy.servers.observation import Observation
    from mockproxy.servers.proxy import ProxyServer
    from mockproxy.servers.server import Server
    from mockproxy.servers.target import TargetServer


# A screen of text for all that a test has to say.
_PAGE = 40


class TestServers:
    """Every server that the fixtures of one test have started, in order."""

    __test__ = False

    def __init__(self) -> None:
        self.targets: list[TargetServer] = []
        self.proxies: list[ProxyServer] = []
        self.observations: list[Observation] = []
        self.open_at_end: list[str] = []
        """What a client still waited for at the end of the test itself."""
        self.judged = False
        self._started: list[Server] = []
        self._awaited: set[tuple[Server, int]] = set()
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

    def add_observation(self, observation: Observation) -> Observation:
        self.observations.append(observation)
        self._started.append(observation.front)
        return observation

    def named(self, given: str | None, kind: str) -> str:
        """The name given to a server, or else one that no other of this test has."""
        taken = {server.name for server in self._started}
        numbers = (kind if number == 1 else f"{kind}-{number}" for number in count(1))
        return given or next(name for name in numbers if name not in taken)

    def judge(self) -> None:
        """Judges the expectations, at the end of the test itself and only there: a test that never ran meets none."""
        from mockproxy.errors import UnmetExpectation

        self.judged = True
        self._note_awaited()
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

    def transcript(self, *, beside: str | None = None) -> str | None:
        """The exchanges of the proxies, and of the targets those that came through no proxy, by the time they came.

        None without new ones.  A proxy that is observed is one of the proxies.
        The longer the text is that stands ``beside`` them, the shorter are they told.
        """
        exchanges = self._exchanges()
        if len(exchanges) == self._transcribed:
            return None
        from mockproxy.reports.transcript import transcript

        self._transcribed = len(exchanges)
        lines = 0 if beside is None else beside.count("\n") + 1
        return transcript(exchanges, limit=max(_PAGE - lines, _PAGE // 2))

    def _exchanges(self) -> list[Exchange]:
        exchanges = [self._with_application(exchange) for _, exchange in self._seen_first()]
        return sorted(exchanges, key=lambda exchange: exchange.started)

    def _with_application(self, exchange: Exchange) -> Exchange:
        """With the steps inside the applications that it was sent on to, where those are traced."""
        from dataclasses import replace

        from mockproxy.pipeline.trace import merged

        legs = {(leg.connection, leg.place) for leg in exchange.legs}
        traces = [
            caused.trace
            for target in self.targets
            for caused in target.exchanges
            if caused.trace.steps and (caused.connection, caused.place) in legs
        ]
        return replace(exchange, trace=merged(exchange.trace, *traces)) if traces else exchange

    def _seen_first(self) -> list[tuple[Server, Exchange]]:
        """Every exchange at the first of these servers that it came to."""
        at_proxies: list[tuple[Server, Exchange]] = []
        for server, exchanges in [*((proxy, proxy.exchanges) for proxy in self.proxies), *self._observed()]:
            at_proxies += ((server, exchange) for exchange in exchanges)
        at_targets = [(target, exchange) for target in self.targets for exchange in target.exchanges]
        sent = [leg for _, exchange in at_proxies for leg in exchange.legs]
        # Observed by its URL, a proxy is reached through one of ours.
        sent += [leg for observation in self.observations for each in observation.front.exchanges for leg in each.legs]
        legs = {(leg.connection, leg.place) for leg in sent}
        return [*at_proxies, *(seen for seen in at_targets if (seen[1].connection, seen[1].place) not in legs)]

    def _observed(self) -> Iterator[tuple[Server, Sequence[Exchange]]]:
        from mockproxy.errors import RecordError

        for observation in self.observations:
            try:
                yield observation.front, observation.exchanges.matching()
            except RecordError:
                # Too much alike to be told apart: each side for itself says more than nothing.
                yield observation.front, observation.front.exchanges

    def stop(self) -> None:
        """Stops all, the last one first; one that fails to stop does not keep the others alive."""
        if not self._started:
            return
        from mockproxy.servers.server import stop_in_turn

        try:
            stop_in_turn(self._started[::-1])
        finally:
            self._note_open()

    def _note_awaited(self) -> None:
        if any(server.exchanges.open for server in self._started):
            _catch_up()
        self._awaited = {(server, index) for server in self._started for index in server.exchanges.awaited}

    def _note_open(self) -> None:
        self.open_at_end = [
            _described(server, exchange)
            for server, exchange in self._seen_first()
            if (server, exchange.index) in self._awaited
        ]


def _catch_up() -> None:
    """Returns when the loop of the servers has seen what their clients have done so far, such as leave."""
    import asyncio

    from mockproxy.wire.engine import shared_engine

    engine = shared_engine.acquire()
    try:
        engine.call(asyncio.sleep(0))
    finally:
        shared_engine.release()


def _described(server: Server, exchange: Exchange) -> str:
    """The request, and who has not answered it."""
    request = f"{exchange.request.method} {exchange.request.raw_target} at {server.name}"
    waits = exchange.legs and exchange.legs[-1].answer is None
    return f"{request}, which waits for {exchange.legs[-1].target}" if waits else request


SERVERS = pytest.StashKey[TestServers]()
SEED_OF_DATA = pytest.StashKey[int]()
