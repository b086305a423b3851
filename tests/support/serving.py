"""The wire alone: a listener that hands every request to a function, without journal, stubs or routes."""

from collections.abc import Iterator
from contextlib import contextmanager

from mockproxy.messages.headers import RawFields
from mockproxy.messages.message import ResponseHead
from mockproxy.messages.source import ByteSource, Held
from mockproxy.recording.tape import Tape
from mockproxy.wire.engine import shared_engine
from mockproxy.wire.limits import DEFAULT_LIMITS, Limits
from mockproxy.wire.listener import Listener
from mockproxy.wire.server_connection import Serve, ServerConnection
from mockproxy.wire.transaction import Transaction

GET = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"


@contextmanager
def serving(serve: Serve, limits: Limits = DEFAULT_LIMITS) -> Iterator[str]:
    """Gives the URL at which ``serve`` is called for every request."""
    engine = shared_engine.acquire()
    listener = Listener("127.0.0.1", 0)
    try:
        listener.bind()
        engine.call(listener.accept(lambda: ServerConnection(serve, limits, listener.live)))
        yield f"http://127.0.0.1:{listener.port}"
    finally:
        engine.call(listener.close())
        shared_engine.release()


async def respond(
    transaction: Transaction,
    body: bytes | ByteSource = b"ok",
    *,
    status: int = 200,
    reason: str | None = None,
    fields: RawFields = (),
) -> tuple[ResponseHead, Tape]:
    """Answers, and gives what was recorded: the head as sent, and the tape of the body."""
    recorded: list[ResponseHead] = []
    tape = Tape(1000)
    source, length = (Held(body), len(body)) if isinstance(body, bytes) else (body, None)
    await transaction.respond(status, reason, fields, source, tape=tape, length=length, recorded=recorded.append)
    return recorded[0], tape
