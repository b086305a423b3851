"""A request that may come, or must, and what it is answered."""

import threading
from typing import TypeVar

from mockproxy.errors import ConfigurationError, HandlerFailed
from mockproxy.matching.pattern import UNSET, Match, RequestPattern, Unset
from mockproxy.messages.headers import FieldsGiven
from mockproxy.messages.media import JSON
from mockproxy.messages.message import Request
from mockproxy.pipeline.run import ends_task
from mockproxy.place import place_of_caller
from mockproxy.routes.gate import Gate
from mockproxy.routes.handler import Computed, Convert, Handler
from mockproxy.routes.reply import Reply, StreamGiven, make_reply

H = TypeVar("H", bound=Handler)

Times = int | tuple[int, int | None]


class Stub:
    """What one kind of request is answered: its replies in turn, the last of them again and again.

    An expectation is a stub with ``times``: the number of requests that must come, or the least and the most of them.
    """

    def __init__(self, pattern: RequestPattern, convert: Convert, times: Times | None = None) -> None:
        self.pattern = pattern
        self.needs_body_to_match = pattern.needs_body
        self._computes = False
        self.place = place_of_caller()
        self._convert = convert
        self._bounds = None if times is None else _bounds(times)
        self._replies: list[Reply | Computed] = []
        self._gates: list[Gate] = []
        self._lock = threading.Lock()
        self.count = 0
        """How many requests it has accepted."""

    def reply(
        self,
        status: int = 200,
        *,
        json: JSON | Unset = UNSET,
        text: str | None = None,
        body: bytes | None = None,
        stream: StreamGiven | None = None,
        headers: FieldsGiven = (),
        reason: str | None = None,
    ) -> "Stub":
        """Answers with this; at most one of ``json``, ``text``, ``body`` and ``stream`` is the body.

        ``stream`` holds pieces of bytes or text, and gates at which it waits; each piece is sent at once.
        """
        if self._replies:
            raise ConfigurationError(f"{self.describe()} has a reply already; `then` appends another")
        return self.then(status, json=json, text=text, body=body, stream=stream, headers=headers, reason=reason)

    def then(
        self,
        status: int = 200,
        *,
        json: JSON | Unset = UNSET,
        text: str | None = None,
        body: bytes | None = None,
        stream: StreamGiven | None = None,
        headers: FieldsGiven = (),
        reason: str | None = None,
    ) -> "Stub":
        """Appends a reply, for the request after those before it."""
        self._replies.append(
            make_reply(status, json=json, text=text, body=body, stream=stream, headers=headers, reason=reason)
        )
        return self

    def reply_with(self, function: H) -> H:
        """Answers with what a function makes of the request; also a decorator, and appends to replies before it.

        The function gets the request, and by name the decoded path parameters that it asks for; it may be a coroutine
        function.
        It returns a ``Response``, an ``aiohttp.web.Response``, data for JSON, text, bytes, or None for 204.
        Raises ``TypeError`` at once for a function that cannot be called so.
        """
        self._computes = True
        self._replies.append(Computed(function, self.pattern.path_param_names, self._convert))
        return function

    def hold(self, gate: Gate) -> "Stub":
        """Answers only when the gate is open."""
        self._gates.append(gate)
        return self

    @property
    def needs_body(self) -> bool:
        """Whether the whole body is needed to choose this stub or to compute its reply."""
        return self.needs_body_to_match or self._computes

    def match(self, request: Request) -> Match | None:
        """Raises ``HandlerFailed`` where a function of the test raises instead of saying whether it accepts."""
        try:
            return self.pattern.match(request)
        except BaseException as error:
            if ends_task(error):
                raise
            finding = f"a criterion of {self.describe()} raised {type(error).__name__}: {error}"
            raise HandlerFailed(finding, place=self.place) from error

    def take(self) -> Reply | Computed:
        """The reply whose turn it is; one that was never given is an empty 200."""
        with self._lock:
            turn = self.count
            self.count += 1
        return self._replies[min(turn, len(self._replies) - 1)] if self._replies else _DEFAULT_REPLY

    async def released(self) -> None:
        """Waits until every gate that holds this stub is open."""
        for gate in self._gates:
            await gate.passed()

    def unmet(self) -> str | None:
        """What an expectation has to complain of."""
        if self._bounds is None:
            return None
        least, most = self._bounds
        if self.count >= least and (most is None or self.count <= most):
            return None
        return f"expected {self.describe()} {_amount(least, most)}, was requested {_times(self.count)}"

    def describe(self) -> str:
        return self.pattern.describe()

    def __repr__(self) -> str:
        return f"<Stub {self.describe()} requested {_times(self.count)}>"


_DEFAULT_REPLY = make_reply()


def _bounds(times: Times) -> tuple[int, int | None]:
    match times:
        case bool():
            pass
        case int() if times >= 0:
            return times, times
        case (int() as least, (int() | None) as most) if least >= 0 and (most is None or least <= most):
            return least, most
    raise ConfigurationError(
        f"times={times!r} can never be met: give a number, or the least and the most as (1, 3), None for no most"
    )


def _amount(least: int, most: int | None) -> str:
    if most is None:
        return f"at least {_times(least)}"
    return _times(least) if least == most else f"{least} to {_times(most)}"


def _times(count: int) -> str:
    return "1 time" if count == 1 else f"{count} times"
