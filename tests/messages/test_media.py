import codecs
import json
from urllib.parse import parse_qsl, urlencode

import aiohttp
import pytest
from hypothesis import given, settings, strategies as st
from urllib3.filepost import encode_multipart_formdata

from mockproxy.errors import ContentError
from mockproxy.messages.media import (
    MediaType,
    Part,
    charset_of,
    form_of,
    json_of,
    parse_media_type,
    parts_of,
    text_of,
)

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=b"

# The four spellings that RFC 9110, 8.3.1, calls equivalent, are in lines two to five.
MEDIA_TYPES = [
    ("text/html", MediaType("text", "html")),
    ("text/html;charset=utf-8", MediaType("text", "html", (("charset", "utf-8"),))),
    ('Text/HTML;Charset="utf-8"', MediaType("text", "html", (("charset", "utf-8"),))),
    ('text/html; charset="utf-8"', MediaType("text", "html", (("charset", "utf-8"),))),
    ("text/html;charset=UTF-8", MediaType("text", "html", (("charset", "UTF-8"),))),
    (" text/html ; charset=utf-8 ", MediaType("text", "html", (("charset", "utf-8"),))),
    ("text/html;", MediaType("text", "html")),
    ("text/html; ; charset=utf-8;", MediaType("text", "html", (("charset", "utf-8"),))),
    ("application/vnd.api+json;a=1;b=2", MediaType("application", "vnd.api+json", (("a", "1"), ("b", "2")))),
    (r'text/plain; title="a; \"b\" \\ \c"', MediaType("text", "plain", (("title", r'a; "b" \ c'),))),
    ('text/plain; title=""', MediaType("text", "plain", (("title", ""),))),
    ("multipart/form-data; boundary=--a=b/c:d", MediaType("multipart", "form-data", (("boundary", "--a=b/c:d"),))),
]


@pytest.mark.parametrize(("value", "media_type"), MEDIA_TYPES)
def test_a_content_type_is_a_media_type(value: str, media_type: MediaType) -> None:
    assert parse_media_type(value) == media_type


@pytest.mark.parametrize(
    "value",
    [
        "",
        "text",
        "text/",
        "/html",
        "text/html/x",
        "text html",
        "text/html, text/plain",
        "text/html charset=utf-8",
        "text/html; charset",
        "text/html; charset=",
        "text/html; charset = utf-8",
        'text/html; charset="utf-8',
        'text/html; charset="utf-8" x',
    ],
)
def test_what_is_not_a_media_type_is_none(value: str) -> None:
    assert parse_media_type(value) is None


def test_the_first_of_two_equal_parameters_counts() -> None:
    media_type = MediaType("text", "html", (("charset", "utf-8"), ("charset", "ascii")))
    assert media_type.parameter("charset") == "utf-8"
    assert media_type.parameter("boundary") is None


@pytest.mark.parametrize(
    ("content_type", "content", "charset"),
    [
        ("text/plain; charset=iso-8859-1", b"\xe9", "iso-8859-1"),
        ('text/plain; charset="UTF8"', b"", "utf-8"),
        ("application/json; charset=latin1", b"{}", "latin-1"),
        ("text/plain; charset=ascii", codecs.BOM_UTF8 + b"x", "ascii"),
        ("text/plain", codecs.BOM_UTF8 + b"x", "utf-8"),
        ("text/plain", "x".encode("utf-16"), "utf-16"),
        ("text/plain", codecs.BOM_UTF16_BE + "x".encode("utf-16-be"), "utf-16"),
        (None, "x".encode("utf-32"), "utf-32"),
        (None, codecs.BOM_UTF32_BE + "x".encode("utf-32-be"), "utf-32"),
        ("application/json", b'{"a": 1}', "utf-8"),
        ("application/json", b"", "utf-8"),
        ("application/json", '{"a": 1}'.encode("utf-16-le"), "utf-16-le"),
        ("application/problem+json", '{"a": 1}'.encode("utf-32-be"), "utf-32-be"),
        ("text/plain", '{"a": 1}'.encode("utf-16-le"), "utf-8"),
        ("text/html", b'<meta charset="latin-1">', "utf-8"),
        ("image/png", b"\x89PNG", "utf-8"),
        ("no media type", b"", "utf-8"),
        (URLENCODED, b"a=1", "utf-8"),
        (None, b"", "utf-8"),
    ],
)
def test_a_charset_is_found_by_parameter_then_mark_then_pattern(
    content_type: str | None, content: bytes, charset: str
) -> None:
    assert charset_of(content_type, content) == codecs.lookup(charset).name


@pytest.mark.parametrize("charset", ["klingon", "base64", "rot13", "undefined"])
def test_a_charset_that_is_none_is_an_error_that_names_it(charset: str) -> None:
    with pytest.raises(ContentError, match=f"unknown charset '{charset}'"):
        text_of(b"x", f"text/plain; charset={charset}")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("content_type", ["text/plain", "application/json", None])
