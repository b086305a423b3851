import re

import lilya.transformers
import pytest
import starlette.convertors
from hypothesis import given, strategies as st
from starlette.routing import compile_path

from mockproxy.errors import ConfigurationError
from mockproxy.matching.template import PathTemplate

SEGMENT = st.text("abcAZ09-._~%!$&'()*+,;=:@", min_size=1, max_size=8)


def test_a_parameter_is_one_segment():
    assert PathTemplate("/shops/{shop_id}/transactions").match("/shops/7/transactions") == {"shop_id": "7"}


@pytest.mark.parametrize(
    "path", ["/shops//transactions", "/shops/7/8/transactions", "/shops/7/transactions/", "/shops/7"]
)
def test_a_parameter_is_neither_empty_nor_two_segments(path):
    assert PathTemplate("/shops/{shop_id}/transactions").match(path) is None


@pytest.mark.parametrize("template", ["/", "/a", "/a/{x}", "/{x}/b/{y}", "/a.{x}", "/{x}.{y}", "/a+b/{x}"])
@pytest.mark.parametrize("path", ["/", "/a", "/a/", "/a/1", "/1/b/2", "/a.b", "/a.b.c", "/aab/1", "/a+b/1", "/a/1/2"])
def test_templates_without_regexes_match_what_starlette_matches(template, path):
    pattern, _, _ = compile_path(template)
    found = pattern.match(path)
    assert PathTemplate(template).match(path) == (found and found.groupdict())


def test_the_raw_path_is_matched_and_its_values_stay_raw():
    assert PathTemplate("/files/{name}").match("/files/a%2Fb%20c") == {"name": "a%2Fb%20c"}


def test_percent_encoding_makes_another_path():
    assert PathTemplate("/a/b").match("/a%2Fb") is None


def test_literal_text_is_no_regex():
    assert PathTemplate("/a.b/{x}").match("/aXb/1") is None


def test_a_regex_may_span_slashes():
    assert PathTemplate("/static/{rest:.+}/end").match("/static/a/b/end") == {"rest": "a/b"}


def test_a_regex_may_hold_braces():
    assert PathTemplate(r"/y/{year:\d{4}}").match("/y/2026") == {"year": "2026"}


def test_a_regex_may_hold_an_escaped_brace():
    assert PathTemplate(r"/{x:\}+}").match("/}}") == {"x": "}}"}


def test_alternatives_stay_inside_their_parameter():
    template = PathTemplate("/a/{kind:x|y}/b")
    assert [template.match(path) for path in ("/a/x/b", "/a/y/b", "/a/x")] == [{"kind": "x"}, {"kind": "y"}, None]


def test_an_asterisk_alone_is_any_path():
    assert [PathTemplate("*").match(path) for path in ("/", "/a//b", "*")] == [{}, {}, {}]


@pytest.mark.parametrize(
    ("prefix", "path", "expected"),
    [
        ("/shops", "/shops", ({}, 6)),
        ("/shops", "/shops/7", ({}, 6)),
        ("/shops", "/shops/", ({}, 6)),
        ("/shops", "/shopsy", None),
        ("/shops", "/shop", None),
        ("/shops", "/shops%2F7", None),
        ("/shops/", "/shops/7", ({}, 6)),
        ("/shops/", "/shops", None),
        ("/", "/anything", ({}, 0)),
        ("/s/{id}", "/s/7/items", ({"id": "7"}, 4)),
        ("/s/{id:[0-9]+}", "/s/7x/items", None),
        ("*", "/a/b", ({}, 0)),
    ],
)
def test_a_prefix_ends_at_a_slash_or_with_the_path(prefix, path, expected):
    assert PathTemplate(prefix).match_prefix(path) == expected


@given(st.dictionaries(st.sampled_from(["a", "b"]), SEGMENT, min_size=2))
def test_what_was_expanded_is_matched_again(parameters):
    template = PathTemplate("/x/{a}/y/{b}")
    assert template.match(template.expand(parameters)) == parameters


def test_values_are_inserted_as_they_are():
    assert PathTemplate("/v2/{name}").expand({"name": "a%2Fb/c", "unused": "x"}) == "/v2/a%2Fb/c"


def test_expanding_names_the_parameter_that_is_missing():
    with pytest.raises(ConfigurationError, match=r"'/a/\{x\}/\{y\}' needs 'y', and only \['x'\] are given"):
        PathTemplate("/a/{x}/{y}").expand({"x": "1"})


@pytest.mark.parametrize(
    "converter", sorted({*starlette.convertors.CONVERTOR_TYPES, *lilya.transformers.TRANSFORMER_TYPES})
)
def test_a_converter_of_a_framework_is_not_taken_for_a_regex(converter):
    with pytest.raises(ConfigurationError, match=f"has the converter '{converter}' at 5"):
        PathTemplate(f"/{{id:{converter}}}")


def test_a_template_tells_its_names_and_what_comes_before_them():
    template = PathTemplate("/shops/{shop}/items/{item}")
    assert (template.names, template.literal_prefix) == (("shop", "item"), "/shops/")


def test_the_prefix_of_a_template_without_parameters_is_all_of_it():
    assert PathTemplate("/shops").literal_prefix == "/shops"


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("users", "must start with '/'"),
        ("", "must start with '/'"),
        ("/{id", "has a '{' that is never closed, at 1"),
        ("/id}", "has a '}' that nothing opens, at 3"),
        ("/{}", "has a parameter named '' at 1"),
        ("/{1st}", "has a parameter named '1st' at 1"),
        ("/{a-b}", "has a parameter named 'a-b' at 1"),
        ("/{a}/{a}", "has two parameters named 'a'"),
        ("/{a:}", "has an empty regex at 4"),
        ("/{a:int}", "has the converter 'int' at 4; a regex stands behind the colon: write '[0-9]+'"),
        ("/x/{a:[0-9}", "does not compile: unterminated character set at 6"),
        ("/{a:(?P<a>x)}", "with a named group"),
        ("/{a:(?i)x}", "with flags for the whole"),
        (r"/{a:(.)\1}", "refers to a group by number"),
        ("/a?b=1", "holds '?' at 2; write the path as it is on the wire, percent-encoded"),
        ("/a#b", "holds '#' at 2"),
        ("/a b", "holds ' ' at 2"),
        ("/a\r\nb", "holds '\\r' at 2"),
        ("/café", "holds 'é' at 4"),
    ],
)
def test_a_template_that_cannot_be_is_refused_by_name(text, finding):
    with pytest.raises(ConfigurationError, match=re.escape(finding)) as caught:
        PathTemplate(text)
    assert repr(text) in str(caught.value)


def test_a_template_is_text():
    with pytest.raises(ConfigurationError, match="not 7"):
        PathTemplate(7)


def test_templates_of_one_text_are_one():
    assert len({PathTemplate("/a/{x}"), PathTemplate("/a/{x}")}) == 1


def test_any_path_expands_to_itself():
    assert PathTemplate("*").expand({"x": "1"}) == "*"
