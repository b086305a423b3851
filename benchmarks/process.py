"""A server in a process of its own, which tells what it has used."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_SERVER = Path(__file__).with_name("server.py")


@dataclass(frozen=True, slots=True)
class Usage:
    """``cpu`` in seconds, ``peak`` in bytes of resident memory."""

    cpu: float
    peak: int


class ServerProcess:
    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.port = int(self._line())

    def usage(self) -> Usage:
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        cpu, peak = self._line().split()
        return Usage(float(cpu), int(peak))

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the server of a benchmark has ended")
        return line


@contextmanager
def running(kind: str, *arguments: object) -> Iterator[ServerProcess]:
    """Runs a server of ``server.py`` until the block ends."""
    command = [sys.executable, str(_SERVER), kind, *map(str, arguments)]
    # A server may log every request, which nobody reads.
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            yield ServerProcess(process)
        finally:
            process.kill()
