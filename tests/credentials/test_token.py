from base64 import urlsafe_b64encode

import jwt
import pytest

from mockproxy.credentials.authorization import parse
from mockproxy.credentials.secret import tag
from mockproxy.credentials.token import BearerCredential
from mockproxy.errors import CredentialError

# RFC 7515 appendix A.1
EXAMPLE = (
    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
    ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
)


def segment(octets):
    return urlsafe_b64encode(octets).rstrip(b"=").decode()


def test_the_example_of_the_rfc_is_read_without_a_key():
    credential = parse(f"Bearer {EXAMPLE}")

    assert credential.token == EXAMPLE
    assert credential.header == {"typ": "JWT", "alg": "HS256"}
    assert credential.claims == {"iss": "joe", "exp": 1300819380, "http://example.com/is_root": True}


@pytest.mark.parametrize("name", ["", "a", "ad", "ada", "ü", "\U0001f600??>>"])
def test_claims_of_any_length_are_read(name):
    assert BearerCredential(jwt.encode({"name": name}, "k" * 32)).claims == {"name": name}


def test_a_scheme_without_a_token_has_an_empty_one():
    assert parse("Bearer ") == BearerCredential("")


@pytest.mark.parametrize(
    ("token", "finding"),
    [
        ("", "the bearer token is not a JSON Web Token: 1 of 3 segments"),
        ("opaque", "the bearer token is not a JSON Web Token: 1 of 3 segments"),
        ("a.b.c.d.e", "the bearer token is not a JSON Web Token: 5 of 3 segments"),
        ("e30.!!!.", "the payload of the bearer token is not JSON in base64url"),
        ("e30.\xe9.", "the payload of the bearer token is not JSON in base64url"),
        (f"e30.{segment(b'{')}.", "the payload of the bearer token is not JSON in base64url"),
        (f"e30.{segment(bytes([255]))}.", "the payload of the bearer token is not JSON in base64url"),
        (f"e30.{segment(b'[1]')}.", "the payload of the bearer token is not a JSON object"),
    ],
)
def test_an_opaque_token_has_no_claims_and_says_so(token, finding):
    with pytest.raises(CredentialError) as refusal:
        BearerCredential(token).claims  # noqa: B018 - reading it is the test

    assert (str(refusal.value), refusal.value.status_code) == (finding, 401)


def test_the_repr_shows_a_tag():
    assert repr(BearerCredential(EXAMPLE)) == f"BearerCredential(token={tag(EXAMPLE)})"
