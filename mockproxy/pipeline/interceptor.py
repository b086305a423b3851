"""ASGI interceptors: objects with ``intercept(scope, receive, send)``, as Esmerald and Ravyn have them.

An interceptor captures the request: it may change the scope, read the body, refuse by raising, or answer through
``send``.  It never sees the response of the target.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from mockproxy.errors import MiddlewareFailed
from mockproxy.messages.message import Response
from mockproxy.pipeline.context import ProxyContext
from mockproxy.pipeline.form import Form, Passage
from mockproxy.pipeline.scope import Scope, apply_scope, build_scope

# Messages of ASGI are open mappings (ASGI specification, "Events").
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Interceptor(Protocol):
    """What an interceptor must have; a class is made anew for each request, an instance is used as it is."""

    async def intercept(self, scope: Scope, receive: Receive, send: Send) -> None: ...


def is_interceptor(candidate: object) -> bool:
    method = getattr(candidate, "intercept", None)
    return inspect.iscoroutinefunction(method)


def interceptor_form(interceptor: Any) -> Form:
    """Runs the interceptor, then everything further inside, unless it has answered.

    Raises ``TypeError`` for one that could not be made or called at a request.
    """
    made_anew = inspect.isclass(interceptor)
    if made_anew:
        _check_makeable(interceptor)
    _check_callable(interceptor)

    async def run(passage: Passage, ctx: ProxyContext) -> None:
        scope = build_scope(ctx)
        answer = _Answer(passage.step.name)
        one: Interceptor = interceptor() if made_anew else interceptor
        await one.intercept(scope, _receiver(ctx), answer.send)
        apply_scope(scope, ctx)
        if answer.begun:
            ctx.answer(answer.response())
            passage.answer()
        else:
            await passage.call_on()

    return run


def _check_makeable(cls: type) -> None:
    if inspect.isabstract(cls):
        raise TypeError(f"{cls!r} is no interceptor yet: it is abstract, and cannot be made for a request")
    try:
        inspect.signature(cls).bind()
    except TypeError as error:
        raise TypeError(f"{cls!r} cannot be made for each request ({error}): register an instance of it") from None


def _check_callable(interceptor: Any) -> None:
    unbound = inspect.isclass(interceptor) and inspect.isfunction(inspect.getattr_static(interceptor, "intercept"))
    arguments = [None] * (4 if unbound else 3)
    try:
        inspect.signature(interceptor.intercept).bind(*arguments)
    except TypeError as error:
        raise TypeError(
            f"the intercept of {interceptor!r} is not callable as intercept(scope, receive, send): {error}"
        ) from None


def _receiver(ctx: ProxyContext) -> Receive:
    """Gives the body in one piece, as it is on the wire; it still goes on to the target."""
    given = False

    async def receive() -> Message:
        nonlocal given
        if given:
            # As a server does whose client stays: nothing more comes until it leaves, which cancels the task.
            await asyncio.get_running_loop().create_future()
        given = True
        return {"type": "http.request", "body": await ctx.request.hold(), "more_body": False}

    return receive


class _Answer:
    """What an interceptor sends by itself; every break of the ASGI contract names the interceptor."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._start: Message | None = None
        self._pieces: list[bytes] = []
        self._complete = False

    @property
    def begun(self) -> bool:
        return self._start is not None

    async def send(self, message: Message) -> None:
        kind = message["type"]
        if kind == "http.response.start":
            self._check(self._start is None, "started a second response")
            self._start = message
        elif kind == "http.response.body":
            self._check(self._start is not None, "sent a body before http.response.start")
            self._check(not self._complete, "sent a body after the response was complete")
            self._pieces.append(message.get("body", b""))
            self._complete = not message.get("more_body", False)
        else:
            self._check(False, f"sent {kind!r}, which is no message of an HTTP response")

    def response(self) -> Response:
        assert self._start is not None
        self._check(self._complete, "left its response unfinished: the last http.response.body says more_body=False")
        headers = [(bytes(name), bytes(value)) for name, value in self._start.get("headers", ())]
        return Response(self._start["status"], None, headers, b"".join(self._pieces))

    def _check(self, holds: bool, finding: str) -> None:
        if not holds:
            raise MiddlewareFailed(f"interceptor {self._name} {finding}")
