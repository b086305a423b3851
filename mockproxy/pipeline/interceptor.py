"""ASGI interceptors: objects with ``intercept(scope, receive, send)``, as Esmerald and Ravyn have them.

An interceptor captures the request: it may change the scope, read the body, refuse by raising, or answer through
``send``.  It never sees the response of the target.
"""

import asyncio
import dis
import inspect
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Any, Protocol

from mockproxy.errors import ConfigurationError, MiddlewareFailed
from mockproxy.pipeline.answer import Answer, Message
from mockproxy.pipeline.context import ProxyContext
from mockproxy.pipeline.form import Form, Passage
from mockproxy.pipeline.interception import Interception
from mockproxy.pipeline.scope import Scope, apply_scope, build_scope
from mockproxy.pipeline.trace import position

Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

# Who looks at all variables at once may find ``send`` among them.
_ALL_LOCALS = frozenset({"locals", "vars", "dir", "eval", "exec", "_getframe", "currentframe"})


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
    answers = may_answer(interceptor)

    async def run(passage: Passage, ctx: ProxyContext) -> None:
        scope = build_scope(ctx)
        who = f"interceptor {passage.step.name} ({position(passage.step)})"
        answer = Answer(who, ctx.incoming.method)
        interception = Interception(answer, passage.step.place)
        one: Interceptor = interceptor() if made_anew else interceptor
        intercept = partial(one.intercept, scope, _receiver(ctx, interception.over), interception.send)
        try:
            await (interception.run(intercept) if answers else interception.run_here(intercept))
        except Exception as error:
            if answer.begun and not isinstance(error, MiddlewareFailed):
                raise answer.raised(error) from error
            raise
        if interception.streams:
            passage.leave_running(interception)
        _take_over(scope, ctx, who)
        if not answer.begun:
            await passage.call_on()
            return
        if interception.streams:
            ctx.response = answer.streamed(interception)
        else:
            ctx.answer(answer.response())
        passage.answer()

    return run


def may_answer(interceptor: Any) -> bool:
    """Whether the code of its ``intercept`` touches its ``send``.

    One that does not is spared the task in which an answer could stream.
    """
    intercept = interceptor.intercept
    code = getattr(intercept, "__code__", None)
    place = 2 + (inspect.ismethod(intercept) or _unbound(interceptor))
    if code is None or place >= code.co_argcount:
        return True
    touched = {name for step in dis.get_instructions(code) for name in _names(step.argval)}
    return code.co_varnames[place] in touched or not touched.isdisjoint(_ALL_LOCALS)


def _names(argument: object) -> Iterable[object]:
    """Some versions of Python load two variables with one instruction."""
    return argument if isinstance(argument, tuple) else (argument,)


def _take_over(scope: Scope, ctx: ProxyContext, who: str) -> None:
    try:
        apply_scope(scope, ctx)
    except (ConfigurationError, UnicodeError) as error:
        raise MiddlewareFailed(f"{who} left a scope that cannot be forwarded: {error}") from error


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
    arguments = [None] * (3 + _unbound(interceptor))
    try:
        inspect.signature(interceptor.intercept).bind(*arguments)
    except TypeError as error:
        raise TypeError(
            f"the intercept of {interceptor!r} is not callable as intercept(scope, receive, send): {error}"
        ) from None


def _unbound(interceptor: Any) -> bool:
    """Whether ``intercept`` takes the instance, too, when it is asked for here."""
    return inspect.isclass(interceptor) and inspect.isfunction(inspect.getattr_static(interceptor, "intercept"))


def _receiver(ctx: ProxyContext, over: asyncio.Event) -> Receive:
    """Gives the body in one piece, as it is on the wire; it still goes on to the target."""
    given = False
    reading = asyncio.Lock()

    async def receive() -> Message:
        nonlocal given
        # Starlette and Lilya ask under a cancellation whether the client is gone: it must arrive before the body is
        # given away, which would be lost with it.
        await asyncio.sleep(0)
        async with reading:
            if not given and not over.is_set():
                body = await ctx.request.hold()
                given = True
                return {"type": "http.request", "body": body, "more_body": False}
        # As a server does whose client stays: nothing more comes before all is over, or until the client leaves, which
        # cancels the task.
        await over.wait()
        return {"type": "http.disconnect"}

    return receive
