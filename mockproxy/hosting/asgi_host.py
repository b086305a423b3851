"""ASGI applications, on uvicorn's protocols, with lifespan (ASGI specification, lifespan protocol 2.0)."""

import asyncio
import inspect
import logging
import sys
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from typing import Any, TypeGuard, cast

from mockproxy.errors import ConfigurationError, HandlerFailed, MissingExtra
from mockproxy.hosting.answering import begin_answering
from mockproxy.hosting.failure import Note, note_failure, note_unanswered
from mockproxy.hosting.grace import GRACE, START_TIME

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]
Watch = Callable[[], AbstractContextManager[None]]


def is_asgi(app: object) -> TypeGuard[AsgiApp]:
    """Whether it is async and takes ``scope``, ``receive`` and ``send``."""
    if not callable(app) or inspect.isclass(app):
        return False
    is_async = inspect.iscoroutinefunction(app) or inspect.iscoroutinefunction(type(app).__call__)
    return is_async and takes(app, 3)


def takes(app: Callable[..., object], count: int) -> bool:
    """Whether it can be called with so many arguments."""
    try:
        inspect.signature(app).bind(*[None] * count)
    except (TypeError, ValueError):  # the latter for what tells nothing of itself, as some builtins do
        return False
    return True


class AsgiHost:
    """uvicorn's protocols with the application behind them.

    Each of ``watches`` is entered before the application starts, and left when it has ended.
    """

    def __init__(self, app: AsgiApp, note: Note, *, traced: bool = False, watches: Sequence[Watch] = ()) -> None:
        try:
            from uvicorn import Config  # noqa: PLC0415 - an extra
            from uvicorn.server import ServerState  # noqa: PLC0415
        except ImportError:
            raise MissingExtra("hosting an ASGI application", "asgi") from None
        self._note = note
        self._ear = _Ear(app, note, traced=traced)
        self._config = Config(self._ear, lifespan="auto", log_config=None, access_log=False, interface="asgi3")
        self._config.load()
        self._state = ServerState()
        self._watches = watches
        self._watching = ExitStack()

    async def start(self) -> None:
        self._lifespan = self._config.lifespan_class(self._config)
        for watch in self._watches:
            self._watching.enter_context(watch())
        try:
            await self._start_lifespan()
        except BaseException:
            self._watching.close()
            raise

    async def _start_lifespan(self) -> None:
        try:
            async with asyncio.timeout(START_TIME):
                await self._lifespan.startup()
        except TimeoutError:
            raise ConfigurationError(f"the lifespan of the application did not start within {START_TIME:g} s") from None
        if self._lifespan.should_exit:
            failure = ConfigurationError(f"the lifespan of the application failed to start: {self._ear.why}")
            raise failure from self._ear.lifespan_error

    async def stop(self) -> None:
        await self._end_requests()
        with self._watching:
            try:
                async with asyncio.timeout(GRACE):
                    await self._lifespan.shutdown()
            except TimeoutError:
                logging.getLogger("mockproxy").warning("the lifespan of an application did not end within %g s", GRACE)
            if self._ear.failed_to_end:
                failure = HandlerFailed(f"the lifespan of the application failed to end: {self._ear.why}")
                failure.__cause__ = self._ear.lifespan_error
                self._note(failure)

    async def _end_requests(self) -> None:
        """Lets end what goes on behind an answer, such as background tasks, and cancels what does not."""
        under_way = set(self._state.tasks)
        if under_way:
            _, under_way = await asyncio.wait(under_way, timeout=GRACE)
        for task in under_way:
            task.cancel()
        if under_way:
            await asyncio.wait(under_way, timeout=GRACE)

    def protocol(self) -> asyncio.Protocol:
        make = cast("Callable[..., asyncio.Protocol]", self._config.http_protocol_class)
        return make(config=self._config, server_state=self._state, app_state=self._lifespan.state)


class _Ear:
    """The application, and an ear for what it raises."""

    def __init__(self, app: AsgiApp, note: Note, *, traced: bool) -> None:
        self._app = app
        self._note = note
        self._traced = traced
        self._started = False
        self._message = ""
        self.lifespan_error: BaseException | None = None

    @property
    def why(self) -> str:
        """Why the lifespan failed."""
        error = self.lifespan_error
        return f"{type(error).__name__}: {error}" if error else self._message or "it said no more"

    @property
    def failed_to_end(self) -> bool:
        return self._started and (self.lifespan_error is not None or self._message != "")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(scope, receive, send)
            return
        begin_answering(traced=self._traced)
        held = _HeldError(receive, send)
        try:
            await self._app(scope, held.receive, held.send)
            if scope["type"] == "http" and not held.whole:
                # uvicorn says so in its log, and answers 500 or breaks off.
                note_unanswered(self._note)
        except Exception as error:
            note_failure(error, self._note)
            raise
        finally:
            await held.release()

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._started, self._message, self.lifespan_error = False, "", None

        async def heard(message: MutableMapping[str, Any]) -> None:
            self._started = self._started or message["type"] == "lifespan.startup.complete"
            if message["type"].endswith(".failed"):
                self._message = message.get("message") or "it said no more"
            await send(message)

        try:
            await self._app(scope, receive, heard)
        except BaseException as error:
            self.lifespan_error = error
            raise


class _HeldError:
    """Keeps back a 500 that is sent while an exception is handled.

    Frameworks raise the exception again once they have answered, and the record has it before the client its answer.
    """

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._held: list[MutableMapping[str, Any]] = []
        self.whole = False
        """Whether the application has given its whole answer."""

    async def send(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            self.whole = True
        if self._held or (message.get("status") == 500 and sys.exc_info()[1] is not None):
            self._held.append(message)
        else:
            await self._send(message)

    async def receive(self) -> MutableMapping[str, Any]:
        # Who asks for more may wait for the client, who waits for the answer.
        await self.release()
        return await self._receive()

    async def release(self) -> None:
        held, self._held = self._held, []
        for message in held:
            await self._send(message)
