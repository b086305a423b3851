"""The request that was refused, which may be the last of a call that was redirected."""

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from aiohttp import ClientResponse
from multidict import CIMultiDict
from yarl import URL

from mockproxy.client.origin import origin_of

if TYPE_CHECKING:
    from aiohttp.client import _RequestOptions as RequestOptions


class RefusedRequest(NamedTuple):
    """What makes the same request again, and none of those before it: they have succeeded."""

    method: str
    url: str | URL
    options: "RequestOptions"


def refused_request(response: ClientResponse, method: str, url: str | URL, options: "RequestOptions") -> RefusedRequest:
    """The request of this response, to which ``method``, ``url`` and ``options`` have led.

    On the way it lost what aiohttp takes away: the query that was given beside the URL, the body where a redirect does
    not keep it (RFC 9110 sections 15.4.2 to 15.4.4), and the credentials where one left the origin.
    """
    again: RequestOptions = {**options}
    # aiohttp refuses a tracker that has seen a request.
    again.pop("upload_tracker", None)
    if not response.history:
        return RefusedRequest(method, url, again)
    headers: CIMultiDict[str] = CIMultiDict(again.get("headers") or ())
    again.pop("params", None)
    if any(map(_drops_body, response.history)):
        again.pop("data", None)
        again.pop("json", None)
        headers.popall("Content-Length", None)
    if any(origin_of(hop.url) != origin_of(led_to.url) for hop, led_to in pairwise((*response.history, response))):
        again.pop("cookies", None)
        for name in ("Authorization", "Cookie", "Proxy-Authorization"):
            headers.popall(name, None)
    again["headers"] = headers
    return RefusedRequest(response.method, response.real_url, again)


def _drops_body(redirect: ClientResponse) -> bool:
    return (redirect.status == 303 and redirect.method != "HEAD") or (
        redirect.status in {301, 302} and redirect.method == "POST"
    )
