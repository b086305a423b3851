import pytest
import requests
from hypothesis import given, strategies as st
from requests.auth import HTTPBasicAuth

from mockproxy.credentials.authorization import parse
from mockproxy.credentials.basic import BasicCredential, encode
from mockproxy.credentials.secret import tag
from mockproxy.errors import ConfigurationError


@pytest.mark.parametrize(
    ("username", "password", "value"),
    [
        ("Aladdin", "open sesame", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),  # RFC 7617 section 2
        ("test", "123£", "Basic dGVzdDoxMjPCow=="),  # RFC 7617 section 2.1
        ("", "", "Basic Og=="),
    ],
)
def test_the_examples_of_the_rfc_are_written_and_read(username, password, value):
    assert encode(username, password) == value
    assert parse(value) == BasicCredential(username, password)


def test_credentials_are_written_as_requests_writes_them():
    request = requests.Request("GET", "http://localhost/", auth=HTTPBasicAuth("ada", "l:o:ve")).prepare()

    assert encode("ada", "l:o:ve") == request.headers["Authorization"]


def test_only_the_first_colon_divides():
    request = requests.Request("GET", "http://localhost/", auth=("ada", "l:o:ve")).prepare()

    credential = parse(request.headers["Authorization"])

    assert (credential.scheme, credential.username, credential.password) == ("basic", "ada", "l:o:ve")


def test_what_is_not_utf_8_is_read_as_latin_1():
    request = requests.Request("GET", "http://localhost/", auth=("jürgen", "straße")).prepare()  # writes ISO 8859-1

    assert parse(request.headers["Authorization"]) == BasicCredential("jürgen", "straße")


printable = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]))


@given(printable.filter(lambda name: ":" not in name), printable)
def test_what_was_written_is_read_again(username, password):
    assert parse(encode(username, password)) == BasicCredential(username, password)


def test_a_colon_in_the_name_is_refused():
    with pytest.raises(ConfigurationError, match="the username 'a:b' of basic credentials holds a colon"):
        encode("a:b", "p")


@pytest.mark.parametrize("control", ["\n", "\x00", "\x7f"])
def test_a_control_character_is_refused_and_the_password_not_told(control):
    with pytest.raises(ConfigurationError, match=r"the password .* control character .* at position 6") as refusal:
        encode("ada", f"s3cret{control}")

    assert "s3cret" not in str(refusal.value)


def test_a_password_that_is_no_text_is_refused():
    with pytest.raises(TypeError, match="the password of basic credentials must be a str, not NoneType"):
        encode("ada", None)


def test_the_repr_shows_the_name_and_a_tag():
    assert repr(BasicCredential("ada", "s3cret")) == f"BasicCredential(username='ada', password={tag('s3cret')})"


def test_a_name_without_a_password_may_be_a_key_and_is_hidden():
    assert repr(BasicCredential("sk_live_1", "")) == f"BasicCredential(username={tag('sk_live_1')}, password=(empty))"
