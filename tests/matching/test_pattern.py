import re

import pytest

from mockproxy.errors import ConfigurationError
from mockproxy.matching import Contains, PathTemplate, RequestPattern, StartsWith, Subset, nearest
from mockproxy.messages.message import Request

GET = Request("GET", "/users/7?page=2")


def test_a_match_gives_the_path_parameters_raw():
    match = RequestPattern.of("GET", "/users/{name}").match(Request("GET", "/users/a%20b?x=1"))
    assert match is not None
    assert match.path_params == {"name": "a%20b"}


@pytest.mark.parametrize(
    "path", [None, "*", "/users/{id}", PathTemplate("/users/7"), StartsWith("/users"), re.compile("/u.+")]
)
def test_a_path_may_be_asked_for_in_several_ways(path):
    assert RequestPattern.of("GET", path).match(GET)


@pytest.mark.parametrize("path", ["/users", "/users/7/", StartsWith("/shops"), re.compile("/users")])
def test_another_path_does_not_match(path):
    assert RequestPattern.of("GET", path).match(GET) is None


def test_named_groups_of_a_regex_are_path_parameters():
    match = RequestPattern.of(path=re.compile(r"/users/(?P<id>\d+)(?P<rest>/.*)?")).match(GET)
    assert match is not None
    assert match.path_params == {"id": "7"}


@pytest.mark.parametrize(
    ("path", "names"),
    [(None, ()), ("/{b}/{a}", ("b", "a")), (re.compile("/(?P<x>.)(?P<y>.)?"), ("x", "y")), (StartsWith("/"), ())],
)
def test_a_pattern_tells_the_names_of_its_path_parameters(path, names):
    assert RequestPattern.of(path=path).path_param_names == names


@pytest.mark.parametrize("method", ["*", "GET", ["GET", "HEAD"], ("HEAD", "GET")])
def test_a_method_may_be_one_several_or_any(method):
    assert RequestPattern.of(method).match(GET)


def test_another_method_does_not_match():
    assert RequestPattern.of(["POST", "PUT"]).match(GET) is None


def test_methods_are_case_sensitive():
    assert RequestPattern.of("GET").match(Request("get", "/")) is None


def test_all_criteria_must_hold():
    pattern = RequestPattern.of("GET", query={"page": "2"}, headers={"X-A": "1"})
    assert pattern.match(Request("GET", "/?page=2", {"x-a": "1"}))
    assert pattern.match(Request("GET", "/?page=2", {"x-a": "2"})) is None


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        ({}, False),
        ({"query": {"a": "1"}, "headers": {"A": "1"}, "cookies": {"a": "1"}}, False),
        ({"json": None}, True),
        ({"form": {"a": "1"}}, True),
        ({"text": ""}, True),
        ({"body": b""}, True),
        ({"where": bool}, True),
    ],
)
def test_a_pattern_says_whether_it_needs_the_body(criteria, expected):
    assert RequestPattern.of(**criteria).needs_body is expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (RequestPattern.of(), True),
        (RequestPattern.of("GET"), False),
        (RequestPattern.of(path="/"), False),
        (RequestPattern.of(query={"a": "1"}), False),
    ],
)
def test_a_pattern_says_whether_it_asks_for_nothing(pattern, expected):
    assert pattern.accepts_all is expected


def test_an_explanation_has_a_line_for_each_criterion_in_the_order_of_a_message():
    pattern = RequestPattern.of(
        "POST",
        "/users",
        json={"name": "a", "tags": [{"id": 1}]},
        cookies={"lang": "de"},
        headers={"Accept": Contains("json"), "X-Tenant": "acme"},
        query={"page": "2"},
        where=lambda request: False,
    )
    request = Request(
        "POST", "/user?page=3", {"Accept": "text/json", "Cookie": "lang=de"}, b'{"name": "a", "tags": [{"id": 2}]}'
    )
    lines = str(pattern.explain(request)).splitlines()
    assert lines[:5] == [
        "✓ method  POST",
        "✗ path    expected /users, got /user",
        "✗ query   page: expected '2', got '3'",
        "✓ headers Accept: Contains('json')",
        "✗ headers X-Tenant: expected 'acme', got nothing",
    ]
    assert lines[6] == "✗ json    $.tags[0].id: expected 1, got 2"
    assert [line.split()[:2] for line in lines[5:]] == [["✓", "cookies"], ["✗", "json"], ["✗", "where"]]


def test_an_explanation_says_that_all_is_well():
    verdict = RequestPattern.of("GET", "/users/{id}", query={"page": "2"}).explain(GET)
    assert (verdict.ok, verdict.score) == (True, 1.0)


