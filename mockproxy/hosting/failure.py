"""What an application raised, joined to the exchange that it was answering."""

from collections.abc import Callable

from mockproxy.errors import HandlerFailed, Trouble
from mockproxy.hosting.answering import answering, cut_off_by_stop
from mockproxy.wire.hosting import current_connection

Note = Callable[[Trouble], None]


def note_failure(error: BaseException, note: Note) -> None:
    """Keeps the error in the record of its exchange; ``note`` takes one that belongs to none, or comes after it.

    What frameworks raise because the client has left says nothing of the application, nor does anything that comes of
    an answer which the end of the server has cut off; nobody keeps it.
    """
    # aiohttp raises the former, Starlette and Lilya the latter, each a class of its own.
    tells_of_the_client = isinstance(error, ConnectionError) or type(error).__name__ == "ClientDisconnect"
    if not (tells_of_the_client and _client_has_left()):
        _keep(HandlerFailed(f"the application raised {type(error).__name__}: {error}"), error, note)


def note_unanswered(note: Note) -> None:
    """As ``note_failure``, for an application that ends before its answer does and raises nothing."""
    if not _client_has_left():
        _keep(HandlerFailed("the application ended before it had given its whole answer"), None, note)


def _keep(failure: HandlerFailed, cause: BaseException | None, note: Note) -> None:
    if cut_off_by_stop():
        return
    failure.__cause__ = cause
    recorder = answering()
    if recorder is None:
        note(failure)
    else:
        recorder.note_error(failure)


def _client_has_left() -> bool:
    connection = current_connection.get(None)
    return connection is not None and connection.lost
