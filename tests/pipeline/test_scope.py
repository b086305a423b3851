import asyncio

import pytest

from mockproxy.errors import ConfigurationError
from mockproxy.messages.message import Request
from mockproxy.pipeline.scope import apply_scope, build_scope
from tests.support.proxy_context import proxy_context


@pytest.fixture
def ctx():
    headers = [("Host", "shop.test"), ("X-zEbra", "1"), ("X-A", "a"), ("x-a", "b")]
    return proxy_context(Request("GET", "/hello%20w%2Forld?x=1&x=2", headers), path_params={"name": "ada"})


def applied(ctx, **changes):
    scope = build_scope(ctx)
    scope.update(changes)
    apply_scope(scope, ctx)
    return ctx.request


def test_it_is_an_http_scope_as_asgi_defines_it(ctx):
    assert build_scope(ctx) == {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/hello w/orld",
        "raw_path": b"/hello%20w%2Forld",
        "query_string": b"x=1&x=2",
        "root_path": "",
        "headers": [(b"host", b"shop.test"), (b"x-zebra", b"1"), (b"x-a", b"a"), (b"x-a", b"b")],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 80),
        "state": {},
        "path_params": {"name": "ada"},
        "extensions": {},
    }


def test_a_scope_that_was_not_changed_changes_nothing(ctx):
    before = ctx.request.state(ctx.path_params)
    applied(ctx)

    assert ctx.request.state(ctx.path_params) == before
    assert not ctx.request.path_was_set


def test_the_method_is_taken_over(ctx):
    assert applied(ctx, method="POST").method == "POST"


def test_a_method_that_cannot_be_sent_is_refused(ctx):
    with pytest.raises(ConfigurationError, match="method"):
        applied(ctx, method="GET /admin")


def test_a_decoded_path_is_encoded_and_the_query_stays(ctx):
    assert applied(ctx, path="/grüße/100%/a?b").raw_target == "/gr%C3%BC%C3%9Fe/100%25/a%3Fb?x=1&x=2"


def test_a_raw_path_is_taken_as_it_is(ctx):
    assert applied(ctx, raw_path=b"/other%2Fway").raw_target == "/other%2Fway?x=1&x=2"


def test_the_raw_path_decides_where_both_are_changed(ctx):
    assert applied(ctx, path="/decoded", raw_path=b"/raw").path == "/raw"


def test_the_query_is_taken_over_and_the_path_stays(ctx):
    assert applied(ctx, query_string=b"y=%zz").raw_target == "/hello%20w%2Forld?y=%zz"


def test_headers_keep_their_case_and_order_when_another_is_added(ctx):
    scope = build_scope(ctx)
    scope["headers"].append((b"x-new", b"1"))
    apply_scope(scope, ctx)

    assert ctx.request.headers.items() == [
        ("Host", "shop.test"),
        ("X-zEbra", "1"),
        ("X-A", "a"),
        ("x-a", "b"),
        ("x-new", "1"),
    ]


def test_header_fields_may_be_any_iterable_of_pairs(ctx):
    headers = filter(lambda line: line[0] != b"x-a", build_scope(ctx)["headers"])

    assert applied(ctx, headers=headers).headers.items() == [("Host", "shop.test"), ("X-zEbra", "1")]


def test_a_line_with_another_value_has_the_case_of_its_name(ctx):
    headers = [(b"x-a", b"c"), (b"x-a", b"b"), [b"X-Own", b"1"]]

    assert applied(ctx, headers=headers).headers.items() == [("X-A", "c"), ("x-a", "b"), ("X-Own", "1")]


def test_a_header_can_be_removed_and_another_replaced(ctx):
    assert applied(ctx, headers=[(b"x-zebra", b"2")]).headers.items() == [("X-zEbra", "2")]


