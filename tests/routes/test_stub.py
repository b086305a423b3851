import asyncio
from pathlib import Path

import pytest

from mockproxy.errors import ConfigurationError, HandlerFailed
from mockproxy.matching.pattern import RequestPattern
from mockproxy.messages.message import Request
from mockproxy.routes.gate import Gate
from mockproxy.routes.stub import Stub


def stub(method="GET", path="/a", times=None, **criteria):
    return Stub(RequestPattern.of(method, path, **criteria), lambda result: None, times)


def statuses(of, count):
    return [of.take().status for _ in range(count)]


def test_without_a_reply_it_is_an_empty_200():
    reply = stub().take()

    assert (reply.status, reply.body) == (200, b"")


def test_replies_come_in_turn_and_the_last_repeats():
    assert statuses(stub().reply(503).then(503).then(201), 5) == [503, 503, 201, 201, 201]


def test_a_function_can_be_one_of_the_replies():
    made = stub().reply(503)
    made.reply_with(lambda request: "computed")

    assert made.take().status == 503
    assert made.take().name == "<lambda>"


def test_reply_with_is_a_decorator_that_leaves_the_function_alone():
    def handler(request): ...

    assert stub().reply_with(handler) is handler


def test_a_second_reply_is_refused():
    with pytest.raises(ConfigurationError, match="GET /a has a reply already; `then` appends another"):
        stub().reply(200).reply(201)


def test_it_counts_what_it_accepted():
    made = stub()
    statuses(made, 2)

    assert made.count == 2
    assert repr(made) == "<Stub GET /a requested 2 times>"


def test_it_knows_the_place_that_declared_it():
    file, _, line = stub().place.rpartition(":")

    assert Path(file) == Path(__file__)
    assert int(line) == stub.__code__.co_firstlineno + 1


def test_it_waits_for_all_its_gates():
    gates = [Gate(), Gate()]
    held = stub().hold(gates[0]).hold(gates[1])

    async def pass_both():
        waiting = asyncio.create_task(held.released())
        for gate in gates:
            await asyncio.sleep(0)
            assert gate.held == 1
            gate.open()
            await asyncio.sleep(0)
        await waiting

    asyncio.run(pass_both())


@pytest.mark.parametrize("count", [0, 1, 5])
def test_a_stub_may_be_requested_any_number_of_times(count):
    made = stub()
    statuses(made, count)

    assert made.unmet() is None


@pytest.mark.parametrize(
    ("times", "met"),
    [(1, [1]), (0, [0]), (3, [3]), ((1, 3), [1, 2, 3]), ((2, None), [2, 3, 4]), ((0, 1), [0, 1])],
)
def test_an_expectation_is_met_by_these_numbers_of_requests(times, met):
    found = []
    for count in range(5):
        made = stub(times=times)
        statuses(made, count)
        if made.unmet() is None:
            found.append(count)

    assert found == met


@pytest.mark.parametrize(
    ("times", "count", "complaint"),
    [
        (1, 0, "expected GET /a 1 time, was requested 0 times"),
        (2, 1, "expected GET /a 2 times, was requested 1 time"),
        (0, 1, "expected GET /a 0 times, was requested 1 time"),
        ((1, 3), 4, "expected GET /a 1 to 3 times, was requested 4 times"),
        ((2, None), 1, "expected GET /a at least 2 times, was requested 1 time"),
    ],
)
def test_an_expectation_that_is_not_met_says_what_came(times, count, complaint):
    made = stub(times=times)
    statuses(made, count)

    assert made.unmet() == complaint


@pytest.mark.parametrize("times", [-1, (-1, 2), (3, 1), True, "2", (1, 2, 3), (1,), 1.5, (None, 2)])
def test_a_number_of_times_that_can_never_be_met_is_refused(times):
    with pytest.raises(ConfigurationError, match="can never be met: give a number, or the least and the most"):
        stub(times=times)


def test_the_body_is_needed_to_choose_by_it_and_to_compute_with_it():
    computing = stub()
    computing.reply_with(lambda request: None)

    assert not stub().reply(200).needs_body
    assert stub(json={"a": 1}).needs_body
    assert computing.needs_body


def test_a_criterion_that_raises_is_a_failure_that_names_the_stub_and_its_place():
    def broken(request):
        raise LookupError("no such tenant")

    made = stub(where=broken)
    with pytest.raises(HandlerFailed) as failure:
        made.match(Request("GET", "/a"))

    assert str(failure.value) == f"a criterion of {made.describe()} raised LookupError: no such tenant"
    assert failure.value.place == made.place
    assert isinstance(failure.value.__cause__, LookupError)
