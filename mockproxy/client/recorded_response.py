"""Responses that tell on which connection they came.

aiohttp lets go of the connection as soon as the body is there, which is mostly before anybody else could ask.
"""

from aiohttp import ClientResponse
from aiohttp.connector import Connection

from mockproxy.client.call_recorder import current_attempt


class RecordedStart(ClientResponse):
    """Notes the connection before the answer comes, and its head when it is there."""

    async def start(self, connection: Connection) -> ClientResponse:
        with current_attempt(self.request_info) as attempt:
            attempt.connected(connection)
            response = await super().start(connection)
            attempt.answered(response)
        return response


def recorded_class(response_class: type[ClientResponse]) -> type[ClientResponse]:
    """The same class of responses, recorded; one that is recorded already stays as it is."""
    if response_class is ClientResponse:
        return RecordedStart
    if issubclass(response_class, RecordedStart):
        return response_class
    return type(response_class.__name__, (RecordedStart, response_class), {})
