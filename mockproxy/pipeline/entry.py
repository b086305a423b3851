"""A middleware as it was registered: adapted once, run for every request."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from mockproxy.errors import ConfigurationError
from mockproxy.pipeline.form import Form
from mockproxy.pipeline.interceptor import interceptor_form, is_interceptor
from mockproxy.pipeline.phase import Phase
from mockproxy.pipeline.split import split_form
from mockproxy.pipeline.wrapping import wrapping_form
from mockproxy.place import place_of_caller


@dataclass(frozen=True, slots=True)
class Entry:
    """A middleware with its name, its phase and the place in the test that registered it."""

    name: str
    phase: Phase
    place: str
    form: Form


@dataclass(frozen=True, slots=True)
class BoundEntry:
    """An entry on the level where it stands."""

    entry: Entry
    level: str


def adapt(middleware: object, phase: Phase, place: str | None = None) -> Entry:
    """Tells the form of a middleware by its signature; raises ``TypeError`` for what is none of the three.

    ``place`` is where it was declared; without it, where this was called from.
    """
    if not isinstance(phase, Phase):
        names = ", ".join(f"Phase.{member.name}" for member in Phase)
        raise ConfigurationError(f"unknown phase {phase!r}; the phases are {names}")
    return Entry(name_of(middleware), phase, place or place_of_caller(), _form(middleware))


def adapt_interceptor(interceptor: object, place: str | None = None) -> Entry:
    """As ``adapt``, and takes nothing but interceptors."""
    if not is_interceptor(interceptor):
        seen = _wrong_intercept(interceptor)
        if seen is not None:
            raise TypeError(f"{interceptor!r} is no interceptor: {seen}")
        raise TypeError(
            f"{interceptor!r} is no interceptor: it has no `async def intercept(self, scope, receive, send)`; "
            "a middleware of another form goes into `middlewares` or `use`"
        )
    return Entry(name_of(interceptor), Phase.CLIENT_EDGE, place or place_of_caller(), interceptor_form(interceptor))


def name_of(middleware: object) -> str:
    """The ``name`` of the object, else its ``__name__``, else that of its class; a ``partial`` has its function's."""
    for attribute in ("name", "__name__"):
        name = getattr(middleware, attribute, None)
        if isinstance(name, str) and name:
            return name
    return name_of(middleware.func) if isinstance(middleware, partial) else type(middleware).__name__


def _form(middleware: object) -> Form:
    if is_interceptor(middleware):
        return interceptor_form(middleware)
    function = _callable(middleware)
    if inspect.isasyncgenfunction(function):
        _check_parameters(middleware, function, 1, "(ctx)")
        return split_form(middleware)  # type: ignore[arg-type]
    if inspect.iscoroutinefunction(function):
        _check_parameters(middleware, function, 2, "(ctx, call_next)")
        return wrapping_form(middleware)  # type: ignore[arg-type]
    raise TypeError(_refusal(middleware, f"a {_kind(function)}"))


def _callable(middleware: object) -> Callable[..., object]:
    """The function behind a middleware: itself, or the ``__call__`` of an object."""
    if inspect.isclass(middleware):
        raise TypeError(_refusal(middleware, "a class: register an instance of it"))
    if inspect.isroutine(middleware) or isinstance(middleware, partial):
        return middleware
    call = getattr(middleware, "__call__", None)  # noqa: B004 - the method itself is inspected, not only its presence
    if call is None:
        raise TypeError(_refusal(middleware, f"an object of type {type(middleware).__name__} that cannot be called"))
    return call  # type: ignore[no-any-return]


def _check_parameters(middleware: object, function: Callable[..., object], count: int, form: str) -> None:
    try:
        inspect.signature(function).bind(*[None] * count)
    except TypeError as error:
        raise TypeError(_refusal(middleware, f"not callable as {form}: {error}")) from None


def _kind(function: Callable[..., object]) -> str:
    return "generator without async" if inspect.isgeneratorfunction(function) else "function without async"


def _wrong_intercept(candidate: object) -> str | None:
    """What is wrong with an ``intercept`` that is there, and is no coroutine function."""
    method = getattr(candidate, "intercept", None)
    if not callable(method) or is_interceptor(candidate):
        return None
    if inspect.isasyncgenfunction(method):
        return "its `intercept` has a `yield`: it returns where the request is to go on"
    return "its `intercept` is a plain `def`: make it `async def intercept(self, scope, receive, send)`"


def _refusal(middleware: object, seen: str) -> str:
    seen = _wrong_intercept(middleware) or f"it is {seen}"
    return (
        f"{name_of(middleware)!r} is no middleware: {seen}. A middleware is `async def m(ctx): ...; yield; ...`, "
        "`async def m(ctx, call_next): return await call_next()`, or an object with "
        "`async def intercept(self, scope, receive, send)`"
    )
