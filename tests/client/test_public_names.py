import mockproxy.client
from mockproxy.client import __all__


def test_what_is_exported_is_what_the_documentation_names():
    assert __all__ == [
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
    assert all(hasattr(mockproxy.client, name) for name in __all__)