@pytest.mark.parametrize(
    "criteria",
    [
        {"json": {"a": 1}},
        {"form": {"a": "1"}},
        {"text": "x"},
        {"body": b"x"},
        {"where": lambda request: request.json()["a"]},
        {"where": lambda request: 1 / 0},
    ],
)
@pytest.mark.parametrize(
    "request_",
    [
        Request("POST", "/"),
        Request("POST", "/", (), b"\xff\xfe\x00"),
        Request("POST", "/", {"Content-Encoding": "gzip"}, b"not gzip"),
        Request("POST", "/", {"Content-Encoding": "unheard-of"}, b"x"),
        Request("POST", "/", {"Content-Type": "text/plain; charset=nonsense"}, b"abc"),
        Request("POST", "/", {"Content-Type": "multipart/form-data; boundary=x"}, b"--x"),
        Request("POST", "/", (), b"[" * 100_000),
        Request("POST", "/", (), b"1" * 10_000),
    ],
    ids=repr,
)
def test_an_explanation_never_raises(criteria, request_):
    assert len(RequestPattern.of(**criteria).explain(request_).checks) == 3


def test_an_explanation_tells_why_a_body_cannot_be_read():
    check = RequestPattern.of(json={"a": 1}).explain(Request("POST", "/", (), b"a=1")).checks[-1]
    assert str(check).startswith("✗ json    expected {'a': 1}, got content that cannot be read: ")


def test_an_explanation_tells_what_a_function_raised():
    check = RequestPattern.of(where=lambda request: 1 / 0).explain(GET).checks[-1]
    assert check.seen == "ZeroDivisionError: division by zero"


def test_what_a_function_raises_while_matching_is_raised():
    with pytest.raises(ZeroDivisionError):
        RequestPattern.of(where=lambda request: 1 / 0).match(GET)


@pytest.mark.parametrize(
    ("pattern", "described"),
    [
        (RequestPattern.of("POST", "/users"), "POST /users"),
        (RequestPattern.of("GET"), "GET *"),
        (RequestPattern.of(), "* *"),
        (RequestPattern.of(["GET", "HEAD"], re.compile("/a+")), "GET|HEAD '/a+'"),
        (RequestPattern.of(path=StartsWith("/a")), "* StartsWith('/a')"),
        (RequestPattern.of("GET", "/", headers={"X-Tenant": "acme"}), "GET / headers X-Tenant='acme'"),
        (
            RequestPattern.of("POST", "/", query="a=1", json={"name": "a"}, where=bool),
            "POST / query='a=1', json={'name': 'a'}, where bool=True",
        ),
    ],
)
def test_a_pattern_describes_itself(pattern, described):
    assert pattern.describe() == described


SECRET = "hunter2-the-secret"


@pytest.mark.parametrize(
    "pattern",
    [
        RequestPattern.of(headers={"X-API-Key": SECRET}),
        RequestPattern.of(headers={"Authorization": f"Bearer {SECRET}"}),
        RequestPattern.of(headers={"Authorization": Contains(SECRET) | ~StartsWith(SECRET)}),
        RequestPattern.of(headers={"X-API-Key": [SECRET, Contains(SECRET)]}),
        RequestPattern.of(cookies={"anything": SECRET}),
        RequestPattern.of(query={"access_token": SECRET}),
        RequestPattern.of(query=f"access_token={SECRET}"),
        RequestPattern.of(query=Contains(f"access_token={SECRET}")),
        RequestPattern.of(form={"password": SECRET}),
        RequestPattern.of(text=f"password={SECRET}"),
        RequestPattern.of(body=f"password={SECRET}".encode()),
        RequestPattern.of(json={"user": {"password": SECRET, "n": 1}}),
        RequestPattern.of(json={"password": [Contains(SECRET)]}),
        RequestPattern.of(json=Subset({"password": SECRET}) & Subset({"x": 1})),
        RequestPattern.of(json={"credentials": {"plain": SECRET}}),
    ],
    ids=lambda pattern: pattern.describe(),
)
def test_secrets_stand_in_no_description_and_no_explanation(pattern):
    requests = [
        Request(
            "POST",
            f"/?access_token={SECRET}{suffix}",
            {
                "X-API-Key": SECRET + suffix,
                "Authorization": f"Bearer {SECRET}{suffix}",
                "Cookie": f"anything={SECRET}{suffix}",
            }
            | content_type,
            body,
        )
        for suffix in ("", "x")
        for content_type, body in [
            ({"Content-Type": "application/x-www-form-urlencoded"}, f"password={SECRET}{suffix}".encode()),
            ({}, f'{{"user": {{"password": "{SECRET}{suffix}"}}, "password": ["{SECRET}{suffix}"]}}'.encode()),
            ({}, f'{{"credentials": {{"plain": "{SECRET}{suffix}"}}}}'.encode()),
        ]
        if content_type or pattern.criteria[0].keyword == "json"
    ]
    assert SECRET not in pattern.describe()
    assert not [request for request in requests if SECRET in str(pattern.explain(request))]


