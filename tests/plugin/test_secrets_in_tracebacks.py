"""pytest prints the arguments of the frames that an error passed, and their local variables where it is told to."""

import pytest

SECRET = "hunter2-4711"

# Nothing of the tests themselves may show the secret: neither their source nor a variable of theirs.
VAULT = f"""
def password(end=""):
    return {SECRET!r} + end

def passwords():
    return {{"a:b": password()}}

def pair(user="ad:a"):
    return user, password()

def bearer():
    return {{"Authorization": f"Bearer {{password()}}"}}

def public_key():
    return "ssh-rsa " + 3 * password()

def digest():
    from mockproxy.credentials import DigestCredential
    return DigestCredential(username="a", realm="r", nonce="n", uri="/", response="x", qop="auth-int")

def spent(issuer):
    issuer._refresh_tokens._spent.add(password())
    return password()
"""

HEAD = """
import aiohttp, pytest
import vault
from mockproxy import Request
from mockproxy.client import (
    AuthenticatedSession, BasicAuthMiddleware, RecordedSession, TokenRefreshMiddleware
)
from mockproxy.credentials import BearerCredential, TokenIssuer
from mockproxy.middleware import AddBasic, AddBearer, AddHeader, RequireApiKey, RequireBasic, RequireBearer

URL = "http://127.0.0.1:1"

"""

PLAIN = {
    "basic-middleware": 'BasicAuthMiddleware("a:b", vault.password())',
    "basic-control": 'BasicAuthMiddleware("a", vault.password(chr(10)))',
    "session": "AuthenticatedSession(URL, auth=vault.pair())",
    "session-auth": "AuthenticatedSession(URL, auth=[vault.password()])",
    "session-login": "AuthenticatedSession(URL, login=3, auth=vault.pair())",
    "session-function": "AuthenticatedSession(URL, login=print, auth=vault.pair())",
    "issuer-secret": "TokenIssuer(secret=vault.password())",
    "issuer-pem-as-secret": "TokenIssuer(secret=vault.public_key())",
    "issuer-private-key": 'TokenIssuer("RS256", private_key=vault.password())',
    "issuer-wrong-key": 'TokenIssuer("RS256", secret=vault.password())',
    "issuer-claims": "TokenIssuer(secret=3 * vault.password()).token(x=object())",
    "verify": "TokenIssuer().verify(vault.password())",
    "refresh": "mock_issuer.refresh(vault.password())",
    "spent": "mock_issuer.refresh(vault.spent(mock_issuer))",
    "claims": "BearerCredential(vault.password()).claims",
    "claims-segments": 'BearerCredential(vault.password(".a.b")).header',
    "digest": 'vault.digest().expected_response(method="GET", password=vault.password())',
    "add-basic": 'AddBasic("a:b", vault.password())',
    "add-bearer": "AddBearer(vault.password(chr(10)))",
    "add-bearer-text": "AddBearer(vault.password(chr(8364)))",
    "add-header": 'AddHeader("X-Api-Key", vault.password(chr(10)))',
    "require-key": "RequireApiKey(vault.password(), vault.password(chr(10)))",
    "require-basic": "RequireBasic(vault.passwords())",
    "require-basic-pair": "RequireBasic(vault.pair())",
    "require-bearer": "RequireBearer(vault.password())",
    "request": 'Request("GET", "/", headers={"X-Api-Key": vault.password(chr(10))})',
    "no-loop": "mock_client.get('/', headers=vault.bearer())",
}

AWAITED = {
    "login-refused": "await AuthenticatedSession(mock_target.url, auth=vault.pair('ada')).__aenter__()",
    "login-unreachable": "await AuthenticatedSession(URL, auth=vault.pair('ada')).__aenter__()",
    "refresh-refused": "await fetch(mock_target.url, 'http://127.0.0.1:1/t')",
    "refresh-unreachable": "await fetch(mock_target.url, '/t')",
    "refresh-no-json": "await fetch(mock_target.url, '/text')",
    "refresh-no-token": "await fetch(mock_target.url, '/json')",
    "middlewares": "RecordedSession(URL).get('/', headers=vault.bearer(), middlewares=[3])",
}

FETCH = """
async def fetch(url, refresh_url):
    async with RecordedSession(
        url, middlewares=[TokenRefreshMiddleware(refresh_url, refresh_token=vault.password())]
    ) as session:
        await session.get("/")

@pytest.fixture(autouse=True)
def replies(mock_target):
    mock_target.on("GET", "/login").reply(401)
    mock_target.on("POST", "/t").reply(400)
    mock_target.on("POST", "/text").reply_with(lambda request: request.text)
    mock_target.on("POST", "/json").reply_with(lambda request: {"is": request.text})

"""


def test_no_frame_of_the_library_shows_a_secret(run, pytester):
    pytester.makepyfile(vault=VAULT)
    tests = [
        f"def test_{number}(mock_issuer, mock_client):\n    {call}\n" for number, call in enumerate(PLAIN.values())
    ]

    result = run(HEAD + "\n".join(tests), "--tb=long", "--showlocals")

    result.assert_outcomes(failed=len(PLAIN))
    assert [line for line in result.outlines if SECRET in line] == []


def test_no_frame_of_the_library_shows_a_secret_that_it_sends(run, pytester):
    pytester.makepyfile(vault=VAULT)
    tests = [
        f"@pytest.mark.asyncio\nasync def test_{number}(mock_target):\n    {call}\n"
        for number, call in enumerate(AWAITED.values())
    ]

    result = run(HEAD + FETCH + "\n".join(tests), "--tb=long", "--showlocals", "-Wdefault")

    result.assert_outcomes(failed=len(AWAITED))
    assert [line for line in result.outlines if SECRET in line or "aHVudGVy" in line] == []


@pytest.mark.parametrize("style", [(), ("--tb=long",), ("--showlocals",)], ids=["auto", "long", "locals"])
def test_a_token_that_is_refused_is_told_by_its_claims_and_never_raw(run, style):
    result = run(
        """
        def token(issuer):
            return issuer.token(sub="ada", aud="shipping")

        def test_audience(mock_issuer):
            assert mock_issuer.verify(token(mock_issuer), audience="billing")["sub"] == "ada"

        def test_signature(mock_issuer):
            mock_issuer.verify(mock_issuer.forged(sub="ada"))
        """,
        *style,
    )

    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["*CredentialError: wrong audience: the token is for 'shipping', wanted 'billing'"])
    result.stdout.no_fnmatch_line("*eyJ*")


def test_the_head_of_a_recorded_message_shows_its_secrets_as_tags(run, pytester):
    pytester.makepyfile(vault=VAULT)
    result = run(
        """
        import pytest, vault
        from mockproxy.client import RecordedSession

        @pytest.mark.asyncio
        async def test_it(mock_target):
            mock_target.on("GET", "/")
            async with RecordedSession(mock_target.url) as session:
                await session.get("/?token=" + vault.password())
            request = session.calls.only().attempts.sent[0].request
            assert request == session.calls.only().response
        """,
        "--showlocals",
    )

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*<RequestHead GET /?token=[*][*][*][*](sha ??????)>*"])
    assert [line for line in result.outlines if SECRET in line] == []
