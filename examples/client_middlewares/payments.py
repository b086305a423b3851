"""The software under test: a client of a payment service, and the chain of middlewares that its session runs."""

from typing import Any
from uuid import uuid4

from aiohttp import ClientHandlerType, ClientMiddlewareType, ClientRequest, ClientResponse, ClientSession

from mockproxy.client import LoggingMiddleware, RetryMiddleware, TokenRefreshMiddleware


async def add_idempotency_key(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
    """Marks a payment, so that the service makes it once however often it is sent."""
    if request.method == "POST":
        request.headers.setdefault("Idempotency-Key", str(uuid4()))
    return await handler(request)


def chain(token_url: str, refresh_token: str) -> tuple[ClientMiddlewareType, ...]:
    """The first stands outermost: one line in the log and one key for all attempts, a good token for each."""
    return (
        LoggingMiddleware(),
        add_idempotency_key,
        RetryMiddleware(max_retries=3, initial_delay=0.01),
        TokenRefreshMiddleware(token_url, refresh_token=refresh_token),
    )


def open_session(url: str, refresh_token: str) -> ClientSession:
    """The session as it is in production."""
    return ClientSession(url, middlewares=chain(f"{url}/token", refresh_token))


async def pay(session: ClientSession, amount: int) -> Any:
    async with session.post("/payments", json={"amount": amount}, raise_for_status=True) as answer:
        return await answer.json()
