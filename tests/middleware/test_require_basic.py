import pytest
from requests.auth import _basic_auth_str

from mockproxy.errors import ConfigurationError
from mockproxy.messages.message import Request
from mockproxy.middleware import RequireBasic
from tests.support.chain import through

KNOWN = {"Aladdin": "open sesame", "zoë": "pässword", "": "nameless", "empty": ""}


def ask(*authorization, middleware=None):
    request = Request("GET", "/", [("Authorization", line) for line in authorization])
    return through(middleware or RequireBasic(KNOWN), request=request)


def test_the_user_of_rfc_7617_passes():
    crossing = ask("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")

    assert crossing.forwarded is not None
    assert crossing.state == {"user": "Aladdin"}


@pytest.mark.parametrize("user", KNOWN)
def test_each_known_user_passes(user):
    line = _basic_auth_str(user.encode(), KNOWN[user].encode())

    assert ask(line).state == {"user": user}


@pytest.mark.parametrize(
    ("user", "password"), [("Aladdin", "open"), ("Aladdin", ""), ("aladdin", "open sesame"), ("unknown", "")]
)
def test_a_wrong_name_or_password_is_refused(user, password):
    crossing = ask(_basic_auth_str(user, password))

    assert (crossing.response.status, crossing.response.text) == (401, "the user name or the password is wrong\n")
    assert crossing.response.headers["WWW-Authenticate"] == 'Basic realm="mockproxy", charset="UTF-8"'
    assert crossing.forwarded is None
    assert crossing.state == {}


@pytest.mark.parametrize(
    "lines",
    [(), ("Bearer abc",), ("Basic",), ("Basic %%%",), ("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==",) * 2],
    ids=["none", "bearer", "alone", "garbled", "two"],
)
def test_a_request_without_one_basic_credential_is_challenged(lines):
    crossing = ask(*lines)

    assert crossing.response.status == 401
    assert crossing.response.headers["WWW-Authenticate"] == 'Basic realm="mockproxy", charset="UTF-8"'
    assert crossing.forwarded is None
    assert crossing.troubles == ()


def test_a_function_may_decide():
    middleware = RequireBasic(lambda user, password: password == user[::-1], realm="mirror")

    assert ask(_basic_auth_str("ada", "ada"), middleware=middleware).state == {"user": "ada"}
    refusal = ask(_basic_auth_str("eve", "adam"), middleware=middleware)
    assert refusal.response.headers["WWW-Authenticate"] == 'Basic realm="mirror", charset="UTF-8"'


def test_a_coroutine_function_is_refused_since_its_coroutine_would_count_as_a_yes():
    async def check(user, password):
        return False

    with pytest.raises(TypeError, match="plain function"):
        RequireBasic(check)


def test_credentials_of_the_wrong_kind_are_refused():
    with pytest.raises(TypeError, match="mapping of names to passwords"):
        RequireBasic([("user", "password")])


def test_a_name_that_no_client_can_send_is_refused():
    with pytest.raises(ConfigurationError, match="colon"):
        RequireBasic({"a:b": "c"})
