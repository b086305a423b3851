import pytest

from mockproxy.credentials.secret import tag
from mockproxy.recording.sameness import Sameness, same_field


@pytest.mark.parametrize("sent", [[], ["a"], ["a", "a", "a"]])
def test_what_is_the_same_is_true(sent):
    same = Sameness.of(sent, str)
    assert same
    assert (same == True, same != False) == (True, True)  # noqa: E712
    assert repr(same) == "<all attempts sent the same>"


def test_the_first_that_differs_is_named():
    same = Sameness.of(["a", "a", "b", "c"], str.upper)
    assert not same
    assert (same == False, same == Sameness.of([1, 2], str)) == (True, True)  # noqa: E712
    assert repr(same) == "<attempt 1 sent A, attempt 3 sent B>"


def test_it_equals_no_number():
    assert Sameness.of([], str) != 1


def test_a_secret_is_told_as_a_tag():
    same = same_field("X-API-Key", [["k1"], ["k2"]])
    assert repr(same) == f"<attempt 1 sent X-API-Key: {tag('k1')}, attempt 2 sent X-API-Key: {tag('k2')}>"


def test_a_field_that_was_not_sent_is_not_the_same():
    assert repr(same_field("X-Key", [["k"], []])) == "<attempt 2 sent no X-Key>"


def test_several_lines_are_compared_together():
    assert same_field("Accept", [["a", "b"], ["a", "b"]])
    assert not same_field("Accept", [["a", "b"], ["b", "a"]])
