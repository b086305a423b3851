"""What a session of this kit takes and hands on to ``aiohttp.ClientSession``."""

from typing import TypedDict

from aiohttp import BaseConnector, ClientTimeout, TraceConfig
from aiohttp.abc import AbstractCookieJar
from aiohttp.typedefs import JSONEncoder, LooseHeaders


class SessionOptions(TypedDict, total=False):
    """Options of ``aiohttp.ClientSession`` of the same names; the cookie jar is an ``OriginJar`` unless given."""

    auto_decompress: bool
    connector: BaseConnector
    connector_owner: bool
    cookie_jar: AbstractCookieJar
    headers: LooseHeaders
    json_serialize: JSONEncoder
    timeout: ClientTimeout
    trace_configs: list[TraceConfig]
    trust_env: bool


def check_options(options: SessionOptions) -> None:
    """Raises ``TypeError`` at once for an option that there is not."""
    unknown = options.keys() - SessionOptions.__annotations__.keys()
    if unknown:
        known = ", ".join(sorted(SessionOptions.__annotations__))
        raise TypeError(f"a session takes no option {min(unknown)!r}; there are {known}")
