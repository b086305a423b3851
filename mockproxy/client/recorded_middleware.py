"""A client middleware under trace."""

from collections.abc import Iterable
from time import perf_counter

from aiohttp import ClientHandlerType, ClientMiddlewareType, ClientRequest, ClientResponse

from mockproxy.client.call_recorder import CallRecorder, current_call
from mockproxy.client.message_state import state_of_request, state_of_response
from mockproxy.client.middlewares import checked_middlewares
from mockproxy.client.recorded_response import recorded_class
from mockproxy.pipeline.entry import name_of
from mockproxy.pipeline.trace import Step
from mockproxy.place import place_of_caller


class RecordedMiddleware:
    """Runs a middleware, and notes in the trace of the call what it did."""

    def __init__(self, middleware: ClientMiddlewareType, place: str, behind: tuple[str, ...]) -> None:
        self.middleware = middleware
        self.name = name_of(middleware)
        self.place = place
        self.behind = behind

    async def __call__(self, request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        call = current_call()
        if call is None:
            return await self.middleware(request, handler)
        passage = _Passage(call, self, request, handler)
        try:
            response = await self.middleware(request, passage.call_on)
        except BaseException as error:
            passage.step.error = error
            raise
        else:
            passage.returned(response)
            return response
        finally:
            passage.leave(request)


class LastRecorder:
    """Stands behind all middlewares and notes what is sent, be it that no connection comes about."""

    async def __call__(self, request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        call = current_call()
        if call is None:
            return await handler(request)
        request.response_class = recorded_class(request.response_class)
        with call.attempting(request.request_info):
            return await handler(request)


def recorded_chain(middlewares: Iterable[ClientMiddlewareType]) -> tuple[ClientMiddlewareType, ...]:
    """The middlewares under trace, and what notes the attempts; raises ``TypeError`` for what is no middleware."""
    place = place_of_caller()
    given = checked_middlewares(middlewares)
    names = tuple(name_of(middleware) for middleware in given)
    recorded = (
        RecordedMiddleware(middleware, place, names[position + 1 :]) for position, middleware in enumerate(given)
    )
    return (*recorded, LastRecorder())


class _Passage:
    """One run of one middleware."""

    def __init__(
        self, call: CallRecorder, recorded: RecordedMiddleware, request: ClientRequest, handler: ClientHandlerType
    ) -> None:
        self._call = call
        self._handler = handler
        self._passed_on = False
        self._away = 0.0
        self.step = Step(recorded.name, None, "client", recorded.place, state_of_request(request, call.bodies))
        call.steps.enter(self.step)
        if call.not_reached is None or len(recorded.behind) < len(call.not_reached):
            call.not_reached = recorded.behind
        self._entered = perf_counter()

    async def call_on(self, request: ClientRequest) -> ClientResponse:
        """Runs everything further inside."""
        call = self._call
        if not self._passed_on:
            self.step.request_after = state_of_request(request, call.bodies)
        self._passed_on = True
        # Whoever answered an earlier attempt did not answer this one.
        call.answered_by = None
        left_at = perf_counter()
        try:
            response = await self._handler(request)
        finally:
            self._away += perf_counter() - left_at
        self.step.response_before = state_of_response(response, call.bodies)
        return response

    def returned(self, response: ClientResponse) -> None:
        self.step.response_after = state_of_response(response, self._call.bodies)
        if not self._passed_on:
            self.step.answered = True
            self._call.answered_by = self._call.answered_by or self.step.name

    def leave(self, request: ClientRequest) -> None:
        step = self.step
        if not self._passed_on:
            step.request_after = state_of_request(request, self._call.bodies)
        step.elapsed = perf_counter() - self._entered
        step.own = step.elapsed - self._away
        self._call.steps.leave(step)
