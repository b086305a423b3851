import json
import shlex
import shutil
import subprocess

import pytest
from hypothesis import given, strategies as st

from mockproxy import Headers, Request
from mockproxy.credentials.secret import tag
from mockproxy.messages.message import RequestHead
from mockproxy.messages.payload import Payload
from mockproxy.reports.curl import curl_line

# What curl would add by itself.
OWN = {"User-Agent": "a", "Accept": "*/*"}
JSON = {**OWN, "Content-Type": "application/json"}
URL = "http://127.0.0.1:8000/a"
needs_bash = pytest.mark.skipif(shutil.which("bash") is None, reason="bash reads the line")


def data_of(request):
    words = shlex.split(curl_line(request), comments=True)
    return words[words.index("--data-binary") + 1]


def words_in_bash(line):
    """What the shell hands to the command."""
    printed = line.replace("curl", r"printf '%s\0'", 1)
    return subprocess.run(["bash", "-c", printed], check=True, capture_output=True).stdout.split(b"\0")[:-1]


def test_a_request_is_one_line():
    request = Request("GET", URL, {**OWN, "X-Name": "it's"})

    assert curl_line(request) == (
        """curl --globoff --path-as-is -H 'User-Agent: a' -H 'Accept: */*' -H 'X-Name: it'"'"'s' http://127.0.0.1:8000/a"""
    )


def test_what_curl_adds_by_itself_is_taken_away():
    assert (
        curl_line(Request("GET", URL))
        == "curl --globoff --path-as-is -H User-Agent: -H Accept: http://127.0.0.1:8000/a"
    )


def test_a_field_without_a_value_is_sent():
    assert " -H 'X-Empty;' " in curl_line(Request("GET", URL, {"X-Empty": ""}))


def test_a_method_is_named():
    assert "curl --globoff --path-as-is -X DELETE " in curl_line(Request("DELETE", URL))


def test_head_is_asked_for_without_waiting_for_a_body():
    assert "curl --globoff --path-as-is --head " in curl_line(Request("HEAD", URL))


def test_a_target_that_is_no_path_stands_beside_the_url():
    assert curl_line(Request("OPTIONS", "*", {**OWN, "Host": "a:8000"})).endswith("--request-target '*' http://a:8000/")


def test_credentials_are_tags():
    request = Request("GET", f"{URL}?token=t0ken", {**OWN, "Authorization": "Bearer t0ken"})

    assert shlex.split(curl_line(request))[-2:] == [
        f"Authorization: Bearer {tag('t0ken')}",
        f"{URL}?token={tag('t0ken')}",
    ]


def test_json_is_part_of_the_line():
    request = Request("POST", URL, {**JSON, "Content-Length": "13"}, '{"name": "ä"}'.encode())

    assert json.loads(data_of(request)) == {"name": "ä"}
    assert "Content-Length" not in curl_line(request)


def test_secrets_in_json_are_tags():
    assert json.loads(data_of(Request("POST", URL, JSON, b'{"password": "pw", "n": 1}'))) == {
        "password": tag("pw"),
        "n": 1,
    }


def test_a_secret_that_json_holds_twice_is_not_told():
    assert "s3cret" not in curl_line(Request("POST", URL, JSON, b'{"password": "s3cret", "password": null}'))


def test_secrets_in_a_form_are_tags():
    fields = {**OWN, "Content-Type": "application/x-www-form-urlencoded"}

    assert data_of(Request("POST", URL, fields, b"name=a+b&password=pw")) == f"name=a+b&password={tag('pw')}"


@pytest.mark.parametrize(
    ("fields", "body", "measured"),
    [
        ({"Content-Type": "image/png"}, b"\x89PNG", "4 B image/png"),
        ({"Content-Type": "text/plain"}, b"pass", "4 B text/plain"),
        ({"Content-Type": "application/json"}, b"{oh}", "4 B application/json"),
        ({"Content-Type": "application/json", "Content-Encoding": "gzip"}, b"\x1f", "1 B gzip application/json"),
        ({"Content-Type": "application/json"}, b"[" * 100_000, "100000 B application/json"),
        ({}, b"body", "4 B"),
    ],
)
def test_any_other_body_is_read_from_standard_input(fields, body, measured):
    line = curl_line(Request("POST", URL, fields, body))

    assert line.endswith(f"--data-binary @-  # standard input: the body, {measured}")


@needs_bash
def test_octets_that_are_no_ascii_reach_the_command():
    line = curl_line(Request("GET", "/a", {**OWN, "Host": "a", "X-Name": b"it's \\ \xff1"}))

    assert words_in_bash(line)[-2:] == [b"X-Name: it's \\ \xff1", b"http://a/a"]


@needs_bash
@given(st.binary(min_size=1, max_size=30).filter(lambda octets: b"\0" not in octets))
def test_whatever_the_octets_are_they_are_one_word_of_a_line(octets):
    head = RequestHead("GET", "/a", Headers.of_wire(((b"X", octets),)))
    line = curl_line(Request.recorded(head, Payload(), "a"))

    assert line.isprintable()
    assert words_in_bash(line)[3] == b"X: " + octets
