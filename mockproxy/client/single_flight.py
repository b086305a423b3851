"""One run for all that need its outcome."""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from types import TracebackType

# The ends of the runs that this is part of, be it in a task that one of them has started.
_within: ContextVar[tuple[asyncio.Event, ...]] = ContextVar("_within", default=())


class SingleFlight:
    """Runs a coroutine function once for all who find that the outcome of the last run no longer holds.

    ``generation`` counts the runs that have ended, well or not.
    Whoever uses an outcome notes the generation before, and renews with what it noted: of twenty that are refused with
    one outcome the first runs, and the last still shares that run, however late its refusal comes.
    """

    def __init__(self) -> None:
        self._ended: asyncio.Event | None = None
        self._error: Exception | None = None
        self._traceback: TracebackType | None = None
        self.generation = 0

    async def renew(self, seen: int, run: Callable[[], Awaitable[None]]) -> None:
        """Returns when a run has ended well since ``seen``, and raises what the last one raised.

        Whoever waits is not bound to whoever runs: where that one is cancelled, one of the waiting takes over.
        """
        while self.generation == seen:
            if self._ended is None:
                await self._lead(run)
            elif self._ended in _within.get():
                raise RuntimeError("this renewal waits for itself: what renews must not send requests that need it")
            else:
                await self._ended.wait()
        if self._error is not None:
            # It is raised more than once, and would gather the frames of everybody who waits.
            raise self._error.with_traceback(self._traceback)

    async def _lead(self, run: Callable[[], Awaitable[None]]) -> None:
        # An event belongs to the loop that waits for it, so each run has its own: this object may outlive a loop.
        ended = self._ended = asyncio.Event()
        token = _within.set((*_within.get(), ended))
        try:
            await run()
            self._error = None
            self.generation += 1
        except Exception as error:  # noqa: BLE001 - raised in all who wait for this run
            self._error, self._traceback = error, error.__traceback__
            self.generation += 1
        finally:
            self._ended = None
            ended.set()
            _within.reset(token)
