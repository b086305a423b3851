"""Tokens for the ``Bearer`` scheme (RFC 6750): an issuer that signs, verifies, and makes the bad ones a test needs.

The only file that knows PyJWT.
"""

import json
import math
import time
from base64 import urlsafe_b64encode
from collections.abc import Collection
from functools import cache
from hashlib import sha256
from typing import Any, TypedDict
from uuid import uuid4

import jwt
from jwt.algorithms import get_default_algorithms

from mockproxy.credentials.refresh import RefreshTokens
from mockproxy.credentials.secret import tag
from mockproxy.credentials.signing_key import SigningKey, generated, signing_key
from mockproxy.credentials.token import BearerCredential
from mockproxy.errors import ConfigurationError, CredentialError

HOUR = 3600.0
_STRINGS = ("iss", "sub", "jti")  # RFC 7519 sections 4.1.1, 4.1.2 and 4.1.7


class TokenResponse(TypedDict):
    """What a token endpoint answers (RFC 6749 section 5.1)."""

    access_token: str
    refresh_token: str
    token_type: str
    expires_in: int | None


class JwkSet(TypedDict):
    """The document that publishes public keys (RFC 7517 section 5)."""

    keys: list[dict[str, Any]]


class TokenIssuer:
    """Signs JSON Web Tokens with a key of its own and verifies them; safe to use from several threads.

    Without ``secret`` (HS256, 32 bytes or more) or ``private_key`` (RS256 and ES256, PEM) a key is made that no other
    issuer has, so another issuer's tokens do not pass here.
    Making one for RS256 takes some 100 ms: share the issuer between tests, hand in a key, or take ES256.
    """

    def __init__(
        self,
        algorithm: str = "HS256",
        *,
        secret: str | bytes | None = None,
        private_key: str | bytes | None = None,
        issuer: str | None = None,
        key_id: str | None = None,
    ) -> None:
        __tracebackhide__ = True
        self._key = _checked(signing_key(algorithm, secret=secret, private_key=private_key))
        self._refresh_tokens = RefreshTokens()
        self.algorithm = algorithm
        self.issuer = issuer
        # A secret's thumbprint would help to guess it (RFC 7638 section 7), so only public keys get one.
        self.key_id = _thumbprint(self._key) if key_id is None and algorithm != "HS256" else key_id

    def __repr__(self) -> str:
        key = f"secret={tag(self._key.public)}" if isinstance(self._key.public, bytes) else f"key_id={self.key_id!r}"
        return f"TokenIssuer({self.algorithm!r}, issuer={self.issuer!r}, {key})"

    def token(
        self,
        *,
        expires_in: float | None = HOUR,
        not_before: float | None = None,
        key_id: str | None = None,
        **claims: Any,
    ) -> str:
        """A signed token with ``claims``, and ``iat``, ``exp``, ``jti`` and the issuer's ``iss`` where they name none.

        Both times are seconds from now, rounded up to whole ones as most verifiers read them; ``expires_in=None``
        leaves ``exp`` out.
        The ``jti`` makes two tokens of the same second differ.
        """
        return self._sign(self._key, self._complete(claims, expires_in, not_before), key_id)

    def header(
        self,
        *,
        expires_in: float | None = HOUR,
        not_before: float | None = None,
        key_id: str | None = None,
        **claims: Any,
    ) -> dict[str, str]:
        """``Authorization`` with a token made the same way, for a client's ``headers=``."""
        token = self.token(expires_in=expires_in, not_before=not_before, key_id=key_id, **claims)
        return {"Authorization": f"Bearer {token}"}

    def expired(self, *, key_id: str | None = None, **claims: Any) -> str:
        """A token that was issued two hours ago and expired one hour ago: further than any usual leeway."""
        issued = {"iat": int(time.time() - 2 * HOUR)}
        return self.token(expires_in=-HOUR, key_id=key_id, **(issued | claims))

    def not_yet_valid(self, *, key_id: str | None = None, **claims: Any) -> str:
        """A token that begins to hold in an hour."""
        return self.token(expires_in=2 * HOUR, not_before=HOUR, key_id=key_id, **claims)

    def forged(
        self,
        *,
        expires_in: float | None = HOUR,
        not_before: float | None = None,
        key_id: str | None = None,
        **claims: Any,
    ) -> str:
        """A token that is right in everything, the key id included, but signed with another key."""
        return self._sign(_forgers_key(self.algorithm), self._complete(claims, expires_in, not_before), key_id)

    def unsigned(
        self,
        *,
        expires_in: float | None = HOUR,
        not_before: float | None = None,
        key_id: str | None = None,
        **claims: Any,
    ) -> str:
        """A token whose algorithm is ``none`` (RFC 7519 section 6), which no verifier may accept."""
        complete = self._complete(claims, expires_in, not_before)
        return jwt.encode(complete, "", algorithm="none", headers=self._headers(key_id))

    def verify(
        self, token: str, *, audience: str | Collection[str] | None = None, leeway: float = 0.0
    ) -> dict[str, Any]:
        """The claims of a token that holds; any other raises ``CredentialError`` (401), which says why and not what.

        A token for some audience passes where none is asked for; where one is asked for, the token must name it.
        """
        __tracebackhide__ = True
        try:
            decoded = jwt.decode_complete(
                token,
                self._key.public,
                algorithms=[self.algorithm],
                audience=audience,
                issuer=self.issuer,
                leeway=leeway,
                options={"verify_aud": audience is not None},
            )
        except jwt.InvalidTokenError as error:
            raise CredentialError(self._refusal(error, token, audience)) from None  # its frames show the token
        key_id = decoded["header"].get("kid", self.key_id)
        if key_id != self.key_id:
            raise CredentialError(f"unknown key id {key_id!r}: this issuer's key is {self.key_id!r}")
        claims: dict[str, Any] = decoded["payload"]
        return claims

    def refresh_token(self, **claims: Any) -> str:
        """An opaque token that ``refresh`` exchanges, once, for an access token with ``claims``."""
        return self._refresh_tokens.issue(claims)

    def refresh(self, refresh_token: str, *, expires_in: float | None = HOUR) -> TokenResponse:
        """What a token endpoint answers to a refresh; the old refresh token is spent and raises from then on."""
        __tracebackhide__ = True
        claims = self._refresh_tokens.spend(refresh_token)
        return {
            "access_token": self.token(expires_in=expires_in, **claims),
            "refresh_token": self.refresh_token(**claims),
            "token_type": "Bearer",
            "expires_in": None if expires_in is None else math.ceil(expires_in),
        }

    @property
    def jwks(self) -> JwkSet:
        """The document for a target to serve: the public key under its key id, and never more than that."""
        if self.algorithm == "HS256":
            raise ConfigurationError(
                "an HS256 issuer has no public key to publish, only its secret: use TokenIssuer('RS256') or 'ES256'"
            )
        return {"keys": [_jwk(self._key) | {"kid": self.key_id, "use": "sig", "alg": self.algorithm}]}

    def _complete(self, claims: dict[str, Any], expires_in: float | None, not_before: float | None) -> dict[str, Any]:
        for name in _STRINGS:
            if not isinstance(claims.get(name, ""), str):
                raise ConfigurationError(f"the claim {name} must be a string (RFC 7519), not {claims[name]!r}")
        now = int(time.time())
        own: dict[str, Any] = {"iat": now, "jti": uuid4().hex}
        if self.issuer is not None:
            own["iss"] = self.issuer
        if expires_in is not None:
            own["exp"] = now + math.ceil(expires_in)
        if not_before is not None:
            own["nbf"] = now + math.ceil(not_before)
        return own | claims

    def _sign(self, key: SigningKey, claims: dict[str, Any], key_id: str | None) -> str:
        __tracebackhide__ = True
        try:
            return jwt.encode(claims, key.private, algorithm=key.algorithm, headers=self._headers(key_id))
        except TypeError as error:
            raise ConfigurationError(f"the claims of a token must be values of JSON: {error}") from None

    def _headers(self, key_id: str | None) -> dict[str, Any]:
        chosen = self.key_id if key_id is None else key_id
        return {} if chosen is None else {"kid": chosen}

    def _refusal(self, error: jwt.InvalidTokenError, token: str, audience: str | Collection[str] | None) -> str:
        __tracebackhide__ = True
        match error:
            case jwt.InvalidSignatureError():
                return "bad signature: the token was changed, or signed with another key"
            case jwt.InvalidAlgorithmError():
                seen = BearerCredential(token).header.get("alg")
                return f"the algorithm {seen!r} is not allowed: this issuer signs with {self.algorithm}"
            case jwt.DecodeError():
                return f"not a JSON Web Token: {error}"
            case jwt.MissingRequiredClaimError(claim=claim):
                return f"the token has no claim {claim!r}, wanted {audience if claim == 'aud' else self.issuer!r}"
        return self._false_claim(error, BearerCredential(token).claims, audience)

    def _false_claim(
        self, error: jwt.InvalidTokenError, claims: dict[str, Any], audience: str | Collection[str] | None
    ) -> str:
        __tracebackhide__ = True
        match error:
            case jwt.ExpiredSignatureError():
                return f"the token expired {time.time() - int(claims['exp']):.0f} s ago"
            case jwt.ImmatureSignatureError():
                start = max(int(claims[name]) for name in ("nbf", "iat") if name in claims)
                return f"the token is not yet valid: it begins in {start - time.time():.0f} s"
            case jwt.InvalidAudienceError():
                return f"wrong audience: the token is for {claims['aud']!r}, wanted {audience!r}"
            case jwt.InvalidIssuerError():
                return f"wrong issuer: the token is from {claims['iss']!r}, wanted {self.issuer!r}"
        return f"the token does not hold: {error}"


def _checked(key: SigningKey) -> SigningKey:
    __tracebackhide__ = True
    try:
        get_default_algorithms()[key.algorithm].prepare_key(key.private)
    except jwt.InvalidKeyError as error:  # a key file as a shared secret: what it publishes would sign
        raise ConfigurationError(f"secret= is not one that {key.algorithm} can be signed with: {error}") from None
    return key


@cache
def _forgers_key(algorithm: str) -> SigningKey:
    # One for the process: no issuer verifies with it, and a new pair for each forgery would be slow.
    return generated(algorithm)


def _jwk(key: SigningKey) -> dict[str, Any]:
    jwk: dict[str, Any] = get_default_algorithms()[key.algorithm].to_jwk(key.public, as_dict=True)
    return {name: value for name, value in jwk.items() if name != "key_ops"}  # RFC 7517 section 4.3: not beside "use"


def _thumbprint(key: SigningKey) -> str:
    """RFC 7638: the digest of the required members, by name; all that is left in ``_jwk``."""
    members = json.dumps(_jwk(key), sort_keys=True, separators=(",", ":"))
    return urlsafe_b64encode(sha256(members.encode()).digest()).rstrip(b"=").decode("ascii")
