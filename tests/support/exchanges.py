"""Exchanges as a server files them, made by hand."""

from mockproxy.messages.connection import Connection
from mockproxy.messages.message import Request, Response
from mockproxy.recording.exchange import Exchange

CONNECTION = Connection(("127.0.0.1", 50000), ("127.0.0.1", 80))


def exchange(
    index: int = 0,
    request: Request | None = None,
    response: Response | None = None,
    *,
    started: float = 0.0,
    elapsed: float = 0.0,
    error: BaseException | None = None,
) -> Exchange:
    """One that was answered with 200 unless told otherwise; an ``error`` alone means that there was no answer."""
    if response is None and error is None:
        response = Response(200)
    return Exchange(
        index=index,
        received=request or Request("GET", "/"),
        given=response,
        connection=CONNECTION,
        place=index,
        started=started,
        elapsed=elapsed,
        error=error,
    )
