"""Refresh tokens (RFC 6749 section 6): opaque, and each good for one use (rotation, RFC 9700 section 4.14.2)."""

import secrets
from threading import Lock
from typing import Any

from mockproxy.errors import CredentialError


class RefreshTokens:
    """The refresh tokens that are out, with the claims each stands for; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._live: dict[str, dict[str, Any]] = {}
        self._spent: set[str] = set()

    def issue(self, claims: dict[str, Any]) -> str:
        """A new token that stands for ``claims``."""
        token = secrets.token_urlsafe(32)
        with self._lock:
            self._live[token] = dict(claims)
        return token

    def spend(self, token: str) -> dict[str, Any]:
        """The claims a token stands for; of several that spend one token, a single one gets them."""
        __tracebackhide__ = True
        with self._lock:
            if token in self._spent:
                raise CredentialError("the refresh token was used before, and each is good for one use")
            if token not in self._live:
                raise CredentialError("the refresh token is not one that this issuer gave out")
            self._spent.add(token)
            return self._live.pop(token)
