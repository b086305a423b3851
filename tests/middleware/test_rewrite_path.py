import pytest

from mockproxy.errors import ConfigurationError
from mockproxy.messages.message import Request
from mockproxy.middleware import RewritePath
from tests.support.chain import through


def rewritten(middleware, target):
    return through(middleware, request=Request("GET", target)).forwarded.raw_target


@pytest.mark.parametrize(
    ("pattern", "to", "target", "expected"),
    [
        ("/v1/users/{id}", "/internal/users/{id}", "/v1/users/7", "/internal/users/7"),
        ("/{shop}/orders/{id}", "/orders/{id}/of/{shop}", "/WAL/orders/7", "/orders/7/of/WAL"),
        ("/v1/users/{id}", "/me", "/v1/users/7", "/me"),
        ("/api{rest:.*}", "/base{rest}", "/api/a/b", "/base/a/b"),
        ("*", "/maintenance", "/anything", "/maintenance"),
    ],
)
def test_a_path_is_mapped_from_one_template_to_the_other(pattern, to, target, expected):
    assert rewritten(RewritePath(pattern, to), target) == expected


def test_the_query_is_left_alone():
    assert rewritten(RewritePath("/a/{id}", "/b/{id}"), "/a/7?x=1&x=2&q=a%20b+c") == "/b/7?x=1&x=2&q=a%20b+c"


def test_the_raw_path_is_kept_octet_for_octet():
    assert rewritten(RewritePath("/v1/{rest:.*}", "/v2/{rest}"), "/v1/a%2Fb//c%252F/%E2%82%AC") == (
        "/v2/a%2Fb//c%252F/%E2%82%AC"
    )


@pytest.mark.parametrize("target", ["/v1/users", "/v1/users/", "/v1/users/7/orders", "/v2/users/7"])
def test_a_path_of_another_form_goes_on_unchanged(target):
    crossing = through(RewritePath("/v1/users/{id}", "/internal/users/{id}"), request=Request("GET", target))

    assert crossing.forwarded.raw_target == target
    assert crossing.trace["RewritePath"].changes.path is None


def test_the_trace_names_both_paths():
    crossing = through(RewritePath("/a/{id}", "/b/{id}"), request=Request("GET", "/a/7?x=1"))

    assert crossing.trace["RewritePath"].changes.path == ("/a/7", "/b/7")


def test_two_of_them_are_told_apart_by_their_names():
    crossing = through(
        RewritePath("/a/{id}", "/b/{id}", name="version"),
        RewritePath("/b/{id}", "/c/{id}", name="service"),
        request=Request("GET", "/a/7"),
    )

    assert crossing.trace.entered == ["version", "service"]
    assert crossing.trace["service"].changes.path == ("/b/7", "/c/7")


def test_dot_segments_that_lead_out_of_the_new_beginning_are_refused():
    crossing = through(RewritePath("/api{rest:.*}", "/base{rest}"), request=Request("GET", "/api/../admin"))

    assert crossing.response.status == 400
    assert crossing.forwarded is None
    assert crossing.trace.answered_by == "RewritePath"


def test_a_parameter_that_the_pattern_lacks_is_refused():
    with pytest.raises(ConfigurationError, match=r"'/b/\{name\}' needs 'name', and '/a/\{id\}' has only \['id'\]"):
        RewritePath("/a/{id}", "/b/{name}")


@pytest.mark.parametrize(("pattern", "to"), [("a/{id}", "/b"), ("/a/{id", "/b"), ("/a", "/b?x=1"), ("/a", "*")])
def test_what_cannot_be_a_path_is_refused(pattern, to):
    with pytest.raises(ConfigurationError):
        RewritePath(pattern, to)
