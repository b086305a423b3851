"""The key behind a token issuer: a shared secret, or a private key and the public one that belongs to it.

cryptography is loaded only where a key pair is asked for; without it, shared secrets still work.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mockproxy.errors import ConfigurationError, MissingExtra

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

ALGORITHMS = ("HS256", "RS256", "ES256")

_SECRET_OCTETS = 32  # RFC 7518 section 3.2: as long as the hash output, or longer
_RSA_BITS = 2048  # RFC 7518 section 3.3: this size, or larger


@dataclass(frozen=True, slots=True)
class SigningKey:
    """What signs and what verifies; the same secret twice for HS256."""

    algorithm: str
    private: bytes | RSAPrivateKey | EllipticCurvePrivateKey = field(repr=False)
    public: bytes | RSAPublicKey | EllipticCurvePublicKey = field(repr=False)


def signing_key(algorithm: str, *, secret: str | bytes | None, private_key: str | bytes | None) -> SigningKey:
    """The key that was handed in, or a new one that nobody else has."""
    __tracebackhide__ = True
    if algorithm not in ALGORITHMS:
        raise ConfigurationError(f"unknown token algorithm {algorithm!r}: choose one of {', '.join(ALGORITHMS)}")
    if algorithm == "HS256":
        if private_key is not None:
            raise ConfigurationError("HS256 tokens are signed with secret=...; private_key= is for RS256 and ES256")
        return _shared(secrets.token_bytes(_SECRET_OCTETS) if secret is None else secret)
    if secret is not None:
        raise ConfigurationError(f"{algorithm} tokens are signed with private_key=...; secret= is for HS256")
    return generated(algorithm) if private_key is None else _loaded(algorithm, private_key)


def generated(algorithm: str) -> SigningKey:
    """A new key of the smallest size allowed; a pair for RS256 takes some 100 ms, one for ES256 less than one."""
    if algorithm == "HS256":
        return _shared(secrets.token_bytes(_SECRET_OCTETS))
    try:
        from cryptography.hazmat.primitives.asymmetric import ec, rsa  # noqa: PLC0415 - an extra
    except ImportError:
        raise MissingExtra(f"{algorithm} tokens", "rsa") from None
    if algorithm == "ES256":
        return _pair(algorithm, ec.generate_private_key(ec.SECP256R1()))
    return _pair(algorithm, rsa.generate_private_key(public_exponent=65537, key_size=_RSA_BITS))


def _shared(secret: str | bytes) -> SigningKey:
    __tracebackhide__ = True
    octets = secret.encode() if isinstance(secret, str) else secret
    if len(octets) < _SECRET_OCTETS:
        raise ConfigurationError(
            f"a secret of {len(octets)} bytes is too short for HS256: RFC 7518 section 3.2 asks for {_SECRET_OCTETS} "
            "or more; leave it out to have one made"
        )
    return SigningKey("HS256", octets, octets)


def _loaded(algorithm: str, pem: str | bytes) -> SigningKey:
    __tracebackhide__ = True
    try:
        from cryptography.hazmat.primitives.asymmetric import ec, rsa  # noqa: PLC0415 - an extra
        from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415 - an extra
    except ImportError:
        raise MissingExtra(f"{algorithm} tokens", "rsa") from None
    try:
        key = load_pem_private_key(pem.encode() if isinstance(pem, str) else pem, password=None)
    except (ValueError, TypeError) as error:  # cryptography raises TypeError where a key is encrypted
        raise ConfigurationError("private_key is not an unencrypted private key in PEM format") from error
    if algorithm == "RS256" and isinstance(key, rsa.RSAPrivateKey):
        if key.key_size < _RSA_BITS:
            raise ConfigurationError(
                f"an RSA key of {key.key_size} bits is too short for RS256: RFC 7518 section 3.3 asks for {_RSA_BITS} "
                "or more"
            )
        return _pair(algorithm, key)
    if algorithm == "ES256" and isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1):
        return _pair(algorithm, key)
    wanted = "an RSA key" if algorithm == "RS256" else "a key on the curve P-256"
    raise ConfigurationError(f"private_key is {type(key).__name__}, and {algorithm} needs {wanted}")


def _pair(algorithm: str, key: RSAPrivateKey | EllipticCurvePrivateKey) -> SigningKey:
    return SigningKey(algorithm, key, key.public_key())
