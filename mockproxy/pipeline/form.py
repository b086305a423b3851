"""What every form of middleware is made into, and what it may do with the rest of the chain."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from mockproxy.pipeline.context import ProxyContext
from mockproxy.pipeline.trace import Step


class Passage(Protocol):
    """One middleware's dealings with what stands further inside."""

    step: Step
    passed_on: bool

    async def call_on(self) -> None:
        """Runs everything further inside; afterwards ``ctx.response`` is there."""

    def answer(self) -> None:
        """Notes that the middleware has answered without calling on."""


Form = Callable[[Passage, ProxyContext], Awaitable[None]]
