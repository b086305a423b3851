"""Middlewares around the request, split by ``yield``."""

from collections.abc import AsyncGenerator, Callable

from mockproxy.errors import MiddlewareFailed
from mockproxy.pipeline.context import ProxyContext
from mockproxy.pipeline.form import Form, Passage

SplitMiddleware = Callable[[ProxyContext], AsyncGenerator[None, None]]


def split_form(middleware: SplitMiddleware) -> Form:
    """What stands before the ``yield`` runs on the way in, what stands behind it on the way out.

    One that returns without a ``yield`` has nothing to do on the way out.
    """

    async def run(passage: Passage, ctx: ProxyContext) -> None:
        generator = middleware(ctx)
        yielded = await _advance(generator)
        try:
            if ctx.answered:
                passage.answer()
            else:
                await passage.call_on()
            if yielded and await _advance(generator):
                raise MiddlewareFailed(f"{passage.step.name} yielded a second time; a middleware has one `yield`")
        finally:
            await generator.aclose()

    return run


async def _advance(generator: AsyncGenerator[None, None]) -> bool:
    """Runs up to the next ``yield``; False where the function has returned."""
    try:
        await anext(generator)
    except StopAsyncIteration:
        return False
    return True
