"""Basic credentials on every request."""

from collections.abc import Iterable

from aiohttp import ClientHandlerType, ClientRequest, ClientResponse
from yarl import URL

from mockproxy.client.origin import Origins
from mockproxy.credentials.basic import encode


class BasicAuthMiddleware:
    """Adds ``Authorization`` (RFC 7617) to requests that have none.

    Only for ``origins``; where none are given, for the origin of the first request of each session: a redirect to
    another server goes without.
    """

    def __init__(self, login: str, password: str, *, origins: Iterable[str | URL] = ()) -> None:
        __tracebackhide__ = True
        self._authorization = encode(login, password)
        self._origins = Origins(origins)

    async def __call__(self, request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        if self._origins.admit(request):
            request.headers.setdefault("Authorization", self._authorization)
        return await handler(request)
