import re
import subprocess
import sys
from urllib.parse import urlencode

import pytest

from mockproxy.credentials.secret import is_secret_field, redact_field, redact_json, redact_query, redact_url, tag

S3CRET = tag("s3cret")
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl-_"


def test_a_tag_is_short_and_holds_nothing_of_the_secret():
    assert re.fullmatch(r"\*\*\*\*\(sha [0-9a-f]{6}\)", tag("s3cret"))


def test_equal_secrets_have_equal_tags_as_text_and_as_octets():
    assert tag("pässword") == tag("pässword".encode())


def test_different_secrets_have_different_tags():
    assert len({tag(f"secret {n}") for n in range(100)}) == 100


def test_another_process_gives_the_same_tag():
    code = "from mockproxy.credentials.secret import tag; print(tag('s3cret'))"
    shown = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout

    assert shown == f"{S3CRET}\n"


def test_of_an_empty_secret_there_is_nothing_to_hide():
    assert tag("") == "(empty)"


def test_text_that_no_charset_can_write_has_a_tag_too():
    assert tag("\ud800") != tag("\ud801")


@pytest.mark.parametrize(
    "name",
    [
        "Authorization",
        "proxy-authorization",
        "X-Forwarded-Authorization",
        "Cookie",
        "SET-COOKIE",
        "X-API-Key",
        "api-key",
        "apikey",
        "X-Auth-Token",
        "X-CSRF-Token",
        "X-Amz-Security-Token",
        "X-Client-Secret",
        "Ocp-Apim-Subscription-Key",
        "X-Session-Id",
        "X-Password",
    ],
)
def test_a_field_that_carries_a_credential_is_secret(name):
    assert is_secret_field(name)


@pytest.mark.parametrize(
    "name",
    [
        "Content-Type",
        "ETag",
        "WWW-Authenticate",
        "Idempotency-Key",
        "Sec-WebSocket-Key",
        "Surrogate-Key",
        "X-Request-Id",
        "token_type",
        "max_tokens",
        "expires_in",
        "key",
    ],
)
def test_a_field_that_only_sounds_like_one_is_not(name):
    assert not is_secret_field(name)


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("Authorization", "Bearer s3cret", f"Bearer {S3CRET}"),
        ("authorization", "bEARER   s3cret", f"bEARER {S3CRET}"),
        ("Authorization", "Bearer", "Bearer"),
        ("Authorization", "Bearer ", "Bearer"),
        ("Authorization", "s3cret", S3CRET),
        ("Authorization", "", ""),
        ("Proxy-Authorization", "Basic dTpw", f"Basic {tag('dTpw')}"),
        ("X-API-Key", "s3cret", S3CRET),
        ("X-API-Key", "", ""),
        ("Cookie", "sid=s3cret; theme=dark", f"sid={S3CRET}; theme={tag('dark')}"),
        ("Cookie", "s3cret", S3CRET),
        ("Cookie", "a=b=c", f"a={tag('b=c')}"),
        ("Set-Cookie", "sid=s3cret; Path=/; HttpOnly", f"sid={S3CRET}; Path=/; HttpOnly"),
        ("Set-Cookie", "sid=; Max-Age=0", "sid=; Max-Age=0"),
        ("Location", "/done?access_token=s3cret&x=1#top", f"/done?access_token={S3CRET}&x=1#top"),
        ("Accept", "token=s3cret", "token=s3cret"),
        ("X-Assertion", JWT, tag(JWT)),
        ("Forwarded", f"for=1;by={JWT}, x", f"for=1;by={tag(JWT)}, x"),
        ("Location", f"/in?ticket={JWT}&a=1", f"/in?ticket={tag(JWT)}&a=1"),
        ("Location", "/cb?code=s3cret&state=af", f"/cb?code={S3CRET}&state=af"),
        ("ETag", '"eyJhbGciOiJIUzI1NiJ9.x"', '"eyJhbGciOiJIUzI1NiJ9.x"'),
        ("Host", "eyjafjalla.example.org", "eyjafjalla.example.org"),
    ],
)
def test_a_field_keeps_what_is_harmless(name, value, shown):
    assert redact_field(name, value) == shown


