import subprocess
import sys

import pytest

HEAVY = {"aiohttp", "brotli", "cryptography", "faker", "jwt", "uvicorn", "zstandard"}


@pytest.mark.parametrize("module", ["mockproxy", "mockproxy.pytest_plugin.plugin"])
def test_importing_it_loads_nothing_heavy(module):
    code = f"import sys, {module}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()

    assert module in loaded
    assert HEAVY & set(loaded) == set()
