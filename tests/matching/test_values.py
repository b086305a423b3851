import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from mockproxy.errors import ConfigurationError
from mockproxy.matching import (
    Absent,
    Anything,
    AtLeast,
    AtMost,
    Between,
    Contains,
    EndsWith,
    HasLength,
    InstanceOf,
    Matches,
    Near,
    OneOf,
    Satisfies,
    StartsWith,
)

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


def is_even(number):
    return number % 2 == 0


@pytest.mark.parametrize(
    ("matcher", "seen"),
    [
        (Anything(), None),
        (Contains("b"), "abc"),
        (Contains(b"b"), b"abc"),
        (Contains(2), [1, 2]),
        (Contains("k"), {"k": 1}),
        (StartsWith("a"), "abc"),
        (StartsWith(b"a"), b"abc"),
        (EndsWith("c"), "abc"),
        (EndsWith(b"c"), b"abc"),
        (Matches("a+"), "aaa"),
        (Matches(re.compile(b"A", re.IGNORECASE)), b"a"),
        (OneOf(1, "x"), "x"),
        (OneOf(StartsWith("x"), None), "xy"),
        (Between(1, 3), 1),
        (Between(1, 3), 3.0),
        (Between("a", "c"), "b"),
        (AtLeast(NOON), NOON),
        (AtMost(Decimal("1.5")), 1),
        (Near(1.0, within=0.5), 1.5),
        (Near(NOON, within=timedelta(minutes=1)), NOON - timedelta(seconds=59)),
        (InstanceOf(int, str), "x"),
        (InstanceOf(bool), True),
        (InstanceOf(object), True),
        (HasLength(2), "ab"),
        (HasLength(AtLeast(1)), [1, 2]),
        (Satisfies(is_even), 4),
    ],
)
def test_a_matcher_equals_what_it_says(matcher, seen):
    assert matcher == seen


@pytest.mark.parametrize(
    ("matcher", "seen"),
    [
        (Absent(), None),
        (Contains("b"), "xyz"),
        (Contains("b"), 7),
        (Contains(1), "1"),
        (Contains([]), {1}),
        (StartsWith("a"), b"abc"),
        (StartsWith(b"a"), "abc"),
        (EndsWith("c"), None),
        (EndsWith(b"c"), b"ab"),
        (Matches("a+"), "aab"),
        (Matches("a+"), b"aaa"),
        (Matches("a"), 1),
        (OneOf(1, 2), True),
        (OneOf({"a": 1}), {"a": True}),
        (Between(0, 1), True),
        (Between(1, 3), "2"),
        (Between(1, 3), None),
        (AtLeast(3), 2),
        (AtMost(3), 4),
        (AtLeast(NOON), datetime(2027, 1, 1)),  # noqa: DTZ001
        (Near(1.0, within=0.5), 1.6),
        (Near(1.0, within=0.5), "1.0"),
        (Near(1, within=1), True),
        (InstanceOf(int), True),
        (InstanceOf(int), "1"),
        (HasLength(2), "abc"),
        (HasLength(2), 2),
        (Satisfies(is_even), 3),
    ],
)
def test_a_matcher_equals_nothing_else(matcher, seen):
    assert matcher != seen


@pytest.mark.parametrize(
    ("matcher", "written"),
    [
        (Anything(), "Anything()"),
        (Contains(b"x"), "Contains(b'x')"),
        (Matches(r"\d+"), r"Matches('\\d+')"),
        (Matches(re.compile("a", re.IGNORECASE)), "Matches('a', re.IGNORECASE)"),
        (OneOf(1, None), "OneOf(1, None)"),
        (Between(1, 2), "Between(1, 2)"),
        (Near(1.5, within=0.5), "Near(1.5, within=0.5)"),
        (InstanceOf(int, str), "InstanceOf(int, str)"),
        (HasLength(AtLeast(2)), "HasLength(AtLeast(2))"),
        (Satisfies(is_even), "Satisfies(is_even)"),
        (Satisfies(is_even, "even"), "Satisfies(even)"),
        (Satisfies(bool), "Satisfies(bool)"),
    ],
)
def test_a_matcher_is_shown_as_it_was_written(matcher, written):
    assert repr(matcher) == written


def test_a_lambda_is_named_by_its_place():
    assert re.fullmatch(r"Satisfies\(lambda at test_values\.py:\d+\)", repr(Satisfies(lambda value: value)))


def test_a_callable_object_is_named_as_it_shows_itself():
    assert repr(Satisfies([].append)).startswith("Satisfies(<built-in method append")


def test_what_a_function_raises_is_not_taken_for_a_no():
    with pytest.raises(TypeError, match="not all arguments converted"):
        Satisfies(is_even) == "text"  # noqa: B015


async def is_ready(value):
    return True


@pytest.mark.parametrize(
    ("make", "finding"),
    [
        (lambda: StartsWith(7), "StartsWith(7) takes text or bytes"),
        (lambda: EndsWith(None), "EndsWith(None) takes text or bytes"),
        (lambda: Matches("(a"), "the regex '(a' does not compile: missing ), unterminated subpattern at 0"),
        (lambda: Matches(7), "a regex is text, bytes or a compiled pattern, not 7"),
        (OneOf, "OneOf() has no value"),
        (lambda: Between(3, 1), "Between(3, 1) holds no value"),
        (lambda: Between(1, "a"), "Between(1, 'a') holds no value"),
        (lambda: AtLeast(None), "AtLeast(None) takes a number"),
        (lambda: AtMost(float("nan")), "AtMost(nan) takes a number"),
        (lambda: Near(1, within=-1), "Near(1, within=-1) holds no value"),
        (lambda: Near("a", within=1), "Near('a', within=1) holds no value"),
        (InstanceOf, "InstanceOf takes types"),
        (lambda: InstanceOf("int"), "InstanceOf takes types such as int or str, not ('int',)"),
        (lambda: HasLength(-1), "HasLength takes a number from 0 upwards or a matcher, not -1"),
        (lambda: Satisfies("x"), "Satisfies takes a function of one argument, not 'x'"),
        (lambda: Satisfies(is_ready), "is_ready is async"),
    ],
)
def test_a_matcher_that_could_equal_nothing_is_refused(make, finding):
    with pytest.raises(ConfigurationError, match=re.escape(finding)):
        make()
