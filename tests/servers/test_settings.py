import asyncio
import inspect
import os

import pytest
from ravyn import RavynSettings

from mockproxy.errors import ConfigurationError, MiddlewareFailed
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


class OneOfThem:
    interceptors = (Audit,)


class Neither:
    audits = (Audit,)


class Singular:
    interceptor = (Audit,)
    middlewares = (tag,)


class SingularOnInstance:
    interceptors = (Audit,)

    def __init__(self):
        self.middleware = [tag]


class MadeUp:
    def __getattr__(self, name):
        if name == "interceptors":
            return [Audit]
        raise AttributeError(name)


class Mapped(dict):
    interceptors = (Audit,)


class FromTheEnvironment:
    """As settings of pydantic: the signature asks for what the environment gives."""

    __signature__ = inspect.Signature([inspect.Parameter("tenant", inspect.Parameter.KEYWORD_ONLY)])

    def __init__(self, **given):
        self.tenant = given.get("tenant") or os.environ["TENANT"]
        self.interceptors = [Audit]


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


def test_without_settings_there_are_no_defaults(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)

    assert names(None) == []


@pytest.mark.parametrize("settings", [OneOfThem, MadeUp, MadeUp(), Mapped, FromTheEnvironment])
def test_one_of_the_two_is_enough(settings, monkeypatch):
    monkeypatch.setenv("TENANT", "acme")

    assert names(settings) == ["Audit"]


@pytest.mark.parametrize("settings", [Neither, Neither(), [Audit], {"interceptors": [Audit]}, "http.client"])
def test_what_has_neither_is_refused(settings):
    with pytest.raises(ConfigurationError, match=r"^the settings .* have neither `interceptors` nor `middlewares`"):
        names(settings)


def test_settings_can_be_named_by_a_dotted_path(tmp_path, monkeypatch):
    (tmp_path / "dotted_settings.py").write_text(
        "class Audit:\n    async def intercept(self, scope, receive, send): ...\n\n"
        "class Defaults:\n    interceptors = [Audit]\n"
    )
    monkeypatch.syspath_prepend(tmp_path)

    assert names("dotted_settings.Defaults") == ["Audit"]


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
        ("no_such_module.Settings", "cannot be loaded: ModuleNotFoundError: No module named 'no_such_module'"),
        ("http.NoSuchName", "module 'http' has no 'NoSuchName'; the path ends with the name of an object"),
    ],
)
def test_a_path_that_leads_nowhere_is_refused(path, finding):
    with pytest.raises(ConfigurationError, match=finding):
        names(path)


@pytest.mark.parametrize("value", ["Audit", Audit(), 5])
def test_what_is_no_list_is_refused(value):
    class Settings:
        interceptors = value

    with pytest.raises(
        ConfigurationError, match="interceptors of the settings Settings, given as `settings=`, must be a list"
    ):
        names(Settings)


def test_an_entry_of_the_wrong_kind_is_refused():
    class Settings:
        interceptors = (tag,)

    with pytest.raises(TypeError, match=r"^the settings Settings, given as `settings=`, have an entry .* is no interc"):
        names(Settings)


