"""Functions that compute a reply."""

import asyncio
import inspect
import threading
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import unquote

from mockproxy.messages.message import Request, Response
from mockproxy.routes.reply import Reply, make_reply

Handler = Callable[..., object]
Convert = Callable[[object], Reply | None]


class Computed:
    """A handler, adapted once: called with the request, and with those path parameters that it names.

    A coroutine function runs on the loop of the server; a plain one in a thread of its own, so that it may block.
    ``convert`` turns the responses of other libraries into replies.
    """

    def __init__(self, function: Handler, path_params: Sequence[str], convert: Convert) -> None:
        if not callable(function):
            raise TypeError(f"reply_with takes a function, not {type(function).__name__}: {function!r}")
        self._function = function
        self._wanted = _wanted_params(function, path_params)
        self._convert = convert
        self.name = getattr(function, "__name__", type(function).__name__)

    async def reply(self, request: Request, path_params: dict[str, str]) -> Reply:
        params = {name: unquote(path_params[name]) for name in self._wanted}
        if inspect.iscoroutinefunction(self._function):
            result = await self._function(request, **params)
        else:
            result = await in_thread(lambda: self._function(request, **params))
            if inspect.isawaitable(result):
                result = await result
        return self._reply_of(result)

    def _reply_of(self, result: object) -> Reply:
        if result is None:
            return make_reply(204)
        if isinstance(result, Reply):
            return result
        if isinstance(result, Response):
            return Reply(result.status, result.reason, result.headers.raw, result.body)
        if isinstance(result, str):
            return make_reply(text=result)
        if isinstance(result, bytes):
            return make_reply(body=result)
        converted = self._convert(result)
        return make_reply(json=result) if converted is None else converted


def _wanted_params(function: Handler, path_params: Sequence[str]) -> list[str]:
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return []
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        wanted = list(path_params)
    else:
        wanted = [parameter.name for parameter in parameters[1:] if parameter.name in path_params]
    try:
        inspect.signature(function).bind(None, **dict.fromkeys(wanted))
    except TypeError as error:
        known = ", ".join(path_params) or "none"
        raise TypeError(
            f"{getattr(function, '__name__', function)!r} cannot be called with the request and the path parameters "
            f"({known}): {error}"
        ) from None
    return wanted


async def in_thread(function: Callable[[], Any]) -> Any:
    """Runs a function that may block, in a daemon thread: one that never returns holds up nobody, not even the exit."""
    loop = asyncio.get_running_loop()
    # The error is a result as well: a future takes no StopIteration, which ``next()`` in a handler may raise.
    future: asyncio.Future[tuple[Any, BaseException | None]] = loop.create_future()

    def settle(result: Any, error: BaseException | None) -> None:
        if not future.done():
            future.set_result((result, error))

    def run() -> None:
        result: Any = None
        error: BaseException | None = None
        try:
            result = function()
        except BaseException as raised:  # noqa: BLE001 - carried over to the task that waits
            error = raised
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, result, error)

    threading.Thread(target=run, name="mockproxy handler", daemon=True).start()
    result, error = await future
    if error is not None:
        raise error
    return result
