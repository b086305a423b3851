import pytest

from mockproxy import middleware
from mockproxy.credentials import TokenIssuer
from mockproxy.pipeline.entry import adapt
from mockproxy.pipeline.phase import Phase

ARGUMENTS = {
    "AddBasic": ("user", "password"),
    "AddBearer": ("token",),
    "AddHeader": ("X-Seen", "1"),
    "AddPrefix": ("/base",),
    "Compress": (),
    "Decompress": (),
    "RemoveHeader": ("X-Seen",),
    "RequireApiKey": ("key",),
    "RequireBasic": ({"user": "password"},),
    "RequireBearer": (TokenIssuer(),),
    "RewritePath": ("/a", "/b"),
    "StripPrefix": ("/api",),
}


def test_what_the_room_exports_is_what_is_listed_here():
    assert middleware.__all__ == sorted(ARGUMENTS)


@pytest.mark.parametrize("name", ARGUMENTS)
def test_each_is_a_middleware_named_after_its_class_or_as_the_test_says(name):
    make = getattr(middleware, name)

    assert adapt(make(*ARGUMENTS[name]), Phase.PROXY).name == name
    assert adapt(make(*ARGUMENTS[name], name="mine"), Phase.PROXY).name == "mine"


@pytest.mark.parametrize("name", [name for name in ARGUMENTS if name.startswith(("AddB", "Require"))])
def test_none_shows_a_secret_in_its_repr(name):
    shown = repr(getattr(middleware, name)(*ARGUMENTS[name]))

    assert shown.startswith("<mockproxy.middleware.")
    assert "password" not in shown
