"""Waits with a bound."""

import asyncio
from typing import TypeVar

T = TypeVar("T")


async def bounded(future: asyncio.Future[T], seconds: float, error: Exception) -> T:
    """The result of a future that somebody else sets; raises ``error`` when it took longer.

    ``asyncio.timeout`` would do the same for several times the cost (it cancels and uncancels the task).
    """
    timer = future.get_loop().call_later(seconds, _fail, future, error)
    try:
        return await future
    finally:
        timer.cancel()


def _fail(future: asyncio.Future[T], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
