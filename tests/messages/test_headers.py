import h11
import pytest
from hypothesis import given, settings, strategies as st
from starlette.datastructures import MutableHeaders as StarletteHeaders

from mockproxy.errors import ConfigurationError
from mockproxy.messages.headers import Headers, MutableHeaders

LINES = ((b"Host", b"a"), (b"X-M", b"1"), (b"x-m", b"2"), (b"X-Name", b"caf\xe9"))

names = st.sampled_from(["A", "a", "B", "b", "C"])
operations = st.one_of(
    st.tuples(st.just("set"), names, st.text("xyz", max_size=2)),
    st.tuples(st.just("add"), names, st.text("xyz", max_size=2)),
    st.tuples(st.just("setdefault"), names, st.text("xyz", max_size=2)),
    st.tuples(st.just("del"), names, st.just("")),
)


def test_lines_keep_their_order_case_and_repeats():
    assert Headers(LINES).raw == LINES


@pytest.mark.parametrize("given", [LINES, Headers(LINES), MutableHeaders(LINES), list(LINES)])
def test_fields_may_be_given_in_several_forms(given):
    assert Headers(given) == Headers.of_wire(LINES)


def test_a_mapping_gives_one_line_for_each_name():
    assert Headers({"A": "1", "B": "2"}).raw == ((b"A", b"1"), (b"B", b"2"))


@pytest.mark.parametrize("name", ["X-M", "x-m", "X-m"])
def test_a_name_in_any_case_gives_its_first_line(name):
    assert Headers(LINES)[name] == "1"


def test_a_missing_name_is_a_key_error_that_names_it():
    with pytest.raises(KeyError, match="X-Missing"):
        Headers(LINES)["X-Missing"]


def test_get_answers_a_missing_name_with_the_default():
    assert Headers(LINES).get("X-Missing") is None
    assert Headers(LINES).get("X-Missing", "-") == "-"


def test_all_gives_every_line_of_a_name():
    assert Headers(LINES).all("X-M") == ["1", "2"]


def test_octets_above_127_are_read_as_latin_1():
    assert Headers(LINES)["X-Name"] == "café"


def test_items_are_the_lines():
    assert Headers(LINES).items() == [("Host", "a"), ("X-M", "1"), ("x-m", "2"), ("X-Name", "café")]


def test_keys_are_distinct_and_in_the_case_of_the_first_line():
    assert Headers(LINES).keys() == list(Headers(LINES)) == ["Host", "X-M", "X-Name"]


def test_the_length_counts_lines():
    assert len(Headers(LINES)) == 4


def test_contains_asks_for_a_name_in_any_case():
    assert "host" in Headers(LINES)
    assert "accept" not in Headers(LINES)
    assert 7 not in Headers(LINES)


def test_tokens_are_the_members_of_all_lines():
    headers = Headers([("Connection", "Close , ,X-A"), ("connection", " TE")])
    assert headers.tokens("Connection") == ["close", "x-a", "te"]


def test_the_case_of_names_does_not_count_for_equality():
    assert Headers({"Host": "a"}) == Headers({"HOST": "a"})
    assert hash(Headers({"Host": "a"})) == hash(Headers({"HOST": "a"}))


@pytest.mark.parametrize("other", [{"A": "x", "B": "2"}, {"B": "2", "A": "1"}, {"A": "1"}])
def test_values_order_and_number_count_for_equality(other):
    assert Headers({"A": "1", "B": "2"}) != Headers(other)


def test_headers_are_not_equal_to_a_mapping():
    assert Headers({"A": "1"}) != {"A": "1"}


def test_the_repr_shows_no_secret():
    shown = repr(Headers({"Authorization": "Bearer swordfish", "Accept": "*/*"}))
    assert "swordfish" not in shown
    assert "('Accept', '*/*')" in shown


def test_the_repr_of_mutable_headers_shows_no_secret():
    assert "swordfish" not in repr(MutableHeaders(((b"Cookie", b"sid=swordfish"),)))


