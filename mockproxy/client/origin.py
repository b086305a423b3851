"""Where credentials may go: to the origins they are meant for, and to no stranger (RFC 6454 section 4)."""

from collections.abc import Iterable
from weakref import WeakKeyDictionary

from aiohttp import ClientRequest, ClientSession
from yarl import URL

from mockproxy.credentials.secret import redact_url
from mockproxy.errors import ConfigurationError

Origin = tuple[str, str | None, int | None]

# The handshake of a WebSocket is a request of HTTP to the same server (RFC 6455 section 3).
_SCHEMES = {"ws": "http", "wss": "https"}


class Origins:
    """The origins that are given; where none are, that of the first request of each session.

    aiohttp takes ``Authorization`` away when a redirect leaves the origin, and runs the middlewares again on the new
    request: one that adds the field to whatever it sees hands the credentials to a stranger.
    """

    def __init__(self, given: Iterable[str | URL] = ()) -> None:
        if isinstance(given, str | URL) or not isinstance(given, Iterable):
            raise TypeError(f"origins must be a list of URLs, not {given!r} alone")
        self._given = frozenset(origin_of(absolute_url(url)) for url in given)
        self._first: WeakKeyDictionary[ClientSession, Origin] = WeakKeyDictionary()

    def admit(self, request: ClientRequest) -> bool:
        """Whether credentials may go with this request."""
        origin = origin_of(request.url)
        if self._given:
            return origin in self._given
        return self._first.setdefault(request.session, origin) == origin


def origin_of(url: URL) -> Origin:
    """Scheme, host and port, the default port included: yarl tells ``http://a`` and ``http://a:80`` apart."""
    return _SCHEMES.get(url.scheme, url.scheme), url.host, url.port


def absolute_url(url: str | URL) -> URL:
    """Raises ``ConfigurationError`` for what names no server, and ``TypeError`` for what is no URL."""
    if not isinstance(url, str | URL):
        advice = "give its `.url`" if hasattr(url, "url") else "give one such as 'http://127.0.0.1:8080'"
        raise TypeError(f"{type(url).__name__} is no URL: {advice}")
    parsed = URL(url)
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise ConfigurationError(f"{_shown(url)!r} is no absolute URL: give one such as 'http://127.0.0.1:8080'")
    return parsed


def base_url(url: str | URL) -> URL:
    """A URL that relative ones are joined to (RFC 3986 section 5.2.3: what follows the last ``/`` would be lost)."""
    parsed = absolute_url(url)
    if not parsed.path.endswith("/"):
        raise ConfigurationError(f"the base URL {_shown(url)!r} must end with a '/', or its last segment would be lost")
    if parsed.raw_query_string or parsed.raw_fragment:
        raise ConfigurationError(f"the base URL {_shown(url)!r} must end with its path: anything behind would be lost")
    return parsed


def _shown(url: str | URL) -> str:
    return redact_url(str(url))
