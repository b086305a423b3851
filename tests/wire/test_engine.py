import asyncio
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from mockproxy.errors import MockProxyError
from mockproxy.wire.engine import Engine, shared_engine

# One of our own: what else runs in this process may hold the one that all servers share.
Shared = type(shared_engine)


def engine_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "mockproxy"]


@contextmanager
def an_engine() -> Iterator[Engine]:
    engine = Engine()
    try:
        yield engine
    finally:
        engine.end()


async def thread_and_loop() -> tuple[threading.Thread, asyncio.AbstractEventLoop]:
    return threading.current_thread(), asyncio.get_running_loop()


async def fail() -> None:
    raise LookupError("inside")


def test_a_call_runs_on_the_loop_in_the_background_and_gives_its_result():
    with an_engine() as engine:
        thread, loop = engine.call(thread_and_loop())
        assert loop is engine.loop
        assert thread in engine_threads()
        assert thread.daemon


def test_a_call_raises_what_the_coroutine_raises():
    with an_engine() as engine, pytest.raises(LookupError, match="inside"):
        engine.call(fail())


def test_a_failed_call_leaves_the_engine_running():
    with an_engine() as engine:
        with pytest.raises(LookupError):
            engine.call(fail())
        assert engine.call(asyncio.sleep(0, "alive")) == "alive"


def test_a_call_from_its_own_loop_is_refused():
    with an_engine() as engine:

        async def call_itself() -> None:
            engine.call(asyncio.sleep(0))

        with pytest.raises(MockProxyError, match="from the loop that it lives on"):
            engine.call(call_itself())


def test_what_holds_up_the_loop_is_named():
    released = threading.Event()

    async def block() -> None:
        released.wait(5)

    engine = Engine(control_time=0.05)
    try:
        with pytest.raises(
            MockProxyError, match=rf"not answered for 0\.05 s and stands at .*{Path(__file__).name}:\d+"
        ):
            engine.call(block())
    finally:
        released.set()
        engine.end()


def test_a_call_that_only_takes_too_long_names_no_place():
    engine = Engine(control_time=0.05)
    try:
        with pytest.raises(MockProxyError, match=r"not answered for 0\.05 s: an async handler"):
            engine.call(asyncio.sleep(5))
    finally:
        engine.end()


def test_a_time_out_of_the_call_itself_is_its_own():
    async def fail_late() -> None:
        raise TimeoutError("mine")

    with an_engine() as engine, pytest.raises(TimeoutError, match="mine"):
        engine.call(fail_late())


def test_several_threads_may_call_at_once():
    results: list[int] = []
    with an_engine() as engine:

        def call(number: int) -> None:
            results.append(engine.call(asyncio.sleep(0, number)))

        threads = [threading.Thread(target=call, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(results) == list(range(8))


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="signals for one thread")
def test_ctrl_c_ends_the_wait_and_cancels_the_call():
    cancelled = threading.Event()
    main = threading.main_thread().ident
    assert main is not None

    async def wait_for_ever() -> None:
        loop = asyncio.get_running_loop()
        # Later than at once: the main thread must be waiting already, not be on its way there.
        loop.call_later(0.1, signal.pthread_kill, main, signal.SIGINT)
        try:
            await loop.create_future()
        finally:
            cancelled.set()

    with an_engine() as engine:
        with pytest.raises(KeyboardInterrupt):
            engine.call(wait_for_ever())
        assert cancelled.wait(5)


def test_an_engine_that_has_ended_leaves_no_thread_and_no_loop():
    before = engine_threads()
    with an_engine() as engine:
        pass
    assert engine_threads() == before
    assert engine.loop.is_closed()


def test_async_generators_are_closed_when_the_engine_ends():
    closed = threading.Event()

    async def numbers():
        try:
            yield 1
        finally:
            closed.set()

    async def first_number() -> int:
        return await anext(kept)

    kept = numbers()
    with an_engine() as engine:
        engine.call(first_number())
    assert closed.is_set()


def test_users_share_one_engine_that_ends_with_the_last_of_them():
    shared = Shared()
    first, second = shared.acquire(), shared.acquire()
    thread, _ = first.call(thread_and_loop())
    shared.release()
    assert (second is first, thread.is_alive()) == (True, True)

    shared.release()

    assert (first.loop.is_closed(), thread.is_alive()) == (True, False)


def test_the_engine_starts_anew_after_its_end():
    shared = Shared()
    first = shared.acquire()
    shared.release()
    second = shared.acquire()
    assert second is not first
    assert second.call(asyncio.sleep(0, "alive")) == "alive"
    shared.release()


def test_a_task_that_was_left_behind_ends_with_the_engine():
    ended = threading.Event()

    async def go_on() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def begin() -> None:
        left.append(asyncio.create_task(go_on()))
        await asyncio.sleep(0)

    left: list[asyncio.Task[None]] = []
    with an_engine() as engine:
        engine.call(begin())

    assert ended.is_set()
    assert left[0].cancelled()


def test_a_task_that_ignores_its_end_holds_up_no_engine():
    async def ignore() -> None:
        while True:
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(0.01)

    async def begin() -> None:
        left.append(asyncio.create_task(ignore()))

    left: list[asyncio.Task[None]] = []
    with an_engine() as engine:
        engine.call(begin())
    assert engine.loop.is_closed()
