"""ASGI interceptors: objects with ``intercept(scope, receive, send)``, as Esmerald and Ravyn have them.

An interceptor captures the request: it may change the scope, read the body, refuse by raising, or answer through
``send``.  It never sees the response of the target.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from mockproxy.errors import ConfigurationError, MiddlewareFailed
from mockproxy.messages.headers import RawFields, raw_fields
from mockproxy.messages.message import Response, checked_status
from mockproxy.pipeline.context import ProxyContext
from mockproxy.pipeline.form import Form, Passage
from mockproxy.pipeline.scope import Scope, apply_scope, build_scope, pairs_of_bytes

# Messages of ASGI are open mappings (ASGI specification, "Events").
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Interceptor(Protocol):
    """What an interceptor must have; a class is made anew for each request, an instance is used as it is."""

    async def intercept(self, scope: Scope, receive: Receive, send: Send) -> None: ...


def is_interceptor(candidate: object) -> bool:
    """Also one whose ``intercept`` is wrapped by a decorator that gives on what it calls."""
    method = getattr(candidate, "intercept", None)
    return inspect.iscoroutinefunction(inspect.unwrap(method) if callable(method) else method)


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
        answer = _Answer(passage.step.name, ctx.incoming.method)
        one: Interceptor = interceptor() if made_anew else interceptor
        try:
            await one.intercept(scope, _receiver(ctx, answer), answer.send)
        except Exception as error:
            answer.check_not_begun(error)
            raise
        finally:
            answer.over.set()
        _take_over(scope, ctx, passage.step.name)
        if answer.begun:
            ctx.answer(answer.response())
            passage.answer()
        else:
            await passage.call_on()

    return run


def _take_over(scope: Scope, ctx: ProxyContext, name: str) -> None:
    try:
        apply_scope(scope, ctx)
    except (ConfigurationError, UnicodeError) as error:
        raise MiddlewareFailed(f"interceptor {name} left a scope that cannot be forwarded: {error}") from error


def _check_makeable(cls: type) -> None:
    if inspect.isabstract(cls):
        raise TypeError(f"{cls!r} is no interceptor yet: it is abstract, and cannot be made for a request")
    try:
        inspect.signature(cls).bind()
    except ValueError:
        # A class on top of a built-in one says nothing of its arguments; an exception or a dict needs none.
        return
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


def _receiver(ctx: ProxyContext, answer: "_Answer") -> Receive:
    """Gives the body in one piece, as it is on the wire; it still goes on to the target."""
    given = False
    reading = asyncio.Lock()

    async def receive() -> Message:
        nonlocal given
        # Starlette and Lilya ask under a cancellation whether the client is gone: it must arrive before the body is
        # given away, which would be lost with it.
        await asyncio.sleep(0)
        async with reading:
            if not given and not answer.over.is_set():
                body = await ctx.request.hold()
                given = True
                return {"type": "http.request", "body": body, "more_body": False}
        # As a server does whose client stays: nothing more comes before all is over, or until the client leaves, which
        # cancels the task.
        await answer.over.wait()
        return {"type": "http.disconnect"}

    return receive


class _Answer:
    """What an interceptor sends by itself; every break of the ASGI contract names the interceptor."""

    def __init__(self, name: str, method: str) -> None:
        self._name = name
        self._method = method
        self._start: tuple[int, RawFields] | None = None
        self._pieces: list[bytes] = []
        self._complete = False
        self.over = asyncio.Event()
        """Nothing is received or sent any more: the answer is complete, or the interceptor has ended."""

    @property
    def begun(self) -> bool:
        return self._start is not None

    async def send(self, message: Message) -> None:
        self._check(isinstance(message, Mapping) and "type" in message, "sent what is no message: a dict with a 'type'")
        kind = message["type"]
        self._check(self.begun or not self.over.is_set(), f"sent {kind!r} after it had ended")
        if kind == "http.response.start":
            self._check(self._start is None, "started a second response")
            self._start = self._status_and_fields(message)
        elif kind == "http.response.body":
            self._check(self._start is not None, "sent a body before http.response.start")
            self._check(not self._complete, "sent a body after the response was complete")
            body = message.get("body", b"")
            self._check(
                isinstance(body, bytes | bytearray | memoryview), f"sent a body of {type(body).__name__}, not of bytes"
            )
            self._pieces.append(bytes(body))
            if not message.get("more_body", False):
                self._complete = True
                self.over.set()
        else:
            self._check(False, f"sent {kind!r}, which is no message of an HTTP response")

    def check_not_begun(self, error: Exception) -> None:
        """An error asks for a response of its own, and there is but one."""
        if self.begun and not isinstance(error, MiddlewareFailed):
            finding = f"raised {type(error).__name__} after it had begun to answer: {error}"
            raise MiddlewareFailed(f"interceptor {self._name} {finding}") from error

    def response(self) -> Response:
        assert self._start is not None
        self._check(self._complete, "left its response unfinished: the last http.response.body says more_body=False")
        (status, fields), body = self._start, b"".join(self._pieces)
        if self._method != "HEAD" and status not in (204, 304):
            for declared in (value.decode("latin-1") for name, value in fields if name.lower() == b"content-length"):
                finding = f"declared Content-Length {declared} and sent {len(body)} octets"
                self._check(declared == str(len(body)), finding)
        # How an answer is framed is up to the server, in ASGI as in WSGI (PEP 3333, "Other HTTP Features").
        return Response(status, None, [line for line in fields if line[0].lower() != b"transfer-encoding"], body)

    def _status_and_fields(self, start: Message) -> tuple[int, RawFields]:
        try:
            status: Any = start.get("status")
            return checked_status(status), raw_fields(pairs_of_bytes("its headers", start.get("headers", ())))
        except ConfigurationError as error:
            raise MiddlewareFailed(f"interceptor {self._name} sent a response that cannot be given: {error}") from error

    def _check(self, holds: bool, finding: str) -> None:
        if not holds:
            raise MiddlewareFailed(f"interceptor {self._name} {finding}")
