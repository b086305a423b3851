"""Sessions whose calls are recorded: who ran, what each changed, what was sent, how often and when."""

from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, Unpack

from aiohttp import ClientMiddlewareType, ClientResponse, ClientSession
from aiohttp.client import _WSRequestContextManager
from yarl import URL

from mockproxy.client.call_recorder import CallSignals
from mockproxy.client.calls import Calls
from mockproxy.client.origin import base_url as checked_base_url
from mockproxy.client.origin_jar import OriginJar
from mockproxy.client.pending_response import PendingResponse
from mockproxy.client.recorded_middleware import LastRecorder, recorded_chain
from mockproxy.client.recorded_response import recorded_class
from mockproxy.client.session_options import SessionOptions, check_options
from mockproxy.client.verbs import Verbs
from mockproxy.errors import ConfigurationError

if TYPE_CHECKING:
    from aiohttp.client import _RequestOptions as RequestOptions


class RecordedSession(Verbs):
    """An ``aiohttp.ClientSession`` with ``calls``: one is made on entering, which ``session`` is.

    It has the methods of one for requests, and is none: code that wants one takes ``session``.
    The middlewares run as they are, in their order; a request that one of them makes through ``request.session`` is a
    call of its own.
    """

    def __init__(
        self,
        base_url: str | URL,
        *,
        middlewares: Iterable[ClientMiddlewareType] = (),
        **options: Unpack[SessionOptions],
    ) -> None:
        check_options(options)
        self.base_url = checked_base_url(base_url)
        self._middlewares = recorded_chain(middlewares)
        self._options = options
        self._signals = CallSignals()
        self._session: ClientSession | None = None

    @property
    def calls(self) -> Calls:
        """What was called until now."""
        return self._signals.calls

    @property
    def session(self) -> ClientSession:
        """The session itself, for code that wants one; raises ``ConfigurationError`` before this one is entered."""
        if self._session is None:
            raise ConfigurationError("this session is not open: use it inside `async with`")
        return self._session

    def request(self, method: str, url: str | URL, **options: "Unpack[RequestOptions]") -> PendingResponse:
        """As that of ``aiohttp.ClientSession``, with its options; the response is awaited, or entered."""
        __tracebackhide__ = True
        middlewares = options.get("middlewares")
        if middlewares is not None:
            options["middlewares"] = recorded_chain(middlewares)
        return PendingResponse(self._request(method, url, options))

    def ws_connect(self, url: str | URL, **options: Any) -> _WSRequestContextManager:
        """As that of aiohttp's session; the handshake is a call."""
        __tracebackhide__ = True
        return self.session.ws_connect(url, **options)

    async def close(self) -> None:
        await self.session.close()

    async def __aenter__(self) -> Self:
        if self._session is not None and not self._session.closed:
            raise ConfigurationError("this session is open already: leave it before it is entered again")
        options: SessionOptions = {"cookie_jar": OriginJar(), **self._options}
        options["trace_configs"] = [self._signals.trace_config(), *options.get("trace_configs", ())]
        self._session = ClientSession(
            self.base_url,
            middlewares=self._middlewares,
            response_class=recorded_class(ClientResponse),
            **options,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def _request(self, method: str, url: str | URL, options: "RequestOptions") -> ClientResponse:
        __tracebackhide__ = True
        return await self.session.request(method, url, **options)


def record(session: ClientSession) -> Calls:
    """Records the calls of a session that the application made itself, from now on, until it is closed.

    Middlewares that are given with a single request replace those of the session, and with them what notes attempts
    and steps: such a call is recorded without them.
    What is no ``aiohttp.ClientSession`` is refused with ``TypeError``; of an ``AuthenticatedSession`` and of
    ``mock_client``, ``.session`` is one.
    """
    _check(session)
    chain = session._middlewares
    if any(isinstance(middleware, LastRecorder) for middleware in chain):
        raise ConfigurationError("this session is recorded already")
    signals = CallSignals()
    # aiohttp has no public way to what a session was made with; the list of trace configs is its maker's, who may have
    # given it to other sessions too.
    session._trace_configs = [*session.trace_configs, signals.trace_config()]
    session._middlewares = recorded_chain(chain)
    return signals.calls


def _check(session: object) -> None:
    if isinstance(session, RecordedSession):
        raise ConfigurationError("a RecordedSession is recorded already: its calls are `.calls`")
    if not isinstance(session, ClientSession):
        # Asked of the class: asked of the session, the property may raise.
        advice = "give its `.session`" if hasattr(type(session), "session") else "give the session of the application"
        seen = f"the class {session.__name__}" if isinstance(session, type) else type(session).__name__
        raise TypeError(f"only an aiohttp.ClientSession can be recorded, not {seen}: {advice}")
    if session.closed:
        raise ConfigurationError("this session is closed, and makes no calls: record it before it is used")
