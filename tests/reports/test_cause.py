import traceback

import pytest

from mockproxy import Response
from mockproxy.reports.cause import cause_text


def raised(function, *args):
    with pytest.raises(Exception) as caught:  # noqa: PT011 - each test looks at the whole of it
        function(*args)
    return caught.value


def raise_in_library():
    Response(99)


def fail():
    raise LookupError("no such shop")


def fail_for_a_reason():
    try:
        fail()
    except LookupError as error:
        raise RuntimeError("cannot serve") from error


def recurse(depth):
    if depth == 0:
        fail()
    recurse_again(depth)


def recurse_again(depth):
    recurse(depth - 1)


def frames(text):
    return [line.rpartition(" in ")[2] for line in text.split("\n") if line.startswith('  File "')]


def test_without_frames_of_the_library_it_is_what_the_interpreter_prints():
    error = raised(fail_for_a_reason)

    assert cause_text(error) == "".join(traceback.format_exception(error)).rstrip()


def test_frames_of_the_library_are_left_out():
    text = cause_text(raised(raise_in_library))

    assert frames(text) == ["raised", "raise_in_library"]


def test_frames_of_the_library_are_left_out_of_what_is_chained():
    def configure():
        try:
            raise_in_library()
        except Exception as error:
            raise RuntimeError("cannot configure") from error

    assert frames(cause_text(raised(configure))) == ["configure", "raise_in_library", "raised", "configure"]


def test_frames_of_the_library_are_left_out_of_a_group():
    def gather():
        raise ExceptionGroup("several", [raised(raise_in_library)])

    assert "checked_status" not in cause_text(raised(gather))


def test_of_a_recursion_the_innermost_frames_are_told():
    told = frames(cause_text(raised(recurse, 50)))

    assert len(told) == 20
    assert told[-2:] == ["recurse", "fail"]
