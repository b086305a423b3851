"""The ``Digest`` scheme (RFC 7616): a proof that the client knows the password, without the password."""

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal
from urllib.parse import unquote

from mockproxy.credentials.secret import tag
from mockproxy.errors import CredentialError

_HASHES: dict[str, Callable[[bytes], str]] = {
    "MD5": lambda octets: hashlib.md5(octets, usedforsecurity=False).hexdigest(),
    "SHA-256": lambda octets: hashlib.sha256(octets).hexdigest(),
}
_REQUIRED = ("realm", "nonce", "uri", "response")

# RFC 9110 sections 5.6.2, 5.6.4 and 11.2
_PARAMETER = re.compile(
    r"(?P<name>[!#$%&'*+\-.^_`|~0-9A-Za-z]+)[ \t]*=[ \t]*"
    r'(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<token>[!#$%&\'*+\-.^_`|~0-9A-Za-z]+))[ \t]*(?:,[ \t,]*|\Z)'
)
_QUOTED_PAIR = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class DigestCredential:
    """The parameters of a digest credential, freed of quotes and escapes.

    Where ``userhash`` is true, ``username`` is the hash of the name (RFC 7616 section 3.4.4).
    """

    scheme: ClassVar[Literal["digest"]] = "digest"

    username: str
    realm: str
    nonce: str
    uri: str
    response: str
    algorithm: str = "MD5"
    qop: str | None = None
    nc: str | None = None
    cnonce: str | None = None
    opaque: str | None = None
    userhash: bool = False

    def __repr__(self) -> str:
        return (
            f"DigestCredential(username={self.username!r}, realm={self.realm!r}, uri={self.uri!r}, "
            f"algorithm={self.algorithm!r}, qop={self.qop!r}, nc={self.nc!r}, response={tag(self.response)})"
        )

    def expected_response(self, *, method: str, password: str, username: str | None = None) -> str:
        """What ``response`` must be if the client knows ``password`` (RFC 7616 section 3.4.1).

        ``username`` is needed where the client sent only the hash of its name.
        """
        __tracebackhide__ = True
        name = self.username if username is None else username
        secret = self._hash(f"{name}:{self.realm}:{password}")
        if self.algorithm.lower().endswith("-sess"):
            secret = self._hash(f"{secret}:{self.nonce}:{self.cnonce}")
        request = self._hash(f"{method}:{self.uri}")
        if self.qop is None:  # clients of RFC 2069
            return self._hash(f"{secret}:{self.nonce}:{request}")
        if self.qop.lower() != "auth":
            raise CredentialError(f"digest credentials with qop {self.qop!r}: only 'auth' can be computed here")
        return self._hash(f"{secret}:{self.nonce}:{self.nc}:{self.cnonce}:{self.qop}:{request}")

    def _hash(self, text: str) -> str:
        __tracebackhide__ = True
        name = self.algorithm.upper().removesuffix("-SESS")
        if name not in _HASHES:
            raise CredentialError(
                f"digest credentials with algorithm {self.algorithm!r}: only {', '.join(_HASHES)} and their -sess "
                "forms can be computed here"
            )
        return _HASHES[name](text.encode())


def parse(credentials: str) -> DigestCredential:
    """Read the parameters that follow the scheme."""
    __tracebackhide__ = True
    found: dict[str, str] = {}
    for name, value in _parameters(credentials):
        if name in found:
            raise CredentialError(f"digest credentials with the parameter {name!r} twice")
        found[name] = value
    missing = [name for name in _REQUIRED if name not in found]
    if missing:
        raise CredentialError(f"digest credentials without {', '.join(missing)}")
    return DigestCredential(
        username=_username(found),
        realm=found["realm"],
        nonce=found["nonce"],
        uri=found["uri"],
        response=found["response"],
        algorithm=found.get("algorithm", "MD5"),
        qop=found.get("qop"),
        nc=found.get("nc"),
        cnonce=found.get("cnonce"),
        opaque=found.get("opaque"),
        userhash=found.get("userhash", "").lower() == "true",
    )


def _parameters(credentials: str) -> Iterator[tuple[str, str]]:
    __tracebackhide__ = True
    text = credentials.strip(" \t,")
    position = 0
    while position < len(text):
        match = _PARAMETER.match(text, position)
        if match is None:
            raise CredentialError(f"digest credentials that stop being name=value pairs at position {position}")
        quoted = match["quoted"]
        yield match["name"].lower(), match["token"] if quoted is None else _text(_QUOTED_PAIR.sub(r"\1", quoted))
        position = match.end()


def _text(value: str) -> str:
    # Header fields are read as ISO 8859-1, and clients write names in UTF-8 (RFC 7616 section 4).
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:
        return value


def _username(found: dict[str, str]) -> str:
    __tracebackhide__ = True
    if ("username" in found) == ("username*" in found):
        raise CredentialError("digest credentials need either username or username* (RFC 7616 section 3.4)")
    return found["username"] if "username" in found else _extended(found["username*"])


def _extended(value: str) -> str:
    """An extended value such as ``UTF-8''J%C3%A4s%C3%B8n`` (RFC 8187 section 3.2)."""
    __tracebackhide__ = True
    charset, _, rest = value.partition("'")
    _, _, encoded = rest.partition("'")
    if charset.upper() != "UTF-8":
        raise CredentialError(f"digest credentials with username* in {charset!r}, where RFC 7616 allows UTF-8 only")
    try:
        return unquote(encoded, errors="strict")
    except UnicodeDecodeError as error:
        raise CredentialError("digest credentials with username* that is not UTF-8") from error
