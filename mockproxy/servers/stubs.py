"""The reply of a stub, computed where it must be."""

from mockproxy.errors import HandlerFailed
from mockproxy.messages.message import Request
from mockproxy.routes.reply import Reply
from mockproxy.routes.stub import Stub
from mockproxy.servers.answers import response_of_error


async def reply_from(stub: Stub, request: Request, path_params: dict[str, str]) -> Reply:
    """Takes the reply whose turn it is, when the gates of the stub are open.

    Raises ``HandlerFailed`` for a handler that raised, unless it raised a response that it means: then that.
    """
    reply = stub.take()
    await stub.released()
    if isinstance(reply, Reply):
        return reply
    try:
        return await reply.reply(request, path_params)
    except Exception as error:
        if response_of_error(error) is not None:
            raise
        raise handler_failed(f"handler {reply.name} of {stub.describe()}", error, stub.place) from error


def handler_failed(what: str, error: Exception, place: str | None) -> HandlerFailed:
    return HandlerFailed(f"{what} raised {type(error).__name__}: {error}", place=place)
