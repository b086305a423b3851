"""The ``Basic`` scheme (RFC 7617): a name and a password in Base64."""

import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import ClassVar, Literal

from mockproxy.credentials.secret import tag
from mockproxy.errors import ConfigurationError, CredentialError

# RFC 7617 section 2: neither part may hold control characters, as RFC 5234 appendix B.1 defines them.
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True, repr=False)
class BasicCredential:
    """A user name and a password."""

    scheme: ClassVar[Literal["basic"]] = "basic"

    username: str
    password: str

    def __repr__(self) -> str:
        # Services that take a key by Basic want it as the name, with nothing after the colon.
        username = repr(self.username) if self.password else tag(self.username)
        return f"BasicCredential(username={username}, password={tag(self.password)})"


def encode(username: str, password: str) -> str:
    """The field value that carries both, in UTF-8."""
    __tracebackhide__ = True
    for part, text in (("username", username), ("password", password)):
        if not isinstance(text, str):
            raise TypeError(f"the {part} of basic credentials must be a str, not {type(text).__name__}")
        control = _CONTROL.search(text)
        if control:
            raise ConfigurationError(
                f"the {part} of basic credentials holds the control character {control[0]!r} at position "
                f"{control.start()}, which RFC 7617 section 2 forbids: remove it"
            )
    if ":" in username:
        raise ConfigurationError(
            f"the username {username!r} of basic credentials holds a colon, where the password would begin for whoever "
            "reads it (RFC 7617 section 2): only the password may hold one"
        )
    return "Basic " + b64encode(f"{username}:{password}".encode()).decode("ascii")


def parse(credentials: str) -> BasicCredential:
    """Read what follows the scheme; control characters are kept, since that is what was sent."""
    __tracebackhide__ = True
    try:
        octets = b64decode(credentials, validate=True)
    except ValueError as error:
        raise CredentialError(f"basic credentials that are not Base64: {error}") from error
    username, colon, password = _text(octets).partition(":")
    if not colon:
        raise CredentialError("basic credentials without a colon between name and password")
    return BasicCredential(username, password)


def _text(octets: bytes) -> str:
    # RFC 7617 section 2 leaves the charset open where the challenge names none: clients send UTF-8 or ISO 8859-1.
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets.decode("latin-1")
