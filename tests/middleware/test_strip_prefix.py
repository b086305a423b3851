import pytest

from mockproxy.errors import ConfigurationError
from mockproxy.messages.message import Request
from mockproxy.middleware import StripPrefix
from tests.support.chain import through


def stripped(prefix, target):
    return through(StripPrefix(prefix), request=Request("GET", target)).forwarded.raw_target


@pytest.mark.parametrize(
    ("prefix", "target", "expected"),
    [
        ("/api", "/api/users", "/users"),
        ("/api", "/api", "/"),
        ("/api", "/api/", "/"),
        ("/api", "/api?x=1", "/?x=1"),
        ("/api/", "/api/users", "/users"),
        ("/api", "/api/v1/a%2Fb//c?x=1&x=2", "/v1/a%2Fb//c?x=1&x=2"),
        ("/api", "/api//c", "//c"),
        ("/shops/{id}", "/shops/7/orders", "/orders"),
    ],
)
def test_a_prefix_is_taken_off(prefix, target, expected):
    assert stripped(prefix, target) == expected


@pytest.mark.parametrize("target", ["/apix", "/apix/users", "/v1/api/users", "/API/users", "/%61pi/users", "/", "*"])
def test_a_path_without_the_prefix_goes_on_unchanged(target):
    assert stripped("/api", target) == target


@pytest.mark.parametrize("target", ["/api/../admin", "/api/../apix", "/api/%2e%2e/admin", "/api/a/../../admin"])
def test_dot_segments_that_lead_out_of_the_prefix_are_refused(target):
    crossing = through(StripPrefix("/api"), request=Request("GET", target))

    assert crossing.response.status == 400
    assert crossing.forwarded is None


def test_dot_segments_below_the_prefix_are_kept():
    assert stripped("/api", "/api/a/../b") == "/a/../b"


@pytest.mark.parametrize("prefix", ["api", "", "/", "//", "*", "/a b", None])
def test_what_is_no_prefix_is_refused(prefix):
    with pytest.raises(ConfigurationError):
        StripPrefix(prefix)
