"""Keeping a rewritten path below the prefix that it was given."""

from mockproxy.errors import RefusedRequest
from mockproxy.messages.url import leaves_prefix


def confined(path: str, prefix: str) -> str:
    """The path as it is; raises ``RefusedRequest`` (400) where its dot segments lead out of the prefix."""
    if leaves_prefix(path, prefix):
        raise RefusedRequest(f"the dot segments of {path!r} lead out of {prefix!r}")
    return path
