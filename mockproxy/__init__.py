"""mockproxy: what really went over HTTP, for tests.

The front door: every public name of the library, loaded when it is first asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING as TYPE_CHECKING

if TYPE_CHECKING:
    from mockproxy.errors import (
        ClientLeft as ClientLeft,
        ConfigurationError as ConfigurationError,
        ContentError as ContentError,
        CredentialError as CredentialError,
        HandlerFailed as HandlerFailed,
        MalformedMessage as MalformedMessage,
        MiddlewareFailed as MiddlewareFailed,
        MissingExtra as MissingExtra,
        MockProxyError as MockProxyError,
        RecordError as RecordError,
        RefusedRequest as RefusedRequest,
        ServerStopped as ServerStopped,
        Trouble as Trouble,
        UnexpectedTrouble as UnexpectedTrouble,
        Unmatched as Unmatched,
        UnmetExpectation as UnmetExpectation,
        UpstreamError as UpstreamError,
        UpstreamTimeout as UpstreamTimeout,
    )
    from mockproxy.messages.changes import FieldChanges as FieldChanges
    from mockproxy.messages.connection import Connection as Connection
    from mockproxy.messages.headers import Headers as Headers, MutableHeaders as MutableHeaders
    from mockproxy.messages.message import (
        Request as Request,
        RequestHead as RequestHead,
        Response as Response,
        ResponseHead as ResponseHead,
    )
    from mockproxy.messages.url import Query as Query
    from mockproxy.messages.websocket import (
        Opcode as Opcode,
        WebSocket as WebSocket,
        WebSocketFrame as WebSocketFrame,
        WebSocketMessage as WebSocketMessage,
    )
    from mockproxy.pipeline.context import ProxyContext as ProxyContext
    from mockproxy.pipeline.outgoing import OutgoingRequest as OutgoingRequest, OutgoingResponse as OutgoingResponse
    from mockproxy.pipeline.phase import Phase as Phase
    from mockproxy.pipeline.trace import (
        Changes as Changes,
        ResponseChanges as ResponseChanges,
        Step as Step,
        Trace as Trace,
    )
    from mockproxy.pipeline.wrapping import CallNext as CallNext
    from mockproxy.recording.attempts import Attempts as Attempts
    from mockproxy.recording.exchange import Exchange as Exchange, Leg as Leg
    from mockproxy.recording.journal import Journal as Journal
    from mockproxy.recording.sameness import Sameness as Sameness
    from mockproxy.routes.gate import Gate as Gate
    from mockproxy.routes.resource import Resource as Resource
    from mockproxy.routes.stub import Stub as Stub
    from mockproxy.servers.observation import Observation as Observation, observe as observe
    from mockproxy.servers.proxy import ProxyServer as ProxyServer
    from mockproxy.servers.routing import Forward as Forward, Include as Include
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
    "mockproxy.messages.changes": ("FieldChanges",),
    "mockproxy.messages.connection": ("Connection",),
    "mockproxy.messages.headers": ("Headers", "MutableHeaders"),
    "mockproxy.messages.message": ("Request", "RequestHead", "Response", "ResponseHead"),
    "mockproxy.messages.url": ("Query",),
    "mockproxy.messages.websocket": ("Opcode", "WebSocket", "WebSocketFrame", "WebSocketMessage"),
    "mockproxy.pipeline.context": ("ProxyContext",),
    "mockproxy.pipeline.outgoing": ("OutgoingRequest", "OutgoingResponse"),
    "mockproxy.pipeline.phase": ("Phase",),
    "mockproxy.pipeline.trace": ("Changes", "ResponseChanges", "Step", "Trace"),
    "mockproxy.pipeline.wrapping": ("CallNext",),
    "mockproxy.recording.attempts": ("Attempts",),
    "mockproxy.recording.exchange": ("Exchange", "Leg"),
    "mockproxy.recording.journal": ("Journal",),
    "mockproxy.recording.sameness": ("Sameness",),
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
