"""CPU and p50 of a proxied request, beside a proxy written by hand with aiohttp's server and client."""

from statistics import median

from load import Cost, cost
from process import running
from table import Row, against

_ROUNDS = 3
_REQUESTS = 1000
_PEER = "aiohttp, by hand"


def rows() -> list[Row]:
    found = []
    for connections in (1, 32):
        for middlewares in (0, 3):
            costs = _costs(connections, middlewares)
            under = f"a proxied request, {connections} connections, {middlewares} middlewares"
            cpu = {name: median(each.cpu for each in measured) for name, measured in costs.items()}
            found += against(f"CPU of {under}", "us", cpu, peer=_PEER)
            if connections == 1:
                p50 = {name: median(each.p50 for each in measured) for name, measured in costs.items()}
                found += against(f"p50 of {under}", "us", p50, peer=_PEER)
    return found


def _costs(connections: int, middlewares: int) -> dict[str, list[Cost]]:
    """Both proxies in turn, so that whatever else the machine does meets both."""
    costs: dict[str, list[Cost]] = {"mockproxy, recording": [], _PEER: []}
    with (
        running("fixed") as target,
        running("mockproxy_proxy", target.port, middlewares) as ours,
        running("aiohttp_proxy", target.port, middlewares) as theirs,
    ):
        for _ in range(_ROUNDS):
            for measured, server in zip(costs.values(), (ours, theirs), strict=True):
                measured.append(cost(server, connections=connections, requests=_REQUESTS))
    return costs
