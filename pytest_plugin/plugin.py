"""The entry point: what pytest loads, whether a test uses it or not, so nothing heavy is imported from here."""

from .fixtures import (
    make_mock_proxy,
    make_mock_target,
    mock_client,
    mock_engine,
    mock_faker,
    mock_issuer,
    mock_proxy,
    mock_servers,
    mock_target,
)
from .hooks import pytest_runtest_call, pytest_runtest_makereport, pytest_terminal_summary
from .options import pytest_addoption

__all__ = [
    "make_mock_proxy",
    "make_mock_target",
    "mock_client",
    "mock_engine",
    "mock_faker",
    "mock_issuer",
    "mock_proxy",
    "mock_servers",
    "mock_target",
    "pytest_addoption",
    "pytest_runtest_call",
    "pytest_runtest_makereport",
    "pytest_terminal_summary",
]