def test_a_header_with_a_line_break_is_refused(ctx):
    with pytest.raises(ConfigurationError, match="line break"):
        applied(ctx, headers=[(b"x-a", b"1\r\nx-b: 2")])


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        ({"query_string": b"a b"}, "scope['query_string'] 'a b' holds ' ', which cannot stand in a request line: perc"),
        (
            {"raw_path": b"/a?b=1"},
            "the path '/a?b=1' holds '?', which cannot stand in a request line: percent-encode it",
        ),
        ({"raw_path": b"/a?b=1"}, "a query is set as scope['query_string']"),
        ({"path": "/a\udcff"}, r"scope['path'] holds '\udcff' at 2, half of a surrogate pair, which is no character"),
        ({"path_params": {"name": "\udcff"}}, r"scope['path_params']['name'] holds '\udcff' at 0, half of a surrogate"),
    ],
)
def test_what_cannot_be_sent_is_called_as_it_is_in_the_scope(ctx, changes, finding):
    with pytest.raises(ConfigurationError) as refusal:
        applied(ctx, **changes)

    assert finding in str(refusal.value)
    assert "`query`" not in str(refusal.value)


def test_a_path_parameter_can_be_set(ctx):
    scope = build_scope(ctx)
    scope["path_params"]["name"] = "intercept"
    apply_scope(scope, ctx)

    assert ctx.path_params == {"name": "intercept"}


def test_path_parameters_are_decoded_and_what_is_left_alone_stays_raw(ctx):
    ctx.path_params = {"name": "J%c3%bcrgen%2FX", "broken": "%ff", "id": 7}
    scope = build_scope(ctx)
    assert scope["path_params"] == {"name": "Jürgen/X", "broken": "\N{REPLACEMENT CHARACTER}", "id": 7}
    apply_scope(scope, ctx)

    assert ctx.path_params == {"name": "J%c3%bcrgen%2FX", "broken": "%ff", "id": 7}


def test_a_path_parameter_that_is_set_is_encoded(ctx):
    assert applied(ctx, path_params={"name": "grace hopper/100%", "id": 7})
    assert ctx.path_params == {"name": "grace%20hopper/100%25", "id": 7}


def test_path_parameters_can_be_replaced_as_a_whole(ctx):
    applied(ctx, path_params={"name": "other"})

    assert ctx.path_params == {"name": "other"}


def test_state_is_that_of_the_exchange(ctx):
    build_scope(ctx)["state"]["user"] = "ada"

    assert ctx.state == {"user": "ada"}


@pytest.mark.parametrize("raw_path", [None, "missing"])
def test_without_a_raw_path_the_decoded_one_decides(ctx, raw_path):
    scope = build_scope(ctx) | {"path": "/a b", "raw_path": None}
    if raw_path == "missing":
        del scope["raw_path"]
    apply_scope(scope, ctx)

    assert ctx.request.path == "/a%20b"


def test_without_a_raw_path_a_path_that_is_left_alone_stays_as_it_came(ctx):
    assert applied(ctx, raw_path=None).path == "/hello%20w%2Forld"


@pytest.mark.parametrize("raw", ["/caf%C3%A9", b"/caf\xc3\xa9".decode("latin-1")])
def test_a_path_is_read_as_utf_8_encoded_or_not(raw):
    ctx = proxy_context(Request("GET", raw), path_params={"name": raw})
    scope = build_scope(ctx)

    assert (scope["path"], scope["path_params"]) == ("/café", {"name": "/café"})
    apply_scope(scope, ctx)
    assert (ctx.request.path, ctx.path_params) == (raw, {"name": raw})


def test_a_method_is_upper_case_and_goes_on_as_it_came():
    ctx = proxy_context(Request("get", "/"))
    scope = build_scope(ctx)
    apply_scope(scope, ctx)

    assert (scope["method"], ctx.request.method) == ("GET", "get")


