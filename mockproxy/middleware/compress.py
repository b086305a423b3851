from collections.abc import AsyncGenerator

from mockproxy.errors import ConfigurationError
from mockproxy.messages.coding import CODINGS, encoder, parse_codings
from mockproxy.messages.negotiation import preferred, vary_by_coding
from mockproxy.middleware.recoding import recode, response_may_change, size_of
from mockproxy.pipeline.context import ProxyContext


class Compress:
    """Gives the response in the coding that the client accepts most, the first of equals; gzip unless told otherwise.

    Left as it is: what has a coding already, what has no body or only a range of one, what is shorter than
    ``min_size``, what says ``no-transform``, and what the client would rather have without a coding.
    A body that streams goes on streaming, each piece as soon as it comes.
    """

    def __init__(self, *codings: str, min_size: int = 0, name: str | None = None) -> None:
        if min_size < 0:
            raise ConfigurationError(f"min_size={min_size!r}: a size is 0 or more octets")
        self.name = name or type(self).__name__
        self._codings = codings or ("gzip",)
        self._min_size = min_size
        for coding in self._codings:
            _check(coding)

    async def __call__(self, ctx: ProxyContext) -> AsyncGenerator[None, None]:
        yield
        if self._has_a_choice(ctx):
            # For the response that stays plain, too: another client may get another one.
            vary_by_coding(ctx.response.headers)
            coding = preferred(_accept_encoding(ctx), self._codings)
            if coding is not None:
                await recode(ctx.response, encoder((coding,)), coding)

    def _has_a_choice(self, ctx: ProxyContext) -> bool:
        if not response_may_change(ctx) or parse_codings(ctx.response.headers.all("Content-Encoding")):
            return False
        size = size_of(ctx.response)
        return size is None or size >= max(self._min_size, 1)


def _check(coding: str) -> None:
    if coding not in CODINGS:
        raise ConfigurationError(
            f"Compress does not know the content coding {coding!r}; known are {', '.join(CODINGS)}"
        )
    encoder((coding,))  # raises for one whose library is not installed


def _accept_encoding(ctx: ProxyContext) -> str | None:
    """All lines as the one list that they are (RFC 9110 section 5.3)."""
    lines = ctx.incoming.headers.all("Accept-Encoding")
    return ", ".join(lines) if lines else None
