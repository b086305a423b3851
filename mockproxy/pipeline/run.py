"""One exchange passing through a chain.

Errors become responses where they happen: what stands further out sees a response with ``ctx.error`` set, runs the
code behind its ``yield``, and cannot mistake the refusal of another for its own.
"""

from asyncio import CancelledError, current_task
from collections.abc import Awaitable, Callable, Sequence
from time import perf_counter

from mockproxy.errors import ConfigurationError, MiddlewareFailed, Trouble
from mockproxy.messages.message import Response
from mockproxy.pipeline.context import ProxyContext
from mockproxy.pipeline.entry import BoundEntry
from mockproxy.pipeline.form import Running
from mockproxy.pipeline.outgoing import OutgoingResponse
from mockproxy.pipeline.trace import Step, StepLog, Trace, position

Core = Callable[[ProxyContext], Awaitable[None]]
Translate = Callable[[BaseException], Response | None]


def ends_task(error: BaseException) -> bool:
    """Whether what a function of the test raised is no failure of that function, but the end of the task it runs in.

    ``pytest.fail()`` and ``sys.exit()`` raise no ``Exception`` either, and a ``CancelledError`` may be that of another
    task which was awaited: those are failures like any other.
    """
    if isinstance(error, CancelledError):
        task = current_task()
        return task is None or task.cancelling() > 0
    return isinstance(error, GeneratorExit | KeyboardInterrupt)


class ChainRun:
    """Runs the entries around a core, strictly one after the other, and notes every step.

    ``core`` sets ``ctx.response`` or raises; ``translate`` turns an exception into the response that it asks for, or
    gives None for one that nobody meant to be answered: that is trouble, and a 500 that tells the client nothing.
    """

    __slots__ = ("_core", "_entries", "_log", "_reached", "_translate", "answered_by", "ctx", "running",
                 "troubles")  # fmt: skip

    def __init__(self, entries: Sequence[BoundEntry], ctx: ProxyContext, core: Core, translate: Translate) -> None:
        self._entries = entries
        self._core = core
        self._translate = translate
        self._log = StepLog()
        self._reached = 0
        self.ctx = ctx
        self.answered_by: str | None = None
        self.troubles: list[Trouble] = []
        self.running: list[Running] = []
        """What goes on behind the answer of a middleware, until ``end``."""

    async def run(self) -> None:
        """Afterwards ``ctx.response`` is there, whatever happened."""
        await self._proceed(0)

    async def end(self) -> None:
        """Ends what goes on behind an answer, within a bound."""
        for running in self.running:
            running.leave()
        for running in self.running:
            await running.ended()

    def late_troubles(self) -> list[Trouble]:
        """What went wrong behind an answer."""
        return [running.trouble for running in self.running if running.trouble is not None]

    def trace(self) -> Trace:
        skipped = tuple(bound.entry.name for bound in self._entries[self._reached :])
        return self._log.trace(self.answered_by, skipped)

    async def _proceed(self, index: int) -> None:
        if index == len(self._entries):
            await self._run_core()
            return
        self._reached = max(self._reached, index + 1)
        bound = self._entries[index]
        ctx = self.ctx
        step = Step(
            bound.entry.name, bound.entry.phase, bound.level, bound.entry.place, ctx.request.state(ctx.path_params)
        )
        self._log.enter(step)
        passage = _StepPassage(self, step, index)
        try:
            await bound.entry.form(passage, ctx)
        except BaseException as error:
            if ends_task(error):
                raise
            passage.failed(error)
        finally:
            passage.leave()
            self._log.leave(step)

    async def _run_core(self) -> None:
        try:
            await self._core(self.ctx)
        except Exception as error:  # noqa: BLE001 - whatever goes wrong at the target becomes the response
            meant = isinstance(error, Trouble) or self.is_meant(error)
            self.ctx.response = self.error_response(error if meant else self._not_forwarded(error))

    def _not_forwarded(self, error: Exception) -> MiddlewareFailed:
        """What middlewares made of a request breaks only here where it is put together or streamed."""
        finding = f"the request could not be sent as the middlewares left it: {type(error).__name__}: {error}"
        place = None
        for step, name in self._log.changed_params() if isinstance(error, ConfigurationError) else ():
            if repr(name) in str(error):
                finding += f"; {step.name} ({position(step)}) has changed the path parameter {name!r}"
                place = place or step.place
        trouble = MiddlewareFailed(finding, place=place)
        trouble.__cause__ = error
        return trouble

    def error_response(self, error: BaseException) -> OutgoingResponse:
        """The response for an error, which becomes ``ctx.error``; unmeant ones are noted as trouble."""
        self.ctx.error = error
        if isinstance(error, Trouble):
            self.troubles.append(error)
        answer = self._translate(error)
        if answer is None:
            answer = Response(500, None, {"Content-Type": "text/plain; charset=utf-8"}, b"Internal Server Error\n")
        return OutgoingResponse.whole(answer.status, answer.headers, answer.body, answer.reason)

    def is_meant(self, error: BaseException) -> bool:
        """Whether an exception says which response it wants."""
        return self._translate(error) is not None


class _StepPassage:
    """The ``Passage`` of one step: keeps its times and the states of the messages around it."""

    __slots__ = ("_away", "_index", "_run", "passed_on", "step")

    def __init__(self, run: ChainRun, step: Step, index: int) -> None:
        self._run = run
        self._index = index
        self.step = step
        self.passed_on = False
        self._away = 0.0

    async def call_on(self) -> None:
        """Runs everything further inside; afterwards there is a response."""
        ctx, step = self._run.ctx, self.step
        if not self.passed_on:
            step.request_after = ctx.request.state(ctx.path_params)
        # Whoever answered an earlier attempt did not answer this one.
        self._run.answered_by = None
        self.passed_on = True
        left_at = perf_counter()
        try:
            await self._run._proceed(self._index + 1)
        finally:
            self._away += perf_counter() - left_at
        step.response_before = ctx.response.state()

    def answer(self) -> None:
        """The middleware has answered by itself."""
        self.step.answered = True
        if self._run.answered_by is None:
            self._run.answered_by = self.step.name

    def leave_running(self, running: Running) -> None:
        self._run.running.append(running)

    def failed(self, error: BaseException) -> None:
        """The middleware raised: its exception becomes the response."""
        run, step = self._run, self.step
        step.error = error
        if not run.is_meant(error):
            error = self._trouble(error)
        response = run.error_response(error)
        if not self.passed_on:
            self.answer()
        run.ctx.response = response

    def leave(self) -> None:
        ctx, step = self._run.ctx, self.step
        if not self.passed_on:
            step.request_after = ctx.request.state(ctx.path_params)
        elif ctx.answered:
            step.response_after = ctx.response.state()
        step.elapsed = perf_counter() - step.entered_at
        step.own = step.elapsed - self._away

    def _trouble(self, error: BaseException) -> MiddlewareFailed:
        if isinstance(error, MiddlewareFailed):
            error.place = error.place or self.step.place
            return error
        trouble = MiddlewareFailed(
            f"{self.step.name} ({position(self.step)}) raised {type(error).__name__}: {error}",
            place=self.step.place,
        )
        trouble.__cause__ = error
        return trouble
