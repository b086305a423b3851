from collections.abc import AsyncGenerator, Callable

from mockproxy.messages.headers import MutableHeaders, raw_field
from mockproxy.middleware.side import Side, checked_side
from mockproxy.pipeline.context import ProxyContext


class AddHeader:
    """Leaves one line of a header field, whatever the peer sent; with ``append`` one line more instead.

    ``value`` is text, or a function of ``ctx`` that gives it for each exchange.
    """

    def __init__(
        self,
        header: str,
        value: str | Callable[[ProxyContext], str],
        *,
        on: Side = "request",
        append: bool = False,
        name: str | None = None,
    ) -> None:
        __tracebackhide__ = True
        raw_field(header, "" if callable(value) else value)
        self.name = name or type(self).__name__
        self._header = header
        self._value = value
        self._on = checked_side(on)
        self._append = append

    async def __call__(self, ctx: ProxyContext) -> AsyncGenerator[None, None]:
        if self._on == "request":
            self._put(ctx.request.headers, ctx)
        yield
        if self._on == "response":
            self._put(ctx.response.headers, ctx)

    def _put(self, headers: MutableHeaders, ctx: ProxyContext) -> None:
        value = self._value(ctx) if callable(self._value) else self._value
        if self._append:
            headers.add(self._header, value)
        else:
            headers[self._header] = value
