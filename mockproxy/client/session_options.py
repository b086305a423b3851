"""What a session of this kit takes and hands on to ``aiohttp.ClientSession``."""

from collections.abc import Awaitable, Callable, Iterable
from typing import TypedDict

from aiohttp import BaseConnector, ClientResponse, ClientTimeout, HttpVersion, TraceConfig
from aiohttp.abc import AbstractCookieJar
from aiohttp.typedefs import JSONEncoder, LooseCookies, LooseHeaders
from yarl import URL


class SessionOptions(TypedDict, total=False):
    """Options of ``aiohttp.ClientSession``, with its names and what they mean there.

    The cookie jar, unless given, keeps the cookies of each origin apart, those of bare IP addresses too.
    """

    auto_decompress: bool
    connector: BaseConnector
    connector_owner: bool
    cookie_jar: AbstractCookieJar
    cookies: LooseCookies
    fallback_charset_resolver: Callable[[ClientResponse, bytes], str]
    headers: LooseHeaders
    json_serialize: JSONEncoder
    max_field_size: int
    max_line_size: int
    proxy: str | URL
    raise_for_status: bool | Callable[[ClientResponse], Awaitable[None]]
    read_bufsize: int
    requote_redirect_url: bool
    skip_auto_headers: Iterable[str]
    timeout: ClientTimeout
    trace_configs: list[TraceConfig]
    trust_env: bool
    version: HttpVersion


def check_options(options: SessionOptions) -> None:
    """Raises ``TypeError`` at once for an option that there is not."""
    unknown = options.keys() - SessionOptions.__annotations__.keys()
    if unknown:
        known = ", ".join(sorted(SessionOptions.__annotations__))
        raise TypeError(f"a session takes no option {min(unknown)!r}; there are {known}")
