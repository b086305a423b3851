"""From the value of an ``Authorization`` field to a credential (RFC 9110 section 11.6.2).

Whatever a client sends becomes a value: a record must hold it, so reading it never raises.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn, TypeAlias

from mockproxy.credentials import api_key, basic, digest, token
from mockproxy.credentials.api_key import ApiKeyCredential
from mockproxy.credentials.basic import BasicCredential
from mockproxy.credentials.digest import DigestCredential
from mockproxy.credentials.secret import is_scheme_alone, tag
from mockproxy.credentials.token import BearerCredential
from mockproxy.errors import CredentialError


@dataclass(frozen=True, slots=True, repr=False)
class OtherCredential:
    """A scheme that is not read any further.

    A single word that is no scheme we know has ``scheme == ""``: it is rather a key sent without its scheme, and a
    scheme may stand in messages where a key must not.
    """

    scheme: str
    value: str

    def __repr__(self) -> str:
        return f"OtherCredential(scheme={self.scheme!r}, value={tag(self.value)})"


@dataclass(frozen=True, slots=True, repr=False)
class MalformedCredential:
    """A known scheme whose credentials break its rules; ``finding`` says how.

    Asking for the name or the password raises ``CredentialError`` with the finding, so a server that asks answers 401.
    """

    scheme: str
    value: str
    finding: str

    @property
    def username(self) -> NoReturn:
        """Nobody: raises the finding."""
        raise CredentialError(self.finding)

    @property
    def password(self) -> NoReturn:
        """None: raises the finding."""
        raise CredentialError(self.finding)

    def __repr__(self) -> str:
        return f"MalformedCredential(scheme={self.scheme!r}, value={tag(self.value)}, finding={self.finding!r})"


Credential: TypeAlias = (
    BasicCredential | BearerCredential | DigestCredential | ApiKeyCredential | OtherCredential | MalformedCredential
)

_PARSERS: dict[str, Callable[[str], Credential]] = {
    "apikey": api_key.parse,
    "basic": basic.parse,
    "bearer": token.parse,
    "digest": digest.parse,
}


def parse(field_value: str) -> Credential:
    """The credential in a field value; its ``scheme`` is lower-case, whatever the client wrote."""
    word, space, rest = field_value.strip(" \t").partition(" ")
    if not space and not is_scheme_alone(word):
        return OtherCredential("", word)
    scheme, credentials = word.lower(), rest.strip(" \t")
    parser = _PARSERS.get(scheme)
    if parser is None:
        return OtherCredential(scheme, credentials)
    try:
        return parser(credentials)
    except CredentialError as error:
        return MalformedCredential(scheme, credentials, str(error))
