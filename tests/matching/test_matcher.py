import pytest

from mockproxy.matching import Absent, Anything, Contains, EndsWith, InstanceOf, OneOf, StartsWith


def test_a_matcher_stands_on_either_side():
    seen = "abc"
    assert seen == Contains("b")
    assert Contains("b") == seen
    assert seen != Contains("x")


def test_a_matcher_works_inside_lists_and_dicts():
    seen = {"id": 7, "tags": ["new", "red"]}
    assert seen == {"id": InstanceOf(int), "tags": [StartsWith("n"), Anything()]}


@pytest.mark.parametrize(("text", "expected"), [("ab", True), ("a", False), ("b", False), ("c", False)])
def test_and_asks_for_both(text, expected):
    assert (text == Contains("a") & Contains("b")) is expected


@pytest.mark.parametrize(("text", "expected"), [("ab", True), ("a", True), ("b", True), ("c", False)])
def test_or_asks_for_one(text, expected):
    assert (text == Contains("a") | Contains("b")) is expected


def test_not_turns_the_answer_around():
    assert ~Contains("a") == "c"
    assert ~Contains("a") != "a"


@pytest.mark.parametrize(
    ("matcher", "written"),
    [
        (Contains("a") & ~StartsWith("b"), "Contains('a') & ~StartsWith('b')"),
        ((Contains("a") | Absent()) & EndsWith("c"), "(Contains('a') | Absent()) & EndsWith('c')"),
        (Contains("a") | Contains("b") & Contains("c"), "Contains('a') | Contains('b') & Contains('c')"),
        (~(Contains("a") | Contains("b")), "~(Contains('a') | Contains('b'))"),
        (~~Contains("a"), "Contains('a')"),
    ],
)
def test_a_combination_is_written_as_it_was(matcher, written):
    assert repr(matcher) == written


def test_a_combination_can_be_shown_without_what_is_in_it():
    assert ((Contains("a") & ~OneOf("b", 1)) | Absent()).in_words(
        lambda part: "…"
    ) == "Contains(…) & ~OneOf(…, …) | Absent()"


def test_of_repeated_values_one_is_enough():
    assert StartsWith("b").among(["a", "b"])
    assert not StartsWith("b").among(["a", "c"])
    assert not StartsWith("b").among([])


def test_not_says_that_no_value_is_so():
    assert not (~Contains("a")).among(["a", "b"])
    assert (~Contains("a")).among(["b", "c"])


def test_absence_can_be_allowed():
    version = Absent() | StartsWith("v")
    assert [version.among(values) for values in ([], ["v1"], ["1"])] == [True, True, False]


def test_absence_can_be_refused():
    assert [(~Absent()).among(values) for values in ([], ["x"])] == [False, True]


def test_matchers_are_equal_when_they_are_written_alike():
    assert Contains("a") == Contains("a")
    assert Contains("a") != Contains("b")
    assert Contains("a") != StartsWith("a")
    assert Contains("a") & Anything() == Contains("a") & Anything()


def test_a_matcher_cannot_be_hashed():
    with pytest.raises(TypeError, match="unhashable"):
        {Contains("a")}


def test_combining_with_words_is_refused():
    with pytest.raises(TypeError, match=r"Contains\('a'\) is neither true nor false: .* & \| ~"):
        Contains("a") and Contains("b")


@pytest.mark.parametrize("combine", [lambda: Contains("a") & "b", lambda: Contains("a") | "b"])
def test_only_matchers_can_be_combined(combine):
    with pytest.raises(TypeError, match="unsupported operand"):
        combine()
