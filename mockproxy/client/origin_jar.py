"""A cookie jar for servers of tests, which differ only in their ports."""

from collections.abc import Iterator
from http.cookies import BaseCookie, Morsel, SimpleCookie
from types import MappingProxyType
from typing import Any

from aiohttp import CookieJar
from aiohttp.abc import AbstractCookieJar
from yarl import URL

from mockproxy.client.origin import Origin, origin_of


class OriginJar(AbstractCookieJar):
    """Keeps the cookies of each origin apart, those of bare IP addresses too.

    RFC 6265 section 8.5 shares cookies between all ports of a host, and aiohttp's own jar drops those of IP addresses:
    between servers on loopback the one leaks and the other loses what a test is about.
    """

    def __init__(self) -> None:
        super().__init__()
        self._jars: dict[Origin | None, CookieJar] = {}

    def __iter__(self) -> Iterator["Morsel[str]"]:
        for jar in self._jars.values():
            yield from jar

    def __len__(self) -> int:
        return sum(map(len, self._jars.values()))

    @property
    def unsafe(self) -> bool:
        """Whether the cookies of bare IP addresses are kept: always."""
        return True

    @property
    def quote_cookie(self) -> bool:
        return True

    @property
    def cookies(self) -> "MappingProxyType[tuple[str, str], SimpleCookie]":
        return MappingProxyType({key: cookie for jar in self._jars.values() for key, cookie in jar.cookies.items()})

    @property
    def host_only_cookies(self) -> frozenset[tuple[str, str, str]]:
        return frozenset(pair for jar in self._jars.values() for pair in jar.host_only_cookies)

    def clear(self, predicate: Any = None) -> None:
        for jar in self._jars.values():
            jar.clear(predicate)

    def clear_domain(self, domain: str) -> None:
        for jar in self._jars.values():
            jar.clear_domain(domain)

    def update_cookies(self, cookies: Any, response_url: URL = URL()) -> None:  # noqa: B008 - aiohttp's own default
        self._jar(response_url).update_cookies(cookies, response_url)

    def filter_cookies(self, request_url: URL) -> "BaseCookie[str]":
        """The cookies of this origin, and those that were put in for no origin at all."""
        cookies = self._jar(URL()).filter_cookies(request_url)
        cookies.update(self._jar(request_url).filter_cookies(request_url))
        return cookies

    def _jar(self, url: URL) -> CookieJar:
        origin = origin_of(url) if url.absolute else None
        if origin not in self._jars:
            self._jars[origin] = CookieJar(unsafe=True)
        return self._jars[origin]
