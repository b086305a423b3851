"""The entry point of the pytest plugin; it imports nothing heavy."""

from .fixtures import make_mock_proxy, make_mock_target, mock_issuer, mock_proxy, mock_target  # noqa: F401
