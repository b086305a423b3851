import asyncio
from collections.abc import Callable, Coroutine

import pytest

from mockproxy.errors import ClientLeft
from mockproxy.messages.source import read_all
from mockproxy.wire.incoming import IncomingBody


class Tap:
    """The reading side of a transport, which notes how it was turned."""

    def __init__(self) -> None:
        self.turns: list[str] = []

    def pause_reading(self) -> None:
        self.turns.append("pause")

    def resume_reading(self) -> None:
        self.turns.append("resume")


def body_of(tap: Tap | None = None, *, limit: int = 4, stall_time: float = 5.0) -> IncomingBody:
    return IncomingBody(tap or Tap(), limit=limit, stall_time=stall_time)


async def while_waiting(body: IncomingBody, then: Callable[[], None]) -> bytes:
    """What ``next`` gives when this happens while it waits."""
    asyncio.get_running_loop().call_soon(then)
    return await body.next()


def run(coroutine: Coroutine[None, None, bytes]) -> bytes:
    return asyncio.run(coroutine)


def test_what_has_come_is_taken_at_once():
    body = body_of()
    body.feed(b"a")
    body.feed(b"b")
    assert (body.take(), body.take()) == (b"ab", b"")


def test_next_waits_for_the_first_octets():
    body = body_of()
    assert run(while_waiting(body, lambda: body.feed(b"a"))) == b"a"


def test_next_gives_nothing_at_the_end():
    body = body_of()
    assert run(while_waiting(body, body.end)) == b""


def test_a_body_is_complete_when_its_last_octet_has_come_and_at_its_end_when_it_was_taken():
    body = body_of()
    body.feed(b"a")
    states = [(body.complete, body.at_end)]
    body.end()
    states.append((body.complete, body.at_end))
    body.take()
    assert [*states, (body.complete, body.at_end)] == [(False, False), (True, False), (True, True)]


def test_the_end_brings_the_trailers():
    body = body_of()
    body.end(((b"X", b"1"),))
    assert body.trailers == ((b"X", b"1"),)


def test_the_sender_is_paused_beyond_the_limit_and_goes_on_when_octets_were_taken():
    tap = Tap()
    body = body_of(tap, limit=4)
    body.feed(b"1234")
    assert tap.turns == []
    body.feed(b"5")
    body.feed(b"6")
    assert tap.turns == ["pause"]
    body.take()
    assert tap.turns == ["pause", "resume"]


def test_a_body_below_the_limit_never_turns_the_tap():
    tap = Tap()
    body = body_of(tap, limit=4)
    for _ in range(10):
        body.feed(b"1234")
        body.take()
    assert tap.turns == []


def test_what_broke_a_body_is_raised_behind_the_octets_that_came():
    body = body_of()
    body.feed(b"a")
    body.fail(ClientLeft("gone"))
    assert run(body.next()) == b"a"
    with pytest.raises(ClientLeft, match="gone"):
        run(body.next())


def test_who_waits_is_told_what_broke_the_body():
    body = body_of()
    with pytest.raises(ClientLeft, match="gone"):
        run(while_waiting(body, lambda: body.fail(ClientLeft("gone"))))


def test_the_first_thing_that_broke_a_body_counts():
    body = body_of()
    body.fail(ClientLeft("first"))
    body.fail(ClientLeft("second"))
    with pytest.raises(ClientLeft, match="first"):
        run(body.next())


def test_a_body_that_is_complete_cannot_break():
    body = body_of()
    body.feed(b"a")
    body.end()
    body.fail(ClientLeft("gone"))
    assert asyncio.run(read_all(body)) == b"a"


def test_a_body_that_stalls_is_a_timeout():
    with pytest.raises(TimeoutError, match=r"no octet of the body came for 0\.001 s"):
        run(body_of(stall_time=0.001).next())
