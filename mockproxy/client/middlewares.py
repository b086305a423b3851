"""The client middlewares that a session is given."""

from collections.abc import Iterable
from inspect import isclass

from aiohttp import ClientMiddlewareType


def checked_middlewares(given: Iterable[ClientMiddlewareType]) -> tuple[ClientMiddlewareType, ...]:
    """In their order; raises ``TypeError`` for what is no client middleware, and for one alone."""
    if not isinstance(given, Iterable):
        raise TypeError(f"middlewares must be a list of client middlewares: give [{_named(given)}], not it alone")
    middlewares = tuple(given)
    for middleware in middlewares:
        _check(middleware)
    return middlewares


def _check(middleware: object) -> None:
    if isclass(middleware):
        raise TypeError(f"{middleware.__name__} is a class: give an instance of it as a middleware")
    if not callable(middleware):
        raise TypeError(
            f"{middleware!r} is no client middleware: give `async def middleware(request, handler)`, or an object that "
            "is called so"
        )


def _named(middleware: object) -> str:
    name = getattr(middleware, "__name__", None)
    return name if isinstance(name, str) else f"{type(middleware).__name__}(...)"
