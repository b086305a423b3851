"""CPU of a request that a stub answers, beside the servers that tests use for it."""

from statistics import median

from load import cost
from process import running
from table import Row, against

_ROUNDS = 3
_REQUESTS = 500
_PEER = "aiohttp application"


def rows() -> list[Row]:
    with (
        running("mockproxy_target") as ours,
        running("aiohttp_target") as aiohttp,
        running("pytest_httpserver_target") as httpserver,
    ):
        servers = {"mockproxy, recording": ours, "pytest-httpserver": httpserver, _PEER: aiohttp}
        costs: dict[str, list[float]] = {name: [] for name in servers}
        for _ in range(_ROUNDS):
            for name, server in servers.items():
                costs[name].append(cost(server, connections=1, requests=_REQUESTS).cpu)
    return against("CPU of a stubbed answer", "us", {name: median(each) for name, each in costs.items()}, peer=_PEER)
