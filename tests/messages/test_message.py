from http.cookies import SimpleCookie
from urllib.parse import urlencode

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockproxy.credentials.basic import BasicCredential
from mockproxy.errors import ConfigurationError, ContentError
from mockproxy.messages.coding import encode
from mockproxy.messages.headers import Headers
from mockproxy.messages.message import Request, RequestHead, Response, ResponseHead, checked_status, reason_of
from mockproxy.messages.payload import Payload

# RFC 6265 section 4.1.1, without "," which http.cookies writes as an octal escape.
OCTETS = "!#$%&'()*+-./0123456789:<=>?@ABCXYZ[]^_`abcxyz{|}~"
cookie_pairs = st.dictionaries(st.text("abcXYZ_-", min_size=1), st.text(OCTETS))


def request(*cookies: str) -> Request:
    return Request("GET", "/", [("Cookie", line) for line in cookies])


def response(*cookies: str) -> Response:
    return Response(200, headers=[("Set-Cookie", line) for line in cookies])


def test_a_request_keeps_what_it_is_given():
    made = Request("post", "/a%2Fb//c?x=1&x=2", {"A": "1"}, b"body")
    assert (made.method, made.raw_target, made.headers, made.body) == (
        "post",
        "/a%2Fb//c?x=1&x=2",
        Headers({"A": "1"}),
        b"body",
    )


def test_path_and_query_are_raw():
    made = Request("GET", "/a%2Fb//c?x=%31&x=2+")
    assert (made.path, made.query_string) == ("/a%2Fb//c", "x=%31&x=2+")


def test_the_query_is_read():
    assert Request("GET", "/?x=%31&x=2+").query == {"x": ["1", "2 "]}


@pytest.mark.parametrize("target", ["/a", "/a?"])
def test_a_query_that_is_not_there_reads_as_empty(target):
    assert Request("GET", target).query_string == ""


@pytest.mark.parametrize(("url", "target"), [("http://h:1/a?b", "/a?b"), ("http://h", "/"), ("/a", "/a"), ("*", "*")])
def test_a_request_may_be_given_a_url_or_a_target(url, target):
    assert Request("GET", url).raw_target == target


@pytest.mark.parametrize(
    ("made", "url"),
    [
        (Request("GET", "http://h:1/a?b"), "http://h:1/a?b"),
        (Request("GET", "/a", {"Host": "h"}), "http://h/a"),
        (Request.recorded(RequestHead("GET", "/a", Headers({"Host": "x"})), Payload(), "h:1"), "http://h:1/a"),
        (Request.recorded(RequestHead("GET", "http://x/a", Headers()), Payload(), "h:1"), "http://x/a"),
    ],
)
def test_the_url_of_a_request_is_absolute(made, url):
    assert made.url == url


@given(cookie_pairs)
def test_cookies_of_a_request_are_those_that_the_standard_library_writes(pairs):
    written = SimpleCookie(pairs).output(header="", sep=";").strip()
    assert request(written).cookies == pairs


@given(cookie_pairs)
def test_cookies_of_a_response_are_those_that_the_standard_library_writes(pairs):
    written = [morsel.OutputString() + "; Path=/; HttpOnly" for morsel in SimpleCookie(pairs).values()]
    assert response(*written).cookies == pairs


def test_cookies_come_from_all_lines():
    assert request("a=1; b=2", "c=3").cookies == {"a": "1", "b": "2", "c": "3"}


def test_of_two_cookies_with_one_name_the_first_was_sent_for_the_closest_path():
    assert request("sid=inner; sid=outer").cookies == {"sid": "inner"}


def test_of_two_cookies_set_with_one_name_the_last_is_kept():
    assert response("sid=old", "sid=new").cookies == {"sid": "new"}


@pytest.mark.parametrize(
    ("line", "cookies"),
    [
        ('a="quoted"', {"a": "quoted"}),
        ('a="', {"a": '"'}),
        ("a=b=c==", {"a": "b=c=="}),
        ("a=", {"a": ""}),
        ("flag; a=1;", {"a": "1"}),
        ("", {}),
    ],
)
def test_a_cookie_line_is_read_leniently(line, cookies):
    assert request(line).cookies == cookies


def test_a_request_reads_its_credential():
    made = Request("GET", "/", {"Authorization": "Basic dXNlcjpwYXNz"})
    assert made.authorization == BasicCredential("user", "pass")


