"""What a target and a proxy have in common: a life, an address, a journal, stubs, and troubles."""

import asyncio
import re
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Self

from mockproxy.errors import ConfigurationError, Trouble, UnexpectedTrouble
from mockproxy.matching.field_criterion import FieldsExpected
from mockproxy.matching.matcher import Matcher
from mockproxy.matching.path_criterion import PathGiven
from mockproxy.matching.pattern import ANY_METHOD, UNSET, RequestPattern
from mockproxy.messages.message import Request
from mockproxy.recording.exchange import Exchange
from mockproxy.recording.journal import Journal
from mockproxy.recording.ledger import Ledger
from mockproxy.reports.transcript import transcript
from mockproxy.reports.trouble import trouble_report
from mockproxy.routes.gate import Gate
from mockproxy.routes.stub import Stub, Times
from mockproxy.routes.table import StubTable
from mockproxy.servers.answers import reply_of
from mockproxy.wire.engine import Engine, shared_engine
from mockproxy.wire.listener import Listener

_LOOPBACK = re.compile(r"localhost|127(\.[0-9]{1,3}){3}")


class Server(ABC):
    """A server on a loopback socket.

    ``with`` runs it on the loop in the background, ``async with`` on the caller's; ``start`` and ``stop`` do what
    ``with`` does, without its report of lost failures.
    """

    def __init__(self, *, name: str, host: str, port: int, record_limit: int) -> None:
        self.name = name
        self.host = _checked_host(host)
        self.exchanges = Journal(transcript, name)
        self._record_limit = _checked_limit(record_limit)
        self._listener = Listener(host, port)
        self._table = StubTable(reply_of)
        self._ledger = Ledger()
        self._engine: Engine | None = None
        self._opening: Future[None] | None = None
        self._running = False

    # Its life.

    def start(self) -> Self:
        """Listens, on the loop in the background."""
        self._check_stopped()
        engine = shared_engine.acquire()
        try:
            if self._opens_at_once:
                # Who connects before the loop accepts is kept by the system.
                self._bind(engine.thread)
                self._opening = engine.submit(self._open())
            else:
                engine.check_caller()
                self._bind(engine.thread)
                engine.call(self._open())
        except BaseException:
            shared_engine.release()
            raise
        self._engine = engine
        self._running = True
        return self

    def stop(self) -> None:
        """Ends every connection and what is under way; a second call does nothing."""
        stop_in_turn([self])

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()
        if error is None:
            self.raise_troubles()

    async def __aenter__(self) -> Self:
        self._check_stopped()
        self._bind(threading.get_ident())
        await self._open()
        self._running = True
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._close()
        if error is None:
            self.raise_troubles()

    def _bind(self, thread: int) -> None:
        self._listener.bind()
        self.exchanges.bind(thread)

    async def _close_opened(self) -> None:
        if self._opening is not None and not self._opening.done():
            await asyncio.wrap_future(self._opening)
        await self._close()

    async def _open(self) -> None:
        try:
            await self._set_up()
            await self._listener.accept(self._make_connection())
        except BaseException:
            await self._close()
            raise

    async def _close(self) -> None:
        self._running = False
        await self._listener.close()
        await self._tear_down()

    @abstractmethod
    def _make_connection(self) -> Callable[[], asyncio.BaseProtocol]:
        """The factory of the protocol that serves one connection."""

    @property
    def _opens_at_once(self) -> bool:
        """Whether nothing that may fail or take time comes before the first connection."""
        return True

    async def _set_up(self) -> None:  # noqa: B027 - most servers need nothing
        """What is needed before the first connection."""

    async def _tear_down(self) -> None:  # noqa: B027 - most servers leave nothing
        """What is left when the last connection has ended."""

    # Its address.

    @property
    def port(self) -> int:
        """Raises ``ConfigurationError`` while the server does not run."""
        if not self._running:
            raise ConfigurationError(f"{self.name} is not running: use it inside `with {type(self).__name__}(...)`")
        return self._listener.port

    @property
    def url(self) -> str:
        """The address without a trailing slash."""
        return f"http://{self.host}:{self.port}"

    @property
    def running(self) -> bool:
        return self._running

    # What it answers by itself.

    def on(
        self,
        method: str | Sequence[str] = ANY_METHOD,
        path: PathGiven = None,
        *,
        query: str | Matcher | FieldsExpected | None = None,
        headers: FieldsExpected | None = None,
        cookies: FieldsExpected | None = None,
        json: object = UNSET,
        form: FieldsExpected | None = None,
        text: str | Matcher | None = None,
        body: bytes | Matcher | None = None,
        where: Callable[[Request], object] | None = None,
    ) -> Stub:
        """Declares what a kind of request is answered; it may stay unused.

        ``path`` is a template: ``{name}`` stands for one segment, ``{name:regex}`` for what the expression matches.
        ``json`` is a part that the body must have; ``where`` is a function of the request.
        The first stub that accepts a request answers it.
        """
        return self._table.add(
            RequestPattern.of(
                method,
                path,
                query=query,
                headers=headers,
                cookies=cookies,
                json=json,
                form=form,
                text=text,
                body=body,
                where=where,
            )
        )

    def expect(
        self,
        method: str | Sequence[str] = ANY_METHOD,
        path: PathGiven = None,
        *,
        times: Times = 1,
        query: str | Matcher | FieldsExpected | None = None,
        headers: FieldsExpected | None = None,
        cookies: FieldsExpected | None = None,
        json: object = UNSET,
        form: FieldsExpected | None = None,
        text: str | Matcher | None = None,
        body: bytes | Matcher | None = None,
        where: Callable[[Request], object] | None = None,
    ) -> Stub:
        """As ``on``, for a request that must come: exactly ``times``, or from the first to the second number of a pair.

        ``(2, None)`` is at least two, 0 is never.
        """
        return self._table.add(
            RequestPattern.of(
                method,
                path,
                query=query,
                headers=headers,
                cookies=cookies,
                json=json,
                form=form,
                text=text,
                body=body,
                where=where,
            ),
            times,
        )

    def gate(self) -> Gate:
        """A closed gate, for ``hold`` or for the pieces of a stream."""
        return Gate()

    # What went wrong.

    def expecting(self, *kinds: type[Trouble]) -> AbstractContextManager[list[Trouble]]:
        """Declares that trouble of these kinds comes inside the block, which then fails nothing; gives the list of it.

        Raises ``RecordError`` where none came.
        """
        return self._ledger.expecting(*kinds)

    @property
    def unexpected(self) -> tuple[Trouble, ...]:
        """The troubles that nobody declared, in order; expectations are not among them."""
        return self._ledger.unexpected

    @property
    def troubles(self) -> tuple[Trouble, ...]:
        """What fails the test: undeclared troubles, and the expectations that are not met as of now."""
        unmet = self._table.unmet()
        for trouble in unmet:
            trouble.server = self.name
        return (*self._ledger.unexpected, *unmet)

    def raise_troubles(self) -> None:
        """Raises ``UnexpectedTrouble`` with one report of all ``troubles``; does nothing where there are none."""
        troubles = self.troubles
        if troubles:
            raise UnexpectedTrouble(trouble_report(troubles), troubles) from troubles[0]

    def _filed(self, exchange: Exchange) -> None:
        for trouble in exchange.troubles:
            self._note(trouble)

    def _note(self, trouble: Trouble) -> None:
        trouble.server = trouble.server or self.name
        self._ledger.note(trouble)

    def _check_stopped(self) -> None:
        if self._running:
            raise ConfigurationError(f"{self.name} is running already")

    def __repr__(self) -> str:
        where = f"at {self.host}:{self._listener.port}" if self._running else "stopped"
        return f"<{type(self).__name__} {self.name!r} {where}>"


