"""Every error that mockproxy raises or records, arranged by whose fault it is.

::

    MockProxyError
    ├── ConfigurationError (ValueError)      the test handed in something that cannot work
    │   └── MissingExtra                     ... because an optional dependency is not installed
    ├── Trouble                              traffic went wrong; fails the test unless it was declared
    │   ├── Unmatched                        a request that no stub and no route accepts (501)
    │   ├── UnmetExpectation                 ``expect(...)`` was requested too often or too seldom
    │   ├── HandlerFailed                    a target's handler raised (500)
    │   ├── MiddlewareFailed                 a middleware or interceptor raised or broke its contract (500)
    │   └── MalformedMessage                 bytes that are not HTTP (400)
    ├── RefusedRequest                       a request that must not be passed on (400, 405, 408, 431, 501, 505)
    ├── UpstreamError                        the target could not be asked (502)
    │   └── UpstreamTimeout                  the target was too slow (504)
    ├── ClientLeft                           the client hung up before it had its answer
    ├── ServerStopped                        the server was stopped while the exchange was under way
    ├── ContentError                         a body that is not what its header fields say
    ├── CredentialError                      a credential that does not hold (``status_code`` 401)
    ├── RecordError (AssertionError)         the record does not hold what the test asked for
    └── UnexpectedTrouble (AssertionError)   a server was left with troubles that nobody declared

Only errors have families in this library.
An error with a ``status_code`` says what the client is answered, and with ``headers`` which fields the answer carries.
"""

from collections.abc import Mapping


class MockProxyError(Exception):
    """The root of all errors of mockproxy."""


class ConfigurationError(MockProxyError, ValueError):
    """Something handed in by the test cannot work; says what was seen and what to do."""


class MissingExtra(ConfigurationError):
    """An optional dependency is needed; names the extra that installs it."""

    def __init__(self, purpose: str, extra: str) -> None:
        super().__init__(purpose, extra)
        self.purpose = purpose
        self.extra = extra

    def __str__(self) -> str:
        return f"{self.purpose} needs an optional dependency: pip install 'mockproxy[{self.extra}]'"


class Trouble(MockProxyError):
    """Something went wrong in the traffic of a test.

    The client got a truthful status; the test fails at its end unless the trouble was declared with
    ``server.expecting(kind)``.
    ``place`` is the ``file:line`` in the test that declared what went wrong, where there is one; ``server`` is the name
    of the server that noted it.
    """

    def __init__(self, message: str, *, place: str | None = None) -> None:
        super().__init__(message)
        self.place = place
        self.server: str | None = None


class Unmatched(Trouble):
    """No stub and no route accepts the request; the client was answered 501."""

    status_code = 501


class UnmetExpectation(Trouble):
    """An expectation was requested more often or less often than it said."""


class HandlerFailed(Trouble):
    """A function or application that answers for a target raised; ``__cause__`` is what it raised."""


class MiddlewareFailed(Trouble):
    """A middleware or interceptor raised or broke its contract; ``__cause__`` is what it raised, if it did."""


class MalformedMessage(Trouble):
    """The peer sent bytes that are not an HTTP/1.1 message; the text is the finding."""

    status_code = 400


class RefusedRequest(MockProxyError):
    """A well-formed request that must not be passed on; ``status_code`` is what the client was told."""

    def __init__(self, message: str, *, status_code: int = 400, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status_code = status_code
        self.headers = headers or {}


class UpstreamError(MockProxyError):
    """The target refused the connection, broke it, or answered with something that is not HTTP."""

    status_code = 502


class UpstreamTimeout(UpstreamError):
    """The target did not answer in time."""

    status_code = 504


class ClientLeft(MockProxyError):
    """The client closed its connection before the exchange was complete."""


class ServerStopped(MockProxyError):
    """The server was stopped while the exchange was under way."""


class ContentError(MockProxyError):
    """A body that cannot be read the way its header fields say."""


class CredentialError(MockProxyError):
    """A credential that is missing, malformed, expired or forged; ``headers`` may hold the challenge."""

    status_code = 401

    def __init__(self, message: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.headers = headers or {}


class RecordError(MockProxyError, AssertionError):
    """The record does not hold what the test asked for."""


class UnexpectedTrouble(MockProxyError, AssertionError):
    """A server was left with troubles that nobody declared; ``troubles`` holds them."""

    def __init__(self, message: str, troubles: tuple[Trouble, ...] = ()) -> None:
        super().__init__(message)
        self.troubles = troubles