def test_a_request_without_a_credential_has_none():
    assert Request("GET", "/").authorization is None


def test_the_content_is_the_body_without_its_codings():
    made = Response(200, headers={"Content-Encoding": "gzip, deflate"}, body=encode(b"plain", ["gzip", "deflate"]))
    assert (made.codings, made.content) == (("gzip", "deflate"), b"plain")


def test_text_json_and_forms_are_read_by_their_media_type():
    assert Response(200, headers={"Content-Type": "text/plain; charset=latin-1"}, body=b"\xe9").text == "é"
    assert Response(200, headers={"Content-Type": "application/json"}, body=b"[1]").json() == [1]
    pairs = [("a", "1 2"), ("a", "&")]
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert Request("POST", "/", form, urlencode(pairs).encode()).form() == pairs


@pytest.mark.parametrize("read", [lambda m: m.content, lambda m: m.text, lambda m: m.json(), lambda m: m.form()])
def test_a_body_that_was_kept_in_part_is_not_decoded(read):
    made = Response.recorded(ResponseHead(200, Headers()), Payload(b"[1", size=9, digest="00"))
    assert made.truncated
    with pytest.raises(ContentError, match="holds 2 of 9 bytes of this body; a higher record_limit keeps it whole"):
        read(made)


def test_a_message_measures_its_whole_body():
    made = Response.recorded(ResponseHead(200, Headers()), Payload(b"[1", size=9, digest="00ff"))
    assert (made.body, made.size, made.sha256) == (b"[1", 9, "00ff")


def test_trailers_are_fields_of_the_body():
    made = Response.recorded(ResponseHead(200, Headers()), Payload(trailers=((b"X-Sum", b"1"),)))
    assert made.trailers == Headers({"X-Sum": "1"})


def test_a_recorded_message_keeps_the_octets_and_the_version_of_its_head():
    head = ResponseHead(200, Headers({"A": "1"}), "Fine", "1.0", b"HTTP/1.0 200 Fine\r\nA: 1\r\n\r\n")
    made = Response.recorded(head, Payload())
    assert (made.status, made.reason, made.version, made.raw_head) == (200, "Fine", "1.0", head.raw)


def test_a_response_keeps_the_interim_responses_before_it():
    hints = ResponseHead(103, Headers({"Link": "</a.css>"}), "Early Hints")
    assert Response.recorded(ResponseHead(200, Headers()), Payload(), (hints,)).informational == (hints,)


@pytest.mark.parametrize("status", [200, 201, 204, 302, 401, 404, 421, 500, 503, 511])
def test_a_response_has_the_reason_of_the_standard(status):
    assert Response(status).reason == reason_of(status) == httpx.codes.get_reason_phrase(status)


def test_a_response_may_have_a_reason_of_its_own():
    assert Response(200, "Fine").reason == "Fine"
    assert Response(200, "").reason == ""


def test_an_unknown_status_has_no_reason():
    assert reason_of(299) == ""


@pytest.mark.parametrize("status", [100, 199, 1000, 0, -1, True, "200", 200.0, None])
def test_what_is_no_final_status_is_refused(status):
    with pytest.raises(ConfigurationError, match="must be a number from 200 to 999"):
        checked_status(status)


@pytest.mark.parametrize("body", ["text", None, bytearray(b"x"), {"a": 1}])
def test_a_body_must_be_bytes(body):
    with pytest.raises(ConfigurationError, match="the body of a message must be bytes, not"):
        Request("POST", "/", body=body)


@pytest.mark.parametrize("made", [Request("GET", "/"), Response(200)])
def test_a_message_never_changes(made):
    with pytest.raises(AttributeError):
        made.headers = Headers()


def test_equal_messages_are_equal():
    assert Request("GET", "/", {"A": "1"}) == Request("GET", "/", {"a": "1"})
    assert Response(200, body=b"a") != Response(200, body=b"b")


def test_the_repr_of_a_request_shows_no_secret():
    made = Request("GET", "/a?access_token=swordfish&x=1", {"Authorization": "Bearer swordfish"}, b"swordfish")
    assert "swordfish" not in repr(made)
    assert repr(made).startswith("<Request GET /a?")


def test_the_repr_of_a_response_gives_the_measure_of_its_body():
    assert repr(Response(200, headers={"Content-Encoding": "br"}, body=b"1234")) == "<Response 200 OK 4 B br>"
