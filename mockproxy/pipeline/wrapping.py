"""Middlewares that call the rest of the chain themselves: once, more than once, or not at all."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from mockproxy.errors import MiddlewareFailed
from mockproxy.messages.message import Response
from mockproxy.pipeline.context import ProxyContext
from mockproxy.pipeline.form import Form, Passage
from mockproxy.pipeline.outgoing import OutgoingResponse


class CallNext(Protocol):
    """What a wrapping middleware awaits: runs everything further inside, from the request as it is now left.

    May be called again, for another attempt; each gives the response to it, which is then ``ctx.response``, too.
    """

    async def __call__(self) -> OutgoingResponse: ...


WrappingMiddleware = Callable[[ProxyContext, CallNext], Awaitable[OutgoingResponse | Response]]


def wrapping_form(middleware: WrappingMiddleware) -> Form:
    """Each ``call_next()`` starts from the request as this middleware left it.

    What stands further inside runs anew, and does not find its own changes there already.
    """

    async def run(passage: Passage, ctx: ProxyContext) -> None:
        async def call_next() -> OutgoingResponse:
            if passage.passed_on:
                ctx.request.check_repeatable()
                ctx.clear_response()
                ctx.error = None
            else:
                await ctx.request.keep_small()
            with ctx.restored():
                await passage.call_on()
            return ctx.response

        response = await middleware(ctx, call_next)
        _take(response, passage, ctx)

    return run


def _take(response: object, passage: Passage, ctx: ProxyContext) -> None:
    if isinstance(response, Response):
        ctx.answer(response)
    elif isinstance(response, OutgoingResponse):
        ctx.response = response
    else:
        raise MiddlewareFailed(
            f"{passage.step.name} returned {type(response).__name__} instead of a response: "
            "return what call_next() gave, or a mockproxy.Response"
        )
    if not passage.passed_on:
        passage.answer()
