"""Where in a test something was declared, or a thread stands."""

import sys
import sysconfig
from types import FrameType


def place_of_caller() -> str:
    """``file:line`` of the nearest caller outside this library and its plugin."""
    frame = sys._getframe(1)
    while _is_ours(frame) and frame.f_back is not None:
        frame = frame.f_back
    return _place(frame)


def place_in_thread(thread: int) -> str | None:
    """``file:line`` of the innermost line of a test that a thread is at; None where it is at none."""
    frame = sys._current_frames().get(thread)
    paths = sysconfig.get_paths()
    libraries = (paths["stdlib"], paths["purelib"], "<")
    while frame is not None and (_is_ours(frame) or frame.f_code.co_filename.startswith(libraries)):
        frame = frame.f_back
    return None if frame is None else _place(frame)


def _is_ours(frame: FrameType) -> bool:
    # By module and not by file: the plugin's folder stands elsewhere in a checkout than where it is installed.
    module: str = frame.f_globals.get("__name__", "")
    return module.partition(".")[0] == "mockproxy"


def _place(frame: FrameType) -> str:
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"
