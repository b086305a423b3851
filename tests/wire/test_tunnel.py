import asyncio

import pytest

from mockproxy.errors import ClientLeft, UpstreamError
from mockproxy.wire.incoming import IncomingBody
from mockproxy.wire.sending import WriteFlow
from mockproxy.wire.tunnel import Tunnel, TunnelEnd

pytestmark = pytest.mark.asyncio


class Peer:
    """One end without a socket: what it says, what it was told, and whether it is told that nothing more comes."""

    def __init__(self) -> None:
        self.told = b""
        self.finished = False
        self.reading = True
        self.says = IncomingBody(self, limit=10, stall_time=5)
        self.flow = WriteFlow(5)
        self.end = TunnelEnd(self, self.flow, self.says)  # type: ignore[arg-type]

    def write(self, data: bytes) -> None:
        self.told += data

    def write_eof(self) -> None:
        self.finished = True

    def is_closing(self) -> bool:
        return False

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True


class Between:
    """A tunnel at work between two peers."""

    def __init__(self, half_close_time: float = 0.01) -> None:
        self.client, self.target = Peer(), Peer()
        self.heard: list[tuple[str, bytes, bytes]] = []
        self.tunnel = Tunnel(
            self.client.end,
            self.target.end,
            client_sent=lambda data: self.heard.append(("client", data, self.target.told)),
            target_sent=lambda data: self.heard.append(("target", data, self.client.told)),
            half_close_time=half_close_time,
        )
        self.running = asyncio.create_task(self.tunnel.run())

    async def ended(self) -> None:
        async with asyncio.timeout(2):
            await self.running


async def turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_octets_pass_both_ways_and_are_heard_before_they_go_on():
    between = Between()
    between.client.says.feed(b"ping")
    await turns()
    between.target.says.feed(b"pong")
    await turns()
    assert (between.target.told, between.client.told) == (b"ping", b"pong")
    assert between.heard == [("client", b"ping", b""), ("target", b"pong", b"")]
    between.target.says.end()
    await between.ended()


async def test_it_ends_with_the_target():
    between = Between()
    between.target.says.feed(b"bye")
    between.target.says.end()
    await between.ended()
    assert (between.client.told, between.tunnel.client_ended_first) == (b"bye", False)


async def test_a_client_that_has_finished_still_hears_what_the_target_says_to_that():
    between = Between(half_close_time=5)
    between.client.says.end()
    await turns()
    assert between.target.finished
    between.target.says.feed(b"bye")
    between.target.says.end()
    await between.ended()
    assert (between.client.told, between.tunnel.client_ended_first) == (b"bye", True)


async def test_a_target_that_goes_on_when_the_client_has_finished_is_left():
    between = Between()
    between.client.says.end()
    await between.ended()
    assert between.tunnel.client_ended_first


@pytest.mark.parametrize(("side", "error"), [("client", ClientLeft("gone")), ("target", UpstreamError("reset"))])
async def test_what_breaks_either_connection_ends_it(side, error):
    between = Between()
    getattr(between, side).says.fail(error)
    with pytest.raises(type(error)):
        await between.ended()


async def test_a_side_that_does_not_read_holds_up_the_other():
    between = Between()
    between.target.flow.pause()
    between.client.says.feed(b"first")
    await turns()
    between.client.says.feed(b"too much for it")
    await turns()
    assert (between.target.told, between.client.reading) == (b"first", False)
    between.target.flow.resume()
    await turns()
    assert (between.target.told, between.client.reading) == (b"firsttoo much for it", True)
    between.target.says.end()
    await between.ended()


async def test_nothing_goes_on_when_it_is_cancelled():
    between = Between()
    await turns()
    between.running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await between.running
    assert asyncio.all_tasks() == {asyncio.current_task()}
