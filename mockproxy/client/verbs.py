"""The methods of HTTP as methods of a session."""

from typing import TYPE_CHECKING, Unpack

from yarl import URL

from mockproxy.client.pending_response import PendingResponse
from mockproxy.client.session_face import SessionFace

if TYPE_CHECKING:
    from aiohttp.client import _RequestOptions as RequestOptions


class Verbs(SessionFace):
    """What ``aiohttp.ClientSession`` offers beside ``request``, with the options that it takes."""

    __slots__ = ()

    def request(self, method: str, url: str | URL, **options: "Unpack[RequestOptions]") -> PendingResponse:
        """The options are those of ``aiohttp.ClientSession.request``; the response is awaited, or entered."""
        raise NotImplementedError

    def get(self, url: str | URL, **options: "Unpack[RequestOptions]") -> PendingResponse:
        __tracebackhide__ = True
        return self.request("GET", url, **options)

    def head(self, url: str | URL, **options: "Unpack[RequestOptions]") -> PendingResponse:
        """Follows no redirects unless told to, as aiohttp's does."""
        __tracebackhide__ = True
        options.setdefault("allow_redirects", False)
        return self.request("HEAD", url, **options)

    def options(self, url: str | URL, **options: "Unpack[RequestOptions]") -> PendingResponse:
        __tracebackhide__ = True
        return self.request("OPTIONS", url, **options)

    def post(self, url: str | URL, **options: "Unpack[RequestOptions]") -> PendingResponse:
        __tracebackhide__ = True
        return self.request("POST", url, **options)

    def put(self, url: str | URL, **options: "Unpack[RequestOptions]") -> PendingResponse:
        __tracebackhide__ = True
        return self.request("PUT", url, **options)

    def patch(self, url: str | URL, **options: "Unpack[RequestOptions]") -> PendingResponse:
        __tracebackhide__ = True
        return self.request("PATCH", url, **options)

    def delete(self, url: str | URL, **options: "Unpack[RequestOptions]") -> PendingResponse:
        __tracebackhide__ = True
        return self.request("DELETE", url, **options)
