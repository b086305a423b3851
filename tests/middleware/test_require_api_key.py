import pytest

from mockproxy.errors import ConfigurationError
from mockproxy.messages.message import Request
from mockproxy.middleware import RequireApiKey
from tests.support.chain import through


def ask(middleware, *fields):
    return through(middleware, request=Request("GET", "/", fields))


@pytest.mark.parametrize("key", ["old", "new"])
def test_each_of_the_keys_passes(key):
    assert ask(RequireApiKey("old", "new"), ("x-api-key", key)).forwarded is not None


def test_the_key_may_stand_in_another_field():
    middleware = RequireApiKey("k", header="X-Shop-Key")

    assert ask(middleware, ("X-Shop-Key", "k")).forwarded is not None
    assert ask(middleware, ("X-API-Key", "k")).forwarded is None


@pytest.mark.parametrize(
    ("lines", "finding"),
    [
        ((), "one field X-API-Key is required"),
        (("k", "k"), "one field X-API-Key is required"),
        (("K",), "the key in X-API-Key is not known"),
        (("",), "the key in X-API-Key is not known"),
        (("\xe9",), "the key in X-API-Key is not known"),
    ],
)
def test_anything_else_is_refused_with_a_challenge(lines, finding):
    crossing = ask(RequireApiKey("k"), *[("X-API-Key", line) for line in lines])

    assert (crossing.response.status, crossing.response.text) == (401, f"{finding}\n")
    assert crossing.response.headers["WWW-Authenticate"] == 'ApiKey realm="mockproxy"'
    assert crossing.forwarded is None
    assert crossing.troubles == ()


@pytest.mark.parametrize("keys", [(), ("",), ("k", ""), ("a\nb",), (["k"],)])
def test_keys_that_cannot_be_asked_for_are_refused(keys):
    with pytest.raises(ConfigurationError):
        RequireApiKey(*keys)


def test_a_field_that_cannot_be_sent_is_refused():
    with pytest.raises(ConfigurationError, match="X API Key"):
        RequireApiKey("k", header="X API Key")
