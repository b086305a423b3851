"""The record of the request that the running code of an application answers."""

from contextvars import ContextVar

from mockproxy.recording.recorder import Recorder
from mockproxy.wire.hosting import current_connection

_answering: ContextVar[Recorder | None] = ContextVar("_answering", default=None)


def begin_answering() -> None:
    """A host calls it where the application takes a request; what runs from here on belongs to that, however late.

    The connection cannot tell that afterwards: once the answer is out, the next request on it may have come.
    """
    connection = current_connection.get(None)
    _answering.set(None if connection is None else connection.recorder)


def answering() -> Recorder | None:
    """None for work that belongs to no request, or to one whose record is complete."""
    recorder = _answering.get()
    return None if recorder is None or recorder.closed else recorder
