"""Where in a test something was declared."""

import sys
import sysconfig
from pathlib import Path

_PACKAGE = str(Path(__file__).parent)


def place_of_caller() -> str:
    """``file:line`` of the nearest caller outside this library."""
    frame = sys._getframe(1)
    while frame.f_code.co_filename.startswith(_PACKAGE) and frame.f_back is not None:
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


def place_in_thread(thread: int) -> str | None:
    """``file:line`` of the innermost line of a test that a thread is at; None where it is at none."""
    frame = sys._current_frames().get(thread)
    paths = sysconfig.get_paths()
    libraries = (_PACKAGE, paths["stdlib"], paths["purelib"])
    while frame is not None and frame.f_code.co_filename.startswith((*libraries, "<")):
        frame = frame.f_back
    return None if frame is None else f"{frame.f_code.co_filename}:{frame.f_lineno}"
