"""A client of octets, a proxy, and an origin of octets behind it."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from mockproxy import ProxyServer
from tests.support.raw_client import RawClient
from tests.support.raw_origin import RawOrigin, Script


class Journey(NamedTuple):
    client: RawClient
    proxy: ProxyServer
    origin: RawOrigin


@contextmanager
def journey(
    script: Script, *, middlewares: Iterable[object] = (), base_path: str = "", timeout: float = 30.0
) -> Iterator[Journey]:
    """Everything stands, and one connection to the proxy is open."""
    with (
        RawOrigin(script) as origin,
        ProxyServer(origin.url + base_path, middlewares=middlewares, timeout=timeout) as proxy,
        RawClient(proxy.url) as client,
    ):
        yield Journey(client, proxy, origin)
