"""Refusing a request that does not show who it is from."""

from mockproxy.credentials.authorization import Credential
from mockproxy.errors import CredentialError
from mockproxy.messages.headers import raw_field
from mockproxy.pipeline.context import ProxyContext

REALM = "mockproxy"


def unauthorized(finding: str, challenge: str) -> CredentialError:
    """A 401 with the challenge that it must carry (RFC 9110 section 15.5.2)."""
    return CredentialError(finding, headers={"WWW-Authenticate": challenge})


def challenge(scheme: str, **parameters: str) -> str:
    """A value of ``WWW-Authenticate``; raises ``ConfigurationError`` for a parameter that cannot be sent."""
    value = f"{scheme} " + ", ".join(f'{name}="{_escaped(text)}"' for name, text in parameters.items())
    raw_field("WWW-Authenticate", value)
    return value


def presented(ctx: ProxyContext) -> Credential | None:
    """The credential that the client sent, None unless it is exactly one.

    Of two lines a target might read the one that was not checked (RFC 9110 section 5.3 allows only lists to repeat).
    """
    lines = ctx.incoming.headers.all("Authorization")
    return ctx.incoming.authorization if len(lines) == 1 else None


def _escaped(text: str) -> str:
    """For a quoted string (RFC 9110 section 5.6.4)."""
    return text.replace("\\", "\\\\").replace('"', '\\"')
