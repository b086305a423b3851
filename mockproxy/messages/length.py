"""The length that a head declares for the body behind it."""

from mockproxy.messages.headers import FieldReading


def declared_length(headers: FieldReading) -> int | None:
    """What ``Content-Length`` says (RFC 9110 section 8.6); None where there is none, or no such number."""
    declared = headers.get("Content-Length", "")
    return int(declared) if declared.isascii() and declared.isdigit() else None
