"""The fixtures of the suite: the application, the gateway, and the two of them in a row."""

import pytest

from .bookshop import app
from .gateway import INTERCEPTORS, routes_to


@pytest.fixture
def bookshop(make_mock_target):
    """The application as it is; ``trace`` makes its journal tell what happened inside."""
    return make_mock_target(app, trace=True, name="bookshop")


@pytest.fixture
def gateway(make_mock_proxy, mock_target):
    """The gateway in front of a service that answers what the test declares."""
    return make_mock_proxy(interceptors=INTERCEPTORS, routes=routes_to(mock_target), name="gateway")


@pytest.fixture(params=["bookshop", "gateway"])
def guarded(request, mock_target):
    """Either of the two, for what holds in both."""
    mock_target.on("GET").reply(json={})
    return request.getfixturevalue(request.param)
