import pytest
from hypothesis import given, strategies as st

from mockproxy import (
    ClientLeft,
    Headers,
    MalformedMessage,
    MiddlewareFailed,
    Request,
    Response,
    ServerStopped,
    Unmatched,
    UpstreamError,
)
from mockproxy.credentials.secret import tag
from mockproxy.messages.message import RequestHead, ResponseHead
from mockproxy.messages.payload import Payload
from mockproxy.messages.websocket import Opcode, WebSocket, WebSocketFrame
from mockproxy.reports.story import headline, story, summary
from tests.support.stories import exchange, leg, request_state, response_state, step, trace

GET = Request("GET", "/v1/users")
OK = Response(200)
JSON = {"Content-Type": "application/json"}


def test_an_exchange_is_told_from_the_client_to_the_target_and_back():
    received = Request("POST", "/v1/users?id=1", {**JSON, "Authorization": "Bearer t0ken"}, b"x" * 36)
    sent = Request("POST", "/internal/v1/users?id=1", {**JSON, "X-API-Key": "k3y"}, b"x" * 36)
    answer = Response(201, None, JSON, b"x" * 2000)
    given = Response(201, None, {**JSON, "Content-Encoding": "gzip"}, b"x" * 212)
    arrived = request_state(target="/v1/users?id=1", fields={"Authorization": "Bearer t0ken"})
    authorized = request_state(target="/v1/users?id=1", fields={"X-API-Key": "k3y"})
    rewritten = request_state(target="/internal/v1/users?id=1", fields={"X-API-Key": "k3y"})
    steps = [
        step("authenticate", arrived, authorized, own=0.00024),
        step("rewrite", authorized, rewritten),
        step(
            "compress",
            rewritten,
            response=(
                response_state(201, length=2000),
                response_state(201, {"Content-Encoding": "gzip"}, edits=1, length=212),
            ),
        ),
    ]

    text = story(exchange(received, given, leg(sent, answer), index=2, trace=trace(*steps)))

    assert text == (
        f"""\
#2 POST /v1/users?id=1 -> users /internal/v1/users?id=1  201  41 ms
   request   from client   36 B application/json, Authorization: Bearer {tag("t0ken")}
             authenticate  +X-API-Key: {tag("k3y")}, -Authorization   0.2 ms
             rewrite       path /v1/users -> /internal/v1/users   0.1 ms
             compress      (no change)   0.1 ms
             to target     36 B application/json, X-API-Key: {tag("k3y")}
   response  from target   201, 2000 B application/json
             compress      +Content-Encoding: gzip, body 2000 B -> 212 B
             rewrite       (no change)
             authenticate  (no change)
             to client     201, 212 B gzip application/json"""
    )


def test_a_step_that_answers_by_itself_is_named_with_those_it_kept_from_running():
    steps = [
        step("count", response=(response_state(401), response_state(401))),
        step("cache", answered=True),
    ]
    answered = exchange(
        GET, Response(401), trace=trace(*steps, answered_by="cache", skipped="rewrite gzip"), elapsed=0.002
    )

    assert (
        story(answered)
        == """\
#0 GET /v1/users answered by cache  401  2.0 ms
   request   count        (no change)   0.1 ms
             cache        answered by itself   0.1 ms
             not reached  rewrite, gzip
   response  cache        (its own answer)
             count        (no change)"""
    )


def test_what_a_step_raises_to_refuse_a_request_stands_beside_it_only():
    refusal = PermissionError("no token")
    steps = [step("authenticate", answered=True, error=refusal)]
    refused = exchange(GET, Response(403), trace=trace(*steps, answered_by="authenticate"), error=refusal)

    assert (
        story(refused)
        == """\
#0 GET /v1/users answered by authenticate  403  41 ms
   request   authenticate  raised PermissionError: no token   0.1 ms
   response  authenticate  (its own answer)"""
    )


