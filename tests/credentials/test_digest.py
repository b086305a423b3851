from dataclasses import replace

import httpx
import pytest

from mockproxy.credentials.authorization import MalformedCredential, parse
from mockproxy.credentials.digest import DigestCredential
from mockproxy.credentials.secret import tag
from mockproxy.errors import CredentialError

# RFC 7616 section 3.9.1
EXAMPLE = """Digest username="Mufasa",
    realm="http-auth@example.org",
    uri="/dir/index.html",
    algorithm={algorithm},
    nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
    nc=00000001,
    cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    qop=auth,
    response="{response}",
    opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"
""".replace("\n   ", "")
MD5 = EXAMPLE.format(algorithm="MD5", response="8ca523f5e9506fed4657c9700eebdbec").strip()
SHA_256 = EXAMPLE.format(
    algorithm="SHA-256", response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"
).strip()


def answered_by_httpx(challenge, username="ada", password="l:ove"):
    """The field that httpx sends after a challenge."""
    request = httpx.Request("GET", "http://localhost/things?x=1")
    flow = httpx.DigestAuth(username, password).auth_flow(request)
    next(flow)
    answer = httpx.Response(401, headers={"WWW-Authenticate": challenge}, request=request)
    return flow.send(answer).headers["Authorization"]


def test_every_parameter_is_read():
    assert parse(MD5) == DigestCredential(
        username="Mufasa",
        realm="http-auth@example.org",
        uri="/dir/index.html",
        algorithm="MD5",
        nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
        nc="00000001",
        cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
        qop="auth",
        response="8ca523f5e9506fed4657c9700eebdbec",
        opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS",
    )


@pytest.mark.parametrize("value", [MD5, SHA_256])
def test_the_response_of_the_rfc_is_the_one_expected(value):
    credential = parse(value)

    assert credential.expected_response(method="GET", password="Circle of Life") == credential.response


@pytest.mark.parametrize("change", [{"method": "PUT"}, {"password": "circle of life"}, {"username": "mufasa"}])
def test_another_method_name_or_password_gives_another_response(change):
    credential = parse(MD5)

    response = credential.expected_response(**({"method": "GET", "password": "Circle of Life"} | change))

    assert response != credential.response


@pytest.mark.parametrize(
    "challenge",
    [
        'Digest realm="r", nonce="n", qop="auth", algorithm=MD5-sess',
        'Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256-sess',
        'Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256',
        'Digest realm="r", nonce="n"',
    ],
)
def test_what_httpx_answers_to_a_challenge_is_the_response_expected(challenge):
    credential = parse(answered_by_httpx(challenge))

    assert credential.username == "ada"
    assert credential.expected_response(method="GET", password="l:ove") == credential.response


def test_a_name_in_utf_8_is_read_and_hashed_as_such():
    value = answered_by_httpx('Digest realm="r", nonce="n", qop="auth"', username="Jäsøn")
    on_the_wire = value.encode().decode("latin-1")  # header fields are read as ISO 8859-1

    credential = parse(on_the_wire)

    assert credential.username == "Jäsøn"
    assert credential.expected_response(method="GET", password="l:ove") == credential.response


def test_a_name_that_is_not_utf_8_stays_as_it_came():
    assert parse('Digest username="J\xe4s", realm="", nonce="", uri="", response=""').username == "J\xe4s"


def test_quoted_strings_lose_their_escapes():
    value = r'Digest username="a\"b\\c, d=e", realm="", nonce="", uri="/?a=b,c", response="x"'

    credential = parse(value)

    assert (credential.username, credential.uri) == ('a"b\\c, d=e', "/?a=b,c")


def test_empty_members_and_white_space_around_commas_do_not_matter():
    value = 'Digest , username = "u" ,, realm="",nonce="" ,uri="",\tresponse="x",'

    assert parse(value).response == "x"


def test_an_extended_name_is_decoded():
    value = 'Digest username*=UTF-8\'\'J%C3%A4s%C3%B8n%20Doe, realm="", nonce="", uri="", response=""'

    assert parse(value).username == "Jäsøn Doe"  # RFC 7616 section 3.9.2


def test_a_hashed_name_says_so():
    # RFC 7616 section 3.9.2
    value = 'Digest username="488869477bf257147b804c45308cd62ac4e25eb717b12b298c79e62dcea254ec", userhash=true, '
    credential = parse(value + 'realm="api@example.org", nonce="", uri="", response=""')

    assert credential.userhash is True


def test_the_plain_name_can_be_given_where_the_client_hashed_it():
    plain = parse(SHA_256)
    hashed = replace(plain, username="c0ffee", userhash=True)

    assert hashed.expected_response(method="GET", password="Circle of Life", username="Mufasa") == plain.response


@pytest.mark.parametrize(
    ("value", "finding"),
    [
        ("", "digest credentials without realm, nonce, uri, response"),
        (
            'realm="", nonce="", uri="", response=""',
            "digest credentials need either username or username* (RFC 7616 section 3.4)",
        ),
        ('username="u", Username="u"', "digest credentials with the parameter 'username' twice"),
        ('username="u" realm="r"', "digest credentials that stop being name=value pairs at position 0"),
        ('username="u", realm="r', "digest credentials that stop being name=value pairs at position 14"),
        (
            "username*=ISO-8859-1''x, realm=r, nonce=n, uri=u, response=x",
            "digest credentials with username* in 'ISO-8859-1', where RFC 7616 allows UTF-8 only",
        ),
        (
            "username*=UTF-8''%ff, realm=r, nonce=n, uri=u, response=x",
            "digest credentials with username* that is not UTF-8",
        ),
    ],
)
def test_what_breaks_the_scheme_is_malformed_and_says_where(value, finding):
    assert parse(f"Digest {value}") == MalformedCredential("digest", value, finding)


@pytest.mark.parametrize(
    ("change", "finding"),
    [({"qop": "auth-int"}, "qop 'auth-int'"), ({"algorithm": "SHA-512-256"}, "algorithm 'SHA-512-256'")],
)
def test_what_cannot_be_computed_is_said(change, finding):
    with pytest.raises(CredentialError, match=finding):
        replace(parse(MD5), **change).expected_response(method="GET", password="p")


def test_the_repr_shows_the_response_as_a_tag():
    credential = parse(MD5)

    assert repr(credential) == (
        "DigestCredential(username='Mufasa', realm='http-auth@example.org', uri='/dir/index.html', algorithm='MD5', "
        f"qop='auth', nc='00000001', response={tag(credential.response)})"
    )
