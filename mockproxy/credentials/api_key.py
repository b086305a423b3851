"""The ``ApiKey`` scheme: not registered, but what many services document as ``Authorization: ApiKey <key>``."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from mockproxy.credentials.secret import tag


@dataclass(frozen=True, slots=True, repr=False)
class ApiKeyCredential:
    """A key sent as a credential; keys in fields of their own, such as ``X-API-Key``, are read from the headers."""

    scheme: ClassVar[Literal["apikey"]] = "apikey"

    key: str

    def __repr__(self) -> str:
        return f"ApiKeyCredential(key={tag(self.key)})"


def parse(credentials: str) -> ApiKeyCredential:
    """The key that follows the scheme, verbatim."""
    return ApiKeyCredential(credentials)
