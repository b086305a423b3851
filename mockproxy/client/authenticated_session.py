"""A session that logs in by itself."""

from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, ExitStack
from inspect import isawaitable
from types import TracebackType
from typing import TYPE_CHECKING, Self, Unpack

from aiohttp import (
    ClientConnectionError,
    ClientError,
    ClientMiddlewareType,
    ClientPayloadError,
    ClientResponse,
    ClientSession,
)
from multidict import CIMultiDict
from yarl import URL

from mockproxy.client.discarded import discard
from mockproxy.client.middlewares import checked_middlewares
from mockproxy.client.open_body import OpenBody
from mockproxy.client.origin import base_url as checked_base_url, origin_of
from mockproxy.client.origin_jar import OriginJar
from mockproxy.client.pending_response import PendingResponse
from mockproxy.client.refusal import refusal
from mockproxy.client.refused_request import refused_request
from mockproxy.client.session_options import SessionOptions, check_options
from mockproxy.client.single_flight import SingleFlight
from mockproxy.client.total_time import TotalTime, timeout_of
from mockproxy.client.verbs import Verbs
from mockproxy.credentials.basic import encode
from mockproxy.credentials.secret import redact_url
from mockproxy.errors import ConfigurationError
from mockproxy.pipeline.entry import name_of

if TYPE_CHECKING:
    from aiohttp.client import _RequestOptions as RequestOptions

Login = Callable[[ClientSession], Awaitable[object]]


class AuthenticatedSession(Verbs):
    """Logs in on entering, keeps the cookie, and logs in again when a request is answered 401.

    All requests that are refused with one login share the next, and each is repeated once; what is answered then is
    final.
    Where redirects led to the refused request, it alone is repeated, and none of those that succeeded before it; the
    ``history`` of the last response begins there.
    The ``total`` of a request's ``timeout`` bounds all of it, the login that it waits for included.
    Refusals by other origins, be it behind a redirect, and of requests with credentials of their own, are left alone.
    It is no ``aiohttp.ClientSession`` and has no ``ws_connect``: ``session`` is the one that carries the requests.
    ``login`` is a path or URL that is asked with basic credentials, or a coroutine function that is given the
    ``aiohttp.ClientSession``; a login that fails raises an ``aiohttp.ClientError`` in all that wait for it,
    ``aiohttp.ClientResponseError`` where it was answered, or whatever the function raised.
    """

    def __init__(
        self,
        base_url: str | URL,
        *,
        login: str | URL | Login = "/login",
        auth: tuple[str, str] | None = None,
        method: str = "GET",
        middlewares: Iterable[ClientMiddlewareType] = (),
        **options: Unpack[SessionOptions],
    ) -> None:
        __tracebackhide__ = True
        check_options(options)
        self.base_url = checked_base_url(base_url)
        self._login = _basic_login(login, auth, method) if isinstance(login, str | URL) else _checked_login(login, auth)
        self._logins = SingleFlight()
        self._middlewares = checked_middlewares(middlewares)
        self._raise_for_status = options.pop("raise_for_status", False)
        self._options = options
        self._session: ClientSession | None = None

    @property
    def session(self) -> ClientSession:
        """The session that carries the requests; raises ``ConfigurationError`` before this one is entered."""
        if self._session is None:
            raise ConfigurationError("this session has not logged in: use it inside `async with`")
        return self._session

    def request(self, method: str, url: str | URL, **options: "Unpack[RequestOptions]") -> PendingResponse:
        """As that of ``aiohttp.ClientSession``, with its options; the response is awaited, or entered."""
        __tracebackhide__ = True
        return PendingResponse(self._request(method, url, options))

    async def close(self) -> None:
        await self.session.close()

    async def __aenter__(self) -> Self:
        if self._session is not None and not self._session.closed:
            raise ConfigurationError("this session is open already: leave it before it is entered again")
        options: SessionOptions = {"cookie_jar": OriginJar(), **self._options}
        async with AsyncExitStack() as opened:
            self._session = await opened.enter_async_context(
                ClientSession(self.base_url, middlewares=self._middlewares, **options)
            )
            await self._logins.renew(self._logins.generation, self._log_in)
            opened.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def _request(self, method: str, url: str | URL, options: "RequestOptions") -> ClientResponse:
        __tracebackhide__ = True
        check = options.pop("raise_for_status", None)
        # A 401 must come back as a response; whether the last one is raised is decided at the end.
        options["raise_for_status"] = False
        async with AsyncExitStack() as answered:
            if options.get("data"):
                body = options["data"] = OpenBody.of(options["data"])
                answered.push_async_callback(body.settle)
            response = await self._authenticated(method, url, options)
        await _check_status(response, self._raise_for_status if check is None else check)
        return response

    async def _authenticated(self, method: str, url: str | URL, options: "RequestOptions") -> ClientResponse:
        __tracebackhide__ = True
        seen = self._logins.generation
        time = TotalTime(timeout_of(options.get("timeout", ...), self.session.timeout))
        response = await self.session.request(method, url, **options)
        if response.status != 401 or self._is_strange(response) or _brings_credentials(url, options):
            return response
        await discard(response)
        async with time.bounding(f"{response.method} {response.url.path} waited for a new login"):
            await self._logins.renew(seen, self._log_in)
        refused = refused_request(response, method, url, options)
        _check_repeatable(response, refused.options.get("data"))
        refused.options["timeout"] = time.rest()
        return await self.session.request(refused.method, refused.url, **refused.options)

    def _is_strange(self, response: ClientResponse) -> bool:
        return origin_of(response.url) != origin_of(self.base_url)

    async def _log_in(self) -> None:
        logged_in = self._login(self.session)
        if not isawaitable(logged_in):
            raise TypeError(
                f"login must be a coroutine function: {name_of(self._login)} gave {type(logged_in).__name__}, which "
                "cannot be awaited; make it an `async def`"
            )
        await logged_in


