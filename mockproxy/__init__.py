"""mockproxy: what really went over HTTP, for tests.

The front door: every public name of the library, loaded when it is first asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING as TYPE_CHECKING

if TYPE_CHECKING:
    from mockproxy.errors import (
        ClientLeft as ClientLeft,
    )
    from mockproxy.errors import (
        ConfigurationError as ConfigurationError,
    )
    from mockproxy.errors import (
        ContentError as ContentError,
    )
    from mockproxy.errors import (
        CredentialError as CredentialError,
    )
    from mockproxy.errors import (
        HandlerFailed as HandlerFailed,
    )
    from mockproxy.errors import (
        MalformedMessage as MalformedMessage,
    )
    from mockproxy.errors import (
        MiddlewareFailed as MiddlewareFailed,
    )
    from mockproxy.errors import (
        MissingExtra as MissingExtra,
    )
    from mockproxy.errors import (
        MockProxyError as MockProxyError,
    )
    from mockproxy.errors import (
        RecordError as RecordError,
    )
    from mockproxy.errors import (
        RefusedRequest as RefusedRequest,
    )
    from mockproxy.errors import (
        ServerStopped as ServerStopped,
    )
    from mockproxy.errors import (
        Trouble as Trouble,
    )
    from mockproxy.errors import (
        UnexpectedTrouble as UnexpectedTrouble,
    )
    from mockproxy.errors import (
        Unmatched as Unmatched,
    )
    from mockproxy.errors import (
        UnmetExpectation as UnmetExpectation,
    )
    from mockproxy.errors import (
        UpstreamError as UpstreamError,
    )
    from mockproxy.errors import (
        UpstreamTimeout as UpstreamTimeout,
    )
    from mockproxy.messages.connection import Connection as Connection
    from mockproxy.messages.headers import Headers as Headers
    from mockproxy.messages.message import Request as Request
    from mockproxy.messages.message import Response as Response
    from mockproxy.pipeline.context import ProxyContext as ProxyContext
    from mockproxy.pipeline.phase import Phase as Phase
    from mockproxy.pipeline.trace import Step as Step
    from mockproxy.pipeline.trace import Trace as Trace
    from mockproxy.recording.exchange import Exchange as Exchange
    from mockproxy.recording.exchange import Leg as Leg
    from mockproxy.recording.journal import Journal as Journal
    from mockproxy.routes.gate import Gate as Gate
    from mockproxy.routes.resource import Resource as Resource
    from mockproxy.routes.stub import Stub as Stub
    from mockproxy.servers.observation import Observation as Observation
    from mockproxy.servers.observation import observe as observe
    from mockproxy.servers.proxy import ProxyServer as ProxyServer
    from mockproxy.servers.routing import Forward as Forward
    from mockproxy.servers.routing import Include as Include
    from mockproxy.servers.target import TargetServer as TargetServer

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
    "mockproxy.routes.resource": ("Resource",),
    "mockproxy.routes.stub": ("Stub",),
    "mockproxy.servers.observation": ("Observation", "observe"),
    "mockproxy.servers.proxy": ("ProxyServer",),
    "mockproxy.servers.routing": ("Forward", "Include"),
    "mockproxy.servers.target": ("TargetServer",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME_OF)  # noqa: PLE0605 - one table of the names is enough


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'mockproxy' has no attribute {name!r}")
    return getattr(import_module(_HOME_OF[name]), name)


def __dir__() -> list[str]:
    return sorted(_HOME_OF)
