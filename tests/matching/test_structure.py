import re

import pytest

from mockproxy.errors import ConfigurationError
from mockproxy.matching import Absent, Anything, AtLeast, Contains, Subset, Unordered
from mockproxy.matching.difference import NOTHING, Difference
from mockproxy.matching.structure import find_difference, same

ORDER = {"id": 7, "paid": True, "items": [{"sku": "A", "count": 1}, {"sku": "B", "count": 2}]}


@pytest.mark.parametrize(
    "expected",
    [
        {},
        {"id": 7},
        {"id": 7.0},
        {"items": [{"sku": "A"}, {"count": 2}]},
        {"items": [Anything(), {"sku": Contains("B")}]},
        {"id": AtLeast(7), "error": Absent()},
        {"items": Subset([{}, {}])},
    ],
)
def test_a_subset_ignores_what_it_does_not_name(expected):
    assert Subset(expected) == ORDER


@pytest.mark.parametrize(
    ("expected", "difference"),
    [
        ({"id": 8}, Difference(8, 7, ("id",))),
        ({"id": True}, Difference(True, 7, ("id",))),
        ({"paid": 1}, Difference(1, True, ("paid",))),
        ({"name": "x"}, Difference("x", NOTHING, ("name",))),
        ({"paid": Absent()}, Difference(Absent(), True, ("paid",))),
        ({"items": [{}, {"sku": "C"}]}, Difference("C", "B", ("items", 1, "sku"))),
        ({"items": [{}]}, Difference(NOTHING, {"sku": "B", "count": 2}, ("items", 1))),
        ({"items": [{}, {}, {"sku": "C"}]}, Difference({"sku": "C"}, NOTHING, ("items", 2))),
        ({"items": {"sku": "A"}}, Difference({"sku": "A"}, ORDER["items"], ("items",))),
        ({"items": Subset([{"sku": "Z"}, {}])}, Difference("Z", "A", ("items", 0, "sku"))),
        ([7], Difference([7], ORDER)),
        (None, Difference(None, ORDER)),
    ],
)
def test_the_first_difference_is_named_with_its_place(expected, difference):
    assert find_difference(expected, ORDER) == difference


def test_a_subset_keeps_what_it_was_made_with():
    expected = {"items": [{"sku": "A"}]}
    subset = Subset(expected)
    expected["items"][0]["sku"] = "changed"
    assert subset == {"items": [{"sku": "A"}]}


@pytest.mark.parametrize(
    ("expected", "finding"),
    [
        ({"a": {"b": [b"x"]}}, "at $.a.b[0], b'x' is never in a JSON value"),
        ({"a": {1}}, "at $.a, {1} is never in a JSON value"),
        ({"a": {1: "x"}}, "at $.a, 1 is the name of a member"),
        ({"a": Absent}, "is a class; write Absent(…)"),
    ],
)
def test_what_no_json_value_can_equal_is_refused(expected, finding):
    with pytest.raises(ConfigurationError, match=re.escape(finding)):
        Subset(expected)


@pytest.mark.parametrize("seen", [[1, 2, 2], [2, 1, 2], (2, 2, 1)])
def test_unordered_takes_any_order(seen):
    assert Unordered([2, 1, 2]) == seen


@pytest.mark.parametrize("seen", [[1, 2], [1, 1, 2], [1, 2, 2, 2], [True, 2, 2], "122", None])
def test_unordered_counts_each_item(seen):
    assert Unordered([2, 1, 2]) != seen


def test_unordered_finds_the_pairs_whatever_comes_first():
    assert Unordered([Anything(), AtLeast(2), 3]) == [3, 2, 1]
    assert Unordered([Anything(), 1, 1]) != [1, 2, 3]


def test_unordered_compares_members_as_a_whole_unless_told_otherwise():
    seen = [{"id": 2, "x": 0}, {"id": 1, "x": 0}]
    assert Unordered([{"id": 1}, {"id": 2}]) != seen
    assert Unordered([Subset({"id": 1}), Subset({"id": 2})]) == seen


def test_unordered_bears_long_lists():
    assert Unordered([1] * 2000) == [1] * 2000


def test_unordered_takes_a_list():
    with pytest.raises(ConfigurationError, match="Unordered takes a list of items, not 'ab'"):
        Unordered("ab")


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (1, 1.0, True),
        (1, True, False),
        (False, 0, False),
        ({"a": [True]}, {"a": [1]}, False),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ([1], [1, 2], False),
        ({"a": [Contains("x")]}, {"a": ["xy"]}, True),
        (None, None, True),
    ],
)
def test_truth_values_are_no_numbers_at_any_depth(one, other, expected):
    assert same(one, other) is expected