def test_what_a_step_raises_on_the_way_out_stands_on_that_side():
    steps = [
        step("broken", error=LookupError("no such shop"), response=(response_state(200), response_state(500))),
    ]
    trouble = MiddlewareFailed("broken (proxy) raised LookupError: no such shop")
    failed = exchange(GET, Response(500), leg(GET, OK), trace=trace(*steps), error=trouble, troubles=[trouble])

    assert (
        story(failed)
        == """\
#0 GET /v1/users -> users  500  41 ms
   request   broken       (no change)   0.1 ms
   response  from target  200
             broken       status 200 -> 500, raised LookupError: no such shop
             to client    500
   error     broken (proxy) raised LookupError: no such shop"""
    )


def test_an_answer_of_the_proxy_itself_names_its_stub():
    own = exchange(GET, Response(200, None, JSON, b"{}"), trace=trace(answered_by="GET /v1/users"))

    assert (
        story(own)
        == """\
#0 GET /v1/users answered by GET /v1/users  200  41 ms
   response  to client  200, 2 B application/json"""
    )


def test_a_target_that_cannot_be_asked_is_the_error():
    refused = UpstreamError("cannot connect to 127.0.0.1:9: Connection refused")

    assert (
        story(exchange(GET, Response(502), leg(GET, error=refused), error=refused))
        == """\
#0 GET /v1/users -> users  502  41 ms
   error     cannot connect to 127.0.0.1:9: Connection refused"""
    )


def test_more_than_one_trip_is_told_with_what_came_of_each():
    late = UpstreamError("the target reset the connection")
    retry, inner, again = step("retry"), step("gzip"), step("gzip")
    legs = [leg(GET, error=late), leg(GET, Response(503), elapsed=0.0072), leg(GET, OK, target="spare")]

    assert (
        story(exchange(GET, OK, *legs, trace=trace(retry, inner, again, left=(inner, again, retry))))
        == """\
#0 GET /v1/users -> spare  200  41 ms
   request   retry     (no change)   0.1 ms
             gzip      (no change)   0.1 ms
             gzip      (no change)   0.1 ms
   legs      1. users  the target reset the connection  12 ms
             2. users  503  7.2 ms
             3. spare  200  12 ms
   response  gzip      (no change)
             gzip      (no change)
             retry     (no change)"""
    )


def test_an_error_of_a_trip_that_was_made_good_is_told():
    late = UpstreamError("the target reset the connection")

    assert (
        story(exchange(GET, OK, leg(GET, error=late)))
        == """\
#0 GET /v1/users -> users  200  41 ms
   legs      1. users  the target reset the connection  12 ms"""
    )


def test_a_step_on_an_inner_level_says_on_which():
    assert "rewrite (api)  (no change)" in story(
        exchange(GET, OK, leg(GET, OK), trace=trace(step("rewrite", level="api")))
    )


def test_a_step_that_never_saw_a_response_says_so():
    stopped = step("slow")
    stopped.response_before = stopped.response_after = None
    error = ClientLeft("the client closed the connection before it had its answer")

    assert (
        story(exchange(GET, None, leg(GET), trace=trace(stopped), error=error))
        == """\
#0 GET /v1/users -> users  aborted  41 ms
   request   slow  (no change)   0.1 ms
   response  slow  (saw no response)
   error     the client closed the connection before it had its answer"""
    )


@pytest.mark.parametrize("error", [ClientLeft("left"), ServerStopped("stopped")])
def test_an_answer_that_broke_off_is_aborted(error):
    assert headline(exchange(GET, OK, error=error)) == "#0 GET /v1/users  200 aborted  41 ms"


def test_an_exchange_of_a_target_is_one_line_with_its_credentials():
    request = Request("POST", "/users", {"Authorization": "Basic YTpi", **JSON}, b"{}")

    assert story(exchange(request, Response(201), index=3)) == (
        f"#3 POST /users  Authorization: Basic {tag('YTpi')}  201  41 ms"
    )


def test_an_unmatched_request_tells_the_first_line_of_why():
    trouble = Unmatched("unmatched: GET /v1/users at users\nclosest: GET /v1/shops")

    assert (
        story(exchange(GET, Response(501), error=trouble, troubles=[trouble]))
        == """\
#0 GET /v1/users  501  41 ms
   error     unmatched: GET /v1/users at users"""
    )