def test_equal_secrets_show_equal_tags():
    check = (
        RequestPattern.of(headers={"X-API-Key": "one"}).explain(Request("GET", "/", {"X-API-Key": "two"})).checks[-1]
    )
    same = RequestPattern.of(headers={"X-API-Key": "two"}).explain(Request("GET", "/", {"X-API-Key": "one"})).checks[-1]
    assert (check.expected, check.seen) == (same.seen, same.expected)


def test_the_nearest_patterns_come_first_and_are_three_at_most():
    patterns = [
        RequestPattern.of("DELETE", "/orders/{id}"),
        RequestPattern.of("POST", "/user"),
        RequestPattern.of("GET"),
        RequestPattern.of("POST", "/users", json={"name": "a"}),
        RequestPattern.of("PUT", "/users"),
    ]
    found = nearest(Request("POST", "/users", (), b'{"name": "b"}'), patterns)
    assert [index for index, _ in found] == [3, 2, 4]


def test_of_patterns_that_are_equally_near_the_first_comes_first():
    patterns = [RequestPattern.of("PUT", "/"), RequestPattern.of("DELETE", "/")]
    assert [index for index, _ in nearest(Request("GET", "/"), patterns)] == [0, 1]


def test_headers_are_scored_though_the_path_differs():
    patterns = [RequestPattern.of("GET", "/a", headers={"X": value}) for value in ("1", "2")]
    assert [index for index, _ in nearest(Request("GET", "/b", {"X": "2"}), patterns)] == [1, 0]


def test_a_similar_path_is_never_as_near_as_the_same_one():
    patterns = [
        RequestPattern.of("GET", "/customer"),
        RequestPattern.of("GET", "/customers", json={}, headers={"X": "1"}),
    ]
    assert nearest(Request("GET", "/customers"), patterns)[0][0] == 1


def test_no_patterns_no_nearest_one():
    assert nearest(GET, []) == []


@pytest.mark.parametrize(
    ("arguments", "finding"),
    [
        ({"method": "get"}, 'did you mean "GET"?'),
        ({"method": ["GET", "Post"]}, 'did you mean "POST"?'),
        ({"method": ""}, "'' is no method"),
        ({"method": "GET /"}, "'GET /' is no method"),
        ({"method": ["*", "GET"]}, "'*' is no method"),
        ({"method": []}, "the methods are empty"),
        ({"method": [7]}, "7 is no method"),
        ({"path": "users"}, "must start with '/'"),
        ({"path": 7}, "a path is a template"),
        ({"path": re.compile(b"/")}, "a path is a template"),
        ({"query": 7}, "query takes a mapping of names to what is expected, not 7"),
        ({"query": {"page": 2}}, "query 'page' cannot be 2: its values are text, so give text such as '2'"),
        ({"query": {2: "x"}}, "query has the name 2; a name is text"),
        ({"headers": {"X": ["a", 2]}}, "headers 'X' cannot be 2"),
        ({"headers": {"X": StartsWith}}, "write StartsWith(…)"),
        ({"headers": {"X:": "a"}}, "header name 'X:' cannot be sent"),
        ({"headers": ["X"]}, "headers takes a mapping"),
        ({"cookies": {"a": None}}, "cookies 'a' cannot be None"),
        ({"json": {"a": {1}}}, "at $.a, {1} is never in a JSON value"),
        ({"text": b"x"}, "text= takes str or a matcher, not b'x'"),
        ({"body": "x"}, "body= takes bytes or a matcher, not 'x'"),
        ({"where": "x"}, "where= takes a function of one argument, not 'x'"),
    ],
)
def test_a_criterion_that_cannot_be_is_refused(arguments, finding):
    with pytest.raises(ConfigurationError, match=re.escape(finding)):
        RequestPattern.of(**arguments)


def test_a_criterion_that_there_is_not_is_refused():
    with pytest.raises(TypeError, match="header"):
        RequestPattern.of(header={"X": "1"})


def test_other_methods_of_lower_case_are_taken_as_they_are():
    assert RequestPattern.of("purge").match(Request("purge", "/"))
