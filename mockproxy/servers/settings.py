"""Defaults of a proxy's outermost level, from a settings object of the user, as Esmerald has them.

The object is a class or an instance; ``interceptors`` and ``middlewares`` on it are lists, or methods that return them,
plain or async.
"""

import inspect
import os
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType

from mockproxy.errors import ConfigurationError
from mockproxy.pipeline.level import Level

VARIABLE = "MOCKPROXY_SETTINGS_MODULE"

_NAMES = ("interceptors", "middlewares")
_MISSPELT = {"interceptor": "interceptors", "middleware": "middlewares"}


@dataclass(frozen=True, slots=True)
class NamedSettings:
    """Settings, or their dotted path, and how they came here, for messages."""

    given: object | str
    how: str

    def __str__(self) -> str:
        # Not the object itself, which may show what it was made of.
        shown = repr(self.given) if isinstance(self.given, str) else _source(self.given).__name__
        return f"the settings {shown}, {self.how},"


async def default_level(settings: object | str | NamedSettings | None) -> Level:
    """The level that the settings describe; an empty one where there are none.

    ``settings`` is the object, or its dotted path ``package.module.Name``; None asks the environment variable
    ``MOCKPROXY_SETTINGS_MODULE`` for a path.
    Raises ``ConfigurationError`` for a path that leads nowhere, for settings that cannot be made or asked, and for an
    object that has neither of the two lists, or one of them under a misspelt name; ``TypeError`` for entries of the
    wrong kind.  Each of them tells who named the settings.
    """
    named = named_settings(settings)
    if named is None:
        return Level()
    found = _load(named, named.given) if isinstance(named.given, str) else named.given
    made = _made(named, found) if inspect.isclass(found) else found
    _check_names(named, made)
    interceptors, middlewares = [await _entries(named, made, name) for name in _NAMES]
    try:
        return Level(interceptors, middlewares, place=_place(made))
    except TypeError as error:
        raise TypeError(f"{named} have an entry of the wrong kind: {error}") from error


def named_settings(settings: object | str | NamedSettings | None) -> NamedSettings | None:
    """What is to be taken for the settings: those given, else the path that the environment names."""
    if isinstance(settings, NamedSettings):
        return settings
    if settings is not None:
        return NamedSettings(settings, "given as `settings=`")
    path = os.environ.get(VARIABLE)
    return NamedSettings(path, f"named by the environment variable {VARIABLE}") if path else None


def _load(named: NamedSettings, path: str) -> object:
    module_name, _, name = path.rpartition(".")
    if not module_name or not all(map(str.isidentifier, path.split("."))):
        raise ConfigurationError(f"{named} are no dotted path such as 'shop.settings.TestSettings'")
    try:
        module = import_module(module_name)
    except Exception as error:
        raise ConfigurationError(f"{named} cannot be loaded: {_said(error)}") from error
    if not hasattr(module, name):
        raise ConfigurationError(
            f"{named} cannot be loaded: module {module_name!r} has no {name!r}; "
            "the path ends with the name of an object in a module"
        )
    return getattr(module, name)


def _made(named: NamedSettings, settings: type) -> object:
    try:
        return settings()
    except Exception as error:
        raise ConfigurationError(f"{named} cannot be made ({_said(error)}): name an instance, or give one") from error


def _check_names(named: NamedSettings, settings: object) -> None:
    for wrong, right in _MISSPELT.items():
        if _is_own(settings, wrong) and not _has(settings, right):
            raise ConfigurationError(f"{named} have `{wrong}`, which nobody asks for: name it `{right}`")
    if not any(_has(settings, name) for name in _NAMES):
        raise ConfigurationError(
            f"{named} have neither `interceptors` nor `middlewares`: give an object that has, or the dotted path of one"
        )


def _is_own(settings: object, name: str) -> bool:
    """Not where the settings of a framework have this name for something of their own, as those of Ravyn do."""
    kind, *bases = type(settings).__mro__
    own = name in getattr(settings, "__dict__", {}) or name in vars(kind)
    is_module = own and isinstance(inspect.getattr_static(settings, name), ModuleType)
    return own and not is_module and not any(name in vars(base) for base in bases)


def _has(settings: object, name: str) -> bool:
    """Also where a property of this name fails, and where a name is made up when it is asked for."""
    missing = object()
    return inspect.getattr_static(settings, name, missing) is not missing or hasattr(settings, name)


async def _entries(named: NamedSettings, settings: object, name: str) -> Sequence[object]:
    if not _has(settings, name):
        return ()
    try:
        value = getattr(settings, name)
        if callable(value):
            value = value()
        if inspect.isawaitable(value):
            value = await value
    except Exception as error:
        raise ConfigurationError(f"{name} of {named} cannot be asked for: {_said(error)}") from error
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise ConfigurationError(f"{name} of {named} must be a list, or a method that returns one: {value!r}")
    return value


def _source(settings: object) -> ModuleType | type:
    return settings if isinstance(settings, ModuleType | type) else type(settings)


def _place(settings: object) -> str:
    """The module of a made-up class, and the like, cannot be read: then the name must do."""
    source = _source(settings)
    try:
        return f"{inspect.getsourcefile(source)}:{inspect.getsourcelines(source)[1] or 1}"
    except (OSError, TypeError):
        return f"the settings {source.__name__}"


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
