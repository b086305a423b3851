"""aiohttp's messages as values of ours."""

from asyncio import Transport

from aiohttp import ClientRequest, ClientResponse, Payload
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from mockproxy.messages.connection import Connection
from mockproxy.messages.headers import Headers, RawFields
from mockproxy.messages.message import RequestHead, ResponseHead
from mockproxy.pipeline.outgoing import RequestState, ResponseState


class Bodies:
    """Tells bodies apart: each that is seen has a number."""

    __slots__ = ("_seen",)

    def __init__(self) -> None:
        # Kept, since the identity of one that is gone may be given to another.
        self._seen: list[object] = []

    def number(self, body: object) -> int:
        for number, seen in enumerate(self._seen):
            if seen is body:
                return number
        self._seen.append(body)
        return len(self._seen) - 1


def state_of_request(request: ClientRequest, bodies: Bodies) -> RequestState:
    body = request.body
    length = body.size if isinstance(body, Payload) else 0
    fields = raw_fields(request.headers)
    return RequestState(request.method, request.url.raw_path_qs, fields, (), bodies.number(body), length)


def state_of_response(response: ClientResponse, bodies: Bodies) -> ResponseState:
    return ResponseState(response.status, response.reason, response.raw_headers, bodies.number(response), None)


def request_head(method: str, url: URL, headers: CIMultiDict[str] | CIMultiDictProxy[str]) -> RequestHead:
    return RequestHead(method, url.raw_path_qs, Headers.of_wire(raw_fields(headers)))


def response_head(response: ClientResponse) -> ResponseHead:
    return ResponseHead(response.status, Headers.of_wire(response.raw_headers), response.reason or "")


def raw_fields(headers: CIMultiDict[str] | CIMultiDictProxy[str]) -> RawFields:
    """The fields as aiohttp writes them: in UTF-8.

    A value that is no ``str`` stands as its text: aiohttp refuses it when the request is sent, and says why.
    """
    return tuple((name.encode(), str(value).encode()) for name, value in headers.items())


def connection_of(transport: Transport | None) -> Connection | None:
    """None for what is no connection of TCP, such as a Unix socket."""
    if transport is None:
        return None
    own, peer = transport.get_extra_info("sockname"), transport.get_extra_info("peername")
    if not isinstance(own, tuple) or not isinstance(peer, tuple):
        return None
    return Connection((own[0], own[1]), (peer[0], peer[1]))
