import pytest

from mockproxy.matching import Absent, Anything, Contains, Matches, OneOf, RequestPattern, StartsWith
from mockproxy.messages.message import Request


def accepted(request, **criteria):
    return RequestPattern.of(**criteria).match(request) is not None


@pytest.mark.parametrize(
    ("expected", "matches"),
    [
        ("1", True),
        ("2", True),
        ("3", False),
        (["1", "2"], True),
        (["2", "1"], False),
        (["1"], False),
        ([Anything(), Matches(r"\d")], True),
        ([], False),
        (OneOf("2", "9"), True),
        (~Contains("2"), False),
        (~Contains("7"), True),
        (Absent(), False),
        (~Absent(), True),
    ],
)
def test_a_repeated_parameter_is_held_against_text_list_or_matcher(expected, matches):
    assert accepted(Request("GET", "/?a=1&b=x&a=2"), query={"a": expected}) is matches


@pytest.mark.parametrize(
    ("expected", "matches"), [("", False), ([], True), (Absent(), True), (~Absent(), False), (Anything(), False)]
)
def test_a_parameter_that_is_missing(expected, matches):
    assert accepted(Request("GET", "/?b=1"), query={"a": expected}) is matches


def test_parameters_are_compared_decoded():
    assert accepted(Request("GET", "/?na%20me=J%C3%BCrgen+K"), query={"na me": "Jürgen K"})


def test_names_of_parameters_are_case_sensitive():
    assert not accepted(Request("GET", "/?A=1"), query={"a": "1"})


def test_names_of_headers_are_not_case_sensitive():
    assert accepted(Request("GET", "/", [("x-tenant", "acme")]), headers={"X-Tenant": "acme"})


@pytest.mark.parametrize(
    ("expected", "matches"),
    [("a", True), ("b", True), ("a, b", False), (["a", "b"], True), (["b", "a"], False), (StartsWith("b"), True)],
)
def test_one_of_the_lines_of_a_header_is_enough_unless_a_list_asks_for_all(expected, matches):
    assert accepted(Request("GET", "/", [("Via", "a"), ("via", "b")]), headers={"Via": expected}) is matches


@pytest.mark.parametrize(("expected", "matches"), [("abc", True), ("ab", False), (Absent(), False)])
def test_cookies_are_read_one_by_one(expected, matches):
    request = Request("GET", "/", {"Cookie": "theme=dark; sid=abc"})
    assert accepted(request, cookies={"sid": expected}) is matches


@pytest.mark.parametrize(("expected", "matches"), [("b c", True), (["b c", "d"], True), ("e", False)])
def test_fields_of_a_form_are_compared_decoded(expected, matches):
    request = Request("POST", "/", {"Content-Type": "application/x-www-form-urlencoded"}, b"a=b+c&x=1&a=d")
    assert accepted(request, form={"a": expected}) is matches


def test_a_body_that_is_no_form_does_not_match():
    assert not accepted(Request("POST", "/", {"Content-Type": "application/json"}, b"{}"), form={"a": Absent()})


def test_all_lines_are_shown_where_there_are_several():
    request = Request("GET", "/", [("Via", "a"), ("Via", "b")])
    assert RequestPattern.of(headers={"Via": "c"}).explain(request).checks[-1].seen == "['a', 'b']"
