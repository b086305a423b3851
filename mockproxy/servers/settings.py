"""Defaults of a proxy's outermost level, from a settings object of the user, as Esmerald has them.

The object is a class or an instance; ``interceptors`` and ``middlewares`` on it are lists, or methods that return them,
plain or async.
"""

import inspect
import os
from collections.abc import Sequence
from importlib import import_module
from types import ModuleType

from mockproxy.errors import ConfigurationError
from mockproxy.pipeline.level import Level

VARIABLE = "MOCKPROXY_SETTINGS_MODULE"

_NAMES = ("interceptors", "middlewares")


async def default_level(settings: object | str | None) -> Level:
    """The level that the settings describe; an empty one where there are none.

    ``settings`` is the object, or its dotted path ``package.module.Name``; None asks the environment variable
    ``MOCKPROXY_SETTINGS_MODULE`` for a path.
    Raises ``ConfigurationError`` for a path that leads nowhere, for settings that cannot be made or asked, and for an
    object that has neither of the two lists; ``TypeError`` for entries of the wrong kind.
    """
    given = named_settings(settings)
    if given is None:
        return Level()
    found = _load(given) if isinstance(given, str) else given
    made = _made(found) if inspect.isclass(found) else found
    if not any(_has(made, name) for name in _NAMES):
        raise ConfigurationError(
            f"the settings {given!r} have neither `interceptors` nor `middlewares`: "
            "give an object that has, or the dotted path of one"
        )
    interceptors, middlewares = [await _entries(made, name) for name in _NAMES]
    return Level(interceptors, middlewares, place=_place(made))


def named_settings(settings: object | str | None) -> object | str | None:
    """What is to be taken for the settings: those given, else the path that the environment names."""
    return os.environ.get(VARIABLE) or None if settings is None else settings


def _load(path: str) -> object:
    module_name, _, name = path.rpartition(".")
    if not module_name or not all(map(str.isidentifier, path.split("."))):
        raise ConfigurationError(f"the settings {path!r} are no dotted path such as 'shop.settings.TestSettings'")
    try:
        module = import_module(module_name)
    except Exception as error:
        raise ConfigurationError(f"the settings {path!r} cannot be loaded: {_said(error)}") from error
    if not hasattr(module, name):
        raise ConfigurationError(
            f"the settings {path!r} cannot be loaded: module {module_name!r} has no {name!r}; "
            "the path ends with the name of an object in a module"
        )
    return getattr(module, name)


def _made(settings: type) -> object:
    try:
        return settings()
    except Exception as error:
        raise ConfigurationError(
            f"the settings {settings.__name__} cannot be made ({_said(error)}): name an instance, or give one"
        ) from error


def _has(settings: object, name: str) -> bool:
    """Also where a property of this name fails, and where a name is made up when it is asked for."""
    missing = object()
    return inspect.getattr_static(settings, name, missing) is not missing or hasattr(settings, name)


async def _entries(settings: object, name: str) -> Sequence[object]:
    if not _has(settings, name):
        return ()
    kind = _source(settings).__name__
    try:
        value = getattr(settings, name)
        if callable(value):
            value = value()
        if inspect.isawaitable(value):
            value = await value
    except Exception as error:
        raise ConfigurationError(f"{name} of the settings {kind} cannot be asked for: {_said(error)}") from error
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise ConfigurationError(
            f"{name} of the settings {kind} must be a list, or a method that returns one: {value!r}"
        )
    return value


def _source(settings: object) -> ModuleType | type:
    return settings if isinstance(settings, ModuleType) else type(settings)


def _place(settings: object) -> str:
    """The module of a made-up class, and the like, cannot be read: then the name must do."""
    source = _source(settings)
    try:
        return f"{inspect.getsourcefile(source)}:{inspect.getsourcelines(source)[1] or 1}"
    except (OSError, TypeError):
        return f"the settings {source.__name__}"


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
