"""Measures mockproxy side by side with its peers: ``python benchmarks/run.py [NAME ...]``; all of it takes two minutes.

NAME is one of ``proxying``, ``stubbing``, ``fixtures``, ``memory`` and ``imports``.
"""

import sys

import fixtures
import imports
import memory
import proxying
import stubbing
from table import print_rows

_BENCHMARKS = {module.__name__: module for module in (proxying, stubbing, fixtures, memory, imports)}


def main(names: list[str]) -> None:
    print(f"{'':<36} {'':>10} {'':<4} {'ratio':>7}")
    for name in names or _BENCHMARKS:
        print_rows(_BENCHMARKS[name].rows())


if __name__ == "__main__":
    main(sys.argv[1:])
