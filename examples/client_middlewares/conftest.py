"""The payment service, and a session with the chain of the client under record."""

import pytest
import pytest_asyncio

from mockproxy.client import RecordedSession

from .payments import chain


@pytest.fixture
def service(make_mock_target, mock_issuer):
    """A service that exchanges refresh tokens; each test declares what it does with payments."""
    target = make_mock_target(name="payments")

    @target.on("POST", "/token").reply_with
    def refresh(request):
        return mock_issuer.refresh(dict(request.form())["refresh_token"])

    return target


@pytest.fixture
def refresh_token(mock_issuer):
    return mock_issuer.refresh_token(sub="shop-7")


@pytest_asyncio.fixture
async def session(service, refresh_token):
    async with RecordedSession(service.url, middlewares=chain(f"{service.url}/token", refresh_token)) as session:
        yield session
