"""One run of an interceptor that may answer by itself, in a task of its own.

An answer that it completes at once is held until the interceptor has ended, as everything is that it does.  One that
takes its time, or is large, streams: the chain goes on with the head, and the interceptor with the body.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import Context, copy_context
from typing import Final

from mockproxy.errors import MiddlewareFailed, Trouble
from mockproxy.messages.headers import RawFields
from mockproxy.pipeline.answer import Answer, Message

Intercept = Callable[[], Awaitable[None]]

# Behind the first piece; the interceptor has not waited for anything but the loop where it has ended by then.
HELD_TIME: Final = 0.010
# As many octets as of any other body wait for a slow reader (``Limits.buffered``).
HELD_SIZE: Final = 64 * 1024
# Less than a connection is given to end, so that the exchange is filed by then.
END_TIME: Final = 0.4


class Interception:
    """The run, and where its answer ``streams`` the ``ByteSource`` of the body.

    What goes wrong while it streams breaks the body off; ``place`` is where the interceptor was declared.
    """

    def __init__(self, answer: Answer, place: str) -> None:
        self.streams = False
        self.over = asyncio.Event()
        """Nothing is received any more: the answer is complete, the interceptor has ended, or nobody wants it."""
        self.trailers: RawFields = ()
        self._answer = answer
        self._place = place
        self._task: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self._raised: BaseException | None = None
        self._failure: BaseException | None = None
        self._ended = False
        self._left = False

    # The side of the interceptor.

    async def run_here(self, intercept: Intercept) -> None:
        """Without a task: for an interceptor that does not answer, or whose whole answer may be held."""
        try:
            await intercept()
        finally:
            self._ended = True
            self.over.set()

    async def run(self, intercept: Intercept) -> None:
        """Returns when the interceptor has ended, or its answer streams; raises what it raised before that.

        To be cancelled meanwhile is left to the interceptor, as if it ran in the task that calls this.
        """
        context = copy_context()
        task = self._task = asyncio.get_running_loop().create_task(self._run(intercept), context=context)
        task.add_done_callback(self._end)
        while not (self._ended or self.streams):
            self._news.clear()
            try:
                await self._news.wait()
            except asyncio.CancelledError:
                task.cancel()
        _take_over(context)
        if self._raised is not None and not self.streams:
            raise self._raised

    async def send(self, message: Message) -> None:
        """Waits while more than ``HELD_SIZE`` octets are untaken; raises ``OSError`` once nobody wants them."""
        self._check_wanted()
        if self._ended and not self._answer.begun:
            raise self._answer.failed(f"sent {message['type']!r} after it had ended")
        self._answer.note(message)
        self._news.set()
        if self._answer.complete:
            self.over.set()
        elif message["type"] == "http.response.body" and self._task is not None:
            await self._make_room(self._task)

    async def _run(self, intercept: Intercept) -> None:
        try:
            await intercept()
        except BaseException as error:  # noqa: BLE001 - raised where the chain waits for it, or breaks the body off
            self._raised = error

    def _end(self, task: "asyncio.Task[None]") -> None:
        if task.cancelled():
            # Before its first turn: of the interceptor nothing has run.
            self._raised = asyncio.CancelledError()
        if self._timer is not None:
            self._timer.cancel()
        if self.streams:
            self._failure = self._found()
        self._ended = True
        self.over.set()
        self._news.set()

    def _found(self) -> BaseException | None:
        """What went wrong while the answer streamed."""
        error = self._raised
        if error is None and not self._left:
            error = self._answer.unfinished()
        if error is None or (self._left and _tells_of_the_end(error)):
            return None
        if isinstance(error, KeyboardInterrupt | GeneratorExit):
            return error
        failure = error if isinstance(error, MiddlewareFailed) else self._answer.raised(error)
        failure.place = failure.place or self._place
        return failure

    def _check_wanted(self) -> None:
        if self._left:
            # As a server does whose client has left (ASGI specification, HTTP 2.4: "Disconnected Client").
            raise ConnectionResetError("nobody waits for this answer any more")

    async def _make_room(self, task: "asyncio.Task[None]") -> None:
        if self._answer.untaken > HELD_SIZE:
            self._stream(task)
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(HELD_TIME, self._stream, task)
        while self.streams and not self._ended and self._answer.untaken > HELD_SIZE:
            self._room.clear()
            await self._room.wait()
            self._check_wanted()

    def _stream(self, task: "asyncio.Task[None]") -> None:
        if not self._answer.complete and not task.done():
            self.streams = True
            self._news.set()

    # The side of who takes the body.

    @property
    def at_end(self) -> bool:
        """Not before the interceptor has ended: what goes wrong behind the last piece is told, too."""
        return self._ended and self._failure is None and not self._answer.untaken

    def take(self) -> bytes:
        data = self._answer.take(whole=self._ended and self._failure is None)
        self._room.set()
        return data

    async def next(self) -> bytes:
        while not (data := self.take()) and not self.at_end:
            if self._failure is not None:
                raise self._failure
            self._news.clear()
            await self._news.wait()
        return data

    # The side of who ends it.

    @property
    def trouble(self) -> Trouble | None:
        return self._failure if isinstance(self._failure, Trouble) else None

    def leave(self) -> None:
        if self._task is not None and not self._ended:
            self._left = True
            self._task.cancel()
            self.over.set()
            self._room.set()

    async def ended(self) -> None:
        if self._task is not None and not self._ended:
            await asyncio.wait({self._task}, timeout=END_TIME)


def _take_over(context: Context) -> None:
    """What the interceptor has set is there for those further inside."""
    missing = object()
    for variable, value in context.items():
        if variable.get(missing) is not value:
            variable.set(value)


def _tells_of_the_end(error: BaseException) -> bool:
    """Starlette and Lilya raise a class of their own where nobody takes what they send."""
    return isinstance(error, asyncio.CancelledError | ConnectionError) or type(error).__name__ == "ClientDisconnect"
