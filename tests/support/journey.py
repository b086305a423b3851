"""A client of octets, a proxy, and an origin of octets behind it."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import NamedTuple, ParamSpec

from mockproxy import ProxyServer
from tests.support.raw_client import RawClient
from tests.support.raw_origin import RawOrigin, Script

P = ParamSpec("P")


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


@contextmanager
def in_background(function: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> Iterator[None]:
    """Runs a function in a thread while the block runs; what it raises is raised at the end of the block."""
    with ThreadPoolExecutor(1) as executor:
        running = executor.submit(function, *args, **kwargs)
        yield
        running.result()
