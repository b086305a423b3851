"""What travels at one edge of a proxy, in a few words: size, codings and type of the body, and credentials as tags."""

from mockproxy.credentials.secret import is_secret_field, redact_field
from mockproxy.messages.media import parse_media_type
from mockproxy.messages.message import Request, Response


def measure(message: Request | Response) -> str:
    """The body as ``212 B gzip application/json``; empty where there is none.

    Several codings are joined in the order in which they were applied.
    """
    if not message.size:
        return ""
    words = [f"{message.size} B", "+".join(message.codings), _media_type(message)]
    return " ".join(word for word in words if word)


def credentials(message: Request | Response) -> list[str]:
    """The header fields that hold a secret, with tags for it."""
    return [f"{name}: {redact_field(name, value)}" for name, value in message.headers.items() if is_secret_field(name)]


def edge(message: Request | Response) -> list[str]:
    """All that is worth saying; empty for a message without a body and without credentials."""
    size = measure(message)
    return [size, *credentials(message)] if size else credentials(message)


def _media_type(message: Request | Response) -> str:
    media_type = parse_media_type(message.headers.get("Content-Type", ""))
    return media_type.essence if media_type else ""
