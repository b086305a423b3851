import asyncio
from random import Random

import pytest

from mockproxy.client.single_flight import SingleFlight


class Run:
    """Counts its runs; each lasts until it is told to end, and ends as it is told."""

    def __init__(self, *errors):
        self.count = 0
        self.errors = list(errors)
        self.begun = asyncio.Event()
        self.ends = asyncio.Event()

    async def __call__(self):
        self.count += 1
        self.begun.set()
        await self.ends.wait()
        if self.errors:
            raise self.errors.pop(0)


async def settle():
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.mark.asyncio
async def test_all_that_wait_share_one_run():
    flight, run = SingleFlight(), Run()
    tasks = [asyncio.create_task(flight.renew(0, run)) for _ in range(20)]
    await settle()
    run.ends.set()
    await asyncio.gather(*tasks)

    assert (run.count, flight.generation) == (1, 1)


@pytest.mark.asyncio
async def test_whoever_saw_an_earlier_generation_has_what_it_needs():
    flight, run = SingleFlight(), Run()
    run.ends.set()
    await flight.renew(0, run)
    await flight.renew(0, run)

    assert run.count == 1


@pytest.mark.asyncio
async def test_whoever_saw_the_last_generation_runs_anew():
    flight, run = SingleFlight(), Run()
    run.ends.set()
    await flight.renew(0, run)
    await flight.renew(1, run)

    assert (run.count, flight.generation) == (2, 2)


@pytest.mark.asyncio
async def test_an_error_is_raised_in_all_that_wait_and_in_those_that_come_late():
    flight, run = SingleFlight(), Run(ValueError("no"))
    tasks = [asyncio.create_task(flight.renew(0, run)) for _ in range(3)]
    await settle()
    run.ends.set()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    with pytest.raises(ValueError, match="no"):
        await flight.renew(0, run)

    assert (list(map(str, outcomes)), run.count) == (["no"] * 3, 1)


@pytest.mark.asyncio
async def test_the_traceback_of_an_error_does_not_grow_with_those_that_wait():
    flight, run = SingleFlight(), Run(ValueError("no"))
    run.ends.set()
    lengths = []
    for _ in range(3):
        with pytest.raises(ValueError, match="no") as caught:
            await flight.renew(0, run)
        lengths.append(len(caught.traceback))

    assert lengths == [lengths[0]] * 3


@pytest.mark.asyncio
async def test_a_run_after_a_failed_one_forgets_the_error():
    flight, run = SingleFlight(), Run(ValueError("no"))
    run.ends.set()
    with pytest.raises(ValueError, match="no"):
        await flight.renew(0, run)
    await flight.renew(1, run)
    await flight.renew(1, run)

    assert run.count == 2


@pytest.mark.asyncio
async def test_where_the_one_that_began_it_is_cancelled_the_run_goes_on_for_the_others():
    flight, run = SingleFlight(), Run()
    first, *others = (asyncio.create_task(flight.renew(0, run)) for _ in range(5))
    await settle()
    first.cancel()
    await settle()
    run.ends.set()
    await asyncio.gather(*others)

    assert (first.cancelled(), run.count, flight.generation) == (True, 1, 1)


@pytest.mark.asyncio
async def test_whoever_is_cancelled_one_run_serves_the_rest_on_each_of_200_runs():
    flight, chance = SingleFlight(), Random(7)
    for seen in range(200):
        run = Run()
        tasks = [asyncio.create_task(flight.renew(seen, run)) for _ in range(10)]
        await run.begun.wait()
        lost = chance.sample(tasks, chance.randint(1, 9))
        for task in lost:
            task.cancel()
            if chance.random() < 0.5:
                await settle()
        run.ends.set()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert [task.cancelled() for task in tasks] == [task in lost for task in tasks]
        assert (run.count, flight.generation) == (1, seen + 1)

    assert asyncio.all_tasks() == {asyncio.current_task()}


@pytest.mark.asyncio
async def test_the_last_that_is_cancelled_ends_the_run_and_waits_for_its_end():
    flight, run, ended = SingleFlight(), Run(), []

    async def slow_to_end():
        try:
            await run()
        finally:
            await settle()
            ended.append(run.count)

    tasks = [asyncio.create_task(flight.renew(0, slow_to_end)) for _ in range(3)]
    await settle()
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)

    assert (ended, flight.generation, [task.cancelled() for task in tasks]) == ([1], 0, [True] * 3)
    assert asyncio.all_tasks() == {asyncio.current_task()}


