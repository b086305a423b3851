from pathlib import Path

from mockproxy.matching.pattern import RequestPattern
from mockproxy.place import place_of_caller
from mockproxy.routes.table import StubTable


def test_it_is_the_line_that_called():
    file, _, line = place_of_caller().rpartition(":")

    assert Path(file) == Path(__file__)
    assert int(line) == test_it_is_the_line_that_called.__code__.co_firstlineno + 1


def test_frames_of_the_library_are_left_out():
    stub = StubTable(lambda result: None).add(RequestPattern.of("GET", "/"))

    assert stub.place == f"{__file__}:{test_frames_of_the_library_are_left_out.__code__.co_firstlineno + 1}"
