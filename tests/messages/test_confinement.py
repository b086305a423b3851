from posixpath import normpath
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given, settings, strategies as st

from mockproxy.errors import RefusedRequest
from mockproxy.messages.confinement import confined, leaves_prefix


@pytest.mark.parametrize("path", ["/base/a", "/base/a/../b", "/base/a%2Fb//c", "/base/..."])
def test_a_path_below_its_prefix_is_returned_as_it_is(path):
    assert confined(path, "/base/") == path


@pytest.mark.parametrize("path", ["/base/../admin", "/base/%2e%2E/admin", "/base/a/../../admin", "/base/..%2fadmin"])
def test_a_path_whose_dots_lead_out_is_refused_with_400(path):
    with pytest.raises(RefusedRequest) as refusal:
        confined(path, "/base/")

    assert refusal.value.status_code == 400
    assert str(refusal.value) == f"the dot segments of {path!r} lead out of '/base/'"


@pytest.mark.parametrize(
    "path",
    [
        "/a/../b",
        "/a/..",
        "/a/../",
        "/a/%2e%2e/b",
        "/a/%2E%2E/b",
        "/a/.%2e/b",
        "/a/%2e./b",
        "/a/..%2fb",
        "/a/..%2Fb",
        "/a/x/..%2f..%2fb",
        "/a%2f..%2fb",
        "/a/..\\b",
        "/a/..%5cb",
        "/a\\..\\b",
        "/a/./../b",
        "/a/%2e/%2e%2e/b",
        "/a/x/../../b",
        "/a//../../b",
        "/a/../a/../b",
        "/../a/../b",
        "/a/../ab",
        "/a/../../../../etc/passwd",
        "/a//../b",
        "/a/..//a/b",
        "/a/..;/b",
        "/a/%2e%2e;x=1/b",
        "/a/..%3b/b",
    ],
)
def test_dot_segments_that_lead_out_are_seen(path):
    assert leaves_prefix(path, "/a/")


@pytest.mark.parametrize(
    "path",
    [
        "/a/",
        "/a/b",
        "/a/./b",
        "/a/x/../b",
        "/a/x/%2e%2e/b",
        "/a/x/..%2fb",
        "/a/..b",
        "/a/b..",
        "/a/.../b",
        "/a/../a/b",
        "/a/%252e%252e/b",
        "/a/..%252fb",
        "/a//b",
        "/a/b;v=1/../c",
    ],
)
def test_a_path_that_stays_is_left_alone(path):
    assert not leaves_prefix(path, "/a/")


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from(["", "a", "b", ".", "..", "%2e", ".%2E", "%2e%2e"]), min_size=1, max_size=8))
def test_dot_segments_are_resolved_as_by_servers_that_merge_slashes_and_by_those_that_keep_them(segments):
    path = "/a/" + "/".join(segments)
    plain = path.replace("%2e", ".").replace("%2E", ".")
    merging, keeping = normpath(plain), urlsplit(urljoin("http://host/", plain)).path
    stays = f"{merging}/".startswith("/a/") and f"{keeping}/".startswith("/a/")
    leaves = leaves_prefix(path, "/a/")
    # urljoin drops some empty segments itself, so of such paths it only knows that they leave, not that they stay.
    assert leaves if ".." in plain and not stays else not leaves or "//" in plain
