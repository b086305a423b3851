import httpx
import pytest

from mockproxy.errors import ConfigurationError
from mockproxy.messages.headers import Headers
from mockproxy.messages.message import Request, RequestHead, Response, ResponseHead, checked_status, reason_of
from mockproxy.messages.payload import Payload


def test_a_request_keeps_what_it_is_given():
    made = Request("post", "/a%2Fb//c?x=1&x=2", {"A": "1"}, b"body")
    assert (made.method, made.raw_target, made.headers, made.body) == (
        "post",
        "/a%2Fb//c?x=1&x=2",
        Headers({"A": "1"}),
        b"body",
    )


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
