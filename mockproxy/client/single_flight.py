"""One run for all that need its outcome."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from contextvars import ContextVar
from types import TracebackType

# The runs that this is part of, be it in a task that one of them has started.
_within: ContextVar[tuple["_Run", ...]] = ContextVar("_within", default=())


class SingleFlight:
    """Runs a coroutine function once for all who find that the outcome of the last run no longer holds.

    ``generation`` counts the runs that have ended, well or not.
    Whoever uses an outcome notes the generation before, and renews with what it noted: of twenty that are refused with
    one outcome the first runs, and the last still shares that run, however late its refusal comes.
    """

    def __init__(self) -> None:
        self._run: _Run | None = None
        self._error: Exception | None = None
        self._traceback: TracebackType | None = None
        self.generation = 0

    async def renew(self, seen: int, run: Callable[[], Awaitable[None]]) -> None:
        """Returns when a run has ended well since ``seen``, and raises what the last one raised.

        A run has a task of its own, which belongs to all that wait for it: whoever of them is cancelled leaves it to
        the others, and the last takes it along, and waits for its end.
        """
        while self.generation == seen:
            current = self._run
            if current is None or not current.is_of_this_loop():
                await self._begin(run)
            elif current in _within.get():
                raise RuntimeError("this renewal waits for itself: what renews must not send requests that need it")
            else:
                await self._wait_for(current)
        if self._error is not None:
            # It is raised more than once, and would gather the frames of everybody who waits.
            raise self._error.with_traceback(self._traceback)

    async def _begin(self, run: Callable[[], Awaitable[None]]) -> None:
        begun = self._run = _Run()
        begun.task = asyncio.create_task(self._carry_out(begun, run))
        await self._wait_for(begun)
        if begun.task.cancelled():  # by itself: the others begin another
            raise asyncio.CancelledError

    async def _wait_for(self, run: "_Run") -> None:
        run.waiting += 1
        try:
            await asyncio.wait([run.task])
        except asyncio.CancelledError:
            if run.waiting == 1:
                # Whoever comes now must not wait for what ends without an outcome.
                self._forget(run)
                await run.stop()
            raise
        finally:
            run.waiting -= 1
            if run.task.done():
                self._forget(run)

    async def _carry_out(self, current: "_Run", run: Callable[[], Awaitable[None]]) -> None:
        _within.set((*_within.get(), current))
        try:
            await run()
        except Exception as error:  # noqa: BLE001 - raised in all who wait for this run
            if self._run is not current:
                return  # what came of its being stopped is no outcome
            self._error, self._traceback = error, error.__traceback__
        else:
            self._error = None
        self.generation += 1

    def _forget(self, run: "_Run") -> None:
        if self._run is run:
            self._run = None


class _Run:
    """A run that is under way, and how many wait for it."""

    task: "asyncio.Task[None]"

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.waiting = 0

    def is_of_this_loop(self) -> bool:
        """False for what another loop has left behind: whoever renews may outlive a loop."""
        return self._loop is asyncio.get_running_loop()

    async def stop(self) -> None:
        while not self.task.done():
            self.task.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.wait([self.task])
