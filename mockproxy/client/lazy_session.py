"""An aiohttp session that is made when it is first used, on whatever loop that happens."""

import asyncio
import sys
from typing import Any

from aiohttp import ClientSession, TCPConnector
from aiohttp.client import _RequestContextManager, _WSRequestContextManager

from mockproxy.client.origin_jar import OriginJar
from mockproxy.errors import ConfigurationError


class LazySession:
    """The methods of ``aiohttp.ClientSession`` for one server; relative URLs are its own.

    Made without a loop, it takes the one that runs when a request is made, and another session for another loop.
    Every request has a connection of its own, so that a loop that ends leaves none behind.
    """

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self._sessions: dict[asyncio.AbstractEventLoop, ClientSession] = {}

    @property
    def session(self) -> ClientSession:
        """The session of the running loop; raises ``ConfigurationError`` where there is none of asyncio."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            raise ConfigurationError(_no_loop()) from None
        if loop not in self._sessions:
            self._sessions[loop] = ClientSession(
                self.base_url, connector=TCPConnector(force_close=True), cookie_jar=OriginJar()
            )
        return self._sessions[loop]

    def request(self, method: str, url: str, **options: Any) -> _RequestContextManager:
        return self.session.request(method, url, **options)

    def get(self, url: str, **options: Any) -> _RequestContextManager:
        return self.session.get(url, **options)

    def head(self, url: str, **options: Any) -> _RequestContextManager:
        return self.session.head(url, **options)

    def options(self, url: str, **options: Any) -> _RequestContextManager:
        return self.session.options(url, **options)

    def post(self, url: str, **options: Any) -> _RequestContextManager:
        return self.session.post(url, **options)

    def put(self, url: str, **options: Any) -> _RequestContextManager:
        return self.session.put(url, **options)

    def patch(self, url: str, **options: Any) -> _RequestContextManager:
        return self.session.patch(url, **options)

    def delete(self, url: str, **options: Any) -> _RequestContextManager:
        return self.session.delete(url, **options)

    def ws_connect(self, url: str, **options: Any) -> _WSRequestContextManager:
        return self.session.ws_connect(url, **options)

    def close(self) -> None:
        """Closes every session; to be called where no loop runs."""
        for loop, session in self._sessions.items():
            if loop.is_closed():
                asyncio.run(session.close())
            else:
                loop.run_until_complete(session.close())
        self._sessions.clear()


def _no_loop() -> str:
    trio = sys.modules.get("trio")
    if trio is not None and trio.lowlevel.in_trio_run():
        return "mock_client is an aiohttp session and needs asyncio; under trio use a client of trio's, such as httpx"
    return "mock_client is an aiohttp session, for async tests; a plain test uses a blocking client such as requests"
