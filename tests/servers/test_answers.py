import subprocess
import sys
from http import HTTPStatus

import pytest
from aiohttp import web
from starlette.exceptions import HTTPException

from mockproxy.errors import (
    ClientLeft,
    CredentialError,
    HandlerFailed,
    MalformedMessage,
    RefusedRequest,
    Unmatched,
    UpstreamError,
    UpstreamTimeout,
)
from mockproxy.servers.answers import reply_of, response_of_error


def test_a_response_of_aiohttp_becomes_a_reply():
    response = web.Response(status=201, reason="Made", text="grüß", headers=[("X-b", "1"), ("X-b", "2")])
    response.set_cookie("sid", "s1")
    reply = reply_of(response)

    assert (reply.status, reply.reason, reply.body) == (201, "Made", "grüß".encode())
    assert reply.fields == (
        (b"X-b", b"1"),
        (b"X-b", b"2"),
        (b"Content-Type", b"text/plain; charset=utf-8"),
        (b"Set-Cookie", b"sid=s1; Path=/"),
    )


def test_a_response_of_aiohttp_without_a_body_is_empty():
    assert reply_of(web.Response(status=204)).body == b""


@pytest.mark.parametrize("result", [{"status": 200}, "text", None, object()])
def test_anything_else_is_no_response_of_aiohttp(result):
    assert reply_of(result) is None


@pytest.mark.parametrize("response", [web.StreamResponse(), web.FileResponse(__file__)])
def test_a_response_that_streams_is_refused_with_what_to_do(response):
    with pytest.raises(TypeError) as refusal:
        reply_of(response)

    assert str(refusal.value) == (
        f"{type(response).__name__} streams its body and cannot be sent from here: "
        "return aiohttp.web.Response, use reply(stream=...), or host the application with TargetServer(app)"
    )


@pytest.mark.parametrize(
    ("error", "status", "body"),
    [
        (Unmatched("unmatched: GET /"), 501, b"unmatched: GET /\n"),
        (MalformedMessage("a bare LF"), 400, b"a bare LF\n"),
        (RefusedRequest("too large", status_code=413), 413, b"too large\n"),
        (UpstreamError("refused"), 502, b"refused\n"),
        (UpstreamTimeout("too slow"), 504, b"too slow\n"),
        (CredentialError("expired"), 401, b"expired\n"),
        (web.HTTPForbidden(), 403, b"403: Forbidden"),
        (HTTPException(404), 404, b"Not Found\n"),
        (HTTPException(409, detail="taken"), 409, b"taken\n"),
    ],
)
def test_an_error_that_means_a_response_is_made_one(error, status, body):
    response = response_of_error(error)

    assert (response.status, response.body) == (status, body)


def test_a_detail_that_is_data_is_sent_as_json():
    response = response_of_error(HTTPException(422, detail=[{"loc": ["n"]}]))

    assert response.headers["Content-Type"] == "application/json"
    assert response.json() == {"detail": [{"loc": ["n"]}]}


def test_the_headers_of_an_error_come_along():
    response = response_of_error(HTTPException(401, headers={"WWW-Authenticate": "Basic"}))

    assert response.headers["www-authenticate"] == "Basic"


def test_an_error_that_says_where_to_go_is_a_redirection():
    response = response_of_error(HTTPException(307, headers={"location": "/login"}))

    assert (response.status, response.headers["Location"]) == (307, "/login")


def test_the_body_of_an_error_is_framed_for_itself():
    headers = {"Content-Length": "500", "transfer-encoding": "chunked", "X-Kind": "taken"}

    assert response_of_error(HTTPException(409, headers=headers)).headers.items() == [
        ("X-Kind", "taken"),
        ("Content-Type", "text/plain; charset=utf-8"),
    ]


@pytest.mark.parametrize("detail", ["taken", {"why": "taken"}])
def test_an_error_may_name_the_media_type_itself(detail):
    error = HTTPException(409, detail=detail, headers={"content-type": "application/problem+json"})

    assert response_of_error(error).headers.all("Content-Type") == ["application/problem+json"]


def test_a_status_of_the_standard_library_is_a_number():
    assert type(response_of_error(HTTPException(HTTPStatus.CONFLICT)).status) is int


class WithCode(Exception):
    def __init__(self, code):
        super().__init__()
        self.status_code = code


@pytest.mark.parametrize(
    "error",
    [
        *(LookupError(), HandlerFailed("raised"), ClientLeft("left"), HTTPException(307, headers={"X-A": "1"})),
        *map(WithCode, [None, "404", 200, 307, 399, 600]),
    ],
)
def test_an_error_without_an_http_status_of_an_error_means_no_response(error):
    assert response_of_error(error) is None


def test_a_response_that_cannot_be_sent_is_none_and_the_error_is_told_why():
    error = HTTPException(429, headers={"Retry-After": 30})

    assert response_of_error(error) is None
    [note] = error.__notes__
    assert note.startswith("the response that it asks for cannot be sent: the value of header 'Retry-After' must be")


@pytest.mark.parametrize("headers", ["X-Kind", [("X-Kind",)], 5])
def test_headers_that_are_none_are_told(headers):
    error = WithCode(409)
    error.headers = headers

    assert response_of_error(error) is None
    assert error.__notes__[0].startswith("the response that it asks for cannot be sent: ")


def test_nobody_needs_aiohttp_who_has_no_response_of_it():
    code = "import sys; from mockproxy.servers.answers import reply_of; reply_of(1); print('aiohttp' in sys.modules)"

    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "False\n"
