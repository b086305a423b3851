"""The record of the request that the running code of an application answers."""

from contextvars import ContextVar

from mockproxy.errors import ServerStopped
from mockproxy.recording.recorder import Recorder
from mockproxy.wire.hosting import current_connection

_answering: ContextVar[Recorder | None] = ContextVar("_answering", default=None)
_traced: ContextVar[bool] = ContextVar("_traced", default=False)


def begin_answering(*, traced: bool) -> None:
    """A host calls it where the application takes a request; what runs from here on belongs to that, however late.

    The connection cannot tell that afterwards: once the answer is out, the next request on it may have come.
    """
    connection = current_connection.get(None)
    _answering.set(None if connection is None else connection.recorder)
    _traced.set(traced)


def answering() -> Recorder | None:
    """None for work that belongs to no request, or to one whose record is complete."""
    recorder = _answering.get()
    return None if recorder is None or recorder.closed else recorder


def answering_under_trace() -> Recorder | None:
    """None for a server without a trace, too: another one may watch the same application at the same time."""
    return answering() if _traced.get() else None


def cut_off_by_stop() -> bool:
    """Whether the server was stopped before the answer was complete, to which anything that comes of it is due."""
    recorder = _answering.get()
    return recorder is not None and isinstance(recorder.error, ServerStopped)
