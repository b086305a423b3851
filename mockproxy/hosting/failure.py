"""What an application raised, joined to the exchange that it was answering."""

from collections.abc import Callable

from mockproxy.errors import HandlerFailed, Trouble
from mockproxy.hosting.answering import answering

Note = Callable[[Trouble], None]


def note_failure(error: BaseException, note: Note) -> None:
    """Keeps the error in the record of its exchange; ``note`` takes one that belongs to none, or comes after it."""
    failure = HandlerFailed(f"the application raised {type(error).__name__}: {error}")
    failure.__cause__ = error
    recorder = answering()
    if recorder is None:
        note(failure)
    else:
        recorder.error = failure
        recorder.troubles.append(failure)
