import asyncio
import threading

import pytest

from mockproxy.errors import RecordError
from mockproxy.routes.gate import Gate


def test_a_gate_is_closed_when_it_is_made():
    assert not Gate().is_open


def test_an_open_gate_lets_everything_through():
    gate = Gate()
    gate.open()

    asyncio.run(gate.passed())
    assert gate.is_open
    assert gate.held == 0


def test_a_closed_gate_holds_until_it_is_opened():
    gate = Gate()

    async def two():
        waiting = [asyncio.create_task(gate.passed()) for _ in range(2)]
        await asyncio.sleep(0)
        held = gate.held
        gate.open()
        await asyncio.gather(*waiting)
        return held

    assert asyncio.run(two()) == 2
    assert gate.held == 0


def test_any_thread_may_open_it_and_wait_for_those_it_holds():
    gate = Gate()

    def test_body():
        gate.wait_for_held(2)
        gate.open()

    async def requests():
        await asyncio.gather(gate.passed(), gate.passed())

    thread = threading.Thread(target=test_body)
    thread.start()
    asyncio.run(requests())
    thread.join()


def test_waiting_for_more_than_come_fails():
    with pytest.raises(RecordError, match=r"expected 2 requests to be held at the gate within 0 s; 0 are"):
        Gate().wait_for_held(2, within=0)


def test_who_stops_waiting_is_no_longer_held():
    gate = Gate()

    async def give_up():
        waiting = asyncio.create_task(gate.passed())
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(give_up())
    assert gate.held == 0
    gate.open()


def test_its_repr_tells_whether_it_is_open():
    gate = Gate()
    assert repr(gate) == "<Gate closed, holding 0>"

    gate.open()
    assert repr(gate) == "<Gate open>"
