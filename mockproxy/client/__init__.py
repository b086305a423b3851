"""The client kit: sessions and client middlewares for tests of clients, on aiohttp.

Knows nothing of servers, routes or reports; a client middleware is one file here with its mirror test.
"""

from mockproxy.client.attempt import Attempt, CallAttempts
from mockproxy.client.authenticated_session import AuthenticatedSession
from mockproxy.client.basic_auth import BasicAuthMiddleware
from mockproxy.client.call import Call
from mockproxy.client.calls import CallCriteria, Calls
from mockproxy.client.recorded_session import RecordedSession, record
from mockproxy.client.request_log import LoggingMiddleware
from mockproxy.client.retry import RetryMiddleware
from mockproxy.client.session_options import SessionOptions
from mockproxy.client.token_refresh import TokenRefreshMiddleware

__all__ = [
    "Attempt",
    "AuthenticatedSession",
    "BasicAuthMiddleware",
    "Call",
    "CallAttempts",
    "CallCriteria",
    "Calls",
    "LoggingMiddleware",
    "RecordedSession",
    "RetryMiddleware",
    "SessionOptions",
    "TokenRefreshMiddleware",
    "record",
]
