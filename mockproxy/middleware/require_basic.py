from collections.abc import AsyncGenerator, Callable, Mapping
from hmac import compare_digest
from inspect import iscoroutinefunction

from mockproxy.credentials import basic
from mockproxy.credentials.basic import BasicCredential
from mockproxy.middleware.challenge import REALM, challenge, presented, unauthorized
from mockproxy.pipeline.context import ProxyContext

Check = Callable[[str, str], bool]


class RequireBasic:
    """Lets nothing pass without a known user name and password; the name is ``ctx.state["user"]``.

    ``credentials`` maps names to passwords, or is a function that is given both and says whether they hold.
    Anything else is answered 401 with a challenge (RFC 7617 section 2) and goes no further.
    """

    def __init__(self, credentials: Mapping[str, str] | Check, *, realm: str = REALM, name: str | None = None) -> None:
        __tracebackhide__ = True
        self.name = name or type(self).__name__
        self._holds = _check(credentials)
        self._challenge = challenge("Basic", realm=realm, charset="UTF-8")

    async def __call__(self, ctx: ProxyContext) -> AsyncGenerator[None, None]:
        credential = presented(ctx)
        if not isinstance(credential, BasicCredential):
            raise unauthorized("one field `Authorization: Basic <credentials>` is required", self._challenge)
        if not self._holds(credential.username, credential.password):
            raise unauthorized("the user name or the password is wrong", self._challenge)
        ctx.state["user"] = credential.username
        yield


def _check(credentials: Mapping[str, str] | Check) -> Check:
    __tracebackhide__ = True
    if isinstance(credentials, Mapping):
        return _comparison(credentials)
    if not callable(credentials) or iscoroutinefunction(credentials):  # the coroutine would count as a yes
        kind = type(credentials).__name__
        raise TypeError(f"RequireBasic takes a mapping of names to passwords or a plain function, not {kind}")
    return credentials


def _comparison(passwords: Mapping[str, str]) -> Check:
    __tracebackhide__ = True
    for username, password in passwords.items():
        basic.encode(username, password)  # refuses what no client can send
    known = {username: password.encode() for username, password in passwords.items()}

    def holds(username: str, password: str) -> bool:
        # Compared for an unknown name too, so that the time does not tell which names are known.
        same = compare_digest(known.get(username, b""), password.encode())
        return same and username in known

    return holds
