import re
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from hypothesis import given, settings, strategies as st

from mockproxy.errors import ConfigurationError
from mockproxy.messages.url import (
    Origin,
    Query,
    checked_path,
    parse_origin,
    path_and_query,
    raw_query,
)

targets = st.text("ab/?&=%2F.;:@[]{}|\\é", max_size=12).map("/".__add__)


@settings(max_examples=50, deadline=None)
@given(targets)
def test_a_target_is_split_as_a_url_is(target):
    parts = urlsplit("http://host" + target)
    path, query = path_and_query(target)
    assert (path, query or "") == (parts.path, parts.query)


@settings(max_examples=50, deadline=None)
@given(targets)
def test_path_and_query_can_be_put_together_again(target):
    path, query = path_and_query(target)
    assert (path if query is None else f"{path}?{query}") == target


@pytest.mark.parametrize(
    ("target", "parts"),
    [
        ("/a", ("/a", None)),
        ("/a?", ("/a", "")),
        ("/a?b?c", ("/a", "b?c")),
        ("//a/b", ("//a/b", None)),
        ("/http://x/y", ("/http://x/y", None)),
        ("*", ("*", None)),
        ("http://h:1/a?b", ("/a", "b")),
        ("http://h", ("/", None)),
        ("http://h?b", ("/", "b")),
        ("HTTPS://u:p@h/a", ("/a", None)),
        ("host:443", ("host:443", None)),
    ],
)
def test_each_form_of_a_target_has_its_path_and_query(target, parts):
    assert path_and_query(target) == parts


@pytest.mark.parametrize("path", ["/", "*", "/a%20b//c;v=1/..", "/\xe9", "/{x}|\\"])
def test_a_path_that_can_stand_in_a_request_line_is_taken_as_it_is(path):
    assert checked_path(path) == path


@pytest.mark.parametrize(
    ("path", "advice"),
    [
        ("", "must start with '/'"),
        ("a", "must start with '/'"),
        ("/a b", "(%20)"),
        ("/a?b", "(%3F); a query is set as `query`"),
        ("/a#b", "(%23)"),
        ("/\r\n", "(%0D)"),
        ("/\x7f", "(%7F)"),
        ("/€", "(%E2%82%AC)"),
    ],
)
def test_any_other_path_is_refused_with_advice(path, advice):
    with pytest.raises(ConfigurationError, match=re.escape(advice)):
        checked_path(path)


@settings(max_examples=50, deadline=None)
@given(st.text("ab&=+%20éC3;", max_size=12))
def test_a_query_is_read_as_a_form(raw):
    assert Query(raw).items() == parse_qsl(raw, keep_blank_values=True)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.text(max_size=3), st.text(max_size=3))))
def test_pairs_become_a_query_and_back(pairs):
    assert raw_query(pairs) == urlencode(pairs)


@pytest.mark.parametrize(
    ("given", "raw"),
    [
        ("a=1&a=%202+", "a=1&a=%202+"),
        (Query("x=%41"), "x=%41"),
        ({"a": "1 2", "b": ["3", "4"]}, "a=1+2&b=3&b=4"),
        ([("a", "1"), ("b", ""), ("a", "&")], "a=1&b=&a=%26"),
        ("", ""),
    ],
)
def test_a_query_may_be_given_in_several_forms(given, raw):
    assert raw_query(given) == raw


@pytest.mark.parametrize("raw", ["a b", "a#", "a\r\n", "€"])
def test_a_raw_query_that_cannot_stand_in_a_request_line_is_refused(raw):
    with pytest.raises(ConfigurationError, match="cannot stand in a request line"):
        raw_query(raw)


def test_a_name_of_a_query_gives_its_first_value():
    assert Query("a=1&b=2&a=3")["a"] == "1"


def test_all_gives_every_value_of_a_name():
    assert Query("a=1&b=2&a=3").all("a") == ["1", "3"]


def test_a_missing_name_is_a_key_error_that_names_it():
    with pytest.raises(KeyError, match="b"):
        Query("a=1")["b"]


def test_get_answers_a_missing_name_with_the_default():
    assert Query("a=1").get("b") is None
    assert Query("a=1").get("b", "-") == "-"


def test_a_query_lists_its_names_once():
    query = Query("a=1&b=2&a=3")
    assert query.keys() == list(query) == ["a", "b"]
    assert len(query) == 3
    assert "b" in query
    assert "c" not in query


@pytest.mark.parametrize("other", [Query("a=1&b=2&a=3"), "a=1&b=2&a=3", {"a": ["1", "3"], "b": "2"}])
def test_a_query_equals_its_text_and_its_values(other):
    assert Query("a=1&b=2&a=3") == other


@pytest.mark.parametrize("other", [Query("b=2&a=1"), "a=1", {"a": "1"}, {"a": "1", "b": ["2"]}, None])
def test_a_query_equals_nothing_else(other):
    assert Query("a=1&b=2") != other


def test_equal_queries_have_equal_hashes():
    assert len({Query("a=1"), Query("a=1"), Query("a=2")}) == 2


def test_the_repr_of_a_query_shows_no_secret():
    assert "swordfish" not in repr(Query("access_token=swordfish"))
    assert str(Query("access_token=swordfish")) == "access_token=swordfish"


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("http://127.0.0.1:8000", Origin("127.0.0.1", 8000)),
        ("http://localhost", Origin("localhost", 80)),
        ("http://localhost/", Origin("localhost", 80)),
        ("HTTP://h:1/api/v1/", Origin("h", 1, "/api/v1")),
        ("http://[::1]:9/x", Origin("::1", 9, "/x")),
        ("http://h/a%20b", Origin("h", 80, "/a%20b")),
    ],
)
def test_the_url_of_a_target_names_its_origin(url, origin):
    assert parse_origin(url) == origin


@pytest.mark.parametrize(
    ("url", "finding"),
    [
        ("https://h", "must start with 'http://'"),
        ("localhost:8000", "must start with 'http://'"),
        ("", "must start with 'http://'"),
        ("http://", "names no host"),
        ("http://:80", "names no host"),
        ("http://h:port", "a port that is not a number"),
        ("http://h:65536", "a port that is not a number"),
        ("http://h?x=1", "holds a query"),
        ("http://h#x", "holds a query, a fragment"),
        ("http://user:secret@h", "credentials"),
        ("http://[::1", "cannot be read"),
        ("http://h/a b", "cannot stand in a request line"),
        (8000, "a target is a TargetServer or a URL"),
        (None, "a target is a TargetServer or a URL"),
    ],
)
def test_what_cannot_be_the_url_of_a_target_is_refused(url, finding):
    with pytest.raises(ConfigurationError, match=re.escape(finding)):
        parse_origin(url)


@pytest.mark.parametrize(
    ("origin", "authority"),
    [(Origin("h", 80), "h"), (Origin("h", 81), "h:81"), (Origin("::1", 80), "[::1]"), (Origin("::1", 9), "[::1]:9")],
)
def test_an_authority_names_the_port_unless_it_is_the_default(origin, authority):
    assert origin.authority == authority


@pytest.mark.parametrize(
    ("base", "path", "full"),
    [("", "/a", "/a"), ("/v1", "/a", "/v1/a"), ("/v1", "/", "/v1/"), ("/v1", "//a", "/v1//a"), ("/v1", "*", "*")],
)
def test_a_base_path_is_put_before_every_path(base, path, full):
    assert Origin("h", 80, base).full_path(path) == full
