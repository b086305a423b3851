from mockproxy.matching.difference import NOTHING, json_path, put_into_words


def test_a_place_is_a_json_path():
    assert json_path(("items", 2, "id")) == "$.items[2].id"


def test_a_name_that_is_no_identifier_stands_in_brackets():
    assert json_path(("a b", "x-y")) == "$['a b']['x-y']"


def test_the_whole_value_is_a_dollar_sign():
    assert json_path(()) == "$"


def test_short_values_are_shown_whole():
    assert put_into_words("a", 7) == ("'a'", "7")


def test_what_is_missing_is_shown_as_a_word():
    assert put_into_words("a", NOTHING) == ("'a'", "nothing")


def test_of_long_texts_the_part_that_differs_is_shown():
    expected, seen = put_into_words("x" * 500 + "LEFT" + "y" * 500, "x" * 500 + "RIGHT" + "y" * 500)
    assert (expected, seen) == (
        "…" + repr("x" * 20 + "LEFT" + "y" * 96) + "…",
        "…" + repr("x" * 20 + "RIGHT" + "y" * 95) + "…",
    )


def test_of_long_bytes_the_part_that_differs_is_shown():
    expected, seen = put_into_words(b"x" * 500 + b"A", b"x" * 500)
    assert (expected, seen) == ("…" + repr(b"x" * 20 + b"A"), "…" + repr(b"x" * 20))


def test_of_long_values_of_other_kinds_the_beginning_is_shown():
    assert put_into_words(list(range(100)), 1)[0] == repr(list(range(100)))[:120] + "…"
