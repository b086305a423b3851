"""The entry point: what pytest loads, whether a test uses it or not, so nothing heavy is imported from here."""

import pytest

# Before any other import of ours, so that asserts of the library explain themselves in wheels and in editable installs.
pytest.register_assert_rewrite("mockproxy.client", "mockproxy.matching", "mockproxy.recording")

from .fixtures import (  # noqa: E402
    _mockproxy_engine,
    _mockproxy_servers,
    make_mock_observation,
    make_mock_proxy,
    make_mock_target,
    mock_client,
    mock_faker,
    mock_issuer,
    mock_proxy,
    mock_target,
)
from .hooks import (  # noqa: E402
    pytest_assertrepr_compare,
    pytest_runtest_call,
    pytest_runtest_makereport,
    pytest_terminal_summary,
)
from .options import pytest_addoption  # noqa: E402

__all__ = [
    "_mockproxy_engine",
    "_mockproxy_servers",
    "make_mock_observation",
    "make_mock_proxy",
    "make_mock_target",
    "mock_client",
    "mock_faker",
    "mock_issuer",
    "mock_proxy",
    "mock_target",
    "pytest_addoption",
    "pytest_assertrepr_compare",
    "pytest_runtest_call",
    "pytest_runtest_makereport",
    "pytest_terminal_summary",
]
