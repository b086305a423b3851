from collections.abc import AsyncGenerator
from hmac import compare_digest
from itertools import repeat

from mockproxy.errors import ConfigurationError
from mockproxy.messages.headers import raw_field
from mockproxy.middleware.challenge import REALM, challenge, unauthorized
from mockproxy.pipeline.context import ProxyContext


class RequireApiKey:
    """Lets nothing pass without one of the keys in a field of its own.

    Anything else is answered 401 and goes no further; the challenge names the scheme ``ApiKey``, which is not
    registered, since a 401 without any challenge is malformed (RFC 9110 section 15.5.2).
    """

    def __init__(self, *keys: str, header: str = "X-API-Key", realm: str = REALM, name: str | None = None) -> None:
        __tracebackhide__ = True
        if not keys or "" in keys:
            raise ConfigurationError("RequireApiKey needs at least one key, and none that is empty")
        self.name = name or type(self).__name__
        fields = tuple(map(raw_field, repeat(header), keys))
        self._keys = [key for _, key in fields]
        self._header = header
        self._challenge = challenge("ApiKey", realm=realm)

    async def __call__(self, ctx: ProxyContext) -> AsyncGenerator[None, None]:
        lines = ctx.incoming.headers.all(self._header)
        if len(lines) != 1:
            raise unauthorized(f"one field {self._header} is required", self._challenge)
        given = lines[0].encode("latin-1")
        # Compared with all of them, so that the time does not tell which one was near.
        if not sum(compare_digest(given, key) for key in self._keys):
            raise unauthorized(f"the key in {self._header} is not known", self._challenge)
        yield
