"""What can be set for a whole run."""

import pytest

SEED = "--mockproxy-seed"
SETTINGS = "mockproxy_settings"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("mockproxy")
    group.addoption(SEED, type=int, default=0, help="vary the generated data of all tests (0 by default)")
    parser.addini(SETTINGS, "dotted path of the settings object with default interceptors and middlewares of proxies")
