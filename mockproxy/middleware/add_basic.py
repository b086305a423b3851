from collections.abc import AsyncGenerator

from mockproxy.credentials.basic import encode
from mockproxy.pipeline.context import ProxyContext


class AddBasic:
    """Leaves one ``Authorization`` field on the request, with this user name and password (RFC 7617)."""

    def __init__(self, username: str, password: str, *, name: str | None = None) -> None:
        __tracebackhide__ = True
        self.name = name or type(self).__name__
        self._credentials = encode(username, password)

    async def __call__(self, ctx: ProxyContext) -> AsyncGenerator[None, None]:
        ctx.request.headers["Authorization"] = self._credentials
        yield
