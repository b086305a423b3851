import subprocess
import sys

import pytest

from mockproxy.credentials.authorization import MalformedCredential, OtherCredential, parse
from mockproxy.credentials.secret import tag
from mockproxy.credentials.token import BearerCredential
from mockproxy.errors import CredentialError


@pytest.mark.parametrize(
    ("value", "scheme"),
    [
        ("Basic dTpw", "basic"),
        ("BEARER x.y.z", "bearer"),
        ("Bearer", "bearer"),
        ("Negotiate", "negotiate"),
        ("Digest", "digest"),
        ("ApiKey x", "apikey"),
        ("Custom abc=1", "custom"),
        ("AWS4-HMAC-SHA256 Credential=AKID/x, Signature=y", "aws4-hmac-sha256"),
    ],
)
def test_the_scheme_is_lower_case_whatever_the_client_wrote(value, scheme):
    assert parse(value).scheme == scheme


def test_a_scheme_that_nobody_knows_keeps_its_value():
    assert parse(" Custom   abc=1 ") == OtherCredential("custom", "abc=1")


@pytest.mark.parametrize("value", ["", "   ", "\t"])
def test_an_empty_field_is_a_credential_of_no_scheme(value):
    assert parse(value) == OtherCredential("", "")


def test_a_lone_word_is_a_key_without_a_scheme():
    credential = parse("tops3cret")

    assert credential == OtherCredential("", "tops3cret")
    assert repr(credential) == f"OtherCredential(scheme='', value={tag('tops3cret')})"


def test_the_repr_of_another_scheme_shows_a_tag():
    assert repr(parse("Custom abc=1")) == f"OtherCredential(scheme='custom', value={tag('abc=1')})"


@pytest.mark.parametrize("value", ["Basic !", "Basic", "Basic dTpw =", "Basic dTp", "Basic dXA=", "Digest a", "Digest"])
def test_credentials_that_break_their_scheme_are_a_value_too(value):
    assert isinstance(parse(value), MalformedCredential)


def test_what_is_malformed_raises_its_finding_when_it_is_asked_for_a_name():
    credential = parse("Basic dXA=")

    for name in ("username", "password"):
        with pytest.raises(CredentialError, match=r"^basic credentials without a colon between name and password$"):
            getattr(credential, name)


def test_the_repr_of_what_is_malformed_shows_a_tag_and_the_finding():
    assert repr(parse("Basic dXA=")) == (
        f"MalformedCredential(scheme='basic', value={tag('dXA=')}, "
        "finding='basic credentials without a colon between name and password')"
    )


def test_credentials_are_values():
    assert {parse("Bearer x"), parse("bearer x")} == {BearerCredential("x")}


def test_octets_of_a_charset_are_not_taken_for_white_space():
    assert parse("Custom \xc3\xa0") == OtherCredential("custom", "\xc3\xa0")


def test_reading_a_field_loads_neither_jwt_nor_cryptography():
    code = (
        "import sys, mockproxy.credentials; from mockproxy.credentials.authorization import parse; "
        "parse('Bearer e30.e30.').claims; print('jwt' in sys.modules, 'cryptography' in sys.modules)"
    )
    shown = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout

    assert shown == "False False\n"
