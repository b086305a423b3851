import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]

ASKS_FOR_A_TARGET = """
def test_it(mock_target):
    assert mock_target.running
"""


def test_the_entry_point_leads_to_it():
    settings = tomllib.loads((PROJECT / "pyproject.toml").read_text())

    assert settings["project"]["entry-points"]["pytest11"] == {"mockproxy": "mockproxy.pytest_plugin.plugin"}


def test_it_is_there_by_itself(run):
    run(ASKS_FOR_A_TARGET).assert_outcomes(passed=1)


def test_it_can_be_switched_off(run):
    result = run(ASKS_FOR_A_TARGET, "-p", "no:mockproxy")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*fixture 'mock_target' not found*"])


@pytest.mark.parametrize("name", ["mockproxy", "mockproxy.pytest_plugin.plugin"])
def test_it_can_be_named_where_no_plugin_comes_by_itself(pytester, monkeypatch, name):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makepyfile(ASKS_FOR_A_TARGET)

    pytester.runpytest_subprocess("-W", "error", "-p", name).assert_outcomes(passed=1)


def test_without_it_no_fixture_is_there(pytester, monkeypatch):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makepyfile(ASKS_FOR_A_TARGET)

    pytester.runpytest_subprocess("-W", "error").assert_outcomes(errors=1)


def test_importing_it_starts_nothing_and_loads_no_room_that_does():
    code = "import sys, threading, mockproxy.pytest_plugin.plugin; print(threading.active_count(), *sys.modules)"
    threads, *loaded = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout.split()

    rooms = {name for name in loaded if name.startswith("mockproxy.") and "pytest_plugin" not in name}
    assert threads == "1"
    assert rooms == set()


def test_a_run_that_asks_for_no_fixture_loads_nothing_heavy(run_apart):
    result = run_apart(
        """
        import sys

        def test_it():
            assert {"faker", "jwt", "cryptography", "mockproxy.servers.server"} & set(sys.modules) == set()
        """
    )

    result.assert_outcomes(passed=1)


def test_its_fixtures_can_be_overridden_as_any_other(run):
    result = run(
        """
        import pytest
        import requests

        @pytest.fixture
        def mock_target(mock_target):
            mock_target.on("GET", "/hello").reply(text="hello")
            return mock_target

        @pytest.fixture
        def mock_servers():
            return "a name of the test's own"

        def test_it(mock_proxy, mock_servers):
            assert requests.get(f"{mock_proxy.url}/hello").text == "hello"
        """
    )

    result.assert_outcomes(passed=1)
