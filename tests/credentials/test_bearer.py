import json
import re
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from mockproxy.credentials import TokenIssuer
from mockproxy.credentials.secret import tag
from mockproxy.errors import ConfigurationError, CredentialError

SECRET = "an-example-secret-of-thirty-two-bytes"
# RFC 7515 appendix A.1
RFC_SECRET = urlsafe_b64decode(
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow=="
)
RFC_TOKEN = (
    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
    ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
)


@pytest.fixture
def issuer():
    return TokenIssuer(secret=SECRET)


def read(token, key=SECRET, algorithm="HS256", **options):
    """The claims as PyJWT verifies them."""
    return jwt.decode(token, key, algorithms=[algorithm], **options)


def unverified(token):
    return jwt.decode(token, options={"verify_signature": False})


def refusal(issuer, token, **wanted):
    with pytest.raises(CredentialError) as raised:
        issuer.verify(token, **wanted)
    assert raised.value.status_code == 401
    return str(raised.value)


def test_a_token_holds_for_another_library_with_the_same_secret(issuer):
    claims = read(issuer.token(sub="ada", role="user"))

    assert (claims["sub"], claims["role"]) == ("ada", "user")


def test_a_token_lives_for_an_hour_unless_told(issuer):
    plain, short = unverified(issuer.token()), unverified(issuer.token(expires_in=60))

    assert plain["exp"] - plain["iat"] == 3600
    assert short["exp"] - short["iat"] == 60


def test_fractions_of_seconds_are_rounded_up(issuer):
    claims = unverified(issuer.token(expires_in=0.5, not_before=-0.5))

    assert (claims["exp"] - claims["iat"], claims["nbf"] - claims["iat"]) == (1, 0)


def test_a_token_may_live_forever(issuer):
    assert "exp" not in unverified(issuer.token(expires_in=None))


def test_a_claim_that_is_handed_in_wins():
    claims = unverified(TokenIssuer(issuer="ours").token(iss="theirs", iat=1, exp=2, jti="3"))

    assert claims == {"iss": "theirs", "iat": 1, "exp": 2, "jti": "3"}


def test_the_issuer_stands_in_its_tokens():
    assert unverified(TokenIssuer(issuer="https://id.example").token())["iss"] == "https://id.example"


def test_two_tokens_of_the_same_second_differ(issuer):
    assert issuer.token(sub="ada", iat=1) != issuer.token(sub="ada", iat=1)


@pytest.mark.parametrize("name", ["iss", "sub", "jti"])
def test_a_claim_that_must_be_a_string_is_refused_as_a_number(issuer, name):
    with pytest.raises(ConfigurationError, match=rf"the claim {name} must be a string \(RFC 7519\), not 1"):
        issuer.token(**{name: 1})


def test_a_header_is_a_plain_dict_that_joins_others(issuer):
    headers = {"Accept": "*/*"} | issuer.header(sub="ada", aud="billing", expires_in=60)

    scheme, token = headers["Authorization"].split(" ")
    assert (scheme, read(token, audience="billing")["sub"]) == ("Bearer", "ada")


@pytest.mark.parametrize("algorithm", ["HS256", "RS256", "ES256"])
def test_an_issuer_verifies_its_own_tokens(algorithm):
    issuer = TokenIssuer(algorithm)

    assert issuer.verify(issuer.token(sub="ada"))["sub"] == "ada"


def test_another_issuers_tokens_do_not_pass(issuer):
    assert refusal(TokenIssuer(), issuer.token()) == (
        "bad signature: the token was changed, or signed with another key"
    )


def test_the_example_of_the_rfc_is_verified_to_be_long_expired():
    issuer = TokenIssuer(secret=RFC_SECRET)

    age = time.time() - 1300819380
    shown = re.fullmatch(r"the token expired (\d+) s ago", refusal(issuer, RFC_TOKEN))
    assert int(shown[1]) >= int(age)
    assert issuer.verify(RFC_TOKEN, leeway=age + 3600)["iss"] == "joe"


