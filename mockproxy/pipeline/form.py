"""What every form of middleware is made into, and what it may do with the rest of the chain."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from mockproxy.errors import Trouble
from mockproxy.pipeline.context import ProxyContext
from mockproxy.pipeline.trace import Step


class Running(Protocol):
    """What goes on behind the answer of a middleware."""

    @property
    def trouble(self) -> Trouble | None:
        """What went wrong with it so far."""

    def leave(self) -> None:
        """Nobody wants it any more: cancels it where it still runs."""

    async def ended(self) -> None:
        """Waits for its end; one that does not end in time is left behind."""


class Passage(Protocol):
    """One middleware's dealings with what stands further inside."""

    step: Step
    passed_on: bool

    async def call_on(self) -> None:
        """Runs everything further inside; afterwards ``ctx.response`` is there."""

    def answer(self) -> None:
        """Notes that the middleware has answered without calling on."""

    def leave_running(self, running: Running) -> None:
        """Hands over what the end of the exchange is to end."""


Form = Callable[[Passage, ProxyContext], Awaitable[None]]
