"""Where in a test something was declared."""

import sys
from pathlib import Path

_PACKAGE = str(Path(__file__).parent)


def place_of_caller() -> str:
    """``file:line`` of the nearest caller outside this library."""
    frame = sys._getframe(1)
    while frame.f_code.co_filename.startswith(_PACKAGE) and frame.f_back is not None:
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"