@pytest.mark.parametrize(
    "name",
    [
        "access_token",
        "token",
        "api_key",
        "apiKey",
        "key",
        "password",
        "client_secret",
        "sig",
        "X-Amz-Signature",
        "session",
        "sid",
        "sessionid",
        "session_id",
    ],
)
def test_a_secret_parameter_of_a_query_is_a_tag(name):
    assert redact_query(f"a=1&{name}=s3cret&b=2") == f"a=1&{name}={S3CRET}&b=2"


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("code=s3cret&state=af", f"code={S3CRET}&state=af"),
        ("state=&code=s3cret", f"state=&code={S3CRET}"),
        ("grant_type=authorization_code&code=s3cret", f"grant_type=authorization_code&code={S3CRET}"),
        ("code=EUR&country=fr", "code=EUR&country=fr"),
        ("zip_code=10115&state=BE", "zip_code=10115&state=BE"),
    ],
)
def test_a_code_is_secret_where_it_is_one_of_an_authorization(query, shown):
    assert redact_query(query) == shown


@pytest.mark.parametrize("token", [JWT, JWT.rpartition(".")[0] + "."], ids=["signed", "unsigned"])
def test_a_json_web_token_is_a_tag_under_any_name(token):
    assert redact_query(f"a=1&ticket={token}") == f"a=1&ticket={tag(token)}"
    assert redact_query(f"ticket={token.replace('.', '%2E')}") == f"ticket={tag(token)}"


def test_what_only_begins_like_a_json_web_token_stays():
    assert redact_query("q=eyJhbGciOiJIUzI1NiJ9.x&r=eyJ.a.b.c.d") == "q=eyJhbGciOiJIUzI1NiJ9.x&r=eyJ.a.b.c.d"


def test_every_other_octet_of_a_query_stays_as_it_was():
    query = "a=%7e&&b=+&c&=d&monkey=1&a=%zz;e"

    assert redact_query(query) == query


def test_a_secret_parameter_is_found_however_its_name_is_encoded():
    assert redact_query("user%5Bp%61ssword%5D=s3cret") == f"user%5Bp%61ssword%5D={S3CRET}"


def test_a_secret_has_the_same_tag_encoded_in_a_form_and_bare_in_a_field():
    secret = "a+b/c= ü"

    assert redact_query(urlencode({"token": secret})) == f"token={redact_field('X-Token', secret)}"


def test_a_parameter_that_is_not_utf_8_is_a_tag_too():
    assert redact_query("token=%ff") != redact_query("token=%fe")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://ada:s3cret@example.org/a@b", f"https://{tag('ada:s3cret')}@example.org/a@b"),
        ("//s3cret@example.org", f"//{S3CRET}@example.org"),
        ("http://example.org/?token=s3cret", f"http://example.org/?token={S3CRET}"),
        ("/cb#access_token=s3cret&state=1", f"/cb#access_token={S3CRET}&state=1"),
        ("/a@b?c=d#e", "/a@b?c=d#e"),
        ("*", "*"),
    ],
)
def test_a_url_hides_user_information_and_secret_parameters(url, shown):
    assert redact_url(url) == shown


def test_json_has_tags_under_secret_names_at_any_depth():
    value = {"user": {"name": "ada", "password": "s3cret"}, "grants": [{"refreshToken": "s3cret", "expires_in": 60}]}

    assert redact_json(value) == {
        "user": {"name": "ada", "password": S3CRET},
        "grants": [{"refreshToken": S3CRET, "expires_in": 60}],
    }


def test_json_under_a_secret_name_is_hidden_to_its_last_leaf():
    value = {"credentials": {"pair": ["ada", {"n": 42}], "none": None, "valid": True}}

    assert redact_json(value) == {
        "credentials": {"pair": [tag("ada"), {"n": tag("42")}], "none": None, "valid": True},
    }


def test_json_is_copied_and_not_changed():
    value = {"token": "s3cret"}

    redact_json(value)

    assert value == {"token": "s3cret"}


def test_a_credential_echoed_in_json_has_the_tag_that_its_field_has():
    field = redact_field("Authorization", "Bearer s3cret")

    assert redact_json({"headers": {"Authorization": "Bearer s3cret"}}) == {"headers": {"Authorization": field}}