def test_what_was_no_request_is_shown_by_its_finding_and_its_first_line():
    finding = MalformedMessage("bad request line")
    raw = b"\x16\x03\x01 \x00\r\nHost: a\r\n\r\n"

    assert (
        story(exchange(None, Response(400), error=finding, troubles=[finding], raw=raw))
        == r"""
#0 malformed request  400  41 ms
   error     bad request line
   raw       18 B: \x16\x03\x01 \x00"""[1:]
    )


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"GET  /?api_key=s3cret HTTP/1.1\r\n", f"GET  /?api_key {tag('=s3cret HTTP/1.1')}"),
        (b"GET  /?sig=s3cret HTTP/1.1\r\n", f"GET  /?sig={tag('s3cret')} HTTP/1.1"),
        (b"Authorization Bearer s3cret\r\n", f"Authorization {tag(' Bearer s3cret')}"),
        (b"{'password': 's3cret'}\n", "{'password " + tag("': 's3cret'}")),
        (b"\r\nGET /a b HTTP/1.1\r\nCookie: s3cret\r\n", "GET /a b HTTP/1.1"),
        (b"x" * 81, "x" * 80 + "..."),
    ],
)
def test_octets_that_were_no_request_tell_no_secret(raw, shown):
    finding = MalformedMessage("bad request line")

    assert story(exchange(None, Response(400), error=finding, raw=raw)).endswith(f"{len(raw)} B: {shown}")


def test_a_secret_in_a_request_target_is_a_tag_at_both_edges():
    line = headline(exchange(Request("GET", "/a?token=t0ken"), OK, leg(Request("GET", "/b?token=t0ken"), OK)))

    assert line == f"#0 GET /a?token={tag('t0ken')} -> users /b?token={tag('t0ken')}  200  41 ms"


def test_another_method_at_the_target_is_told():
    assert headline(exchange(GET, OK, leg(Request("HEAD", "/v1/users"), OK))) == (
        "#0 GET /v1/users -> users HEAD  200  41 ms"
    )


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.00004, "0.0 ms"), (0.0098, "9.8 ms"), (0.0412, "41 ms"), (2.5, "2500 ms"), (12.34, "12.3 s")],
)
def test_times_are_as_exact_as_they_are_worth(seconds, text):
    assert headline(exchange(GET, OK, elapsed=seconds)).endswith(f"  200  {text}")


def test_a_summary_has_the_reason_in_the_same_line():
    assert summary(exchange(GET, Response(500), error=ValueError("boom\nand more"))) == (
        "#0 GET /v1/users  500  41 ms  error: ValueError: boom"
    )


def test_a_summary_of_what_went_well_is_the_headline():
    assert summary(exchange(GET, OK)) == "#0 GET /v1/users  200  41 ms"


def test_an_error_without_a_text_is_named_by_its_kind():
    assert summary(exchange(GET, Response(500), error=TimeoutError())).endswith("error: TimeoutError")


@given(octets=st.binary(max_size=60), raw=st.binary(max_size=60))
def test_whatever_the_octets_were_the_story_is_printable_ascii(octets, raw):
    fields = Headers.of_wire(
        ((b"Cookie", octets), (octets, octets), (b"Content-Type", octets), (b"Content-Encoding", octets))
    )
    target = octets.decode("latin-1")
    request = Request.recorded(RequestHead("GET", target, fields), Payload.whole(octets), "")
    state = request_state()._replace(fields=fields.raw, raw_target=target)
    told = exchange(
        request,
        Response(200, None, fields, octets) if b"\n" not in octets else OK,
        leg(GET, OK),
        trace=trace(step(target, request_state(), state)),
        error=ValueError(target),
        raw=raw,
    )

    assert all(line.isascii() and line.isprintable() for line in story(told).split("\n"))


def test_what_was_said_over_a_websocket_stands_behind_its_handshake():
    said = WebSocketFrame(
        sender="client", opcode=Opcode.CLOSE, payload=b"\x03\xe8", size=2, final=True, compressed=False, time=0.0
    )
    opened = exchange(GET, Response.recorded(ResponseHead(101, Headers()), Payload()), upgraded=WebSocket((said,)))
    assert story(opened).split("\n") == ["#0 GET /v1/users  101  41 ms", "   frames    client  close 1000"]
