"""Bearer tokens that are refreshed when they expire or are refused."""

import re
from collections.abc import Iterable
from functools import partial
from time import monotonic
from weakref import WeakSet

from aiohttp import (
    ClientConnectionError,
    ClientError,
    ClientHandlerType,
    ClientPayloadError,
    ClientRequest,
    ClientResponse,
    ClientResponseError,
    ClientSession,
)
from yarl import URL

from mockproxy.client.amounts import check_amounts
from mockproxy.client.discarded import discard
from mockproxy.client.origin import Origins
from mockproxy.client.refusal import refusal
from mockproxy.client.replayable_body import expect_anew, keep_body
from mockproxy.client.single_flight import SingleFlight
from mockproxy.errors import ConfigurationError

# RFC 6749 appendices A.12 and A.17; a space would end the token in a header field (RFC 9110 section 11.4).
_NOT_OF_A_TOKEN = {"access_token": re.compile(r"[^\x21-\x7e]"), "refresh_token": re.compile(r"[^\x20-\x7e]")}


class TokenRefreshMiddleware:
    """Adds a bearer token to requests that have no ``Authorization``, and gets another when it expires or is refused.

    All requests that need another token share one refresh (RFC 6749 section 6), and each that was refused is repeated
    once; a refresh that fails is raised in all of them, as an ``aiohttp.ClientError``.
    For that a stream is kept in memory up to 1 MiB; a longer one is sent once, and in a multipart body it is refused.
    Both raise ``aiohttp.ClientPayloadError``: the former when it was answered 401 and the token was refreshed, so that
    the request can be made anew.
    The refresh passes no middleware and follows no redirect.
    A token whose answer has ``expires_in`` is replaced ``leeway`` seconds before that, and never before half its life.
    The token goes to ``origins``; where none are given, to the origin of the first request of each session.
    """

    def __init__(
        self,
        refresh_url: str | URL,
        *,
        refresh_token: str,
        access_token: str | None = None,
        leeway: float = 30.0,
        origins: Iterable[str | URL] = (),
    ) -> None:
        __tracebackhide__ = True
        check_amounts(leeway=leeway)
        if not isinstance(refresh_url, str | URL):
            raise TypeError(f"refresh_url must be a path or a URL, not {type(refresh_url).__name__}")
        if refresh_token is None:
            raise TypeError("refresh_token must be a str, not None: without one, no token can be refreshed")
        for name, token in (("refresh_token", refresh_token), ("access_token", access_token)):
            fault = _fault_of(name, token)
            if fault is not None:
                raise ConfigurationError(f"the {name} cannot be sent: {fault}")
        self._refresh_url = refresh_url
        self._refresh_token = refresh_token
        self._access_token = access_token
        self._leeway = leeway
        self._stale_at = float("inf")
        self._origins = Origins(origins)
        self._refreshes = SingleFlight()
        self._authorized: WeakSet[ClientRequest] = WeakSet()

    async def __call__(self, request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        if not self._origins.admit(request) or self._brings_credentials(request):
            return await handler(request)
        repeatable = await keep_body(request)
        refresh = partial(self._refresh, request.session)
        if self._access_token is None or monotonic() >= self._stale_at:
            await self._refreshes.renew(self._refreshes.generation, refresh)
        seen = self._refreshes.generation
        self._authorize(request)
        response = await handler(request)
        if response.status != 401:
            return response
        await discard(response)
        await self._refreshes.renew(seen, refresh)
        if not repeatable:
            raise ClientPayloadError(
                f"{request.method} {request.url.path} was refused with 401 and cannot be repeated: its body is a "
                "stream and is gone; the token has been refreshed, so make the request anew"
            )
        self._authorize(request)
        expect_anew(request)
        return await handler(request)

    def _brings_credentials(self, request: ClientRequest) -> bool:
        """Whether the application authenticates this request itself; a retry brings what was added here before."""
        return "Authorization" in request.headers and request not in self._authorized

    def _authorize(self, request: ClientRequest) -> None:
        request.headers["Authorization"] = f"Bearer {self._access_token}"
        self._authorized.add(request)

    async def _refresh(self, session: ClientSession) -> None:
        __tracebackhide__ = True
        # What aiohttp would send again through the whole chain (a lost connection) must not begin another refresh.
        try:
            answer = await self._ask(session)
        except ClientResponseError:
            raise
        except (ClientError, TimeoutError) as error:
            # Its frames show the refresh token.
            cause = error.with_traceback(None)
            raise ClientConnectionError(f"the token refresh failed: {type(error).__name__}: {error}") from cause
        self._take(answer)

    async def _ask(self, session: ClientSession) -> object:
        __tracebackhide__ = True
        form = {"grant_type": "refresh_token", "refresh_token": self._refresh_token}
        async with session.post(
            self._refresh_url, data=form, middlewares=(), allow_redirects=False, raise_for_status=False
        ) as response:
            if not 200 <= response.status < 300:
                raise refusal(response, "the token refresh failed")
            try:
                return await response.json(content_type=None)
            except ValueError:
                raise refusal(response, "the answer of the token refresh is no JSON") from None

    def _take(self, answer: object) -> None:
        __tracebackhide__ = True
        if not isinstance(answer, dict) or answer.get("access_token") is None:
            raise ClientPayloadError("the answer of the token refresh has no access_token")
        # RFC 6749 section 6: the server may issue a new refresh token, and the old one is then to be thrown away.
        tokens = {"access_token": answer["access_token"], "refresh_token": answer.get("refresh_token") or None}
        for name, token in tokens.items():
            fault = _fault_of(name, token)
            if fault is not None:
                raise ClientPayloadError(f"the answer of the token refresh has an unusable {name}: {fault}")
        self._access_token = tokens["access_token"]
        self._refresh_token = tokens["refresh_token"] or self._refresh_token
        life = answer.get("expires_in")
        if isinstance(life, int | float):
            self._stale_at = monotonic() + max(life - self._leeway, life / 2)
        else:
            self._stale_at = float("inf")


def _fault_of(name: str, token: object) -> str | None:
    """What is wrong with a token, told without it; None where nothing is, or where there is none."""
    if token is None:
        return None
    if not isinstance(token, str):
        return f"it is {type(token).__name__}, not str"
    if not token:
        return "it is empty"
    forbidden = _NOT_OF_A_TOKEN[name].search(token)
    return None if forbidden is None else f"it holds {forbidden[0]!r} at position {forbidden.start()}"
