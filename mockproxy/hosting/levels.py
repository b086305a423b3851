"""The parts of an application that is made of routes, each with the level on which it stands.

A level is the path of the includes and mounts around a part, as they declare it: ``""`` for the application itself.
"""

from collections.abc import Iterator, Sequence
from typing import Any


def parts_of(app: object) -> Iterator[tuple[Any, str]]:
    """The application, its routes, and whatever these contain; outer parts before inner ones.

    A part that stands on several levels comes once for each of them.
    """
    return _parts(app, "", (), set())


def _parts(
    node: object, level: str, above: tuple[object, ...], seen: set[tuple[int, str]]
) -> Iterator[tuple[Any, str]]:
    if (id(node), level) in seen or any(node is outer for outer in above):
        return
    seen.add((id(node), level))
    yield node, level
    inside = (*above, node)
    routes = getattr(node, "routes", None)
    for route in routes if isinstance(routes, Sequence) else ():
        yield from _parts(route, level + _path(route), inside, seen)
    # What a route leads to, and what a middleware stands around.
    for name in ("app", "router", "handler"):
        inner = getattr(node, name, None)
        if inner is not None:
            yield from _parts(inner, level, inside, seen)


def _path(route: object) -> str:
    """The path of a route, or the host that it is for."""
    path = getattr(route, "path", None) or getattr(route, "host", None)
    return path.rstrip("/") if isinstance(path, str) else ""