def _basic_login(url: str | URL, auth: tuple[str, str] | None, method: str) -> Login:
    __tracebackhide__ = True
    if not isinstance(auth, tuple) or len(auth) != 2:
        seen = "" if auth is None else f", not {type(auth).__name__}"
        advice = ": give (auth.login, auth.password)" if hasattr(auth, "login") else ""
        raise ConfigurationError(f"login at {redact_url(str(url))} needs auth=(user, password){seen}{advice}")
    authorization = encode(*auth)

    async def log_in(session: ClientSession) -> None:
        __tracebackhide__ = True
        try:
            response = await session.request(
                method, url, headers={"Authorization": authorization}, raise_for_status=False
            )
            await discard(response)
        except (ClientError, TimeoutError) as error:
            # Its frames show the credentials.
            cause = error.with_traceback(None)
            what = f"{type(error).__name__}: {error}"
            raise ClientConnectionError(f"the login of {auth[0]!r} failed: {what}") from cause
        if not response.ok:
            raise refusal(response, f"the login of {auth[0]!r} failed")

    return log_in


def _checked_login(login: Login, auth: tuple[str, str] | None) -> Login:
    __tracebackhide__ = True
    if not callable(login):
        raise TypeError(f"login must be a path or a coroutine function, not {type(login).__name__}")
    if auth is not None:
        raise ConfigurationError("auth= is for a login that is a path; this one is a function, and brings its own")
    return login


def _brings_credentials(url: str | URL, options: "RequestOptions") -> bool:
    """Whether the application authenticates this request itself."""
    __tracebackhide__ = True
    headers: CIMultiDict[str] = CIMultiDict(options.get("headers") or ())
    return "Authorization" in headers or options.get("auth") is not None or URL(url).user is not None


def _check_repeatable(response: ClientResponse, body: object) -> None:
    if isinstance(body, OpenBody) and body.consumed:
        raise ClientPayloadError(
            f"{response.method} {response.url.path} was refused with 401 and cannot be repeated: its body, of the kind "
            f"{body.kind}, is a stream and is gone; the session has logged in again, so make the request anew, or give "
            "bytes or a file that can be rewound"
        )


async def _check_status(response: ClientResponse, check: bool | Callable[[ClientResponse], Awaitable[None]]) -> None:
    """As aiohttp does it with ``raise_for_status``."""
    with ExitStack() as failed:
        failed.callback(response.close)
        if callable(check):
            await check(response)
        elif check:
            response.raise_for_status()
        failed.pop_all()
