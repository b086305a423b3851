import pytest

from mockproxy.client.amounts import check_amounts, check_counts
from mockproxy.errors import ConfigurationError


@pytest.mark.parametrize("amount", [0, 1, 0.5, float("inf")])
def test_nothing_and_more_is_an_amount(amount):
    check_amounts(within=amount)


@pytest.mark.parametrize(
    ("amount", "error", "words"),
    [
        (-1, ConfigurationError, "within=-1 is negative: give 0 or more"),
        (float("nan"), ConfigurationError, "within=nan is no number"),
        ("3", TypeError, "within must be a number, not '3'"),
        (None, TypeError, "within must be a number, not None"),
        (True, TypeError, "within must be a number, not True"),
    ],
)
def test_what_is_no_amount_is_refused_by_its_name(amount, error, words):
    with pytest.raises(error, match=words):
        check_amounts(within=amount)


def test_a_count_is_whole():
    check_counts(max_retries=3)
    with pytest.raises(TypeError, match=r"max_retries must be a whole number, not 2\.5"):
        check_counts(max_retries=2.5)
    with pytest.raises(ConfigurationError, match="max_retries=-1 is negative"):
        check_counts(max_retries=-1)
