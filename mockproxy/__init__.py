"""mockproxy: what really went over HTTP, for tests.

The front door: every public name of the library, loaded when it is first asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mockproxy.errors import (
        ClientLeft,
        ConfigurationError,
        ContentError,
        CredentialError,
        HandlerFailed,
        MalformedMessage,
        MiddlewareFailed,
        MissingExtra,
        MockProxyError,
        RecordError,
        RefusedRequest,
        ServerStopped,
        Trouble,
        UnexpectedTrouble,
        Unmatched,
        UnmetExpectation,
        UpstreamError,
        UpstreamTimeout,
    )
    from mockproxy.messages.connection import Connection
    from mockproxy.messages.headers import Headers
    from mockproxy.messages.message import Request, Response
    from mockproxy.pipeline.context import ProxyContext
    from mockproxy.pipeline.phase import Phase
    from mockproxy.pipeline.trace import Step, Trace
    from mockproxy.recording.exchange import Exchange, Leg
    from mockproxy.recording.journal import Journal
    from mockproxy.routes.gate import Gate
    from mockproxy.routes.stub import Stub
    from mockproxy.servers.proxy import ProxyServer
    from mockproxy.servers.routing import Forward, Include
    from mockproxy.servers.target import TargetServer

_HOMES = {
    "mockproxy.errors": (
        "ClientLeft",
        "ConfigurationError",
        "ContentError",
        "CredentialError",
        "HandlerFailed",
        "MalformedMessage",
        "MiddlewareFailed",
        "MissingExtra",
        "MockProxyError",
        "RecordError",
        "RefusedRequest",
        "ServerStopped",
        "Trouble",
        "UnexpectedTrouble",
        "Unmatched",
        "UnmetExpectation",
        "UpstreamError",
        "UpstreamTimeout",
    ),
    "mockproxy.messages.connection": ("Connection",),
    "mockproxy.messages.headers": ("Headers",),
    "mockproxy.messages.message": ("Request", "Response"),
    "mockproxy.pipeline.context": ("ProxyContext",),
    "mockproxy.pipeline.phase": ("Phase",),
    "mockproxy.pipeline.trace": ("Step", "Trace"),
    "mockproxy.recording.exchange": ("Exchange", "Leg"),
    "mockproxy.recording.journal": ("Journal",),
    "mockproxy.routes.gate": ("Gate",),
    "mockproxy.routes.stub": ("Stub",),
    "mockproxy.servers.proxy": ("ProxyServer",),
    "mockproxy.servers.routing": ("Forward", "Include"),
    "mockproxy.servers.target": ("TargetServer",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [  # noqa: PLE0604 - the names are in the table above
    *_HOME_OF
]


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'mockproxy' has no attribute {name!r}")
    return getattr(import_module(_HOME_OF[name]), name)


def __dir__() -> list[str]:
    return sorted(_HOME_OF)
