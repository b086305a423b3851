"""An answer that is an error, told without the secrets that led to it."""

from aiohttp import ClientResponse, ClientResponseError, RequestInfo
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from mockproxy.credentials.secret import redact_field, redact_url


def refusal(response: ClientResponse, what: str) -> ClientResponseError:
    """``what`` failed with this response; the ``repr`` of aiohttp's error shows the whole head of the request."""
    info = response.request_info
    headers = CIMultiDict((name, redact_field(name, value)) for name, value in info.headers.items())
    shown = URL(redact_url(str(info.real_url)))
    return ClientResponseError(
        RequestInfo(url=shown, method=info.method, headers=CIMultiDictProxy(headers), real_url=shown),
        (),
        status=response.status,
        message=f"{what}: {response.reason}",
    )
