import asyncio

import pytest

from mockproxy.errors import ConfigurationError
from mockproxy.servers.proxy import ProxyServer
from mockproxy.servers.settings import VARIABLE, default_level
from tests.support.asking import ask


class Audit:
    async def intercept(self, scope, receive, send): ...


class Explicit(Audit): ...


async def tag(ctx):
    yield


class Sequences:
    interceptors = (Audit,)
    middlewares = (tag,)


class Methods:
    def interceptors(self):
        return [Audit]

    async def middlewares(self):
        return (tag,)


class Nothing: ...


def names(settings):
    return [entry.name for entry in asyncio.run(default_level(settings)).entries]


@pytest.mark.parametrize("settings", [Sequences, Sequences(), Methods, Methods()])
def test_defaults_are_sequences_or_methods_that_return_them(settings):
    assert names(settings) == ["Audit", "tag"]


@pytest.mark.parametrize("settings", [None, Nothing])
def test_without_settings_there_are_no_defaults(settings, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)

    assert names(settings) == []


def test_settings_can_be_named_by_a_dotted_path(tmp_path, monkeypatch):
    (tmp_path / "shop_settings.py").write_text(
        "class Audit:\n    async def intercept(self, scope, receive, send): ...\n\n"
        "class Defaults:\n    interceptors = [Audit]\n"
    )
    monkeypatch.syspath_prepend(tmp_path)

    assert names("shop_settings.Defaults") == ["Audit"]


def test_the_environment_can_name_them(monkeypatch):
    monkeypatch.setenv(VARIABLE, "no_such_module.Settings")

    with pytest.raises(ConfigurationError, match="no_such_module"):
        names(None)


@pytest.mark.parametrize(
    ("path", "finding"),
    [
        ("Settings", "are no dotted path such as"),
        ("no_such_module.Settings", "cannot be loaded: No module named 'no_such_module'"),
        ("http.NoSuchName", "module 'http' has no 'NoSuchName'"),
    ],
)
def test_a_path_that_leads_nowhere_is_refused(path, finding):
    with pytest.raises(ConfigurationError, match=finding):
        names(path)


@pytest.mark.parametrize("value", ["Audit", Audit(), 5])
def test_what_is_no_list_is_refused(value):
    class Settings:
        interceptors = value

    with pytest.raises(ConfigurationError, match="interceptors of the settings Settings must be a list"):
        names(Settings)


def test_an_entry_of_the_wrong_kind_is_refused():
    class Settings:
        interceptors = (tag,)

    with pytest.raises(TypeError, match="is no interceptor"):
        names(Settings)


def test_defaults_come_before_what_is_given_on_the_same_level():
    with ProxyServer(settings=Sequences, interceptors=[Explicit]) as proxy:
        proxy.on().reply(204)
        ask(proxy)

    assert proxy.exchanges.only().trace.entered == ["Audit", "Explicit", "tag"]