def test_an_expired_token_says_for_how_long(issuer):
    assert re.fullmatch(r"the token expired 36\d\d s ago", refusal(issuer, issuer.expired(sub="ada")))


def test_an_expired_token_is_right_in_everything_else(issuer):
    claims = read(issuer.expired(sub="ada"), options={"verify_exp": False})

    assert claims["sub"] == "ada"
    assert claims["iat"] < claims["exp"]


def test_a_token_of_tomorrow_says_when_it_begins(issuer):
    shown = refusal(issuer, issuer.not_yet_valid(sub="ada"))

    assert re.fullmatch(r"the token is not yet valid: it begins in 3[56]\d\d s", shown)


def test_a_token_issued_in_the_future_is_not_yet_valid(issuer):
    assert refusal(issuer, issuer.token(iat=int(time.time()) + 900)).startswith("the token is not yet valid")


@pytest.mark.parametrize("algorithm", ["HS256", "RS256", "ES256"])
def test_a_forged_token_is_right_but_for_its_signature(algorithm):
    issuer = TokenIssuer(algorithm, key_id="k1")
    token = issuer.forged(sub="ada")

    assert jwt.get_unverified_header(token) == {"alg": algorithm, "kid": "k1", "typ": "JWT"}
    assert unverified(token)["sub"] == "ada"
    assert refusal(issuer, token) == "bad signature: the token was changed, or signed with another key"


def test_an_unsigned_token_is_refused_for_its_algorithm(issuer):
    token = issuer.unsigned(sub="ada")

    assert (token.count("."), token[-1]) == (2, ".")
    assert refusal(issuer, token) == "the algorithm 'none' is not allowed: this issuer signs with HS256"


def test_a_public_key_taken_for_a_secret_is_refused_for_its_algorithm():
    issuer = TokenIssuer("ES256")
    token = jwt.encode({"sub": "ada"}, issuer.jwks["keys"][0]["x"], algorithm="HS256")

    assert refusal(issuer, token) == "the algorithm 'HS256' is not allowed: this issuer signs with ES256"


@pytest.mark.parametrize("token", ["", "opaque", "a.b.c", "e30.e30.", "é"])
def test_what_is_no_token_is_refused_as_such(issuer, token):
    assert refusal(issuer, token).startswith(("not a JSON Web Token: ", "the algorithm None is not allowed"))


def test_the_audience_may_be_one_of_several(issuer):
    token = issuer.token(aud=["a", "b"])

    assert issuer.verify(token, audience="b")["aud"] == ["a", "b"]
    assert issuer.verify(token, audience=["x", "a"])["aud"] == ["a", "b"]


def test_another_audience_is_refused_with_both(issuer):
    assert refusal(issuer, issuer.token(aud="a"), audience="b") == "wrong audience: the token is for 'a', wanted 'b'"


def test_a_token_for_nobody_is_refused_where_an_audience_is_asked_for(issuer):
    assert refusal(issuer, issuer.token(), audience="b") == "the token has no claim 'aud', wanted 'b'"


def test_a_token_for_somebody_passes_where_nobody_asks(issuer):
    assert issuer.verify(issuer.token(aud="a"))["aud"] == "a"


def test_a_token_of_another_issuer_with_the_same_secret_is_refused_with_both():
    ours, theirs = TokenIssuer(secret=SECRET, issuer="ours"), TokenIssuer(secret=SECRET, issuer="theirs")

    assert refusal(ours, theirs.token()) == "wrong issuer: the token is from 'theirs', wanted 'ours'"


def test_a_token_that_names_no_issuer_is_refused_where_there_is_one(issuer):
    assert refusal(TokenIssuer(secret=SECRET, issuer="ours"), issuer.token()) == (
        "the token has no claim 'iss', wanted 'ours'"
    )


def test_a_claim_of_the_wrong_kind_is_refused(issuer):
    assert refusal(issuer, jwt.encode({"sub": 1}, SECRET)) == "the token does not hold: Subject must be a string"


