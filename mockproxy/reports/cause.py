"""The traceback of an exception as its author reads it: without the frames of this library."""

import os
from pathlib import Path
from traceback import StackSummary, TracebackException

_LIBRARY = str(Path(__file__).parents[1]) + os.sep
# The innermost frames tell; what is deeper than this is a recursion.
_FRAMES = 20


def cause_text(error: BaseException) -> str:
    """What the interpreter would print, chained exceptions and groups included."""
    told = TracebackException.from_exception(error)
    _leave_library_out(told)
    return "".join(told.format()).rstrip()


def _leave_library_out(told: TracebackException) -> None:
    frames = [frame for frame in told.stack if not frame.filename.startswith(_LIBRARY)]
    told.stack = StackSummary.from_list(frames[-_FRAMES:])
    for other in (told.__cause__, told.__context__, *(told.exceptions or ())):
        if other is not None:
            _leave_library_out(other)
