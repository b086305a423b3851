"""A gate that holds requests until the test lets them go."""

import asyncio
import threading

from mockproxy.errors import RecordError


class Gate:
    """Closed when made; ``open()`` lets through everything that waits, and everything after it.

    Any thread may open it and ask it; servers wait at it on their own loop.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._open = False
        self._waiting: dict[asyncio.Future[None], asyncio.AbstractEventLoop] = {}

    @property
    def is_open(self) -> bool:
        return self._open

    @property
    def held(self) -> int:
        """How many requests wait at this gate now."""
        return len(self._waiting)

    def open(self) -> None:
        with self._changed:
            self._open = True
            waiting = list(self._waiting.items())
        for future, loop in waiting:
            loop.call_soon_threadsafe(_let_go, future)

    def wait_for_held(self, count: int = 1, *, within: float = 5.0) -> None:
        """Blocks until ``count`` requests wait at the gate at once; raises ``RecordError`` after ``within`` seconds."""
        with self._changed:
            if not self._changed.wait_for(lambda: self.held >= count, timeout=within):
                raise RecordError(
                    f"expected {count} requests to be held at the gate within {within:g} s; {self.held} are"
                )

    async def passed(self) -> None:
        """Waits, on the loop of a server, until the gate is open."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        with self._changed:
            if self._open:
                return
            self._waiting[future] = loop
            self._changed.notify_all()
        try:
            await future
        finally:
            with self._changed:
                self._waiting.pop(future, None)

    def __repr__(self) -> str:
        return f"<Gate {'open' if self._open else f'closed, holding {self.held}'}>"


def _let_go(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
