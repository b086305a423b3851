import aiohttp
import faker
import pytest
import requests

from mockproxy import ProxyServer

# A run inside of this process forgets at its end what it has loaded itself, and not all modules can be loaded twice.
LOADED = (ProxyServer, aiohttp, faker, requests)

SETTINGS = """
[pytest]
asyncio_default_fixture_loop_scope = function
filterwarnings = error
addopts = -p no:cacheprovider -p no:faker -p no:randomly -p no:hypothesispytest -p no:cov
"""


@pytest.fixture(autouse=True)
def as_on_a_desk(monkeypatch):
    """pytest prints the reason of a failure twice where it finds itself on a build machine."""
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("BUILD_NUMBER", raising=False)


@pytest.fixture
def run(pytester):
    """Runs a file of tests inside of this process, with warnings as errors."""
    pytester.makeini(SETTINGS)

    def run(source, *arguments):
        pytester.makepyfile(source)
        return pytester.runpytest_inprocess(*arguments)

    return run


@pytest.fixture
def run_apart(pytester):
    """Runs a file of tests in a process of its own, with warnings as errors."""
    pytester.makeini(SETTINGS)

    def run(source, *arguments):
        pytester.makepyfile(source)
        return pytester.runpytest_subprocess(*arguments)

    return run
