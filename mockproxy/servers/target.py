"""A target: a server that answers from stubs, or an application that is hosted as it is."""

import asyncio
from collections.abc import Callable

from mockproxy.errors import ClientLeft, ConfigurationError
from mockproxy.hosting.host import Hosting, host_for
from mockproxy.matching.field_criterion import FieldsExpected
from mockproxy.messages.message import Request, RequestHead, ResponseHead
from mockproxy.messages.payload import EMPTY, Payload
from mockproxy.recording.recorder import Recorder
from mockproxy.routes.reply import Reply, make_reply
from mockproxy.routes.resource import Resource, RowsGiven
from mockproxy.servers.answers import response_of_error
from mockproxy.servers.intake import TapedRequest, note_unread, open_recorder, take_body
from mockproxy.servers.server import Server
from mockproxy.servers.stubs import handler_failed, reply_from
from mockproxy.wire.limits import DEFAULT_LIMITS
from mockproxy.wire.server_connection import ServerConnection
from mockproxy.wire.transaction import Transaction

RECORD_LIMIT = 1024 * 1024


class TargetServer(Server):
    """A target that a proxy forwards to, or that a client talks to directly.

    Without ``app`` it answers what ``on`` and ``expect`` declare.
    With an ``app`` (aiohttp, ASGI or WSGI) it hosts that, on the server the application is made for, and only records.
    With ``trace`` the exchanges also tell which middlewares ran inside the application, and what each changed; an
    ``app`` may then be a list too, of ASGI middlewares with the application last.
    ``record_limit`` is how many bytes of each body the record keeps.
    """

    def __init__(
        self,
        app: object | None = None,
        *,
        trace: bool = False,
        name: str | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        record_limit: int = RECORD_LIMIT,
    ) -> None:
        super().__init__(name=name or "target", host=host, port=port, record_limit=record_limit)
        self._hosting: Hosting | None = None
        if app is None and trace:
            raise ConfigurationError("trace=True looks into an application, and this target hosts none")
        if app is not None:
            self._table.close(
                f"{self.name} hosts an application, which answers every request by itself: "
                "declare stubs on another target, or on the proxy in front of this one"
            )
            self._hosting = Hosting(
                host_for(app, self._note, trace=trace), self.exchanges, self._filed, self._record_limit
            )

    def resource(
        self, path: str, *, rows: RowsGiven = (), key: str = "id", headers: FieldsExpected | None = None
    ) -> Resource:
        """Serves rows at ``path``, and each of them below it under its ``key``; for requests that no stub accepts.

        ``GET`` lists or reads, ``POST`` creates (201), ``PUT`` replaces, ``PATCH`` merges (RFC 7396), ``DELETE``
        removes (204); all in JSON, and with 404 for a row that is not there.
        ``rows`` are those to begin with: a list, or a function that gets the decoded path parameters by name and
        returns one; each combination of parameters has rows of its own.
        ``headers`` are criteria as in ``on``: what does not satisfy them is no request for these rows.
        """
        resource = Resource(path, rows, key)
        self._table.add_resource(resource, headers)
        return resource

    def _make_connection(self) -> Callable[[], asyncio.BaseProtocol]:
        if self._hosting is not None:
            return self._hosting.connection_factory(self._listener.live)
        return lambda: ServerConnection(self._serve, DEFAULT_LIMITS, self._listener.live)

    @property
    def _opens_at_once(self) -> bool:
        return self._hosting is None

    async def _set_up(self) -> None:
        if self._hosting is not None:
            await self._hosting.start()

    async def _tear_down(self) -> None:
        if self._hosting is not None:
            await self._hosting.stop()

    async def _serve(self, transaction: Transaction) -> None:
        recorder = open_recorder(self.exchanges, transaction, self._record_limit)

        def recorded(head: ResponseHead | None) -> None:
            note_unread(recorder, transaction)
            self._filed(recorder.close(head))

        try:
            reply = await self._reply(transaction, recorder)
            source, length = reply.source()
            await transaction.respond(
                reply.status, reply.reason, reply.fields, source, tape=recorder.given, length=length, recorded=recorded
            )
        except asyncio.CancelledError:
            recorder.error = transaction.aborted
            raise
        except BaseException as error:
            recorder.error = recorder.error or error
            if not isinstance(error, ClientLeft | TimeoutError):
                recorder.troubles.append(handler_failed("the stream of a reply", error, None))
            raise
        finally:
            if not recorder.closed:
                recorded(transaction.sent_head)

    async def _reply(self, transaction: Transaction, recorder: Recorder) -> Reply:
        """What to answer, whatever is wrong with the request; raises ``ClientLeft`` only."""
        try:
            if transaction.finding is not None:
                raise transaction.finding
            assert transaction.head is not None
            return await self._reply_to(transaction, transaction.head, recorder)
        except ClientLeft:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a handler raises becomes the reply
            return _answer_to(error, recorder)

    async def _reply_to(self, transaction: Transaction, head: RequestHead, recorder: Recorder) -> Reply:
        source = TapedRequest(transaction, recorder)
        keep = self._table.needs_body
        if transaction.awaits_continue and not keep:
            reply = await self._found_reply(self._request(head, EMPTY))
            if reply.status < 400:
                transaction.send_continue()
                await take_body(source, keep=False)
            return reply
        transaction.send_continue()
        body = await take_body(source, keep=keep)
        return await self._found_reply(self._request(head, Payload.whole(body, recorder.received.trailers)))

    async def _found_reply(self, request: Request) -> Reply:
        """Raises ``Unmatched``, and what the handler of a stub raises."""
        found = self._table.find(request)
        if found is None:
            raise self._table.unmatched(request, self.name)
        stub, path_params = found
        return await reply_from(stub, request, path_params)

    def _request(self, head: RequestHead, payload: Payload) -> Request:
        return Request.recorded(head, payload, f"{self.host}:{self.port}")


def _answer_to(error: Exception, recorder: Recorder) -> Reply:
    recorder.note_error(error)
    answer = response_of_error(error)
    if answer is None:
        return make_reply(500, text="Internal Server Error\n")
    return Reply(answer.status, answer.reason, answer.headers.raw, answer.body)
