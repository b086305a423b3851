import jwt
import pytest

from mockproxy.credentials import TokenIssuer
from mockproxy.errors import ConfigurationError, CredentialError
from mockproxy.messages.message import Request
from mockproxy.middleware import RequireBearer
from tests.support.chain import through

SECRET = "a secret that is thirty-two octets or more"
ISSUER = TokenIssuer(secret=SECRET)


def ask(*authorization, middleware=None):
    request = Request("GET", "/", [("Authorization", line) for line in authorization])
    return through(middleware or RequireBearer(ISSUER), request=request)


def test_a_token_that_holds_leaves_its_claims():
    token = jwt.encode({"sub": "WAL001", "role": "user"}, SECRET, "HS256")

    crossing = ask(f"Bearer {token}")

    assert crossing.forwarded is not None
    assert crossing.state == {"claims": {"sub": "WAL001", "role": "user"}}


def test_the_token_goes_on_to_the_target():
    header = ISSUER.header(sub="ada")

    assert ask(header["Authorization"]).forwarded.headers["Authorization"] == header["Authorization"]


@pytest.mark.parametrize(
    "lines",
    [(), ("Basic dXNlcjpwYXNz",), ("Bearer",), ("Bearer ",), (f"Bearer {ISSUER.token()}",) * 2],
    ids=["none", "basic", "alone", "empty", "two"],
)
def test_a_request_without_one_token_is_challenged_without_an_error_code(lines):
    crossing = ask(*lines)

    assert crossing.response.status == 401
    assert crossing.response.headers.all("WWW-Authenticate") == ['Bearer realm="mockproxy"']
    assert crossing.forwarded is None
    assert crossing.state == {}


@pytest.mark.parametrize(
    ("make", "finding"),
    [
        (ISSUER.expired, "the token expired"),
        (ISSUER.not_yet_valid, "the token is not yet valid"),
        (ISSUER.forged, "bad signature"),
        (ISSUER.unsigned, "the algorithm 'none' is not allowed"),
        (lambda: "opaque", "not a JSON Web Token"),
    ],
    ids=["expired", "not yet valid", "forged", "unsigned", "opaque"],
)
def test_a_token_that_does_not_hold_is_refused_and_the_finding_told(make, finding):
    crossing = ask(f"Bearer {make()}")

    assert crossing.response.status == 401
    assert crossing.response.text.startswith(finding)
    assert crossing.response.headers["WWW-Authenticate"] == 'Bearer realm="mockproxy", error="invalid_token"'
    assert crossing.forwarded is None


def test_a_refusal_is_no_trouble_and_stands_in_the_trace():
    crossing = ask("Bearer opaque")

    assert crossing.troubles == ()
    assert crossing.trace.answered_by == "RequireBearer"
    assert isinstance(crossing.trace["RequireBearer"].error, CredentialError)


@pytest.mark.parametrize(("audience", "status"), [("erp", 200), ("crm", 401), (None, 200)])
def test_the_token_must_name_the_audience_that_is_asked_for(audience, status):
    crossing = ask(
        ISSUER.header(aud=["erp", "shop"])["Authorization"], middleware=RequireBearer(ISSUER, audience=audience)
    )

    assert crossing.response.status == status


def test_the_realm_stands_in_the_challenge():
    assert ask(middleware=RequireBearer(ISSUER, realm="example")).response.headers["WWW-Authenticate"] == (
        'Bearer realm="example"'
    )


def test_anything_that_verifies_will_do():
    class Sessions:
        def verify(self, token, *, audience=None):
            if token != "s1":
                raise CredentialError("no such session")
            return {"sub": "ada"}

    assert ask("Bearer s1", middleware=RequireBearer(Sessions())).state == {"claims": {"sub": "ada"}}
    assert ask("Bearer s2", middleware=RequireBearer(Sessions())).response.text == "no such session\n"


def test_what_cannot_verify_is_refused():
    with pytest.raises(TypeError, match="TokenIssuer"):
        RequireBearer("secret")


def test_a_realm_that_cannot_be_sent_is_refused():
    with pytest.raises(ConfigurationError):
        RequireBearer(ISSUER, realm="a\nb")
