from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from mockproxy import HandlerFailed, MalformedMessage, MiddlewareFailed, Unmatched, UnmetExpectation
from mockproxy.reports.trouble import trouble_report

UNMATCHED = Unmatched("unmatched: GET /users at target\nclosest: GET /user  (test_it.py:3)\n  ✗ path  expected /user")
UNMET = UnmetExpectation("expected GET /health 1 time, was requested 0 times", place="/elsewhere/test_it.py:3")

INTENDED = """\
If the test means to cause this, declare it around what causes it, on the target or proxy where it happens:
    with server.expecting({}): ..."""


def caused(trouble, cause):
    trouble.__cause__ = cause
    return trouble


def test_a_trouble_is_told_with_what_to_do_about_it():
    assert (
        trouble_report([UNMATCHED])
        == f"""\
mockproxy: 1 thing went wrong that the test did not declare

1. unmatched: GET /users at target
   closest: GET /user  (test_it.py:3)
     ✗ path  expected /user

{INTENDED.format("Unmatched")}"""
    )


def test_an_expectation_is_told_with_its_place_and_its_own_advice():
    assert (
        trouble_report([UNMET])
        == """\
mockproxy: 1 thing went wrong that the test did not declare

1. unmet expectation: expected GET /health 1 time, was requested 0 times
   declared at /elsewhere/test_it.py:3

expect(...) must be requested as often as it says; what may stay unused is declared with on(...)."""
    )


def test_what_was_raised_is_told_with_its_traceback():
    trouble = caused(MiddlewareFailed("broken (proxy) raised LookupError: no such shop"), LookupError("no such shop"))

    assert (
        trouble_report([trouble])
        == f"""\
mockproxy: 1 thing went wrong that the test did not declare

1. middleware failed: broken (proxy) raised LookupError: no such shop
   LookupError: no such shop

{INTENDED.format("MiddlewareFailed")}"""
    )


def test_troubles_are_numbered_in_order_and_each_kind_can_be_declared():
    malformed = MalformedMessage("a bare LF in the head")
    lines = trouble_report([UNMATCHED, UNMET, malformed, UNMATCHED]).split("\n")

    assert lines[0] == "mockproxy: 4 things went wrong that the test did not declare"
    assert [line for line in lines if line[:1].isdigit()] == [
        "1. unmatched: GET /users at target  (2 times)",
        "2. unmet expectation: expected GET /health 1 time, was requested 0 times",
        "3. malformed message: a bare LF in the head",
    ]
    assert lines[-1] == "    with server.expecting(MalformedMessage, Unmatched): ..."


def test_a_place_below_the_current_folder_is_told_from_there():
    place = f"{Path.cwd() / 'tests' / 'test_it.py'}:3"

    assert f"   declared at {Path('tests', 'test_it.py')}:3\n" in trouble_report([Unmatched("unmatched", place=place)])


def test_a_long_message_is_cut():
    lines = trouble_report([Unmatched("unmatched\n" + "x" * 500 + "\n" * 50)]).split("\n")

    assert lines[3] == "   " + "x" * 397 + "..."
    assert lines[31] == "   ... 23 more lines"


def test_a_flood_of_troubles_is_cut():
    lines = trouble_report([Unmatched(f"unmatched: GET /{n} at target") for n in range(12)]).split("\n")

    assert lines[20:23] == ["10. unmatched: GET /9 at target", "", "... 2 more"]


def test_no_message_can_steer_the_terminal():
    report = trouble_report([HandlerFailed("\x1b[2J\ud800", place="\x1b:1")])

    assert r"1. handler failed: \x1b[2J\ud800" in report
    assert "\x1b" not in report


@pytest.mark.parametrize(
    ("trouble", "patterns"),
    [
        (
            Unmatched("unmatched: POST /users at t\nclosest: POST /users\n  ✗ json $.name: expected 'a', got 'b'"),
            ["*unmatched*POST /users*", "*closest*", "*$.name*'a'*'b'*"],
        ),
        (UNMET, ["*expected*GET /health*1*0*"]),
        (
            caused(MiddlewareFailed("broken (proxy) raised LookupError"), LookupError("no such shop")),
            ["*broken*", "*LookupError: no such shop*"],
        ),
    ],
)
def test_each_line_that_a_reader_looks_for_is_there_in_order(trouble, patterns):
    lines = iter(trouble_report([trouble]).split("\n"))

    assert [pattern for pattern in patterns if not any(fnmatchcase(line, pattern) for line in lines)] == []


def test_the_server_that_saw_it_is_named_unless_the_text_does_so():
    trouble = MiddlewareFailed("broken (proxy) raised LookupError: no such shop", place="/elsewhere/test_it.py:3")
    trouble.server = "gateway"
    assert "shop\n   seen at gateway, declared at /elsewhere/test_it.py:3\n" in trouble_report([trouble])

    unmatched = Unmatched("unmatched: GET /users at target")
    unmatched.server = "target"
    assert "seen at" not in trouble_report([unmatched])
