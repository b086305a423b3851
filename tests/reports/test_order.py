import pytest

from mockproxy.pipeline.trace import Order
from mockproxy.reports.order import order_difference


@pytest.mark.parametrize(
    ("expected", "recorded", "difference"),
    [
        (["auth", "rewrite", "gzip"], ["auth", "gzip", "rewrite"], "place 2: expected rewrite, recorded gzip"),
        (["auth", "rewrite"], ["auth"], "place 2: expected rewrite, recorded nobody"),
        ([], ["auth"], "place 1: expected nobody, recorded auth"),
        (("auth",), ["gzip"], "place 1: expected auth, recorded gzip"),
    ],
)
def test_both_orders_are_told_and_where_they_differ(expected, recorded, difference):
    told = order_difference(Order(recorded), expected)
    assert told is not None
    assert told[1:] == [
        f"  expected: {', '.join(expected) or 'nobody'}",
        f"  recorded: {', '.join(recorded)}",
        f"  {difference}",
    ]


def test_it_does_not_matter_on_which_side_the_recorded_one_stands():
    assert order_difference(["a"], Order(["b"])) == order_difference(Order(["b"]), ["a"])


@pytest.mark.parametrize("other", ["auth", None, {"auth"}])
def test_what_is_no_list_is_left_to_others(other):
    assert order_difference(Order(["auth"]), other) is None


def test_lists_of_others_are_left_to_others():
    assert order_difference(["a"], ["b"]) is None
