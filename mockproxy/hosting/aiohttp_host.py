"""aiohttp applications, on ``aiohttp.web.Server``."""

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from typing import Any, cast

from mockproxy.errors import ConfigurationError
from mockproxy.hosting.answering import begin_answering
from mockproxy.hosting.failure import Note, note_failure
from mockproxy.hosting.grace import GRACE


class AiohttpHost:
    """``aiohttp.web.Server`` with the application behind it."""

    def __init__(self, app: Any, note: Note, *, traced: bool) -> None:
        self._app = app
        self._note = note
        self._traced = traced
        self._watching = ExitStack()
        self._runner: Any = None

    async def start(self) -> None:
        from aiohttp import web  # noqa: PLC0415 - loaded already where there is an application of it

        self._runner = web.AppRunner(
            self._app, handle_signals=False, access_log=None, logger=_FailureLog(self._note), shutdown_timeout=GRACE
        )
        try:
            await self._runner.setup()
        except RuntimeError as error:
            if "different loop" not in str(error):
                raise
            raise ConfigurationError(_OTHER_LOOP) from error
        self._runner.server.request_handler = _handled(self._runner.server.request_handler, traced=self._traced)
        if self._traced:
            from mockproxy.hosting.traced_aiohttp import watched_aiohttp  # noqa: PLC0415 - imports aiohttp

            self._watching.enter_context(watched_aiohttp(self._app))

    async def stop(self) -> None:
        if self._runner is not None:
            with self._watching:
                await self._runner.cleanup()

    def protocol(self) -> asyncio.Protocol:
        return cast("asyncio.Protocol", self._runner.server())


_OTHER_LOOP = (
    "this aiohttp application has run on another event loop, and aiohttp lets it run on one only: make it anew for "
    "each server, or keep another server running, with which the loop in the background goes on"
)


def _handled(handle: Callable[[Any], Awaitable[Any]], *, traced: bool) -> Callable[[Any], Awaitable[Any]]:
    """What aiohttp calls for each request: all those of a connection are answered in one task, one after the other."""

    async def handled(request: Any) -> Any:
        begin_answering(traced=traced)
        return await handle(request)

    return handled


class _FailureLog(logging.Logger):
    """Where aiohttp says which exception it answered with 500, or with 400 for octets that are no request.

    The latter is no failure of the application; the record says it already.
    """

    def __init__(self, note: Note) -> None:
        super().__init__("mockproxy.hosted")
        self._note = note

    def exception(self, msg: object, *args: object, exc_info: Any = True, **kwargs: Any) -> None:
        from aiohttp.http_exceptions import HttpProcessingError  # noqa: PLC0415 - loaded already, as above

        error = exc_info if isinstance(exc_info, BaseException) else sys.exc_info()[1]
        if error is not None and not isinstance(error, HttpProcessingError):
            note_failure(error, self._note)