def test_an_entry_of_the_wrong_kind_tells_which_settings_have_it_and_who_named_them(tmp_path, monkeypatch):
    (tmp_path / "wrong_settings.py").write_text("class Shop:\n    interceptors = ['x']\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv(VARIABLE, "wrong_settings.Shop")

    named = f"the settings 'wrong_settings.Shop', named by the environment variable {VARIABLE}, have an entry"
    with pytest.raises(TypeError, match=f"^{named} of the wrong kind: 'x' is no interceptor"):
        names(None)


@pytest.mark.parametrize(
    ("settings", "names_seen"),
    [
        (Singular, "have `interceptor`, which nobody asks for: name it `interceptors`"),
        (SingularOnInstance(), "have `middleware`, which nobody asks for: name it `middlewares`"),
    ],
)
def test_a_misspelt_list_is_refused(settings, names_seen):
    with pytest.raises(ConfigurationError, match=f"^the settings .* given as `settings=`, {names_seen}"):
        names(settings)


def test_an_error_does_not_show_what_settings_were_made_of():
    class Shop:
        def __repr__(self):
            return "Shop(token='s3cret')"

    with pytest.raises(ConfigurationError, match=r"^the settings Shop, given as `settings=`, have neither"):
        names(Shop())


def test_what_a_framework_calls_by_the_singular_is_not_misspelt():
    class Shop(RavynSettings):
        @property
        def middleware(self):
            return ["of the application"]

        @property
        def interceptors(self):
            return [Audit]

    assert names(Shop) == ["Audit"]


def test_defaults_come_before_what_is_given_on_the_same_level():
    with ProxyServer(settings=Sequences, interceptors=[Explicit]) as proxy:
        proxy.on().reply(204)
        ask(proxy)

    assert proxy.exchanges.only().trace.entered == ["Audit", "Explicit", "tag"]


def test_a_class_that_cannot_be_made_is_refused():
    class Settings:
        def __init__(self, tenant): ...

    with pytest.raises(
        ConfigurationError,
        match=r"the settings Settings, .*, cannot be made \(TypeError: .* argument: 'tenant'\): name an",
    ):
        names(Settings)


def test_a_class_that_refuses_to_be_made_is_refused(monkeypatch):
    monkeypatch.delenv("TENANT", raising=False)

    with pytest.raises(
        ConfigurationError, match="the settings FromTheEnvironment, given as `settings=`, cannot be made"
    ) as refusal:
        names(FromTheEnvironment)

    assert isinstance(refusal.value.__cause__, KeyError)


class Failing:
    def interceptors(self):
        raise KeyError("TENANT")


class FailingLater:
    async def interceptors(self):
        raise KeyError("TENANT")


class FailingProperty:
    @property
    def interceptors(self):
        return [self.audit]


class WithArguments:
    def interceptors(self, tenant):
        return []


@pytest.mark.parametrize(
    ("settings", "finding"),
    [
        (Failing, "KeyError: 'TENANT'"),
        (FailingLater, "KeyError: 'TENANT'"),
        (FailingProperty, "AttributeError: 'FailingProperty' object has no attribute 'audit'"),
        (WithArguments, "TypeError: .* missing 1 required positional argument: 'tenant'"),
    ],
)
def test_settings_that_fail_when_they_are_asked_are_named(settings, finding):
    sentence = (
        f"^interceptors of the settings {settings.__name__}, given as `settings=`, cannot be asked for: {finding}"
    )
    with pytest.raises(ConfigurationError, match=sentence) as refusal:
        names(settings)

    assert refusal.value.__cause__ is not None


@pytest.mark.parametrize("named", ["by the test", "by the environment"])
def test_a_wrong_name_stops_the_proxy_from_starting(monkeypatch, named):
    path = "http.NoSuchName"
    monkeypatch.setenv(VARIABLE, path if named == "by the environment" else "http.Other")
    proxy = ProxyServer(settings=path if named == "by the test" else None)
    how = "given as `settings=`" if named == "by the test" else f"named by the environment variable {VARIABLE}"
    with pytest.raises(ConfigurationError, match=f"the settings '{path}', {how}, cannot be loaded"):
        proxy.start()

    assert not proxy.running


def test_what_a_module_of_settings_cannot_import_is_named(tmp_path, monkeypatch):
    (tmp_path / "broken_settings.py").write_text("import no_such_dependency\n")
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(
        ConfigurationError, match=r"'broken_settings\.Shop', .*, cannot be loaded: .* 'no_such_dependency'"
    ):
        names("broken_settings.Shop")


def test_what_a_module_of_settings_raises_is_told(tmp_path, monkeypatch):
    (tmp_path / "raising_settings.py").write_text("raise RuntimeError('no tenant')\n")
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(
        ConfigurationError, match=r"'raising_settings\.Shop', .*, cannot be loaded: RuntimeError: no tenant"
    ):
        names("raising_settings.Shop")


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


class Broken:
    async def intercept(self, scope, receive, send):
        raise RuntimeError("boom")


class WithBroken:
    interceptors = (Broken,)


@pytest.mark.parametrize(
    ("settings", "place"),
    [
        (WithBroken, f"{__file__}:{inspect.getsourcelines(WithBroken)[1]}"),
        (type("MadeUpNow", (), {"interceptors": (Broken,), "__module__": "nowhere"}), "the settings MadeUpNow"),
    ],
)
def test_trouble_with_a_default_names_the_place_of_the_settings(settings, place):
    with ProxyServer(settings=settings) as proxy, proxy.expecting(MiddlewareFailed) as troubles:
        ask(proxy)

    assert [trouble.place for trouble in troubles] == [place]


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
