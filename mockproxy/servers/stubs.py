"""The reply of a stub, computed where it must be."""

from collections.abc import Iterator
from contextlib import contextmanager

from mockproxy.errors import HandlerFailed
from mockproxy.messages.message import Request
from mockproxy.pipeline.run import ends_task
from mockproxy.routes.handler import Computed
from mockproxy.routes.reply import Reply
from mockproxy.routes.stub import Stub
from mockproxy.servers.answers import response_of_error


async def reply_from(stub: Stub, request: Request, path_params: dict[str, str]) -> Reply:
    """Takes the reply whose turn it is, when the gates of the stub are open.

    Raises ``HandlerFailed`` for a handler that raised, unless it raised a response that it means: then that.
    """
    reply = stub.take()
    await stub.released()
    if isinstance(reply, Computed):
        with _failures_of(f"handler {reply.name} of {stub.describe()}", stub.place):
            reply = await reply.reply(request, path_params)
    with _failures_of(f"the stream of {stub.describe()}", stub.place):
        return reply.begun()


def handler_failed(what: str, error: BaseException, place: str | None) -> HandlerFailed:
    failure = HandlerFailed(f"{what} raised {type(error).__name__}: {error}", place=place)
    failure.__cause__ = error
    return failure


@contextmanager
def _failures_of(what: str, place: str) -> Iterator[None]:
    try:
        yield
    except BaseException as error:
        if ends_task(error) or response_of_error(error) is not None:
            raise
        raise handler_failed(what, error, place) from error