@pytest.mark.asyncio
async def test_whoever_comes_while_a_run_is_being_ended_begins_another_and_has_its_outcome_alone():
    flight, second, ending = SingleFlight(), Run(), asyncio.Event()

    async def ends_with_an_error():
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await ending.wait()
            raise ValueError("of the run that was ended") from None

    first = asyncio.create_task(flight.renew(0, ends_with_an_error))
    await settle()
    first.cancel()
    await settle()
    other = asyncio.create_task(flight.renew(0, second))
    await second.begun.wait()
    ending.set()
    await asyncio.wait([first])
    second.ends.set()
    await other

    assert (first.cancelled(), flight.generation) == (True, 1)


@pytest.mark.asyncio
async def test_a_second_cancellation_reaches_a_run_that_withstood_the_first():
    flight, seen, begun = SingleFlight(), [], asyncio.Event()

    async def stubborn():
        for attempt in range(2):
            begun.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                seen.append(attempt)

    task = asyncio.create_task(flight.renew(0, stubborn))
    await begun.wait()
    for _ in range(2):
        task.cancel()
        await settle()
    await asyncio.wait([task], timeout=5)

    assert (seen, task.cancelled()) == ([0, 1], True)


@pytest.mark.asyncio
async def test_a_run_that_is_cancelled_by_itself_ends_whoever_began_it_and_another_takes_over():
    flight, runs = SingleFlight(), []

    async def run():
        runs.append(len(runs))
        await settle()
        if len(runs) == 1:
            raise asyncio.CancelledError

    outcomes = await asyncio.gather(*(flight.renew(0, run) for _ in range(3)), return_exceptions=True)

    assert ([type(outcome) for outcome in outcomes], len(runs)) == ([asyncio.CancelledError, type(None), type(None)], 2)


@pytest.mark.asyncio
async def test_cancelling_one_that_waits_leaves_the_run_alone():
    flight, run = SingleFlight(), Run()
    first, second, third = (asyncio.create_task(flight.renew(0, run)) for _ in range(3))
    await settle()
    second.cancel()
    run.ends.set()
    await asyncio.gather(first, third)

    assert run.count == 1


@pytest.mark.asyncio
async def test_a_run_that_needs_its_own_outcome_is_an_error_and_does_not_hang():
    flight = SingleFlight()

    async def run():
        await flight.renew(0, run)

    with pytest.raises(RuntimeError, match="waits for itself"):
        await flight.renew(0, run)


@pytest.mark.asyncio
async def test_a_task_of_a_run_that_needs_its_outcome_is_an_error_and_does_not_hang():
    flight = SingleFlight()

    async def run():
        await asyncio.create_task(flight.renew(0, run))

    with pytest.raises(RuntimeError, match="waits for itself"):
        async with asyncio.timeout(5):
            await flight.renew(0, run)


@pytest.mark.asyncio
async def test_two_runs_that_need_each_others_outcome_are_an_error():
    one, other = SingleFlight(), SingleFlight()

    async def run():
        await other.renew(0, run_of_the_other)

    async def run_of_the_other():
        await one.renew(0, run)

    with pytest.raises(RuntimeError, match="waits for itself"):
        async with asyncio.timeout(5):
            await one.renew(0, run)


@pytest.mark.asyncio
async def test_a_task_that_outlives_the_run_which_started_it_may_wait_for_the_next():
    flight, second, started = SingleFlight(), Run(), []

    async def later():
        await second.begun.wait()
        await flight.renew(1, second)

    async def first():
        started.append(asyncio.create_task(later()))

    await flight.renew(0, first)
    renewal = asyncio.create_task(flight.renew(1, second))
    await second.begun.wait()
    await settle()
    second.ends.set()
    await asyncio.gather(renewal, *started)

    assert second.count == 1


def test_it_outlives_a_loop():
    flight = SingleFlight()

    async def crowd():
        run = Run()
        run.ends.set()
        await asyncio.gather(*(flight.renew(flight.generation, run) for _ in range(5)))

    asyncio.run(crowd())
    asyncio.run(crowd())

    assert flight.generation == 2


def test_a_run_that_a_loop_left_behind_holds_up_no_other_loop():
    flight, left_behind = SingleFlight(), Run()
    loop = asyncio.new_event_loop()
    task = loop.create_task(flight.renew(0, left_behind))
    loop.run_until_complete(left_behind.begun.wait())

    async def renewed():
        run = Run()
        run.ends.set()
        async with asyncio.timeout(5):
            await flight.renew(0, run)

    asyncio.run(renewed())

    assert flight.generation == 1
    for pending in asyncio.all_tasks(loop):
        pending.cancel()
    loop.run_until_complete(asyncio.wait([task]))
    loop.close()