@pytest.mark.parametrize("name", ["", "A B", "A:", "A\r\n", "Ä", "A\x00", b"A\xff", "(A)"])
def test_a_name_that_is_no_token_is_refused(name):
    with pytest.raises(ConfigurationError, match="header"):
        Headers([(name, "1")])


@pytest.mark.parametrize("value", ["a\r\nX: 1", "a\n", "\ra", "a\x00b"])
def test_a_value_that_would_end_its_field_is_refused(value):
    with pytest.raises(ConfigurationError, match="'X-A' holds a line break or NUL"):
        Headers({"X-A": value})


@pytest.mark.parametrize(("name", "value"), [(7, "1"), ("A", 7), ("A", None), (None, "1")])
def test_what_is_no_text_is_refused(name, value):
    with pytest.raises(ConfigurationError, match="must be str or bytes"):
        Headers([(name, value)])


def test_text_outside_of_latin_1_is_refused_with_advice():
    with pytest.raises(ConfigurationError, match="give the encoded bytes instead"):
        Headers({"X-A": "€"})


def test_octets_are_taken_as_they_are():
    assert Headers([("X-A", "€".encode())]).raw == ((b"X-A", b"\xe2\x82\xac"),)


def test_white_space_around_a_value_is_no_part_of_it():
    assert Headers({"A": " \t1 2\t "})["A"] == "1 2"


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=3), st.binary(max_size=3))
def test_whatever_h11_would_send_can_be_set(name, value):
    try:
        h11.Response(status_code=200, headers=[(name, value)])
    except h11.LocalProtocolError:
        return
    assert Headers([(name, value)]).raw == ((name, value),)


@settings(max_examples=50, deadline=None)
@given(st.lists(operations))
def test_changes_are_those_that_starlette_makes(steps):
    ours = MutableHeaders(((b"b", b"1"), (b"a", b"2"), (b"b", b"3")))
    theirs = StarletteHeaders(raw=[(b"b", b"1"), (b"a", b"2"), (b"b", b"3")])
    for step, name, value in steps:
        if step == "set":
            ours[name] = theirs[name] = value
        elif step == "add":
            ours.add(name, value)
            theirs.append(name, value)
        elif step == "setdefault":
            assert ours.setdefault(name, value) == theirs.setdefault(name, value)
        else:
            del ours[name], theirs[name]
    assert [(name.lower(), value) for name, value in ours.raw] == [(name.lower(), value) for name, value in theirs.raw]


def test_an_assigned_field_stands_in_the_place_of_the_first_line():
    headers = MutableHeaders(LINES)
    headers["X-m"] = "3"
    assert headers.raw == ((b"Host", b"a"), (b"X-m", b"3"), (b"X-Name", b"caf\xe9"))


def test_a_missing_field_may_be_deleted():
    headers = MutableHeaders(LINES)
    del headers["X-Missing"]
    assert headers.raw == LINES


def test_update_sets_each_field_in_its_place():
    headers = MutableHeaders(LINES)
    headers.update({"host": "b", "Accept": "*/*"})
    assert headers.raw == ((b"host", b"b"), *LINES[1:], (b"Accept", b"*/*"))


def test_update_keeps_both_lines_of_a_name_given_twice():
    headers = MutableHeaders(LINES)
    headers.update([("X-M", "3"), ("X-M", "4")])
    assert headers.all("X-M") == ["3", "4"]


def test_a_refused_update_changes_nothing():
    headers = MutableHeaders(LINES)
    with pytest.raises(ConfigurationError):
        headers.update([("Host", "b"), ("A B", "1")])
    assert headers.raw == LINES


def test_all_lines_may_be_replaced():
    headers = MutableHeaders(LINES)
    headers.raw = LINES[:1]
    assert headers.raw == LINES[:1]


def test_lines_given_as_a_record_are_shared_by_nobody():
    headers = MutableHeaders(LINES)
    frozen = Headers(headers)
    headers.add("Accept", "*/*")
    assert frozen.raw == LINES
