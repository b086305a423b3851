"""Requests that are repeated when they fail."""

import asyncio
from collections.abc import Collection
from datetime import UTC, datetime
from time import monotonic

from aiohttp import (
    ClientConnectionError,
    ClientConnectorError,
    ClientHandlerType,
    ClientOSError,
    ClientRequest,
    ClientResponse,
    ClientSSLError,
    ServerDisconnectedError,
)

from mockproxy.client.amounts import check_amounts, check_counts
from mockproxy.client.backoff import Backoff
from mockproxy.client.discarded import discard
from mockproxy.client.failure import told
from mockproxy.client.replayable_body import REPLAY_LIMIT, expect_anew, keep_body
from mockproxy.client.retry_after import seconds_until
from mockproxy.errors import ConfigurationError
from mockproxy.messages.message import checked_method

# RFC 9110 section 9.2.2
IDEMPOTENT_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PUT", "TRACE"})
TRANSIENT_STATUSES = frozenset({429, 500, 502, 503, 504})


class RetryMiddleware:
    """Repeats a request that was answered with one of ``statuses``, or whose connection failed.

    Repeated are the idempotent ``methods``, and any request with an ``Idempotency-Key``, where the body can be sent
    again: a stream is kept in memory up to ``replay_limit`` octets; a longer one is sent once, whatever the answer,
    and in a multipart body it is refused with ``aiohttp.ClientPayloadError``.
    The delay before repeat ``n`` is ``initial_delay * backoff_factor ** n``, up to ``max_delay``; ``jitter`` adds up to
    that fraction of it at random; a longer ``Retry-After`` is kept to.
    No repeat begins later than ``within`` seconds after the first attempt; what came last is then the outcome.
    """

    def __init__(
        self,
        max_retries: int = 3,
        *,
        initial_delay: float = 0.1,
        backoff_factor: float = 2.0,
        max_delay: float = 10.0,
        jitter: float = 0.0,
        within: float = 60.0,
        statuses: Collection[int] = TRANSIENT_STATUSES,
        methods: Collection[str] = IDEMPOTENT_METHODS,
        replay_limit: int = REPLAY_LIMIT,
    ) -> None:
        check_counts(max_retries=max_retries, replay_limit=replay_limit)
        check_amounts(
            initial_delay=initial_delay,
            backoff_factor=backoff_factor,
            max_delay=max_delay,
            jitter=jitter,
            within=within,
        )
        _check_statuses(statuses)
        _check_methods(methods)
        self._max_retries = max_retries
        self._backoff = Backoff(initial_delay=initial_delay, factor=backoff_factor, max_delay=max_delay, jitter=jitter)
        self._within = within
        self._statuses = frozenset(statuses)
        self._methods = frozenset(method.upper() for method in methods)  # as aiohttp sends them
        self._replay_limit = replay_limit

    async def __call__(self, request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        if not self._may_repeat(request) or not await keep_body(request, self._replay_limit):
            return await handler(request)
        deadline = monotonic() + self._within
        outcome = await _attempt(request, handler)
        for delay in self._backoff.delays(self._max_retries):
            wait = self._wait(outcome, delay)
            if wait is None or monotonic() + wait > deadline or request.session.closed:
                break
            if isinstance(outcome, ClientResponse):
                await discard(outcome)
            await asyncio.sleep(wait)
            if request.session.closed:
                raise ClientConnectionError(
                    f"{request.method} {request.url.path}: the session was closed before the request was repeated, "
                    f"after {_told(outcome)}"
                )
            expect_anew(request)
            outcome = await _attempt(request, handler)
        return _result(request, outcome)

    def _may_repeat(self, request: ClientRequest) -> bool:
        return request.method in self._methods or "Idempotency-Key" in request.headers

    def _wait(self, outcome: "_Outcome", delay: float) -> float | None:
        """Seconds until the next attempt; None where the outcome is final."""
        if isinstance(outcome, ClientConnectionError):
            # Asked again, a server shows the same certificate.
            return None if isinstance(outcome, ClientSSLError) else delay
        if outcome.status not in self._statuses:
            return None
        asked = seconds_until(outcome.headers.get("Retry-After", ""), datetime.now(UTC))
        return delay if asked is None else max(delay, asked)


_Outcome = ClientResponse | ClientConnectionError


async def _attempt(request: ClientRequest, handler: ClientHandlerType) -> _Outcome:
    try:
        return await handler(request)
    except ClientConnectionError as error:
        # What still sends the body must not read on in a file that the next attempt rewinds.
        await request.close()
        return error


def _result(request: ClientRequest, outcome: _Outcome) -> ClientResponse:
    if isinstance(outcome, ClientResponse):
        return outcome
    if isinstance(outcome, ClientOSError | ServerDisconnectedError) and not isinstance(outcome, ClientConnectorError):
        # aiohttp sends an idempotent request once more after these, through the whole chain: that would begin the
        # attempts anew.
        raise ClientConnectionError(f"{request.method} {request.url.path}: {outcome}") from outcome
    raise outcome


def _told(outcome: _Outcome) -> str:
    return str(outcome.status) if isinstance(outcome, ClientResponse) else told(outcome)


def _check_methods(methods: Collection[str]) -> None:
    if isinstance(methods, str) or not isinstance(methods, Collection):
        raise TypeError(f"methods must be a collection of names, not {methods!r} alone")
    for method in methods:
        checked_method(method)


def _check_statuses(statuses: Collection[int]) -> None:
    if isinstance(statuses, str) or not isinstance(statuses, Collection):
        raise TypeError(f"statuses must be a collection of numbers, such as {{503}}, not {statuses!r} alone")
    for status in statuses:
        if not isinstance(status, int) or isinstance(status, bool) or not 100 <= status <= 999:
            raise ConfigurationError(f"statuses must be numbers from 100 to 999, such as 503, not {status!r}")
