"""Defaults of a proxy's outermost level, from a settings object of the user, as Esmerald has them.

The object is a class or an instance; ``interceptors`` and ``middlewares`` on it are lists, or methods that return them,
plain or async.
"""

import inspect
import os
from collections.abc import Sequence
from importlib import import_module

from mockproxy.errors import ConfigurationError
from mockproxy.pipeline.level import Level

VARIABLE = "MOCKPROXY_SETTINGS_MODULE"


async def default_level(settings: object | str | None) -> Level:
    """The level that the settings describe; an empty one where there are none.

    ``settings`` is the object, or its dotted path ``package.module.Name``; None asks the environment variable
    ``MOCKPROXY_SETTINGS_MODULE`` for a path.
    Raises ``ConfigurationError`` for a path that leads nowhere, and ``TypeError`` for entries of the wrong kind.
    """
    given = named_settings(settings)
    if given is None:
        return Level()
    found = _load(given) if isinstance(given, str) else given
    made = _made(found) if inspect.isclass(found) else found
    return Level(await _entries(made, "interceptors"), await _entries(made, "middlewares"))


def named_settings(settings: object | str | None) -> object | str | None:
    """What is to be taken for the settings: those given, else the path that the environment names."""
    return os.environ.get(VARIABLE) or None if settings is None else settings


def _load(path: str) -> object:
    module_name, _, name = path.rpartition(".")
    if not module_name or not all(map(str.isidentifier, path.split("."))):
        raise ConfigurationError(f"the settings {path!r} are no dotted path such as 'shop.settings.TestSettings'")
    try:
        module = import_module(module_name)
    except ModuleNotFoundError as error:
        raise ConfigurationError(f"the settings {path!r} cannot be loaded: {error}") from error
    if not hasattr(module, name):
        raise ConfigurationError(f"the settings {path!r} cannot be loaded: module {module_name!r} has no {name!r}")
    return getattr(module, name)


def _made(settings: type) -> object:
    try:
        inspect.signature(settings).bind()
    except TypeError as error:
        raise ConfigurationError(
            f"the settings {settings.__name__} cannot be made ({error}): name an instance, or give one"
        ) from None
    return settings()


async def _entries(settings: object, name: str) -> Sequence[object]:
    value = getattr(settings, name, ())
    if callable(value):
        value = value()
    if inspect.isawaitable(value):
        value = await value
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise ConfigurationError(
            f"{name} of the settings {type(settings).__name__} must be a list, or a method that returns one: {value!r}"
        )
    return value
