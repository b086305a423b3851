"""Keeping a path below the prefix that a route or a middleware gave it, whoever resolves its dot segments later."""

import re
from urllib.parse import unquote

from mockproxy.errors import RefusedRequest

_SLASHES = re.compile("/+")


def confined(path: str, prefix: str) -> str:
    """The path as it is; raises ``RefusedRequest`` (400) where its dot segments lead out of the prefix."""
    if leaves_prefix(path, prefix):
        raise RefusedRequest(f"the dot segments of {path!r} lead out of {prefix!r}")
    return path


def leaves_prefix(path: str, prefix: str) -> bool:
    """Whether the dot segments of a raw path, plain or percent-encoded, lead out of a literal prefix.

    They count as some servers read them (RFC 3986 section 5.2.4 is the plain rule): an encoded slash or a backslash
    separates, what follows a ``;`` is no part of the segment, and repeated slashes are merged or not.
    """
    decoded = unquote(path, encoding="latin-1").replace("\\", "/")
    if ".." not in decoded:
        return False
    literal = unquote(prefix, encoding="latin-1")
    merged, merged_literal = _SLASHES.sub("/", decoded), _SLASHES.sub("/", literal)
    return not (_without_dots(decoded).startswith(literal) and _without_dots(merged).startswith(merged_literal))


def _without_dots(path: str) -> str:
    kept: list[str] = []
    for segment in path.split("/")[1:]:
        name = segment.partition(";")[0]
        if name == "..":
            del kept[-1:]
        elif name != ".":
            kept.append(segment)
    return f"/{'/'.join(kept)}/"
