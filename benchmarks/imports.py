"""What loading the plugin adds to the start of every pytest session."""

import subprocess
import sys
import time
from statistics import median

from table import Row, against

_ROUNDS = 5
_PEER = "pytest_httpserver.pytest_plugin"


def rows() -> list[Row]:
    names = ("mockproxy.pytest_plugin.plugin", _PEER, "aiohttp")
    times: dict[str, list[float]] = {name: [] for name in ("", *names)}
    for _ in range(_ROUNDS):
        for name, measured in times.items():
            measured.append(_time_to_import(name))
    bare = median(times[""])
    return against(
        "import, behind `import pytest`", "ms", {name: median(times[name]) - bare for name in names}, peer=_PEER
    )


def _time_to_import(name: str) -> float:
    code = f"import pytest{', ' + name if name else ''}"
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return (time.perf_counter() - begun) * 1e3
