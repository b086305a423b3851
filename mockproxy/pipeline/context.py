"""What a middleware is given: one exchange on its way through the proxy."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mockproxy.errors import ConfigurationError
from mockproxy.messages.message import RequestHead, Response
from mockproxy.pipeline.outgoing import OutgoingRequest, OutgoingResponse


class ProxyContext:
    """One exchange, as middlewares see and change it.

    ``incoming`` is the head of the request as received, never changed; ``request`` goes to the target; ``response``
    goes to the client and exists once there is one; ``state`` is free for the middlewares of this exchange;
    ``path_params`` come from the route, raw; ``error`` is why the response is an error response of the proxy's own;
    ``scope`` is what interceptors have left in theirs for those further inside, beside what the request is made of.
    """

    __slots__ = ("_response", "client", "error", "incoming", "path_params", "request", "scope", "server", "state")

    def __init__(
        self,
        *,
        incoming: RequestHead,
        request: OutgoingRequest,
        path_params: dict[str, object],
        client: tuple[str, int],
        server: tuple[str, int],
    ) -> None:
        self.incoming = incoming
        self.request = request
        self.path_params = path_params
        self.client = client
        self.server = server
        self.state: dict[str, Any] = {}
        self.scope: dict[str, Any] = {}
        self.error: BaseException | None = None
        self._response: OutgoingResponse | None = None

    @property
    def response(self) -> OutgoingResponse:
        """Raises ``ConfigurationError`` before there is a response: in a middleware, before its ``yield``."""
        if self._response is None:
            raise ConfigurationError(
                "there is no response yet: code that needs ctx.response stands after the `yield` or after call_next()"
            )
        return self._response

    @response.setter
    def response(self, response: OutgoingResponse) -> None:
        self._response = response

    @property
    def answered(self) -> bool:
        """Whether there is a response."""
        return self._response is not None

    def answer(self, response: Response) -> None:
        """Answers without forwarding; what stands further inside does not run."""
        if not isinstance(response, Response):
            raise ConfigurationError(
                f"ctx.answer takes a mockproxy.Response, not {type(response).__name__}: {response!r}"
            )
        self._response = OutgoingResponse.whole(response.status, response.headers, response.body, response.reason)

    @contextmanager
    def restored(self) -> Iterator[None]:
        """Undoes, at its end, what is done to the request, its path parameters and the scope, and not to ``state``."""
        path_params, scope = dict(self.path_params), self.scope
        try:
            with self.request.restored():
                yield
        finally:
            self.path_params, self.scope = path_params, scope

    def clear_response(self) -> None:
        """Forgets a response that is to be asked for again."""
        self._response = None