def stop_in_turn(servers: Sequence[Server]) -> None:
    """Stops servers of the loop in the background, one behind the other, with one call to it.

    One that fails to stop does not keep those behind it running; the first error is raised when all had their turn.
    """
    running = [server for server in servers if server._engine is not None]
    for server in running:
        assert server._engine is not None
        server._engine.check_caller()
    if not running:
        return
    engine = shared_engine.acquire()
    try:
        for server in running:
            server._engine = None
        engine.call(_close_in_turn(running))
    finally:
        for _ in range(len(running) + 1):
            shared_engine.release()


async def _close_in_turn(servers: Sequence[Server]) -> None:
    errors: list[Exception] = []
    for server in servers:
        try:
            await server._close_opened()
        except Exception as error:  # noqa: BLE001 - raised when all of them had their turn
            errors.append(error)
    if errors:
        raise errors[0]


def _checked_host(host: str) -> str:
    if not _LOOPBACK.fullmatch(host):
        raise ConfigurationError(
            f"host={host!r} is not a loopback address: servers of tests are reachable from this machine only, "
            "at '127.0.0.1' or another 127.x.y.z address"
        )
    return host


def _checked_limit(limit: int) -> int:
    if limit < 0:
        raise ConfigurationError(
            f"record_limit={limit!r}: the limit is the bytes of each body that are kept, 0 or more"
        )
    return limit
