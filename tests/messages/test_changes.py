import pytest
from hypothesis import given, settings, strategies as st

from mockproxy.messages.changes import FieldChanges
from mockproxy.messages.headers import Headers

lines = st.lists(st.tuples(st.sampled_from([b"A", b"a", b"B"]), st.sampled_from([b"1", b"2"]))).map(tuple)


def between(before: list[tuple[str, str]], after: list[tuple[str, str]]) -> FieldChanges:
    return FieldChanges.between(Headers(before).raw, Headers(after).raw)


def test_a_new_name_is_an_added_line():
    changes = between([("A", "1")], [("A", "1"), ("B", "2")])
    assert (changes.added, changes.removed, changes.replaced) == (Headers({"B": "2"}), Headers(), {})


def test_a_name_that_is_gone_is_a_removed_line():
    changes = between([("A", "1"), ("B", "2")], [("A", "1")])
    assert (changes.added, changes.removed, changes.replaced) == (Headers(), Headers({"B": "2"}), {})


def test_another_value_of_a_name_is_a_replacement():
    changes = between([("A", "1")], [("a", "2")])
    assert (changes.added, changes.removed, changes.replaced) == (Headers(), Headers(), {"a": ("1", "2")})


def test_the_lines_of_a_replaced_field_are_joined():
    assert between([("A", "1"), ("A", "2")], [("A", "1"), ("A", "3")]).replaced == {"A": ("1, 2", "1, 3")}


def test_a_further_line_of_a_name_is_added():
    assert between([("A", "1")], [("A", "1"), ("A", "2")]).added == Headers({"A": "2"})


def test_one_of_two_equal_lines_may_be_removed():
    changes = between([("A", "1"), ("A", "1")], [("A", "1")])
    assert (changes.removed, changes.replaced) == (Headers({"A": "1"}), {})


@pytest.mark.parametrize("after", [[("B", "2"), ("A", "1")], [("a", "1"), ("b", "2")]])
def test_lines_that_moved_or_changed_the_case_of_their_name_are_unchanged(after):
    assert not between([("A", "1"), ("B", "2")], after)


@pytest.mark.parametrize("after", [[], [("A", "2")], [("A", "1"), ("B", "1")]])
def test_changes_are_true_where_there_are_some(after):
    assert between([("A", "1")], after)


@settings(max_examples=50, deadline=None)
@given(lines, lines)
def test_there_are_changes_exactly_where_the_lines_differ_as_a_multiset(before, after):
    def multiset(raw):
        return sorted((name.lower(), value) for name, value in raw)

    assert bool(FieldChanges.between(before, after)) == (multiset(before) != multiset(after))
