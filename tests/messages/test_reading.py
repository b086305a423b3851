from http.cookies import SimpleCookie
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings, strategies as st

from mockproxy.credentials.basic import BasicCredential
from mockproxy.errors import ContentError
from mockproxy.messages.coding import encode
from mockproxy.messages.headers import Headers
from mockproxy.messages.message import Request, Response, ResponseHead
from mockproxy.messages.payload import Payload

# RFC 6265 section 4.1.1, without "," which http.cookies writes as an octal escape.
OCTETS = "!#$%&'()*+-./0123456789:<=>?@ABCXYZ[]^_`abcxyz{|}~"
cookie_pairs = st.dictionaries(st.text("abcXYZ_-", min_size=1), st.text(OCTETS))


def request(*cookies: str) -> Request:
    return Request("GET", "/", [("Cookie", line) for line in cookies])


def response(*cookies: str) -> Response:
    return Response(200, headers=[("Set-Cookie", line) for line in cookies])


def test_path_and_query_are_raw():
    made = Request("GET", "/a%2Fb//c?x=%31&x=2+")
    assert (made.path, made.query_string) == ("/a%2Fb//c", "x=%31&x=2+")


def test_the_query_is_read():
    assert Request("GET", "/?x=%31&x=2+").query == {"x": ["1", "2 "]}


@pytest.mark.parametrize("target", ["/a", "/a?"])
def test_a_query_that_is_not_there_reads_as_empty(target):
    assert Request("GET", target).query_string == ""


@settings(max_examples=50, deadline=None)
@given(cookie_pairs)
def test_cookies_of_a_request_are_those_that_the_standard_library_writes(pairs):
    written = SimpleCookie(pairs).output(header="", sep=";").strip()
    assert request(written).cookies == pairs


@settings(max_examples=50, deadline=None)
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
