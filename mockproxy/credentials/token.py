"""The ``Bearer`` scheme (RFC 6750) as a client presents it: a token that is read here, and verified nowhere here."""

import json
from base64 import b64decode
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from mockproxy.credentials.secret import tag
from mockproxy.errors import CredentialError

_SEGMENTS = 3  # header, payload, signature (RFC 7515 section 7.1)


@dataclass(frozen=True, slots=True, repr=False)
class BearerCredential:
    """A bearer token, verbatim; empty where the client sent the scheme alone."""

    scheme: ClassVar[Literal["bearer"]] = "bearer"

    token: str

    @property
    def claims(self) -> dict[str, Any]:
        """What a JSON Web Token says, *not verified*; a token that is none raises ``CredentialError``.

        A test asserts with it on what travelled; whoever decides by it uses ``TokenIssuer.verify``.
        """
        return self._segment(1, "payload")

    @property
    def header(self) -> dict[str, Any]:
        """The header of a JSON Web Token, *not verified*: ``alg``, ``typ`` and ``kid``."""
        return self._segment(0, "header")

    def __repr__(self) -> str:
        return f"BearerCredential(token={tag(self.token)})"

    def _segment(self, index: int, name: str) -> dict[str, Any]:
        __tracebackhide__ = True
        segments = self.token.split(".")
        if len(segments) != _SEGMENTS:
            raise CredentialError(f"the bearer token is not a JSON Web Token: {len(segments)} of {_SEGMENTS} segments")
        return _json_object(segments[index], name)


def _json_object(segment: str, name: str) -> dict[str, Any]:
    __tracebackhide__ = True
    padded = segment + "=" * (-len(segment) % 4)  # RFC 7515 section 2 leaves the padding out
    try:
        value = json.loads(b64decode(padded, altchars="-_", validate=True))
    except ValueError:
        raise CredentialError(f"the {name} of the bearer token is not JSON in base64url") from None
    if not isinstance(value, dict):
        raise CredentialError(f"the {name} of the bearer token is not a JSON object")
    return value


def parse(credentials: str) -> BearerCredential:
    """The token that follows the scheme, verbatim."""
    return BearerCredential(credentials)
