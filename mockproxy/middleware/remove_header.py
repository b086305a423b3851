from collections.abc import AsyncGenerator

from mockproxy.errors import ConfigurationError
from mockproxy.messages.headers import MutableHeaders, raw_field
from mockproxy.middleware.side import Side, checked_side
from mockproxy.pipeline.context import ProxyContext


class RemoveHeader:
    """Leaves no line of these header fields."""

    def __init__(self, *headers: str, on: Side = "request", name: str | None = None) -> None:
        if not headers:
            raise ConfigurationError("RemoveHeader needs the name of at least one header field")
        for header in headers:
            raw_field(header, "")
        self.name = name or type(self).__name__
        self._headers = headers
        self._on = checked_side(on)

    async def __call__(self, ctx: ProxyContext) -> AsyncGenerator[None, None]:
        if self._on == "request":
            self._remove_from(ctx.request.headers)
        yield
        if self._on == "response":
            self._remove_from(ctx.response.headers)

    def _remove_from(self, headers: MutableHeaders) -> None:
        for header in self._headers:
            del headers[header]