def test_what_an_interceptor_adds_is_there_for_the_next(ctx):
    applied(ctx, user="ada", root_path="/shop", client=("192.0.2.1", 1))
    ctx.request.path = "/later"
    scope = build_scope(ctx)

    assert (scope["user"], scope["root_path"], scope["client"]) == ("ada", "/shop", ("192.0.2.1", 1))
    assert (scope["path"], scope["type"]) == ("/later", "http")


def test_what_an_interceptor_takes_out_is_gone_for_the_next(ctx):
    scope = build_scope(ctx)
    del scope["client"]
    apply_scope(scope, ctx)

    assert "client" not in build_scope(ctx)


@pytest.mark.parametrize(
    ("key", "value", "finding"),
    [
        ("method", b"GET", "must be str, not bytes"),
        ("path", b"/a", "must be str, not bytes"),
        ("path", None, "must be str, not NoneType"),
        ("raw_path", "/a", "must be bytes or None, not str"),
        ("query_string", "a=1", "must be bytes, not str"),
        ("headers", None, "must be pairs of bytes such as (b'x-name', b'value'), not NoneType"),
        ("headers", {b"x-a": b"1"}, "must be pairs of bytes such as (b'x-name', b'value'), not bytes"),
        ("headers", [("x-key", "s3cret")], "must be pairs of bytes such as (b'x-name', b'value'), not (str, str)"),
        ("headers", [(b"x-a",)], "must be pairs of bytes such as (b'x-name', b'value'), not (bytes)"),
        ("state", None, "must be a dict, not NoneType"),
        ("path_params", [], "must be a dict, not list"),
    ],
)
def test_a_value_of_another_kind_than_in_asgi_is_refused(ctx, key, value, finding):
    before = ctx.request.state(ctx.path_params)
    with pytest.raises(ConfigurationError) as refusal:
        applied(ctx, **{key: value})

    assert str(refusal.value) == f"scope[{key!r}] {finding}"
    assert ctx.request.state(ctx.path_params) == before


@pytest.mark.parametrize("key", ["method", "path", "query_string", "headers", "state", "path_params"])
def test_what_a_request_is_made_of_must_stay(ctx, key):
    scope = build_scope(ctx)
    del scope[key]
    with pytest.raises(ConfigurationError, match=rf"scope\['{key}'\] is gone; it must be "):
        apply_scope(scope, ctx)


@pytest.mark.parametrize(("value", "kind"), [(None, "NoneType"), (b"ada", "bytes")])
def test_a_path_parameter_that_would_be_written_as_its_repr_is_refused(ctx, value, kind):
    with pytest.raises(ConfigurationError, match=rf"scope\['path_params'\]\['name'\] must be .*, not {kind}"):
        applied(ctx, path_params={"name": value})


LENGTH, CHUNKED = (b"content-length", b"4"), (b"transfer-encoding", b"chunked")


@pytest.mark.parametrize("framing", [[LENGTH], [CHUNKED], [], [(b"Content-Length", b"4")]])
@pytest.mark.parametrize("before", [LENGTH, CHUNKED])
def test_a_body_may_be_framed_another_way_that_is_true(framing, before):
    ctx = proxy_context(Request("POST", "/", [before], b"body"))
    asyncio.run(ctx.request.hold())

    assert list(applied(ctx, headers=framing).headers.raw) == framing


@pytest.mark.parametrize(
    "framing", [[(b"content-length", b"3")], [(b"Content-Length", b"40")], [LENGTH, CHUNKED], [LENGTH, LENGTH]]
)
@pytest.mark.parametrize("held", [True, False])
def test_framing_that_the_body_does_not_have_is_refused(framing, held):
    ctx = proxy_context(Request("POST", "/", [LENGTH], b"body"))
    if held:
        asyncio.run(ctx.request.hold())
    with pytest.raises(
        ConfigurationError, match=r"^scope\['headers'\] frame the body by 'content-length: .* as it came$"
    ):
        applied(ctx, headers=framing)
