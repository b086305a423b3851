"""What an Authorization field can hold, who issues tokens, and how a secret is shown without being told.

Knows nothing of messages, servers or records: text comes in, values go out.
A new scheme is a file of its own and one entry in the table of ``authorization.py``; a name that hides its value goes
into ``secret.py``.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mockproxy.credentials.api_key import ApiKeyCredential
    from mockproxy.credentials.authorization import Credential, MalformedCredential, OtherCredential
    from mockproxy.credentials.basic import BasicCredential
    from mockproxy.credentials.bearer import TokenIssuer
    from mockproxy.credentials.digest import DigestCredential
    from mockproxy.credentials.token import BearerCredential

__all__ = [
    "ApiKeyCredential",
    "BasicCredential",
    "BearerCredential",
    "Credential",
    "DigestCredential",
    "MalformedCredential",
    "OtherCredential",
    "TokenIssuer",
]

# PEP 562: a name is loaded when it is asked for, since TokenIssuer brings PyJWT and cryptography with it.
_HOMES = {
    "ApiKeyCredential": "api_key",
    "BasicCredential": "basic",
    "BearerCredential": "token",
    "Credential": "authorization",
    "DigestCredential": "digest",
    "MalformedCredential": "authorization",
    "OtherCredential": "authorization",
    "TokenIssuer": "bearer",
}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)
