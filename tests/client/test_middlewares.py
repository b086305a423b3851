import pytest

from mockproxy.client import AuthenticatedSession, RecordedSession, RetryMiddleware
from mockproxy.client.middlewares import checked_middlewares


async def middleware(request, handler):
    return await handler(request)


def test_they_stay_in_their_order_whatever_holds_them():
    retry = RetryMiddleware()

    assert checked_middlewares(each for each in (retry, middleware)) == (retry, middleware)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (RetryMiddleware(), r"must be a list of client middlewares: give \[RetryMiddleware\(\.\.\.\)\], not it alone"),
        (middleware, r"give \[middleware\], not it alone"),
        ([RetryMiddleware], "RetryMiddleware is a class: give an instance"),
        ([3], "3 is no client middleware: give `async def"),
    ],
)
@pytest.mark.parametrize(
    "session", [RecordedSession, lambda url, **options: AuthenticatedSession(url, auth=("user", "pass"), **options)]
)
def test_what_is_no_list_of_client_middlewares_is_refused_when_a_session_is_made(session, given, words):
    with pytest.raises(TypeError, match=words):
        session("http://127.0.0.1:1", middlewares=given)
