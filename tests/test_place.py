import threading
from pathlib import Path

from mockproxy.matching.pattern import RequestPattern
from mockproxy.place import place_in_thread, place_of_caller
from mockproxy.routes.table import StubTable


def test_it_is_the_line_that_called():
    file, _, line = place_of_caller().rpartition(":")

    assert Path(file) == Path(__file__)
    assert int(line) == test_it_is_the_line_that_called.__code__.co_firstlineno + 1


def test_frames_of_the_library_are_left_out():
    stub = StubTable(lambda result: None).add(RequestPattern.of("GET", "/"))

    assert stub.place == f"{__file__}:{test_frames_of_the_library_are_left_out.__code__.co_firstlineno + 1}"


def test_a_thread_stands_at_the_line_that_called_a_library():
    begun, ended = threading.Event(), threading.Event()

    def wait() -> None:
        begun.set()
        ended.wait(5)

    thread = threading.Thread(target=wait)
    thread.start()
    assert begun.wait(5)
    assert thread.ident is not None
    place = place_in_thread(thread.ident)
    ended.set()
    thread.join()

    first = wait.__code__.co_firstlineno
    assert place in {f"{__file__}:{first + 1}", f"{__file__}:{first + 2}"}


def test_no_thread_stands_nowhere():
    assert place_in_thread(-1) is None


def test_frames_of_the_plugin_are_left_out(make_mock_proxy):
    async def passing(ctx):
        yield

    proxy = make_mock_proxy(middlewares=[passing])

    (entry,) = proxy.level.entries
    assert entry.place == f"{__file__}:{test_frames_of_the_plugin_are_left_out.__code__.co_firstlineno + 4}"