def test_a_key_id_that_is_not_the_issuers_is_refused():
    issuer = TokenIssuer(secret=SECRET, key_id="k1")

    assert issuer.verify(jwt.encode({"sub": "ada"}, SECRET)) == {"sub": "ada"}
    assert refusal(issuer, issuer.token(key_id="k2")) == "unknown key id 'k2': this issuer's key is 'k1'"


def test_a_key_file_is_refused_as_a_secret():
    with pytest.raises(ConfigurationError, match="secret= is not one that HS256 can be signed with"):
        TokenIssuer(secret="-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----")


def test_a_refusal_never_holds_the_token(issuer):
    bad = [issuer.expired(), issuer.not_yet_valid(), issuer.forged(), issuer.unsigned(), "tops3cret", "tops3cret.x.y"]

    assert [token for token in bad if token in refusal(issuer, token) or "s3cret" in refusal(issuer, token)] == []


def test_a_refresh_token_buys_an_access_token_and_another_refresh_token(issuer):
    first = issuer.refresh_token(sub="ada")

    answer = issuer.refresh(first, expires_in=60)

    assert issuer.verify(answer["access_token"])["sub"] == "ada"
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 60)
    assert issuer.verify(issuer.refresh(answer["refresh_token"])["access_token"])["sub"] == "ada"
    with pytest.raises(CredentialError, match="used before"):
        issuer.refresh(first)


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_another_library_verifies_with_the_published_key(algorithm):
    issuer = TokenIssuer(algorithm)
    token = issuer.token(sub="ada")

    published = jwt.PyJWKSet.from_json(json.dumps(issuer.jwks))

    key = published[jwt.get_unverified_header(token)["kid"]]
    assert read(token, key.key, algorithm)["sub"] == "ada"


@pytest.mark.parametrize(
    ("algorithm", "members"),
    [("RS256", {"kty", "kid", "use", "alg", "n", "e"}), ("ES256", {"kty", "kid", "use", "alg", "crv", "x", "y"})],
)
def test_only_the_public_key_is_published(algorithm, members):
    (key,) = TokenIssuer(algorithm).jwks["keys"]

    assert key.keys() == members


@pytest.mark.parametrize(("algorithm", "members"), [("RS256", ["e", "kty", "n"]), ("ES256", ["crv", "kty", "x", "y"])])
def test_a_public_key_is_named_by_its_thumbprint(algorithm, members):
    (key,) = TokenIssuer(algorithm).jwks["keys"]

    written = "{" + ",".join(f'"{name}":"{key[name]}"' for name in members) + "}"  # RFC 7638 section 3.3
    assert key["kid"] == urlsafe_b64encode(sha256(written.encode()).digest()).decode().rstrip("=")


def test_a_key_that_is_handed_in_is_the_one_published():
    private = ec.generate_private_key(ec.SECP256R1())
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    (key,) = TokenIssuer("ES256", private_key=pem, key_id="k1").jwks["keys"]

    assert key["kid"] == "k1"
    assert jwt.PyJWK(key).key == private.public_key()


def test_a_shared_secret_is_never_published(issuer):
    with pytest.raises(ConfigurationError, match="an HS256 issuer has no public key to publish"):
        issuer.jwks  # noqa: B018 - reading it is the test


def test_a_secret_gives_no_key_id(issuer):
    assert jwt.get_unverified_header(issuer.token()) == {"alg": "HS256", "typ": "JWT"}


def test_the_repr_shows_the_secret_as_a_tag():
    assert repr(TokenIssuer(secret=SECRET, issuer="me")) == f"TokenIssuer('HS256', issuer='me', secret={tag(SECRET)})"


def test_the_repr_of_a_key_pair_shows_its_id():
    assert repr(TokenIssuer("ES256", key_id="k1")) == "TokenIssuer('ES256', issuer=None, key_id='k1')"
