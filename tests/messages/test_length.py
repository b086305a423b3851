import pytest

from mockproxy.messages.headers import Headers
from mockproxy.messages.length import declared_length


@pytest.mark.parametrize(
    ("value", "length"), [("0", 0), ("12", 12), ("", None), ("-1", None), ("+1", None), ("1, 1", None), ("\xb2", None)]
)
def test_a_length_is_declared_in_digits_or_not_at_all(value, length):
    assert declared_length(Headers({"content-length": value})) == length


def test_a_head_without_the_field_declares_none():
    assert declared_length(Headers()) is None
