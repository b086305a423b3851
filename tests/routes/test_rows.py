import pytest

from mockproxy.errors import ConfigurationError
from mockproxy.routes.rows import RowRefused, Rows, copied, merged

# RFC 7396 appendix A: original, patch, result; those whose original or result is no object do not come as rows.
RFC_7396_EXAMPLES = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    (["a", "b"], ["c", "d"], ["c", "d"]),
    ({"a": "b"}, ["c"], ["c"]),
    ({"a": "foo"}, None, None),
    ({"a": "foo"}, "bar", "bar"),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]


def refusal(action, *args):
    with pytest.raises(RowRefused) as caught:
        action(*args)
    return caught.value.status


@pytest.mark.parametrize(("original", "patch", "result"), RFC_7396_EXAMPLES)
def test_a_merge_patch_does_what_the_standard_shows(original, patch, result):
    assert merged(original, patch) == result


def test_a_merge_patch_writes_onto_nothing():
    original = {"a": {"b": 1}}

    merged(original, {"a": {"b": 2, "c": 3}})

    assert original == {"a": {"b": 1}}


def test_rows_stand_in_the_order_in_which_they_came():
    rows = Rows([{"id": 9}, {"id": 3}], "id")

    rows.add({"id": 5})

    assert [row["id"] for row in rows] == [9, 3, 5]


def test_a_row_that_was_handed_in_is_never_written_onto():
    given = [{"id": 1, "tags": ["a"]}]
    rows = Rows(given, "id")

    rows.merge("1", {"tags": ["b"], "n": 1})

    assert given == [{"id": 1, "tags": ["a"]}]
    assert list(rows) == [{"id": 1, "tags": ["b"], "n": 1}]


def test_a_row_that_was_given_out_stays_what_it_was():
    rows = Rows([{"id": 1, "stock": 7}], "id")
    before = rows["1"]

    rows.merge("1", {"stock": 6})
    rows.remove("1")

    assert before == {"id": 1, "stock": 7}


def test_a_row_without_a_key_gets_the_next_number_as_its_first_member():
    rows = Rows([{"id": 4}, {"id": 2}], "id")

    name = rows.add({"stock": 1})

    assert name == "5"
    assert list(rows[name].items()) == [("id", 5), ("stock", 1)]


def test_the_first_row_of_none_is_number_one():
    assert Rows([], "id").add({}) == "1"


def test_a_number_that_was_deleted_is_not_given_again():
    rows = Rows([], "id")
    rows.remove(rows.add({}))

    assert rows.add({}) == "2"


def test_a_number_that_a_client_took_is_passed_over():
    rows = Rows([{"id": 1}], "id")
    rows.add({"id": 2})

    assert rows.add({}) == "3"


def test_a_number_among_keys_of_text_is_text():
    rows = Rows([{"sku": "A-1"}], "sku")

    assert rows[rows.add({})] == {"sku": "1"}


@pytest.mark.parametrize("key", [None, True, 1.5, "", [], {}])
def test_a_new_row_whose_key_is_no_key_is_refused(key):
    assert refusal(Rows([], "id").add, {"id": key}) == 400


@pytest.mark.parametrize("key", [1, "1"])
def test_a_new_row_whose_name_is_taken_is_refused(key):
    assert refusal(Rows([{"id": 1}], "id").add, {"id": key}) == 409


def test_a_replaced_row_keeps_nothing_but_its_key_and_its_place():
    rows = Rows([{"id": 1, "a": 1}, {"id": 2}], "id")

    rows.replace("1", {"b": 2})

    assert list(rows) == [{"id": 1, "b": 2}, {"id": 2}]


def test_a_key_keeps_its_type():
    rows = Rows([{"id": 1}], "id")

    assert rows.replace("1", {"id": "1"}) == {"id": 1}


@pytest.mark.parametrize("key", [2, None, True, 1.0])
def test_the_key_of_a_row_cannot_become_another(key):
    rows = Rows([{"id": 1}], "id")

    assert refusal(rows.replace, "1", {"id": key}) == 409
    assert refusal(rows.merge, "1", {"id": key}) == 409


def test_a_row_that_is_not_there_is_refused_whatever_is_wanted_of_it():
    rows = Rows([{"id": 1}], "id")

    assert refusal(rows.__getitem__, "2") == 404
    assert refusal(rows.replace, "2", {}) == 404
    assert refusal(rows.merge, "2", {}) == 404
    assert refusal(rows.remove, "2") == 404


def test_rows_are_copied_as_whoever_reads_json_has_them():
    assert copied([{"id": 1, "size": (2, 3)}]) == [{"id": 1, "size": [2, 3]}]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"name": "a"}], "as its 'id', not {'name': 'a'}"),
        ([{"id": None}], "as its 'id', not {'id': None}"),
        ([7], "as its 'id', not 7"),
        ([{"id": 1}, {"id": "1"}], "two rows have the id '1'"),
        ([{"id": 1, "at": object()}], "cannot be written as JSON"),
    ],
)
def test_rows_that_could_not_be_served_are_refused_at_once(rows, message):
    with pytest.raises(ConfigurationError, match=message):
        Rows(rows, "id")
