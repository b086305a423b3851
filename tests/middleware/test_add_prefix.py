import pytest

from mockproxy.errors import ConfigurationError
from mockproxy.messages.message import Request
from mockproxy.middleware import AddPrefix, StripPrefix
from tests.support.chain import through


@pytest.mark.parametrize(
    ("prefix", "target", "expected"),
    [
        ("/base", "/users", "/base/users"),
        ("/base/", "/users", "/base/users"),
        ("/base", "/", "/base/"),
        ("/base", "/?x=1", "/base/?x=1"),
        ("/base", "//c?x=1&x=2", "/base//c?x=1&x=2"),
        ("/a%2Fb", "/%2F", "/a%2Fb/%2F"),
    ],
)
def test_a_prefix_is_put_before_the_path(prefix, target, expected):
    crossing = through(AddPrefix(prefix), request=Request("GET", target))

    assert crossing.forwarded.raw_target == expected


def test_options_for_the_whole_server_have_no_path():
    assert through(AddPrefix("/base"), request=Request("OPTIONS", "*")).forwarded.raw_target == "*"


def test_one_prefix_is_exchanged_for_another_octet_for_octet():
    crossing = through(StripPrefix("/api"), AddPrefix("/base"), request=Request("GET", "/api/v1/a%2Fb//c?x=1&x=2"))

    assert crossing.forwarded.raw_target == "/base/v1/a%2Fb//c?x=1&x=2"
    assert crossing.trace["AddPrefix"].changes.path == ("/v1/a%2Fb//c", "/base/v1/a%2Fb//c")


@pytest.mark.parametrize("target", ["/../admin", "/..", "/a/../../admin", "/%2e%2e/admin"])
def test_dot_segments_that_lead_out_of_the_prefix_are_refused(target):
    crossing = through(AddPrefix("/base"), request=Request("GET", target))

    assert crossing.response.status == 400
    assert crossing.forwarded is None


@pytest.mark.parametrize("prefix", ["base", "", "/", "*", "/base?x=1", "/shops/{id}", None])
def test_what_is_no_prefix_is_refused(prefix):
    with pytest.raises(ConfigurationError):
        AddPrefix(prefix)
