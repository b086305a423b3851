from hypothesis import given, strategies as st

from mockproxy.reports.escaping import in_ascii, printable


def test_what_is_printable_ascii_stays():
    assert in_ascii("GET /a?b=1 ~!") == "GET /a?b=1 ~!"


def test_everything_else_stands_as_in_a_python_literal():
    assert in_ascii("\x1b[2J é\r\n\\") == r"\x1b[2J \xe9\r\n\\"


@given(st.text(st.characters(exclude_categories=())))
def test_a_line_in_ascii_is_one_line_that_every_terminal_can_print(text):
    line = in_ascii(text)

    assert line.isascii()
    assert line.isprintable()


def test_a_printable_text_keeps_its_lines_tabs_and_letters():
    assert printable("✓ größe\n\tb") == "✓ größe\n\tb"


def test_a_printable_text_cannot_steer_the_terminal():
    assert printable("\x1b[2J\r\x9b1A") == r"\x1b[2J\r\x9b1A"


@given(st.text(st.characters(exclude_categories=())))
def test_a_printable_text_can_be_encoded(text):
    printable(text).encode()
