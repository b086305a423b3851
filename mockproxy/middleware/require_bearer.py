from collections.abc import AsyncGenerator, Collection, Mapping
from typing import Protocol

from mockproxy.credentials.token import BearerCredential
from mockproxy.errors import CredentialError
from mockproxy.middleware.challenge import REALM, challenge, presented, unauthorized
from mockproxy.pipeline.context import ProxyContext


class TokenVerifier(Protocol):
    """What tells good tokens from bad ones; ``TokenIssuer`` is one."""

    def verify(self, token: str, /, *, audience: str | Collection[str] | None) -> Mapping[str, object]:
        """The claims of a token that holds; raises ``CredentialError`` for any other."""


class RequireBearer:
    """Lets nothing pass without a bearer token that ``issuer`` verifies; its claims are ``ctx.state["claims"]``.

    Anything else is answered 401 with a challenge (RFC 6750 section 3) and goes no further.
    The token is the one that the client sent, whatever stands in ``ctx.request`` by now.
    """

    def __init__(
        self,
        issuer: TokenVerifier,
        *,
        audience: str | Collection[str] | None = None,
        realm: str = REALM,
        name: str | None = None,
    ) -> None:
        __tracebackhide__ = True
        if not callable(getattr(issuer, "verify", None)):
            kind = type(issuer).__name__
            raise TypeError(f"RequireBearer takes a TokenIssuer or another object with `verify`, not {kind}")
        self.name = name or type(self).__name__
        self._issuer = issuer
        self._audience = audience
        # RFC 6750 section 3.1: a request without a token gets no error code.
        self._missing = challenge("Bearer", realm=realm)
        self._invalid = challenge("Bearer", realm=realm, error="invalid_token")

    async def __call__(self, ctx: ProxyContext) -> AsyncGenerator[None, None]:
        ctx.state["claims"] = self._claims(presented(ctx))
        yield

    def _claims(self, credential: object) -> Mapping[str, object]:
        if not isinstance(credential, BearerCredential) or not credential.token:
            raise unauthorized("one field `Authorization: Bearer <token>` is required", self._missing)
        try:
            return self._issuer.verify(credential.token, audience=self._audience)
        except CredentialError as error:
            raise unauthorized(str(error), self._invalid) from error
