"""What an application raised, joined to the exchange that it was answering."""

from collections.abc import Callable

from mockproxy.errors import HandlerFailed, Trouble
from mockproxy.hosting.answering import answering
from mockproxy.wire.hosting import current_connection

Note = Callable[[Trouble], None]


def note_failure(error: BaseException, note: Note) -> None:
    """Keeps the error in the record of its exchange; ``note`` takes one that belongs to none, or comes after it.

    What frameworks raise because the client has left says nothing of the application, and is kept by nobody.
    """
    if _says_that_the_client_left(error):
        return
    failure = HandlerFailed(f"the application raised {type(error).__name__}: {error}")
    failure.__cause__ = error
    recorder = answering()
    if recorder is None:
        note(failure)
    else:
        recorder.error = failure
        recorder.troubles.append(failure)


def _says_that_the_client_left(error: BaseException) -> bool:
    connection = current_connection.get(None)
    # aiohttp raises the former, Starlette and Lilya the latter, each a class of its own.
    tells = isinstance(error, ConnectionError) or type(error).__name__ == "ClientDisconnect"
    return tells and connection is not None and connection.lost
