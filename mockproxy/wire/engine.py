"""The loop that servers live on when they do not live on the caller's: one, in one background thread.

A blocking client in the test cannot starve it, and neither can a test loop of another scope.
It starts with the first server and ends with the last one.
"""

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from mockproxy.errors import MockProxyError
from mockproxy.place import place_in_thread

T = TypeVar("T")

# Control calls take about 0.1 ms, and an application may take 10 s to start; what takes this long never returns.
_CONTROL_TIME = 15.0
# The last call has returned by then: what holds up the end is blocked, and is left to die with the process.
_JOIN_TIME = 2.0
# As long as a request is given when its server stops.
_END_TIME = 0.5


class Engine:
    """One event loop in one daemon thread."""

    def __init__(self, control_time: float = _CONTROL_TIME) -> None:
        self._control_time = control_time
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="mockproxy", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        try:
            self.loop.run_forever()
        finally:
            self.loop.run_until_complete(_end_tasks())
            self.loop.run_until_complete(self.loop.shutdown_asyncgens())
            self.loop.close()

    @property
    def thread(self) -> int:
        """The identity of the thread, on which nobody may block."""
        assert self._thread.ident is not None
        return self._thread.ident

    def submit(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        """Runs a coroutine on the loop while the caller goes on."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop)

    def call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Runs a coroutine on the loop and blocks until it is done; open to Ctrl-C.

        Raises ``MockProxyError`` that says where the loop is held up, after ``_CONTROL_TIME``.
        """
        try:
            self.check_caller()
        except MockProxyError:
            coroutine.close()
            raise
        future = self.submit(coroutine)
        try:
            return future.result(self._control_time)
        except BaseException as error:
            late = isinstance(error, TimeoutError) and not future.done()
            future.cancel()
            if late:
                raise self._held_up() from None
            raise

    def _held_up(self) -> MockProxyError:
        place = place_in_thread(self.thread)
        where = "" if place is None else f" and stands at {place}"
        return MockProxyError(
            f"the loop of the servers has not answered for {self._control_time:g} s{where}: an async handler or "
            "middleware must not block; `await asyncio.sleep(...)`, or a plain `def`, which runs in a thread, does not"
        )

    def check_caller(self) -> None:
        """Raises ``MockProxyError`` on the loop itself, which would wait for itself."""
        if threading.current_thread() is self._thread:
            raise MockProxyError("a server cannot be started or stopped from the loop that it lives on")

    def end(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(_JOIN_TIME)


async def _end_tasks() -> None:
    """Cancels what handlers have begun and left behind, which would complain when it is destroyed."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=_END_TIME)


class _Shared:
    """The engine of this process, while anybody needs it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._engine: Engine | None = None
        self._users = 0

    def acquire(self) -> Engine:
        with self._lock:
            if self._engine is None:
                self._engine = Engine()
            self._users += 1
            return self._engine

    def release(self) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0 and self._engine is not None:
                self._engine.end()
                self._engine = None


shared_engine = _Shared()
