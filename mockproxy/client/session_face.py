"""What a test asks of a session that it does not hold itself."""

from aiohttp import ClientSession, ClientTimeout
from aiohttp.abc import AbstractCookieJar
from multidict import CIMultiDict


class SessionFace:
    """Properties of the ``aiohttp.ClientSession`` behind it."""

    __slots__ = ()

    @property
    def session(self) -> ClientSession:
        """The session itself."""
        raise NotImplementedError

    @property
    def closed(self) -> bool:
        """Whether the session is closed."""
        return self.session.closed

    @property
    def cookie_jar(self) -> AbstractCookieJar:
        """The cookies of the session; those of each origin apart, unless another jar was given."""
        return self.session.cookie_jar

    @property
    def headers(self) -> "CIMultiDict[str]":
        """What the session sends with every request."""
        return self.session.headers

    @property
    def timeout(self) -> ClientTimeout:
        """That of requests without one of their own."""
        return self.session.timeout
