"""What the fixtures add to a test that does nothing else."""

import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from table import Row, against

_ROUNDS = 3
_TESTS = 100
_PEER = "pytest-httpserver: httpserver"
_ASKED_FOR = {
    "": "",
    "mock_target": "mock_target",
    "mock_target and mock_proxy": "mock_target, mock_proxy",
    _PEER: "httpserver",
}

_CONFTEST = """
import statistics, time, pytest
times = []

@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol():
    begun = time.perf_counter()
    try:
        return (yield)
    finally:
        times.append(time.perf_counter() - begun)

def pytest_sessionfinish():
    print(f"\\nmedian={statistics.median(times)}")
"""


def rows() -> list[Row]:
    times: dict[str, list[float]] = {name: [] for name in _ASKED_FOR}
    for _ in range(_ROUNDS):
        for name, arguments in _ASKED_FOR.items():
            times[name].append(_time_of_a_test(arguments))
    empty = median(times.pop(""))
    added = {name: (median(each) - empty) * 1e3 for name, each in times.items()}
    return against("time that fixtures add to an empty test", "ms", added, peer=_PEER)


def _time_of_a_test(arguments: str) -> float:
    """The median over one session: what is done once a session does not count."""
    with TemporaryDirectory() as folder:
        Path(folder, "conftest.py").write_text(_CONFTEST)
        tests = "".join(f"def test_{number}({arguments}): pass\n" for number in range(_TESTS))
        Path(folder, "test_nothing.py").write_text(tests)
        command = [sys.executable, "-m", "pytest", "-q", "-s", "-p", "mockproxy.pytest_plugin.plugin",
                   "-p", "pytest_httpserver.pytest_plugin"]  # fmt: skip
        output = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
    return next(float(line.removeprefix("median=")) for line in output.splitlines() if line.startswith("median="))
