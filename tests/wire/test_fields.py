import email.parser
import email.policy

import pytest
from hypothesis import given, settings, strategies as st

from mockproxy.errors import MalformedMessage
from mockproxy.wire.fields import encode_fields, parse_field

TCHAR = "!#$%&'*+-.^_`|~09AZaz"
VISIBLE = "".join(map(chr, range(0x21, 0x7F)))


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (b"A: 1", (b"A", b"1")),
        (b"A:1", (b"A", b"1")),
        (b"A: \t 1 2 \t", (b"A", b"1 2")),
        (b"A:", (b"A", b"")),
        (b"A: ", (b"A", b"")),
        (b"A: b: c", (b"A", b"b: c")),
        (b"A: caf\xe9", (b"A", b"caf\xe9")),
        (b"A: \xa01\xa0", (b"A", b"\xa01\xa0")),
        (b"!#$%&'*+-.^_`|~: 1", (b"!#$%&'*+-.^_`|~", b"1")),
    ],
)
def test_a_field_line_is_a_name_and_a_value(line, field):
    assert parse_field(line) == field


@pytest.mark.parametrize(
    ("line", "finding"),
    [
        (b" A: 1", "line folding"),
        (b"\tfolded", "line folding"),
        (b"A", "without a colon"),
        (b"", "without a colon"),
        (b"A : 1", "white space before the colon"),
        (b"A\t: 1", "white space before the colon"),
        (b": 1", "bad name"),
        (b"A B: 1", "bad name"),
        (b"A(: 1", "bad name"),
        (b"\xc3\x84: 1", "bad name"),
        (b"A\x00: 1", "bad name"),
    ],
)
def test_what_is_no_field_line_is_refused_with_the_finding(line, finding):
    with pytest.raises(MalformedMessage, match=finding):
        parse_field(line)


@settings(max_examples=50, deadline=None)
@given(st.text(TCHAR, min_size=1), st.text(VISIBLE + " \t"))
def test_a_field_line_is_read_as_the_standard_library_reads_it(name, value):
    policy = email.policy.compat32.clone(max_line_length=None)
    message = email.parser.BytesHeaderParser(policy=policy).parsebytes(f"{name}:{value}".encode())
    assert parse_field(f"{name}:{value}".encode()) == (name.encode(), message[name].strip(" \t").encode())


def test_a_section_ends_with_an_empty_line():
    assert encode_fields(((b"A", b"1"), (b"b", b""), (b"A", b"\xe9"))) == b"A: 1\r\nb: \r\nA: \xe9\r\n\r\n"
    assert encode_fields(()) == b"\r\n"
