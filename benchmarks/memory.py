"""Memory of a proxy: while a large answer passes, and for what is recorded."""

import asyncio

from load import cost, read_through
from process import running
from table import Row, against

_LARGE = 256 * 1024 * 1024
_EXCHANGES = 20_000
_PEER = "aiohttp, by hand"


def rows() -> list[Row]:
    rise = {"mockproxy, recording": _rise("mockproxy_proxy"), _PEER: _rise("aiohttp_proxy")}
    return [
        *against("rise of memory while 256 MiB pass", "MiB", rise, peer=_PEER),
        Row("memory of recorded exchanges", "one exchange with its leg", _of_an_exchange(), "KiB"),
    ]


def _rise(kind: str) -> float:
    with running("large", _LARGE) as target, running(kind, target.port) as proxy:
        before = proxy.usage().peak
        asyncio.run(read_through(proxy.port, _LARGE))
        return (proxy.usage().peak - before) / 1024 / 1024


def _of_an_exchange() -> float:
    with running("fixed") as target, running("mockproxy_proxy", target.port) as proxy:
        cost(proxy, connections=32, requests=1000)
        before = proxy.usage().peak
        # A tenth more is sent to warm up.
        cost(proxy, connections=32, requests=_EXCHANGES * 10 // 11)
        return (proxy.usage().peak - before) / _EXCHANGES / 1024
