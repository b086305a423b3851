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


class Properties:
    @property
    def interceptors(self):
        return [Audit]

    @property
    async def middlewares(self):
        return [tag]


class OnInstance:
    def __init__(self):
        self.interceptors = [Audit()]
        self.middlewares = (tag,)


class AsyncAndStatic:
    async def interceptors(self):
        return [Audit]

    @staticmethod
    def middlewares():
        return [tag]


class Nothing: ...


def names(settings):
    return [entry.name for entry in asyncio.run(default_level(settings)).entries]


@pytest.mark.parametrize(
    "settings",
    [
        *(Sequences, Sequences(), Methods, Methods(), Properties, Properties(), OnInstance, OnInstance()),
        *(AsyncAndStatic, AsyncAndStatic()),
    ],
)
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
        (".settings.Shop", "are no dotted path such as"),
        ("shop.settings:Shop", "are no dotted path such as"),
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


def test_a_class_that_cannot_be_made_is_refused():
    class Settings:
        def __init__(self, tenant): ...

    with pytest.raises(
        ConfigurationError, match=r"the settings Settings cannot be made \(missing a required argument: 'tenant'\)"
    ):
        names(Settings)


@pytest.mark.parametrize("named", ["by the test", "by the environment"])
def test_a_wrong_name_stops_the_proxy_from_starting(monkeypatch, named):
    path = "http.NoSuchName"
    monkeypatch.setenv(VARIABLE, path if named == "by the environment" else "http.Other")
    proxy = ProxyServer(settings=path if named == "by the test" else None)
    with pytest.raises(ConfigurationError, match=f"the settings '{path}' cannot be loaded"):
        proxy.start()

    assert not proxy.running


def test_what_a_module_of_settings_cannot_import_is_named(tmp_path, monkeypatch):
    (tmp_path / "broken_settings.py").write_text("import no_such_dependency\n")
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(ConfigurationError, match=r"'broken_settings\.Shop' cannot be loaded: .* 'no_such_dependency'"):
        names("broken_settings.Shop")


def test_the_environment_is_read_when_the_proxy_starts(tmp_path, monkeypatch):
    (tmp_path / "late_settings.py").write_text(
        "class Audit:\n    async def intercept(self, scope, receive, send): ...\n\n"
        "class Shop:\n    async def interceptors(self):\n        return [Audit]\n\nshop = Shop()\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    proxy = ProxyServer()
    proxy.on().reply(204)
    monkeypatch.setenv(VARIABLE, "late_settings.shop")
    with proxy:
        ask(proxy)

    assert proxy.exchanges.only().trace.entered == ["Audit"]


def test_methods_are_asked_at_each_start():
    class Counting:
        def __init__(self):
            self.starts = 0

        def interceptors(self):
            self.starts += 1
            return [Audit] * self.starts

    proxy = ProxyServer(settings=Counting())
    proxy.on().reply(204)
    for _ in range(2):
        with proxy:
            ask(proxy)

    assert [len(exchange.trace) for exchange in proxy.exchanges] == [1, 2]
