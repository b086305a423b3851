"""An aiohttp session that is made when it is first used, on whatever loop that happens."""

import asyncio
import sys
from collections.abc import AsyncGenerator
from functools import cached_property
from typing import Any

from aiohttp import ClientSession
from aiohttp.client import _RequestContextManager, _WSRequestContextManager

from mockproxy.client.origin_jar import OriginJar
from mockproxy.client.session_face import SessionFace
from mockproxy.errors import ConfigurationError


class LazySession(SessionFace):
    """The methods for requests of ``aiohttp.ClientSession`` for one server; relative URLs are its own.

    Made without a loop, it takes the one that runs when a request is made, and another session for another loop; all of
    them share their cookies.
    A session is closed when its loop ends, or by ``close``, whichever comes first.
    """

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self._sessions: dict[asyncio.AbstractEventLoop, ClientSession] = {}
        self._lives: dict[asyncio.AbstractEventLoop, AsyncGenerator[None, None]] = {}

    @property
    def session(self) -> ClientSession:
        """The session of the running loop; raises ``ConfigurationError`` where there is none of asyncio."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            raise ConfigurationError(_no_loop()) from None
        if loop not in self._sessions:
            session = ClientSession(self.base_url, cookie_jar=self._cookie_jar)
            self._sessions[loop] = session
            self._lives[loop] = _begun(_life(session))
        return self._sessions[loop]

    @cached_property
    def _cookie_jar(self) -> OriginJar:
        """Made with the first session: aiohttp's jars need a running loop for that, and for nothing else."""
        return OriginJar()

    def request(self, method: str, url: str, **options: Any) -> _RequestContextManager:
        __tracebackhide__ = True
        return self.session.request(method, url, **options)

    def get(self, url: str, **options: Any) -> _RequestContextManager:
        __tracebackhide__ = True
        return self.session.get(url, **options)

    def head(self, url: str, **options: Any) -> _RequestContextManager:
        __tracebackhide__ = True
        return self.session.head(url, **options)

    def options(self, url: str, **options: Any) -> _RequestContextManager:
        __tracebackhide__ = True
        return self.session.options(url, **options)

    def post(self, url: str, **options: Any) -> _RequestContextManager:
        __tracebackhide__ = True
        return self.session.post(url, **options)

    def put(self, url: str, **options: Any) -> _RequestContextManager:
        __tracebackhide__ = True
        return self.session.put(url, **options)

    def patch(self, url: str, **options: Any) -> _RequestContextManager:
        __tracebackhide__ = True
        return self.session.patch(url, **options)

    def delete(self, url: str, **options: Any) -> _RequestContextManager:
        __tracebackhide__ = True
        return self.session.delete(url, **options)

    def ws_connect(self, url: str, **options: Any) -> _WSRequestContextManager:
        __tracebackhide__ = True
        return self.session.ws_connect(url, **options)

    def close(self) -> None:
        """Closes every session; to be called where no loop runs."""
        for loop, life in self._lives.items():
            if not loop.is_closed():
                loop.run_until_complete(life.aclose())
        for session in self._sessions.values():
            if not session.closed:  # its loop was closed without the end that `asyncio.run` gives a loop
                asyncio.run(session.close())
        self._sessions.clear()
        self._lives.clear()


async def _life(session: ClientSession) -> AsyncGenerator[None, None]:
    """Closes the session at its end, which a loop that ends brings about by itself (PEP 525)."""
    try:
        yield
    finally:
        await session.close()


def _begun(life: AsyncGenerator[None, None]) -> AsyncGenerator[None, None]:
    """Goes to the first ``yield``, where nothing is waited for, so that the running loop knows the generator."""
    try:
        life.asend(None).send(None)
    except StopIteration:
        return life
    raise AssertionError("a life waits for nothing before it has begun")


def _no_loop() -> str:
    trio = sys.modules.get("trio")
    if trio is not None and trio.lowlevel.in_trio_run():
        return "mock_client is an aiohttp session and needs asyncio; under trio use a client of trio's, such as httpx"
    return "mock_client is an aiohttp session, for async tests; a plain test uses a blocking client such as requests"
