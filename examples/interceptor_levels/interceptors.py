"""The interceptors of the bookshop, as its application declares them: nothing in this file knows of mockproxy."""

from uuid import uuid4

from lilya.types import Receive, Scope, Send
from ravyn.core.interceptors.interceptor import RavynInterceptor
from ravyn.exceptions import NotAuthorized


class RequestId(RavynInterceptor):
    """Gives each request an id that all services may log."""

    async def intercept(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["headers"] = [*scope["headers"], (b"x-request-id", uuid4().hex.encode())]


class MembersOnly(RavynInterceptor):
    """Refuses who shows no number of a member in a cookie."""

    async def intercept(self, scope: Scope, receive: Receive, send: Send) -> None:
        cookie = dict(scope["headers"]).get(b"cookie", b"").decode()
        if not cookie.removeprefix("member=").isdigit():
            raise NotAuthorized("The number of a member is required")


class PlainIsbn(RavynInterceptor):
    """Takes the hyphens out of the ISBN in the path."""

    async def intercept(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["path_params"]["isbn"] = scope["path_params"]["isbn"].replace("-", "")