def test_a_text_comes_without_its_byte_order_mark(encoding: str, content_type: str | None) -> None:
    assert text_of('"é"'.encode(encoding), content_type) == '"é"'


def test_a_byte_order_mark_is_removed_where_the_charset_is_said_too() -> None:
    assert text_of(codecs.BOM_UTF8 + b"x", "text/plain; charset=utf-8") == "x"


def test_a_text_with_a_wrong_byte_is_an_error_that_says_which_one() -> None:
    expected = "content of type 'text/plain' is not a text: 'utf-8' codec can't decode byte 0xe9 in position 3"
    with pytest.raises(ContentError, match=expected):
        text_of("café".encode("latin-1"), "text/plain")


@settings(max_examples=50, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufeff\x00"), min_size=2))
def test_json_is_read_in_every_encoding_that_an_rfc_allowed(text: str) -> None:
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"):
        assert json_of(json.dumps(text).encode(encoding), "application/json") == text


def test_json_is_read_whatever_type_it_is_sent_as() -> None:
    assert json_of(b'{"a": [1, null]}', "text/html") == {"a": [1, None]}
    assert json_of(b"1", None) == 1


def test_what_is_not_json_is_an_error_with_type_position_and_excerpt() -> None:
    with pytest.raises(ContentError) as raised:
        json_of(b'{"name": "a long enough value", "age": x, "more": "a long enough value"}', "application/json")
    assert str(raised.value) == (
        "content of type 'application/json' is not JSON: Expecting value: line 1 column 40 (char 39), "
        """at 'ough value", "age": x, "more": "a long e'"""
    )


def test_no_content_is_not_json() -> None:
    with pytest.raises(ContentError, match=r"content of type None is not JSON: Expecting value: .* \(char 0\), at ''"):
        json_of(b"", None)


@pytest.mark.parametrize("content", [b"[" * 200_000, b"1" * 5000])
def test_json_that_python_cannot_hold_is_an_error_too(content: bytes) -> None:
    with pytest.raises(ContentError, match="is JSON that Python cannot hold"):
        json_of(content, "application/json")


def test_a_urlencoded_form_keeps_order_repeats_and_empty_values() -> None:
    content = b"b=2&a=1&b=&c&d=x+y%2B%26&%C3%A9=%E2%82%AC"
    expected = [("b", "2"), ("a", "1"), ("b", ""), ("c", ""), ("d", "x y+&"), ("é", "€")]
    assert form_of(content, URLENCODED) == expected


def test_no_content_is_a_form_without_fields() -> None:
    assert form_of(b"", URLENCODED) == []


def test_a_urlencoded_form_is_read_in_its_charset() -> None:
    assert form_of(b"a=%E9", f"{URLENCODED}; charset=latin-1") == [("a", "é")]


def test_a_field_that_is_not_a_text_is_an_error_that_says_which_byte() -> None:
    with pytest.raises(ContentError, match=r"a field of the form is not a text: .* byte 0xe9 in position 3"):
        form_of(b"a=caf%E9", URLENCODED)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.text(), st.text())))
def test_a_urlencoded_form_is_what_was_encoded(fields: list[tuple[str, str]]) -> None:
    content = urlencode(fields).encode()
    assert form_of(content, URLENCODED) == fields == parse_qsl(content.decode(), keep_blank_values=True)


@pytest.mark.parametrize("content_type", ["application/json", "multipart/mixed; boundary=b", "no media type", None])
def test_any_other_content_is_no_form_and_the_error_says_what_it_is(content_type: str | None) -> None:
    with pytest.raises(ContentError, match=f"content of type {content_type!r} is not a form"):
        form_of(b"a=1", content_type)


def test_the_fields_of_a_multipart_form_are_read_and_its_files_are_not() -> None:
    content, content_type = encode_multipart_formdata(
        [("b", "2"), ("up", ("a.txt", b"file", "text/plain")), ("a", ""), ("b", "é")]
    )
    assert form_of(content, content_type) == [("b", "2"), ("a", ""), ("b", "é")]


def test_the_parts_of_a_multipart_form_are_fields_and_files() -> None:
    content, content_type = encode_multipart_formdata([("n", "1"), ("up", ("a.bin", b"\x00\r\n--\xff", "image/png"))])
    assert parts_of(content, content_type) == [
        Part("n", None, None, b"1"),
        Part("up", "a.bin", "image/png", b"\x00\r\n--\xff"),
    ]


NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\\%"), min_size=1)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(NAMES, NAMES, st.binary())))
def test_a_multipart_form_is_what_urllib3_encoded(files: list[tuple[str, str, bytes]]) -> None:
    content, content_type = encode_multipart_formdata(
        [(name, (filename, data, "a/b")) for name, filename, data in files]
    )
    assert parts_of(content, content_type) == [Part(name, filename, "a/b", data) for name, filename, data in files]


async def aiohttp_form(form: aiohttp.FormData) -> tuple[bytes, str]:
    payload = form()
    return await payload.as_bytes(), payload.headers["Content-Type"]


@pytest.mark.asyncio
async def test_a_multipart_form_is_what_aiohttp_encoded() -> None:
    form = aiohttp.FormData()
    form.add_field("up", b"1", filename="a.txt", content_type="text/plain")
    form.add_field("größe", b"2", filename="b.txt", content_type="text/plain")
    form.add_field('say "x"', "é")
    assert parts_of(*await aiohttp_form(form)) == [
        Part("up", "a.txt", "text/plain", b"1"),
        Part("größe", "b.txt", "text/plain", b"2"),
        Part('say "x"', None, "text/plain; charset=utf-8", "é".encode()),
    ]


def field(disposition: str, value: bytes = b"1", headers: bytes = b"") -> bytes:
    head = b"Content-Disposition: " + disposition.encode() + b"\r\n" + headers
    return b"--b\r\n" + head + b"\r\n" + value + b"\r\n--b--\r\n"


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ("form-data; name=a", "a"),
        ('FORM-DATA; NAME="a"', "a"),
        ('form-data; name=""', ""),
        (r'form-data; name="say \"x\" \\ C:\file"', r'say "x" \ C:\file'),
        ('form-data; name="say %22x%22%0D%0A100%"', 'say "x"\r\n100%'),
        ('form-data; name="größe; €"', "größe; €"),
        ("form-data; name*=utf-8''gr%C3%B6%C3%9Fe", "größe"),
        ("form-data; name*=iso-8859-1'de'gr%F6%DFe", "größe"),
    ],
)
def test_a_name_is_freed_from_the_escapes_of_its_client(disposition: str, name: str) -> None:
    assert form_of(field(disposition), MULTIPART) == [(name, "1")]


def test_a_field_is_read_in_the_charset_of_its_part() -> None:
    content = field("form-data; name=a", b"\xe9", b"Content-Type: text/plain; charset=latin-1\r\n")
    assert form_of(content, MULTIPART) == [("a", "é")]


def test_a_form_without_parts_has_none() -> None:
    assert parts_of(b"--b--\r\n", MULTIPART) == []


def test_what_stands_before_and_after_the_parts_is_left_out() -> None:
    content = b"for old readers\r\n" + field("form-data; name=a") + b"and after"
    assert form_of(content, 'multipart/form-data; boundary="b"') == [("a", "1")]


def test_a_line_that_only_begins_like_the_boundary_is_content() -> None:
    value = b"\r\n--bb\r\n--b-\r\nx--b"
    assert parts_of(field("form-data; name=a", value), MULTIPART)[0].content == value


def test_blanks_may_follow_a_boundary() -> None:
    content = field("form-data; name=a").replace(b"--b\r\n", b"--b \t\r\n").replace(b"--b--", b"--b-- ")
    assert form_of(content, MULTIPART) == [("a", "1")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "truncated: no closing boundary '--b--' after 0 parts"),
        (field("form-data; name=a")[:-5], "truncated: no closing boundary '--b--' after 0 parts"),
        (field("form-data; name=a")[:-4], "truncated: no closing boundary '--b--' after 1 parts"),
        (b"--b\r\nno end of the header fields\r\n--b--", "part 1 of the multipart form has no empty line"),
        (b"--b\r\n\r\n1\r\n--b--", "part 1 of the multipart form has no Content-Disposition of form-data with a name"),
        (field("form-data"), "part 1 of the multipart form has no Content-Disposition"),
        (field('form-data; filename="x"'), "part 1 of the multipart form has no Content-Disposition"),
        (field('form-data; name="x'), "part 1 of the multipart form has no Content-Disposition"),
        (field("attachment; name=x"), "part 1 of the multipart form has no Content-Disposition"),
        (field("form-data; name*=klingon''x"), "unknown charset 'klingon'"),
    ],
)
def test_a_malformed_multipart_form_is_an_error_that_says_where(content: bytes, message: str) -> None:
    with pytest.raises(ContentError, match=message):
        parts_of(content, MULTIPART)


def test_a_multipart_form_needs_a_boundary() -> None:
    with pytest.raises(ContentError, match="content type 'multipart/form-data' does not say its boundary"):
        parts_of(b"", "multipart/form-data")


def test_a_urlencoded_form_has_no_parts() -> None:
    with pytest.raises(ContentError, match=f"content of type '{URLENCODED}' is not a multipart form"):
        parts_of(b"a=1", URLENCODED)
