from collections.abc import AsyncGenerator, Callable

from mockproxy.messages.headers import raw_field
from mockproxy.pipeline.context import ProxyContext


class AddBearer:
    """Leaves one ``Authorization`` field on the request: this token, or what a function of ``ctx`` gives for each."""

    def __init__(self, token: str | Callable[[ProxyContext], str], *, name: str | None = None) -> None:
        __tracebackhide__ = True
        self.name = name or type(self).__name__
        self._token = token
        if not callable(token):
            raw_field("Authorization", token)

    async def __call__(self, ctx: ProxyContext) -> AsyncGenerator[None, None]:
        token = self._token
        ctx.request.set_bearer_auth(token(ctx) if callable(token) else token)
        yield
