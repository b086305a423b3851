"""Text from a wire or a program, made safe for a terminal: nothing of it can move the cursor or pass for our own."""

import re

# Surrogates are no characters: a terminal's encoder raises for them.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def in_ascii(text: str) -> str:
    """One line of printable ASCII; everything else stands as in a Python literal, a backslash doubled."""
    return text.encode("unicode_escape").decode("ascii")


def printable(text: str) -> str:
    """The text with its lines, tabs and the letters of every script; control characters stand as in a literal."""
    return _CONTROL.sub(lambda found: in_ascii(found[0]), text)
