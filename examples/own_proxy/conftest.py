"""The fixtures of the suite: two services, and the proxy that is observed between them and its clients."""

import pytest
import requests

from mockproxy.credentials import TokenIssuer

from .proxy import build_proxy

TOKEN_SECRET = "the-secret-that-signs-tokens-of-tests"


@pytest.fixture
def issuer():
    """Signs tokens as the login service does in production."""
    return TokenIssuer(secret=TOKEN_SECRET)


@pytest.fixture
def users(make_mock_target):
    return make_mock_target(name="users")


@pytest.fixture
def orders(make_mock_target):
    return make_mock_target(name="orders")


@pytest.fixture
def observed(make_mock_observation, users, orders):
    """The proxy between two recorders; ``trace`` tells its middlewares, too."""
    app = build_proxy(users=users.url, orders=orders.url, token_secret=TOKEN_SECRET)
    return make_mock_observation(app, targets=[users, orders], trace=True)


@pytest.fixture
def client(issuer):
    """A client of the tenant acme."""
    with requests.Session() as session:
        session.headers.update(issuer.header(tenant="acme"))
        yield session
